"""What tables must be as a whole: complete, single, in order, and always with a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise, product
from typing import TYPE_CHECKING

from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.rows import ClassificationRow, Kind, PublicationRow
from goodstanding.law.tables import fits

if TYPE_CHECKING:
    from goodstanding.law.check import Found


def publication(pack: Pack) -> Iterator[Found]:
    """Exactly one window for each adverse kind in each class, and no window that makes no sense."""
    gaps: set[str] = set()
    overlaps: set[tuple[int, str]] = set()
    for kind, severity, necessary in product(_adverse(pack), pack.severities, (False, True)):
        fitting = _windows(pack, kind.code, severity.code, necessary)
        if not fitting:
            gaps.add(f"gap: no row for {kind.code} in {severity.code!r}, publication_necessary {necessary}")
        if len(fitting) > 1:
            ids = " and ".join(pack.publication[i].id for i in fitting)
            overlaps.add((fitting[1], f"overlap: {ids} both fit {kind.code} in {severity.code!r}"))
    for gap in sorted(gaps):
        yield ("publication",), gap
    for i, overlap in sorted(overlaps):
        yield ("publication", i), overlap
    for i, row in enumerate(pack.publication):
        yield from _window(pack, i, row)
    if not gaps and not overlaps:
        yield from _never_shorter(pack)


def _adverse(pack: Pack) -> list[Kind]:
    return [kind for kind in pack.kinds if kind.adverse]


def _windows(pack: Pack, kind: str, severity: str, necessary: bool) -> list[int]:
    return [
        i
        for i, row in enumerate(pack.publication)
        if severity in row.when.severity
        and (row.when.kind is None or kind in row.when.kind)
        and row.when.publication_necessary in (None, necessary)
    ]


def _window(pack: Pack, i: int, row: PublicationRow) -> Iterator[Found]:
    minimum = None if row.minimum is None else pack.months(row.minimum)
    maximum = None if row.maximum is None else pack.months(row.maximum)
    if row.minimum is not None and minimum is None:
        yield (
            ("publication", i, "minimum"),
            "a class without a minimum (0 is one) has no way back that can be computed",
        )
    if not row.published and (row.maximum is not None or row.never_ends):
        yield ("publication", i, "maximum"), "a class that is not published has no maximum"
    if row.never_ends and row.maximum is not None:
        yield ("publication", i, "maximum"), "contradiction: never_ends and a maximum"
    if row.or_until is not None and maximum is None:
        yield ("publication", i, "or_until"), "or_until needs a maximum beside it"
    if row.published and not row.never_ends:
        if maximum is None:
            yield ("publication", i), "a published class without a maximum would never end"
        elif minimum is not None and maximum < minimum:
            yield ("publication", i, "maximum"), "contradiction: the maximum is shorter than the minimum"


def _never_shorter(pack: Pack) -> Iterator[Found]:
    """A more severe class is never published shorter nor restorable earlier than a milder one."""
    found: set[tuple[int, str, str]] = set()
    for kind, necessary in product(_adverse(pack), (False, True)):
        rows = [_windows(pack, kind.code, severity.code, necessary)[0] for severity in pack.severities]
        for milder, harder in pairwise(rows):
            before, after = pack.publication[milder], pack.publication[harder]
            if before.anchor != after.anchor:
                continue
            least = [None if row.minimum is None else pack.months(row.minimum) for row in (before, after)]
            if least[0] is not None and least[1] is not None and least[0] > least[1]:
                found.add((harder, "minimum", f"contradiction: shorter minimum than {before.id}"))
            longest = [_longest(pack, row) for row in (before, after)]
            if longest[0] > longest[1]:
                found.add((harder, "maximum", f"contradiction: shorter maximum than {before.id}"))
    for i, field, reason in sorted(found):
        yield ("publication", i, field), reason


def _longest(pack: Pack, row: PublicationRow) -> float:
    if not row.published:
        return 0
    months = None if row.maximum is None else pack.months(row.maximum)
    return float("inf") if months is None else months


def classification(pack: Pack) -> Iterator[Found]:
    """Every adverse kind with every measure has a row under every choice of switches; no two rows
    contradict, and every row can fit.
    """
    for i, row in enumerate(pack.classification):
        for earlier in pack.classification[:i]:
            if row.when == earlier.when:
                word = "repeats" if row.severity == earlier.severity else "contradicts"
                yield ("classification", i), f"{row.id} {word} {earlier.id} ({earlier.severity})"
    used = {code for row in pack.classification for code in row.when.switch}
    switches = [switch for switch in pack.switches if switch.code in used]
    reached: set[str] = set()
    gaps: set[str] = set()
    for choice in product(*([option.code for option in switch.options] for switch in switches)):
        chosen = dict(zip((switch.code for switch in switches), choice, strict=True))
        rows = [row for row in pack.classification if _chosen(row, chosen)]
        for kind in _adverse(pack):
            _walk(pack, kind, rows, reached=reached, gaps=gaps)
    for gap in sorted(gaps):
        yield ("classification",), f"gap: no row classifies {gap}"
    for i, row in enumerate(pack.classification):
        if row.id not in reached:
            yield ("classification", i), f"{row.id} can never fit: earlier rows take everything it names"


def _chosen(row: ClassificationRow, chosen: Mapping[str, str]) -> bool:
    return all(chosen[code] == option for code, option in row.when.switch.items())


def _walk(
    pack: Pack, kind: Kind, rows: Sequence[ClassificationRow], *, reached: set[str], gaps: set[str]
) -> None:
    """Ask the rows for every combination of facts that any row of this kind tells apart."""
    rows = [row for row in rows if kind.code in row.when.kind]
    measures = [None, *(measure.code for measure in pack.measures)] if kind.measures else [None]
    asked = [
        (None, *sorted({code for row in rows for code in getattr(row.when, fact) or ()}))
        for fact in ("sector", "conduct", "stated")
    ]
    for simple, sector, conduct, stated in product((False, True), *asked):
        facts = Facts(
            kind=kind.code,
            simple_procedure=simple,
            found_on=date.min,
            sector=sector,
            conduct=conduct,
            stated=stated,
        )
        for measure in measures:
            for row in rows:
                if fits(row.when, facts=facts, measure=measure):
                    reached.add(row.id)
                    if row.when.amount_yuan is None:
                        break
            else:
                gaps.add(f"{kind.code} with {measure or 'no measure'}")


def exits(pack: Pack) -> Iterator[Found]:
    """Every adverse kind in every class has a way out.

    Either a restoration (a condition other than never, a required material), or an end that comes by
    itself and a deadline within which an objection is answered.
    """
    objection = any(rule.from_ == "objection" for rule in pack.deadlines)
    for kind, severity in product(_adverse(pack), pack.severities):
        place = pack.kinds.index(kind)
        at = {"kind": kind.code, "severity": severity.code}
        tests = {row.test for row in pack.conditions if row.when.applies(**at)}
        said = f"without a way back: {kind.code}, {severity.code} has no "
        if not tests:
            yield ("kinds", place), said + "condition of restoration"
        elif "never" in tests:
            if not objection:
                yield ("kinds", place), said + "restoration, and no deadline answers an objection"
        elif not any(row.required and row.when.applies(**at) for row in pack.materials):
            yield ("kinds", place), said + "required material"
        for necessary in (False, True):
            row = pack.publication[_windows(pack, kind.code, severity.code, necessary)[0]]
            if row.minimum is None and "never" not in tests:
                yield (
                    ("publication", pack.publication.index(row), "minimum"),
                    f"without a way back: {kind.code}, {severity.code} has no minimum",
                )
            if row.never_ends and not objection:
                yield ("kinds", place), said + "end, and no deadline answers an objection"
