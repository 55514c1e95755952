"""A late notice re-dates the open clocks: all that differ, only those, once, and says which."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from goodstanding.casework import commands
from goodstanding.casework.clocks import GONE_EN, GONE_ZH, Count, count_of, known_calendar
from goodstanding.casework.models import Clock, ClockMove, Redating
from goodstanding.casework.redating import moves_of, redate_clocks
from goodstanding.law import WorkingCalendar, china_calendar, deadline
from goodstanding.law.calendar import working_calendar

from .stories import AT, PERFORMED, Town, apply, object_to

pytestmark = pytest.mark.usefixtures("database")

NIGHT = datetime(2025, 11, 4, 18, tzinfo=UTC)
#: Before and after the notice for 2026, and before it was known that there would be one.
BEFORE = working_calendar("CN", known_on=date(2025, 11, 3))
AFTER = working_calendar("CN", known_on=date(2025, 11, 4))


def dates(clock: Clock) -> tuple[date | None, date | None, date | None]:
    return clock.due_on, clock.earliest_on, clock.latest_on


def stated(clock: Clock, calendar: WorkingCalendar) -> tuple[date | None, date | None, date | None]:
    assert clock.working_days is not None
    found = deadline(clock.started_on, clock.working_days, calendar=calendar)
    return found.due_on, found.earliest_due_on, found.latest_due_on


def some_clocks() -> list[Clock]:
    """Open clocks that start around the last days of 2025, dated by the notices known before that for 2026."""
    town = Town()
    for received in (date(2025, 12, 1), date(2025, 12, 19), date(2025, 12, 26), date(2025, 12, 31)):
        case = apply(town.firm, town.record()).cases.get()
        Clock.objects.filter(case=case).update(started_on=received)
    object_to(town.firm, town.record())
    redate_clocks(calendar=BEFORE, at=AT)
    return list(Clock.objects.filter(length__isnull=False).order_by("pk"))


def test_every_open_clock_is_dated_as_the_law_counts_and_a_second_run_moves_none() -> None:
    before = {clock.pk: clock for clock in some_clocks()}
    assert all(dates(clock) == stated(clock, BEFORE) for clock in before.values())
    expected = {pk for pk, clock in before.items() if dates(clock) != stated(clock, AFTER)}
    assert 0 < len(expected) < len(before)
    done = redate_clocks(calendar=AFTER, at=NIGHT)
    assert (done.looked_at, done.moved, done.calendar_version) == (len(before), len(expected), AFTER.version)
    for clock in Clock.objects.filter(pk__in=before):
        assert dates(clock) == stated(clock, AFTER)
        was = before[clock.pk]
        assert (clock.calendar_version == AFTER.version) is (clock.pk in expected)
        if was.due_on is None and was.latest_on is not None and clock.due_on is not None:
            assert was.earliest_on is not None and was.earliest_on <= clock.due_on <= was.latest_on
            assert not count_of(clock).open_en and count_of(was).open_en
    assert done.run is not None
    moves = list(moves_of(done.run))
    assert {move.version_from for move in moves} == {BEFORE.version}
    assert [(move.due_to, move.earliest_to, move.latest_to) for move in moves] == [
        dates(clock) for clock in Clock.objects.filter(pk__in=expected).order_by("pk")
    ]
    runs = Redating.objects.count()
    again = redate_clocks(calendar=AFTER, at=NIGHT)
    assert (again.moved, again.run) == (0, None) and Redating.objects.count() == runs


def test_days_are_counted_again_by_the_calendar_that_dated_the_clock() -> None:
    for clock in some_clocks():
        days = count_of(clock).days
        assert days == deadline(clock.started_on, clock.working_days or 0, calendar=BEFORE).days
    redate_clocks(calendar=china_calendar(), at=NIGHT)
    for clock in Clock.objects.filter(length__isnull=False):
        assert count_of(clock).days[-1].day == clock.due_on
        assert [day.ordinal for day in count_of(clock).days if day.counted] == list(
            range(1, (clock.working_days or 0) + 1)
        )


def test_days_of_a_calendar_that_is_gone_are_shown_only_where_they_lead_to_the_same_dates() -> None:
    clock = some_clocks()[0]
    clock.calendar_version = "CN notices 2004-2025 sha256:0000000000000000"
    assert count_of(clock).days and count_of(clock).days[-1].day == clock.due_on
    clock.due_on = clock.earliest_on = date(2025, 12, 30)
    assert count_of(clock) == Count((), GONE_EN, GONE_ZH)


def test_stopped_clocks_and_those_without_a_number_stay() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    commands.move("withdraw", actor=town.firm, case=case, at=AT, today=PERFORMED)
    Clock.objects.filter(case=case).update(started_on=date(2025, 12, 26), stopped_on=date(2025, 12, 29))
    object_to(town.firm, town.record())
    assert Clock.objects.filter(stopped_on__isnull=True, length__isnull=True).exists()
    kept = list(Clock.objects.order_by("pk").values())
    assert redate_clocks(calendar=BEFORE, at=NIGHT).moved == 0
    assert list(Clock.objects.order_by("pk").values()) == kept


def test_a_move_is_never_rewritten() -> None:
    some_clocks()
    assert ClockMove.objects.exists()
    for change in (lambda: ClockMove.objects.update(due_to=None), lambda: ClockMove.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


NOTICE = """jurisdiction: CN
year: {year}
notices:
- id: cn-{year}
  published_on: {before}-12-20
  days_from: written by hand
  holidays:
  - name_en: New Year's Day
    name_zh: 元旦
    days_off: [{year}-01-01]
"""


def test_a_notice_that_the_operator_adds_dates_what_was_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "INTAKE_FOLDER", tmp_path / "inbox")
    end = china_calendar().known_until
    town = Town()
    case = apply(town.firm, town.record(), today=end).cases.get()
    assert set(case.clocks.values_list("due_on", flat=True)) == {None}
    folder = tmp_path / "calendars" / "cn"
    folder.mkdir(parents=True)
    text = NOTICE.format(year=end.year + 1, before=end.year)
    (folder / f"{end.year + 1}.yaml").write_text(text, encoding="utf-8")
    assert known_calendar().known_until.year == end.year + 1
    done = redate_clocks(calendar=known_calendar(), at=NIGHT)
    assert done.moved == case.clocks.count() == 2
    for clock in case.clocks.all():
        assert count_of(clock).days[-1].day == clock.due_on and clock.earliest_on == clock.due_on


@pytest.mark.concurrency
def test_two_runs_at_once_move_each_clock_once_and_a_clock_that_stops_meanwhile_stays() -> None:
    clocks = some_clocks()
    expected = {clock.pk for clock in clocks if dates(clock) != stated(clock, AFTER)}
    stopping = Clock.objects.get(pk=min(expected))
    began, results = threading.Event(), []

    def run() -> None:
        try:
            began.set()
            results.append(redate_clocks(calendar=AFTER, at=NIGHT))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    with transaction.atomic():
        stopping.stopped_on = stopping.started_on
        stopping.save(update_fields=["stopped_on"])
        for thread in threads:
            thread.start()
        assert began.wait(30)
        # Both runs wait: the one for the row that is stopping, the other for the first.
        threads[0].join(0.5)
        assert any(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join(60)
    assert sorted(done.moved for done in results) == [0, len(expected) - 1]
    stopping.refresh_from_db()
    assert dates(stopping) == stated(stopping, BEFORE) and stopping.calendar_version == BEFORE.version
    moved = ClockMove.objects.filter(version_from=BEFORE.version).values_list("clock_id", flat=True)
    assert sorted(moved) == sorted(expected - {stopping.pk})
