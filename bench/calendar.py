"""Working days: one deadline at a time, in columns, and a million open clocks re-dated by a late notice.

Method. Columns: additions of 1 to 20 working days to random days of 2004 to 2026, in memory, the same rows for each
engine. Redating: a million open clocks of one day each between October 2025 and January 2026, dated by the notices
known before that for 2026, on the embedded PostgreSQL with fsync on; then that notice arrives.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta

from .common import installation, machine

CLOCKS = int(os.environ.get("BENCH_CLOCKS", "1000000"))
ROWS = int(os.environ.get("BENCH_ROWS", "20000000"))


def main() -> None:
    """Measure and print."""
    print("calendar:", machine())
    _scalar()
    _columns()
    with installation():
        _redating()


def _scalar() -> None:
    from goodstanding.law.calendar import deadline, receipt, working_calendar

    calendar = working_calendar("CN")
    starts = [date(2004, 1, 1) + timedelta(days=number) for number in range(8000)]
    for name, with_receipt in (("deadlines with every day explained", False), ("with their receipts", True)):
        began = time.perf_counter()
        for start in starts:
            found = deadline(start, 10, calendar=calendar)
            if with_receipt:
                receipt(found)
        print(f"  {name}: {len(starts) / (time.perf_counter() - began):,.0f}/s on one core")


def _columns() -> None:
    import duckdb
    import ibis
    import numpy

    from goodstanding.law.calendar import working_calendar
    from goodstanding.law.calendar.columns import add_working_days, working_day_additions

    calendar = working_calendar("CN")
    chance = numpy.random.default_rng(36)
    starts = numpy.datetime64("2004-01-01") + chance.integers(0, 8300, ROWS)
    lengths = chance.integers(1, 21, ROWS).astype("int32")
    for _ in range(2):
        began = time.perf_counter()
        add_working_days(starts, lengths, calendar=calendar)
        seconds = time.perf_counter() - began
    print(f"  numpy: {ROWS / seconds / 1e6:,.1f} million additions/s on one core (second run)")
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")
    connection.raw_sql(
        "CREATE TABLE cases AS SELECT DATE '2004-01-01' + CAST(hash(range) % 8300 AS INTEGER) AS received_on, "
        f"CAST(1 + hash(range + 1) % 20 AS INTEGER) AS length FROM range({ROWS})"
    )
    for interval in (False, True):
        found = working_day_additions(
            connection.table("cases"),
            start="received_on",
            working_days="length",
            calendar=calendar,
            interval=interval,
        )
        asked = found.aggregate(last=found.due_on.max(), known=found.due_on.count())
        for _ in range(2):
            began = time.perf_counter()
            ((last, known),) = connection.to_pyarrow(asked).to_pandas().itertuples(index=False)
            seconds = time.perf_counter() - began
        what = "with both ends of intervals" if interval else "due day"
        print(
            f"  DuckDB {duckdb.__version__}, 2 threads, {what}: {ROWS / seconds / 1e6:,.1f} million additions/s "
            f"({known:,} known, last {last})"
        )


def _redating() -> None:
    from django.db import connection

    from goodstanding.casework.redating import redate_clocks
    from goodstanding.law.calendar import working_calendar

    before = working_calendar("CN", known_on=date(2025, 11, 3))
    after = working_calendar("CN", known_on=date(2025, 11, 4))
    at = datetime(2025, 11, 4, 18, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # clocks without cases: keys are not checked
        cursor.execute(
            "INSERT INTO casework_clock (case_id, code, rule, started_on, unit, length, earliest_on,"
            " calendar_version, text_en, text_zh, article_en, article_zh) SELECT n, 'feedback', 'feedback',"
            " DATE '2025-10-01' + n %% 120, 'working_days', (ARRAY[3, 7, 10, 20])[1 + n %% 4], DATE '2025-10-01', '',"
            " 'The authority answers within ten working days.', '自收到之日起十个工作日内反馈。', 'Art. 10', '第十条'"
            " FROM generate_series(1, %s) n",
            [CLOCKS],
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE casework_clock")
    for name, calendar in (
        ("all dated for the first time", before),
        ("the notice for 2026 arrives", after),
        ("again", after),
    ):
        began = time.perf_counter()
        done = redate_clocks(calendar=calendar, at=at)
        seconds = time.perf_counter() - began
        print(f"  redating, {name}: {done.moved:,} of {done.looked_at:,} clocks moved in {seconds:.1f} s")
