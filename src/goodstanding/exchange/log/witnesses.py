"""Asking witnesses to cosign the log's newest checkpoint, and publishing it once enough have.

Sealing never waits for witnesses: the feed carries removals up to the newest signed checkpoint, while what is published
for everyone, and what proofs are given against, is the newest one that the policy accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import httpx
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange import proofs
from goodstanding.exchange.models import Contradiction, WitnessedCheckpoint
from goodstanding.proof import AddCheckpoint, Policy, ProofError, VerifierKey
from goodstanding.proof.policy import Witness
from goodstanding.registry import seal

#: Seconds that a witness may take for an answer.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a round of asking brought.

    ``cosigned`` and ``silent`` name witnesses (of the silent with the reason); ``contradicted`` those that hold a
    checkpoint of this log that its tables do not lead to. ``published``: the policy accepts the checkpoint.
    """

    size: int
    cosigned: tuple[str, ...]
    silent: Mapping[str, str]
    contradicted: tuple[str, ...]
    published: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """A witness's answer: its line, or the size that it holds (409), or why there is neither."""

    line: proof.NoteSignature | None = None
    held: int | None = None
    why: str = ""
    reached: bool = True


def policy() -> Policy | None:
    """The policy that this installation publishes by; None where it asks no witnesses.

    Raises:
        ProofError: policy_malformed, key_malformed; also where a witness of the policy has no address.
    """
    if not settings.WITNESS_POLICY:
        return None
    try:
        found = proof.parse_policy(Path(settings.WITNESS_POLICY).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProofError("policy_malformed", place=f"{settings.WITNESS_POLICY}: {error}") from error
    for witness in found.witnesses:
        if not witness.url.startswith(("http://", "https://")):
            raise ProofError("policy_malformed", place=f"witness {witness.name} has no http address")
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """How far witnessing is: what is signed, what is published with whose cosignatures, and what contradicts it."""

    sealed: int
    published: int
    cosigned: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]


def standing() -> Standing:
    """How far witnessing is at this moment."""
    latest, published = seal.latest(), proofs.checkpoint()
    return Standing(
        latest.size if latest else 0,
        published.size if published else 0,
        tuple(key.name for key in published.witnesses) if published else (),
        tuple(Contradiction.objects.order_by("found_at")),
    )


def gather(*, at: datetime) -> Gathered | None:
    """Ask all witnesses for the newest checkpoint, and publish it if the policy accepts it.

    Where a witness holds a checkpoint that this log signed and that its tables do not lead to, it is kept as evidence
    and nothing is published, whatever the others say: the tables were put back, or the key has signed two histories.

    Args:
        at: the present instant.

    Returns:
        None where there is no policy, or nothing new to publish.
    """
    rules, latest = policy(), seal.latest()
    published = WitnessedCheckpoint.objects.order_by("-size").first()
    if rules is None or latest is None or (published is not None and published.size >= latest.size):
        return None
    start = published.size if published else 0
    answers = _ask_all({witness: start for witness in rules.witnesses}, latest)
    behind = {
        witness: answer.held
        for witness, answer in answers.items()
        if answer.held is not None and answer.held <= latest.size
    }
    answers |= _ask_all(behind, latest)
    contradicted = tuple(
        witness.name
        for witness, answer in answers.items()
        if answer.line is None and answer.reached and _contradicts(witness, latest.size, at=at)
    )
    cosigned = {witness: answer.line for witness, answer in answers.items() if answer.line is not None}
    accepted = not contradicted and rules.met_by([witness.key for witness in cosigned])
    if accepted:
        note = proof.parse_note(latest.note)
        whole = proof.Note(text=note.text, signatures=(*note.signatures, *cosigned.values())).encode()
        made = WitnessedCheckpoint(
            size=latest.size,
            root=latest.root,
            note=whole,
            signed_at=latest.signed_at,
            witnesses=[witness.key.encode() for witness in cosigned],
        )
        # Another worker may have been as fast: what it published is as good.
        WitnessedCheckpoint.objects.bulk_create([made], ignore_conflicts=True)
    return Gathered(
        latest.size,
        tuple(witness.name for witness in cosigned),
        {witness.name: answer.why for witness, answer in answers.items() if answer.line is None},
        contradicted,
        accepted,
    )


def contradicting(*, at: datetime) -> tuple[str, ...]:
    """The witnesses that hold a checkpoint of this log that its tables do not lead to; what they hold is kept.

    For whoever is about to seal after a pause, in which the tables may have been put back to an earlier state: to seal
    then is to sign a second history. A witness that does not answer says nothing.

    Args:
        at: the present instant.
    """
    rules, latest = policy(), seal.latest()
    size = latest.size if latest else 0
    asked = rules.witnesses if rules else ()
    return tuple(witness.name for witness in asked if _contradicts(witness, size, at=at))


def _ask_all(starts: Mapping[Witness, int], latest: seal.Checkpoint) -> dict[Witness, _Answer]:
    """Ask witnesses side by side, each with the proof from the size that it holds."""
    if not starts:
        return {}
    bodies = {
        witness: AddCheckpoint(
            start, tuple(proofs.consistency(old=start, new=latest.size) or () if start else ()), latest.note
        ).encode()
        for witness, start in starts.items()
    }
    with ThreadPoolExecutor(max_workers=min(16, len(bodies))) as threads:
        return dict(zip(bodies, threads.map(_ask, bodies.keys(), bodies.values()), strict=True))


@cache
def _client() -> httpx.Client:
    """One client for all rounds: connections to witnesses are kept open, as the protocol asks for."""
    return httpx.Client(timeout=PATIENCE)


def _ask(witness: Witness, body: str) -> _Answer:
    try:
        answer = _client().post(f"{witness.url.rstrip('/')}/add-checkpoint", content=body.encode())
    except httpx.HTTPError as error:
        return _Answer(why=type(error).__name__, reached=False)
    text = answer.text
    if answer.status_code == 409 and text.strip().isascii() and text.strip().isdecimal() and len(text) < 21:
        return _Answer(held=int(text), why=f"409, it holds {text.strip()} entries")
    if answer.status_code != 200:
        return _Answer(why=f"{answer.status_code}")
    return _line(witness, body, text)


def _line(witness: Witness, body: str, text: str) -> _Answer:
    """The witness's own line of its answer, if it holds for the checkpoint that was asked about."""
    try:
        asked = proof.parse_note(AddCheckpoint.decode(body.encode()).checkpoint)
        for line in proof.parse_signatures(text):
            if (line.name, line.key_id) == (witness.key.name, witness.key.key_id):
                note = proof.Note(text=asked.text, signatures=(line,)).encode()
                proof.verify_cosignatures(note, witnesses=[witness.key])
                return _Answer(line=line)
    except ProofError as error:
        return _Answer(why=str(error))
    return _Answer(why="no cosignature of its own in the answer")


def _contradicts(witness: Witness, size: int, *, at: datetime) -> bool:
    """Look at what a witness holds; keep it where this log's tables, of `size` entries, do not lead to it."""
    key = VerifierKey.decode(proofs.log_key())
    try:
        answer = _client().get(f"{witness.url.rstrip('/')}/{proof.origin_hash(key.name)}/checkpoint")
        if answer.status_code != 200:
            return False
        held = proof.verify_checkpoint(answer.content, origin=key.name, keys=[key])
    except (httpx.HTTPError, ProofError):
        return False  # nothing that this log signed
    if held.size <= size and proof.root_at(size=held.size, store=seal.DatabaseTiles()) == held.root:
        return False
    Contradiction.objects.get_or_create(
        witness=witness.name,
        note=answer.content.decode(),
        defaults={"size": size, "found_at": at},
    )
    return True
