"""Which prepared rows are accepted, under which version: `supersede` asked only about the keys that need it.

A key that nobody holds and that comes once commits its row as the first version. Whether that is so is seen by the
first eight bytes of the keys; rows of keys that agree in these with another, or with one that is held, are settled by
the rule itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from . import supersede
from .engines import DuckDB
from .prepared import Prepared, first_word

DISPOSITIONS: Final = ("committed", "superseding", "unchanged", "refused")
_REFUSED: Final = 3


@dataclass(frozen=True, slots=True)
class Settled:
    """By seq the disposition (a place in `DISPOSITIONS`) and the version of every row; rows that came to nothing
    are refused. ``repeated`` counts the rows whose key stood before in the same run."""

    disposition: npt.NDArray[np.uint8]
    version: npt.NDArray[np.int32]
    repeated: int

    def accepted(self, seqs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these rows enter the lake."""
        found: npt.NDArray[np.bool_] = self.disposition[seqs] <= 1
        return found

    @property
    def counts(self) -> dict[str, int]:
        """Rows by disposition, but for the refused ones."""
        found = np.bincount(self.disposition, minlength=len(DISPOSITIONS)).tolist()
        return Counter(dict(zip(DISPOSITIONS[:_REFUSED], found, strict=False)))


def settle(prepared: Prepared, engine: DuckDB, *, rows: int, repeated: bool) -> Settled:
    """Settle the rows of a run.

    Args:
        prepared: all of its prepared rows.
        engine: holds the tables ``held`` and ``last``.
        rows: how many rows the run has read.
        repeated: the same files were taken in before.
    """
    disposition, version = np.full(rows, _REFUSED, np.uint8), np.ones(rows, np.int32)
    words, count = np.empty(rows, np.uint64), 0
    for keys in prepared.narrow():
        disposition[keys["seq"].to_numpy()] = 0
        words[count : count + len(keys)] = first_word(keys["natural_key"])
        count += len(keys)
    words = words[:count]
    words.sort()  # in its place: of a hundred million keys these are 800 MB
    asked = np.unique(np.concatenate([words[1:][words[1:] == words[:-1]], *_held_among(words, engine)]))
    del words
    if not len(asked):
        return Settled(disposition, version, 0)
    parts = []
    for keys in prepared.narrow():
        word = first_word(keys["natural_key"])
        at = np.minimum(np.searchsorted(asked, word), len(asked) - 1)
        parts.append(keys.filter(pa.array(asked[at] == word)))
    engine.put("narrow", pa.concat_tables(parts).drop_columns("row"))
    found = supersede.settled(
        engine.table("narrow"), engine.table("last"), engine.table("held"), repeated=repeated
    )
    engine.keep("settled", found)
    answer = engine.raw.execute("SELECT seq, disposition, version FROM settled").to_arrow_table()
    disposition[parts_seq(parts)] = _REFUSED
    seqs = answer["seq"].to_numpy()
    disposition[seqs] = pc.index_in(answer["disposition"], pa.array(DISPOSITIONS)).to_numpy()
    version[seqs] = answer["version"].to_numpy()
    again = engine.raw.execute("SELECT count(*) - count(DISTINCT natural_key) FROM settled").fetchone()
    return Settled(disposition, version, again[0] if again else 0)


def parts_seq(parts: list[pa.Table]) -> npt.NDArray[np.int64]:
    """The seqs of rows."""
    found: npt.NDArray[np.int64] = np.concatenate([part["seq"].to_numpy() for part in parts])
    return found


def _held_among(words: npt.NDArray[np.uint64], engine: DuckDB) -> Iterator[npt.NDArray[np.uint64]]:
    """The words of keys that are held and among these, which are in order."""
    if not len(words):
        return
    for batch in engine.raw.execute("SELECT h_key FROM last").to_arrow_reader(1_000_000):
        held = np.sort(first_word(pa.table([batch.column(0)], names=["h_key"])["h_key"]))
        at = np.minimum(np.searchsorted(words, held), len(words) - 1)
        yield held[words[at] == held]
