"""Where columns are computed: DuckDB in this process, or Spark. Small tables are put beside the facts."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law.errors import LawError


def duckdb(*, threads: int | None = None) -> Any:
    """A DuckDB database in memory, as an Ibis connection. `threads`: None for all cores."""
    return ibis.duckdb.connect() if threads is None else ibis.duckdb.connect(threads=threads)


def spark(*, master: str = "local[2]", memory: str = "4g") -> Any:
    """Spark as an Ibis connection; needs the extra `spark` and, for a local one, Java 17 or newer.

    Arguments: master, "local[N]" or "spark://HOST:PORT"; memory, of the driver, which sends the tables of the
    pack to the executors. Raises LawError where there is no Java.
    """
    from pyspark.sql import SparkSession

    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise LawError(
            code="java_missing",
            en="Spark needs Java, and there is no `java` on the path.",
            zh="Spark 需要 Java，但路径中没有 `java`。",
            place="java",
            remedy_en="Install a Java runtime of version 17 or newer, or use DuckDB.",
            remedy_zh="请安装 Java 17 或更高版本，或改用 DuckDB。",
        )
    settings = {
        "spark.driver.memory": memory,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "1000000",
        "spark.sql.ansi.enabled": "true",
        # The joins are chosen here (small tables are broadcast); a broadcast that fails then says so at once.
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        settings |= {"spark.sql.shuffle.partitions": "4", "spark.driver.bindAddress": "127.0.0.1"}
        settings["spark.driver.host"] = "127.0.0.1"
    builder = SparkSession.builder.master(master).appName("goodstanding")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return ibis.pyspark.connect(builder.getOrCreate())


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
        session = engine._session
        earlier = session.table(name) if session.catalog.tableExists(name) else None
        session.sql(query).cache().createOrReplaceTempView(name)
        if earlier is not None:
            earlier.unpersist()
    else:
        engine.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    return engine.table(name)


def forget(engine: Any) -> None:
    """Drop the tables of packs that were put into the engine; verdicts not yet computed are lost with them.

    On Spark what `keep` kept is let go too, since its memory is the driver's. For sessions that ask about many
    days: every day has a table of windows of its own.
    """
    if engine.name == "pyspark":
        engine._session.catalog.clearCache()
    for name in engine.list_tables():
        if name.startswith("law_"):
            if engine.name == "pyspark":
                engine._session.catalog.dropTempView(name)
            else:
                engine.con.execute(f"DROP TABLE {name}")
