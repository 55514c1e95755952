"""Mass facts from a CSV file to the lake and the registry's commit, and what a user would otherwise do.

Method: entities are registered in a fresh installation (durable PostgreSQL), a CSV file of tax payments about them is
written, handed in and run: checks, linkage by code, classification, comparison with what is there, files of the lake,
Iceberg commit, Merkle root, one transaction of the registry. Processor seconds are those of this process and of
PostgreSQL. GOODSTANDING_MASS_ROWS sets the sizes (1_000_000, by commas, the smallest first): each in an installation
and a process of its own, so that memory is that of one size, and its file is deleted once it is handed in. With several
sizes, what a row of the largest costs beside one of the first.

At the first size a second file of as many other rows follows, so that there is something to compare with; and beside
it, on the same file: pandas with python-stdnum (read, check each code, read day and amount, write Parquet) on a sample,
and plain COPY into a table of texts with one index. Then the projection to 80.7 billion.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from .common import cpu_of_children_and_self, installation, machine, server_cpu
from .projection import Measured, show

SIZES = tuple(int(item) for item in os.environ.get("GOODSTANDING_MASS_ROWS", "1_000_000").split(","))
ENTITIES = 100_000
SAMPLE = 200_000
CONTRACT = "tax-payments"


def main() -> None:
    """Measure and print."""
    print(f"mass facts about {ENTITIES:,} entities:", machine(), flush=True)
    found = []
    for at, rows in enumerate(SIZES):
        command = [sys.executable, "-m", "bench.mass", str(rows), "beside" if at == 0 else "alone"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        *said, figures = done.stdout.splitlines()
        print("\n".join(said), flush=True)
        found += [Measured(**item) for item in json.loads(figures)]
    if len(SIZES) > 1:
        first, last = (figure.processor / figure.rows for figure in (found[0], found[-1]))
        print(f"  a row of {SIZES[-1]:,} costs {last / first:.2f} times one of {SIZES[0]:,}")
    show(found)


def one_size(rows: int, *, beside: bool) -> list[Measured]:
    """Measure one size in a fresh installation; with what stands beside it, or alone."""
    with installation() as folder:
        authority = _register()
        path = folder / "first.csv"
        _write(path, start=0, rows=rows)
        kept = path.with_name("kept.csv")
        if beside:
            kept.hardlink_to(path)
        found = [_measure(f"{rows:,} rows into an empty lake", path, authority, rows=rows)]
        if beside:
            path = folder / "second.csv"
            _write(path, start=rows, rows=rows)
            found.append(_measure(f"{rows:,} rows beside as many", path, authority, rows=rows))
            _otherwise(kept, folder, rows=rows)
    return found


def _register() -> int:
    from django.db import transaction

    from goodstanding.identity import org_code_from, uscc_from_parts
    from goodstanding.registry.commands import create_authority
    from goodstanding.registry.entities import ReportedEntity, register
    from goodstanding.registry.models import Authority

    code = uscc_from_parts(prefix2="11", region6="980100", org_code9=org_code_from("00000001"))
    bureau = create_authority(
        code=code, name_zh="临湖市税务局", name_en="Linhu Tax Bureau", source_kind="tax"
    )
    for start in range(0, ENTITIES, 10_000):
        rows = [
            ReportedEntity(
                row=at,
                identifiers=(("uscc", _code(at)),),
                kind="organisation",
                name=f"临湖市第{at}号贸易有限公司",
                name_key=f"临湖市第{at}号贸易有限公司",
                registered_by_id=bureau.pk,
            )
            for at in range(start, start + 10_000)
        ]
        with transaction.atomic():
            register(rows, at=datetime(2026, 6, 1, tzinfo=UTC))
    assert Authority.objects.count() == 1
    return bureau.pk


def _code(at: int) -> str:
    from goodstanding.identity import org_code_from, uscc_from_parts

    return uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from(f"MA{at:06d}"))


def _write(path: Path, *, start: int, rows: int) -> None:
    import duckdb
    import pyarrow as pa

    from goodstanding.intake.contract import load_contract

    names = [column.name for column in load_contract(CONTRACT).columns]
    given = {
        "MC": "name",
        "TYSHXYDM": "value",
        "SPHM": "'3980126' || lpad(i::VARCHAR, 11, '0')",
        "SZ": "['增值税', '企业所得税', '城市维护建设税', '印花税'][1 + (i % 4)::INTEGER]",
        "SSQQ": "'2026-04-01'",
        "SSQZ": "'2026-04-30'",
        "SJJE": "printf('%.2f', (hash(i) % 100000000) / 100)",
        "RKRQ": "strftime(DATE '2026-05-01' + (i % 28)::INTEGER, '%Y-%m-%d')",
    }
    selected = ", ".join(f'{given.get(name, chr(39) * 2)} AS "{name}"' for name in names)
    with duckdb.connect(config={"memory_limit": "2GB"}) as con:
        places = range(ENTITIES)
        con.register(
            "subjects",
            pa.table({"place": list(places), "value": [_code(at) for at in places]}),
        )
        con.execute(
            f"COPY (SELECT {selected} FROM (SELECT i, value, '临湖市第' || place || '号贸易有限公司' AS name"
            f" FROM range({start}, {start + rows}) t(i) JOIN subjects ON place = i * 7919 % {ENTITIES}))"
            f" TO '{path}' (FORMAT csv, HEADER)"
        )


def _measure(title: str, path: Path, authority: int, *, rows: int) -> Measured:
    from goodstanding.intake import commands, lake

    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    batch = commands.receive(
        path=path, name=path.name, contract=CONTRACT, authority_id=authority, account_id=None, at=at
    )
    path.unlink()  # the inbox has it
    before, wall, used = server_cpu(), time.perf_counter(), cpu_of_children_and_self()
    done = commands.run(batch.pk, today=date(2026, 6, 1), at_clock=lambda: at)
    wall, used = time.perf_counter() - wall, cpu_of_children_and_self() - used
    server = server_cpu() - before
    assert done.state == "done" and done.committed == rows, (done.state, done.error, done.rejected)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    files = lake.plan(lake.open_lake(), batch=str(done.public_id))
    print(
        f"  {title}: {wall:.1f} s of the clock, {used:.1f} s of the processor here and {server:.1f} s in PostgreSQL:"
        f" {rows / (used + server):,.0f} rows/s and core with the registry's commit,"
        f" {(used + server) / rows * 1e6:.2f} µs a row; peak memory {peak:.2f} GiB"
    )
    return Measured(
        title, rows=rows, processor=used + server, wall=wall, lake_bytes=sum(file.bytes for file in files)
    )


def _otherwise(path: Path, folder: Path, *, rows: int) -> None:
    def timed(title: str, rows: int, work: Callable[[], None]) -> None:
        before, wall, used = server_cpu(), time.perf_counter(), cpu_of_children_and_self()
        work()
        wall, used = time.perf_counter() - wall, cpu_of_children_and_self() - used + server_cpu() - before
        print(f"  {title}: {rows:,} rows, {wall:.1f} s of the clock, {rows / used:,.0f} rows/s and core")

    timed("pandas with python-stdnum", min(rows, SAMPLE), lambda: _pandas(path, folder))
    timed("plain COPY into a table of texts, one index", rows, lambda: _copy(path))


def _pandas(path: Path, folder: Path) -> None:
    import pandas as pd
    from stdnum.cn import uscc

    table = pd.read_csv(path, dtype=str, nrows=SAMPLE, keep_default_na=False)
    table["fine"] = [uscc.is_valid(code) for code in table["TYSHXYDM"]]
    table["day"] = pd.to_datetime(table["RKRQ"], errors="coerce")
    table["amount"] = pd.to_numeric(table["SJJE"], errors="coerce")
    table = table.drop_duplicates(["TYSHXYDM", "SPHM"])
    table.to_parquet(folder / "pandas.parquet", compression="zstd")


def _copy(path: Path) -> None:
    from django.db import connection

    with path.open() as file:
        names = [f'"{name}" text' for name in file.readline().strip().split(",")]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE plain ({', '.join(names)})")
        with path.open("rb") as file, cursor.copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        cursor.execute('CREATE INDEX ON plain ("TYSHXYDM", "SPHM")')


if __name__ == "__main__":
    found = one_size(int(sys.argv[1]), beside=sys.argv[2] == "beside")
    print(json.dumps([asdict(figure) for figure in found]))
