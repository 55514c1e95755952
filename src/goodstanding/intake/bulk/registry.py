"""What the pipeline needs to know of the registry: identifiers and records by COPY, authorities."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from django.db import connection

from goodstanding.intake.build import KnownAuthority
from goodstanding.registry.models import Authority

_KNOWN = (
    "SELECT i.scheme, i.value, e.public_id::text, e.kind, e.name, to_json(e.former_names)::text"
    " FROM registry_identifier i JOIN registry_entity e ON e.id = i.entity_id ORDER BY e.id, i.scheme, i.value"
)
_UNDER = (
    "SELECT i.scheme, i.value, e.public_id::text, e.kind, e.name, e.id FROM registry_identifier i"
    " JOIN registry_entity e ON e.id = i.entity_id WHERE i.scheme = 'uscc' AND i.value = ANY(%s) ORDER BY i.value"
)
_HELD = (
    "SELECT encode(natural_key, 'hex'), encode(content_digest, 'hex'), version, state FROM registry_record"
    " UNION ALL SELECT encode(r.natural_key, 'hex'), encode(v.content_digest, 'hex'), v.version, 'replaced'"
    " FROM registry_recordversion v JOIN registry_record r ON r.id = v.record_id"
)


def export_known(path: Path) -> None:
    """Write every identifier of the registry with its entity: scheme, value, entity, kind, name, former_names.

    Args:
        path: the Parquet file to be written.
    """
    _export(
        _KNOWN,
        path,
        columns=("scheme", "value", "entity", "kind", "name", "former"),
        select="scheme, value, entity, kind, name, from_json(former, '[\"VARCHAR\"]') AS former_names",
    )


def export_held(path: Path) -> None:
    """Write every version of every record that the registry holds: `supersede.HELD`.

    Args:
        path: the Parquet file to be written.
    """
    _export(
        _HELD,
        path,
        columns=("natural_key", "content_digest", "version", "state"),
        select="unhex(natural_key) AS natural_key, unhex(content_digest) AS content_digest,"
        " version::INTEGER AS version, state",
    )


def known_under(codes: Sequence[str]) -> pa.Table:
    """The entities under unified social credit codes: scheme, value, entity, kind, name, and entity_id.

    Args:
        codes: standardised; those that nobody has are left out.
    """
    names = ("scheme", "value", "entity", "kind", "name", "entity_id")
    with connection.cursor() as cursor:
        cursor.execute(_UNDER, [list(codes)])
        columns = [*zip(*cursor.fetchall(), strict=True)] or [()] * len(names)
    types = [*[pa.string()] * 5, pa.int64()]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names)


def _export(query: str, path: Path, *, columns: tuple[str, ...], select: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".csv", dir=path.parent) as file:
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                file.write(block)
        file.flush()
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
        with duckdb.connect() as reader:
            # An empty text is quoted by PostgreSQL, a null is not; none of these columns is ever null.
            reader.execute(
                f"COPY (SELECT {select} FROM read_csv('{file.name}', header = false, auto_detect = false,"
                f" delim = ',', quote = '\"', escape = '\"', nullstr = '\\N', columns = {{{types}}}))"
                f" TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
            )


def authorities() -> dict[str, KnownAuthority]:
    """Every authority of the registry by its code."""
    found = Authority.objects.values_list("code", "pk", "source_kind")
    return {code: KnownAuthority(pk, kind) for code, pk, kind in found}
