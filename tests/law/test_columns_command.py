"""Columns from Parquet to Parquet on the command line, and what a table of facts may not be."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner, Result

from goodstanding.cli.law_columns import columns
from goodstanding.law import Facts, decide, load_pack
from goodstanding.law.columns import OUTPUT, ColumnsRefused, duckdb, encode, verdicts

PACK = load_pack("cn-ndrc-36-2025")
ON = date(2026, 11, 22)
FOUND = date(2026, 4, 10)


def run(*arguments: object) -> Result:
    asked = ["--pack", PACK.id, "--on", ON.isoformat(), *map(str, arguments)]
    return CliRunner().invoke(columns, asked, catch_exceptions=False)


def judge(table: pa.Table) -> list[dict[str, Any]]:
    """The verdicts of a table of facts, row by row."""
    engine = duckdb(threads=1)
    engine.con.register("facts", table)
    found = verdicts(encode(engine.table("facts"), pack=PACK), pack=PACK, on=ON).to_pyarrow().to_pylist()
    engine.disconnect()
    return list(found)


def test_rows_come_out_with_their_own_columns_and_the_verdicts(tmp_path: Path) -> None:
    facts = pa.table(
        {
            "id": ["a", "b", "c"],
            "kind": ["penalty", "penalty", "permit"],
            "measures": [["fine"], ["revocation"], None],
            "found_on": [FOUND] * 3,
            "performed_on": [date(2026, 5, 1), None, None],
            "committed": [True, None, None],
        }
    )
    parquet.write_table(facts, tmp_path / "facts.parquet")
    result = run(tmp_path / "facts.parquet", tmp_path / "verdicts.parquet")
    assert result.exit_code == 0, result.output
    assert "3 rows on 2026-11-22 by cn-ndrc-36-2025" in result.output
    written = parquet.read_table(tmp_path / "verdicts.parquet")
    assert written.column_names == ["id", *OUTPUT]
    rows = {row["id"]: row for row in written.to_pylist()}
    verdict = decide(
        Facts(
            kind="penalty",
            measures=frozenset({"fine"}),
            found_on=FOUND,
            performed_on=date(2026, 5, 1),
            committed=True,
        ),
        pack=PACK,
        on=ON,
    )
    assert rows["a"]["eligible"] is verdict.eligible is True
    assert rows["a"]["publish_until"] == verdict.classification.publish_until
    assert rows["b"]["unmet"] == ["minimum_reached", "duty_performed", "committed"]
    assert rows["c"]["publication"] == "information"


def test_several_files_are_read_by_a_pattern_and_refused_rows_are_counted(tmp_path: Path) -> None:
    for name, kind in (("one", "penalty"), ("two", "no_such_kind")):
        table = pa.table({"kind": [kind] * 2, "found_on": [FOUND] * 2})
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    result = run(tmp_path / "*.parquet", tmp_path / "out.of", "--json")
    assert result.exit_code == 1
    summary = json.loads(result.output)
    assert summary["rows"] == 4 and summary["refused"] == {"unknown_kind": 2}
    assert len(parquet.read_table(tmp_path / "out.of")) == 4


def test_choices_of_the_operator_change_the_class(tmp_path: Path) -> None:
    table = pa.table({"kind": ["penalty"], "measures": [["suspension"]], "found_on": [FOUND]})
    parquet.write_table(table, tmp_path / "facts.parquet")
    for choice, severity in ((), "ordinary"), (("--switch", "suspension_class=serious"), "serious"):
        assert run(tmp_path / "facts.parquet", tmp_path / "out.parquet", *choice).exit_code == 0
        assert parquet.read_table(tmp_path / "out.parquet")["severity"].to_pylist() == [severity]


BAD = {
    "found_on": (pa.array(["2026-04-10"]), "column_type", "must be date"),
    "amount_yuan": (pa.array([1.5]), "column_type", "never floating point"),
    "measures": (pa.array(["fine"]), "column_type", "array<string>"),
    "committed": (pa.array([1]), "column_type", "must be boolean"),
    "eligible": (pa.array([True]), "column_reserved", "taken by the result"),
    "law_class": (pa.array([1]), "column_reserved", "taken by the result"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_column_that_cannot_be_is_refused_by_name(name: str, tmp_path: Path) -> None:
    column, code, words = BAD[name]
    given = {"kind": pa.array(["penalty"]), "found_on": pa.array([FOUND]), name: column}
    with pytest.raises(ColumnsRefused) as refused:
        judge(pa.table(given))
    assert (refused.value.code, refused.value.place) == (code, name)
    parquet.write_table(pa.table(given), tmp_path / "facts.parquet")
    result = run(tmp_path / "facts.parquet", tmp_path / "out.parquet")
    assert result.exit_code == 2
    assert f"facts.parquet, column {name}: " in result.stderr and words in result.stderr
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("name", ["kind", "found_on"])
def test_a_column_that_must_be_there_is_asked_for(name: str) -> None:
    given = {"kind": ["penalty"], "found_on": [FOUND]}
    del given[name]
    with pytest.raises(ColumnsRefused) as refused:
        judge(pa.table(given))
    assert (refused.value.code, refused.value.place) == ("column_missing", name)


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "facts.parquet").write_text("kind,found_on\n")
    for name in ("facts.parquet", "absent.parquet"):
        result = run(tmp_path / name, tmp_path / "out.parquet")
        assert result.exit_code == 2 and name in result.stderr
    assert run("a", "b", "--engine", "abacus").exit_code == 2


def test_what_one_case_cannot_say_is_refused_row_by_row_and_kept() -> None:
    days = [None, date(1899, 12, 31), date(2200, 1, 1), FOUND, FOUND, FOUND, FOUND, FOUND]
    table = pa.table(
        {
            "row": range(8),
            "kind": ["penalty"] * 8,
            "found_on": pa.array(days, pa.date32()),
            "performed_on": pa.array([None] * 3 + [date(9999, 12, 31)] + [None] * 4, pa.date32()),
            "subject": [None] * 4 + ["firm"] + [None] * 3,
            "amount_yuan": pa.array([None] * 5 + [Decimal(-1)] + [None] * 2, pa.decimal128(9, 2)),
            "measures": pa.array([None] * 6 + [["fine", None], ["fine", "fine"]], pa.list_(pa.string())),
        }
    )
    found = {row["row"]: row for row in judge(table)}
    outside = "date_out_of_range"
    assert [found[row]["refused"] for row in range(8)] == [
        "found_on_missing",
        outside,
        outside,
        outside,
        "unknown_subject",
        "negative_amount",
        "unknown_measure",
        None,
    ]
    assert not any(found[row]["eligible"] for row in range(7))
    assert all(found[row]["publication"] is None for row in range(7))
    assert found[7]["severity"] == "ordinary"


def test_columns_of_nulls_are_as_absent_ones() -> None:
    bare = {"kind": pa.array(["penalty", "serious_list"]), "found_on": pa.array([FOUND, FOUND])}
    nulls = {
        name: pa.nulls(2) for name in ("measures", "amount_yuan", "performed_on", "committed", "subject")
    }
    assert judge(pa.table(bare)) == judge(pa.table({**bare, **nulls}))


def test_a_table_without_rows_gives_one_without_rows() -> None:
    schema = pa.schema([("kind", pa.string()), ("found_on", pa.date32())])
    assert judge(schema.empty_table()) == []


def test_the_day_asked_about_must_be_one_that_can_be_meant() -> None:
    result = CliRunner().invoke(columns, ["--pack", PACK.id, "--on", "1066-10-14", "a", "b"])
    assert result.exit_code == 2 and "1900-01-01" in result.output
