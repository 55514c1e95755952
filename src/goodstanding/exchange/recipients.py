"""How one recipient does: what it has not answered, how soon it answers. For the operator, and for itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from . import corrections
from .corrections import Corrections
from .errors import ExchangeError
from .models import AwaitedCorrection, AwaitedReceipt, SetDifference, Subscriber, Suspension
from .pace import Pace, age_of_news, pace_of

#: Over how many days times to gone are taken.
PERIOD: Final = timedelta(days=90)
#: Unanswered removals that are listed, the most pressing first.
LISTED: Final = 25
_OPEN: Final = """
    SELECT count(*), count(*) FILTER (WHERE due_on < %(on)s), count(*) FILTER (WHERE due_on = %(on)s),
        count(*) FILTER (WHERE due_on > %(on)s AND remind_on <= %(on)s),
        count(*) FILTER (WHERE remind_on > %(on)s), count(*) FILTER (WHERE due_on IS NULL),
        count(*) FILTER (WHERE removed_at > %(at)s - interval '1 hour'),
        count(*) FILTER (WHERE removed_at <= %(at)s - interval '1 hour' AND removed_at > %(at)s - interval '1 day'),
        count(*) FILTER (WHERE removed_at <= %(at)s - interval '1 day' AND removed_at > %(at)s - interval '7 days'),
        count(*) FILTER (WHERE removed_at <= %(at)s - interval '7 days'),
        count(*) FILTER (WHERE told_at IS NOT NULL), count(*) FILTER (WHERE confirmed_at IS NOT NULL),
        count(*) FILTER (WHERE reminded_at IS NOT NULL)
    FROM exchange_awaitedreceipt WHERE subscriber_id = %(subscriber)s
"""
_TIMES: Final = """
    WITH taken AS (
        SELECT extract(epoch FROM received_at - removed_at)::float8 AS seconds,
            (received_at AT TIME ZONE %(zone)s)::date <= due_on AS in_time
        FROM exchange_receipt
        WHERE subscriber_id = %(subscriber)s AND received_at > %(since)s AND received_at <= %(at)s
    )
    SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds),
        percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds), max(seconds),
        count(in_time), count(*) FILTER (WHERE in_time)
    FROM taken
"""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Removals without a receipt: all, by deadline (``due_soon``: from the day of the reminder on), by age, and how
    many of them were announced by a push, confirmed, and reminded of.
    """

    all: int
    late: int
    due_today: int
    due_soon: int
    due_later: int
    undated: int
    an_hour: int
    a_day: int
    a_week: int
    older: int
    told: int
    confirmed: int
    reminded: int


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from a removal to its receipt, of the receipts of the last 90 days; None where there was none.

    ``timed``: those with a deadline, ``in_time`` of them within it.
    """

    answered: int
    half: float | None
    ninety: float | None
    slowest: float | None
    timed: int
    in_time: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient. ``pressing``: its unanswered removals, the most pressing first, up to 25; ``to_correct``: the same
    of corrections that it has not taken over. ``differing``: how many records it was found to hold otherwise than it
    must, by kind; ``differences``: up to 25 of them, kept ones first. ``pace``: how it keeps the one that was agreed.
    """

    subscriber: Subscriber
    unanswered: Unanswered
    times: Times
    pressing: tuple[AwaitedReceipt, ...]
    corrections: Corrections
    pace: Pace
    to_correct: tuple[AwaitedCorrection, ...]
    suspensions: tuple[Suspension, ...]
    differing: dict[str, int]
    differences: tuple[SetDifference, ...]

    @property
    def proposal(self) -> Suspension | None:
        """The suspension that waits for the operator's decision."""
        return next((each for each in self.suspensions if each.state == Suspension.State.PROPOSED), None)

    @property
    def suspension(self) -> Suspension | None:
        """The suspension that is in force."""
        return next((each for each in self.suspensions if each.state == Suspension.State.SUSPENDED), None)


def recipient(public_id: uuid.UUID, *, of: Subscriber | None = None, on: date, at: datetime) -> Recipient:
    """How a recipient does on a day.

    Args:
        public_id: whom is asked for. of: the subscriber who asks, who sees itself only; None for the operator.
        on: the day. at: the instant from which ages and the 90 days are counted.

    Raises:
        ExchangeError: recipient.unknown.
    """
    subscriber = Subscriber.objects.select_related("account__user").filter(public_id=public_id).first()
    if subscriber is None or (of is not None and of.pk != subscriber.pk):
        raise ExchangeError("recipient.unknown", place=str(public_id))
    pressing = AwaitedReceipt.objects.filter(subscriber=subscriber).select_related("record", "canary")
    to_correct = AwaitedCorrection.objects.filter(subscriber=subscriber).select_related("record__entity")
    differences = SetDifference.objects.filter(subscriber=subscriber)
    listed = differences.select_related("record", "canary", "reconciliation").order_by("kind", "since", "pk")
    return Recipient(
        subscriber=subscriber,
        unanswered=unanswered(subscriber, on=on, at=at),
        times=times(subscriber, at=at),
        pressing=tuple(pressing.order_by("due_on", "position")[:LISTED]),
        corrections=corrections.count(subscriber, on=on),
        pace=pace_of(subscriber, behind=age_of_news(subscriber, at=at), at=at),
        to_correct=tuple(to_correct.order_by("due_on", "position")[:LISTED]),
        suspensions=tuple(subscriber.suspensions.select_related("proposed_by__user").order_by("-pk")[:10]),
        differing=dict(differences.order_by("kind").values_list("kind").annotate(Count("pk"))),
        differences=tuple(listed[:LISTED]),
    )


def unanswered(subscriber: Subscriber, *, on: date, at: datetime) -> Unanswered:
    """What a recipient has not answered."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"subscriber": subscriber.pk, "on": on, "at": at})
        return Unanswered(*cursor.fetchone())


def times(subscriber: Subscriber, *, at: datetime) -> Times:
    """How soon a recipient has answered in the last 90 days."""
    values = {
        "subscriber": subscriber.pk,
        "at": at,
        "since": at - PERIOD,
        "zone": timezone.get_current_timezone_name(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TIMES, values)
        return Times(*cursor.fetchone())
