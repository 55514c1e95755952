"""Stores by themselves: what an address opens, what is left of what was dropped, and who may write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from goodstanding.exchange.mirror import Holding, MirrorError, State, conformance, open_store
from goodstanding.exchange.mirror.sqlite_store import SqliteStore
from goodstanding.exchange.mirror.store import KeptAgreement
from goodstanding.proof import Checkpoint, CompactRange

from .places import Place

pytestmark = pytest.mark.usefixtures("database")


def holding(number: int, *, word: str = "plain", until: str = "2030-01-01") -> Holding:
    document = {"content": {"word": word}, "publish_until": until}
    return Holding(f"record-{number}", number, 1, document, bytes([number % 256]) * 32, {"n": number})


@pytest.mark.parametrize("address", ["", "mysql://localhost/x", "sqlite:///", "postgresql://h/d?schema=a;b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MirrorError) as error:
        open_store(address)
    assert error.value.code == "store.address"


def test_a_database_that_is_away_is_named_and_may_come_back() -> None:
    with pytest.raises(MirrorError) as error:
        open_store("postgresql://nobody:secret-word@127.0.0.1:1/nothing")
    assert error.value.code == "store.unreachable" and error.value.passing
    assert "secret-word" not in str(error.value)


def test_the_iterator_goes_on_over_pages_while_records_come_and_go(place: Place) -> None:
    store = open_store(place.store)
    with store.transaction():
        for number in range(1, 2502):
            store.put(holding(number))
    seen = []
    for item in store.holdings():
        seen.append(item.position)
        if item.position == 10:
            store.drop("record-2400")
            store.put(holding(3000))
    assert seen == [*range(1, 2400), *range(2401, 2502), 3000]
    assert store.count() == 2501
    store.close()


def test_what_is_written_in_a_transaction_that_fails_is_not_there(place: Place) -> None:
    store = open_store(place.store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.put(holding(1))
        with store.transaction():
            store.put(holding(2))
        raise ZeroDivisionError
    assert store.count() == 0
    store.close()


def test_a_second_writer_waits_and_is_refused_while_the_first_is_inside(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = open_store(place.store), open_store(place.store)
    second.connection.execute(
        "PRAGMA busy_timeout = 50" if place.kind == "sqlite" else "SET lock_timeout TO '50ms'"
    )
    with first.transaction():
        first.put(holding(1))
        with pytest.raises(MirrorError) as error, second.transaction():
            raise AssertionError("two writers are inside")
        assert error.value.code == "store.busy"
    with second.transaction():
        assert second.count() == 1
    first.close()
    second.close()


def test_another_thread_waits_for_the_end_of_a_transaction(place: Place) -> None:
    store = open_store(place.store)
    seen: list[int] = []
    with store.transaction():
        store.put(holding(1))
        reader = threading.Thread(target=lambda: seen.append(store.count()))
        reader.start()
        reader.join(0.2)
        assert not seen
        store.put(holding(2))
    reader.join(10)
    assert seen == [2]
    store.close()


def test_two_schemas_of_one_database_are_two_stores(database: str) -> None:
    one, two = (open_store(f"{database}?schema={name}") for name in ("bank_a", "bank_b"))
    one.put(holding(1))
    assert (one.count(), two.count()) == (1, 0)
    one.close()
    two.close()


def test_a_lost_connection_is_taken_up_again(database: str) -> None:
    store = open_store(f"{database}?schema=lost")
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'goodstanding mirror' AND datname = current_database()"
        )
    with pytest.raises(MirrorError, match=r"store\.unreachable"), store.transaction():
        pass
    with store.transaction():
        store.put(holding(1))
    assert store.count() == 1
    store.close()


def test_postgresql_is_vacuumed_after_drops_and_its_file_written_anew_where_everything_went(
    database: str,
) -> None:
    store = open_store(f"{database}?schema=traces")
    with psycopg.connect(database, autocommit=True) as other:

        def file() -> bytes:
            other.execute("CHECKPOINT")
            found = other.execute("SELECT pg_read_binary_file(pg_relation_filepath('traces.record'))")
            row = found.fetchone()
            assert row is not None
            return bytes(row[0])

        def vacuums() -> int:
            row = other.execute("SELECT pg_stat_get_vacuum_count('traces.record'::regclass)").fetchone()
            assert row is not None
            return int(row[0])

        for number in range(1, 40):
            store.put(holding(number, word=f"word-{number}-here"))
        assert b"word-7-here" in file()
        store.drop("record-7")
        before = vacuums()
        store.forget_traces()
        assert vacuums() == before + 1
        for number in range(1, 40):
            store.drop(f"record-{number}")
        store.forget_traces(thoroughly=True)
        assert b"-here" not in file()
    store.close()


def test_our_stores_are_fit_for_a_mirror(place: Place) -> None:
    assert conformance.check(lambda: open_store(place.store)) == 8
    store = open_store(place.store)
    assert store.count() == 0
    store.close()


class _Forgetful(SqliteStore):
    """SQLite with one promise broken."""

    def __init__(self, path: Path, broken: str) -> None:
        self.broken = broken
        super().__init__(path)

    def drop(self, record: str) -> int:
        return 1 if self.broken == "drop" else super().drop(record)

    def holdings(self, *, ended: bool = False) -> Iterator[Holding]:
        found = super().holdings(ended=ended)
        return iter(sorted(found, key=lambda item: item.record)) if self.broken == "order" else found

    def owed(self, limit: int = 1000) -> list[tuple[int, bytes]]:
        rows = self._all("SELECT position, signed FROM receipt WHERE sent = 0 ORDER BY position")
        return rows if self.broken == "waiting" else super().owed(limit)

    def set_mark(self, name: str, text: str) -> None:
        super().set_mark(name, text)
        if self.broken == "transaction" and self._inside:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")

    def note_told(self, *, record: str, to: str) -> int:
        told = super().note_told(record=record, to=to)
        return 1 if self.broken == "told" else told

    def keep_agreement(self, kept: KeptAgreement) -> None:
        super().keep_agreement(replace(kept, statement=None) if self.broken == "statement" else kept)

    def note_witnessed(self, checkpoint: Checkpoint) -> None:
        super().note_witnessed(replace(checkpoint, size=15) if self.broken == "witnessed" else checkpoint)

    def keep(self, state: State) -> None:
        super().keep(replace(state, tree=CompactRange()) if self.broken == "tree" else state)


@pytest.mark.parametrize(
    "broken", ["drop", "order", "waiting", "transaction", "told", "statement", "witnessed", "tree"]
)
def test_a_store_that_breaks_a_promise_is_found_unfit(tmp_path: Path, broken: str) -> None:
    assert conformance.check(lambda: _Forgetful(tmp_path / "whole.sqlite3", "")) == 8
    with pytest.raises(conformance.Unfit):
        conformance.check(lambda: _Forgetful(tmp_path / "m.sqlite3", broken))


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'm.sqlite3'}").close()
    assert (tmp_path / "m.sqlite3").stat().st_mode & 0o077 == 0
