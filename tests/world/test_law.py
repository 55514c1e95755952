"""The city holds every class of the law in every state of publication."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from goodstanding.law import Facts, classify, load_pack
from goodstanding.world import Population
from goodstanding.world.feeds import rows_of
from goodstanding.world.generate import plan
from goodstanding.world.penalties import LAYOUT

ON = date(2026, 11, 22)


@pytest.fixture(scope="module")
def states() -> Counter[tuple[str, str]]:
    """How many clean penalties have each (class, state) on the day."""
    pack = load_pack("cn-ndrc-36-2025")
    codes = {measure.name_zh: measure.code for measure in pack.measures}
    population = Population(entities=2_000, seed=11, on=ON)
    at = {column: place for place, column in enumerate(LAYOUT.columns)}
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows_of(next(plan(30_000)), seed=11, population=population):
        if row.dirt:
            continue
        cells = [str(cell) for cell in row.cells]
        kinds = cells[at["CF_CFLB"]].replace("；", ";").replace("、", ";").split(";")
        fine = cells[at["CF_NR_FK"]]
        found = classify(
            Facts(
                kind="penalty",
                measures=frozenset(codes[kind] for kind in kinds),
                amount_yuan=Decimal(fine) * 10_000 if fine else None,
                simple_procedure="简易程序" in cells[at["CF_SY"]],
                found_on=date.fromisoformat(cells[at["CF_JDRQ"]]),
            ),
            pack=pack,
        )
        if not found.published or found.publish_until is None or found.restorable_from is None:
            state = "not published"
        elif found.publish_until <= ON:
            state = "ends today" if found.publish_until == ON else "ended"
        else:
            state = "restorable" if found.restorable_from <= ON else "not yet"
        counts[found.severity or "", state] += 1
    return counts


def test_minor_findings_are_there_and_not_published(states: Counter[tuple[str, str]]) -> None:
    assert states["minor", "not published"] > 100


@pytest.mark.parametrize("severity", ["ordinary", "serious"])
@pytest.mark.parametrize("state", ["not yet", "restorable", "ends today", "ended"])
def test_each_published_class_is_there_in_each_state(
    states: Counter[tuple[str, str]], severity: str, state: str
) -> None:
    assert states[severity, state] >= 1, states
