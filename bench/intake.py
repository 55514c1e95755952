"""Rows taken in per second and core, from CSV to committed registry state, row by row and through the columns.

Method: a generated city's registration file is taken in first; then its other files, timed from ``run`` to the
end of the last commit with durability on; and at last one large file, its largest file of penalties eight times with
other document numbers. Once row by row, and once more in a new installation by the columns, where files that are not
worth them still go row by row (``intake/engine.py``). One Python process and one database connection; rows per second
and core are the rows by the processor seconds of Python and PostgreSQL together.

GOODSTANDING_INTAKE_RECORDS sets the records of the city (150,000).
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from .common import cpu_of_children_and_self, installation, machine, server_cpu

ENTITIES = 20_000
COPIES = 8
RECORDS = int(os.environ.get("GOODSTANDING_INTAKE_RECORDS", "150_000"))


def main() -> None:
    """Measure and print."""
    print("intake:", machine())
    for way in ("rows", "duckdb"):
        asked = f"from bench.intake import measure; measure('{way}')"  # a process has one installation
        subprocess.run([sys.executable, "-c", asked], check=True)
    print("  target: 50,000 rows/s and core")


def measure(way: str) -> None:
    """Take a city in with one engine and print what it took by contract, and by file where one is large."""
    print(f"  {way}:", flush=True)
    os.environ["GOODSTANDING_ENGINE"] = way
    with installation() as folder:
        from goodstanding.cli.intake import take_in_file
        from goodstanding.registry.commands import create_authority
        from goodstanding.world import generate

        city = folder / "city"
        generate(city, entities=ENTITIES, records=RECORDS, seed=1, on=date.today())
        manifest = json.loads((city / "manifest.json").read_text())
        senders = {item["code"]: create_authority(**item).pk for item in manifest["authorities"]}
        totals: dict[str, tuple[int, float, float, float]] = {}
        large = _large(city, manifest["files"])
        for file in [*manifest["files"], large]:
            if file["contract"] == "utility-payments":
                continue  # mass facts: `python -m bench mass`
            server_before = server_cpu()
            cpu, wall = cpu_of_children_and_self(), time.perf_counter()
            batch = take_in_file(
                path=city / file["path"], contract=file["contract"], authority_id=senders[file["authority"]]
            )
            wall, cpu = time.perf_counter() - wall, cpu_of_children_and_self() - cpu
            server = server_cpu() - server_before
            name = "one large file" if file is large else file["contract"]
            rows, w, c, s = totals.get(name, (0, 0.0, 0.0, 0.0))
            totals[name] = (rows + batch.rows, w + wall, c + cpu, s + server)
        for name, (rows, wall, cpu, server) in totals.items():
            print(
                f"    {name:<28} {rows:>8,} rows  {rows / wall:>8,.0f} rows/s"
                f"  {rows / (cpu + server):>8,.0f} rows/s and core"
                f"  (processor seconds: Python {cpu:.1f}, PostgreSQL {server:.1f}; wall {wall:.1f})"
            )


def _large(city: Path, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Write the largest file of penalties several times into one, each time with other document numbers."""
    penalties = [file for file in files if file["contract"] == "double-publicity-penalties"]
    file = max(penalties, key=lambda item: item["rows"])
    with (city / file["path"]).open(encoding="utf-8-sig", newline="") as source:
        header, *rows = csv.reader(source)
    at = header.index("CF_WSH")
    with (city / "large.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(header)
        for copy in range(1, COPIES + 1):
            for row in rows:
                number = row[at].replace("号", f"之{copy}号") if len(row) > at else ""
                writer.writerow([*row[:at], number, *row[at + 1 :]])
    return file | {"path": "large.csv"}
