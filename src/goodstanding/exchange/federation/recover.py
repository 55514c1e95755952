"""Going on after the database was put back to an earlier state: the end of the log comes back from the followers.

What the log's key has signed cannot be unsigned. Where a follower holds a later checkpoint of ours, the commitments
under it are taken back before anything is appended or sealed: what these events said is lost here and stands as
``journal.lost``, the log itself goes on, and nobody sees two histories. Records of other instances come back by
following their feeds again; what our own sources had reported must be reported again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

import httpx
import orjson
from django.db import connection, transaction

from goodstanding import proof
from goodstanding.exchange import proofs
from goodstanding.exchange.models import Contradiction, Subscriber
from goodstanding.proof import ProofError, VerifierKey
from goodstanding.proof.keys import from_base64
from goodstanding.registry import journal, locks, seal
from goodstanding.registry.models import Checkpoint, Event

log = logging.getLogger(__name__)

#: Seconds that a follower may take.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found: how many lost positions came back, who holds what cannot be joined, who did not answer."""

    positions: int
    contradicted: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """What a follower holds of our log: its newest verified checkpoint, and the commitments after our sealed end."""

    checkpoint: proof.Checkpoint
    note: str
    commitments: tuple[bytes, ...]


def recover(*, at: datetime) -> Recovered:
    """Ask the followers for a later state of our log, and take its end back. To be called before anything is appended.

    Args:
        at: the present instant.

    Returns:
        What was found. Where ``contradicted`` names somebody, nothing may be sealed.
    """
    positions, contradicted, silent = 0, [], []
    for follower in Subscriber.objects.exclude(instance_url="").order_by("pk"):
        name = follower.name_zh
        latest = seal.latest()
        size = latest.size if latest else 0
        try:
            held = _ask(follower.instance_url, after=size)
        except (httpx.HTTPError, ProofError, ValueError, KeyError, TypeError) as error:
            log.warning("%s does not say what it holds of our log: %s", name, type(error).__name__)
            silent.append(name)
            continue
        if held is None or held.checkpoint.size == 0:
            continue
        if held.checkpoint.size <= size:
            joined = (
                proof.root_at(size=held.checkpoint.size, store=seal.DatabaseTiles()) == held.checkpoint.root
            )
        else:
            joined = _take_back(held, at=at)
            positions += held.checkpoint.size - size if joined else 0
        if not joined:
            Contradiction.objects.get_or_create(
                witness=name, note=held.note, defaults={"size": size, "found_at": at}
            )
            contradicted.append(name)
    return Recovered(positions, tuple(contradicted), tuple(silent))


def _ask(url: str, *, after: int) -> _Held | None:
    """What a follower holds; None where it does not follow us."""
    key = VerifierKey.decode(proofs.log_key())
    asked = {"origin": key.name, "after": str(after)}
    answer = httpx.get(f"{url.rstrip('/')}/api/v1/federation/kept", params=asked, timeout=PATIENCE)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    said = orjson.loads(answer.content)
    note = str(said["checkpoint"])
    checkpoint = proof.verify_checkpoint(note, origin=key.name, keys=[key])
    commitments = tuple(
        from_base64(item, code="document_malformed", place="commitments") for item in said["commitments"]
    )
    return _Held(checkpoint, note, commitments)


class _NotOurs(Exception):
    """The commitments do not lead to the checkpoint."""


def _take_back(held: _Held, *, at: datetime) -> bool:
    """Append the lost positions and keep the checkpoint that covers them. Whether they led to it."""
    try:
        with transaction.atomic():
            _append(held, at=at)
    except _NotOurs:
        return False
    log.warning("the log was put back to an earlier state; it goes on from position %d", held.checkpoint.size)
    return True


def _append(held: _Held, *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.SEALER])
    head, before = journal.hold(), seal.latest()
    size = before.size if before else 0
    wanted = held.commitments[: held.checkpoint.size - size]
    unsealed = (
        Event.objects.filter(position__gt=size).order_by("position").values_list("commitment", flat=True)
    )
    own = [bytes(item) for item in unsealed]
    if len(wanted) < held.checkpoint.size - size or list(wanted[: len(own)]) != own[: len(wanted)]:
        raise _NotOurs
    journal.append_lost(wanted[head - size :], at=at)
    store = seal.DatabaseTiles()
    leaves = [proof.leaf_hash(item) for item in wanted]
    store.write(list(proof.new_tiles(old_size=size, new_leaf_hashes=leaves, store=store)))
    if proof.root_at(size=held.checkpoint.size, store=store) != held.checkpoint.root:
        raise _NotOurs
    Checkpoint.objects.create(
        size=held.checkpoint.size, root=held.checkpoint.root, note=held.note, signed_at=at
    )
