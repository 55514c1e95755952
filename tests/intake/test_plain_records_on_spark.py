"""Files for the registry on Apache Spark: what it makes ready is what DuckDB makes ready, row by row."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goodstanding.intake.bulk import registry
from goodstanding.intake.bulk.job import Job, Sender
from goodstanding.intake.bulk.ready import READY, DuckReady, Ready
from goodstanding.intake.bulk.ready_on_spark import SparkReady
from goodstanding.intake.bulk.slices import File
from goodstanding.intake.contract import load_contract
from goodstanding.intake.readers import inspect
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority
from goodstanding.world import generate
from tests.intake.files import take_in
from tests.intake.test_bulk_on_spark import cluster

ON = date(2026, 6, 1)


__all__ = ["cluster"]  # the fixture of those tests


def rows_of(made: Ready) -> list[dict[str, object]]:
    tables = [pq.read_table(path).select(READY.names).cast(READY) for path in made.files]
    return pa.concat_tables(tables).to_pylist()


def test_spark_makes_ready_what_duckdb_makes_ready(cluster: str, database: str, tmp_path: Path) -> None:
    generate(tmp_path, entities=200, seed=8, on=ON, records=1_500)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    register, *files = manifest["files"]
    sender = Authority.objects.get(code=register["authority"])
    take_in(tmp_path / register["path"], register["contract"], sender, today=ON)
    file = next(file for file in files if file["contract"] == "double-publicity-penalties")
    contract, path = load_contract(file["contract"]), tmp_path / file["path"]
    found = inspect(path, name=path.name, contract=contract)
    sender = Authority.objects.get(code=file["authority"])
    job = Job(
        contract=contract,
        sender=Sender(sender.pk, sender.code),
        authorities=registry.authorities(),
        today=ON,
        at=datetime(2026, 6, 1, 9, tzinfo=UTC),
        batch="one",
        buckets=1,
    )
    for skip in (0, 40):
        folders = [tmp_path / f"{name}-{skip}" for name in ("duckdb", "spark")]
        for folder in folders:
            folder.mkdir()
        known = registry.known_under
        runs = (
            DuckReady(job, known=known, work=folders[0], memory="1GB"),
            SparkReady(job, master=cluster, known=known, work=folders[1]),
        )
        one, other = (run.ready(File(path, path.name, found), skip=skip) for run in runs)
        assert one.plain == other.plain and one.counts == other.counts
        assert (one.counts is not None) == (skip == 0)
        assert rows_of(one) == rows_of(other) and one.plain > 50
