"""The same table in every form and packing gives the same rows, and what is broken is refused with its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from goodstanding.intake import source as sources
from goodstanding.intake.contract import load_contract
from goodstanding.intake.errors import FileError
from goodstanding.intake.readers import inspect, rows
from goodstanding.registry.models import Authority
from tests.intake.files import header_of, outcomes, penalty, reasons, take_in, write_csv
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"
pyarrow = pytest.importorskip("pyarrow")

Packer = Callable[[bytes], bytes]


def zstd(data: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue())


PACKERS: dict[str, Packer] = {"gz": gzip.compress, "zst": zstd}


@pytest.fixture
def bureau(database: str) -> Authority:
    return make_authority()


def table(bureau: Authority, count: int = 3) -> list[dict[str, str]]:
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    return [penalty(number, code, entity.name, bureau) for number in range(count)]


def write(path: Path, lines: list[dict[str, str]]) -> Path:
    """Write a table in the form that the name's ending says."""
    names = header_of(PENALTIES)
    plain = path.with_suffix("") if path.suffix[1:] in PACKERS else path
    if plain.suffix == ".jsonl":
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    elif plain.suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(
            pyarrow.table({n: [line.get(n) for line in lines] for n in names if n in lines[0]}), path
        )
        return path
    else:
        data = write_csv(plain, PENALTIES, lines).read_bytes()
        if plain.suffix == ".tsv":
            data = data.replace(b",", b"\t")
    path.write_bytes(PACKERS[path.suffix[1:]](data) if path != plain else data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "a.csv",
        "a.tsv",
        "a.jsonl",
        "a.parquet",
        "a.csv.gz",
        "a.csv.zst",
        "a.tsv.gz",
        "a.jsonl.zst",
        "a.jsonl.gz",
    ],
)
def test_the_same_table_in_every_form(tmp_path: Path, bureau: Authority, name: str) -> None:
    lines = table(bureau)
    assert outcomes(take_in(write(tmp_path / "first.csv", lines), PENALTIES, bureau)) == (3, 0, 0, 0)
    batch = take_in(write(tmp_path / name, lines), PENALTIES, bureau)
    assert outcomes(batch) == (0, 3, 0, 0), (batch.error, reasons(batch))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.zst", "a.parquet"])
def test_a_file_continues_at_any_row(tmp_path: Path, bureau: Authority, name: str) -> None:
    path, contract = write(tmp_path / name, table(bureau, 5)), load_contract(PENALTIES)
    found = inspect(path, name=name, contract=contract)
    every = list(rows(found, contract=contract))
    assert found.rows == len(every) == 5
    for skip in range(6):
        assert list(rows(found, contract=contract, skip=skip)) == every[skip:]


def refusal(path: Path, contract: str = PENALTIES) -> FileError:
    with pytest.raises(FileError) as caught:
        inspect(path, name=path.name, contract=load_contract(contract))
    assert caught.value.en.startswith(path.name) and caught.value.zh.startswith(path.name)
    return caught.value


@pytest.mark.parametrize("packing", PACKERS)
def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, bureau: Authority, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "RATIO_FREE", 1 << 20)
    (path := tmp_path / f"b.csv.{packing}").write_bytes(PACKERS[packing](b"x" * 60_000_000))
    error = refusal(path)
    assert error.code == "file.zip_bomb"
    assert f"{path.stat().st_size:,} bytes" in error.en and "250 to 1" in error.en


@pytest.mark.parametrize("packing", PACKERS)
def test_packing_that_is_cut_off_or_broken(tmp_path: Path, bureau: Authority, packing: str) -> None:
    whole = write(tmp_path / f"c.csv.{packing}", table(bureau, 200)).read_bytes()
    (path := tmp_path / f"d.csv.{packing}").write_bytes(whole[:-20])
    assert refusal(path).code == "file.not_readable"
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\xff\xff\xff\xff" + whole[middle + 4 :])
    assert refusal(path).code in ("file.not_readable", "file.encoding", "file.quotes")


def test_what_is_packed_already_is_not_packed_again(tmp_path: Path, bureau: Authority) -> None:
    inner = write(tmp_path / "a.parquet", table(bureau)).read_bytes()
    (path := tmp_path / "a.parquet.gz").write_bytes(gzip.compress(inner))
    assert refusal(path).code == "file.packed_twice"
    (path := tmp_path / "a.csv.gz").write_bytes(gzip.compress(gzip.compress(b"a,b\n")))
    assert refusal(path).code == "file.encoding"


def test_parquet_that_is_none_or_damaged_or_nested(tmp_path: Path, bureau: Authority) -> None:
    from pyarrow import parquet

    (path := tmp_path / "n.parquet").write_bytes(b"a,b\n1,2\n")
    assert refusal(path).code == "file.not_readable"
    whole = write(path, table(bureau, 50)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).code == "file.not_readable"
    parquet.write_table(pyarrow.table({"CF_WSH": [["a"], ["b"]]}), path)
    assert (refusal(path).code, refusal(path).column) == ("file.not_readable", "CF_WSH")
    parquet.write_table(pyarrow.table({"CF_WSH": ["a"], "nowhere": ["b"]}), path)
    assert (refusal(path).code, refusal(path).column) == ("file.unknown_column", "nowhere")


def test_typed_parquet_columns_become_cells(tmp_path: Path, bureau: Authority) -> None:
    from datetime import date

    from pyarrow import parquet

    (line,) = table(bureau, 1)
    typed = {name: [value] for name, value in line.items()} | {
        "CF_JDRQ": pyarrow.array([date(2026, 5, 1)]),
        "CF_NR_FK": pyarrow.array([Decimal("0.20")]),
        "CF_WSH": pyarrow.array([line["CF_WSH"]]).dictionary_encode(),
    }
    parquet.write_table(pyarrow.table(typed), tmp_path / "t.parquet")
    batch = take_in(tmp_path / "t.parquet", PENALTIES, bureau)
    assert outcomes(batch) == (1, 0, 0, 0), (batch.error, reasons(batch))
    assert outcomes(take_in(write(tmp_path / "t.csv", [line]), PENALTIES, bureau)) == (0, 1, 0, 0)


def test_bytes_decide_and_names_do_not(tmp_path: Path, bureau: Authority) -> None:
    """A gzip file that calls itself CSV, and a CSV that calls itself gzip."""
    lines = table(bureau)
    packed = write(tmp_path / "a.csv.gz", lines).rename(tmp_path / "packed.csv")
    assert outcomes(take_in(packed, PENALTIES, bureau)) == (3, 0, 0, 0)
    plain = write(tmp_path / "b.csv", lines).rename(tmp_path / "plain.csv.gz")
    assert outcomes(take_in(plain, PENALTIES, bureau)) == (0, 3, 0, 0)
