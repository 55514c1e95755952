"""Rows taken in per second and core, from CSV to committed registry state.

Method: a generated city's registration file is taken in first; then its penalty files, timed from ``run`` to the
end of the last commit with durability on. One Python process and one database connection; both cores may be used
(one by Python, one by PostgreSQL), so rows per second and core is the rate divided by the cores kept busy.
"""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

from .common import cpu_of_children_and_self, installation, machine

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
            server_before = _server_cpu()
            cpu, wall = cpu_of_children_and_self(), time.perf_counter()
            batch = take_in_file(
                path=city / file["path"], contract=file["contract"], authority_id=senders[file["authority"]]
            )
            wall, cpu = time.perf_counter() - wall, cpu_of_children_and_self() - cpu
            server = _server_cpu() - server_before
            rows, w, c, s = totals.get(file["contract"], (0, 0.0, 0.0, 0.0))
            totals[file["contract"]] = (rows + batch.rows, w + wall, c + cpu, s + server)
        for contract, (rows, wall, cpu, server) in totals.items():
            print(
                f"  {contract:<28} {rows:>8,} rows  {rows / wall:>8,.0f} rows/s"
                f"  {rows / (cpu + server):>8,.0f} rows/s and core"
                f"  (processor seconds: Python {cpu:.1f}, PostgreSQL {server:.1f}; wall {wall:.1f})"
            )
        print("  target: 50,000 rows/s and core")


def _server_cpu() -> float:
    """Processor seconds of the database server's processes so far."""
    import os

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    total = 0.0
    parent = Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1]
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[1] == parent or entry.parent.name == parent:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total
