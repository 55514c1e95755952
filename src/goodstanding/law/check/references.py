"""Every code that a row of a pack names must stand in the pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from goodstanding.law.model import Pack
from goodstanding.law.rows import Amount, ClassificationRow

if TYPE_CHECKING:
    from goodstanding.law.check import Found

Path = tuple[str | int, ...]


def references(pack: Pack) -> Iterator[Found]:
    """Codes that stand nowhere, and kinds that cannot have a class."""
    for i, row in enumerate(pack.classification):
        yield from _classification(pack, ("classification", i), row)
    severities = [severity.code for severity in pack.severities]
    for i, published in enumerate(pack.publication):
        at: Path = ("publication", i, "when")
        yield from unknown((*at, "severity"), "severity", published.when.severity, severities)
        yield from _kinds(pack, (*at, "kind"), published.when.kind)
    for table in ("events", "conditions", "materials"):
        for i, row in enumerate(getattr(pack, table)):
            yield from _kinds(pack, (table, i, "when", "kind"), row.when.kind)
            yield from unknown((table, i, "when", "severity"), "severity", row.when.severity, severities)
    for i, use in enumerate(pack.exemptions):
        yield from _kinds(pack, ("exemptions", i, "when", "kind"), use.when.kind)
        uses = [row.code for row in pack.uses]
        yield from unknown(("exemptions", i, "when", "use"), "use", use.when.use, uses)
        yield from _bounds(pack, ("exemptions", i, "when", "use_amount"), use.when.use_amount)
    yield from _switches(pack)
    yield from _deadlines(pack)
    yield from _parameters(pack)
    if pack.readings and pack.base is None:
        yield ("readings",), "readings are for comparing with a base; the pack names none"
    if pack.chosen:
        yield ("chosen",), "choices are the operator's and do not stand in the file"


def unknown(path: Path, what: str, codes: Iterable[str] | None, known: Iterable[str]) -> Iterator[Found]:
    """A finding for each code that is not known."""
    for code in codes or ():
        if code not in known:
            yield path, f"no {what} {code!r} in the pack"


def _kinds(pack: Pack, path: Path, codes: Iterable[str] | None) -> Iterator[Found]:
    kinds = {kind.code: kind.adverse for kind in pack.kinds}
    yield from unknown(path, "kind", codes, kinds)
    for code in codes or ():
        if kinds.get(code) is False:
            yield path, f"the kind {code!r} is not adverse and has no class, condition or maximum"


def _classification(pack: Pack, at: Path, row: ClassificationRow) -> Iterator[Found]:
    severities = [severity.code for severity in pack.severities]
    when = (*at, "when")
    yield from _kinds(pack, (*when, "kind"), row.when.kind)
    named = (
        ("measure", row.when.measure, [measure.code for measure in pack.measures]),
        ("sector", row.when.sector, [sector.code for sector in pack.sectors]),
        ("conduct", row.when.conduct, [conduct.code for conduct in pack.conducts]),
        ("stated", row.when.stated, severities),
    )
    for what, codes, known in named:
        yield from unknown((*when, what), what, codes, known)
    yield from unknown((*at, "severity"), "severity", (row.severity,), severities)
    yield from _bounds(pack, (*when, "amount_yuan"), row.when.amount_yuan)
    if row.when.amount_yuan is not None and not (row.when.measure and set(row.when.measure) == {"fine"}):
        yield (*when, "amount_yuan"), "amount_yuan is the fine's amount; name the measure fine"


def _bounds(pack: Pack, path: Path, band: Amount | None) -> Iterator[Found]:
    if band is None:
        return
    units = {parameter.code: parameter.unit for parameter in pack.parameters}
    for bound in (band.at_least, band.below):
        if isinstance(bound, str) and units.get(bound) != "yuan":
            yield path, f"no parameter {bound!r} in yuan in the pack"
    if isinstance(band.at_least, int) and isinstance(band.below, int) and band.at_least >= band.below:
        yield path, f"an empty band: at_least {band.at_least} is not below {band.below}"


def _switches(pack: Pack) -> Iterator[Found]:
    offered = {switch.code: {option.code for option in switch.options} for switch in pack.switches}
    for table in ("classification", "at_maximum", "transition"):
        for i, row in enumerate(getattr(pack, table)):
            for code, option in row.when.switch.items():
                if option not in offered.get(code, ()):
                    place = (table, i, "when", "switch")
                    yield place, f"no switch {code!r} with the option {option!r} in the pack"
    for i, switch in enumerate(pack.switches):
        if switch.default not in offered[switch.code]:
            yield ("switches", i, "default"), f"the default {switch.default!r} is none of the options"


def _deadlines(pack: Pack) -> Iterator[Found]:
    codes = [rule.code for rule in pack.deadlines]
    for i, pause in enumerate(pack.pauses):
        yield from unknown(("pauses", i, "deadlines"), "deadline", pause.deadlines, codes)
    for i, holder in enumerate(pack.holders):
        if holder.deadline is not None:
            yield from unknown(("holders", i, "deadline"), "deadline", (holder.deadline,), codes)


def _parameters(pack: Pack) -> Iterator[Found]:
    units: Mapping[str, str] = {parameter.code: parameter.unit for parameter in pack.parameters}
    for i, parameter in enumerate(pack.parameters):
        lower = parameter.not_below
        if lower is not None and units.get(lower) != parameter.unit:
            yield ("parameters", i, "not_below"), f"no parameter {lower!r} in {parameter.unit} in the pack"
