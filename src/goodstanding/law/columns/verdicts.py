"""From the numbers to the verdicts of one day: the second of the two passes, four lookups and few comparisons."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law.columns.classes import class_ranks
from goodstanding.law.columns.courses import Course, all_courses
from goodstanding.law.columns.days import FIRST, LAST, Days, number
from goodstanding.law.columns.encode import OUTPUT, PREFIX
from goodstanding.law.columns.engines import put
from goodstanding.law.columns.numbering import Numbering
from goodstanding.law.columns.windows import window_table
from goodstanding.law.errors import LawError
from goodstanding.law.model import Pack


@dataclass(frozen=True)
class Law:
    """A pack's numbers and courses, and what need not be asked row by row."""

    numbers: Numbering
    courses: tuple[Course, ...]

    @property
    def one_anchor(self) -> bool:
        """Whether every period counts from the finding."""
        return len(self.numbers.anchors) == 1

    def any(self, flag: str) -> bool:
        """Whether a flag holds for some course."""
        return any(getattr(course, flag) for course in self.courses)

    def every(self, flag: str) -> bool:
        """Whether a flag holds for every course that has a class."""
        return all(getattr(course, flag) for course in self.courses if course.severity)


Column = Callable[[ir.Table, Law, date], Any]


def verdicts(encoded: ir.Table, *, pack: Pack, on: date, columns: Sequence[str] = OUTPUT) -> ir.Table:
    """What `decide` says of every row on one day.

    Arguments: encoded, from `encode` with the same pack; on, the day asked about; columns, those of `OUTPUT`
    that are wanted (what is left out costs nothing).
    Returns the columns passed through, then those wanted. Where `refused` is not null nothing is eligible.
    Lazy, but for one query of `encoded` that asks which days occur: let it be a table in the
    engine, not a view over files. Raises LawError for a day outside 1900 to 2199.
    """
    if not FIRST <= on <= LAST:
        raise LawError(
            code="date_out_of_range",
            en=f"The day asked about, {on}, is not between {FIRST} and {LAST}.",
            zh=f"查询日期 {on} 不在 {FIRST} 至 {LAST} 之间。",
            place="on",
            remedy_en="Ask about a day within.",
            remedy_zh="请查询该范围内的日期。",
        )
    numbers = Numbering(pack)
    law = Law(numbers, all_courses(numbers))
    engine = encoded.get_backend()
    tables = compile_tables(law, on=on, occurring=_days_that_occur(encoded, numbers))
    at = {name: put(engine, name, table) for name, table in tables.items()}
    rows = encoded.join(at["classes"], encoded.law_class == at["classes"].class_code)
    rows = rows.join(at["courses"], rows.law_course + rows.rank == at["courses"].course)
    rows = rows.join(at["windows"], rows.window_base + _start(rows, numbers) == at["windows"].window_day)
    if "unmet" in columns:
        rows = rows.join(at["unmet"], _unmet_key(rows, numbers, on) == at["unmet"].unmet_key)
    if "marks" in columns:
        rows = rows.join(at["marks"], _marks_key(rows, numbers, on) == at["marks"].marks_key)
    keys = [name for name in encoded.columns if not name.startswith(PREFIX)]
    wanted = {name: _COLUMNS[name](rows, law, on) for name in OUTPUT if name in columns}
    return rows.select(*keys, **wanted)


def compile_tables(law: Law, *, on: date, occurring: Days) -> dict[str, pa.Table]:
    """The tables that `verdicts` looks into, by name. occurring: the numbers of the days that are wanted."""
    numbers, courses = law.numbers, law.courses
    last = int(occurring[-1]) if len(occurring) else 0
    windows = _places(course.window for course in courses)
    unmet = _places(course.unmet for course in courses)
    marks = _places(course.marks for course in courses)
    return {
        "classes": _classes(numbers),
        "courses": pa.table(
            {
                "course": pa.array(range(len(courses)), numbers.code_type),
                "course_refused": pa.array([course.refused for course in courses], pa.string()),
                "severity": pa.array([course.severity for course in courses], pa.string()),
                "published": pa.array([course.published for course in courses], pa.bool_()),
                "anchor": pa.array([numbers.anchors.index(course.anchor) for course in courses], pa.int8()),
                "window_base": pa.array([windows[it.window] * (last + 1) for it in courses], pa.int32()),
                "unmet_base": pa.array([unmet[it.unmet] * 8 for it in courses], pa.int32()),
                "marks_base": pa.array([marks[it.marks] * len(it.marks) for it in courses], pa.int32()),
                **{
                    name: pa.array([getattr(course, name) for course in courses], pa.bool_())
                    for name in ("or_until", "holds", "asks_duty", "asks_bar")
                },
                **{
                    f"removes_{place}": pa.array([course.removes[place] for course in courses], pa.bool_())
                    for place in range(len(numbers.happenings))
                },
            }
        ),
        "windows": window_table(list(windows), on=on, occurring=occurring),
        "unmet": _lists("unmet", list(unmet)),
        "marks": _lists("marks", list(marks)),
    }


def _places(values: Iterable[Hashable]) -> dict[Any, int]:
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def _classes(numbers: Numbering) -> pa.Table:
    ranks = class_ranks(numbers)
    return pa.table(
        {
            "class_code": pa.array(range(len(ranks)), numbers.code_type),
            "rank": pa.array(ranks, numbers.code_type),
        }
    )


def _lists(name: str, tables: list[tuple[tuple[str, ...], ...]]) -> pa.Table:
    lists = [list(codes) for table in tables for codes in table]
    return pa.table(
        {
            f"{name}_key": pa.array(range(len(lists)), pa.int32()),
            name: pa.array(lists, pa.list_(pa.string())),
        }
    )


def _days_that_occur(encoded: ir.Table, numbers: Numbering) -> Days:
    """The numbers of the days from which a period counts in these rows, in order.

    On DuckDB all from the first to the last, since it joins a table without gaps by place in an array;
    elsewhere only those that there are.
    """
    days = [encoded[f"law_{name}"].nullif(0) for name in numbers.anchors]
    if encoded.get_backend().name != "duckdb":
        kept = (
            ibis.union(*(encoded.select(day=day) for day in days), distinct=True)
            if len(days) > 1
            else (encoded.select(day=days[0]).distinct())
        )
        return np.array(sorted(day for day in kept.to_pyarrow()["day"].to_pylist() if day), np.int32)
    asked = {f"first_{place}": day.min() for place, day in enumerate(days)}
    asked |= {f"last_{place}": day.max() for place, day in enumerate(days)}
    found = encoded.aggregate(**asked).to_pyarrow().to_pylist()[0]
    known = [day for day in found.values() if day is not None]
    return np.arange(min(known), max(known) + 1, dtype=np.int32) if known else np.zeros(0, np.int32)


def _start(rows: ir.Table, numbers: Numbering) -> ir.IntegerValue:
    """The number of the day from which the periods count, 0 while it is unknown."""
    first, *others = (rows[f"law_{name}"] for name in numbers.anchors)
    if not others:
        return first
    return ibis.cases(
        *((rows.anchor == place, day) for place, day in enumerate(others, start=1)), else_=first
    )


def _come(day: ir.DateValue, on: date) -> ir.BooleanValue:
    return day <= _day(on)


def _day(day: date) -> ir.DateScalar:
    return ibis.date(day.isoformat())


def _unmet_key(rows: ir.Table, numbers: Numbering, on: date) -> ir.IntegerValue:
    bits = [(rows.minimum_met, 1), (_come(rows.law_day_performed, on), 2)]
    key = rows.unmet_base
    for met, bit in bits:
        key = key + met.ifelse(bit, 0)
    free = 4 if numbers.bar is None else _come(rows.law_day_barred_until, on).ifelse(4, 0)
    return (key + free).cast("int32")


def _marks_key(rows: ir.Table, numbers: Numbering, on: date) -> ir.IntegerValue:
    key = rows.marks_base
    for place in range(len(numbers.happenings)):
        key = key + _come(rows[f"law_event_{place}"], on).fill_null(False).ifelse(1 << place, 0)
    return key.cast("int32")


def _refused(rows: ir.Table, law: Law, on: date) -> Any:
    return ibis.coalesce(rows.law_refused, rows.course_refused)


def _column(name: str) -> Column:
    return lambda rows, law, on: rows[name]


def _publish_from(rows: ir.Table, law: Law, on: date) -> Any:
    if law.one_anchor:
        return rows.window_from
    return rows.published.ifelse(rows.law_day_found_on, ibis.null("date"))


def _publish_until(rows: ir.Table, law: Law, on: date) -> Any:
    """The maximum, moved by what may be later and then by what ends it earlier."""
    until, compared = rows.until, rows.until_or_never

    def move(when: Any, day: Any) -> None:
        nonlocal until, compared
        until, compared = when.ifelse(day, until), when.ifelse(day, compared)

    if law.any("or_until"):
        limitation = rows.law_day_limitation_ends_on
        move(rows.or_until & (limitation > compared), limitation)
    if law.any("holds"):
        move(rows.holds & (rows.law_day_performed > compared), rows.law_day_performed)
    for place in range(len(law.numbers.happenings)):
        day = rows[f"law_event_{place}"]
        published = [course for course in law.courses if course.published and course.severity]
        if all(course.removes[place] for course in published):
            move(day < compared, day)
        elif any(course.removes[place] for course in published):
            move(rows[f"removes_{place}"] & (day < compared), day)
    return until


def _publication(rows: ir.Table, law: Law, on: date) -> Any:
    cases: list[tuple[Any, str | None]] = [
        (rows.law_found_on > number(on), "not_yet"),
        (rows.severity.isnull(), "information"),
        (~rows.published, "not_published"),
        (_come(_publish_until(rows, law, on), on), "ended"),
    ]
    if law.numbers.pack.shield is not None:
        ended = [
            _come(rows[f"law_day_plan_{end}_on"], on).fill_null(False) for end in ("completed", "failed")
        ]
        cases.append((_come(rows.law_day_plan_approved_on, on) & ~ended[0] & ~ended[1], "shielded"))
    state = ibis.cases(*cases, else_="published")
    return rows.published.notnull().ifelse(state, ibis.null("string"))


def _eligible(rows: ir.Table, law: Law, on: date) -> Any:
    eligible = rows.ready
    if not law.one_anchor:
        eligible = eligible & (rows.law_found_on <= number(on))
    for flag, day in _waits(law):
        come = _come(rows[day], on)
        eligible = eligible & (come if law.every(flag) else ~rows[flag] | come)
    return eligible


def _earliest_on(rows: ir.Table, law: Law, on: date) -> Any:
    """The latest of the days that are waited for; null stays null, because a comparison with it does not hold."""
    earliest = rows.earliest
    if not law.one_anchor:
        found_on = rows.law_day_found_on
        earliest = (found_on > earliest).ifelse(found_on, earliest)
    for flag, day in _waits(law):
        later = rows[day] > earliest
        earliest = (later if law.every(flag) else rows[flag] & later).ifelse(rows[day], earliest)
    return earliest


def _waits(law: Law) -> list[tuple[str, str]]:
    """The days beside the minimum that conditions wait for: by which flag of the course, in which column."""
    waits = [("asks_duty", "law_day_performed"), ("asks_bar", "law_day_barred_until")]
    return [(flag, day) for flag, day in waits if law.any(flag)]


_COLUMNS: Mapping[str, Column] = {
    "refused": _refused,
    "severity": _column("severity"),
    "published": _column("published"),
    "publish_from": _publish_from,
    "restorable_from": _column("restorable_from"),
    "publish_until": _publish_until,
    "publication": _publication,
    "clock_started": _column("started"),
    "marks": _column("marks"),
    "eligible": _eligible,
    "earliest_on": _earliest_on,
    "unmet": _column("unmet"),
}
