"""The same files taken in row by row and through the columns, each into a copy of one registry, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from goodstanding.intake import engine
from goodstanding.intake.models import Batch
from goodstanding.site.embedded_postgres import Cluster
from tests.conftest import clone, drop

#: What must be the same, as rows of (table's name, query). Whatever is drawn by lot is left out: public ids of new
#: records and entities, salts and commitments, and keys of records about entities that these files brought.
_SAID = {
    "records": """
        SELECT r.id, kind, item_id, entity_id, authority_id, source_id, contract, document_no, encode(content_digest,
            'hex'), content, legal_basis, found_on, measures, amount_yuan, pack, severity, publish_from,
            restorable_from, publish_until, restorable, state, disputed, version, batch, row,
            CASE WHEN entity_id <= {entities} THEN encode(natural_key, 'hex') END
        FROM registry_record r ORDER BY r.id""",
    "versions": """
        SELECT record_id, version, content, encode(content_digest, 'hex'), replaced_at_position
        FROM registry_recordversion ORDER BY record_id, version""",
    "entities": """
        SELECT id, kind, name, name_key, address, former_names, known_by_name_only FROM registry_entity ORDER BY id""",
    "identifiers": "SELECT entity_id, scheme, value FROM registry_identifier ORDER BY 1, 2, 3",
    "events": """
        SELECT position, kind, at, entity_id, record_id, content::jsonb - 'record' - 'finding' - 'entity'
        FROM registry_event ORDER BY position""",
    "findings": """
        SELECT source_id, record_id, kind, batch, row, at, encode(content_digest, 'hex'), decision
        FROM registry_sourcefinding ORDER BY batch, row, kind""",
    "batches": """
        SELECT id, contract, contract_version, authority_id, name, sha256, form, compression, encoding, encoding_found,
            header, state, rows, committed, unchanged, superseding, rejected, next_row, error, finished_at
        FROM intake_batch ORDER BY id""",
    "rejected rows": """
        SELECT batch_id, row, "values", reasons, quarantined FROM intake_rejectedrow ORDER BY batch_id, row""",
    "quality": "SELECT * FROM intake_batchquality ORDER BY batch_id",
    "holds": "SELECT batch_id, grounds FROM intake_hold ORDER BY batch_id",
}
Said = dict[str, list[tuple[Any, ...]]]


def everything(entities: int) -> Said:
    """What the registry holds after a story. ``entities``: the highest id of those that were there before it."""
    found = {}
    with connection.cursor() as cursor:
        for name, query in _SAID.items():
            cursor.execute(query.format(entities=entities))
            found[name] = cursor.fetchall()
    return found


@contextmanager
def through(way: str) -> Iterator[list[int]]:
    """Take files in this way: ``rows``, or ``duckdb`` whatever their size. Counts the plain rows of each file."""
    from goodstanding.intake import plain_records

    counted: list[int] = []
    begin = plain_records.PlainRecords.__init__

    def count(self: plain_records.PlainRecords, *given: Any) -> None:
        begin(self, *given)
        counted.append(self.plain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "engine", lambda: way)
        patch.setattr(engine, "WORTH_COLUMNS", 0)
        patch.setattr(plain_records.PlainRecords, "__init__", count)
        yield counted


def both_ways(
    server: Cluster, seeded: str, story: Callable[[], list[Batch]], *, entities: int
) -> tuple[Said, Said, list[int]]:
    """Tell a story in two copies of a registry, row by row and through the columns.

    Args:
        server: the tests' server.
        seeded: the name of the database to be copied; nobody may be connected to it.
        story: takes files in.
        entities: the highest id of the entities in it.

    Returns:
        What each registry holds afterwards, and the plain rows of each file that went through the columns.
    """
    said, plain = [], []
    for way in ("rows", "duckdb"):
        name = clone(server, seeded)
        try:
            with through(way) as plain:
                story()
            said.append(everything(entities))
        finally:
            drop(server, name)
    return said[0], said[1], plain


def assert_same(one: Said, other: Said) -> None:
    """Nothing differs; the first row that does is shown."""
    for name in one:
        for left, right in zip(one[name], other[name], strict=False):
            assert left == right, name
        assert len(one[name]) == len(other[name]), name
