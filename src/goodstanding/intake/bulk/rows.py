"""The row code over rows that are not plain: the definition that the columns are held to."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.identity import disagree
from goodstanding.intake.build import Registered, Subject
from goodstanding.intake.checks import Checker, Chunk
from goodstanding.intake.lake.schema import bucket_of
from goodstanding.intake.link import Find, NewSubject, kinds_of, link
from goodstanding.intake.personal import hide_person_cells
from goodstanding.intake.readers import Inspected, Row
from goodstanding.intake.reasons import is_quarantine, is_removed, reason
from goodstanding.registry.bulk import json_text
from goodstanding.registry.entities import Linked, ReportedEntity
from goodstanding.registry.reported import ReportedRecord

from .job import PREPARED, REJECTED, SUBJECTS, Job

_PURPOSE = b"goodstanding/bulk-entity\0"


@dataclass(slots=True)
class Made:
    """What rows came to: records (columns of `PREPARED`) and rejected rows (columns of `REJECTED`)."""

    records: pa.Table
    rejected: pa.Table


@dataclass(slots=True)
class Subjects:
    """The subjects that rows of this run bring with them: natural persons, and names at their source.

    An id is made from the identifier under the platform's key, so that a run which is repeated gives the same.
    """

    secret: bytes = field(repr=False)
    met: dict[tuple[str, str], tuple[uuid.UUID, ReportedEntity]] = field(default_factory=dict)

    def settle(self, reported: ReportedEntity, held: Linked | None) -> uuid.UUID | None:
        """The id of a subject; None where the name disagrees with the one held under its identifier."""
        identifier = reported.identifiers[0]
        found = self.met.get(identifier)
        name = found[1].name if found else held.name if held else None
        if name is not None and name != reported.name and disagree(name, reported.name):
            return None
        public_id = found[0] if found else held.public_id if held else self._new_id(identifier)
        if found is None and held is not None and held.name == reported.name:
            return public_id
        self.met[identifier] = (public_id, reported)
        return public_id

    def _new_id(self, identifier: tuple[str, str]) -> uuid.UUID:
        said = _PURPOSE + "\0".join(identifier).encode()
        return uuid.UUID(bytes=hmac.digest(self.secret, said, "sha256")[:16], version=4)

    def table(self) -> pa.Table:
        """The subjects to be registered, in the order of their identifiers."""
        rows = [
            {
                "entity": str(public_id),
                "scheme": identifier[0],
                "value": identifier[1],
                "kind": item.kind,
                "name": item.name,
                "name_key": item.name_key,
                "address": item.address,
                "known_by_name_only": item.known_by_name_only,
            }
            for identifier, (public_id, item) in sorted(self.met.items(), key=lambda entry: entry[0])
        ]
        return pa.Table.from_pylist(rows, SUBJECTS)


class RowCode:
    """The row code for the rows of one file."""

    def __init__(self, job: Job, found: Inspected, *, file: int, find: Find, subjects: Subjects) -> None:
        self._job, self._file, self._find, self._subjects = job, file, find, subjects
        self._checker = Checker(job.contract, found, today=job.today)
        places = dict(zip((column.name for column in job.contract.columns), found.places, strict=True))
        identifiers = [c.name for c in job.contract.columns if c.clauses.personal == "identifier"]
        self._hidden = tuple(at for name in identifiers if (at := places[name]) is not None)
        number = job.contract.clauses.subject.person_number
        self._number = places[number] if number else None
        self._codes = {found.pk: code for code, found in job.authorities.items()}

    def take(self, rows: Sequence[Row], seqs: Sequence[int]) -> Made:
        """Records and rejected rows of some rows, in their order.

        Args:
            rows: rows of the file.
            seqs: the number of each in the run.
        """
        job, builder = self._job, self._job.builder
        chunk = self._checker.check(rows)
        links = link(chunk, contract=job.contract, authority=job.sender, find=self._find)
        windows, issuers, sources = builder.refuse_what_law_or_issuer_forbid(chunk)
        subjects, kinds = self._settled(chunk, links)
        records = builder.records(
            chunk, subjects=subjects, kinds=kinds, windows=windows, issuers=issuers, sources=sources
        )
        by_number = dict(zip(chunk.numbers, seqs, strict=True))
        made = [self._prepared(record, by_number[record.row]) for record in records]
        return Made(pa.Table.from_pylist(made, PREPARED), self.rejected(chunk))

    def _settled(self, chunk: Chunk, links: Sequence[Any]) -> tuple[list[Subject | None], list[str]]:
        job = self._job
        new = [(at, item.entity) for at, item in enumerate(links) if isinstance(item, NewSubject)]
        new = [(at, entity) for at, entity in new if at not in chunk.reasons]
        held = self._find(sorted({entity.identifiers[0] for _, entity in new})) if new else {}
        subjects: list[Subject | None] = [item if isinstance(item, Linked) else None for item in links]
        kinds = [
            item.kind
            if isinstance(item, Linked)
            else item.entity.kind
            if item is not None
            else "organisation"
            for item in links
        ]
        column = job.contract.clauses.subject.name
        for at, entity in new:
            there = held.get(entity.identifiers[0]) or [None]
            public_id = self._subjects.settle(entity, there[0])
            if public_id is None:
                assert column is not None
                value = chunk.texts[job.contract.places[column]][at]
                chunk.refuse(at, reason("link.code_and_name_disagree", column=column, value=value))
            else:
                subjects[at] = Registered(0, public_id)
        return subjects, kinds

    def _prepared(self, record: ReportedRecord, seq: int) -> dict[str, Any]:
        entity = str(record.entity_public_id)
        return {
            "seq": seq,
            "row": record.row,
            "bucket": bucket_of(entity, buckets=self._job.buckets),
            "entity": entity,
            "natural_key": record.natural_key,
            "content_digest": record.content_digest,
            "content": json_text(record.content),
            "document_no": record.document_no,
            "issuer": self._codes.get(record.authority_id, self._job.sender.code),
            "source": self._codes.get(record.source_id, self._job.sender.code),
            "legal_basis": record.legal_basis,
            "found_on": record.found_on,
            "measures": list(record.measures),
            "amount_yuan": record.amount_yuan,
            "pack": record.pack,
            "severity": record.severity,
            "published": record.published,
            "publish_from": record.publish_from,
            "restorable_from": record.restorable_from,
            "publish_until": record.publish_until,
            "restorable": record.restorable,
        }

    def refused(self, rows: Sequence[Row], codes: Sequence[str]) -> pa.Table:
        """Rejected rows for tombstones: the rows, each with the code of its reason."""
        chunk = self._checker.check(rows)
        for at, code in enumerate(codes):
            chunk.refuse(at, reason(code))
        return self.rejected(chunk)

    def rejected(self, chunk: Chunk) -> pa.Table:
        """The rows of a chunk that have a reason, as they go back: without personal numbers."""
        kinds = kinds_of(chunk, self._job.contract)
        rows = []
        for at in sorted(chunk.reasons):
            hidden = self._hidden
            if kinds[at] == "natural_person" and self._number is not None:
                hidden = (*hidden, self._number)
            values = hide_person_cells(chunk.raw[at], identifier_places=hidden)
            rows.append(
                {
                    "file": self._file,
                    "row": chunk.numbers[at],
                    "values": [""] * len(values) if is_removed(chunk.reasons[at]) else values,
                    "reasons": json_text([item.as_json() for item in chunk.reasons[at]]),
                    "quarantined": is_quarantine(chunk.reasons[at]),
                }
            )
        return pa.Table.from_pylist(rows, REJECTED)


def found_in(table: Callable[[Sequence[tuple[str, str]]], pa.Table]) -> Find:
    """A look-up of entities by (scheme, value) over a table of known identifiers."""

    def find(identifiers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Linked]]:
        found: dict[tuple[str, str], list[Linked]] = {}
        if not identifiers:
            return found
        for row in table(identifiers).to_pylist():
            linked = Linked(
                0, uuid.UUID(row["entity"]), row["kind"], row["name"], tuple(row["former_names"] or ())
            )
            found.setdefault((row["scheme"], row["value"]), []).append(linked)
        return found

    return find
