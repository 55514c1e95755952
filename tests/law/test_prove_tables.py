"""The tables as logic say what the evaluator for one case says."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from goodstanding.law import Pack, add_months, all_packs, decide
from goodstanding.law.load import with_choices

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from goodstanding.law.prove import dates
from goodstanding.law.prove.facts import UnknownFacts
from goodstanding.law.prove.settings import Settings
from goodstanding.law.prove.tables import SymbolicPack
from goodstanding.law.prove.terms import Questions, holds, truth
from tests.law.random_facts import random_day, random_facts

CASES = 90


def some_choice(random: Random, pack: Pack) -> Pack:
    """The pack with switches and unset parameters chosen at random."""
    switches = {
        switch.code: random.choice(switch.options).code for switch in pack.switches if random.random() < 0.5
    }
    numbers = {"yuan": (50_000, 150_000), "months": (6, 12, 36), "working_days": (7, 20)}
    parameters = {
        parameter.code: sorted(numbers[parameter.unit])[parameter.not_below is not None]
        for parameter in pack.parameters
        if parameter.value is None and random.random() < 0.5
    }
    return with_choices(pack, switches=switches, parameters=parameters)


@pytest.mark.parametrize("shipped", all_packs(), ids=lambda pack: pack.id)
def test_the_tables_as_logic_agree_with_the_evaluator_for_one_case(shipped: Pack) -> None:
    random = Random(shipped.id)
    for pack in (shipped, some_choice(random, shipped), some_choice(random, shipped)):
        facts, settings = UnknownFacts([pack]), Settings([pack])
        logic = SymbolicPack(pack, facts=facts, settings=settings)
        questions = Questions(facts.valid, settings.valid, *settings.plain([pack]))
        for _ in range(CASES // 3):
            given = random_facts(random, pack)
            on, by = random_day(random, given.found_on), random_day(random, given.found_on)
            model = questions.example(
                *facts.equal(given),
                facts.on.key == dates.this_day(on).key,
                facts.by.key == dates.this_day(by).key,
            )
            assert model is not None
            assert facts.read(model) == given and holds(model, facts.not_refused(pack))
            verdict = decide(given, pack=pack, on=on)
            found = verdict.classification
            if found.severity is None:
                assert not holds(model, logic.adverse)
                continue
            assert holds(model, logic.answered)
            assert [code for code, term in logic.severity.items() if holds(model, term)] == [found.severity]
            assert holds(model, logic.visible(facts.on)) == (verdict.publication == "published"), given
            reached = found.restorable_from is not None and found.restorable_from <= on
            assert holds(model, logic.restorable_by(facts.on)) == reached, given
            assert holds(model, logic.eligible(facts.on)) == verdict.eligible, given
            earliest = verdict.earliest_on is not None and verdict.earliest_on <= by
            assert holds(model, logic.earliest_by(facts.by, asked_on=facts.on)) == earliest, (given, on, by)
            required = {row.id for row in verdict.materials if row.required}
            assert {row.id for row in pack.materials if holds(model, logic.required(row.id))} == required
            marks = {row.event for row in verdict.marks}
            events = {row.event for row in pack.events}
            assert {event for event in events if holds(model, logic.marked(event, facts.on))} == marks


def test_months_in_the_logic_are_the_months_of_the_law() -> None:
    days = [add_months(date(1999, 12, 31), month) for month in range(0, 1300, 7)]
    days += [date(year, 2, 28) for year in (2000, 2023, 2024, 2100)]
    days += [date(year, 2, 29) for year in (2000, 2024, 2096)]
    random = Random(36)
    days += [date(1970, 1, 1) + timedelta(days=random.randrange(58_800)) for _ in range(200)]
    day, after = dates.unknown_day("day"), {count: None for count in (0, 1, 3, 11, 12, 36, 71, 120, 840)}
    sums = {count: dates.add(day, dates.months(count)) for count in after}
    questions = Questions(dates.is_a_day(day))
    for one in days:
        model = questions.example(day.key == dates.this_day(one).key)
        assert model is not None, one
        for count, total in sums.items():
            assert total.read(model) == add_months(one, count)


def test_every_day_of_the_logic_is_a_day_and_no_other() -> None:
    day = dates.unknown_day("day")
    questions = Questions(dates.is_a_day(day))
    for year in (2023, 2024, 2100, 2000):
        for month in range(1, 13):
            last = add_months(date(year, month, 1), 1) - timedelta(days=1)
            in_month = (
                day.year == dates.this_day(last).year,
                day.month == dates.this_day(last).month,
            )
            model = questions.example(*in_month, day.day == dates.this_day(last).day)
            assert model is not None and day.read(model) == last
            assert questions.example(*in_month, day.day == last.day + 1) is None
    assert questions.example(day.day == 0) is None
    assert questions.example(day.month == 12) is None


def test_adding_months_never_leaves_the_order_of_days() -> None:
    one, other = dates.unknown_day("one"), dates.unknown_day("other")
    questions = Questions(dates.is_a_day(one), dates.is_a_day(other), dates.not_later(one, other))
    length = dates.months(7)
    assert questions.example(truth("any")) is not None
    later = dates.not_later(dates.add(one, length), dates.add(other, length))
    assert questions.example(later == False) is None  # noqa: E712 (a term of Z3)
