"""Where columns are computed: DuckDB in this process, or Spark. Small tables are put beside the facts."""

from __future__ import annotations

import hashlib
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]


def duckdb(*, threads: int | None = None) -> Any:
    """A DuckDB database in memory, as an Ibis connection. `threads`: None for all cores."""
    return ibis.duckdb.connect() if threads is None else ibis.duckdb.connect(threads=threads)


def put(engine: Any, name: str, table: pa.Table) -> ir.Table:
    """A small table in the engine for the session, for joining with many rows.

    It is named after its content, so that expressions made for other packs and days keep theirs.
    """
    digest = hashlib.sha256()
    for column in table.columns:
        for chunk in column.chunks:
            for buffer in chunk.buffers():
                digest.update(buffer or b"-")
    name = f"law_{name}_{digest.hexdigest()[:16]}"
    if name not in engine.list_tables():
        if engine.name == "pyspark":
            from pyspark.sql.functions import broadcast

            broadcast(engine._session.createDataFrame(table)).createOrReplaceTempView(name)
        else:
            # As a table, not as a view of Arrow: the join by place in an array asks for its statistics.
            engine.con.register("law_arriving", table)
            engine.con.execute(f"CREATE TEMP TABLE {name} AS FROM law_arriving")
            engine.con.unregister("law_arriving")
    return engine.table(name)


def keep(engine: Any, name: str, table: ir.Table) -> ir.Table:
    """A table computed once and kept in the engine for the session, in the place of an earlier one."""
    query = engine.compile(table)
    if engine.name == "pyspark":
        engine._session.sql(query).cache().createOrReplaceTempView(name)
    else:
        engine.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    return engine.table(name)
