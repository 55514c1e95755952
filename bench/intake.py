"""Rows taken in per second and core, from CSV to committed registry state, row by row and through the columns.

Method: a generated city's registration file is taken in first; then its other files, timed from ``run`` to the
end of the last commit with durability on; once row by row, and once more in a new installation through the columns,
where files that are not worth them still go row by row (``intake/engine.py``). One Python process and one database
connection; rows per second and core are the rows by the processor seconds of Python and PostgreSQL together.

GOODSTANDING_INTAKE_RECORDS sets the records of the city (150,000); files of fewer than 20,000 rows go row by row.
"""

from __future__ import annotations

import json
import os
import time
from datetime import date

from .common import cpu_of_children_and_self, installation, machine, server_cpu

ENTITIES = 20_000
#: Files of so many rows are printed alone: those that go through the columns.
LARGE = 20_000
RECORDS = int(os.environ.get("GOODSTANDING_INTAKE_RECORDS", "150_000"))


def main() -> None:
    """Measure and print."""
    print("intake:", machine())
    for way in ("rows", "duckdb"):
        measure(way)
    print("  target: 50,000 rows/s and core")


def measure(way: str) -> None:
    """Take a city in with one engine and print what it took by contract, and by file where one is large."""
    from django.conf import settings

    print(f"  {way}:")
    with installation() as folder:
        settings.BULK_ENGINE = way
        from goodstanding.cli.intake import take_in_file
        from goodstanding.registry.commands import create_authority
        from goodstanding.world import generate

        city = folder / "city"
        generate(city, entities=ENTITIES, records=RECORDS, seed=1, on=date.today())
        manifest = json.loads((city / "manifest.json").read_text())
        senders = {item["code"]: create_authority(**item).pk for item in manifest["authorities"]}
        totals: dict[str, tuple[int, float, float, float]] = {}
        for file in manifest["files"]:
            if file["contract"] == "utility-payments":
                continue  # mass facts: `python -m bench mass`
            server_before = server_cpu()
            cpu, wall = cpu_of_children_and_self(), time.perf_counter()
            batch = take_in_file(
                path=city / file["path"], contract=file["contract"], authority_id=senders[file["authority"]]
            )
            wall, cpu = time.perf_counter() - wall, cpu_of_children_and_self() - cpu
            server = server_cpu() - server_before
            name = file["path"] if batch.rows >= LARGE else file["contract"]
            rows, w, c, s = totals.get(name, (0, 0.0, 0.0, 0.0))
            totals[name] = (rows + batch.rows, w + wall, c + cpu, s + server)
        for name, (rows, wall, cpu, server) in totals.items():
            print(
                f"    {name:<28} {rows:>8,} rows  {rows / wall:>8,.0f} rows/s"
                f"  {rows / (cpu + server):>8,.0f} rows/s and core"
                f"  (processor seconds: Python {cpu:.1f}, PostgreSQL {server:.1f}; wall {wall:.1f})"
            )
