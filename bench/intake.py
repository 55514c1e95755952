"""Rows taken in per second and core, from CSV to committed registry state.

Method: a generated city's registration file is taken in first; then its penalty files, timed from ``run`` to the
end of the last commit with durability on. One Python process and one database connection; both cores may be used
(one by Python, one by PostgreSQL), so rows per second and core is the rate divided by the cores kept busy.
"""

from __future__ import annotations

import json
import time
from datetime import date

from .common import cpu_of_children_and_self, installation, machine, server_cpu

ENTITIES = 20_000
RECORDS = 150_000


def main() -> None:
    """Measure and print."""
    print("intake:", machine())
    with installation() as folder:
        from goodstanding.cli.intake import take_in_file
        from goodstanding.registry.commands import create_authority
        from goodstanding.world import generate

        city = folder / "city"
        generate(city, entities=ENTITIES, records=RECORDS, seed=1, on=date.today())
        manifest = json.loads((city / "manifest.json").read_text())
        senders = {item["code"]: create_authority(**item).pk for item in manifest["authorities"]}
        totals: dict[str, tuple[int, float, float, float]] = {}
        for file in manifest["files"]:
            server_before = server_cpu()
            cpu, wall = cpu_of_children_and_self(), time.perf_counter()
            batch = take_in_file(
                path=city / file["path"], contract=file["contract"], authority_id=senders[file["authority"]]
            )
            wall, cpu = time.perf_counter() - wall, cpu_of_children_and_self() - cpu
            server = server_cpu() - server_before
            rows, w, c, s = totals.get(file["contract"], (0, 0.0, 0.0, 0.0))
            totals[file["contract"]] = (rows + batch.rows, w + wall, c + cpu, s + server)
        for contract, (rows, wall, cpu, server) in totals.items():
            print(
                f"  {contract:<28} {rows:>8,} rows  {rows / wall:>8,.0f} rows/s"
                f"  {rows / (cpu + server):>8,.0f} rows/s and core"
                f"  (processor seconds: Python {cpu:.1f}, PostgreSQL {server:.1f}; wall {wall:.1f})"
            )
        print("  target: 50,000 rows/s and core")
