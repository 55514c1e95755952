"""Rows whose entities and keys begin alike: the files of the lake are in order all the same."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goodstanding.intake.build import KnownAuthority
from goodstanding.intake.bulk.job import PREPARED
from goodstanding.intake.bulk.lake_files import LakeFiles
from goodstanding.intake.bulk.prepared import Prepared
from goodstanding.intake.bulk.settling import Settled
from tests.intake.bulk_runs import job

SENDER = "11980100MB2T15480X"
#: The first eight bytes are the same in pairs, the last ones turn the order of their rows.
ENTITIES = [
    f"{first}a0b1c2-0000-4000-{last}000-000000000000" for first in ("00", "01", "4f", "ff") for last in "b8"
]
KEYS = [b"\1" * 8 + bytes([end]) * 24 for end in (9, 3, 7)]


def rows() -> pa.Table:
    """Each key of each entity twice; the second comes to another version."""
    every = list(itertools.product(KEYS, range(2), ENTITIES))
    few = {"issuer": SENDER, "source": SENDER, "legal_basis": "", "pack": "pack"}
    made = [
        few
        | {"seq": seq, "row": seq + 2, "entity": entity, "bucket": int(entity[:2], 16) % 4}
        # No two records share a key.
        | {"natural_key": key[:-1] + bytes([ENTITIES.index(entity)]), "content_digest": b"\2" * 32}
        | {"content": f"{{{seq}}}", "document_no": str(seq), "measures": [], "published": False}
        for seq, (key, _, entity) in enumerate(every)
    ]
    return pa.Table.from_pylist(made, PREPARED)


@pytest.mark.parametrize("spilled", [False, True])
def test_rows_that_begin_alike_are_in_order(tmp_path: Path, *, spilled: bool) -> None:
    work = job("tax-payments", {SENDER: KnownAuthority(1, "government")}, SENDER)
    given = rows()
    prepared = Prepared(tmp_path / "parts", rows=10, buckets=4)
    for start in range(0, len(given), 7):
        prepared.add(given.slice(start, 7))
        if spilled:
            prepared.end_slice()
            prepared.spill()
    prepared.end_slice()
    assert prepared.spilled is spilled
    settled = Settled(
        np.zeros(len(given), np.uint8),
        np.where(np.arange(len(given)) // len(ENTITIES) % 2, 2, 1).astype(np.int32),
        0,
    )
    files = LakeFiles(work, tmp_path)
    for portion in prepared.portions():
        files.write(portion, settled)
    found = [pq.ParquetFile(path).read().to_pylist() for path in files.close()]
    assert sum(map(len, found)) == len(given)
    for file in found:
        order = [(row["bucket"], row["entity"], row["natural_key"], row["version"]) for row in file]
        assert order == sorted(order) and len({bucket for bucket, *_ in order}) == 1
    texts = {row["row"]: row["content"] for file in found for row in file}
    assert texts == {row["row"]: row["content"] for row in given.to_pylist()}
