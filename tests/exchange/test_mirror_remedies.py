"""What goes wrong in an adopter's first afternoon is named precisely, each with its remedy in both languages."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from goodstanding import proof
from goodstanding.exchange import agreements
from goodstanding.exchange.mirror import Mirror, MirrorAlarm, MirrorError, Progress, Store, open_store
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Account

from ..registry.factories import make_authority, make_entity
from .places import Place, mirror_of
from .stage import live_record, make_subscriber, now, seal_all, token_of
from .test_agreements import document
from .test_mirror_stores import holding

pytestmark = pytest.mark.usefixtures("database")


@contextmanager
def named(code: str) -> Iterator[None]:
    """Something stops with a code, and a remedy in both languages."""
    with pytest.raises(MirrorError) as error:
        yield
    assert error.value.code == code, str(error.value)
    assert error.value.remedy and error.value.remedy_zh and not error.value.passing


def test_a_token_that_is_wrong_revoked_too_narrow_or_anothers(url: str, tmp_path: Path) -> None:
    subscriber, key = make_subscriber()
    operator = registry.create_account(username="operator", password=None, role=Account.Role.OPERATOR)
    foreign = registry.create_token(account=operator, name="x", scopes=["feed:read"], at=now())
    seal_all()
    tokens = {
        "wrong": "platform.token",
        token_of(subscriber, "receipts:write"): "platform.scope",
        foreign: "platform.scope",
    }
    for number, (token, code) in enumerate(tokens.items()):
        with named(code):
            Mirror(url, token, tmp_path / f"{number}.sqlite3", key).follow_once()


def test_a_key_that_is_not_the_registered_one(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, proof.generate_private_key(), place)
    mirror.follow_once()
    with named("key.unregistered"):
        mirror.reconcile()
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    with named("key.unregistered"):
        mirror.follow_once()
    assert not mirror.holds(str(record.public_id)), "it is gone all the same"
    found = mirror.standing()
    assert found.fault is not None and found.fault.code == "key.unregistered" and found.exit_status == 1
    assert found.receipts_owed == 1


class OtherClock(httpx.BaseTransport):
    """The platform with a clock that is off."""

    def __init__(self, off: timedelta) -> None:
        self.real, self.off = httpx.HTTPTransport(), off

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.real.handle_request(request)
        answer.headers["Date"] = format_datetime(datetime.now(UTC) + self.off, usegmt=True)
        return answer


@pytest.mark.parametrize(
    ("off", "way"), [(timedelta(hours=8), "behind"), (timedelta(minutes=-7), "ahead of")]
)
def test_clocks_that_are_far_apart_are_alarmed_and_hold_nothing_up(
    url: str, tmp_path: Path, off: timedelta, way: str
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()

    def follow(off: timedelta) -> Mirror:
        client = httpx.Client(transport=OtherClock(off), timeout=60)
        return Mirror(url, token_of(subscriber), tmp_path / "m.sqlite3", key, client=client)

    wrong = follow(off)
    with pytest.raises(MirrorAlarm) as alarm:
        wrong.follow_once()
    assert (alarm.value.code, alarm.value.exit_status, alarm.value.progress.held) == ("clock.off", 8, 1)
    assert way in alarm.value.place
    assert wrong.standing().exit_status == 8
    wrong.close()
    right = follow(timedelta(minutes=1))
    assert right.follow_once().held == 1 and right.standing().exit_status == 0


class PoorLine(httpx.BaseTransport):
    """A line that is good at first, then loses every second request for the feed, and at last all of them."""

    def __init__(self) -> None:
        self.real, self.asked, self.lost_of_two = httpx.HTTPTransport(), 0, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/feed"):
            self.asked += 1
            if self.asked % 2 < self.lost_of_two:
                raise httpx.ConnectError("lost")
        return self.real.handle_request(request)


class Pauses(threading.Event):
    """Notes how long a mirror would pause, and lets it go on at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        return self.is_set()


def test_a_mirror_that_gets_on_over_a_poor_line_does_not_wait_longer_each_time(
    url: str, place: Place
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    line, pauses, getting_on = PoorLine(), Pauses(), list[float]()
    mirror = mirror_of(
        url, subscriber, key, place, page_size=2, client=httpx.Client(transport=line, timeout=60)
    )
    mirror.follow_once()
    for _ in range(4):
        live_record(make_entity(), make_authority())
    size, line.lost_of_two = seal_all(), 1

    def told(news: Any) -> None:
        if isinstance(news, Progress) and news.size == size and line.lost_of_two == 1:
            getting_on.extend(pauses.seconds)
            pauses.seconds.clear()
            line.lost_of_two = 2
        if len(pauses.seconds) == 5:
            pauses.set()

    mirror.follow(pauses, 0.5, wait=0, told=told)
    assert len(getting_on) >= 3 and max(getting_on) <= 1, getting_on
    away = pauses.seconds[1:5]
    assert away == sorted(set(away)), "nothing came: each pause longer than the last"


def test_that_no_agreement_is_in_force_is_said_once_and_in_the_status(url: str, place: Place) -> None:
    subscriber, key = make_subscriber(kinds=[])
    live_record(make_entity(), make_authority())
    seal_all()
    mirror = mirror_of(url, subscriber, key, place, agreements_every=0)
    told: list[Any] = []

    def said() -> list[str]:
        told.clear()
        mirror.follow_once(told=told.append)
        return [one.code for one in told]

    assert (said(), said()) == (["agreement.none"], [])
    assert mirror.standing().exit_status == 5
    agreements.draft(document(subscriber), at=now())
    assert said() == ["agreement.none"] and "draft" in told[0].place
    agreements.sign_as_provider(reference="test-1", at=now())
    mirror.sign("test-1", version="1.0.0")
    assert said() == [] and mirror.standing().exit_status == 0
    agreements.suspend(reference="test-1", reason="under review", at=now())
    assert said() == ["agreement.suspended"] and "test-1" in told[0].place
    assert mirror.standing().exit_status == 5
    assert "agreement.suspended" in "\n".join(mirror.standing().lines())


def test_two_mirrors_on_one_store(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    first, second = (mirror_of(url, subscriber, key, place) for _ in range(2))
    first.follow_once()
    live_record(entity, authority)
    size = seal_all()
    real = second._platform.feed

    def meanwhile(**more: Any) -> dict[str, Any]:
        page = real(**more)
        first.follow_once()
        return page

    second._platform.feed = meanwhile  # type: ignore[method-assign]
    with pytest.raises(MirrorError, match="another one has gone on") as error:
        second.follow_once()
    assert error.value.code == "store.busy"
    assert first.standing().position == size and first.standing().held == 2


def _full(store: Store, place: Place) -> None:
    """Let the disk be full: a limit of pages for SQLite, the server's own error in PostgreSQL."""
    if place.kind == "sqlite":
        (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
        store.connection.execute(f"PRAGMA max_page_count = {pages}")
        return
    store.connection.execute(
        """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"""
    )
    store.connection.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )


def _room(store: Store, place: Place) -> None:
    if place.kind == "sqlite":
        store.connection.execute("PRAGMA max_page_count = 1000000")
    else:
        store.connection.execute("DROP TRIGGER full_disk ON record")


def test_a_full_disk_stops_the_mirror_which_goes_on_where_it_was_once_there_is_room(
    url: str, place: Place
) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    store = open_store(place.store)
    mirror = Mirror(url, token_of(subscriber), store, key, page_size=2)
    before = mirror.follow_once().position
    for number in range(6):
        live_record(entity, authority, public={"word": f"{number}" * 2_000})
    size = seal_all()
    _full(store, place)
    with named("store.full"):
        mirror.follow_once()
    stuck = store.state()
    assert stuck is not None and before <= stuck.tree.size < size
    _room(store, place)
    progress = mirror.follow_once()
    assert (progress.position, progress.held) == (size, 7)
    assert mirror.reconcile().result == "equal"


def test_a_full_disk_under_the_adopters_own_statement_is_named_too(place: Place) -> None:
    store = open_store(place.store)
    store.connection.execute("CREATE TABLE own (word TEXT)")
    store.put(holding(1))
    _full(store, place)
    with named("store.full"), store.transaction():
        if place.kind == "sqlite":
            store.connection.execute("INSERT INTO own VALUES (?)", ("x" * 1_000_000,))
        else:
            store.connection.execute(
                "INSERT INTO record (id, position, version, salt, event) VALUES ('x', 2, 1, '', '')"
            )
    _room(store, place)
    assert store.count() == 1
    with pytest.raises((sqlite3.Error, psycopg.Error)), store.transaction():
        store.connection.execute("SELECT * FROM a_mistake_of_the_adopter")
    with store.transaction():
        store.drop("record-1")
    assert store.count() == 0


def test_a_store_that_cannot_be_written_or_is_none(tmp_path: Path, database: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with named("store.unwritable"):
        open_store(tmp_path / "file" / "m.sqlite3")
    (tmp_path / "text.sqlite3").write_text("this is no database, and long enough to be read as one " * 50)
    with named("store.damaged"):
        open_store(tmp_path / "text.sqlite3")
    open_store(f"{database}?schema=guarded").close()
    store = open_store(f"{database}?schema=guarded")
    store.connection.execute("SET default_transaction_read_only TO on")
    with named("store.unwritable"):
        store.put(holding(1))
    store.close()


def test_a_note_that_finds_the_store_taken_is_refused_as_busy(tmp_path: Path) -> None:
    first, second = (open_store(tmp_path / "m.sqlite3") for _ in range(2))
    second.connection.execute("PRAGMA busy_timeout = 50")
    with first.transaction(), named("store.busy"):
        first.put(holding(1))
        second.set_mark("a name", "a text")
    second.set_mark("a name", "a text")
    assert first.mark("a name") == "a text"
    first.close()
    second.close()
