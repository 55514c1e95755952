"""Rows that do not fit into memory: the same files, in the same order, as without the way over the disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from goodstanding.intake.build import KnownAuthority
from goodstanding.world import generate
from tests.intake.bulk_runs import assert_same, job, known_of, take

ON = date(2026, 6, 1)
CONTRACT = "double-publicity-penalties"


def test_the_way_over_the_disk_changes_nothing(tmp_path: Path) -> None:
    manifest = generate(tmp_path, entities=300, seed=11, on=ON, records=3_000)
    known = known_of(tmp_path / "registration.csv", tmp_path / "known.parquet", today=ON)
    authorities = {
        item.code: KnownAuthority(at, "government") for at, item in enumerate(manifest.authorities, start=1)
    }
    file = next(file for file in manifest.files if file.contract == CONTRACT and file.path.endswith(".csv"))
    work = job(CONTRACT, authorities, file.authority, today=ON)
    path = tmp_path / file.path
    whole = take(path, work, known, tmp_path / "whole", rows=100)
    spilled = take(path, work, known, tmp_path / "spilled", rows=100, in_memory=150)
    assert "spill" in spilled.seconds and "spill" not in whole.seconds
    assert whole.superseding and whole.rejected and 0 < whole.plain < whole.rows
    assert_same(whole, spilled)
    for one, other in zip(whole.accepted_files, spilled.accepted_files, strict=True):
        assert pq.ParquetFile(one).read().equals(pq.ParquetFile(other).read())
    seqs = pq.read_table(spilled.digests_file)["seq"].to_pylist()
    assert seqs == sorted(seqs) and len(seqs) == spilled.committed + spilled.superseding
