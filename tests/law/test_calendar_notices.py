"""The notices as data: against three published sources, as they were known on a day, and refused when bad."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from goodstanding.law import CalendarUnknown, LawError
from goodstanding.law.calendar import (
    NoticesRefused,
    calendar_of_version,
    deadline,
    notices_of,
    read_year,
    working_calendar,
    working_days_between,
)
from goodstanding.law.calendar.notices import FOLDER

REAL = Path(__file__).parents[2].parent / "shared/data/cn_working_calendar"
CALENDAR = working_calendar("CN")
DAY = timedelta(days=1)


def test_the_files_are_what_the_importer_writes() -> None:
    importer = pytest.importorskip("goodstanding.law.calendar.import_chinesecalendar")
    written = importer.files()
    assert sorted(written) == sorted(path.name for path in (FOLDER / "cn").glob("*.yaml"))
    for name, text in written.items():
        assert (FOLDER / "cn" / name).read_text(encoding="utf-8") == text


def test_the_notices_with_their_amendments_give_every_day_of_the_package() -> None:
    package = pytest.importorskip("chinese_calendar")
    day = CALENDAR.known_from
    while day <= CALENDAR.known_until:
        assert CALENDAR.is_working(day) is package.is_workday(day), day
        day += DAY


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not beside this checkout")
def test_every_day_that_two_other_sources_list_agrees() -> None:
    compared = 0
    for path in sorted((REAL / "holiday-cn").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8"))["days"]:
            assert CALENDAR.is_working(date.fromisoformat(entry["date"])) is not entry["isOffDay"], entry
            compared += 1
    for path in sorted((REAL / "chinese-days").glob("*.json")):
        listed = json.loads(path.read_text(encoding="utf-8"))
        for key, worked in (("holidays", False), ("workdays", True)):
            for day in listed[key]:
                assert CALENDAR.is_working(date.fromisoformat(day)) is worked, day
                compared += 1
    assert compared > 1200


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not beside this checkout")
def test_each_notice_has_the_address_that_the_source_gives() -> None:
    for path in sorted((REAL / "holiday-cn").glob("*.json")):
        papers = json.loads(path.read_text(encoding="utf-8"))["papers"]
        year = read_year(FOLDER / "cn" / f"{path.stem}.yaml")
        assert [notice.source for notice in year.notices] == papers


def test_a_calendar_is_asked_as_it_was_known_on_a_day() -> None:
    extended = date(2020, 1, 31)
    assert working_calendar("CN", known_on=date(2020, 1, 26)).is_working(extended)
    assert not working_calendar("CN", known_on=date(2020, 1, 27)).is_working(extended)
    before = working_calendar("CN", known_on=date(2020, 1, 26)).day(date(2020, 2, 1))
    assert (before.why, before.notice) == ("make_up_day", "cn-2020")
    after = CALENDAR.day(date(2020, 2, 1))
    assert (after.counted, after.why, after.notice) == (False, "holiday", "cn-2020-01-27")
    assert working_calendar("CN", known_on=date(2025, 11, 3)).known_until == date(2025, 12, 28)
    assert working_calendar("CN", known_on=date(2025, 11, 4)).known_until == date(2026, 12, 28)
    with pytest.raises(LawError) as refused:
        working_calendar("CN", known_on=date(2003, 11, 30))
    assert refused.value.code == "nothing_known"


def test_what_was_said_before_a_years_notice_holds_after_it() -> None:
    """On each day of publication of a first notice: the interval said the day before holds the day said after."""
    asked = tightened = 0
    for notice in notices_of("CN"):
        day = notice.attested_on
        if day is None or notice.amends is not None:
            continue
        before = working_calendar("CN", known_on=day - DAY)
        after = working_calendar("CN", known_on=day)
        for back in range(0, 40, 3):
            for length in (1, 3, 10, 20):
                start = before.known_until - back * DAY
                said = deadline(start, length, calendar=before)
                true = deadline(start, length, calendar=after).due_on
                assert true is not None and said.latest_due_on is not None
                assert said.earliest_due_on <= true <= said.latest_due_on, (notice.id, start, length)
                asked += 1
                tightened += said.due_on is None
    assert asked > 900 and tightened > 300


def test_a_version_leads_back_to_its_calendar() -> None:
    for known_on in (date(2019, 3, 21), date(2020, 1, 26), date(2024, 6, 1), None):
        then = working_calendar("CN", known_on=known_on)
        assert calendar_of_version("CN", then.version) is then or (
            (found := calendar_of_version("CN", then.version)) is not None and found.digest == then.digest
        )
    assert calendar_of_version("CN", "CN notices 2004-2026 sha256:0000000000000000") is None
    assert calendar_of_version("GB", working_calendar("GB").version) is working_calendar("GB")


@pytest.mark.parametrize(("jurisdiction", "subdivision"), [("US", None), ("GB", "ENG")])
def test_days_off_by_statute_agree_with_the_package_year_by_year(
    jurisdiction: str, subdivision: str | None
) -> None:
    calendar = working_calendar(jurisdiction)
    for year in range(1990, 2061):
        table = holidays.country_holidays(jurisdiction, subdiv=subdivision, years=[year, year + 1])
        day = date(year, 1, 1)
        while day.year == year:
            assert calendar.is_working(day) is (day.isoweekday() < 6 and day not in table), day
            day += DAY


def test_statutory_calendars_say_their_range_and_no_day_of_knowledge() -> None:
    calendar = working_calendar("US")
    assert not calendar.is_working(date(2021, 12, 31)), "New Year's Day 2022 is observed on the Friday before"
    assert (calendar.known_from, calendar.known_until) == (date(1971, 1, 1), date(2100, 12, 31))
    with pytest.raises(CalendarUnknown):
        working_days_between(date(1970, 1, 1), date(1970, 1, 8), calendar=calendar)
    for code, arguments in (
        ("known_on_not_attested", {"jurisdiction": "GB", "known_on": date(2020, 1, 1)}),
        ("jurisdiction_unknown", {"jurisdiction": "FR"}),
    ):
        with pytest.raises(LawError) as refused:
            working_calendar(**arguments)  # type: ignore[arg-type]
        assert refused.value.code == code and refused.value.message_zh


GOOD = """jurisdiction: CN
year: 2027
notices:
- id: cn-2027
  published_on: 2026-11-25
  days_from: written by hand
  holidays:
  - name_en: New Year's Day
    name_zh: 元旦
    days_off: [2027-01-01]
    make_up_days: [2026-12-27]
- id: cn-2027-05-06
  amends: cn-2027
  published_on: 2027-05-06
  days_from: written by hand
  holidays:
  - name_en: Labour Day
    name_zh: 劳动节
    days_off: [2027-05-07]
"""


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "2027.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert [notice.id for notice in read_year(path).notices] == ["cn-2027", "cn-2027-05-06"]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("[2026-12-27]", "[2027-01-01]", 11, "both as a day off and as a make-up"),
        ("[2027-01-01]", "[2027-01-01, 2027-01-01]", 10, "stands twice"),
        ("[2026-12-27]", "[2026-12-28]", 11, "no day of a weekend"),
        ("[2027-01-01]", "[2028-01-01]", 10, "outside 2027"),
        ("[2026-12-27]", "[2026-11-29]", 11, "outside 2027"),
        ("published_on: 2027-05-06", "published_on: 2026-11-25", 14, "not later than cn-2027"),
        ("  published_on: 2027-05-06\n", "", 12, "needs its day of publication"),
        ("  amends: cn-2027\n", "", 12, "names the earlier one"),
        ("amends: cn-2027", "amends: cn-2026", 13, "names the earlier one"),
        ("id: cn-2027-05-06", "id: cn-2027", 12, "stands twice"),
        ("name_zh: 劳动节", "name_zh: ''", 18, "at least 1 character"),
        ("days_off: [2027-05-07]", "days_off: []", 17, "lists no day"),
        ("days_off: [2027-05-07]", "days_of: [2027-05-07]", 19, "Extra inputs"),
        ("[2027-05-07]", "[2027-05-37]", 19, "out of range"),
        ("published_on: 2026-11-25", "published_on: 86400", 5, "valid date"),
        ("jurisdiction: CN", "jurisdiction: XX", 1, "CN"),
        (
            "published_on: 2026-11-25",
            "issued_on: 2026-12-01\n  published_on: 2026-11-25",
            6,
            "before it was issued",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    path = tmp_path / "2027.yaml"
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(NoticesRefused) as refused:
        read_year(path)
    assert any(p.line == line and reason in p.reason for p in refused.value.problems), refused.value
    assert refused.value.message_zh and refused.value.remedy_zh


def test_a_gap_between_years_and_a_wrong_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cn"
    folder.mkdir()
    (folder / "2027.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "2029.yaml").write_text(GOOD.replace("2027", "2029").replace("2026", "2028"), encoding="utf-8")
    with pytest.raises(NoticesRefused):
        notices_of("CN", (tmp_path,))
    (folder / "2029.yaml").rename(folder / "2028.yaml")
    with pytest.raises(NoticesRefused):
        working_calendar("CN", folders=(tmp_path,))


def test_a_new_notice_tightens_an_interval_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "cn"
    folder.mkdir()
    folders = (FOLDER, tmp_path)
    assert working_calendar("CN", folders=folders) is CALENDAR
    path = folder / "2027.yaml"
    path.write_text(GOOD.replace("2026-12-27", "2027-01-02"), encoding="utf-8")
    start = date(2026, 12, 25)
    before = deadline(start, 5, calendar=CALENDAR)
    after = deadline(start, 5, calendar=working_calendar("CN", folders=folders))
    assert before.due_on is None and after.due_on == date(2027, 1, 2)
    assert before.latest_due_on is not None
    assert before.earliest_due_on <= after.due_on <= before.latest_due_on
    path.write_text(GOOD.replace("2026-12-27", "2027-01-03"), encoding="utf-8")
    corrected = deadline(start, 5, calendar=working_calendar("CN", folders=folders))
    assert corrected.due_on == date(2027, 1, 3), "a file that changes is read anew"
    path.unlink()
    assert working_calendar("CN", folders=folders) is CALENDAR
