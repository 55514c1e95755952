"""``goodstanding certificate``: make the certificate of a restoration for its entity, and check one offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from goodstanding import proof

from .log import JSON, opened
from .trust import ANY_KEY, KEY, POLICY, leave, plain, refuse, trusted

_IN = click.Path(exists=True, path_type=Path, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def certificate() -> None:
    """Restoration certificates: the decision, its log proof, the witnesses, every receipt and who is late.

    \b
    Examples:
      goodstanding certificate make 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --out restored.pdf
      goodstanding certificate verify restored.pdf --key "$(cat log.key)"
    """


@certificate.command()
@click.argument("case_or_record")
@click.option(
    "--out", type=_OUT, required=True, help="Write it here: a paper where the name ends in .pdf, else JSON."
)
@JSON
def make(case_or_record: str, out: Path, as_json: bool) -> None:
    """Make the certificate that CASE_OR_RECORD (a public id) was restored, as of now, for its entity.

    It is the entity's paper; give it to nobody else. Nothing is kept here. Exit status 2 where the record is not
    restored, or the decision is not under a published checkpoint yet.

    \b
    Example:
      goodstanding certificate make 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --out restored.json
    """
    with opened(as_json=as_json):
        from django.utils import timezone

        from goodstanding.exchange import certificates
        from goodstanding.exchange.certificate_paper import paper

        decision = _decision(case_or_record)
        if decision is None:
            raise click.BadParameter("no case or record of this id is restored", param_hint="CASE_OR_RECORD")
        made = certificates.make(decision, at=timezone.now())
        out.write_bytes(paper(made) if out.suffix.lower() == ".pdf" else made)
    checked = proof.check_certificate(made)
    if as_json:
        click.echo(
            json.dumps({"file": str(out), "sha256": checked.digest, "totals": checked.certificate.totals})
        )
    else:
        click.echo(f"{out}: {_counts(checked.certificate)}")


@certificate.command()
@click.argument("file", type=_IN)
@POLICY
@KEY
@ANY_KEY
@click.option("--json", "as_json", is_flag=True, help="Print what was checked as JSON.")
def verify(file: Path, policy_file: Path | None, key_text: str | None, any_key: bool, as_json: bool) -> None:
    """Check offline the certificate in FILE: its JSON, or the PDF to which that is attached.

    The platform's signature, decision and removal against the log, the log against its witnesses, every receipt, and
    the list of recipients; each by itself. Exit status 1 when one does not hold. Without --key or --policy the
    certificate is checked against the key that it carries, which shows only that it agrees with itself: exit status 4.

    \b
    Examples:
      goodstanding certificate verify restored.pdf --key "$(cat log.key)"
      goodstanding certificate verify restored.json --policy witnesses.txt --json
    """
    key, policy = trusted(key_text, policy_file, any_key=any_key)
    try:
        checked = proof.check_certificate(proof.certificate_in(file.read_bytes()), key=key, policy=policy)
    except proof.ProofError as error:
        refuse(error, as_json=as_json)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(_document(checked), ensure_ascii=False, indent=2))
    else:
        for line in _words(checked):
            click.echo(plain(line))
    if not checked.holds:
        sys.exit(1)
    leave(vouched_for=checked.key_was_given or any_key)


def _decision(public_id: str) -> Any:
    """The decision behind a case's or a record's id; None where there is none."""
    from django.core.exceptions import ValidationError

    from goodstanding.casework.certified import decision_of, restoring_step
    from goodstanding.casework.models import Case
    from goodstanding.registry.models import Record

    try:
        case = Case.objects.filter(public_id=public_id).first()
        record = Record.objects.filter(public_id=public_id).first()
    except ValidationError:
        return None
    if case is None and record is not None:
        step = restoring_step(record)
        case = step.case if step else None
    return None if case is None else decision_of(case)


def _counts(told: proof.Certificate) -> str:
    counts = [f"{count} {state.replace('_', ' ')}" for state, count in told.totals.items() if count]
    return f"{sum(told.totals.values())} recipients" + (f" ({', '.join(counts)})" if counts else "")


def _document(checked: proof.CheckedCertificate) -> dict[str, Any]:
    told = checked.certificate
    return {
        "proved": checked.holds and checked.key_was_given,
        "consistent": checked.holds,
        "key": told.key,
        "key_from": "given" if checked.key_was_given else "certificate",
        "sha256": checked.digest,
        "issued_at": told.issued_at,
        "entity": told.entity,
        "record": told.removal.content.get("record"),
        "decision": told.decision.content,
        "removal": told.removal.content,
        "totals": told.totals,
        "findings": [_finding(item) for item in checked.findings],
    }


def _finding(item: proof.Finding) -> dict[str, Any]:
    en, zh = proof.CHECKS[item.check]
    said = {"check": item.check, "status": item.status, "subject": item.subject, "en": en, "zh": zh}
    error = item.error
    more = {"error": error.code, "place": error.place} if error else {}
    return said | {"note": item.note} | more


def _words(checked: proof.CheckedCertificate) -> list[str]:
    told, names = checked.certificate, _names(checked.certificate)
    content = told.removal.content
    lines = [
        f"{told.entity['name']}: record {content.get('record')} ({content.get('record_kind')}),"
        f" restored by {told.decided_by['name_zh']} at {told.decision.content.get('at')}",
        f"issued {told.issued_at}, SHA-256 {checked.digest}",
        _counts(told),
    ]
    for item in checked.findings:
        en, zh = proof.CHECKS[item.check]
        who = names.get(item.subject)
        about = f" [{who}]" if who else f" [{item.subject}]" if item.subject else ""
        note = f" ({item.note})" if item.note and not who else ""
        lines.append(f"{item.status:>8}  {en}；{zh}{about}{note}")
        if item.error is not None:
            lines.append(f"{'':>8}  {item.error.sentence} [{item.error.code}: {item.error.place}]")
    return [*lines, *_verdict(checked)]


def _names(told: proof.Certificate) -> dict[str, str]:
    """What is printed for the subjects of findings: everyone's name and state, and by whom one further down had it."""
    names = {item.subscriber: f"{item.name_zh}: {item.state}" for item in told.recipients}
    for item in told.recipients:
        for one in item.further_down:
            names[item.about(one)] = f"{' › '.join((item.name_zh, *one.path))}: {one.state}"
    return names


def _verdict(checked: proof.CheckedCertificate) -> list[str]:
    if not checked.holds:
        return [
            "NOT PROVED. What does not hold is marked refused.",
            "未获证明。不成立之处已标明（refused）。",
        ]
    if checked.key_was_given:
        return [
            "PROVED. That a recipient really deleted the record is not proved: it has signed that it did.",
            "已证明。接收方是否确已删除不在证明范围内：回执是其签名的声明。",
        ]
    return [
        "CONSISTENT ONLY: the key was taken from the certificate, so anyone could have written all of it.",
        "仅自身一致：公钥取自证明本身，任何人都可能伪造全文。请用 --key 提供从其他途径取得的公钥：",
        f"  {checked.certificate.key}",
    ]
