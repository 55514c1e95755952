"""Files of the lake's table out of accepted rows: one for each bucket, in the lake's order.

The same files as DuckDB would write (`lake.schema.COPY_OPTIONS`), at a third of the cost: texts that are the same in
many rows come as dictionaries, digests are not compressed, and only places are sorted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from goodstanding.intake.lake import schema as lake

from .job import Job
from .prepared import first_word, uuid_words
from .settling import Settled

#: Few distinct texts in many rows.
_REPEATED: Final = ("issuer", "source", "pack", "severity")
_DIGESTS: Final = ("natural_key", "content_digest")
_CONSTANT: Final = ("item", "kind", "contract", "change", "batch")
_DICTIONARY: Final = pa.dictionary(pa.int32(), pa.string())
_SCHEMA: Final = pa.schema(
    [
        (field.with_type(_DICTIONARY) if field.name in (*_REPEATED, *_CONSTANT) else field).with_nullable(
            True
        )
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
        """Write the accepted ones of prepared rows; later rows of a bucket are those of later entities."""
        rows = rows.combine_chunks()
        order = _order(rows, settled)
        if not len(order):
            return
        for name in _REPEATED:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, name, rows[name].cast(_DICTIONARY))
        taken = rows.take(pa.array(order))
        version = settled.version[rows["seq"].to_numpy()[order]]
        columns = {name: _same(text, len(order)) for name, text in self._texts.items()}
        columns |= {"version": pa.array(version), "known_from": pa.repeat(self._at, len(order))}
        columns |= {name: taken[name] for name in lake.NAMES if name not in columns}
        made = pa.table([columns[name] for name in lake.NAMES], schema=_SCHEMA)
        buckets = made["bucket"].to_numpy()
        starts = np.flatnonzero(np.diff(buckets, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(buckets)], strict=True):
            self._writer(int(buckets[start])).write_table(
                made.slice(start, end - start), row_group_size=lake.ROWS_PER_GROUP
            )

    def _writer(self, bucket: int) -> pq.ParquetWriter:
        if bucket not in self._writers:
            self._writers[bucket] = pq.ParquetWriter(
                self._path(bucket),
                _SCHEMA,
                compression=_COMPRESSION,
                use_dictionary=[*_REPEATED, *_CONSTANT, "legal_basis", "measures.list.element"],
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


def _same(text: str, count: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), [text])


def _order(rows: pa.Table, settled: Settled) -> npt.NDArray[np.int64]:
    """The places of the accepted rows by bucket, entity, natural key and version."""
    seq = rows["seq"].to_numpy()
    # Versions follow the rows, and the sort is stable.
    places = np.argsort(seq, kind="stable")
    places = places[settled.accepted(seq[places])]
    high, low = uuid_words(rows["entity"])
    key, bucket = first_word(rows["natural_key"]), rows["bucket"].to_numpy().astype(np.uint8)
    order = places[np.lexsort((key[places], low[places], high[places], bucket[places]))]
    twins = order[1:][key[order[1:]] == key[order[:-1]]], order[:-1][key[order[1:]] == key[order[:-1]]]
    if len(twins[0]) and _differ(rows, *twins):
        by = [(name, "ascending") for name in ("bucket", "entity", "natural_key", "seq")]
        order = pc.sort_indices(rows, sort_keys=by).to_numpy()
        order = order[settled.accepted(seq[order])]
    found: npt.NDArray[np.int64] = order
    return found


def _differ(rows: pa.Table, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> bool:
    """Whether keys that begin alike are not the same."""
    keys = rows["natural_key"]
    return not keys.take(pa.array(one)).equals(keys.take(pa.array(other)))
