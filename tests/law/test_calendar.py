"""Working days and deadlines: against an independent package, against real data, and beyond the last notice."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import (
    CalendarUnknown,
    LawError,
    china_calendar,
    deadline,
    working_days_between,
)
from tests.oracles import working_days as oracle

REAL = Path(__file__).parents[2].parent / "shared/data/cn_working_calendar/working_days_2018_2026.csv"
CALENDAR = china_calendar()
KNOWN = st.dates(min_value=date(2018, 1, 1), max_value=date(2026, 11, 1))


@given(day=st.dates(min_value=date(2018, 1, 1), max_value=CALENDAR.known_until))
@settings(max_examples=300, deadline=None)
def test_each_day_agrees_with_the_oracle(day: date) -> None:
    assert CALENDAR.day(day).counted == oracle.is_working(day)


@given(start=KNOWN, working_days=st.integers(0, 25))
@settings(max_examples=100, deadline=None)
def test_a_deadline_agrees_with_the_oracle_and_explains_every_day(start: date, working_days: int) -> None:
    found = deadline(start, working_days, calendar=CALENDAR)
    assert found.due_on == oracle.due_on(start, working_days)
    assert found.earliest_due_on == found.latest_due_on == found.due_on
    assert [day.day for day in found.days] == [
        start + timedelta(days=number) for number in range(1, len(found.days) + 1)
    ]
    ordinals = [day.ordinal for day in found.days if day.counted]
    assert ordinals == list(range(1, working_days + 1))
    assert all(day.ordinal is None for day in found.days if not day.counted)
    assert all(day.reason_en and day.reason_zh for day in found.days)
    assert found.due_on is not None
    assert working_days_between(start, found.due_on, calendar=CALENDAR) == working_days
    assert working_days_between(found.due_on, start, calendar=CALENDAR) == -working_days


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not beside this checkout")
def test_the_days_of_2018_to_2026_agree_with_three_published_sources() -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3287
    # The last three days of 2026 wait for the notice of 2027.
    for row in rows[:-3]:
        day = CALENDAR.day(date.fromisoformat(row["date"]))
        assert day.counted is (row["workday_holiday_cn"] == "1"), row
        assert day.counted is (row["workday_chinese_days"] == "1"), row
        assert (row["kind"] == "makeup_workday") == day.reason_en.startswith("make-up"), row


def test_the_day_of_receipt_is_day_zero() -> None:
    monday = date(2026, 4, 13)
    assert deadline(monday, 3, calendar=CALENDAR).due_on == date(2026, 4, 16)
    assert deadline(monday, 0, calendar=CALENDAR).due_on == monday


def test_a_make_up_saturday_counts_and_the_national_holiday_does_not() -> None:
    found = deadline(date(2026, 9, 30), 3, calendar=CALENDAR)
    assert found.due_on == date(2026, 10, 10)
    assert found.days[-1].reason_en == "make-up working day for National Day"
    assert found.days[0].reason_zh == "法定节假日：国庆节"


def test_beyond_the_last_notice_a_deadline_is_an_interval_and_no_weekend_is_guessed() -> None:
    last = CALENDAR.known_until
    found = deadline(last - timedelta(days=3), 10, calendar=CALENDAR)
    assert found.due_on is None
    assert found.days[-1].day == last
    counted = sum(day.counted for day in found.days)
    assert found.earliest_due_on == last + timedelta(days=10 - counted)
    assert found.latest_due_on is not None and found.latest_due_on > found.earliest_due_on
    assert str(last.year + 1) in found.reason_en and str(last.year + 1) in found.reason_zh


def test_the_interval_given_before_each_notice_would_have_held() -> None:
    """Cut the calendar at each year's end and answer from the years before it: the true deadline lies within."""
    for year in range(2012, 2026):
        end = date(year, 12, 31)
        before = [day for day in CALENDAR.working if day <= end]
        for working_days in range(1, 16):
            true = deadline(end, working_days, calendar=CALENDAR).due_on
            longest = max((b - a).days for a, b in zip(before, before[working_days:], strict=False))
            assert true is not None
            assert end + timedelta(days=working_days) <= true <= end + timedelta(days=longest)


def test_a_start_after_the_last_notice_still_gets_its_interval() -> None:
    found = deadline(CALENDAR.known_until + timedelta(days=40), 3, calendar=CALENDAR)
    assert found.due_on is None and found.days == ()
    assert found.earliest_due_on == CALENDAR.known_until + timedelta(days=43)


def test_asking_for_a_day_without_notice_names_the_year_and_the_remedy() -> None:
    year = CALENDAR.known_until.year + 1
    with pytest.raises(CalendarUnknown) as refused:
        working_days_between(date(year, 1, 4), date(year, 1, 8), calendar=CALENDAR)
    assert refused.value.year == year
    assert "law/calendars" in refused.value.remedy_en and "law/calendars" in refused.value.remedy_zh
    with pytest.raises(CalendarUnknown):
        deadline(date(1999, 1, 1), 3, calendar=CALENDAR)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(LawError):
        deadline(date(2026, 4, 1), -1, calendar=CALENDAR)


def test_the_version_says_what_was_read() -> None:
    assert CALENDAR.version.startswith("CN notices 2004-")
    assert CALENDAR.version.endswith(f"sha256:{CALENDAR.digest[:16]}") and len(CALENDAR.digest) == 64
