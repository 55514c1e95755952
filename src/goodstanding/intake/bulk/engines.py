"""DuckDB in this process, with the functions that the expressions name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law import columns

from .functions import concat_functions


class DuckDB:
    """DuckDB in this process, for a contract of ``width`` columns.

    What does not fit into ``memory`` goes to ``folder``.
    """

    name = "duckdb"

    def __init__(self, *, width: int, folder: Path, memory: str = "4GB", threads: int | None = None) -> None:
        self._con = columns.duckdb(threads=threads)
        self.raw = self._con.con
        self.raw.execute(f"SET memory_limit = '{memory}'")
        self.raw.execute("SET temp_directory = ?", [str(folder)])
        for macro in (
            "gs_octets(x) AS strlen(x)",
            "gs_without_zeros(x) AS rtrim(rtrim(x, '0'), '.')",
            "gs_utf8(x) AS encode(x)",
            "gs_tail(x) AS unhex('00' || replace(x, '-', ''))",
            "gs_end(a, b) AS a || b",
            "gs_nul() AS chr(0)",
        ):
            self.raw.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
        for name, parameters, body in concat_functions(width):
            self.raw.execute(f"CREATE OR REPLACE TEMP MACRO {name}({parameters}) AS {body}")

    def put(self, name: str, table: pa.Table) -> None:
        self.raw.register("gs_arriving", table)
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM gs_arriving")
        self.raw.unregister("gs_arriving")

    def show(self, name: str, table: pa.Table) -> None:
        """A table of the process's memory under a name, without a copy."""
        self.raw.register(name, table)

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """Joins pass the rows of the left table by a hash table of the right one, in the order of the query.

        DuckDB takes a table that is shown for one row, and would make the hash tables of its millions; the filters
        that it makes of the right tables are not known to Arrow's scans.
        """
        self.raw.execute("SET disabled_optimizers = 'join_order,build_side_probe_side,join_filter_pushdown'")
        try:
            yield
        finally:
            self.raw.execute("RESET disabled_optimizers")

    def table(self, name: str) -> ir.Table:
        return self._con.table(name)

    def compile(self, table: ir.Table) -> str:
        """An expression as DuckDB's SQL."""
        return str(self._con.compile(table))

    def keep(self, name: str, table: ir.Table) -> None:
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {self.compile(table)}")

    def arrow(self, table: ir.Table) -> pa.Table:
        return self.raw.execute(self.compile(table)).to_arrow_table()

    def close(self) -> None:
        self._con.disconnect()
