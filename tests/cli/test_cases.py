"""``goodstanding cases check``: an authority's finished cases are replayed, and a late decision is named."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.casework.stories import TODAY, Town, apply, take

from .conftest import Run


def test_a_late_decision_is_named_with_its_article(database: str, run: Run) -> None:
    town = Town()
    on_time, late = (apply(town.firm, town.record()).cases.get() for _ in range(2))
    take("grant", town.market_officer, take("accept", town.market_officer, on_time))
    clean = run("cases", "check", "--json")
    assert clean.status == 0 and json.loads(clean.out.splitlines()[-1]) == {"cases": 1, "deviations": {}}
    month = TODAY + timedelta(days=30)
    accepted = take("accept", town.market_officer, late, today=month)
    take("grant", town.market_officer, accepted, today=month)
    found = run("cases", "check")
    assert found.status == 1 and "clock.late" in found.out and "[2025] 22" in found.out
    assert found.out.splitlines()[-1].startswith("2 cases replayed, 2 deviations")
