"""Additions in columns differ in no row from the deadlines counted one at a time."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from goodstanding.law import LawError
from goodstanding.law.calendar import WorkingCalendar, deadline, working_calendar

columns = pytest.importorskip("goodstanding.law.calendar.columns")
ibis = pytest.importorskip("ibis")
numpy = pytest.importorskip("numpy")
pyarrow = pytest.importorskip("pyarrow")

CALENDARS = [
    working_calendar("CN"),
    working_calendar("CN", known_on=date(2019, 6, 1)),
    working_calendar("GB"),
]


def asked(calendar: WorkingCalendar) -> list[tuple[date, int]]:
    """Every start around both ends of the calendar with many lengths, and others at random."""
    chance = random.Random(36)
    near = [calendar.known_until + timedelta(days=number) for number in range(-80, 20)]
    near += [calendar.known_from + timedelta(days=number) for number in range(-1, 40)]
    rows = [(start, length) for start in near for length in (0, 1, 2, 3, 5, 20, 60, columns.LONGEST)]
    whole = (calendar.known_until - calendar.known_from).days
    for _ in range(3000):
        start = calendar.known_from + timedelta(days=chance.randrange(whole))
        rows.append((start, chance.randint(0, 60)))
    return rows


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.version)
def test_numpy_and_duckdb_agree_with_one_deadline_at_a_time(calendar: WorkingCalendar) -> None:
    rows = asked(calendar)
    found = [deadline(start, length, calendar=calendar) for start, length in rows]
    starts = numpy.array([start for start, _ in rows], dtype="datetime64[D]")
    lengths = numpy.array([length for _, length in rows], dtype="int32")
    dues = columns.add_working_days(starts, lengths, calendar=calendar)
    assert dues.tolist() == [each.due_on for each in found]
    table = ibis.memtable(pyarrow.table({"n": range(len(rows)), "on": starts, "length": lengths}))
    wide = columns.working_day_additions(
        table, start="on", working_days="length", calendar=calendar, interval=True
    )
    assert wide.columns == ("n", "on", "length", "due_on", "earliest_due_on", "latest_due_on")
    read = wide.order_by("n").to_pyarrow().to_pylist()
    for row, each in zip(read, found, strict=True):
        assert row["due_on"] == each.due_on, row
        assert (row["earliest_due_on"], row["latest_due_on"]) == (each.earliest_due_on, each.latest_due_on), (
            row
        )
    narrow = columns.working_day_additions(
        table, start="on", working_days="length", calendar=calendar, due_on="by"
    )
    assert narrow.order_by("n").to_pyarrow()["by"].to_pylist() == [each.due_on for each in found]


def test_one_number_for_every_row() -> None:
    calendar = CALENDARS[0]
    starts = numpy.arange("2026-01-01", "2026-11-01", dtype="datetime64[D]")
    said = [deadline(start, 10, calendar=calendar).due_on for start in starts.tolist()]
    assert columns.add_working_days(starts, 10, calendar=calendar).tolist() == said
    table = ibis.memtable(pyarrow.table({"on": starts}))
    found = columns.working_day_additions(table, start="on", working_days=10, calendar=calendar)
    assert found.order_by("on").to_pyarrow()["due_on"].to_pylist() == said


def test_what_cannot_be_said_is_null_or_refused() -> None:
    calendar = CALENDARS[0]
    early = numpy.array(["1990-01-01"], dtype="datetime64[D]")
    assert columns.add_working_days(early, 3, calendar=calendar).tolist() == [None]
    assert columns.add_working_days(early[:0], 3, calendar=calendar).tolist() == []
    for length in (-1, columns.LONGEST + 1):
        with pytest.raises(LawError):
            columns.add_working_days(early, length, calendar=calendar)
        table = ibis.memtable(pyarrow.table({"on": numpy.array(["2026-01-05"], dtype="datetime64[D]")}))
        found = columns.working_day_additions(
            table, start="on", working_days=length, calendar=calendar, interval=True
        )
        assert found.to_pyarrow().to_pylist()[0]["due_on"] is None
        assert found.to_pyarrow().to_pylist()[0]["latest_due_on"] is None
    table = ibis.memtable(pyarrow.table({"on": early}))
    found = columns.working_day_additions(table, start="on", working_days=0, calendar=calendar, interval=True)
    assert set(found.to_pyarrow().to_pylist()[0].values()) == {date(1990, 1, 1), None}
