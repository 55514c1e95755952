"""Units, the one extension, pauses, cut-off and time zones, each against dates counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from goodstanding.law import LawError, add_months
from goodstanding.law.calendar import Extension, Pause, deadline, working_calendar

CN = working_calendar("CN")
FIVE = time(17, 0)


def extension(length: int, **more: Any) -> Extension:
    return Extension(length, "complex case", "案情复杂", **more)


def pause(start: date, until: date | None) -> Pause:
    return Pause(start, until, "expert appraisal", "专家鉴定")


def test_calendar_days_count_weekends_and_holidays() -> None:
    found = deadline(date(2026, 9, 30), 20, calendar=CN, unit="calendar_days")
    assert found.due_on == date(2026, 10, 20) and all(day.counted for day in found.days)
    far = deadline(date(2040, 1, 1), 30, calendar=CN, unit="calendar_days")
    assert far.due_on == date(2040, 1, 31), "no notice is needed to count calendar days"


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 3, date(2026, 6, 30)),
        (date(2026, 2, 28), 12, date(2027, 2, 28)),
    ],
)
def test_months_end_as_the_rule_of_months_says(start: date, months: int, due: date) -> None:
    found = deadline(start, months, calendar=CN, unit="months")
    assert found.due_on == due == add_months(start, months)
    assert found.days[-1].ordinal == (due - start).days


def test_each_paused_day_moves_the_end_of_months_by_one_day() -> None:
    found = deadline(
        date(2026, 1, 15), 1, calendar=CN, unit="months", pauses=[pause(date(2026, 2, 1), date(2026, 2, 11))]
    )
    assert found.due_on == date(2026, 2, 25)


def test_an_extension_counts_on_from_the_original_end() -> None:
    found = deadline(date(2026, 9, 21), 3, calendar=CN, extensions=[extension(5)])
    assert (found.base_due_on, found.due_on) == (date(2026, 9, 24), date(2026, 10, 9))
    assert [day.ordinal for day in found.days if day.part == "extension" and day.counted] == [1, 2, 3, 4, 5]
    assert found.extension is not None and found.extension.ground_zh == "案情复杂"
    monthly = deadline(
        date(2026, 1, 31), 1, calendar=CN, unit="months", extensions=[extension(1, unit="months")]
    )
    assert monthly.due_on == date(2026, 3, 28), (
        "the original end, 28 February, is the anchor of the extension"
    )


def test_a_pause_stops_the_count_from_its_first_day_to_the_day_before_its_end() -> None:
    found = deadline(date(2026, 11, 2), 5, calendar=CN, pauses=[pause(date(2026, 11, 4), date(2026, 11, 6))])
    assert found.due_on == date(2026, 11, 11)
    assert [day.day for day in found.days if day.why == "paused"] == [date(2026, 11, 4), date(2026, 11, 5)]
    assert found.days[1].reason_en == "paused: expert appraisal" and "专家鉴定" in found.days[1].reason_zh


def test_a_pause_around_day_zero_or_after_the_end_changes_nothing() -> None:
    plain = deadline(date(2026, 11, 2), 5, calendar=CN)
    for one in (pause(date(2026, 10, 1), date(2026, 11, 3)), pause(date(2026, 11, 10), None)):
        assert deadline(date(2026, 11, 2), 5, calendar=CN, pauses=[one]).due_on == plain.due_on


def test_while_a_pause_lasts_there_is_an_earliest_day_only() -> None:
    found = deadline(date(2026, 11, 2), 5, calendar=CN, pauses=[pause(date(2026, 11, 4), None)])
    assert (found.due_on, found.earliest_due_on, found.latest_due_on) == (None, date(2026, 11, 10), None)
    assert "not known" in found.reason_en and "尚不确定" in found.reason_zh
    assert found.days[-1].day == date(2026, 11, 4)
    ended = deadline(date(2026, 11, 2), 5, calendar=CN, pauses=[pause(date(2026, 11, 4), date(2026, 11, 5))])
    assert ended.due_on == found.earliest_due_on


def test_a_pause_beyond_the_last_notice_moves_both_ends() -> None:
    start = CN.known_until - timedelta(days=3)
    plain = deadline(start, 10, calendar=CN)
    held = pause(CN.known_until + timedelta(days=2), CN.known_until + timedelta(days=7))
    found = deadline(start, 10, calendar=CN, pauses=[held])
    assert found.earliest_due_on == plain.earliest_due_on + timedelta(days=5)
    assert found.latest_due_on is not None and plain.latest_due_on is not None
    assert found.latest_due_on >= plain.latest_due_on + timedelta(days=5)
    extended = deadline(start, 10, calendar=CN, extensions=[extension(5)])
    assert extended.base_due_on is None and extended.latest_due_on is not None
    assert extended.earliest_due_on == plain.earliest_due_on + timedelta(days=5)
    assert "of 15 working days" in extended.reason_en


@pytest.mark.parametrize(
    ("received", "cut_off", "zero"),
    [
        # 23:30 in London on the 10th of November is the 11th in Shanghai.
        (datetime(2026, 11, 10, 23, 30, tzinfo=ZoneInfo("Europe/London")), None, date(2026, 11, 11)),
        (datetime(2026, 11, 10, 15, 59, tzinfo=UTC), None, date(2026, 11, 10)),
        (datetime(2026, 11, 10, 16, 0, tzinfo=UTC), None, date(2026, 11, 11)),
        (datetime(2026, 11, 10, 17, 0, tzinfo=timezone(timedelta(hours=8))), FIVE, date(2026, 11, 10)),
        (datetime(2026, 11, 10, 17, 0, 1, tzinfo=timezone(timedelta(hours=8))), FIVE, date(2026, 11, 11)),
        # After the cut-off on the eve of National Day: the next working day is 8 October.
        (datetime(2026, 9, 30, 17, 1, tzinfo=timezone(timedelta(hours=8))), FIVE, date(2026, 10, 8)),
        # Before the cut-off on a Saturday: received that Saturday.
        (datetime(2026, 11, 14, 9, 0, tzinfo=timezone(timedelta(hours=8))), FIVE, date(2026, 11, 14)),
        # After it on the Friday before a make-up Saturday: received that Saturday, which is worked.
        (datetime(2026, 10, 9, 18, 0, tzinfo=timezone(timedelta(hours=8))), FIVE, date(2026, 10, 10)),
    ],
)
def test_the_day_of_receipt_is_that_of_the_jurisdiction(
    received: datetime, cut_off: time | None, zero: date
) -> None:
    found = deadline(received, 3, calendar=CN, cut_off=cut_off)
    assert found.start == zero
    assert found.due_on == deadline(zero, 3, calendar=CN).due_on
    assert found.received is not None and found.received.zone == "Asia/Shanghai"
    assert found.received.late is bool(found.received.days)


def test_a_late_receipt_on_the_last_known_day_is_an_interval_from_its_first_day_on() -> None:
    last = CN.known_until
    late = datetime(last.year, last.month, last.day, 18, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    found = deadline(late, 3, calendar=CN, cut_off=FIVE)
    assert (found.due_on, found.days) == (None, ())
    assert found.earliest_due_on == last + timedelta(days=4)
    assert found.latest_due_on is not None and "after the cut-off" in found.reason_en


def test_the_longest_count_still_ends() -> None:
    found = deadline(date(2026, 11, 2), 40_000, calendar=CN)
    assert found.due_on is None and found.latest_due_on is None
    assert found.earliest_due_on > date(2130, 1, 1)
    assert deadline(date(2026, 1, 31), 1_200, calendar=CN, unit="months").due_on == date(2126, 1, 31)


def test_new_york_and_london_have_their_own_days() -> None:
    at = datetime(2026, 7, 3, 2, 0, tzinfo=UTC)
    us, gb = working_calendar("US"), working_calendar("GB")
    assert deadline(at, 1, calendar=us).start == date(2026, 7, 2)
    assert deadline(at, 1, calendar=us).due_on == date(2026, 7, 6), "3 July: Independence Day observed"
    assert deadline(at, 1, calendar=gb).due_on == date(2026, 7, 6)
    assert deadline(date(2026, 12, 24), 1, calendar=gb).due_on == date(2026, 12, 29)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("negative_length", {"length": -1}),
        ("length_too_long", {"length": 40_001}),
        ("length_too_long", {"length": 1_201, "unit": "months"}),
        ("length_too_long", {"extensions": [extension(1_201, unit="months")]}),
        ("second_extension", {"extensions": [extension(5), extension(5)]}),
        ("extension_without_length", {"extensions": [extension(0)]}),
        ("ground_missing", {"extensions": [Extension(5, "complex", " ")]}),
        ("ground_missing", {"pauses": [Pause(date(2026, 11, 4), None, "", "鉴定")]}),
        ("pause_without_days", {"pauses": [pause(date(2026, 11, 4), date(2026, 11, 4))]}),
        (
            "pauses_overlap",
            {"pauses": [pause(date(2026, 11, 5), None), pause(date(2026, 11, 3), date(2026, 11, 6))]},
        ),
        ("pauses_overlap", {"pauses": [pause(date(2026, 11, 5), None), pause(date(2026, 12, 5), None)]}),
        ("instant_without_zone", {"start": datetime(2026, 11, 2, 9, 0)}),
        ("cut_off_without_instant", {"cut_off": FIVE}),
    ],
)
def test_what_cannot_be_counted_is_refused_in_both_languages(code: str, arguments: dict[str, Any]) -> None:
    given = {"start": date(2026, 11, 2), "length": 5} | arguments
    with pytest.raises(LawError) as refused:
        deadline(given.pop("start"), given.pop("length"), calendar=CN, **given)
    assert refused.value.code == code
    assert refused.value.message_zh and refused.value.remedy_en and refused.value.remedy_zh
