"""Official notices of days off and make-up working days as dated data, one file for each year.

A notice says which days are off and which days of a weekend are worked instead. A later notice of the same year
amends the earlier ones: what it lists holds from its publication on. Files that contradict themselves are
refused with file and line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from goodstanding.law.errors import LawError, PackRefused, Problem
from goodstanding.law.yaml_lines import Path as Place
from goodstanding.law.yaml_lines import line_of, read

FOLDER = Path(__file__).parent.parent / "calendars"

Text = Annotated[str, Field(min_length=1)]
Day = Annotated[date, Field(strict=True)]


class NoticesRefused(LawError):
    """A file of notices breaks the format or contradicts itself. `problems` names file, line and reason."""

    def __init__(self, *, file: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        listed = "; ".join(problem.where for problem in problems)
        super().__init__(
            code="notices_refused",
            en=f"The notices of working days are refused: {listed}.",
            zh=f"节假日安排数据未通过检查：{listed}。",
            place=file,
            remedy_en="Correct the lines named against the official notice.",
            remedy_zh="请对照官方通知更正所列各行。",
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Holiday(_Strict):
    """A holiday as a notice arranges it: the days off, and the days of a weekend worked for it."""

    name_en: Text
    name_zh: Text
    days_off: tuple[Day, ...] = ()
    make_up_days: tuple[Day, ...] = ()


class Notice(_Strict):
    """One official notice. What was not seen of it is null, never guessed."""

    id: Text
    amends: Text | None = None
    title_zh: Text | None = None
    document_no: Text | None = Field(default=None, description="As listed by secondary sources.")
    issued_on: Day | None = Field(default=None, description="The day that the notice bears.")
    published_on: Day | None = Field(default=None, description="The day on which the public could read it.")
    publication_note: Text | None = None
    source: Text | None = Field(default=None, description="Address of the official text.")
    days_from: Text = Field(description="Where the days below were taken from.")
    holidays: tuple[Holiday, ...] = Field(min_length=1)

    @property
    def attested_on(self) -> date | None:
        """The first day on which the notice was certainly out: published, else issued; None where not seen."""
        return self.published_on or self.issued_on

    def listed(self) -> Iterator[tuple[date, bool, Holiday]]:
        """Every day that the notice lists: the day, whether it is worked, and for which holiday."""
        for holiday in self.holidays:
            yield from ((day, False, holiday) for day in holiday.days_off)
            yield from ((day, True, holiday) for day in holiday.make_up_days)


class Year(_Strict):
    """The notices of one year and jurisdiction, the oldest first."""

    jurisdiction: Literal["CN"]
    year: Annotated[int, Field(ge=1949, le=2200)]
    notices: tuple[Notice, ...] = Field(min_length=1)


def read_year(path: Path) -> Year:
    """Read and check one file of notices. Raises NoticesRefused with every problem found."""
    name = path.name
    try:
        value, lines = read(path.read_text(encoding="utf-8"), file=name)
        year = Year.model_validate(value)
    except PackRefused as error:
        raise NoticesRefused(file=name, problems=error.problems) from error
    except ValidationError as error:
        raise NoticesRefused(
            file=name,
            problems=tuple(
                Problem(name, line_of(tuple(found["loc"]), lines), "", f"{found['loc'][-1]}: {found['msg']}")
                if found["loc"]
                else Problem(name, 1, "", found["msg"])
                for found in error.errors()
            ),
        ) from error
    problems = tuple(Problem(name, line_of(place, lines), "", reason) for place, reason in _problems(year))
    if problems:
        raise NoticesRefused(file=name, problems=problems)
    return year


def _problems(year: Year) -> Iterator[tuple[Place, str]]:
    """Every contradiction in the notices of a year, with its place."""
    so_far: dict[date, bool] = {}
    known: dict[str, Notice] = {}
    for number, notice in enumerate(year.notices):
        place: Place = ("notices", number)
        if notice.id in known:
            yield (*place, "id"), f"the id {notice.id!r} stands twice"
        yield from (((*place, key), reason) for key, reason in _order(notice, known, first=number == 0))
        if notice.issued_on and notice.published_on and notice.published_on < notice.issued_on:
            yield (*place, "published_on"), "published before it was issued"
        yield from (((*place, *rest), reason) for rest, reason in _days(year.year, notice, so_far))
        known[notice.id] = notice
        so_far |= {day: worked for day, worked, _ in notice.listed()}


def _order(notice: Notice, known: dict[str, Notice], *, first: bool) -> Iterator[tuple[str, str]]:
    if first:
        if notice.amends is not None:
            yield "amends", "the first notice of a year amends none"
        return
    amended = known.get(notice.amends or "")
    if amended is None:
        yield "amends", f"a later notice names the earlier one that it amends: {', '.join(known)}"
        return
    if notice.attested_on is None:
        yield "id", "an amendment needs its day of publication: before it the amended days held"
    elif amended.attested_on and notice.attested_on <= amended.attested_on:
        yield "published_on", f"not later than {amended.id}, which it amends"


def _days(year: int, notice: Notice, so_far: dict[date, bool]) -> Iterator[tuple[Place, str]]:
    seen: dict[date, bool] = {}
    for number, holiday in enumerate(notice.holidays):
        if not holiday.days_off and not holiday.make_up_days:
            yield ("holidays", number), f"{holiday.name_en} lists no day"
        for key, worked in (("days_off", False), ("make_up_days", True)):
            for index, day in enumerate(getattr(holiday, key)):
                place: Place = ("holidays", number, key, index)
                if not date(year - 1, 12, 1) <= day <= date(year, 12, 31):
                    yield place, f"{day} lies outside {year} and the December before it"
                if day in seen:
                    how = "twice" if seen[day] == worked else "both as a day off and as a make-up working day"
                    yield place, f"{day} stands {how}"
                if worked and day.isoweekday() <= 5 and so_far.get(day) is not False:
                    yield place, f"{day} is a make-up working day but no day of a weekend"
                seen[day] = worked


def notices_of(jurisdiction: str, folders: tuple[Path, ...] = (FOLDER,)) -> tuple[Notice, ...]:
    """Every notice of a jurisdiction, the oldest first; empty where calendars are made by rule.

    Arguments: folders, where the files lie, `<jurisdiction>/<year>.yaml` below each; the file of a year in a
    later folder (an operator's own) is taken instead of that in an earlier one, and is read anew when it changes.
    Raises NoticesRefused when a file is bad, a year is missing in between, or two years list one day.
    """
    return notices_in(files_of(jurisdiction, folders))


#: Files of notices with the instant of their last change (0 for those shipped, which do not change).
Files = tuple[tuple[Path, int], ...]


def files_of(jurisdiction: str, folders: tuple[Path, ...]) -> Files:
    """The file of each year, from the last folder that has one."""
    found: dict[str, tuple[Path, int]] = {}
    for folder in folders:
        place = folder / jurisdiction.lower()
        if folder == FOLDER:
            found |= _shipped(place)
        else:
            found |= {path.name: (path, path.stat().st_mtime_ns) for path in place.glob("*.yaml")}
    return tuple(found[name] for name in sorted(found))


@cache
def _shipped(place: Path) -> dict[str, tuple[Path, int]]:
    return {path.name: (path, 0) for path in place.glob("*.yaml")}


@lru_cache(maxsize=16)
def notices_in(files: Files) -> tuple[Notice, ...]:
    """The notices of files, the oldest first. Raises as `notices_of`."""
    years: list[Year] = []
    said: dict[date, int] = {}
    for path, _ in files:
        year = read_year(path)
        if path.stem != str(year.year):
            raise _whole(path, f"the file is named {path.name} but holds the year {year.year}")
        if years and year.year != years[-1].year + 1:
            raise _whole(path, f"the year {years[-1].year + 1} is missing before it")
        for notice in year.notices:
            for day, _, _ in notice.listed():
                if said.setdefault(day, year.year) != year.year:
                    raise _whole(path, f"{day} is listed by the notices of {said[day]} and of {year.year}")
        years.append(year)
    return tuple(notice for year in years for notice in year.notices)


def _whole(path: Path, reason: str) -> NoticesRefused:
    return NoticesRefused(file=path.name, problems=(Problem(path.name, 1, "", reason),))


def year_of(notice: Notice) -> int:
    """The year that a notice arranges: that of its last day."""
    return max(day for day, _, _ in notice.listed()).year


def digest(notices: tuple[Notice, ...]) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of notices, in hexadecimal."""
    content = [notice.model_dump(mode="json") for notice in notices]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()
