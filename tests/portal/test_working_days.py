"""The page that counts a deadline: each day with its reason, the interval beyond the last notice, any input."""

from __future__ import annotations

import html
import json
import re
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law.calendar import UNITS, deadline, notices_of, receipt, working_calendar
from goodstanding.portal.working_days import JURISDICTIONS, LONGEST

LANGUAGES = ("en", "zh-hans")
NATIONAL_DAY = {"jurisdiction": "CN", "start": "2026-09-30", "number": "10", "unit": "working_days"}


def page_of(given: dict[str, Any] | list[tuple[str, str]], language: str = "en") -> str:
    query = urlencode(given, errors="surrogatepass")
    response = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=language).get(f"/calendar/?{query}")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def headline(page: str) -> str:
    found = re.findall(r'<h2 id="deadline">(.*?)</h2>', page, re.S)
    return re.sub("<[^>]+>", "", found[0]).strip() if found else ""


def said_at(page: str, field: str) -> str:
    found = re.findall(rf'id="id_{field}_error">(.*?)</div>', page, re.S)
    return re.sub("<[^>]+>", "", found[0]) if found else ""


def test_every_day_of_a_count_is_shown_with_its_reason() -> None:
    page = page_of(NATIONAL_DAY)
    assert headline(page) == "The deadline is 20 October 2026"
    assert "1 October 2026 to 7 October 2026: public holiday: National Day" in page
    found = deadline(date(2026, 9, 30), 10, calendar=working_calendar("CN"))
    for entry in found.days:
        cell = f"{entry.day.day} October 2026: "
        said = f"counted as day {entry.ordinal}" if entry.counted else "not counted"
        assert f"{cell}{said}, {entry.reason_en}" in page
    assert "<code>cn-2026</code>" in page


def test_the_same_in_chinese() -> None:
    page = page_of(NATIONAL_DAY, "zh-hans")
    assert headline(page) == "期限届满日为2026年10月20日"
    assert "法定节假日：国庆节" in page


def test_beyond_the_last_notice_both_ends_are_explained() -> None:
    asked = {**NATIONAL_DAY, "start": "2026-12-20", "number": "15"}
    found = deadline(date(2026, 12, 20), 15, calendar=working_calendar("CN"))
    assert found.due_on is None
    page = page_of(asked)
    assert found.earliest_due_on.isoformat() in page
    assert found.latest_due_on is not None
    assert found.latest_due_on.isoformat() in page
    assert found.reason_en in page
    assert found.reason_zh in page_of(asked, "zh-hans")


def test_a_late_receipt_moves_day_zero_and_says_why() -> None:
    page = page_of({**NATIONAL_DAY, "start": "2026-09-25", "at": "17:30", "cut_off": "17:00"})
    calendar = working_calendar("CN")
    at = datetime.combine(date(2026, 9, 25), time(17, 30), tzinfo=calendar.zone)
    found = deadline(at, 10, calendar=calendar, cut_off=time(17))
    assert found.received is not None
    assert found.received.late
    for entry in found.received.days:
        assert f"{entry.day.isoformat()}" in page
        assert entry.reason_en in page
    early = page_of({**NATIONAL_DAY, "at": "16:59", "cut_off": "17:00"})
    assert headline(early) == headline(page_of(NATIONAL_DAY))


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_place_and_unit_counts_as_the_law_room_does(jurisdiction: str, unit: Any) -> None:
    asked = {"jurisdiction": jurisdiction, "start": "2025-11-03", "number": "12", "unit": unit}
    found = deadline(date(2025, 11, 3), 12, calendar=working_calendar(jurisdiction), unit=unit)
    assert found.due_on is not None
    assert found.due_on.isoformat() in headline_html(page_of(asked))


def headline_html(page: str) -> str:
    return re.findall(r'<h2 id="deadline">(.*?)</h2>', page, re.S)[0]


def test_the_receipt_is_that_of_the_law_room() -> None:
    client = Client(SERVER_NAME="localhost")
    response = client.get("/calendar/receipt.json", NATIONAL_DAY)
    found = deadline(date(2026, 9, 30), 10, calendar=working_calendar("CN"))
    assert json.loads(response.content) == receipt(found)
    wrong = client.get("/calendar/receipt.json", {**NATIONAL_DAY, "start": "x"})
    assert wrong.status_code == 302
    assert wrong.headers["Location"].startswith("/calendar/?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_is_listed_under_its_year(language: str) -> None:
    page = page_of([], language)
    for notice in notices_of("CN"):
        assert f"<code>{notice.id}</code>" in page
        assert notice.title_zh is None or notice.title_zh in page
        assert notice.source is None or notice.source in page


@pytest.mark.parametrize(
    ("more", "field", "said", "zh"),
    [
        ({"start": ""}, "start", "Please give this day", "请填写日期"),
        ({"start": "30.9.2026"}, "start", "This is not a date.", "日期格式不正确"),
        ({"start": "1950-01-01"}, "start", "is not in the calendar", "工作日历中尚无"),
        ({"jurisdiction": "XX"}, "jurisdiction", "no calendar for this place", "没有该地的工作日历"),
        ({"number": ""}, "number", "whole number", "请填写整数"),
        ({"number": "ten"}, "number", "whole number", "请填写整数"),
        ({"number": "-1"}, "number", "zero or more", "零或者正整数"),
        ({"number": "10001"}, "number", "at most 10,000 days", "最多 10,000 天"),
        ({"number": "601", "unit": "months"}, "number", "600 months", "600 个月"),
        ({"unit": "fortnights"}, "unit", "one of the units", "选择单位"),
        ({"at": "25:00"}, "at", "hours and minutes", "时:分"),
        ({"cut_off": "17:00"}, "at", "A cut-off needs the time", "须填写收到的时刻"),
    ],
)
def test_what_is_wrong_is_said_at_its_question(more: dict[str, str], field: str, said: str, zh: str) -> None:
    for language, words in (("en", said), ("zh-hans", zh)):
        page = page_of({**NATIONAL_DAY, **more}, language)
        assert words in said_at(page, field), (field, language)
        assert not headline(page)


def test_a_long_count_is_answered_but_not_drawn() -> None:
    for unit, longest in LONGEST.items():
        page = page_of({**NATIONAL_DAY, "jurisdiction": "US", "number": str(longest), "unit": unit})
        assert headline(page)
        assert "too many to draw" in page
        assert '<div class="months">' not in page


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["jurisdiction", "start", "number", "unit", "at", "cut_off", "x"]),
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(
                    ["CN", "US", "GB", "17:00", "09:30", "10", "0", "10000", "99999999999", *UNITS]
                ),
                st.dates().map(str),
            ),
        ),
        max_size=8,
    ),
    st.sampled_from(LANGUAGES),
)
def test_no_address_breaks_the_page(pairs: list[tuple[str, str]], language: str) -> None:
    assert "<h1>" in page_of(pairs, language)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(JURISDICTIONS),
    st.sampled_from(UNITS),
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.integers(0, 600),
    st.one_of(st.none(), st.times()),
)
def test_every_question_within_bounds_is_answered_or_refused_in_words(
    jurisdiction: str, unit: str, start: date, number: int, at: time | None
) -> None:
    asked = {"jurisdiction": jurisdiction, "unit": unit, "start": start, "number": number}
    if at is not None:
        asked |= {"at": f"{at:%H:%M}", "cut_off": "17:00"}
    page = page_of(asked)
    assert headline(page) or said_at(page, "start")
