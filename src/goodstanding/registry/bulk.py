"""COPY into a table: the fast way to write many rows, with Django's errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection


def copy_rows(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows with COPY inside the current transaction.

    Args:
        table: table name.
        columns: its columns, comma-separated, in the order of the values.
        rows: one tuple a row.

    Raises:
        django.db.IntegrityError: a constraint refuses a row; the transaction is lost.
    """
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def next_ids(table: str, count: int) -> list[int]:
    """Take ``count`` ids from a table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def array_text(values: Iterable[str]) -> str:
    """An array of texts for COPY: what psycopg writes for a list, without asking each value for its type."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join([f'"{value}"' for value in quoted]) + "}"


def json_text(value: object) -> str:
    """JSON text for COPY into a jsonb column."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
