"""Every adverse record has a way out: a restoration that can be reached, or an end that comes by itself."""

from __future__ import annotations

from collections.abc import Iterator

from goodstanding.law.prove.cases import Search, confirmed
from goodstanding.law.prove.dates import add, not_later
from goodstanding.law.prove.result import Finding, Side
from goodstanding.law.prove.tables import SymbolicPack
from goodstanding.law.prove.terms import both, either, implies, negated


def ways_out(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    """What keeps a record in for ever, or lets it out without anything being asked."""
    yield from _no_condition(logic, search)
    yield from _no_material(logic, search)
    yield from _no_minimum(logic, search)
    yield from _no_end(logic, search)
    yield from _too_late(logic, search)
    yield from _no_objection(logic, search)


def _no_condition(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    asked = either(*(logic.applies(row.when) for row in logic.pack.conditions))
    model = search.case(logic.answered, negated(asked))
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        yield confirmed(
            _finding("no_condition", sides, "no condition of restoration", "没有任何修复条件"),
            shows=verdict is not None and verdict.conditions == (),
        )


def _no_material(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    required = either(*(logic.applies(row.when) for row in logic.pack.materials if row.required))
    model = search.case(logic.answered, negated(logic.never), negated(required))
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        yield confirmed(
            _finding("no_material", sides, "no required material", "没有必需的申请材料"),
            shows=verdict is not None and not any(row.required for row in verdict.materials),
        )


def _no_minimum(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    excluded = search.facts.flags["excluded_by_law"]
    model = search.case(logic.answered, negated(logic.never), negated(excluded), negated(logic.restorable))
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        yield confirmed(
            _finding(
                "no_minimum",
                sides,
                "no minimum, so that it can never be restored",
                "没有最短期限，永远无法修复",
            ),
            shows=verdict is not None and verdict.earliest_on is None,
        )


def _no_end(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    """Published without a maximum although the law does not say that it never ends."""
    endless = either(
        *(
            both(taken, True if length is None else negated(length.known))
            for row, taken in logic.windows
            if row.published and not row.never_ends
            for length in (search.settings.length(logic.pack, row.maximum),)
        )
    )
    dates = search.facts.dates
    plainly = [negated(dates[row.event].known) for row in logic.pack.events]
    model = search.case(logic.answered, negated(logic.exempt), endless, preferring=plainly)
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        yield confirmed(
            _finding("no_end", sides, "no end of publication", "公示没有终点"),
            shows=verdict is not None and verdict.classification.published,
        )


def _too_late(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    """Publication ends before the record can be restored: then restoration is a word only."""
    facts, late = search.facts, []
    for row, taken in logic.windows:
        longest = search.settings.length(logic.pack, row.maximum)
        least = search.settings.length(logic.pack, row.minimum)
        if row.published and longest is not None and least is not None and row.or_until is None:
            start = facts.date(row.anchor)
            ended = not_later(add(start.day, longest), facts.on)
            waiting = negated(not_later(add(start.day, least), facts.on))
            late.append(both(taken, start.known, longest.known, least.known, ended, waiting))
    performed = implies(logic.holding, facts.dates["performed_on"].by(facts.on))
    model = search.case(logic.answered, logic.restorable, negated(logic.exempt), performed, either(*late))
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        found = None if verdict is None else verdict.classification
        yield confirmed(
            _finding("too_late", sides, "an end before its minimum", "公示在最短期限届满前即已结束"),
            shows=found is not None
            and found.publish_until is not None
            and found.restorable_from is not None
            and found.publish_until <= sides[0].on < found.restorable_from,
        )


def _no_objection(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    if any(rule.from_ == "objection" for rule in logic.pack.deadlines):
        return
    endless = either(*(taken for row, taken in logic.windows if row.never_ends))
    model = search.case(logic.answered, either(logic.never, endless))
    if model is not None:
        sides = search.sides(model)
        verdict = sides[0].verdict
        yield confirmed(
            _finding(
                "no_objection",
                sides,
                "no restoration or no end, and no deadline answers an objection",
                "不可修复或没有终点，且没有答复异议的期限",
            ),
            shows=verdict is not None and not any(rule.from_ == "objection" for rule in verdict.deadlines),
        )


def _finding(code: str, sides: tuple[Side, ...], en: str, zh: str) -> Finding:
    verdict = sides[0].verdict
    severity = None if verdict is None else verdict.classification.severity
    kind = sides[0].facts.kind
    return Finding(
        code=code,
        en=f"No way out: the kind {kind} in the class {severity} has {en}.",
        zh=f"没有出路：“{kind}”属于“{severity}”时，{zh}。",
        sides=sides,
    )
