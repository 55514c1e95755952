"""Records in files, as facts: one JSON object, JSON Lines, or Parquet. A bad one is named and does not stop the rest.

Beside the fields of `Facts` a record may bear `id` (echoed) and `on` (the day asked about it). In Parquet the
columns are those fields, a null is the default, and other columns are left unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from goodstanding.law.errors import LawError
from goodstanding.law.facts import Facts, FactsDocument
from goodstanding.law.receipts.plain import Unreadable, check_document, read_document


class RecordDocument(FactsDocument):
    """The facts of one record in a file of many."""

    id: str | None = Field(default=None, description="Echoed with the answer.")
    on: date | None = Field(default=None, description="The day asked about this record.")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number in the file (from 1), its place for messages, its id, its facts, its day."""

    number: int
    place: str
    id: str | None
    facts: Facts
    on: date | None


def read_record(text: str | bytes, *, number: int, place: str) -> Record:
    """One record of JSON text. Raises Unreadable."""
    return _record(read_document(text, RecordDocument, place=place), number, place)


def read_lines(lines: Iterable[bytes], *, name: str) -> Iterator[Record | Unreadable]:
    """The records of JSON Lines; empty lines are passed over. What cannot be read comes as its error."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield read_record(line, number=number, place=f"{name}:{number}")
            except Unreadable as error:
                yield error


def read_records(path: Path) -> Iterator[Record | Unreadable]:
    """The records of a file: .parquet, .jsonl (or .ndjson), else one JSON object.

    Raises LawError "extra_missing" where Parquet cannot be read, and "not_parquet" for what is none.
    """
    if path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix in (".jsonl", ".ndjson"):
        with path.open("rb") as lines:
            yield from read_lines(lines, name=path.name)
    else:
        try:
            yield read_record(path.read_bytes(), number=1, place=path.name)
        except Unreadable as error:
            yield error


def _record(document: RecordDocument, number: int, place: str) -> Record:
    return Record(number, place, document.id, document.facts(), document.on)


def _parquet(path: Path) -> Iterator[Record | Unreadable]:
    try:
        import pyarrow as arrow  # type: ignore[import-untyped]
        from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise LawError(
            code="extra_missing",
            en="Parquet is read by the extra `columns`, which is not installed.",
            zh="读取 Parquet 需要扩展 `columns`，尚未安装。",
            place=path.name,
            remedy_en='pip install "goodstanding[columns]", or give JSON Lines.',
            remedy_zh='请执行 pip install "goodstanding[columns]"，或提供 JSON Lines 文件。',
        ) from error
    try:
        file = ParquetFile(path)
    except arrow.ArrowInvalid as error:
        raise LawError(
            code="not_parquet",
            en=f"The file cannot be read as Parquet: {error}.",
            zh="该文件无法按 Parquet 读取。",
            place=path.name,
            remedy_en="Write it again, or give JSON Lines.",
            remedy_zh="请重新写入，或提供 JSON Lines 文件。",
        ) from error
    wanted = [name for name in file.schema_arrow.names if name in RecordDocument.model_fields]
    number = 0
    for batch in file.iter_batches(batch_size=8192, columns=wanted):
        for row in batch.to_pylist():
            number += 1
            place = f"{path.name}: row {number}"
            try:
                yield _record(check_document(_stated(row), RecordDocument, place=place), number, place)
            except Unreadable as error:
                yield error


def _stated(row: dict[str, Any]) -> dict[str, Any]:
    """The values of a row that are not null; lists as tuples, which the document asks, ids as text."""
    found = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.items()
        if value is not None
    }
    if isinstance(found.get("id"), int):
        found["id"] = str(found["id"])
    return found
