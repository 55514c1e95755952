"""The table of courses: what the pack says of a class in a situation, before any day is known.

For every `course` (a kind, the facts that the pack asks beside the class, and the rank of the class): the
window, the conditions that stand open, and which events count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

from goodstanding.law.columns.numbering import Happening, KindNumbers, Numbering
from goodstanding.law.rows import ConditionRow, PublicationRow


@dataclass(frozen=True)
class Window:
    """What one day, from which periods count, comes to. Lengths in months.

    minimum: to be waited for, None where nothing can be restored; asked: the minimum that the condition of
    that name asks; `asks`: whether it is a condition; maximum: None where publication has no end by lapse
    of time; removable: published, and an event can end it; waits: something undated is still open.
    """

    minimum: int | None
    asked: int | None
    asks: bool
    maximum: int | None
    published: bool
    removable: bool
    waits: bool
    counts_from_finding: bool


@dataclass(frozen=True)
class Course:
    """What the pack says before any day is known. `unmet` by (minimum met, duty performed, not barred) as
    a number of three bits; `marks` by the happenings that have come, one bit each.
    """

    refused: str | None
    severity: str | None
    published: bool | None
    anchor: str
    window: Window
    or_until: bool
    holds: bool
    asks_duty: bool
    asks_bar: bool
    removes: tuple[bool, ...]
    unmet: tuple[tuple[str, ...], ...]
    marks: tuple[tuple[str, ...], ...]


def all_courses(numbers: Numbering) -> tuple[Course, ...]:
    """Every course by its number; 0 is a record that was refused."""
    return tuple(_all_courses(numbers))


def _all_courses(numbers: Numbering) -> Iterator[Course]:
    marks = ((),) * 2 ** len(numbers.happenings)
    none: tuple[bool, ...] = (False,) * len(numbers.happenings)

    def undated(refused: str | None, published: bool | None) -> Course:
        window = Window(
            minimum=None,
            asked=None,
            asks=True,
            maximum=None,
            published=bool(published),
            removable=False,
            waits=True,
            counts_from_finding=True,
        )
        return Course(
            refused=refused,
            severity=None,
            published=published,
            anchor="found_on",
            window=window,
            or_until=False,
            holds=False,
            asks_duty=False,
            asks_bar=False,
            removes=none,
            unmet=((),) * 8,
            marks=marks,
        )

    yield undated(None, None)

    adverse = cache(partial(_course, numbers))
    for kind in numbers.kinds:
        if not kind.adverse:
            yield undated(None, True)
            continue
        radix = kind.course_radix
        for digits in product(*(range(many) for many in radix.values())):
            at = dict(zip(radix, digits, strict=True))
            if at["rank"] in (0, numbers.unclassified):
                yield undated("unclassified", None)
                continue
            open_ = {"committed", "trained"} - {fact for fact in ("committed", "trained") if at[fact]}
            if at["further_condition_open"]:
                open_.add("nothing_further")
            yield adverse(
                kind.kind,
                at["rank"],
                necessary=bool(at["publication_necessary"]),
                excluded=bool(at["excluded_by_law"]),
                exempt=_exempt(numbers, kind, at["use"], at["use_amount"]),
                performed=bool(at["performed"]),
                open_=frozenset(open_),
            )


def _exempt(numbers: Numbering, kind: KindNumbers, use: int, amount: int) -> bool:
    if use == 0:
        return False
    return any(
        numbers.uses[use - 1] in row.when.use
        and (row.when.kind is None or kind.kind in row.when.kind)
        and numbers.band_fits(row.when.use_amount, amount, numbers.use_thresholds)
        for row in numbers.pack.exemptions
    )


def _course(
    numbers: Numbering,
    kind: str,
    rank: int,
    *,
    necessary: bool,
    excluded: bool,
    exempt: bool,
    performed: bool,
    open_: frozenset[str],
) -> Course:
    """`open_`: tests of undated conditions that are not met; `performed`: the day of performance is known."""
    pack = numbers.pack
    severity = pack.severities[rank - 1].code
    row = _publication(numbers, kind, severity, necessary)
    conditions = [c for c in pack.conditions if c.when.applies(kind=kind, severity=severity)]
    tests = {condition.test for condition in conditions}
    if excluded:
        open_ |= {"not_excluded"}
    open_ |= {"never"}
    asked = None if row.minimum is None else pack.months(row.minimum)
    maximum = None if row.maximum is None or exempt or not row.published else pack.months(row.maximum)
    holds = numbers.holds and maximum is not None
    window = Window(
        minimum=None if "never" in tests or excluded else asked,
        asked=asked,
        asks="minimum_reached" in tests,
        maximum=None if holds and not performed else maximum,
        published=row.published,
        removable=row.published,
        waits=bool(tests & open_) or ("duty_performed" in tests and not performed),
        counts_from_finding=row.anchor == "found_on",
    )
    events = [
        (event, numbers.happening(event.event, event.within))
        for event in pack.events
        if row.published and event.when.applies(kind=kind, severity=severity)
    ]
    removing = {happening for event, happening in events if event.effect == "removed"}
    marking = [(event.id, happening) for event, happening in events if event.effect == "marked"]
    return Course(
        refused=None,
        severity=severity,
        published=row.published,
        anchor=row.anchor,
        window=window,
        or_until=row.or_until is not None and maximum is not None,
        holds=holds and performed,
        asks_duty="duty_performed" in tests,
        asks_bar="not_barred" in tests and numbers.bar is not None,
        removes=tuple(happening in removing for happening in numbers.happenings),
        unmet=tuple(_unmet(conditions, bits, open_, performed) for bits in range(8)),
        marks=tuple(_marks(marking, bits, numbers) for bits in range(2 ** len(numbers.happenings))),
    )


def _publication(numbers: Numbering, kind: str, severity: str, necessary: bool) -> PublicationRow:
    return next(
        row
        for row in numbers.pack.publication
        if severity in row.when.severity
        and row.when.publication_necessary in (None, necessary)
        and (row.when.kind is None or kind in row.when.kind)
    )


def _unmet(
    conditions: list[ConditionRow], bits: int, open_: frozenset[str], performed: bool
) -> tuple[str, ...]:
    met = {
        "minimum_reached": bool(bits & 1),
        "duty_performed": bool(bits & 2) and performed,
        "not_barred": bool(bits & 4),
    }
    return tuple(row.id for row in conditions if not met.get(row.test, row.test not in open_))


def _marks(marking: list[tuple[str, Happening]], bits: int, numbers: Numbering) -> tuple[str, ...]:
    come = {happening for place, happening in enumerate(numbers.happenings) if bits >> place & 1}
    return tuple(code for code, happening in marking if happening in come)
