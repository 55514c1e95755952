"""Reconciling ten million records with ten differences: seconds, bytes, and where the time goes.

Method: a small city's records go the whole way through journal, feed and mirror. Beside them, the rows of a set of ten
million (thirty items in a hundred counties of one province) are written by one statement, the cells are added up from
all rows, and the mirror's file gets the same elements. Then, by hand, four records are taken out of the file, three are
put back after their removal, and three are put back as they were before an event. One round (claim, buckets, list)
runs between the real web server and the mirror, over HTTP with JSON; then what follows until both are equal. Bytes are
those of the bodies both ways. ``BENCH_ROWS`` sets the number of rows.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from .common import installation, machine

ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
_FILL = """
    INSERT INTO exchange_setentry (record, bucket, element, position, item, kind, division, begins)
    SELECT -g, get_byte(d, 0) * 16 + get_byte(d, 1) / 16, sha256(d), 1, 'bench-' || g %% 30, 'penalty',
        (330000 + (g / 30) %% 10 * 100 + (g / 300) %% 10)::text, NULL
    FROM generate_series(1, %s) g, LATERAL (SELECT sha256(int8send(g)) AS d) digest
"""


def main() -> None:
    """Measure and print."""
    print("reconciliation:", machine(), flush=True)
    with installation() as folder:
        from django.utils import timezone

        from goodstanding.cli.intake import take_in_city
        from goodstanding.exchange.mirror import Mirror
        from goodstanding.site import demo
        from goodstanding.site.serve import platform
        from goodstanding.world import generate

        generate(folder / "city", entities=300, seed=3, on=timezone.localdate())
        take_in_city(folder / "city", as_json=True)
        demo.folder().mkdir(exist_ok=True)
        demo.make_logins()
        demo.make_subscriber()
        place = demo.folder() / "mirror"
        with platform(host="127.0.0.1", port=8901, workers=2) as running:
            requests = _Requests()
            token, key = (place / "token").read_text().strip(), (place / "key").read_bytes()
            mirror = Mirror(running.url, token, place / "store.sqlite3", key, client=requests.client)
            mirror.follow_once()
            chosen, old = _happen(place / "store.sqlite3")
            _follow(mirror)
            started = time.perf_counter()
            _fill()
            print(f"  {ROWS:,} rows written and added up into cells in {time.perf_counter() - started:.0f} s")
            _same(place / "store.sqlite3", mirror.follow_once().position)
            _tamper(place / "store.sqlite3", chosen, old)
            _measure(mirror, requests)
            mirror.close()


class _Requests:
    """An HTTP client that notes when each request began and ended, and the bytes of its bodies."""

    def __init__(self) -> None:
        import httpx

        self.done: list[tuple[str, float, float, int]] = []
        hooks = {"request": [self._begin], "response": [self._end]}
        self.client = httpx.Client(timeout=600, event_hooks=hooks)

    def _begin(self, request: Any) -> None:
        request.extensions["began"] = time.perf_counter()

    def _end(self, response: Any) -> None:
        response.read()
        path = response.request.url.path.rsplit("/", 1)[1]
        sent = int(response.request.headers.get("content-length", 0)) + len(response.content)
        self.done.append((path, response.request.extensions["began"], time.perf_counter(), sent))


def _happen(file: Path) -> tuple[list[str], dict[str, tuple[Any, ...]]]:
    """Restore three records and mark three as disputed. Ten ids, and the mirror's rows of these six before it."""
    from django.utils import timezone

    from goodstanding.registry import commands, queries
    from goodstanding.registry.models import Record

    public = queries.public_on(timezone.localdate())
    records = list(Record.objects.filter(public, kind="penalty", disputed=False)[:10])
    chosen = [str(record.public_id) for record in records]
    with sqlite3.connect(file) as sqlite:
        old = {id_: sqlite.execute("SELECT * FROM record WHERE id = ?", (id_,)).fetchone() for id_ in chosen}
    for record in records[4:7]:
        commands.restore(record_id=record.pk, at=timezone.now())
    for record in records[7:]:
        commands.mark_disputed(record_id=record.pk, disputed=True, at=timezone.now())
    return chosen, {id_: old[id_] for id_ in chosen[4:]}


def _follow(mirror: Any) -> None:
    from goodstanding.registry import journal

    head = journal.head()
    while mirror.follow_once().position < head:
        time.sleep(0.1)


def _fill() -> None:
    from django.db import connection, transaction

    from goodstanding.exchange import held_sets

    while held_sets.advance() >= held_sets.PORTION:
        pass
    with transaction.atomic():
        held_sets.lock(alone=True)
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [ROWS])
        held_sets.rebuild_cells()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE exchange_setentry")


def _same(file: Path, position: int) -> None:
    """Give the mirror's file the same elements, and the sums and the digest that go with them."""
    from django.db import connection, transaction
    from django.utils import timezone

    from goodstanding.exchange import expected_set, held_sets
    from goodstanding.exchange.models import Subscriber

    with transaction.atomic():
        held_sets.lock(alone=False)
        reach = expected_set.reach_of(Subscriber.objects.get(), on=timezone.localdate())
        found = expected_set.expected(reach=reach, position=position, on=timezone.localdate())
    assert found is not None
    with sqlite3.connect(file) as sqlite, connection.cursor() as cursor:
        sqlite.execute("DROP INDEX element_by_bucket")
        rows = "SELECT (-record)::text, bucket, element FROM exchange_setentry WHERE record < 0"
        with cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(["text", "int2", "bytea"])
            sqlite.executemany("INSERT INTO element VALUES (?, ?, ?)", copy.rows())
        sqlite.execute("CREATE INDEX element_by_bucket ON element (bucket)")
        sums = [(number, sum_.to_bytes(16, "big")) for number, sum_ in enumerate(found.sums)]
        sqlite.executemany("INSERT OR REPLACE INTO bucket VALUES (?, ?)", sums)
        sqlite.execute("UPDATE whole SET count = ?, digest = ?", (found.count, found.digest.to_bytes()))


def _tamper(file: Path, chosen: list[str], old: dict[str, tuple[Any, ...]]) -> None:
    with sqlite3.connect(file) as sqlite:
        for id_ in chosen[:4] + chosen[7:]:
            sqlite.execute("DELETE FROM record WHERE id = ?", (id_,))
        for row in old.values():
            sqlite.execute(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", row)


def _measure(mirror: Any, requests: _Requests) -> None:
    requests.done.clear()
    started = time.perf_counter()
    found = mirror.reconcile()
    ended = time.perf_counter()
    print(f"  {found.line()}")
    last = next(number for number, done in enumerate(requests.done) if done[0] == "differences")
    first = requests.done[: last + 1]
    for path, began, done, sent in first:
        print(f"    {path}: {done - began:.3f} s, {sent:,} bytes")
    seconds, asked = first[-1][2] - started, sum(done - began for _, began, done, _ in first)
    print(f"  the round that found them: {seconds:.2f} s ({seconds - asked:.2f} s in the mirror), ", end="")
    print(f"{sum(sent for *_, sent in first):,} bytes; target under 2 s and 1,000,000 bytes")
    total = sum(sent for *_, sent in requests.done)
    print(f"  until mended and claimed equal: {ended - started:.2f} s, {total:,} bytes")


if __name__ == "__main__":
    main()
