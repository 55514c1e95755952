"""Casework: the work list of an authority out of ten million cases, state changes, applications over HTTP, bytes.

Method: cases are made set-wise inside the database (a tenth of them open, over 100 authorities; the largest has a
tenth of the open ones), their clocks with them, what supervision counts for a tenth of the ended ones, spread over a
year, and the tables are vacuumed. The work list is asked for as the portal and the API do, with its cases, clocks and
entities loaded, filtered in every way, and each way is explained: which index, how many pages, whether anything was
sorted or read whole. State changes are taken one by one in this process,
durably; applications come over HTTP from clients that keep their connections to a real server of two workers. What
the machine was busy with besides counts into the clock, so processor seconds are given too.
``GOODSTANDING_BENCH_CASES`` sets another number of cases, ``GOODSTANDING_BENCH_LARGEST`` another share of the largest.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from .common import cpu_of_children_and_self, installation, machine, percentiles, server_cpu

CASES = int(os.environ.get("GOODSTANDING_BENCH_CASES", 10_000_000))
OPEN = CASES // 10
AUTHORITIES = 100
#: One in so many of the open cases is the largest authority's.
LARGEST = int(os.environ.get("GOODSTANDING_BENCH_LARGEST", 10))
ON = date(2026, 9, 21)
ASKED = 200
MOVED = 200
CLIENTS, EACH = 4, 50


def main() -> None:
    """Measure and print."""
    print("casework:", machine())
    with installation():
        from tests.casework.stories import Town

        town = Town()
        _applications(town)
        _state_changes(town)
        _fill(town)
        _sizes()
        _work_lists(town)
        _supervision(town)


def _fill(town: Any) -> None:
    """The cases, ``OPEN`` of them open, each with two clocks, beside what the other measurements left."""
    from django.db import connection
    from tests.casework.stories import apply
    from tests.registry.factories import make_authority

    from goodstanding.casework.models import Case
    from goodstanding.registry.models import Record

    authorities = [town.market.pk, *(make_authority(f"单位{number}").pk for number in range(AUTHORITIES - 1))]
    case = apply(town.firm, town.record()).cases.get()
    per = CASES // OPEN
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no key is asked for row by row
        indexes = _without_indexes(cursor, "casework_case")
        cursor.execute(
            "CREATE TEMP TABLE place AS SELECT i - 1 AS n, a FROM unnest(%s::bigint[]) WITH ORDINALITY AS x(a, i)",
            [authorities],
        )
        _copies(cursor, Record, case.record_id, {"natural_key": "sha256(i::text::bytea)"}, OPEN, 1)
        cursor.execute("SELECT max(id) - %s FROM registry_record", [OPEN])
        records = int(cursor.fetchone()[0])
        which = f"(CASE WHEN i % {LARGEST} = 0 THEN 0 ELSE i % {AUTHORITIES} END)"
        opened = {
            "record_id": f"{records} + i",
            "application_id": f"{case.application_id} + 1000 + k",
            "authority_id": f"(SELECT a FROM place WHERE n = {which})",
            "officer_id": f"CASE WHEN i % 3 = 0 THEN NULL ELSE {town.market_officer.account_id} + i % 7 END",
            "state": "CASE WHEN k > 1 THEN 'granted' ELSE (ARRAY['submitted','accepted','supplement'])[1 + i % 3] END",
            "kind": "CASE WHEN i % 20 = 0 THEN 'objection' ELSE 'restoration' END",
            "due_on": f"CASE WHEN k = 1 THEN DATE '{ON}' - 3 + abs(hashint8(i)) % 40 END",
            "ended_at": "CASE WHEN k > 1 THEN now() END",
        }
        _copies(cursor, Case, case.pk, opened, OPEN, per)
        for index in indexes:
            cursor.execute(index)
        cursor.execute(
            "INSERT INTO casework_clock (case_id, code, rule, started_on, length, unit, due_on, earliest_on,"
            " latest_on, calendar_version, text_en, text_zh, article_en, article_zh, adjusted)"
            " SELECT c.id, k.code, k.rule, k.started_on, k.length, k.unit, c.due_on, c.due_on, c.due_on,"
            " k.calendar_version, k.text_en, k.text_zh, k.article_en, k.article_zh, k.adjusted"
            " FROM casework_case c CROSS JOIN casework_clock k WHERE k.case_id = %s AND c.ended_at IS NULL"
            " AND c.id > %s",
            [case.pk, case.pk],
        )
        cursor.execute(
            'INSERT INTO casework_handled ("on", authority_id, kind, stage, state, days, clocks, late)'
            f" SELECT DATE '{ON}' - (i %% 365)::int, a, 'restoration', s,"
            " CASE s WHEN 'accept' THEN 'accepted' ELSE 'granted' END, (i %% 20)::int, 1, (i %% 50 = 0)::int"
            " FROM generate_series(1, %s) AS i JOIN place ON n = i %% %s"
            " CROSS JOIN unnest(ARRAY['accept', 'decide']) AS s",
            [(CASES - OPEN) // 10, AUTHORITIES],
        )
        cursor.execute("SET session_replication_role = origin")
        for table in ("registry_record", "casework_case", "casework_clock", "casework_handled"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    print(f"  {CASES:,} cases, {OPEN:,} open, made in {time.perf_counter() - begun:.0f} s")


def _copies(cursor: Any, model: Any, source: int, given: dict[str, str], rows: int, per: int) -> None:
    """Copy one row ``rows`` times ``per`` inside the database, with other values of some columns."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.local_fields if field.column != "id"]
    given = {"public_id": "gen_random_uuid()"} | given
    values = ", ".join(given.get(column, column) for column in columns)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"
        f" CROSS JOIN generate_series(1, {per}) AS k CROSS JOIN generate_series(1, {rows}) AS i WHERE id = {source}"
    )


def _without_indexes(cursor: Any, table: str) -> list[str]:
    """Drop the indexes of a table that keep no constraint. Returns how to make them again."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table, rows in (("casework_case", CASES), ("casework_clock", 2 * OPEN)):
            cursor.execute(
                "SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass)", [table, table]
            )
            heap, indexes = cursor.fetchone()
            print(f"  {table}: {heap / rows:.0f} bytes a row and {indexes / rows:.0f} of indexes")


def _work_lists(town: Any) -> None:
    from goodstanding.casework import absence, desk
    from goodstanding.casework.models import Case
    from goodstanding.registry.models import Account

    me, wanted = town.market_officer, desk.Wanted
    own = Case.objects.filter(authority=town.market, ended_at__isnull=True)
    print(f"  the largest authority has {own.count():,} open cases")
    some = own.filter(due_on=ON + timedelta(days=20)).select_related("record").order_by("pk")[0]
    far = f"{some.due_on}.{some.public_id}"
    name = Account.objects.get(pk=me.account_id).user.get_username()

    def page(**more: Any) -> Callable[[], Any]:
        actor, after = more.pop("actor", me), more.pop("after", "")
        return lambda: desk.work_list(actor=actor, on=ON, wanted=wanted(**more), after=after)

    for what, ask in {
        "first page": page(),
        "a page far behind": page(after=far),
        "kind": page(kind="objection"),
        "state": page(state="supplement"),
        "kind and state": page(kind="objection", state="accepted"),
        "nothing is like that": page(state="grant_proposed"),
        "no kind is like that": page(kind="appeal"),
        "mine": page(whose="mine"),
        "of an officer, far behind": page(officer=name, after=far),
        "unassigned": page(whose="unassigned"),
        "unassigned and late": page(whose="unassigned", mark="late"),
        "unassigned, of a kind, in a state": page(whose="unassigned", kind="restoration", state="accepted"),
        "late": page(mark="late"),
        "before a day": page(before=ON + timedelta(days=10), state="submitted"),
        "by name": page(text=town.entity.name[:6]),
        "by document number": page(text=some.record.document_no),
        "by a number that none has": page(text="〔1949〕0号"),
        "late and soon, counted": lambda: desk.pressing(actor=me, on=ON),
        "the operator's first page": page(actor=town.operator),
        "the operator's late ones": page(actor=town.operator, mark="late"),
        "the operator, one authority, a state": page(
            actor=town.operator, authority=town.market.code, state="accepted"
        ),
    }.items():
        _timed(what, ask)
    other = town.second_officer
    absence.set_absence(actor=other, stand_in=name, from_on=ON, until_on=ON + timedelta(days=9))
    _timed("mine, standing in for another", page(whose="mine"))


def _supervision(town: Any) -> None:
    from goodstanding.casework.supervision import supervision

    _timed("supervision across authorities", lambda: supervision(actor=town.operator, on=ON))


def _timed(name: str, ask: Callable[[], Any]) -> None:
    """Ask up to ``ASKED`` times within 20 s, print what it cost, and how the database found it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds: list[float] = []
    server, cpu = server_cpu(), cpu_of_children_and_self()
    begun = time.perf_counter()
    while len(seconds) < ASKED and time.perf_counter() - begun < 20:
        one = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - one)
    server, cpu = server_cpu() - server, cpu_of_children_and_self() - cpu
    each = f"{1000 * cpu / len(seconds):.1f} ms of Python and {1000 * server / len(seconds):.1f} ms of the database"
    print(f"  {name}: {percentiles(seconds)}; {each}")
    with CaptureQueriesContext(connection) as queries:
        ask()
    asked = [q["sql"] for q in queries.captured_queries if "casework_" in q["sql"]]
    with connection.cursor() as cursor:
        for sql in asked:
            if "LIMIT" in sql or "GROUP BY" in sql or "COUNT(" in sql:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
                print(f"    {_in_short([row[0] for row in cursor.fetchall()])}")


def _in_short(plan: list[str]) -> str:
    """How a statement was answered: what was scanned or sorted, how many pages were touched, the time."""
    steps = [line.strip().removeprefix("->").strip().split("  (")[0] for line in plan]
    used = [step for step in steps if "Scan" in step or step.startswith(("Sort", "Incremental Sort"))]
    used = [step for step in used if not step.startswith("Sort Method") and not step.startswith("Sort Key")]
    pages = next((line.strip() for line in plan if line.strip().startswith("Buffers:")), "")
    took = next((line.strip() for line in plan if line.startswith("Execution Time")), "")
    return "; ".join([*used, pages, took])


def _state_changes(town: Any) -> None:
    """``MOVED`` restorations, each accepted and granted."""
    from tests.casework.stories import AT, TODAY, apply

    from goodstanding.casework import commands

    cases = [apply(town.firm, town.record(), evidence=[]).cases.get() for _ in range(MOVED)]
    seconds: list[float] = []
    server, cpu = server_cpu(), cpu_of_children_and_self()
    for case in cases:
        held = case
        for step in ("accept", "grant"):
            begun = time.perf_counter()
            held = commands.move(step, actor=town.market_officer, case=held, at=AT, today=TODAY)
            seconds.append(time.perf_counter() - begun)
    server, cpu = server_cpu() - server, cpu_of_children_and_self() - cpu
    rate = len(seconds) / (server + cpu)
    print(f"  state changes: {percentiles(seconds)}; {len(seconds) / sum(seconds):.0f}/s by the clock,")
    print(f"    {rate:.0f} a second and core ({cpu:.1f} s of Python, {server:.1f} s of the database)")


def _applications(town: Any) -> None:
    """``CLIENTS`` clients, each handing in ``EACH`` applications for one record one after another."""
    import httpx

    from goodstanding.registry import commands
    from goodstanding.registry.models import Account
    from goodstanding.site.serve import platform

    account = Account.objects.get(pk=town.firm.account_id)
    token = commands.create_token(
        account=account, name="bench", scopes=["cases:write"], at=datetime.now(tz=UTC)
    )
    records = [town.record() for _ in range(CLIENTS * EACH)]
    seconds: list[float] = []
    with platform(host="127.0.0.1", port=8930, workers=2) as running:
        headers = {"Authorization": f"Bearer {token}"}

        def client(number: int) -> None:
            with httpx.Client(base_url=running.url, headers=headers, timeout=60) as http:
                for record in records[number::CLIENTS]:
                    body = {
                        "kind": "restoration",
                        "records": [str(record.public_id)],
                        "commitment_name": "王建国",
                        "performed_on": "2026-05-20",
                        "key": str(uuid.uuid4()),
                    }
                    begun = time.perf_counter()
                    http.post("/api/v1/cases", json=body).raise_for_status()
                    seconds.append(time.perf_counter() - begun)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - begun
    print(f"  applications over HTTP: {len(seconds) / wall:.0f}/s by the clock, each {percentiles(seconds)}")
