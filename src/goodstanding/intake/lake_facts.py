"""Reading facts out of the lake: whose current facts there are, and the digests among which one is proved.

Needs the extra ``bulk``; ``facts`` is what others ask.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import duckdb
from django.conf import settings
from django.db import connection

from goodstanding.registry import lake_batches
from goodstanding.registry.models import Entity, LakeBatch

from . import lake
from .errors import FactRefused

#: What decides which state of a fact is current and who may see it; contents are read for one page only.
_NARROW: Final = (
    "entity, item, natural_key, found_on, change, version, batch, row, known_from, published, publish_from,"
    " publish_until, source, issuer"
)
_CURRENT: Final = """
    CREATE TEMP TABLE shown AS
    SELECT batch, row, natural_key, found_on, {mine} AS mine FROM (
        SELECT *, row_number() OVER (
            PARTITION BY natural_key ORDER BY version DESC, known_from DESC, batch DESC, row DESC) AS place
        FROM reported WHERE list_contains($batches, batch) OR batch LIKE 'journal-%'
    ) WHERE place = 1 AND change NOT IN ('annul', 'redact') AND batch NOT LIKE 'journal-%' AND ({mine} OR {public})
"""
_PUBLIC: Final = (
    "list_contains($published, item) AND NOT list_contains($persons, entity) AND published AND publish_from <= $on"
    " AND (publish_until IS NULL OR publish_until > $on)"
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a reader may see: ``mine`` is a condition of SQL over the lake's columns with the values that it names,
    ``published`` the items of the catalogue that anyone may see.
    """

    mine: str
    values: Mapping[str, Any]
    published: Sequence[str]
    on: date


@contextmanager
def reading(
    members: Mapping[str, Entity], *, rights: Rights
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, LakeBatch]]]:
    """A connection with the table ``shown`` of the facts of some entities that a reader may see, and their batches.

    Raises:
        FactRefused: facts.unavailable.
    """
    with answering(), duckdb.connect() as reader:
        opened = _lake()
        files = {file.path: file for entity in members for file in lake.plan(opened, entity=entity)}
        table = lake.files_sql([*files.values()])
        reader.execute(
            f"CREATE TEMP TABLE reported AS SELECT {_NARROW} FROM {table} AS held"
            " WHERE list_contains($entities, entity)",
            {"entities": [*members]},
        )
        batches = reader.execute("SELECT DISTINCT batch FROM reported WHERE batch NOT LIKE 'journal-%'")
        announced = _announced([batch for (batch,) in batches.fetchall()])
        persons = [key for key, one in members.items() if one.kind == Entity.Kind.NATURAL_PERSON]
        reader.execute(
            _CURRENT.format(mine=f"({rights.mine})", public=f"({_PUBLIC})"),
            {"batches": [*announced], "published": [*rights.published], "on": rights.on, "persons": persons}
            | dict(rights.values),
        )
        reader.execute(f"CREATE TEMP VIEW files AS SELECT * FROM {table} AS held")
        yield reader, announced


def _announced(batches: Sequence[str]) -> dict[str, LakeBatch]:
    found = LakeBatch.objects.select_related("source").filter(public_id__in=batches).defer("blocks")
    return {str(batch.public_id): batch for batch in found}


def whole_rows(
    reader: duckdb.DuckDBPyConnection, which: str, given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The whole rows of a part of ``shown``, as many as a page has; ``which`` is the end of a statement of SQL."""
    reader.execute(f"CREATE TEMP TABLE page AS SELECT * FROM shown {which}", dict(given))
    found = reader.execute(
        "SELECT files.*, page.mine FROM files JOIN page USING (batch, row)"
        " ORDER BY files.found_on DESC, files.natural_key"
    )
    rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    return rows


def entity_of(*, batch: uuid.UUID, row: int) -> str | None:
    """The public id of the entity that a row of a batch is about. Raises FactRefused facts.unavailable."""
    with answering(), duckdb.connect() as reader:
        files = lake.files_sql(lake.plan(_lake(), batch=str(batch)))
        found = reader.execute(
            f"SELECT entity FROM {files} AS held WHERE batch = $batch AND row = $row",
            {"batch": str(batch), "row": row},
        ).fetchone()
    return str(found[0]) if found else None


def inclusion_of(announced: LakeBatch, *, row: int) -> tuple[int, list[bytes]]:
    """The place of a row among the accepted rows of its batch, from 0, and the hashes that lead to its root.

    Raises:
        FactRefused: facts.unavailable.
        ProofError: the lake does not hold what was announced.
    """
    batch = str(announced.public_id)
    with answering(), duckdb.connect() as reader:
        rows = f"FROM {lake.files_sql(lake.plan(_lake(), batch=batch))} AS held WHERE batch = $batch"
        before = reader.execute(f"SELECT count(*) {rows} AND row < $row", {"batch": batch, "row": row})
        (index,) = before.fetchone() or (0,)
        block = lake_batches.tree_of(announced).block_of(index)
        digests = reader.execute(
            f"SELECT content_digest {rows} ORDER BY row LIMIT $limit OFFSET $offset",
            {"batch": batch, "limit": len(block), "offset": block.start},
        ).fetchall()
    joined = b"".join(digest for (digest,) in digests)
    return index, lake_batches.inclusion(announced, index, block=joined)


def _lake() -> lake.Lake:
    """The lake, opened once for each database and folder: it holds no connection between calls."""
    said = connection.settings_dict
    return _opened(str(settings.LAKE_FOLDER), str(said["HOST"]), str(said["PORT"]), str(said["NAME"]))


@lru_cache(maxsize=4)
def _opened(*_where: str) -> lake.Lake:
    return lake.open_lake()


@contextmanager
def answering() -> Iterator[None]:
    """Say in one sentence that the lake cannot be read now. Raises FactRefused facts.unavailable."""
    try:
        yield
    except (lake.LakeError, duckdb.IOException) as error:
        raise FactRefused(
            code="facts.unavailable",
            en="Facts cannot be read at the moment; try again in a minute.",
            zh="事实信息暂时无法读取，请稍后再试。",
        ) from error
