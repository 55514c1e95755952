"""The calendar of each jurisdiction, as it is known now or was known on a day.

China works by the State Council's notices, which come year by year (`calendars/cn`). The United States (federal
holidays) and England and Wales (bank holidays) have days off by statute, made by the package `holidays`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version as package_version
from pathlib import Path
from zoneinfo import ZoneInfo

from goodstanding.law.calendar.notices import FOLDER, Files, Notice, digest, files_of, notices_in, year_of
from goodstanding.law.calendar.working import ListedDay, WorkingCalendar
from goodstanding.law.errors import LawError

#: The last day of a year that the next year's notice has never touched. Those for 2008 and 2019 made the
#: 29th of December before them a working day.
UNTOUCHED_UNTIL = (12, 28)
#: Days off by statute are listed for these years. US: the Uniform Monday Holiday Act is in force from 1971.
BY_STATUTE = {"US": (1971, 2100), "GB": (1972, 2100)}
#: Length of the digest in a version.
_SHOWN = 16


def working_calendar(
    jurisdiction: str, *, known_on: date | None = None, folders: tuple[Path, ...] = (FOLDER,)
) -> WorkingCalendar:
    """The working days of a jurisdiction: "CN", "US" (federal) or "GB" (England and Wales).

    Arguments: known_on, leave out what was published after this day (CN only: a notice whose publication and
    issue were both not seen is taken as known before its year began); folders, where the notices lie (`notices_of`).
    Raises LawError: "jurisdiction_unknown", "known_on_not_attested", "nothing_known" (no notice by that day);
    NoticesRefused for bad files.
    """
    if jurisdiction == "CN":
        return _china(known_on, files_of("CN", folders))
    if jurisdiction not in BY_STATUTE:
        known = ["CN", *BY_STATUTE]
        raise LawError(
            code="jurisdiction_unknown",
            en=f"There is no calendar of working days for {jurisdiction!r}.",
            zh=f"没有“{jurisdiction}”的工作日历。",
            remedy_en=f"Choose one of {', '.join(known)}.",
            remedy_zh=f"请选择：{'、'.join(known)}。",
        )
    if known_on is not None:
        raise LawError(
            code="known_on_not_attested",
            en=f"Days of publication are not recorded for {jurisdiction}, so what was known then cannot be said.",
            zh=f"{jurisdiction} 未收录公布日期，无法说明当时已知的日历。",
            remedy_en="Ask without a day of knowledge.",
            remedy_zh="请不要指定已知日期。",
        )
    return _by_statute(jurisdiction)


@cache
def china_calendar() -> WorkingCalendar:
    """The calendar of mainland China with every notice shipped."""
    return working_calendar("CN")


def calendar_of_version(
    jurisdiction: str, version: str, *, folders: tuple[Path, ...] = (FOLDER,)
) -> WorkingCalendar | None:
    """The calendar that carries a version, by leaving out the newest notices; None when no such set has it,
    as after a correction of an older notice.
    """
    if jurisdiction != "CN":
        found = _by_statute(jurisdiction)
        return found if found.version == version else None
    files = files_of("CN", folders)
    known_on = _days_of_versions(files).get(version)
    return None if known_on is None else _china(known_on, files)


@lru_cache(maxsize=4)
def _days_of_versions(files: Files) -> dict[str, date]:
    every = notices_in(files)
    found: dict[str, date] = {}
    for day in sorted({_known_since(notice) for notice in every}):
        known = tuple(notice for notice in every if _known_since(notice) <= day)
        found[_version("CN", known)] = day
    return found


def _known_since(notice: Notice) -> date:
    return notice.attested_on or date(year_of(notice) - 1, 12, 1)


def _version(jurisdiction: str, notices: tuple[Notice, ...]) -> str:
    years = [year_of(notice) for notice in notices]
    return f"{jurisdiction} notices {min(years)}-{max(years)} sha256:{digest(notices)[:_SHOWN]}"


@lru_cache(maxsize=64)
def _china(known_on: date | None, files: Files) -> WorkingCalendar:
    every = notices_in(files)
    known = tuple(notice for notice in every if known_on is None or _known_since(notice) <= known_on)
    if not known:
        raise LawError(
            code="nothing_known",
            en=f"No notice of working days was known on {known_on}.",
            zh=f"截至 {known_on} 尚无已知的节假日安排通知。",
            remedy_en="Choose a later day.",
            remedy_zh="请选择更晚的日期。",
        )
    return _china_of(known)


@lru_cache(maxsize=64)
def _china_of(known: tuple[Notice, ...]) -> WorkingCalendar:
    listed: dict[date, ListedDay] = {}
    patterns: dict[int, str] = {}
    for notice in known:
        patterns.setdefault(year_of(notice), notice.id)
        for day, worked, holiday in notice.listed():
            listed[day] = ListedDay(worked, holiday.name_en, holiday.name_zh, notice.id)
    first, last = min(patterns), max(patterns)
    return WorkingCalendar(
        jurisdiction="CN",
        zone=ZoneInfo("Asia/Shanghai"),
        known_from=date(first, 1, 1),
        known_until=date(last, *UNTOUCHED_UNTIL),
        listed=listed,
        notices=tuple(notice.id for notice in known),
        patterns=patterns,
        version=_version("CN", known),
        digest=digest(known),
        next_en=f"The official notice for {last + 1} is not known, and it may rearrange the last three days of "
        f"{last} too.",
        next_zh=f"{last + 1} 年节假日安排通知尚未收录，且其可能调整 {last} 年最后三日。",
    )


@cache
def _by_statute(jurisdiction: str) -> WorkingCalendar:
    first, last = BY_STATUTE[jurisdiction]
    days_off, zone = _STATUTES[jurisdiction]
    notice = f"{jurisdiction.lower()}-holidays-{package_version('holidays')}"
    listed = {day: ListedDay(False, name, name, notice) for day, name in days_off(first, last)}
    canonical = json.dumps([[day.isoformat(), found.name_en] for day, found in sorted(listed.items())])
    hashed = sha256(canonical.encode()).hexdigest()
    return WorkingCalendar(
        jurisdiction=jurisdiction,
        zone=ZoneInfo(zone),
        known_from=date(first, 1, 1),
        known_until=date(last, 12, 31),
        listed=listed,
        notices=(notice,),
        patterns=dict.fromkeys(range(first, last + 1), notice),
        version=f"{jurisdiction} holidays {package_version('holidays')} {first}-{last} sha256:{hashed[:_SHOWN]}",
        digest=hashed,
        next_en=f"Days off are listed to {last}.",
        next_zh=f"节假日仅列至 {last} 年。",
    )


def _us(first: int, last: int) -> Iterator[tuple[date, str]]:
    import holidays

    # The year after holds the eve on which a New Year's Day that falls on a Saturday is observed.
    found = holidays.country_holidays("US", years=range(first, last + 2))
    yield from ((day, name) for day, name in found.items() if first <= day.year <= last)


def _gb(first: int, last: int) -> Iterator[tuple[date, str]]:
    import holidays

    found = holidays.country_holidays("GB", subdiv="ENG", years=range(first, last + 1))
    yield from found.items()


_STATUTES: dict[str, tuple[Callable[[int, int], Iterator[tuple[date, str]]], str]] = {
    "US": (_us, "America/New_York"),
    "GB": (_gb, "Europe/London"),
}
