"""Notices: how many the follower of the journal writes.

Method: 100,000 records of one entity end or become restorable in one sweep, so the journal holds 100,000 events that
each make one notice; the follower takes them in portions as the worker does, in PostgreSQL with durability on. Timed:
processor seconds of the follower and of the server, wall seconds beside them.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

from .common import installation, machine, server_cpu

RECORDS = 100_000
ON = date(2026, 8, 1)


def main() -> None:
    """Measure and print."""
    print("notices:", machine())
    with installation():
        _fill()
        _follow()


def _fill() -> None:
    from django.db import connection
    from tests.registry.factories import make_authority, make_entity, make_record

    from goodstanding.registry import sweep

    record = make_record(make_entity(), make_authority())
    columns = [field.column for field in record._meta.local_fields if field.column != "id"]
    half = f"CASE WHEN i %% 2 = 0 THEN DATE '{ON}' ELSE DATE '{ON}' + 400 END"
    given = {
        "public_id": "gen_random_uuid()",
        "natural_key": "sha256(i::text::bytea)",
        "publish_until": half,
        "restorable_from": half.replace("= 0", "= 1"),
    }
    values = ", ".join(given.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registry_record ({', '.join(columns)}) SELECT {values} FROM registry_record"
            " CROSS JOIN generate_series(1, %s) AS i WHERE id = %s",
            [RECORDS, record.pk],
        )
        cursor.execute("ANALYZE registry_record")
    sweep.sweep(on=ON, at_clock=lambda: datetime(2026, 8, 1, 12, tzinfo=UTC))


def _follow() -> None:
    from goodstanding.casework.models import Notice
    from goodstanding.casework.notices import follow

    begun, python, server = time.perf_counter(), time.process_time(), server_cpu()
    while follow():
        pass
    wall, python, server = (
        time.perf_counter() - begun,
        time.process_time() - python,
        server_cpu() - server,
    )
    written = Notice.objects.count()
    print(
        f"  {written:,} notices: {python:.2f} s of processor in Python, {server:.2f} s in PostgreSQL,"
        f" {written / (python + server):,.0f} a second and core ({wall:.1f} s of wall time)"
    )
