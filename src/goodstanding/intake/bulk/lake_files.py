"""Files of the lake's table out of accepted rows: one for each bucket, in the lake's order.

The same files as DuckDB would write (`lake.schema.COPY_OPTIONS`), at a third of the cost: texts that are the same in
many rows come as dictionaries, digests are not compressed, and only places are sorted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.intake.lake import schema as lake

from .job import PREPARED, REPEATED, Job, same
from .prepared import first_word, uuid_word
from .settling import Settled

_REPEATED: Final = tuple(field.name for field in PREPARED if field.type == REPEATED)
_DIGESTS: Final = ("natural_key", "content_digest")
_CONSTANT: Final = ("item", "kind", "contract", "change", "batch")
_SCHEMA: Final = pa.schema(
    [
        (field.with_type(REPEATED) if field.name in (*_REPEATED, *_CONSTANT) else field).with_nullable(True)
        for field in lake.SCHEMA
    ]
)
_COMPRESSION: Final = {
    "measures.list.element" if name == "measures" else name: "none" if name in _DIGESTS else "zstd"
    for name in lake.NAMES
}


class LakeFiles:
    """The files of one run. ``folder`` is where they are made."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._folder = folder
        self._texts = {
            "item": job.contract.clauses.item,
            "kind": job.record.kind,
            "contract": job.contract.reference,
            "change": "report",
            "batch": job.batch,
        }
        self._at = pa.scalar(job.at, lake.SCHEMA.field("known_from").type)
        self._writers: dict[int, pq.ParquetWriter] = {}

    def write(self, rows: pa.Table, settled: Settled) -> None:
        """Write the accepted ones of a portion's rows, which are in one piece and of one bucket; later rows of a
        bucket are those of later entities."""
        taken = rows.take(pa.array(_order(rows, settled)))
        if not len(taken):
            return
        if not _in_order(taken):
            taken = taken.sort_by([(name, "ascending") for name in ("entity", "natural_key", "seq")])
        columns = {name: same(text, len(taken)) for name, text in self._texts.items()}
        columns |= {
            "version": pa.array(settled.version[taken["seq"].to_numpy()]),
            "known_from": pa.repeat(self._at, len(taken)),
        }
        columns |= {name: taken[name] for name in lake.NAMES if name not in columns}
        made = pa.table([columns[name] for name in lake.NAMES], schema=_SCHEMA)
        writer = self._writer(rows["bucket"][0].as_py())
        writer.write_table(made, row_group_size=lake.ROWS_PER_GROUP)

    def _writer(self, bucket: int) -> pq.ParquetWriter:
        if bucket not in self._writers:
            self._writers[bucket] = pq.ParquetWriter(
                self._path(bucket),
                _SCHEMA,
                compression=_COMPRESSION,
                use_dictionary=[*_REPEATED, *_CONSTANT, "measures.list.element"],
                column_encoding=dict.fromkeys(_DIGESTS, "DELTA_LENGTH_BYTE_ARRAY"),
                store_schema=False,  # the dictionaries are nobody else's business
            )
        return self._writers[bucket]

    def _path(self, bucket: int) -> Path:
        return self._folder / f"accepted-{bucket:03d}.parquet"

    def close(self) -> list[Path]:
        """End the files. Returns them by bucket."""
        for writer in self._writers.values():
            writer.close()
        return [self._path(bucket) for bucket in sorted(self._writers)]


def _order(rows: pa.Table, settled: Settled) -> npt.NDArray[np.int64]:
    """The places of the accepted rows of a bucket by entity, natural key and version: by what these begin with."""
    seq = rows["seq"].to_numpy()
    places = np.flatnonzero(settled.accepted(seq))
    entity, key = uuid_word(rows["entity"])[places], first_word(rows["natural_key"])[places]
    # Versions follow the rows.
    found: npt.NDArray[np.int64] = places[np.lexsort((seq[places], key, entity))]
    return found


def _in_order(rows: pa.Table) -> bool:
    """Whether rows are in order not only by what their entities and natural keys begin with."""
    entity, key = rows["entity"], rows["natural_key"]
    same = pc.equal(entity[:-1], entity[1:])
    turned = pc.and_(same, pc.greater(key[:-1], key[1:]))
    return not pc.any(pc.or_(turned, pc.greater(entity[:-1], entity[1:]))).as_py()
