"""The pace of a recipient of the feed: how often it asks and how old its state may be, as its agreements have it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from goodstanding.exchange import agreements, commands, queries
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.pace import Pace, pace_of

from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, now, seal_all

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def pace(subscriber: Subscriber, later: timedelta) -> Pace:
    (status,) = queries.subscriber_status(of=subscriber, at=now() + later)
    return status.pace


def asks(subscriber: Subscriber, later: timedelta = timedelta(0)) -> None:
    commands.seen(subscribers=[subscriber], at=now() + later)


def test_who_has_not_asked_for_longer_than_its_frequency_is_silent_until_it_asks() -> None:
    subscriber, _ = make_subscriber()
    asks(subscriber)
    assert pace(subscriber, HOUR / 2) == Pace(HOUR, DAY, is_silent=False, is_behind=False)
    assert pace(subscriber, 2 * HOUR).is_silent
    asks(subscriber, 2 * HOUR)
    assert not pace(subscriber, 2.5 * HOUR).is_silent
    assert pace(subscriber, 4 * HOUR).is_silent


def test_who_is_new_has_the_time_of_one_round_before_it_is_silent_or_behind() -> None:
    live_record(make_entity(), make_authority())
    seal_all()
    subscriber, _ = make_subscriber()
    backdated, _ = make_subscriber(valid_from=date(2020, 1, 1))
    for each in (subscriber, backdated):
        first = pace(each, HOUR / 2)
        assert not first.is_silent and not first.is_behind
    never = pace(subscriber, DAY + HOUR)
    assert never.is_silent and never.is_behind


def test_old_news_put_a_new_recipient_behind_only_after_its_first_round_or_its_first_load() -> None:
    subscriber, _ = make_subscriber()
    old = 400 * DAY

    def is_behind(who: Subscriber, later: timedelta) -> bool:
        return pace_of(who, behind=old, at=now() + later).is_behind

    assert (is_behind(subscriber, HOUR / 2), is_behind(subscriber, 2 * HOUR)) == (False, True)
    asks(subscriber)
    subscriber.refresh_from_db()
    assert not is_behind(subscriber, HOUR / 2), "it asks, and has loaded nothing yet"
    live_record(make_entity(), make_authority())
    assert is_behind(commands.confirm(subscriber=subscriber, position=seal_all(), at=now()), HOUR / 2)


def test_who_is_told_by_push_need_not_ask_while_there_is_nothing_new() -> None:
    subscriber, _ = make_subscriber(methods=["push"])
    both, _ = make_subscriber(methods=["push", "feed"])
    for each in (subscriber, both):
        commands.confirm(subscriber=each, position=seal_all(), at=now())
    assert not pace(subscriber, 3 * HOUR).is_silent
    assert pace(both, 3 * HOUR).is_silent
    live_record(make_entity(), make_authority())
    seal_all()
    assert not pace(subscriber, HOUR / 2).is_silent
    assert pace(subscriber, 3 * HOUR).is_silent, "it was told, and did not come"


@pytest.mark.parametrize("methods", [["api"], ["file"]])
def test_who_has_no_feed_is_asked_for_no_pace_of_it(methods: list[str]) -> None:
    subscriber, _ = make_subscriber(methods=methods)
    assert pace(subscriber, 30 * DAY) == Pace(None, None, is_silent=False, is_behind=False)


def test_a_suspended_recipient_is_not_silent() -> None:
    subscriber, _ = make_subscriber()
    asks(subscriber)
    agreements.suspend(reference=subscriber.agreements.get().reference, reason="for the test", at=now())
    assert not pace(subscriber, 3 * HOUR).is_silent
