"""``goodstanding log``: the transparency log as files, as proofs, and replayed."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding import proof
from goodstanding.proof.beside import BesideKey, verify_beside
from goodstanding.site.database import database

from .progress import shown
from .trust import plain, read_policy, refuse, verifier_key

if TYPE_CHECKING:
    from goodstanding.exchange.anchors.rounds import Standing

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)


@click.group()
def log() -> None:
    """The transparency log: export it as static files, prove an event of a record, replay everything.

    \b
    Examples:
      goodstanding log export /srv/log
      goodstanding log audit /srv/log --key "$(cat log.key)"
      goodstanding log proof 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --out removal.tlog-proof
      goodstanding log verify removal.tlog-proof --key "$(cat log.key)"
      goodstanding log witnesses
      goodstanding log anchors
    """


@contextlib.contextmanager
def opened(*, as_json: bool) -> Iterator[None]:
    """The database; what the exchange refuses becomes its sentence, or JSON, and exit status 2."""
    with database(migrate=False):
        from goodstanding.exchange.errors import ExchangeError

        try:
            yield
        except ExchangeError as error:
            said = {"code": error.code, "en": error.en, "zh": error.zh, "place": error.place}
            place = f" [{error.place}]" if error.place else ""
            text = f"goodstanding: {error.en}{place}\n{error.zh}"
            click.echo(json.dumps(said, ensure_ascii=False) if as_json else plain(text), err=True)
            sys.exit(2)


@log.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@JSON
def export(folder: Path, as_json: bool) -> None:
    """Write the log into FOLDER as static files: checkpoint, tiles, entries (C2SP tlog-tiles) and the log's vkey.

    Only what is new is written; run it again, or after it was killed, to bring the folder up to date. Any web server
    may serve the folder. Exit status 2 when it holds another log, or one that this log does not continue.

    \b
    Example:
      goodstanding log export /srv/log --json
    """
    with opened(as_json=as_json), shown(as_json=as_json) as bar:
        from goodstanding.exchange.log.export import export as write

        found = write(folder, done=bar("entries", None))
    if as_json:
        document = {"folder": str(folder), "before": found.before, "size": found.size}
        click.echo(json.dumps(document | {"files": found.files, "bytes": found.bytes}))
        return
    click.echo(
        f"{folder} holds {found.size:,} entries ({found.size - found.before:,} new);"
        f" {found.files:,} files written, {found.bytes:,} bytes"
    )


@log.command()
@click.argument("folder", required=False, type=click.Path(exists=True, path_type=Path, file_okay=False))
@click.option("--key", "key_text", help="The log's verifier key, as you know it; for a FOLDER.")
@JSON
def audit(folder: Path | None, key_text: str | None, as_json: bool) -> None:
    """Replay the whole log, of this installation's database or of an export in FOLDER, and locate what has changed.

    Every entry, tile and signature must lead to the signed root; of the database also every event's content against its
    commitment. Exit status 1, with the places, when anything does not. A FOLDER needs no database and no platform;
    without --key its own vkey is believed.

    \b
    Examples:
      goodstanding log audit
      goodstanding log audit /srv/log --key "$(cat log.key)"
    """
    if folder is None and key_text is not None:
        raise click.UsageError("--key goes with a FOLDER; the database's log has its own key")
    key = None if key_text is None else verifier_key(key_text)
    with contextlib.ExitStack() as stack:
        if folder is None:
            stack.enter_context(opened(as_json=as_json))
        bar = stack.enter_context(shown(as_json=as_json))
        if folder is None:
            from django.db import connection, transaction

            from goodstanding.exchange.log.audit import audit_database

            stack.enter_context(transaction.atomic())
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = audit_database(read=bar("events", None), done=bar("entries", None))
        else:
            from goodstanding.exchange.log.folder import audit_folder

            found = audit_folder(folder, key=key, done=bar("entries", None))
    checkpoint = found.checkpoint
    faults = [{"place": plain(fault.place), "fault": fault.code} for fault in found.faults]
    if as_json:
        document: dict[str, Any] = {"sound": not faults, "faults": faults, "forgotten": found.forgotten}
        if checkpoint:
            document |= {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for fault in faults:
            click.echo(f"{fault['fault']}: {fault['place']}", err=True)
        if checkpoint is None:
            click.echo("no signed checkpoint" if faults else "the log is empty")
        else:
            outcome = f"{len(faults)} FAULTS" if faults else "SOUND"
            click.echo(f"{outcome}: {plain(checkpoint.origin)}, {checkpoint.size:,} entries replayed")
        if found.forgotten:
            click.echo(
                f"{found.forgotten:,} events are forgotten: their commitments hold, their content cannot be checked"
            )
    if faults:
        sys.exit(1)


@log.command("proof")
@click.argument("record")
@click.option("--position", type=click.IntRange(min=1), help="The event at this position; else the last one.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else standard output."
)
@JSON
def prove(record: str, position: int | None, out: Path | None, as_json: bool) -> None:
    """Write the proof (C2SP tlog-proof) that an event of RECORD, by its public id, is in the log.

    The file verifies offline for years: event, salt, inclusion, checkpoint, and the witnesses' cosignatures. It shows
    what the event says, so give it only to whom the record may be shown.

    \b
    Example:
      goodstanding log proof 3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11 --out removal.tlog-proof
    """
    with opened(as_json=as_json):
        from goodstanding.exchange import proofs

        made = proofs.event_proof(record, position=position)
    text = made.encode()
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if as_json:
        said = {"record": record, "position": made.index + 1, "bytes": len(text.encode())}
        click.echo(json.dumps(said | ({"file": str(out)} if out else {"proof": text})))
    elif out is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"{out}: position {made.index + 1}, {len(text.encode()):,} bytes")


@log.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", "key_text", help="The log's verifier key, as you know it from elsewhere.")
@click.option(
    "--also",
    multiple=True,
    help="A further key of the log (ML-DSA-44 or SM2) that must have signed too; several times for more.",
)
@click.option(
    "--policy",
    "policy_file",
    type=_FILE,
    help="Logs and witnesses to trust (C2SP tlog-policy), instead of --key.",
)
@JSON
def verify_file(
    file: Path, key_text: str | None, also: tuple[str, ...], policy_file: Path | None, as_json: bool
) -> None:
    """Check offline a tlog-proof of an event in FILE: no platform, network or database.

    Exit status 1, with the place, when anything does not hold or too few witnesses have cosigned. It says which
    signatures it checked, and how many stand there by keys that were not given.

    \b
    Examples:
      goodstanding log verify removal.tlog-proof --key "$(cat log.key)"
      goodstanding log verify removal.tlog-proof --key "$(cat log.key)" --also "$(cat log.sm2.key)"
      goodstanding log verify removal.tlog-proof --policy trusted.policy
    """
    if (key_text is None) == (policy_file is None):
        raise click.UsageError("give either --key or --policy")
    try:
        if policy_file is not None:
            policy = read_policy(policy_file)
        else:
            policy = proof.parse_policy(f"log {verifier_key(key_text or '').encode()}\nquorum none\n")
        text = file.read_text("utf-8")
        proved = proof.verify_event_proof(text, policy=policy)
        beside, unchecked = _signed_beside(text, also, checked=1 + len(proved.witnessed.cosignatures))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"not UTF-8: {error}") from error
    except proof.ProofError as error:
        refuse(error, as_json=as_json)
        sys.exit(1)
    event, checkpoint = proved.event, proved.witnessed.checkpoint
    cosigned = [
        {"witness": item.witness.name, "timestamp": item.timestamp} for item in proved.witnessed.cosignatures
    ]
    if as_json:
        document = {
            "proved": True,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "signed": ["ed25519", *beside],
            "cosigned": cosigned,
            "unchecked": unchecked,
        }
        document |= {"position": event.position, "content": event.content}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    lines = [
        f"checkpoint of {checkpoint.origin}, {checkpoint.size} positions: signed by the key that you gave",
        *(f"signed by the log's own {kind} too" for kind in beside),
        *(f"cosigned by {item['witness']} at {item['timestamp']}" for item in cosigned),
        f"position {event.position}, {event.kind} at {event.at}; as committed, in the log",
        *(f"  {name}: {value}" for name, value in event.content.items()),
        *([f"{unchecked} signatures by keys that were not given are not checked"] if unchecked else []),
        "PROVED. That it is the record's last event is not proved.",
    ]
    for line in lines:
        click.echo(plain(line))


def _signed_beside(text: str, also: tuple[str, ...], *, checked: int) -> tuple[list[str], int]:
    """By which further keys of the log the checkpoint of a tlog-proof is signed, and how many lines were not checked.

    Raises:
        ProofError: key_malformed, signature_invalid, signer_unknown where one of the keys has not signed.
    """
    note = proof.TlogProof.decode(text).checkpoint
    keys = [BesideKey.decode(key) for key in also]
    found = verify_beside(note, keys=keys)
    missing = [key.kind for key in keys if key not in found]
    if missing:
        raise proof.ProofError("signer_unknown", place=f"no signature by {', '.join(missing)}")
    return [key.kind for key in found], len(proof.parse_note(note).signatures) - checked - len(found)


@log.command()
@JSON
def witnesses(as_json: bool) -> None:
    """Say what is sealed, what is published with whose cosignatures, and what a witness holds that contradicts it.

    Exit status 1 when a contradiction was found, or when what is sealed is not published.

    \b
    Example:
      goodstanding log witnesses --json
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.log.witnesses import standing

        found = standing()
    if as_json:
        document: dict[str, Any] = {"sealed": found.sealed, "published": found.published}
        document["cosigned"] = list(found.cosigned)
        document["contradictions"] = [
            {
                "witness": item.witness,
                "found_at": item.found_at.isoformat(),
                "size": item.size,
                "note": item.note,
            }
            for item in found.contradictions
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        by = ", ".join(found.cosigned) or "nobody"
        click.echo(f"sealed {found.sealed:,}, published {found.published:,}, cosigned by {by}")
        for item in found.contradictions:
            click.echo(f"CONTRADICTION found at {item.found_at.isoformat()} with {item.size:,} entries here:")
            click.echo(f"{plain(item.witness)} holds, signed with this log's key:\n{item.note}", nl=False)
    if found.contradictions or found.published < found.sealed:
        sys.exit(1)


@log.command()
@JSON
def anchors(as_json: bool) -> None:
    """Say of each anchor what it anchored last, when as it says itself, and whether it fails.

    Exit status 1 when one fails, or has not anchored anything yet.

    \b
    Example:
      goodstanding log anchors --json
    """
    with opened(as_json=as_json):
        from goodstanding.exchange.anchors.rounds import standings

        found = standings()
    if as_json:
        click.echo(json.dumps([_described(item) for item in found], ensure_ascii=False, indent=2))
    for item in () if as_json else found:
        newest = item.newest
        said = (
            f"{newest.size:,} at {newest.anchored_at.isoformat()}, {newest.reference}"
            if newest
            else "nothing yet"
        )
        unused = "" if item.configured else "; no longer configured"
        click.echo(f"{item.anchor} ({item.kind}): {item.receipts:,} receipts, newest {said}{unused}")
        if item.failing:
            click.echo(f"  FAILS since {item.failing.failures} tries: {plain(item.failing.error)}")
    if any(item.configured and (item.failing or item.newest is None) for item in found):
        sys.exit(1)


def _described(item: Standing) -> dict[str, Any]:
    newest, failing = item.newest, item.failing
    return {
        "anchor": item.anchor,
        "kind": item.kind,
        "configured": item.configured,
        "receipts": item.receipts,
        "newest": newest
        and {
            "size": newest.size,
            "anchored_at": newest.anchored_at.isoformat(),
            "reference": newest.reference,
        },
        "failing": failing
        and {
            "failures": failing.failures,
            "error": failing.error,
            "after": failing.after.isoformat(),
        },
    }
