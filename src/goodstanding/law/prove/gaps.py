"""Proofs about one pack: no gap, no overlap, no dead row, and always a way out, whatever the operator chooses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations

from goodstanding.law.choose import govern
from goodstanding.law.model import Pack
from goodstanding.law.prove.cases import Search, confirmed
from goodstanding.law.prove.result import Check, Finding, Note, Proof, Side, replay
from goodstanding.law.prove.tables import SymbolicPack
from goodstanding.law.prove.terms import Term, both, either, holds, negated
from goodstanding.law.prove.ways_out import ways_out
from goodstanding.law.rows import AtMaximumRow, ClassificationRow, TransitionRow

ASKED = ("kind", "measure", "sector", "conduct", "stated")
"""What a classification row asks by a list of values."""


def sound(pack: Pack) -> Proof:
    """Every check of one pack, under every choice of its switches and every setting of its unset numbers."""
    return Proof(pack_id=pack.id, base_id=None, assumptions=(), checks=tuple(checks_of(pack)))


def checks_of(pack: Pack) -> Iterator[Check]:
    """The checks of `sound`, one after the other as they are done."""
    search = Search([pack])
    logic = SymbolicPack(pack, facts=search.facts, settings=search.settings)
    yield Check(
        code="classified",
        en="every adverse record has a class",
        zh="每条失信信息都有类别",
        findings=tuple(_unclassified(logic, search)),
    )
    yield Check(
        code="windows",
        en="every class has exactly one publication window",
        zh="每一类别恰有一条公示规则",
        findings=(*_no_window(logic, search), *_two_windows(logic, search)),
    )
    yield Check(
        code="choices",
        en="under every choice one row says what happens at the maximum, and one what governs earlier records",
        zh="在任何选项下，期满处理和新旧衔接各有规则",
        findings=tuple(_no_choice(logic, search)),
    )
    yield Check(
        code="rows",
        en="every classification row can fit",
        zh="每条分类规则都可能适用",
        findings=tuple(_dead_rows(logic, search)),
        notes=tuple(_ordered(logic, search)),
    )
    yield Check(
        code="ways_out",
        en="every record has a way out",
        zh="每条信息都有出路",
        findings=tuple(ways_out(logic, search)),
    )


def _unclassified(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    for kind in logic.pack.kinds:
        if not kind.adverse:
            continue
        given = logic.kind_is([kind.code])
        gaps = {measure: logic.unclassified(measure) for measure in logic.first_rows}
        model = search.case(given, either(*gaps.values()))
        if model is None:
            continue
        bare = [measure for measure, gap in gaps.items() if search.possible(given, gap)]
        sides = search.sides(model)
        listed = ", ".join(measure or "no measure" for measure in bare)
        listed_zh = "、".join(measure or "无措施" for measure in bare)
        yield confirmed(
            Finding(
                code="gap",
                en=f"Gap: no classification row fits the kind {kind.code} with {listed}.",
                zh=f"空白：“{kind.name_zh}”没有适用的分类规则（{listed_zh}）。",
                sides=sides,
            ),
            shows=sides[0].failed == "unclassified",
        )


def _no_window(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    for severity in logic.pack.severities:
        given = (logic.adverse, logic.classified, logic.severity[severity.code])
        model = search.case(*given, negated(logic.has_window))
        if model is None:
            continue
        sides = search.sides(model)
        yield confirmed(
            Finding(
                code="window_gap",
                en=f"Gap: no publication row fits the kind {sides[0].facts.kind} in the class {severity.code}.",
                zh=f"空白：“{sides[0].facts.kind}”属于“{severity.name_zh}”时没有公示规则。",
                sides=sides,
            ),
            shows=sides[0].failed == "no_row",
        )


def _two_windows(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    for (place, (one, taken)), (_, (other, _)) in combinations(enumerate(logic.windows), 2):
        model = search.case(logic.answered, taken, logic.window_fits(other))
        if model is None:
            continue
        side = search.sides(model)[0]
        rows = side.pack.publication
        sides = (side, _again(side, with_rows(side.pack, "publication", rows[:place] + rows[place + 1 :])))
        yield confirmed(
            Finding(
                code="window_overlap",
                en=f"Overlap: the publication rows {one.id} and {other.id} fit the same record.",
                zh=f"重叠：公示规则 {one.id} 与 {other.id} 适用于同一信息。",
                sides=sides,
            ),
            shows=all(side.verdict is not None for side in sides) and _used(side, one.id),
        )


def with_rows(pack: Pack, table: str, rows: Sequence[object]) -> Pack:
    """The pack with other rows in a table, unchecked."""
    content = {name: getattr(pack, name) for name in Pack.model_fields}
    return Pack.model_construct(**{**content, table: tuple(rows)})


def _again(side: Side, pack: Pack) -> Side:
    return replay(pack, side.facts, on=side.on, switches=side.switches, parameters=side.parameters)


def _used(side: Side, row: str) -> bool:
    return side.verdict is not None and row in side.verdict.classification.rows


def _no_choice(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    tables: tuple[tuple[str, Sequence[AtMaximumRow | TransitionRow]], ...] = (
        ("at_maximum", logic.pack.at_maximum),
        ("transition", logic.pack.transition),
    )
    for table, rows in tables:
        chosen = either(*(search.settings.chosen(logic.pack, row.when.switch) for row in rows))
        model = search.case(logic.adverse, logic.classified, logic.has_window, negated(chosen))
        if model is None:
            continue
        side = search.sides(model)[0]
        if table == "transition":
            side = _governed(side)
        yield confirmed(
            Finding(
                code=f"{table}_gap",
                en=f"Gap: under these switches no row of the table {table} holds.",
                zh=f"空白：在这些选项下，{table} 表没有适用的规则。",
                sides=(side,),
            ),
            shows=side.failed == "no_row",
        )


def _governed(side: Side) -> Side:
    """The case as one found before the pack was in force, asked on the first day on which it is."""
    pack, first = side.pack, side.pack.in_force.from_
    facts = dataclasses.replace(side.facts, found_on=first - timedelta(days=1))
    try:
        govern(facts, packs=[pack], jurisdiction=pack.jurisdiction, on=first)
    except StopIteration:
        said = "no row says which pack governs an earlier finding"
        return dataclasses.replace(side, facts=facts, on=first, verdict=None, failed="no_row", said=said)
    return side


def _dead_rows(logic: SymbolicPack, search: Search) -> Iterator[Finding]:
    for place, row in enumerate(logic.pack.classification):
        if search.settings.chosen(logic.pack, row.when.switch) is False:
            continue  # The operator chose otherwise; that is no fault of the row.
        fits = [(measure, rows[place]) for measure, rows in logic.first_rows.items() if place in rows]
        if search.possible(either(*(both(logic.carried(measure), taken) for measure, taken in fits))):
            continue
        # Where the row's own conditions exclude one another, the case is as near to them as can be.
        named = either(*(both(logic.carried(measure), logic.reach[place]) for measure, _ in fits))
        near = [logic.kind_is(row.when.kind), either(*(logic.carried(measure) for measure, _ in fits)), named]
        near += [negated(search.facts.carried(measure)) for measure in _others(logic, row)]
        model = search.case(logic.adverse, preferring=near)
        if model is None:
            return
        sides = search.sides(model)
        used = [] if sides[0].verdict is None else sides[0].verdict.classification.rows
        takers = [one for one in logic.pack.classification[:place] if one.id in used]
        against = [one.id for one in takers if one.severity != row.severity]
        reason = f"{', '.join(one.id for one in takers)} take everything that it names"
        reason_zh = f"其全部情形已由 {'、'.join(one.id for one in takers)} 涵盖"
        if not holds(model, named):
            reason, reason_zh = "its conditions exclude one another", "其条件相互排斥"
        elif against:
            reason, reason_zh = reason + ", and decide otherwise", reason_zh + "，且结论不同"
        yield confirmed(
            Finding(
                code="dead_row",
                en=f"The row {row.id} can never fit: {reason}.",
                zh=f"规则 {row.id} 永远不会适用：{reason_zh}。",
                sides=sides,
            ),
            shows=row.id not in used,
        )


def _others(logic: SymbolicPack, row: ClassificationRow) -> list[str]:
    return [
        one.code
        for one in logic.pack.measures
        if row.when.measure is None or one.code not in row.when.measure
    ]


def _ordered(logic: SymbolicPack, search: Search) -> Iterator[Note]:
    """Rows that meet and disagree while neither is a special case of the other: their order decides."""
    rows = logic.pack.classification
    for place, other in combinations(range(len(rows)), 2):
        if rows[place].severity == rows[other].severity or _apart(rows[place], rows[other]):
            continue
        one, two = (_everywhere(logic, which) for which in (place, other))
        meet = [both(one[measure], two[measure]) for measure in one.keys() & two.keys()]
        if not search.possible(either(*meet)):
            continue
        if all(search.possible(_beyond(mine, theirs)) for mine, theirs in ((one, two), (two, one))):
            yield Note(
                en=f"{rows[place].id} ({rows[place].severity}) and {rows[other].id} ({rows[other].severity}) "
                f"can fit the same record; the first holds because it comes first.",
                zh=f"{rows[place].id}（{rows[place].severity}）与 {rows[other].id}（{rows[other].severity}）"
                f"可能同时适用，以在前者为准。",
            )


def _apart(one: ClassificationRow, other: ClassificationRow) -> bool:
    """The rows name different values of something, so that they never meet."""
    pairs = [(getattr(one.when, name), getattr(other.when, name)) for name in ASKED]
    switches = (one.when.switch, other.when.switch)
    return any(
        mine is not None and theirs is not None and not set(mine) & set(theirs) for mine, theirs in pairs
    ) or any(switches[0][code] != switches[1][code] for code in switches[0].keys() & switches[1].keys())


def _everywhere(logic: SymbolicPack, place: int) -> dict[str | None, Term]:
    return {
        measure: both(logic.carried(measure), logic.reach[place])
        for measure, rows in logic.first_rows.items()
        if place in rows
    }


def _beyond(mine: dict[str | None, Term], theirs: dict[str | None, Term]) -> Term:
    return either(*(both(term, negated(theirs.get(measure, False))) for measure, term in mine.items()))
