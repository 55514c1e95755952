"""Whether a recipient of the feed keeps the pace that its agreements set: how often it asks, how old its state may be.

Both count from the moment at which the agreement came in force, so that who is new has the time of one round first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from goodstanding.registry import seal
from goodstanding.registry.models import Event

from . import push
from .models import Subscriber
from .scope import term_of


@dataclass(frozen=True, slots=True)
class Clause:
    """What one agreement with the feed asks: ``every``: how often, ``freshness``: how old at most; None for nothing.

    ``since``: when it came in force as it stands. ``only_pushed``: it names the method push and not feed, so that its
    recipient asks once it is told.
    """

    every: timedelta | None
    freshness: timedelta | None
    since: datetime
    only_pushed: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How a recipient keeps what was agreed. ``frequency`` and ``freshness``: the strictest of its agreements.

    ``is_silent``: it has not asked for longer than that. ``is_behind``: what it shows may be older than that.
    """

    frequency: timedelta | None
    freshness: timedelta | None
    is_silent: bool
    is_behind: bool


def age_of_news(subscriber: Subscriber, *, at: datetime) -> timedelta:
    """How old the first sealed event is that a feed may carry and that a subscriber has not confirmed; 0 for none."""
    news = Event.objects.filter(push.NEWS, position__gt=subscriber.position, position__lte=seal.sealed_size())
    first = news.order_by("position").values_list("at", flat=True).first()
    return max(timedelta(0), at - first) if first else timedelta(0)


def pace_of(subscriber: Subscriber, *, behind: timedelta, at: datetime) -> Pace:
    """How a recipient keeps the pace, from its agreements with their ``terms`` and the terms' ``version``.

    Args:
        behind: the age of the first news that it has not confirmed. at: the instant.
    """
    clauses = _clauses(subscriber, at=at)
    return Pace(
        frequency=min((each.every for each in clauses if each.every is not None), default=None),
        freshness=min((each.freshness for each in clauses if each.freshness is not None), default=None),
        is_silent=any(_is_silent(each, subscriber, behind=behind, at=at) for each in clauses),
        is_behind=any(_is_behind(each, subscriber, behind=behind, at=at) for each in clauses),
    )


def _clauses(subscriber: Subscriber, *, at: datetime) -> list[Clause]:
    found, on = [], timezone.localdate(at)
    for row in (row for agreement in subscriber.agreements.all() for row in agreement.terms.all()):
        term = term_of(row)
        if term.holds(on) and term.opens("feed"):
            first = timezone.make_aware(datetime.combine(term.first, time()))
            since = max(first, row.version.concluded_at or first)
            found.append(Clause(term.every, term.freshness, since, "feed" not in term.methods))
    return found


def _is_silent(clause: Clause, subscriber: Subscriber, *, behind: timedelta, at: datetime) -> bool:
    if clause.every is None or at - max(subscriber.seen_at or clause.since, clause.since) <= clause.every:
        return False
    return not clause.only_pushed or behind > clause.every


def _is_behind(clause: Clause, subscriber: Subscriber, *, behind: timedelta, at: datetime) -> bool:
    if clause.freshness is None or behind <= clause.freshness:
        return False
    is_new = subscriber.position_at is None and at - clause.since <= (clause.every or clause.freshness)
    return not is_new
