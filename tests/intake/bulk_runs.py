"""Running the bulk pipeline in tests, and comparing what two runs made, row by row and field by field."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goodstanding.identity import disagree
from goodstanding.intake.build import KnownAuthority, entities
from goodstanding.intake.bulk.job import Job, Sender
from goodstanding.intake.bulk.outcome import BulkOutcome
from goodstanding.intake.bulk.pipeline import run
from goodstanding.intake.bulk.slices import File
from goodstanding.intake.checks import Checker
from goodstanding.intake.contract import load_contract
from goodstanding.intake.readers import inspect, rows
from goodstanding.registry.entities import ReportedEntity
from tests.intake.files import AT, TODAY


def job(
    contract: str,
    authorities: Mapping[str, KnownAuthority],
    sender: str,
    *,
    today: date = TODAY,
    columns: bool = True,
    repeated: bool = False,
) -> Job:
    """A job of the tests."""
    return Job(
        contract=load_contract(contract),
        sender=Sender(authorities[sender].pk, sender),
        authorities=authorities,
        today=today,
        at=AT,
        batch="00000000-0000-4000-8000-000000000001",
        buckets=4,
        repeated=repeated,
        columns=columns,
    )


def take(
    path: Path, job: Job, known: Path, out: Path, *, held: Path | None = None, **more: Any
) -> BulkOutcome:
    """One file through the pipeline."""
    return run([File(path, path.name)], job=job, known=known, held=held, out=out, **more)


def accepted(outcome: BulkOutcome) -> list[dict[str, Any]]:
    """Every accepted row, in the order of the file."""
    tables = [pq.ParquetFile(path).read() for path in outcome.accepted_files]
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return sorted(rows, key=lambda row: row["row"])


def rejected(outcome: BulkOutcome) -> list[dict[str, Any]]:
    """Every rejected row, in the order of the file."""
    rows = pq.read_table(outcome.rejected_file).to_pylist()
    return sorted(rows, key=lambda row: row["row"])


def assert_same(one: BulkOutcome, other: BulkOutcome) -> None:
    """The same rows accepted and rejected, every field equal; the first that differs is shown."""
    for what, read in (("accepted", accepted), ("rejected", rejected)):
        left, right = read(one), read(other)
        for a, b in zip(left, right, strict=False):
            if a != b:
                fields = {name: (a[name], b[name]) for name in a if a[name] != b[name]}
                raise AssertionError(f"{what}, row {a['row']} and {b['row']}: {fields}")
        assert len(left) == len(right), (what, len(left), len(right))
    assert one.counts == other.counts
    digests = [pq.read_table(outcome.digests_file) for outcome in (one, other)]
    assert digests[0].equals(digests[1])
    assert pq.read_table(one.subjects_file).equals(pq.read_table(other.subjects_file))


def known_of(register: Path, path: Path, *, today: date) -> Path:
    """The identifiers of a register's entities as the pipeline takes them, without a registry. Returns ``path``."""
    contract = load_contract("registration")
    found = inspect(register, name=register.name, contract=contract)
    chunk = Checker(contract, found, today=today).check(list(rows(found, contract=contract)))
    held: dict[tuple[str, str], ReportedEntity] = {}
    for entity in entities(chunk, contract=contract, authority=Sender(1, "")):
        if entity is None:
            continue
        before = held.get(entity.identifiers[0])
        agrees = (
            before is None or not disagree(before.name, entity.name) or before.name in entity.former_names
        )
        if agrees:
            held[entity.identifiers[0]] = entity
    listed = [
        {
            "scheme": scheme,
            "value": value,
            "entity": str(uuid.uuid5(uuid.NAMESPACE_OID, entity.identifiers[0][1])),
            "kind": entity.kind,
            "name": entity.name,
            "former_names": list(entity.former_names),
        }
        for entity in held.values()
        for scheme, value in entity.identifiers
    ]
    pq.write_table(pa.Table.from_pylist(listed), path)
    return path
