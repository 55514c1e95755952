"""Removals and receipts at instants of one's own choosing, for tests whose clock moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from goodstanding import proof
from goodstanding.exchange import awaiting, commands
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Authority, Entity, Record
from goodstanding.registry.queries import history_of

from ..registry.factories import make_record
from .stage import SIGNER

#: A Monday in June, nine o'clock in China.
MONDAY = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def later(days: float) -> datetime:
    """So many days after the Monday."""
    return MONDAY + timedelta(days=days)


def day(days: int) -> date:
    """The day so many days after the Monday, in China."""
    return date(2026, 6, 1) + timedelta(days=days)


def seal_at(at: datetime) -> None:
    """Seal all that the journal holds, and follow whose receipts are awaited."""
    while seal.seal(signer=SIGNER, origin=settings.LOG_ORIGIN, at=at):
        pass
    while awaiting.follow(at=at, calendar=known_calendar()):
        pass


def remove_at(entity: Entity, authority: Authority, at: datetime) -> tuple[Record, int]:
    """A record that was published, restored at an instant and sealed. With the position of its removal."""
    record = make_record(entity, authority)
    registry.restore(record_id=record.pk, at=at)
    seal_at(at)
    record.refresh_from_db()
    return record, history_of(record)[-1].position


def answer_at(
    subscriber: Subscriber, key: bytes, record: Record, position: int, at: datetime, **more: object
) -> Receipt:
    """A receipt that arrives at an instant."""
    values: dict[str, object] = {
        "subscriber": str(subscriber.public_id),
        "position": position,
        "record": str(record.public_id),
        "action": "dropped",
        "removed": 1,
        "onward": (),
        "applied_at": at.isoformat(),
        "checkpoint_size": position,
    }
    signed = proof.sign_receipt(proof.Receipt(**(values | more)), private_key=key)  # type: ignore[arg-type]
    return commands.take_receipt(subscriber=subscriber, signed=signed, at=at)
