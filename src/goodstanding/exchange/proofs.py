"""Reading the transparency log: tiles, proofs, and the proof of one record's events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError

from goodstanding import proof
from goodstanding.proof.beside import BesideKey, BesideSigner
from goodstanding.registry import seal
from goodstanding.registry.models import Event, Record, Tile

from .errors import ExchangeError
from .happened import Happened, events_between, events_of
from .models import WitnessedCheckpoint


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """An event with the hashes that lead from its leaf to the checkpoint's root."""

    event: Happened
    leaf_hash: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The checkpoint that proofs are given against: the last one that enough witnesses cosigned."""

    size: int
    root: bytes
    note: str
    signed_at: datetime
    #: Who cosigned it.
    witnesses: tuple[proof.WitnessKey, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordProof:
    """The proofs of a record's events against one checkpoint."""

    checkpoint: Published
    events: tuple[ProvedEvent, ...]


def origin() -> str:
    """The log's name."""
    return str(settings.LOG_ORIGIN)


def log_key() -> str:
    """The log's verifier key as one line."""
    return proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET).verifier.encode()


def signers_beside() -> list[BesideSigner]:
    """The further keys with which the log signs now, in the order of the setting.

    Raises:
        ProofError: key_malformed where the setting names what is not there.
    """
    secrets = settings.LOG_SECRETS_BESIDE
    return [
        BesideSigner(kind, settings.LOG_ORIGIN, secrets.get(kind, b"")) for kind in settings.LOG_SIGNATURES
    ]


def keys_beside() -> list[BesideKey]:
    """The further keys of the log: those with which it signs now, and those with which it did."""
    found = settings.LOG_SECRETS_BESIDE.items()
    return [BesideSigner(kind, settings.LOG_ORIGIN, seed).verifier for kind, seed in found]


def checkpoint() -> Published | None:
    """The published checkpoint: the last one that enough witnesses cosigned; where none are asked, the last one.

    None while there is none.
    """
    if settings.WITNESS_POLICY:
        witnessed = WitnessedCheckpoint.objects.order_by("-size").first()
        if witnessed is None:
            return None
        keys = tuple(proof.WitnessKey.decode(text) for text in witnessed.witnesses)
        return Published(witnessed.size, bytes(witnessed.root), witnessed.note, witnessed.signed_at, keys)
    found = seal.latest()
    return found and Published(found.size, bytes(found.root), found.note, found.signed_at)


def record_proof(record: Record, *, everything: bool) -> RecordProof | None:
    """The proofs of a record's sealed events.

    Args:
        record: whose events.
        everything: all events; else only those that published it.

    Returns:
        None while nothing of it is sealed.
    """
    found = checkpoint()
    if found is None:
        return None
    prover = proof.TileProver(size=found.size, store=seal.DatabaseTiles())
    events = tuple(
        ProvedEvent(
            event,
            proof.leaf_hash(event.commitment),
            tuple(prover.inclusion(event.position - 1)),
        )
        for event in events_of(record.pk)
        if event.position <= found.size and event.salt is not None and (everything or event.publishes)
    )
    return RecordProof(found, events) if events else None


def event_proof(record_id: str, *, position: int | None = None) -> proof.TlogProof:
    """The tlog-proof of one event of a record against the published checkpoint.

    Args:
        record_id: the record's public id.
        position: which event; None for the last one under the checkpoint.

    Raises:
        ExchangeError: log.no_record, log.empty, log.unproved.
    """
    try:
        record = Record.objects.get(public_id=record_id)
    except (Record.DoesNotExist, ValidationError):
        raise ExchangeError("log.no_record", place=record_id) from None
    found = checkpoint()
    if found is None:
        raise ExchangeError("log.empty")
    covered = [event for event in events_of(record.pk) if event.position <= found.size]
    event = next((item for item in reversed(covered) if position in (None, item.position)), None)
    if event is None or event.salt is None:
        place = record_id if position is None else f"{record_id}, position {position}"
        raise ExchangeError("log.unproved", place=place)
    return _tlog_proof(event, event.salt, found)


def position_proof(position: int) -> proof.TlogProof:
    """The tlog-proof of the event at a position against the published checkpoint.

    Raises:
        ExchangeError: log.empty, log.unproved.
    """
    found = checkpoint()
    if found is None:
        raise ExchangeError("log.empty")
    (event,) = events_between(position - 1, position)
    if position > found.size or event.salt is None:
        raise ExchangeError("log.unproved", place=f"position {position}")
    return _tlog_proof(event, event.salt, found)


def _tlog_proof(event: Happened, salt: bytes, found: Published) -> proof.TlogProof:
    prover = proof.TileProver(size=found.size, store=seal.DatabaseTiles())
    return proof.event_proof(
        content=event.content,
        salt=salt,
        index=event.position - 1,
        hashes=prover.inclusion(event.position - 1),
        checkpoint=found.note,
    )


def inclusion(*, position: int, size: int) -> list[bytes] | None:
    """The inclusion proof of a position in the log of a size; None where the log does not reach so far."""
    if not 1 <= position <= size <= seal.sealed_size():
        return None
    return proof.TileProver(size=size, store=seal.DatabaseTiles()).inclusion(position - 1)


def consistency(*, old: int, new: int) -> list[bytes] | None:
    """The consistency proof between two sizes; None where the log does not reach so far."""
    if not 1 <= old <= new <= seal.sealed_size():
        return None
    fetch = proof.tile_fetch(size=new, store=seal.DatabaseTiles())
    return proof.consistency_proof(old_size=old, new_size=new, fetch=fetch)


def tile(path: str) -> bytes | None:
    """What lies at a tile path of the log; None where there is nothing (yet).

    Raises:
        ProofError: tile_path.
    """
    level, index, width = proof.parse_tile_path(path)
    first = 256 * index
    if level is None:
        if first + width > seal.sealed_size():
            return None
        entries = (
            Event.objects.filter(position__gt=first, position__lte=first + width)
            .order_by("position")
            .values_list("commitment", flat=True)
        )
        return proof.bundle(bytes(entry) for entry in entries)
    found = Tile.objects.filter(level=level, index=index).first() if level < 8 and index < 2**55 else None
    if found is None or found.width < width:
        return None
    return bytes(found.data)[: 32 * width]
