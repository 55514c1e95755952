"""The three evaluators beside OpenFisca and zen-engine: one rule, the same rows, one run.

The comparators run in the environment that GOODSTANDING_COMPARATORS names (see bench/comparators/README.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

from goodstanding.law import Facts, classify, decide, load_pack

from .common import machine

ROWS = 10_000
VECTOR = 1_000_000
ON = date(2026, 11, 1)
KINDS = ("penalty", "penalty", "penalty", "serious_list", "abnormal_list", "other")
MEASURES = (
    "warning",
    "criticism",
    "fine",
    "confiscation_of_goods",
    "revocation",
    "restriction_on_employment",
    "order_to_close",
)


def rows() -> list[dict[str, object]]:
    """Records with one measure each, from one seed, every end of a month among their dates."""
    random = Random(20261101)
    made = []
    for _ in range(ROWS):
        kind = random.choice(KINDS)
        found = date(2022, 1, 1) + timedelta(days=random.randrange(1800))
        if random.random() < 0.2:
            found = found.replace(day=1) - timedelta(days=1)
        performed = found + timedelta(days=random.randrange(400)) if random.random() < 0.7 else None
        made.append(
            {
                "kind": kind,
                "measure": random.choice(MEASURES) if kind == "penalty" else None,
                "simple_procedure": kind == "penalty" and random.random() < 0.1,
                "committed": random.random() < 0.8,
                "found_on": found.isoformat(),
                "performed_on": performed and performed.isoformat(),
                "on": ON.isoformat(),
            }
        )
    return made


def facts_of(row: dict[str, object]) -> Facts:
    """A row for evaluator 1."""
    measure, performed = row["measure"], row["performed_on"]
    return Facts(
        kind=str(row["kind"]),
        measures=frozenset({str(measure)} if measure else ()),
        simple_procedure=bool(row["simple_procedure"]),
        committed=bool(row["committed"]),
        found_on=date.fromisoformat(str(row["found_on"])),
        performed_on=date.fromisoformat(str(performed)) if performed else None,
    )


def rate(call: Callable[[Facts], object], facts: list[Facts]) -> float:
    """Calls a second, the best of three passes."""
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        for each in facts:
            call(each)
        best = max(best, len(facts) / (time.perf_counter() - start))
    return best


def comparator(name: str, file: Path) -> dict[str, object]:
    """The rates and answers of one comparator."""
    script = Path(__file__).parent / "comparators" / f"{name}_restoration.py"
    python = os.environ["GOODSTANDING_COMPARATORS"]
    done = subprocess.run(
        [python, str(script), str(file), str(VECTOR)], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(given: list[dict[str, object]]) -> tuple[dict[str, float], list[list[object]]]:
    """Rates of evaluator 1, and its answers."""
    pack = load_pack("cn-ndrc-36-2025")
    facts = [facts_of(row) for row in given]
    rates = {
        "class and window": rate(lambda each: classify(each, pack=pack), facts),
        "decision": rate(lambda each: decide(each, pack=pack, on=ON), facts),
        "explained decision": rate(lambda each: decide(each, pack=pack, on=ON).explain("en"), facts),
    }
    answers = []
    for each in facts:
        verdict = decide(each, pack=pack, on=ON)
        found = verdict.classification
        until = found.publish_until and found.publish_until.isoformat()
        first = found.restorable_from and found.restorable_from.isoformat()
        answers.append([found.severity, first, until, verdict.eligible])
    return rates, answers


def columns(given: list[dict[str, object]]) -> dict[str, float]:
    """Rows a second of evaluator 2 on DuckDB: from facts to numbers, and from numbers to verdicts."""
    import pyarrow as pa

    from goodstanding.law.columns import duckdb, encode, keep, verdicts

    pack = load_pack("cn-ndrc-36-2025")
    names = ("kind", "simple_procedure", "committed")
    table = {name: [row[name] for row in given] for name in names}
    table["measures"] = [[row["measure"]] if row["measure"] else [] for row in given]
    for name in ("found_on", "performed_on"):
        table[name] = [row[name] and date.fromisoformat(str(row[name])) for row in given]
    engine = duckdb(threads=2)
    engine.con.register("given", pa.table(table))
    engine.con.execute(f"CREATE TABLE facts AS SELECT given.* FROM given, range({VECTOR // len(given)})")
    asked = ("severity", "restorable_from", "publish_until", "eligible", "earliest_on")
    best = {"encode": 0.0, "verdicts": 0.0}
    for _ in range(3):
        start = time.perf_counter()
        keep(engine, "encoded", encode(engine.table("facts"), pack=pack))
        between = time.perf_counter()
        keep(engine, "judged", verdicts(engine.table("encoded"), pack=pack, on=ON, columns=asked))
        end = time.perf_counter()
        best["encode"] = max(best["encode"], VECTOR / (between - start))
        best["verdicts"] = max(best["verdicts"], VECTOR / (end - between))
    return best


def main() -> None:
    """Measure and print."""
    print(f"law_comparison: {machine()}")
    print(f"  one rule of Order 36, {ROWS:,} records one at a time, {VECTOR:,} as columns; best of three")
    given = rows()
    rates, answers = ours(given)
    for name, value in rates.items():
        print(f"  Goodstanding, {name:<28}{value:>14,.0f} a second")
    for name, value in columns(given).items():
        print(f"  Goodstanding, columns on DuckDB, {name:<9}{value:>14,.0f} a second")
    if "GOODSTANDING_COMPARATORS" not in os.environ:
        print("  comparators not measured: set GOODSTANDING_COMPARATORS (bench/comparators/README.md)")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        file.write_text(json.dumps(given), encoding="utf-8")
        for name in ("openfisca", "zen"):
            found = comparator(name, file)
            same = sum(a == b for a, b in zip(found["answers"], answers, strict=True))  # type: ignore[call-overload]
            for what, value in found["rates"].items():  # type: ignore[attr-defined]
                print(f"  {name}, {what:<34}{value:>14,.0f} a second")
            print(f"  {name}: {same:,} of {len(answers):,} answers the same as evaluator 1's")
