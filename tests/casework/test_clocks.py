"""Statutory clocks against a table written by hand from the State Council's notice for 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from goodstanding.casework import commands, desk, queries
from goodstanding.casework.clocks import UNSET_EN, UNSET_ZH, count_of, new_clock, standing
from goodstanding.casework.models import Case, Clock
from goodstanding.law import china_calendar, load_pack

from .stories import AT, PERFORMED, TODAY, Town, apply, object_to

pytestmark = pytest.mark.usefixtures("database")

#: receipt, last day to accept (3 working days), last day to answer (10 working days).
#: Days off: 15-23 February, 25-27 September, 1-7 October; make-up days: 14 and 28 February, 20 September,
#: 10 October.
BY_HAND = [
    # The Friday before Spring Festival: Saturday the 14th is worked (1), then 24 (2) and 25 February (3).
    ("2026-02-13", "2026-02-25", "2026-03-05"),
    # The make-up Saturday itself is day zero: 24, 25, 26 February; 28 February is worked.
    ("2026-02-14", "2026-02-26", "2026-03-06"),
    # Received inside the holiday.
    ("2026-02-20", "2026-02-26", "2026-03-06"),
    # The Friday before the make-up Sunday, 20 September (1), then 21 (2), 22 (3); Mid-Autumn, National Day.
    ("2026-09-18", "2026-09-22", "2026-10-09"),
    # 22, 23, 24 September; 28, 29, 30 September; 8, 9 October, the make-up Saturday 10, Monday 12.
    ("2026-09-21", "2026-09-24", "2026-10-12"),
    # The eve of National Day: 8, 9 October and the make-up Saturday 10.
    ("2026-09-30", "2026-10-10", "2026-10-20"),
    ("2026-10-03", "2026-10-10", "2026-10-20"),
    # An ordinary fortnight.
    ("2026-11-02", "2026-11-05", "2026-11-16"),
]


def submitted(received: date) -> Case:
    town = Town()
    record = town.record(
        found_on=date(2025, 10, 20), publish_from=date(2025, 10, 20), publish_until=date(2026, 10, 20)
    )
    return apply(town.firm, record, performed_on=date(2025, 11, 3), today=received).cases.get()


def clock_of(case: Case, code: str) -> Clock:
    return case.clocks.get(code=code)


@pytest.mark.parametrize(("received", "accept_by", "answer_by"), BY_HAND)
def test_clocks_end_where_a_person_counts_them(received: str, accept_by: str, answer_by: str) -> None:
    case = submitted(date.fromisoformat(received))
    assert clock_of(case, "accept").due_on == date.fromisoformat(accept_by)
    answer = clock_of(case, "feedback")
    assert answer.due_on == date.fromisoformat(answer_by)
    assert answer.calendar_version == china_calendar().version
    days = [entry.day for entry in count_of(answer).days]
    assert days == [date.fromisoformat(received) + timedelta(days=n + 1) for n in range(len(days))], (
        "every day from the one after receipt is explained"
    )
    assert [entry.ordinal for entry in count_of(answer).days if entry.counted] == list(range(1, 11))


def test_a_make_up_saturday_and_a_holiday_are_named() -> None:
    case = submitted(date(2026, 9, 30))
    said = {entry.day: entry for entry in count_of(clock_of(case, "accept")).days}
    off, made_up = said[date(2026, 10, 1)], said[date(2026, 10, 10)]
    assert off.counted is False and "国庆节" in off.reason_zh
    assert made_up.ordinal == 3 and "调休" in made_up.reason_zh


def test_the_decision_clock_is_unset_and_says_so() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    decide = clock_of(case, "decide")
    assert (decide.working_days, decide.due_on, decide.earliest_on, count_of(decide).days) == (
        None,
        None,
        None,
        (),
    )
    assert (count_of(decide).open_en, count_of(decide).open_zh) == (UNSET_EN, UNSET_ZH)
    assert decide.article_en and decide.article_zh
    assert clock_of(case, "accept").stopped_on == TODAY
    objection = object_to(town.firm, town.record())
    assert clock_of(objection, "decide").rule == "objection"
    assert clock_of(objection, "decide").working_days is None


def test_a_clock_counts_in_the_unit_of_its_rule_and_no_notice_is_needed_for_calendar_days() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    pack = load_pack("cn-credit-reporting-2013")
    end = china_calendar().known_until
    clock = new_clock(case=case, code="decide", rule="objection", pack=pack, on=end)
    clock.save()
    clock.refresh_from_db()
    due = end + timedelta(days=20)
    assert (clock.unit, clock.length, clock.working_days, clock.due_on) == ("calendar_days", 20, None, due)
    assert [day.ordinal for day in count_of(clock).days] == list(range(1, 21))
    marks = [(end, "ok"), (due - timedelta(days=2), "ok"), (due, "soon"), (due + timedelta(days=1), "late")]
    for on, mark in marks:
        assert standing(clock, on=on).mark == mark, on


def test_a_number_that_the_operator_set_dates_the_clock() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    pack = load_pack("cn-ndrc-36-2025")
    parameter = pack.deadline("decide").length.parameter
    assert parameter is not None
    pack = load_pack("cn-ndrc-36-2025", parameters={parameter: 7})
    clock = new_clock(case=case, code="decide", rule="decide", pack=pack, on=TODAY)
    assert (clock.working_days, clock.due_on) == (7, date(2026, 10, 8))


def test_a_step_that_an_older_pack_does_not_know_follows_the_newest_one() -> None:
    older, newest = load_pack("cn-ndrc-527-2019"), load_pack("cn-ndrc-36-2025")
    assert "accept" not in {rule.code for rule in older.deadlines}
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    clock = new_clock(case=case, code="accept", rule="accept", pack=older, on=TODAY)
    law = newest.deadline("accept")
    assert (clock.working_days, clock.text_zh) == (law.working_days, law.text_zh)
    assert clock.article_zh == newest.cite(law.citation, "zh")


def test_past_the_last_notice_there_is_an_interval_and_no_day() -> None:
    town = Town()
    end = china_calendar().known_until
    case = apply(town.firm, town.record(), today=end - timedelta(days=1)).cases.get()
    clock = clock_of(case, "feedback")
    assert clock.due_on is None and count_of(clock).open_en and count_of(clock).open_zh
    counted = sum(entry.counted for entry in count_of(clock).days)
    assert clock.earliest_on == end + timedelta(days=10 - counted)
    assert clock.latest_on is not None and clock.latest_on > clock.earliest_on
    (item,) = desk.work_list(actor=town.market_officer, on=end).items
    assert (item.due_on, item.working_days_left) == (None, None)
    assert standing(clock, on=clock.earliest_on).mark == "soon"
    assert standing(clock, on=clock.latest_on + timedelta(days=1)).mark == "late"


@pytest.mark.parametrize(
    ("on", "left", "mark"),
    [
        ("2026-09-21", 3, "ok"),
        ("2026-09-22", 2, "ok"),
        ("2026-09-23", 1, "soon"),
        ("2026-09-24", 0, "soon"),
        ("2026-09-25", 0, "late"),
        ("2026-09-28", -1, "late"),
        ("2026-10-08", -4, "late"),
        ("2027-02-01", None, "late"),
    ],
)
def test_the_work_list_counts_down_in_working_days(on: str, left: int | None, mark: str) -> None:
    town = Town()
    apply(town.firm, town.record())
    (item,) = desk.work_list(actor=town.market_officer, on=date.fromisoformat(on)).items
    assert item.clock is not None and item.clock.code == "accept" and item.due_on == date(2026, 9, 24)
    if date.fromisoformat(on) <= china_calendar().known_until:
        assert item.working_days_left == left
    assert item.mark == mark


def test_the_work_list_puts_the_most_pressing_first_and_the_undated_last() -> None:
    town = Town()
    objection = object_to(town.firm, town.record())
    late = apply(town.firm, town.record(), today=date(2026, 10, 12)).cases.get()
    early = apply(town.firm, town.record()).cases.get()
    accepted = apply(town.firm, town.record()).cases.get()
    commands.move("accept", actor=town.market_officer, case=accepted, at=AT, today=TODAY)
    ended = apply(town.firm, town.record()).cases.get()
    commands.move("withdraw", actor=town.firm, case=ended, at=AT, today=TODAY)
    items = desk.work_list(actor=town.market_officer, on=date(2026, 9, 22)).items
    assert [item.case for item in items] == [early, accepted, late, objection]
    assert [item.clock.code if item.clock else None for item in items] == [
        "accept",
        "feedback",
        "accept",
        "decide",
    ]
    assert items[3].due_on is None and items[3].mark == "ok"
    assert PERFORMED < TODAY


def test_a_clock_stands_as_it_stood_when_it_stopped() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    commands.move("accept", actor=town.market_officer, case=case, at=AT, today=date(2026, 9, 23))
    views = {view.clock.code: view for view in queries.timeline(case, date(2026, 11, 1)).clocks}
    assert (views["accept"].running, views["accept"].working_days_left, views["accept"].mark) == (
        False,
        1,
        "soon",
    )
    assert views["feedback"].running and views["feedback"].mark == "late"
