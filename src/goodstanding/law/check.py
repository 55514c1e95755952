"""What the rows of a pack must be to one another: complete, single, in order, and always with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, product

from goodstanding.law.model import Citation, Pack, PublicationRow
from goodstanding.law.tables import fits

Found = tuple[tuple[str | int, ...], str]
"""A path in the file and the reason."""


def problems(pack: Pack) -> list[Found]:
    """Every contradiction in a pack that has the right form. An empty list means that the pack is sound."""
    found = [*_doubles(pack), *_citations(pack), *_references(pack)]
    if found:
        return found
    found = [*_publication(pack)]
    if found:
        return found
    return [*_classification(pack), *_exits(pack)]


def _doubles(pack: Pack) -> Iterator[Found]:
    tables = ("severities", "kinds", "measures", "switches", "parameters", "deadlines", "statements")
    for table in (*tables, "classification", "publication", "conditions", "materials"):
        seen: set[str] = set()
        for index, row in enumerate(getattr(pack, table)):
            code = getattr(row, "code", None) or row.id
            if code in seen:
                yield (table, index), f"the code {code!r} stands twice in {table}"
            seen.add(code)


def _cited(pack: Pack) -> Iterator[tuple[tuple[str | int, ...], Citation]]:
    tables = ("severities", "kinds", "measures", "switches", "parameters", "classification")
    for table in (*tables, "publication", "conditions", "materials", "deadlines", "statements"):
        for index, row in enumerate(getattr(pack, table)):
            yield (table, index, "citation"), row.citation
    yield ("decides", "citation"), pack.decides.citation


def _citations(pack: Pack) -> Iterator[Found]:
    for path, citation in _cited(pack):
        if citation.instrument not in pack.instruments:
            yield (*path, "instrument"), f"no instrument {citation.instrument!r} in the pack"
        for source in citation.source:
            if source not in pack.sources:
                yield (*path, "source"), f"no source {source!r} in the pack"
    quantities = [(("deadlines", i, "length"), rule.length) for i, rule in enumerate(pack.deadlines)]
    for i, row in enumerate(pack.publication):
        lengths = (("minimum", row.minimum), ("maximum", row.maximum))
        for name, length in lengths:
            for source in length.source if length else ():
                if source not in pack.sources:
                    yield ("publication", i, name, "source"), f"no source {source!r} in the pack"
    for path, quantity in quantities:
        for source in quantity.source:
            if source not in pack.sources:
                yield (*path, "source"), f"no source {source!r} in the pack"


def _unknown(
    path: tuple[str | int, ...], what: str, codes: Iterable[str] | None, known: Iterable[str]
) -> Iterator[Found]:
    for code in codes or ():
        if code not in known:
            yield path, f"no {what} {code!r} in the pack"


def _references(pack: Pack) -> Iterator[Found]:
    kinds = {kind.code: kind for kind in pack.kinds}
    adverse = {code for code, kind in kinds.items() if kind.adverse}
    measures = {measure.code for measure in pack.measures}
    severities = {severity.code for severity in pack.severities}
    switches = {switch.code: {option.code for option in switch.options} for switch in pack.switches}
    parameters = {parameter.code for parameter in pack.parameters}

    def kinds_of(path: tuple[str | int, ...], codes: Iterable[str] | None) -> Iterator[Found]:
        yield from _unknown(path, "kind", codes, kinds)
        for code in codes or ():
            if code in kinds and code not in adverse:
                yield path, f"the kind {code!r} is not adverse and has no class, condition or maximum"

    for i, row in enumerate(pack.classification):
        at: tuple[str | int, ...] = ("classification", i)
        yield from kinds_of((*at, "when", "kind"), row.when.kind)
        yield from _unknown((*at, "when", "measure"), "measure", row.when.measure, measures)
        yield from _unknown((*at, "severity"), "severity", (row.severity,), severities)
        for code, option in row.when.switch.items():
            if option not in switches.get(code, ()):
                yield (*at, "when", "switch"), f"no switch {code!r} with the option {option!r} in the pack"
        band = row.when.amount_yuan
        if band is not None:
            bounds = [bound for bound in (band.at_least, band.below) if isinstance(bound, str)]
            yield from _unknown((*at, "when", "amount_yuan"), "parameter", bounds, parameters)
            if not (row.when.measure and set(row.when.measure) == {"fine"}):
                yield (
                    (*at, "when", "amount_yuan"),
                    "amount_yuan is the fine's amount; name the measure fine",
                )
    for i, published in enumerate(pack.publication):
        path = ("publication", i, "when", "severity")
        yield from _unknown(path, "severity", published.when.severity, severities)
    rows = [("conditions", i, row.when) for i, row in enumerate(pack.conditions)]
    rows += [("materials", i, row.when) for i, row in enumerate(pack.materials)]
    for table, i, when in rows:
        yield from kinds_of((table, i, "when", "kind"), when.kind)
        yield from _unknown((table, i, "when", "severity"), "severity", when.severity, severities)
    for i, parameter in enumerate(pack.parameters):
        if parameter.not_below is not None:
            yield from _unknown(
                ("parameters", i, "not_below"), "parameter", (parameter.not_below,), parameters
            )
    if pack.chosen:
        yield ("chosen",), "choices are the operator's and do not stand in the file"
    for i, switch in enumerate(pack.switches):
        if switch.default not in switches[switch.code]:
            yield ("switches", i, "default"), f"the default {switch.default!r} is none of the options"


def _publication(pack: Pack) -> Iterator[Found]:
    for severity, necessary in product((s.code for s in pack.severities), (False, True)):
        fitting = [
            i
            for i, row in enumerate(pack.publication)
            if severity in row.when.severity and row.when.publication_necessary in (None, necessary)
        ]
        if not fitting:
            yield (
                ("publication",),
                f"gap: no row for {severity!r}, publication_necessary {necessary}",
            )
        if len(fitting) > 1:
            ids = " and ".join(pack.publication[i].id for i in fitting)
            yield ("publication", fitting[1]), f"overlap: {ids} both fit severity {severity!r}"
    for i, row in enumerate(pack.publication):
        yield from _window(("publication", i), row)
    yield from _never_shorter(pack)


def _window(path: tuple[str | int, ...], row: PublicationRow) -> Iterator[Found]:
    if row.minimum.months is None:
        yield (*path, "minimum"), "a class without a minimum (0 is one) has no way back that can be computed"
    if not row.published and row.maximum is not None:
        yield (*path, "maximum"), "a class that is not published has no maximum"
    if row.published:
        if row.maximum is None or row.maximum.months is None:
            yield path, "a published class without a maximum would never end"
        elif row.minimum.months is not None and row.maximum.months < row.minimum.months:
            yield (*path, "maximum"), "contradiction: the maximum is shorter than the minimum"


def _never_shorter(pack: Pack) -> Iterator[Found]:
    """A more severe class is never published shorter nor restorable earlier than a milder one."""

    for necessary in (False, True):
        rows = []
        for severity in pack.severities:
            for i, row in enumerate(pack.publication):
                if severity.code in row.when.severity and row.when.publication_necessary in (None, necessary):
                    rows.append((i, row))
        for (_, milder), (i, harder) in pairwise(rows):
            if (milder.minimum.months or 0) > (harder.minimum.months or 0):
                yield (
                    ("publication", i, "minimum"),
                    f"contradiction: shorter minimum than {milder.id}",
                )
            longest = [row.maximum.months or 0 if row.maximum else 0 for row in (milder, harder)]
            if longest[0] > longest[1]:
                yield (
                    ("publication", i, "maximum"),
                    f"contradiction: shorter maximum than {milder.id}",
                )


def _classification(pack: Pack) -> Iterator[Found]:
    """Every adverse kind with every measure has a row under every choice of switches; no two rows
    contradict.
    """
    for i, row in enumerate(pack.classification):
        for earlier in pack.classification[:i]:
            if row.when == earlier.when:
                word = "repeats" if row.severity == earlier.severity else "contradicts"
                yield (
                    ("classification", i),
                    f"{row.id} {word} {earlier.id} ({earlier.severity})",
                )
    switches = [(switch.code, [option.code for option in switch.options]) for switch in pack.switches]
    used = {code for row in pack.classification for code in row.when.switch}
    switches = [(code, options) for code, options in switches if code in used]
    reached: set[str] = set()
    gaps: set[str] = set()
    for choice in product(*(options for _, options in switches)):
        chosen = dict(zip((code for code, _ in switches), choice, strict=True))
        rows = [
            row
            for row in pack.classification
            if all(chosen[code] == option for code, option in row.when.switch.items())
        ]
        for kind in pack.kinds:
            if not kind.adverse:
                continue
            measures = [None, *(measure.code for measure in pack.measures)] if kind.measures else [None]
            for measure, simple in product(measures, (False, True)):
                for row in rows:
                    if fits(row.when, kind=kind.code, measure=measure, simple_procedure=simple):
                        reached.add(row.id)
                        if row.when.amount_yuan is None:
                            break
                else:
                    gaps.add(f"{kind.code} with {measure or 'no measure'}")
    for gap in sorted(gaps):
        yield ("classification",), f"gap: no row classifies {gap}"
    for i, row in enumerate(pack.classification):
        if row.id not in reached:
            yield ("classification", i), f"{row.id} can never fit: earlier rows take everything it names"


def _exits(pack: Pack) -> Iterator[Found]:
    """Every adverse kind in every class has at least one condition, one required material and a decider."""
    severities = [severity.code for severity in pack.severities]
    for place, kind in enumerate(pack.kinds):
        if not kind.adverse:
            continue
        for severity in severities:
            for name, rows in (
                ("condition of restoration", pack.conditions),
                ("required material", tuple(row for row in pack.materials if row.required)),
            ):
                if not any(
                    (row.when.kind is None or kind.code in row.when.kind)
                    and (row.when.severity is None or severity in row.when.severity)
                    for row in rows
                ):
                    yield ("kinds", place), f"without a way back: {kind.code}, {severity} has no {name}"
