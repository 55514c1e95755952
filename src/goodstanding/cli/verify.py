"""``goodstanding verify``: check the proof document of a record, a fact or the map offline, without the platform."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from goodstanding import proof

from .subscribe import checked_key

_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--key", "key_text", help="The log's verifier key, as you know it from elsewhere.")
@click.option("--receipt", type=_FILE, help="A subscriber's signed receipt for the removal, to check too.")
@click.option("--receipt-key", help="The subscriber's public key in hex; needed with --receipt.")
@click.option("--json", "as_json", is_flag=True, help="Print what was verified as JSON.")
def verify(
    file: Path, key_text: str | None, receipt: Path | None, receipt_key: str | None, as_json: bool
) -> None:
    """Check offline a proof document: the JSON of GET /api/v1/records/{id}/proof, of a fact, or of the map, in FILE.

    Every event against its commitment, its place in the log against the signed checkpoint, and the checkpoint's
    signature. Exit status 1, with the place, when anything does not hold. Without --key the document is checked
    against the key that it carries itself, which shows only that it agrees with itself.

    \b
    Examples:
      goodstanding verify proof.json --key "$(cat log.key)"
      goodstanding verify proof.json --key "$(cat log.key)" --receipt receipt.json --receipt-key HEX
    """
    if (receipt is None) != (receipt_key is None):
        raise click.UsageError("--receipt and --receipt-key go together")
    key = None if key_text is None else verifier_key(key_text)
    public_key = None if receipt_key is None else checked_key(receipt_key, "--receipt-key")
    answered: proof.Receipt | None = None
    try:
        document = file.read_bytes()
        if receipt is None and proof.is_fact_proof(document):
            _say_fact(proof.verify_fact_proof(document, key=key), as_json=as_json)
            return
        if receipt is None and proof.is_map_proof(document):
            _say_state(proof.verify_map_proof(document, key=key), as_json=as_json)
            return
        proved = proof.verify_record_proof(document, key=key)
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


def _say_fact(proved: proof.ProvedFact, *, as_json: bool) -> None:
    event, checkpoint = proved.event, proved.checkpoint
    if as_json:
        said = {
            "proved": True,
            "batch": proved.batch,
            "index": proved.index,
            "content": proved.content,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "key": proved.key.encode(),
            "key_from": "given" if proved.key_was_given else "document",
            "event": {"position": event.position, "content": event.content},
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    whose = "the key that you gave" if proved.key_was_given else "the key in the document itself"
    lines = [
        f"fact {proved.index + 1} of {event.content['rows']} in batch {proved.batch}",
        *(f"  {name}: {value}" for name, value in proved.content.items()),
        f"checkpoint of {checkpoint.origin}, {checkpoint.size} positions: signed by {whose}",
        f"position {event.position}, {event.kind} at {event.at}: the batch's root; as committed, in the log",
    ]
    if proved.key_was_given:
        lines.append("PROVED. That the source has not corrected it since is not proved.")
    else:
        lines += _unkeyed(proved.key)
    for line in lines:
        click.echo(plain(line))


def _say_state(proved: proof.ProvedState, *, as_json: bool) -> None:
    event, checkpoint, state = proved.event, proved.checkpoint, proved.state
    if as_json:
        said = {
            "proved": True,
            "entity": proved.entity,
            "class": proved.class_,
            "has": state is not None,
            "state": state,
            "position": proved.position,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "key": proved.key.encode(),
            "key_from": "given" if proved.key_was_given else "document",
            "event": {"position": event.position, "content": event.content},
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    whose = "the key that you gave" if proved.key_was_given else "the key in the document itself"
    about = f"of class {proved.class_} as of position {proved.position}, {event.at}"
    about_zh = f"截至位置 {proved.position}（{event.at}），主体 {proved.entity}"
    lines = [
        f"checkpoint of {checkpoint.origin}, {checkpoint.size} positions: signed by {whose}",
        f"position {event.position}, {event.kind}: root of the map; as committed, in the log",
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


def _unkeyed(key: proof.VerifierKey) -> list[str]:
    return [
        "CONSISTENT ONLY: the key was taken from the document, so anyone could have written all of it.",
        "Compare it with the log's key as you know it from elsewhere, or give that with --key:",
        f"  {key.encode()}",
    ]


def verifier_key(text: str) -> proof.VerifierKey:
    """The key that was given with ``--key``."""
    try:
        return proof.VerifierKey.decode(text.strip())
    except proof.ProofError as error:
        raise click.BadParameter(plain(str(error)), param_hint="--key") from error


def _document(proved: proof.ProvedRecord, receipt: proof.Receipt | None) -> dict[str, Any]:
    return {
        "proved": True,
        "record": proved.record,
        "origin": proved.checkpoint.origin,
        "size": proved.checkpoint.size,
        "key": proved.key.encode(),
        "key_from": "given" if proved.key_was_given else "document",
        "events": [{"position": event.position, "content": event.content} for event in proved.events],
        "receipt": None if receipt is None else json.loads(receipt.to_json()),
    }


def _words(proved: proof.ProvedRecord, receipt: proof.Receipt | None) -> list[str]:
    checkpoint = proved.checkpoint
    whose = "the key that you gave" if proved.key_was_given else "the key in the document itself"
    lines = [
        f"record {proved.record}",
        f"checkpoint of {checkpoint.origin}, {checkpoint.size} positions: signed by {whose}",
    ]
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


def refuse(error: proof.ProofError, *, as_json: bool) -> None:
    """Say what is not proved, in words or as JSON."""
    if as_json:
        document = {"proved": False, "error": error.code, "place": error.place}
        document |= {"en": error.sentence, "zh": error.sentence_zh}
        document |= {"remedy": error.remedy, "remedy_zh": error.remedy_zh}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo(plain(f"NOT PROVED: {error}"), err=True)
        click.echo(plain(f"{error.sentence_zh}{error.remedy_zh}"), err=True)


def plain(line: str) -> str:
    """A line without anything that a terminal would obey: it may quote a document that somebody forged."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)
