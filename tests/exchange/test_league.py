"""The league table of time to gone: its figures equal a plain recomputation, and nothing small is published."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from goodstanding.exchange import league
from goodstanding.exchange.models import AwaitedReceipt, LeagueWeek, Receipt

from ..registry.factories import make_authority, make_entity
from .clock import answer_at, day, later, remove_at
from .stage import make_subscriber

pytestmark = pytest.mark.usefixtures("database")
#: The last week of a period of the table.
ENDS = day(14)


def recomputed(subscriber: int, number: int) -> tuple[list[int], int, int, int, int, object]:
    """A week's figures, one receipt after another."""
    begins, ends = day(7 * number), day(7 * number + 7)
    answered, timed, in_time = [0] * (len(league.STEPS) + 1), 0, 0
    waiting = []
    for receipt in Receipt.objects.filter(subscriber=subscriber):
        came_on = timezone.localdate(receipt.received_at)
        if begins <= came_on < ends:
            seconds = (receipt.received_at - receipt.removed_at).total_seconds()
            answered[sum(seconds >= step for step in league.STEPS)] += 1
            timed += receipt.due_on is not None
            in_time += receipt.due_on is not None and came_on <= receipt.due_on
        elif came_on >= ends and timezone.localdate(receipt.sealed_at) < ends:
            waiting.append(receipt.due_on)
    for row in AwaitedReceipt.objects.filter(subscriber=subscriber):
        if timezone.localdate(row.sealed_at) < ends:
            waiting.append(row.due_on)
    late = [due for due in waiting if due is not None and due < ends]
    return answered, timed, in_time, len(waiting), len(late), min(late, default=None)


def test_the_weeks_equal_a_plain_recomputation_however_late_they_are_closed() -> None:
    rng = random.Random(7)
    entity, authority = make_entity(), make_authority()
    everyone = [make_subscriber(duties=(3, days, 10)) for days in (0, 1, 3)]
    make_subscriber(kinds=["permit"])
    answers = []
    for _ in range(16):
        at = rng.uniform(0, 27)
        record, position = remove_at(entity, authority, later(at))
        for subscriber, key in everyone:
            after = rng.choice([0.0003, 0.01, 0.3, 0.9, 2.5, 6.5, 60.0])
            answers.append((at + after, subscriber, key, record, position))
    for at, subscriber, key, record, position in sorted(answers, key=lambda answer: answer[0]):
        if at < 35:
            answer_at(subscriber, key, record, position, later(at))
    assert league.close_weeks(on=day(34)) == 4
    assert league.close_weeks(on=day(35)) == 1
    assert league.close_weeks(on=day(36)) == 0
    assert LeagueWeek.objects.count() == 5 * 4
    for row in LeagueWeek.objects.all():
        figures = (row.answered, row.timed, row.in_time, row.waiting, row.late, row.late_since)
        assert figures == recomputed(row.subscriber_id, (row.week - day(0)).days // 7)
    assert sum(sum(row.answered) for row in LeagueWeek.objects.all()) == Receipt.objects.count() > 20


def test_nothing_small_is_published_and_times_only_by_steps() -> None:
    make_subscriber()
    few = LeagueWeek.objects.create(
        subscriber=make_subscriber()[0],
        week=ENDS,
        answered=[4] + [0] * len(league.STEPS),
        timed=4,
        in_time=3,
        waiting=1,
        late=1,
        late_since=ENDS - timedelta(days=1),
    )
    (standing,) = league.league().standings
    assert standing.removals == league.Few(5) and standing.late == league.Few(0, few=True)
    assert (standing.measured, standing.half_within, standing.in_time) == (False, None, None)
    assert standing.late_for == "one_to_four_weeks"
    LeagueWeek.objects.filter(pk=few.pk).update(answered=[0, 30, 0, 0, 7] + [0] * 9, timed=37, in_time=36)
    (standing,) = league.league().standings
    assert (standing.half_within, standing.ninety_within) == (300, 4 * 3600)
    assert (standing.in_time, standing.removals) == (97, league.Few(35))


@pytest.mark.parametrize("number", range(30))
def test_a_count_below_five_is_never_published(number: int) -> None:
    found = league.published(number)
    assert found.at_least % league.FIVE == 0 and found.at_least <= number
    assert found.few == (0 < number < 5)


def test_who_never_answers_is_not_fast_and_stands_last() -> None:
    silent, busy = make_subscriber()[0], make_subscriber()[0]
    empty = [0] * (len(league.STEPS) + 1)
    for subscriber, answered, late in ((silent, [20, *empty[1:]], 30), (busy, [100, *empty[1:]], 0)):
        LeagueWeek.objects.create(
            subscriber=subscriber,
            week=ENDS,
            answered=answered,
            timed=20,
            in_time=20,
            waiting=late,
            late=late,
            late_since=ENDS if late else None,
        )
    first, last = league.league().standings
    assert (first.subscriber, first.half_within) == (busy, 60)
    assert (last.subscriber, last.half_within, last.ninety_within) == (silent, None, None)
    assert last.late == league.Few(30) and last.late_for == "under_a_week"


def weeks(numbers: list[int]) -> list[league.League]:
    """The table after each of some weeks with so many answers, from the beginning of a period on."""
    subscriber, _ = make_subscriber()
    tables = []
    for place, number in enumerate(numbers):
        answered = [0] * (len(league.STEPS) + 1)
        answered[6 if place < 4 else 2] = number
        LeagueWeek.objects.create(
            subscriber=subscriber,
            week=ENDS + timedelta(days=7 * (place + 1)),
            answered=answered,
            timed=number,
            in_time=number,
            waiting=0,
            late=0,
        )
        tables.append(league.league())
    return tables


def test_the_trend_compares_with_the_period_before() -> None:
    found = weeks([10] * 8)[-1]
    assert (found.first, found.last) == (ENDS + timedelta(days=35), ENDS + timedelta(days=56))
    (standing,) = found.standings
    assert (standing.trend, standing.removals.at_least, standing.in_time) == ("faster", 40, 100)


@pytest.mark.parametrize("seed", range(3))
def test_no_two_tables_have_a_week_in_common_so_none_tells_of_one_removal(seed: int) -> None:
    """A week more, with one removal or many, changes no table until its period is over, and then is in one alone."""
    chance = random.Random(seed)
    numbers = [chance.choice([0, 1, 5, 20]) for _ in range(14)]
    tables = weeks(numbers)
    for place, table in enumerate(tables):
        ended = (place + 1) // 4 * 4
        assert table == (tables[ended - 1] if ended else league.League(None, None, ()))
        if ended:
            first = ENDS + timedelta(days=7 * (ended - 3))
            assert (table.first, table.last) == (first, first + timedelta(days=21))
            assert table.standings[0].removals == league.published(sum(numbers[ended - 4 : ended]))
