"""Reconciliation: a recipient signs what it holds, the platform says what it must hold, and every difference is named.

A round is one claim. Where the digests differ, the recipient lists what is different in the buckets that differ; what
it lists must turn the set that it must hold into the set that it signed, or its claim was not true. Each round that is
over has its event `reconciliation.made`, with counts and digests only.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db import connection, transaction
from django.utils import timezone

from goodstanding.proof import ProofError
from goodstanding.proof.set_digest import (
    BUCKETS,
    SetDigest,
    SignedClaim,
    bucket_of,
    set_element,
    short_of,
    verify_claim,
)
from goodstanding.registry import seal
from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from . import canary_feed, differences, held_sets
from .canary_tables import Canary
from .errors import ExchangeError
from .expected_set import Expected, expected, reach_of
from .held_sets import Held
from .models import Reconciliation, Subscriber

Result = Reconciliation.Result
Difference = Literal["missing", "kept", "older", "unknown", "on_the_way"]
#: Differences of a round that are kept one by one.
KEPT = 1_000
#: Buckets that are compared in one request.
MAX_BUCKETS = 64


@dataclass(frozen=True, slots=True)
class Extra:
    """A record that a recipient holds in a way that it should not: under which event, with the leaf's commitment."""

    record: uuid.UUID
    position: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """What a recipient finds in a bucket: short forms that it lacks, and what it has beside those that it was given."""

    bucket: int
    missing: tuple[bytes, ...]
    extra: tuple[Extra, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A difference: of which record, and the event under which it must be held, if it must."""

    kind: Difference
    record: str
    position: int | None


def begin(
    *, subscriber: Subscriber, signed: SignedClaim, sums: Sequence[int], at: datetime
) -> tuple[Reconciliation, list[int]]:
    """Begin a round. One that the subscriber has not finished is over with this.

    A claim that comes twice, because a connection was lost or a request doubled on its way, is one round.

    Args:
        signed: what it says that it holds. sums: the sums of its 4,096 buckets.

    Returns:
        The round, and the buckets that differ; none where it is over already.

    Raises:
        ExchangeError: reconciliation.claim, reconciliation.position, reconciliation.sums.
    """
    if len(sums) != BUCKETS:
        raise ExchangeError("reconciliation.sums", place=f"{len(sums)} sums")
    try:
        claim = verify_claim(signed, public_key=bytes(subscriber.public_key))
    except ProofError as error:
        raise ExchangeError("reconciliation.claim", place=error.place) from error
    if claim.subscriber != str(subscriber.public_id):
        raise ExchangeError("reconciliation.claim", place=claim.subscriber)
    if claim.position > seal.sealed_size():
        raise ExchangeError("reconciliation.position", place=str(claim.position))
    on = timezone.localdate(at)
    while held_sets.advance(on=on) and _lags(claim.position):
        pass
    with transaction.atomic():
        held = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        text = signed.to_json().decode()
        known = Reconciliation.objects.filter(subscriber=held, signed=text).first()
        if known is not None and known.result != Result.OPEN:
            return known, []
        for left in Reconciliation.objects.filter(subscriber=held, result=Result.OPEN).exclude(signed=text):
            _finish(left, Result.UNFINISHED, at=at)
        held_sets.lock(alone=False)
        found = expected(reach=reach_of(held, on=on), position=claim.position, on=on)
        if known is not None:
            return known, _differing(found, sums)
        made = Reconciliation(
            subscriber=held,
            signed=text,
            position=claim.position,
            confirmed=held.position,
            count=claim.count,
            digest=bytes.fromhex(claim.digest),
            result=Result.OPEN,
            at=at,
        )
        differing = _compare(made, found, sums)
        if differing:
            made.save()
        else:
            _finish(made, _result(made, found), at=at)
    return made, differing


def shorts(*, reconciliation: Reconciliation, buckets: Sequence[int], at: datetime) -> dict[int, list[bytes]]:
    """The short forms of what must be held in up to 64 buckets, for the recipient to compare.

    Raises:
        ExchangeError: reconciliation.closed, reconciliation.listed.
    """
    _require_open(reconciliation)
    if len(buckets) > MAX_BUCKETS or not all(0 <= bucket < BUCKETS for bucket in buckets):
        raise ExchangeError("reconciliation.listed", place=f"{len(buckets)} buckets")
    with transaction.atomic():
        found = _expected_of(reconciliation, on=timezone.localdate(at))
        return {
            bucket: sorted(short_of(entry.element) for entry in entries)
            for bucket, entries in found.elements(buckets).items()
        }


@transaction.atomic
def explain(
    *,
    reconciliation_id: uuid.UUID,
    subscriber: Subscriber,
    listed: Sequence[Listed],
    last: bool,
    at: datetime,
) -> tuple[Reconciliation, list[Verdict]]:
    """Take what a recipient lists of buckets that differ, and say of each record what is wrong with it.

    Buckets that were listed already are judged again, and nothing changes: such a request came twice.

    Args:
        listed: a bucket each, each bucket once in a round. last: nothing else differs; the round is over with it.

    Raises:
        ExchangeError: reconciliation.closed, reconciliation.listed.
    """
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    held = Reconciliation.objects.select_for_update().get(public_id=reconciliation_id, subscriber=subscriber)
    buckets = [item.bucket for item in listed]
    twice = set(buckets) & set(held.listed)
    if len(buckets) > MAX_BUCKETS or len(set(buckets)) < len(buckets) or twice not in (set(), set(buckets)):
        raise ExchangeError(
            "reconciliation.listed", place=f"{len(buckets)} buckets, {len(twice)} listed before"
        )
    if not twice:
        _require_open(held)
    on = timezone.localdate(at)
    found = _expected_of(held, on=on)
    must = found.elements(buckets)
    explained = SetDigest() if twice else SetDigest.from_bytes(bytes(held.explained or b""))
    verdicts: list[Verdict] = []
    for item in listed:
        verdicts += _judge(item, must[item.bucket], explained, found, position=held.position, on=on)
    if twice:
        return held, verdicts
    held.listed += buckets
    for verdict in verdicts:
        setattr(held, verdict.kind, getattr(held, verdict.kind) + 1)
    named = [item for item in verdicts if item.kind != "on_the_way"][: KEPT - len(held.found)]
    held.found += [{"kind": v.kind, "record": v.record, "position": v.position} for v in named]
    held.explained = explained.to_bytes()
    differences.note(held, ((item.record, item.kind) for item in verdicts), at=at)
    if not last:
        held.save()
    elif explained.fingerprint() == bytes(held.digest):
        _finish(held, Result.DIFFERS if held.differences else Result.EQUAL, at=at)
    else:
        same = found.digest.fingerprint() == bytes(held.expected or b"")
        _finish(held, Result.CONTRADICTED if same else Result.INTERRUPTED, at=at)
    return held, verdicts


def _compare(made: Reconciliation, found: Expected | None, sums: Sequence[int]) -> list[int]:
    """Note what must be held. Returns the buckets that differ, where the digests do."""
    if found is None:
        return []
    made.expected_count, made.expected = found.count, found.digest.fingerprint()
    if (made.count, made.digest) == (made.expected_count, made.expected):
        return []
    made.explained = found.digest.to_bytes()
    return _differing(found, sums)


def _differing(found: Expected | None, sums: Sequence[int]) -> list[int]:
    """The buckets whose sums differ."""
    if found is None:
        return []
    pairs = enumerate(zip(sums, found.sums, strict=True))
    return [bucket for bucket, (theirs, ours) in pairs if theirs != ours]


def _result(made: Reconciliation, found: Expected | None) -> str:
    """The result of a round in which no bucket differs."""
    if found is None:
        return Result.BEHIND
    equal = (made.count, made.digest) == (made.expected_count, made.expected)
    return Result.EQUAL if equal else Result.CONTRADICTED


def _judge(
    listed: Listed, must: list[Held], explained: SetDigest, found: Expected, *, position: int, on: date
) -> list[Verdict]:
    """Say of each record of a bucket what is wrong, and change the set that must be held into what was listed."""
    by_short = {short_of(entry.element): entry for entry in must}
    missing = {}
    for short in set(listed.missing):
        if (entry := by_short.get(short)) is not None:
            explained.remove(entry.element)
            missing[entry.record] = entry
    canaries = found.reach.canaries
    known = _known([extra.record for extra in listed.extra], list(missing), canaries)
    late = _changed_after(position, [row.pk for row in known.values()])
    late |= {-canary.pk for canary in canaries if (canary.removed_position or 0) > position}
    standing = held_sets.entries([row.pk for row in known.values()]) if found.reach.asking else {}
    allowed = {record: entry for record, entry in standing.items() if found.reach.allows(entry)}
    events = _commitments([extra.position for extra in listed.extra], canaries)
    verdicts = []
    for extra in listed.extra:
        if bucket_of(extra.record) != listed.bucket:
            raise ExchangeError("reconciliation.listed", place=f"{extra.record} in bucket {listed.bucket}")
        explained.add(set_element(record=extra.record, position=extra.position, commitment=extra.commitment))
        row = known.get(str(extra.record))
        entry = missing.pop(row.pk, None) if row else None
        kind: Difference = "kept" if entry is None else "older"
        if row is None or events.get(extra.position) != (row.pk, extra.commitment):
            kind = "unknown"
        elif _passes(row, entry, found, late, on=on):
            kind = "on_the_way"
        elif entry is None and (entry := allowed.get(row.pk)):
            kind = "on_the_way" if entry.position == extra.position else "older"
        verdicts.append(Verdict(kind, str(extra.record), entry and entry.position))
    ids = {row.pk: name for name, row in known.items()}
    for record, entry in missing.items():
        row = known[ids[record]]
        passes = _passes(row, entry, found, late, on=on)
        verdicts.append(Verdict("on_the_way" if passes else "missing", ids[record], entry.position))
    return verdicts


def _passes(row: Record, entry: Held | None, found: Expected, late: set[int], *, on: date) -> bool:
    """Whether a difference is none: the feed will settle it, its publication is over by date, or nothing is sent."""
    over = row.state == Record.State.PUBLISHED and row.publish_until is not None and row.publish_until <= on
    return row.pk in late or over or (entry is not None and not found.reach.sends(entry))


def _known(ids: list[uuid.UUID], records: list[int], canaries: Sequence[Canary]) -> dict[str, Record]:
    """Records by their public ids: those with such ids, and those with such numbers."""
    by_id = Record.objects.filter(public_id__in=ids) | Record.objects.filter(pk__in=records)
    found = {str(row.public_id): row for row in by_id.only("pk", "public_id", "state", "publish_until")}
    return found | canary_feed.known(canaries, ids=ids, numbers=records)


def _changed_after(position: int, records: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT record_id FROM registry_event WHERE record_id = ANY(%s) AND position > %s"
            " AND kind LIKE 'record.%%'",
            [records, position],
        )
        return {record for (record,) in cursor.fetchall()}


def _commitments(positions: list[int], canaries: Sequence[Canary]) -> dict[int, tuple[int | None, bytes]]:
    planted = {canary.planted_position: -canary.pk for canary in canaries}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, record_id, commitment FROM registry_event WHERE position = ANY(%s)", [positions]
        )
        return {
            position: (planted.get(position, record), bytes(held))
            for position, record, held in cursor.fetchall()
        }


def _expected_of(reconciliation: Reconciliation, *, on: date) -> Expected:
    held_sets.lock(alone=False)
    reach = reach_of(reconciliation.subscriber, on=on)
    found = expected(reach=reach, position=reconciliation.position, on=on)
    if found is None:
        raise ExchangeError("reconciliation.closed", place="too much has changed since")
    return found


def _require_open(reconciliation: Reconciliation) -> None:
    if reconciliation.result != Result.OPEN:
        raise ExchangeError("reconciliation.closed", place=str(reconciliation.public_id))


def _lags(position: int) -> bool:
    """Whether the cells are not yet at a position."""
    return held_sets.until() < position


def _finish(made: Reconciliation, result: str, *, at: datetime) -> None:
    made.result, made.finished_at, made.explained = result, at, None
    content: dict[str, Any] = {
        "subscriber": str(made.subscriber.public_id),
        "reconciliation": str(made.public_id),
        "result": str(result),
        "position": made.position,
        "confirmed": made.confirmed,
        "count": made.count,
        "claimed": bytes(made.digest).hex(),
        "expected_count": made.expected_count,
        "expected": None if made.expected is None else bytes(made.expected).hex(),
    }
    content |= {kind: getattr(made, kind) for kind in ("missing", "kept", "older", "unknown", "on_the_way")}
    (made.event_position,) = append([NewEvent("reconciliation.made", content)], at=at)
    made.save()
    if result in (Result.EQUAL, Result.DIFFERS):
        differences.settle(made)
