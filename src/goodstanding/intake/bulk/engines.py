"""DuckDB in this process, with the functions that the expressions name, and the keyed hash of personal parts."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law import columns

from .plain import PURPOSE, concat_functions

_PURPOSE = PURPOSE.encode() + b"\0"
_NO_PERSON = b"{}"


class DuckDB:
    """DuckDB in this process, for a contract of ``width`` columns.

    What does not fit into ``memory`` goes to ``folder``.
    """

    name = "duckdb"

    def __init__(
        self, *, secret: bytes, width: int, folder: Path, memory: str = "4GB", threads: int | None = None
    ) -> None:
        self._con = columns.duckdb(threads=threads)
        self.raw = self._con.con
        self.raw.execute(f"SET memory_limit = '{memory}'")
        self.raw.execute("SET temp_directory = ?", [str(folder)])
        for macro in (
            "gs_octets(x) AS strlen(x)",
            "gs_without_zeros(x) AS rtrim(rtrim(x, '0'), '.')",
            "gs_utf8(x) AS encode(x)",
            "gs_tail(x) AS unhex('00' || replace(x, '-', ''))",
            "gs_sha256(x) AS unhex(sha256(x))",
            "gs_then(a, b) AS a || encode(b)",
            "gs_end(a, b) AS a || b",
            "gs_nul(a) AS a || '\\x00'::BLOB",
        ):
            self.raw.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
        for name, parameters, body in concat_functions(width):
            self.raw.execute(f"CREATE OR REPLACE TEMP MACRO {name}({parameters}) AS {body}")
        self.raw.create_function(
            "gs_record_digest", _digests_under(secret), ["VARCHAR", "VARCHAR"], "BLOB", type="arrow"
        )

    def put(self, name: str, table: pa.Table) -> None:
        self.raw.register("gs_arriving", table)
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM gs_arriving")
        self.raw.unregister("gs_arriving")

    def show(self, name: str, table: pa.Table) -> None:
        """A table of the process's memory under a name, without a copy."""
        self.raw.register(name, table)

    def table(self, name: str) -> ir.Table:
        return self._con.table(name)

    def compile(self, table: ir.Table) -> str:
        """An expression as DuckDB's SQL."""
        return str(self._con.compile(table))

    def keep(self, name: str, table: ir.Table) -> None:
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {self.compile(table)}")

    def view(self, name: str, table: ir.Table) -> None:
        """An expression under a name, computed wherever the name is used."""
        self.raw.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {self.compile(table)}")

    def arrow(self, table: ir.Table) -> pa.Table:
        return self.raw.execute(self.compile(table)).to_arrow_table()

    def close(self) -> None:
        self._con.disconnect()


def _digests_under(secret: bytes) -> Any:
    """A function of Arrow columns: SHA-256 of the public part, a zero byte and the keyed hash of the personal part.

    Through OpenSSL, which uses the processor's own instructions: DuckDB's SHA-256 takes several times as long.
    """
    inner, outer = (hashlib.sha256(pad) for pad in pads(secret))
    inner.update(_PURPOSE)
    sha256 = hashlib.sha256

    def digests(public: pa.ChunkedArray, personal: pa.ChunkedArray) -> pa.Array:
        found = []
        said, persons = _as_bytes(public), _as_bytes(personal)
        for text, part in zip(said, persons, strict=True):
            digest = sha256(text)
            if part == _NO_PERSON:
                digest.update(b"\0")
            else:
                first, second = inner.copy(), outer.copy()
                first.update(part)
                second.update(first.digest())
                digest.update(b"\0" + second.digest())
            found.append(digest.digest())
        return pa.array(found, pa.binary())

    return digests


def _as_bytes(column: Any) -> list[bytes]:
    found: list[bytes] = column.cast(pa.binary()).fill_null(_NO_PERSON).to_pylist()
    return found


def pads(secret: bytes) -> tuple[bytes, bytes]:
    """The inner and outer pad of HMAC-SHA256 (RFC 2104): 64 bytes each."""
    key = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def checked_pads(secret: bytes) -> tuple[bytes, bytes]:
    """`pads`, tried against the standard library's HMAC once."""
    inner, outer = pads(secret)
    ours = hashlib.sha256(outer + hashlib.sha256(inner + _PURPOSE).digest()).digest()
    assert ours == hmac.digest(secret, _PURPOSE, "sha256")
    return inner, outer
