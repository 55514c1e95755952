"""Other programs read the lake, and a lookup of one entity reads little of it."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import StaticTable

from goodstanding.intake.lake import (
    SCHEMA,
    Lake,
    append,
    bucket_of,
    bucket_table,
    compact,
    current_sql,
    duckdb_relation,
    files_sql,
    history,
    new_folder,
    open_lake,
    plan,
    redact,
    write_batch,
)

from .lake_rows import Oracle, batch_id, entity_id, row, sorted_rows, table, written

ROWS = 160_000


@pytest.fixture(scope="module")
def large(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two buckets, eight compacted files with several groups each."""
    lake = open_lake(folder=tmp_path_factory.mktemp("lake"), buckets=2)
    batch = batch_id(1)
    with duckdb.connect() as connection:
        sample = row(entity=entity_id(1), record=1, version=1, batch=batch, at=1, buckets=2)
        connection.register("sample", table([sample]))
        connection.register("buckets", bucket_table(2))
        connection.execute(
            "CREATE TABLE many AS SELECT sample.* REPLACE (buckets.bucket AS bucket, made.entity AS entity,"
            " made.natural_key AS natural_key, made.row AS row) FROM (SELECT i AS row, uuid()::VARCHAR AS entity,"
            f" unhex(sha256(i::VARCHAR)) AS natural_key FROM range({ROWS}) AS t(i)) AS made, sample"
            " JOIN buckets ON prefix = made.entity[1:2]"
        )
        append(lake, batch=batch, files=write_batch(connection, table="many", folder=new_folder(lake, batch)))
    compact(lake, everything=True, rows_per_file=25_000)
    return lake


def some_entity(lake: Lake) -> str:
    (found,) = duckdb.sql(
        f"SELECT entity FROM {files_sql(plan(lake))} ORDER BY entity OFFSET 70_000 LIMIT 1"
    ).fetchall()
    return str(found[0])


def test_one_entity_is_in_one_group_of_one_file(large: Lake) -> None:
    everything, entity = plan(large), some_entity(large)
    assert len(everything) == 8 and sum(file.rows for file in everything) == ROWS
    (file,) = plan(large, entity=entity)
    assert file.bucket == bucket_of(entity, buckets=2)
    assert pq.read_metadata(file.path).num_row_groups > 1
    (fragment,) = ds.dataset(str(file.path)).get_fragments()
    assert fragment.subset(pc.field("entity") == entity).num_row_groups == 1
    assert plan(large, batch=batch_id(2)) == () and len(plan(large, bucket=1)) == 4


def test_a_lookup_does_not_read_the_other_groups(large: Lake, tmp_path: Path) -> None:
    """In a copy of the file every other group is destroyed; a lookup must not notice."""
    entity = some_entity(large)
    (file,) = plan(large, entity=entity)
    (expected,) = history(large, entity=entity).to_pylist()
    metadata = pq.read_metadata(file.path)
    data = bytearray(file.path.read_bytes())
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        bounds = group.column(SCHEMA.names.index("entity")).statistics
        if bounds.min <= entity <= bounds.max:
            continue
        for column in map(group.column, range(group.num_columns)):
            start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
            data[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(data)
    with duckdb.connect() as connection:
        every_row = "SELECT sum(length(content)) FROM read_parquet(?)"
        with pytest.raises(duckdb.Error):
            connection.execute(every_row, [str(broken)])
        conditions = {
            "entity": f"entity = '{entity}'",
            "both": f"entity = '{entity}' AND natural_key = unhex('{expected['natural_key'].hex()}')",
        }
        for name, condition in conditions.items():
            found = connection.execute(f"SELECT * FROM read_parquet(?) WHERE {condition}", [str(broken)])
            assert found.to_arrow_table().cast(SCHEMA).to_pylist() == [expected], name
    lazily = pl.scan_parquet(broken).filter(pl.col("entity") == entity).collect()
    assert lazily.to_arrow().cast(SCHEMA).to_pylist() == [expected]
    by_arrow = ds.dataset(broken).to_table(filter=pc.field("entity") == entity)
    assert by_arrow.cast(SCHEMA).to_pylist() == [expected]


def test_the_groups_of_a_sorted_file_keep_bounds_of_the_keys(large: Lake) -> None:
    metadata = pq.read_metadata(plan(large)[0].path)
    for column in ("entity", "natural_key"):
        at = metadata.schema.names.index(column)
        bounds = [metadata.row_group(group).column(at).statistics for group in range(metadata.num_row_groups)]
        assert all(bound.has_min_max and bound.min < bound.max for bound in bounds)
        if column == "entity":
            assert all(a.max <= b.min for a, b in itertools.pairwise(bounds))


@pytest.fixture
def filled(database: str, tmp_path: Path) -> tuple[Lake, Oracle]:
    """A small lake with every kind of change, a compaction in between, and its oracle."""
    lake, oracle = (
        open_lake(folder=tmp_path / "the lake's folder", buckets=4),
        Oracle(random.Random(11), buckets=4),
    )
    for turn in range(4):
        batch, rows = oracle.next_batch(60)
        append(lake, batch=batch, files=written(lake, batch, rows))
        oracle.rows += rows
        if turn == 1:
            compact(lake)
    keys = {oracle.rows[0]["natural_key"]}
    redact(lake, keys)
    oracle.redact(keys)
    return lake, oracle


def test_duckdb_and_polars_read_the_planned_files(filled: tuple[Lake, Oracle]) -> None:
    lake, oracle = filled
    expected = sorted_rows(oracle.rows)
    paths = [str(file.path) for file in plan(lake)]
    with duckdb.connect() as connection:
        plain = connection.execute("SELECT * FROM read_parquet($1)", [paths]).to_arrow_table()
        assert duckdb_relation(connection, plan(lake)).count("*").fetchone() == (len(expected),)
    frames = {
        "duckdb": plain,
        "polars, files": pl.scan_parquet(paths).collect().to_arrow(),
        "polars, iceberg": pl.scan_iceberg(lake.table()).collect().to_arrow(),
        "pyiceberg": lake.table().scan().to_arrow(),
        "pyiceberg, without the catalog": StaticTable.from_metadata(lake.table().metadata_location)
        .scan()
        .to_arrow(),
    }
    for name, frame in frames.items():
        assert sorted_rows(frame.select(SCHEMA.names).cast(SCHEMA).to_pylist()) == expected, name


def test_duckdb_reads_the_table_by_its_iceberg_extension(filled: tuple[Lake, Oracle]) -> None:
    lake, oracle = filled
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        try:
            connection.execute("LOAD iceberg")
        except duckdb.IOException:
            pytest.skip("DuckDB's extension iceberg is not installed here")
        found = connection.execute(
            "SELECT * FROM iceberg_scan(?)", [lake.table().metadata_location]
        ).to_arrow_table()
    assert sorted_rows(found.select(SCHEMA.names).cast(SCHEMA).to_pylist()) == sorted_rows(oracle.rows)


def test_spark_reads_the_planned_files_and_writes_files_of_the_lake(filled: tuple[Lake, Oracle]) -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    from goodstanding.law.columns import spark

    lake, oracle = filled
    session = spark(master="local[1]", memory="1g")._session
    try:
        frame = session.read.parquet(*[str(file.path) for file in plan(lake)])
        assert arrow_rows(frame) == sorted_rows(oracle.rows)
        frame.createOrReplaceTempView("records")
        current = [row for number in range(25) for row in oracle.current(entity_id(number))]
        assert arrow_rows(session.sql(current_sql("records"))) == sorted_rows(current)

        batch, rows = oracle.next_batch(50)
        folder = new_folder(lake, batch)
        session.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        arriving = session.createDataFrame(table(rows))
        arriving = arriving.withColumn("part", arriving["bucket"]).repartition("part")
        sorted_ = arriving.sortWithinPartitions("part", "entity", "natural_key", "version")
        sorted_.write.partitionBy("part").option("compression", "zstd").parquet(str(folder / "spark"))
        append(lake, batch=batch, files=sorted((folder / "spark").rglob("*.parquet")))
        oracle.rows += rows
        frame = session.read.parquet(*[str(file.path) for file in plan(lake)])
        assert frame.columns == SCHEMA.names and arrow_rows(frame) == sorted_rows(oracle.rows)
    finally:
        session.stop()
    for number in range(25):
        assert history(lake, entity=entity_id(number)).to_pylist() == oracle.history(entity_id(number))
    compact(lake, everything=True)
    found: pa.Table = lake.table().scan().to_arrow()
    assert sorted_rows(found.cast(SCHEMA).to_pylist()) == sorted_rows(oracle.rows)


def arrow_rows(frame: Any) -> list[dict[str, Any]]:
    return sorted_rows(frame.select(*SCHEMA.names).toArrow().cast(SCHEMA).to_pylist())
