"""``goodstanding verify``: check the proof document of a record, a fact or the map offline, without the platform."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from goodstanding import proof

from .subscribe import checked_key
from .trust import ANY_KEY, KEY, POLICY, leave, plain, refuse, trusted

_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@KEY
@POLICY
@ANY_KEY
@click.option("--receipt", type=_FILE, help="A subscriber's signed receipt for the removal, to check too.")
@click.option("--receipt-key", help="The subscriber's public key in hex; needed with --receipt.")
@click.option("--json", "as_json", is_flag=True, help="Print what was verified as JSON.")
def verify(
    file: Path,
    key_text: str | None,
    policy_file: Path | None,
    any_key: bool,
    receipt: Path | None,
    receipt_key: str | None,
    as_json: bool,
) -> None:
    """Check offline a proof document: the JSON of GET /api/v1/records/{id}/proof, of a fact, or of the map, in FILE.

    Every event against its commitment, its place in the log against the signed checkpoint, and the checkpoint's
    signature. Exit status 1, with the place, when anything does not hold. Without --key or --policy the document is
    checked against the key that it carries itself, which shows only that it agrees with itself: exit status 4.

    \b
    Examples:
      goodstanding verify proof.json --key "$(cat log.key)"
      goodstanding verify clean.json --policy trusted.policy --json
      goodstanding verify proof.json --key "$(cat log.key)" --receipt receipt.json --receipt-key HEX
    """
    if (receipt is None) != (receipt_key is None):
        raise click.UsageError("--receipt and --receipt-key go together")
    key, policy = trusted(key_text, policy_file, any_key=any_key)
    public_key = None if receipt_key is None else checked_key(receipt_key, "--receipt-key")
    answered: proof.Receipt | None = None
    try:
        document = file.read_bytes()
        if receipt is None and proof.is_fact_proof(document):
            fact = proof.verify_fact_proof(document, key=key, policy=policy)
            _say_fact(fact, as_json=as_json)
            leave(vouched_for=fact.key_was_given or any_key)
        if receipt is None and proof.is_map_proof(document):
            state = proof.verify_map_proof(document, key=key, policy=policy)
            _say_state(state, as_json=as_json)
            leave(vouched_for=state.key_was_given or any_key)
        proved = proof.verify_record_proof(document, key=key, policy=policy)
        if receipt is not None and public_key is not None:
            answered = proof.verify_removal_receipt(
                receipt.read_bytes(), proved=proved, public_key=public_key
            )
    except proof.ProofError as error:
        refuse(error, as_json=as_json)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(_document(proved, answered), ensure_ascii=False, indent=2))
    else:
        for line in _words(proved, answered):
            click.echo(plain(line))
    leave(vouched_for=proved.key_was_given or any_key)


def _say_fact(proved: proof.ProvedFact, *, as_json: bool) -> None:
    event = proved.event
    if as_json:
        said = {
            "batch": proved.batch,
            "index": proved.index,
            "content": proved.content,
            **_stands_on(proved),
            "event": {"position": event.position, "content": event.content},
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    lines = [
        f"fact {proved.index + 1} of {event.content['rows']} in batch {proved.batch}",
        *(f"  {name}: {value}" for name, value in proved.content.items()),
        *_signed(proved),
        f"position {event.position}, {event.kind} at {event.at}: the batch's root; as committed, in the log",
    ]
    if proved.key_was_given:
        lines.append("PROVED. That the source has not corrected it since is not proved.")
    else:
        lines += _unkeyed(proved.key)
    for line in lines:
        click.echo(plain(line))


def _say_state(proved: proof.ProvedState, *, as_json: bool) -> None:
    event, state = proved.event, proved.state
    if as_json:
        said = {
            "entity": proved.entity,
            "class": proved.class_,
            "has": state is not None,
            "state": state,
            "position": proved.position,
            "as_of": event.at,
            **_stands_on(proved),
            "event": {"position": event.position, "content": event.content},
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    about = f"of class {proved.class_} as of position {proved.position}, {event.at}"
    about_zh = f"截至位置 {proved.position}（{event.at}），主体 {proved.entity}"
    lines = [
        *_signed(proved, chinese=True),
        f"position {event.position}, {event.kind}: the map's root, up to position {proved.position}; in the log",
        f"位置 {event.position}，{event.kind}：映射的根，截至位置 {proved.position}；已记入日志",
    ]
    if state is None:
        lines.append(f"entity {proved.entity} has NO publishable record {about}")
        lines.append(f"{about_zh} 没有类别为 {proved.class_} 的可公示记录")
    else:
        lines.append(f"entity {proved.entity} has {state['records']} publishable record(s) {about}")
        lines.append(f"{about_zh} 有 {state['records']} 条类别为 {proved.class_} 的可公示记录")
        lines += [f"  {name}: {value}" for name, value in state.items()]
    if proved.key_was_given:
        lines.append("PROVED. What happened after that position is not proved.")
        lines.append("已证明。该位置之后发生的事项不在证明范围内。")
    else:
        lines += _unkeyed(proved.key)
    for line in lines:
        click.echo(plain(line))


def _stands_on(proved: proof.SignedState) -> dict[str, Any]:
    """What a document stands on, as JSON: the checkpoint, by whose key, and who cosigned it."""
    by = "your policy" if proved.witnesses_were_given else "the document"
    return {
        "proved": proved.key_was_given,
        "consistent": True,
        "origin": proved.checkpoint.origin,
        "size": proved.checkpoint.size,
        "root": proved.checkpoint.root.hex(),
        "key": proved.key.encode(),
        "key_from": "given" if proved.key_was_given else "document",
        "cosigned": [
            {"witness": item.witness.name, "timestamp": item.timestamp, "named_by": by}
            for item in proved.cosignatures
        ],
    }


def _signed(proved: proof.SignedState, *, chinese: bool = False) -> list[str]:
    """What a document stands on, in words."""
    checkpoint, given = proved.checkpoint, proved.key_was_given
    whose = "the key that you gave" if given else "the key in the document itself"
    whose_zh = "您提供的公钥" if given else "证明文件自带的公钥"
    lines = [f"checkpoint of {checkpoint.origin}, {checkpoint.size} positions: signed by {whose}"]
    if chinese:
        lines.append(f"日志 {checkpoint.origin} 的检查点，共 {checkpoint.size} 个位置：由{whose_zh}签名")
    for item in proved.cosignatures:
        at = _instant(item.timestamp)
        known = "whom your policy names" if proved.witnesses_were_given else "whom the document names"
        known_zh = "由您的策略指定" if proved.witnesses_were_given else "由证明文件指定"
        lines.append(f"cosigned by witness {item.witness.name}, {known}, at {at}")
        if chinese:
            lines.append(f"见证方 {item.witness.name}（{known_zh}）于 {at} 联署")
    if chinese and not proved.cosignatures:
        lines += ["cosigned by no witness that is named", "没有已指明的见证方联署"]
    return lines


def _instant(seconds: int) -> str:
    """An instant in ISO 8601, as far as there are years for it: a forged document may name any."""
    if seconds >= datetime.max.replace(tzinfo=UTC).timestamp():
        return f"{seconds} seconds after 1970"
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _unkeyed(key: proof.VerifierKey) -> list[str]:
    return [
        "CONSISTENT ONLY: the key was taken from the document, so anyone could have written all of it.",
        "仅自身一致：公钥取自文件本身，任何人都可能伪造全文。",
        "Compare it with the log's key as you know it from elsewhere, or give that with --key:",
        f"  {key.encode()}",
    ]


def _document(proved: proof.ProvedRecord, receipt: proof.Receipt | None) -> dict[str, Any]:
    return {
        "record": proved.record,
        **_stands_on(proved),
        "events": [{"position": event.position, "content": event.content} for event in proved.events],
        "receipt": None if receipt is None else json.loads(receipt.to_json()),
    }


def _words(proved: proof.ProvedRecord, receipt: proof.Receipt | None) -> list[str]:
    lines = [f"record {proved.record}", *_signed(proved)]
    for event in proved.events:
        until = event.content.get("publish_until")
        state = event.content.get("state")
        shown = f", public until {until}" if state == "published" and until else ""
        lines.append(
            f"position {event.position}, {event.kind} at {event.at}: {state}{shown}; as committed, in the log"
        )
    if receipt is not None:
        lines.append(
            f"receipt of subscriber {receipt.subscriber} for position {receipt.position}: {receipt.action}; signed"
        )
    if proved.key_was_given:
        lines.append("PROVED. That these are all events of the record is not proved.")
    else:
        lines += _unkeyed(proved.key)
    return lines
