"""What an adopter is told of each change, and what the mirror needs to run."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from goodstanding.exchange.mirror import Changed, MirrorError
from goodstanding.exchange.models import Receipt
from goodstanding.registry import commands as registry

from ..registry.factories import make_authority, make_entity
from .places import Place, mirror_of
from .stage import live_record, make_subscriber, now, seal_all

pytestmark = pytest.mark.usefixtures("database")


def test_every_change_is_told_in_the_order_of_the_feed(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    one, two = live_record(entity, authority), live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    told: list[Changed] = []
    days = [0]
    mirror = mirror_of(
        url,
        subscriber,
        key,
        place,
        on_change=lambda change, _: told.append(change),
        clock=lambda: now() + timedelta(days=days[0]),
    )
    mirror.follow_once()
    registry.mark_disputed(record_id=one.pk, disputed=True, at=now())
    registry.restore(record_id=two.pk, at=now())
    seal_all()
    mirror.follow_once()
    days[0] = 201
    list(mirror.holdings())
    names = {str(one.public_id): "one", str(two.public_id): "two"}
    assert [(item.what, names[item.record], item.because) for item in told] == [
        ("put", "one", "feed"),
        ("put", "two", "feed"),
        ("replaced", "one", "feed"),
        ("dropped", "two", "feed"),
        ("dropped", "one", "date"),
    ]
    assert [item.document is None for item in told] == [False, False, False, True, True]
    assert [item.position for item in told[:4]] == sorted(item.position for item in told[:4])


def test_what_is_written_through_the_connection_is_written_exactly_once(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(3)]
    subscriber, key = make_subscriber()
    seal_all()
    calls: list[str] = []
    fail = [True]
    mark = "?" if place.kind == "sqlite" else "%s"

    def write(change: Changed, connection: Any) -> None:
        calls.append(change.record)
        connection.execute(
            f"INSERT INTO own (record, what) VALUES ({mark}, {mark})", (change.record, change.what)
        )
        if fail[0] and len(calls) == 3:
            raise RuntimeError("the adopter's own fault")

    mirror = mirror_of(url, subscriber, key, place, on_change=write)
    mirror._store.connection.execute("CREATE TABLE own (record TEXT, what TEXT)")
    with pytest.raises(RuntimeError, match="own fault"):
        mirror.follow_once()
    assert list(mirror.holdings()) == []
    fail[0] = False
    mirror.follow_once()
    assert len(calls) == 6, "told again: at least once"
    found = mirror._store.connection.execute("SELECT record, what FROM own").fetchall()
    assert sorted(found) == sorted((str(record.public_id), "put") for record in records), (
        "written exactly once"
    )


def test_a_receipt_does_not_leave_before_the_adopter_has_dropped_it_too(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    broken = [False]

    def own(change: Changed, _: Any) -> None:
        if change.what == "dropped" and broken[0]:
            raise RuntimeError("the adopter's database is away")

    mirror = mirror_of(url, subscriber, key, place, on_change=own)
    mirror.follow_once()
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    broken[0] = True
    with pytest.raises(RuntimeError):
        mirror.follow_once()
    assert not Receipt.objects.exists()
    broken[0] = False
    assert mirror.follow_once().receipts == 1


def test_following_goes_on_when_the_stores_database_was_away(url: str, database: str, tmp_path: Path) -> None:
    place = Place("postgresql", tmp_path, database)
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    live_record(make_entity(), make_authority())
    seal_all()
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'goodstanding mirror' AND datname = current_database()"
        )
    with pytest.raises(MirrorError, match=r"store\.unreachable"):
        mirror.follow_once()
    assert mirror.follow_once().held == 2


#: The mirror's needs, and what these need: nothing else may be found by an import.
NEEDS = {"httpx", "httpcore", "h11", "anyio", "sniffio", "certifi", "idna", "typing_extensions"}
NEEDS |= {"cryptography", "_cffi_backend", "cffi", "orjson"}
BLOCKER = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top == "goodstanding":
            allowed = name in OURS or name.startswith(tuple(one + "." for one in OURS[2:]))
        else:
            allowed = top in sys.stdlib_module_names or top in NEEDS or top.startswith("_sysconfigdata")
        if not allowed:
            raise ModuleNotFoundError(f"{name} is not there", name=name)

OURS = ["goodstanding", "goodstanding.exchange", "goodstanding.exchange.mirror", "goodstanding.proof"]
sys.meta_path.insert(0, Nothing())
"""


@pytest.mark.parametrize(
    ("code", "also"),
    [
        ("import goodstanding.exchange.mirror", set()),
        ("from goodstanding.exchange.mirror import open_store; open_store('m.sqlite3').close()", set()),
        (
            "from goodstanding.exchange.mirror import open_store; open_store(ADDRESS).close()",
            {"psycopg", "psycopg_binary", "psycopg_c"},
        ),
        ("import goodstanding.exchange.mirror.program", {"click"}),
    ],
)
def test_the_mirror_runs_where_nothing_else_is_installed(
    database: str, tmp_path: Path, code: str, also: set[str]
) -> None:
    script = (
        f"{BLOCKER}\nNEEDS = {NEEDS | also!r}\nADDRESS = {database + '?schema=imports'!r}\n{code}\n"
        "assert 'django' not in sys.modules and {'httpx', 'cryptography', 'orjson'} <= set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_without_psycopg_a_database_is_refused_and_a_file_is_not(tmp_path: Path) -> None:
    script = (
        f"{BLOCKER}\nNEEDS = {NEEDS!r}\n"
        "from goodstanding.exchange.mirror import open_store\n"
        "try:\n    open_store('postgresql://127.0.0.1/x')\n"
        "except Exception as error:\n    print(error.code)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert result.stdout.strip() == "store.driver", result.stderr
