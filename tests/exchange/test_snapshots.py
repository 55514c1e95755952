"""Snapshots: the same as following from the beginning, joined without a gap, and without what has ended meanwhile."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from pyarrow import parquet

from goodstanding.exchange import agreements, awaiting, queries, snapshot_files, snapshots
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import Loaded, Mirror, MirrorError
from goodstanding.exchange.mirror.platform import Platform
from goodstanding.exchange.models import AwaitedReceipt, Snapshot, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, statements
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Entity, Record

from ..registry.factories import make_authority, make_entity
from .places import Place
from .stage import live_record, make_subscriber, now, seal_all, today, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    return tmp_path / "snapshots"


def made_for(subscriber: Subscriber) -> Snapshot:
    asked = snapshots.ask(subscriber=subscriber, at=now())
    assert asked.made_at is None
    assert snapshots.work(at_clock=now) == 1
    found = snapshots.current(subscriber=subscriber, at=now())
    assert found is not None and found.made_at is not None
    return found


def asking(url: str, subscriber: Subscriber, **more: Any) -> Platform:
    return Platform(url, token_of(subscriber), **more)


def new_mirror(url: str, subscriber: Subscriber, key: bytes, store: Path | str, **more: Any) -> Mirror:
    """A mirror that takes the snapshot however short the feed is."""
    return Mirror(url, token_of(subscriber), store, key, **{"snapshot_from": 1, **more})


def held_by(mirror: Mirror) -> dict[str, Any]:
    """What a mirror holds, with every proof; what only the clock says is left out."""
    return {
        each.record: (each.position, each.version, each.document, each.salt, each.event)
        for each in mirror.holdings()
    }


def life(chance: random.Random, entities: list[Entity], steps: int) -> None:
    """Records come and change in every way that subscribers hear of, and are sealed now and then."""
    authority = make_authority()
    live: list[int] = []
    given: dict[str, Any] = {"account_id": None}
    for _ in range(steps):
        live.append(live_record(chance.choice(entities), authority).pk)
        pk = chance.choice(live)
        match chance.randrange(7):
            case 0 | 1:
                live.remove(pk)
                chance.choice([registry.restore, registry.withdraw])(record_id=pk, at=now())
            case 2:
                registry.mark_disputed(record_id=pk, disputed=chance.random() < 0.7, at=now())
            case 3:
                statements.attach_statement(record_id=pk, text="正在行政诉讼中。", at=now(), **given)
            case 4 if Record.objects.get(pk=pk).state == "published":
                decisions.shield(record_id=pk, statement="重整计划执行期间暂停公示", at=now(), **given)
                if chance.random() < 0.5:
                    decisions.unshield(record_id=pk, at=now(), **given)
                else:
                    live.remove(pk)
            case _:
                pass
        if chance.random() < 0.3:
            seal_all()


@pytest.mark.parametrize("seed", range(3))
def test_a_load_followed_on_is_the_same_as_following_from_the_beginning(
    url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    entities = [make_entity(), make_entity()]
    subscriber, key = make_subscriber()
    life(chance, entities, 12)
    seal_all()
    made_for(subscriber)
    life(chance, entities, 8)  # after the position of the snapshot, sealed or not
    seal_all()
    quick = new_mirror(url, subscriber, key, tmp_path / "fast.sqlite3")
    slow = Mirror(url, token_of(subscriber), tmp_path / "slow.sqlite3", key, snapshot_from=None)
    news: list[Any] = []
    entries = quick.follow_once(told=news.append).entries
    (loaded,) = news
    assert isinstance(loaded, Loaded) and loaded.records > 0
    assert entries == slow.follow_once().entries - loaded.position
    assert held_by(quick) == held_by(slow)
    published = Record.objects.filter(state="published")
    assert held_by(quick).keys() == {str(each.public_id) for each in published}
    for record in held_by(quick):
        quick.verify_holding(record)


def test_what_has_ended_meanwhile_is_in_no_file_that_anybody_is_given(url: str, folder: Path) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"word-{n}-here"}) for n in range(4)]
    subscriber, _ = make_subscriber()
    seal_all()
    before = made_for(subscriber)
    platform = asking(url, subscriber)
    (old,) = [each["sha256"] for each in before.files if each["holds"] == "records"]
    assert words(platform._ask("GET", f"/feed/snapshot/{old}").content) == {
        f"word-{n}-here" for n in range(4)
    }
    registry.restore(record_id=records[0].pk, at=now())  # not even sealed
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())
    with pytest.raises(MirrorError, match="404"):
        platform._ask("GET", f"/feed/snapshot/{old}")
    manifest = platform._ask("GET", "/feed/snapshot").json()
    assert manifest["position"] == before.position, "it is still of the same position"
    (new,) = [each for each in manifest["files"] if each["holds"] == "records"]
    answer = platform._ask("GET", f"/feed/snapshot/{new['sha256']}")
    assert words(answer.content) == {"word-2-here", "word-3-here"}
    assert answer.headers["cache-control"] == "no-store"
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {
        each["sha256"] for each in manifest["files"]
    }
    for record in records[2:]:
        registry.withdraw(record_id=record.pk, at=now())
    files = platform._ask("GET", "/feed/snapshot").json()["files"]
    assert [each["holds"] for each in files] == ["leaves"]


def words(data: bytes) -> set[str]:
    rows = parquet.read_table(io.BytesIO(data)).to_pylist()
    return {json.loads(row["document"])["content"]["word"] for row in rows}


def test_a_record_whose_last_day_has_passed_is_taken_out(url: str) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority, public={"word": "stays"})
    live_record(entity, authority, public={"word": "ends"}, publish_until=today() + timedelta(days=1))
    subscriber, _ = make_subscriber()
    seal_all()
    made = made_for(subscriber)
    tomorrow = snapshots.clear(made, at=now() + timedelta(days=1))
    (file,) = [each for each in tomorrow.files if each["holds"] == "records"]
    path = snapshots.file_of(tomorrow, file["sha256"])
    assert path is not None and words(path.read_bytes()) == {"stays"}


def test_a_snapshot_is_its_subscribers_and_goes_with_what_was_agreed(url: str, folder: Path) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "somebody's"})
    subscriber, _ = make_subscriber()
    other, _ = make_subscriber(kinds=["permit"])
    seal_all()
    made = made_for(subscriber)
    name = next(each["sha256"] for each in made.files if each["holds"] == "records")
    for path in ("", f"/{name}"):
        with pytest.raises(MirrorError, match="404"):
            asking(url, other)._ask("GET", "/feed/snapshot" + path)
    with pytest.raises(MirrorError, match=r"auth\.scope"):
        Platform(url, token_of(subscriber, "receipts:write"))._ask("POST", "/feed/snapshot")
    with pytest.raises(MirrorError, match="404"):
        asking(url, subscriber)._ask("GET", "/feed/snapshot/..%2F..%2Fkeys%2Flog")
    agreements.suspend(reference=subscriber.agreements.get().reference, reason="under review", at=now())
    for path in ("", f"/{name}"):
        with pytest.raises(MirrorError, match="404"):
            asking(url, subscriber)._ask("GET", "/feed/snapshot" + path)
    assert snapshots.work(at_clock=now) == 0
    assert not any(folder.iterdir()) and not Snapshot.objects.exists()
    with pytest.raises(ExchangeError, match=r"agreement\.no_method"):
        made_for(subscriber)
    agreements.resume(reference=subscriber.agreements.get().reference, at=now())
    assert str(record.public_id) in {row["record"] for row in rows_of(made_for(subscriber))}


def rows_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    paths = [
        snapshots.folder_of(snapshot) / each["sha256"]
        for each in snapshot.files
        if each["holds"] == "records"
    ]
    return [row for path in paths for row in parquet.read_table(path).to_pylist()]


def test_a_snapshot_lives_for_a_day_and_a_killed_making_leaves_nothing(folder: Path) -> None:
    live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber()
    seal_all()
    (folder / "half-made").mkdir(parents=True)
    made = made_for(subscriber)
    assert [each.name for each in folder.iterdir()] == [str(made.public_id)]
    assert snapshots.ask(subscriber=subscriber, at=now()) == made, "the same again changes nothing"
    late = now() + snapshots.LIFE
    assert snapshots.current(subscriber=subscriber, at=late) is None
    snapshots.work(at_clock=lambda: late)
    assert not any(folder.iterdir())
    assert snapshots.ask(subscriber=subscriber, at=late) != made


def test_many_files_of_few_rows_are_as_good_as_one(
    url: str, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ROWS": 3, "LEAVES": 7, "_AT_ONCE": 2}.items():
        monkeypatch.setattr(snapshot_files, name, value)
    entity, authority = make_entity(), make_authority()
    for _ in range(8):
        live_record(entity, authority)
    subscriber, key = make_subscriber(fields=["CF_WSH"], masking=["name"])
    seal_all()
    made = made_for(subscriber)
    assert len([each for each in made.files if each["holds"] == "records"]) == 2
    assert [each["first"] for each in made.files if each["holds"] == "leaves"][:2] == [1, 8]
    mirror = new_mirror(url, subscriber, key, place.store, loading=tmp_path)
    news: list[Any] = []
    progress = mirror.follow_once(told=news.append)
    assert [(each.records, each.position) for each in news] == [(8, made.position)]
    assert (progress.held, progress.added) == (8, 0)
    assert all(each.document and each.document["narrowed"] for each in mirror.holdings())


class Meddler(httpx.BaseTransport):
    """Changes one kind of file on its way and mends the manifest's digests, as a dishonest platform would."""

    def __init__(self, holds: str, change: Any) -> None:
        self.real, self.holds, self.change = httpx.HTTPTransport(), holds, change
        self.changed: dict[str, bytes] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[1]
        if name in self.changed:
            return httpx.Response(200, content=self.changed[name])
        answer = self.real.handle_request(request)
        answer.read()
        if name != "snapshot" or answer.status_code != 200:
            return answer
        manifest = answer.json()
        for file in manifest["files"]:
            if file["holds"] == self.holds:
                address = request.url.copy_with(path=f"{request.url.path}/{file['sha256']}")
                given = self.real.handle_request(httpx.Request("GET", address, headers=request.headers))
                table = self.change(parquet.read_table(io.BytesIO(given.read())).to_pylist())
                schema = snapshot_files.RECORDS if self.holds == "records" else snapshot_files._LEAF
                data = io.BytesIO()
                parquet.write_table(snapshot_files.arrow.Table.from_pylist(table, schema), data)
                file["sha256"] = snapshot_files.hashlib.sha256(data.getvalue()).hexdigest()
                self.changed[file["sha256"]] = data.getvalue()
        return httpx.Response(200, json=manifest)


def _other_document(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    document = json.loads(rows[0]["document"])
    document["content"]["CF_NR"] = "something else"
    return [rows[0] | {"document": json.dumps(document)}, *rows[1:]]


def _other_event(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    event = json.loads(rows[0]["event"])
    return [rows[0] | {"event": json.dumps(event | {"publish_until": None})}, *rows[1:]]


def _leaf(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"leaf_hash": bytes(32)}, *rows[1:]]


@pytest.mark.parametrize(
    ("holds", "change", "code"),
    [
        ("records", _other_document, "feed.entry"),
        ("records", _other_event, "feed.entry"),
        ("records", lambda rows: [rows[0] | {"position": 1}, *rows[1:]], "feed.entry"),
        ("records", lambda rows: [rows[0] | {"position": 10**9}, *rows[1:]], "feed.entry"),
        ("records", lambda rows: [rows[0], *rows], "feed.entry"),
        ("leaves", _leaf, "feed.root"),
        ("leaves", lambda rows: rows[:-1], "feed.root"),
        ("leaves", lambda rows: [*rows, {"leaf_hash": bytes(32)}], "feed.root"),
    ],
)
def test_whatever_is_not_proved_is_not_loaded(
    url: str, tmp_path: Path, holds: str, change: Any, code: str
) -> None:
    entity, authority = make_entity(), make_authority()
    for _ in range(3):
        live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    made_for(subscriber)
    path = tmp_path / "m.sqlite3"
    meddled = httpx.Client(transport=Meddler(holds, change), timeout=60)
    lied_to = new_mirror(url, subscriber, key, path, client=meddled)
    with pytest.raises(MirrorError) as error:
        lied_to.follow_once()
    assert error.value.code == code
    assert lied_to._store.state() is None and lied_to._store.count() == 0
    lied_to.close()
    mirror = new_mirror(url, subscriber, key, path)
    assert mirror.follow_once().held == 3, "an honest platform is loaded from"
    assert not list(tmp_path.glob("mirror-loading-*")), "and nothing is left of what the other gave"


def test_a_snapshot_that_is_being_made_is_waited_for(url: str, tmp_path: Path) -> None:
    subscriber, key = make_subscriber()
    with pytest.raises(ExchangeError, match=r"log\.empty"):
        snapshots.ask(subscriber=subscriber, at=now())
    live_record(make_entity(), make_authority())
    seal_all()
    mirror = new_mirror(url, subscriber, key, tmp_path / "m.sqlite3")
    with pytest.raises(MirrorError, match=r"snapshot\.waiting") as waiting:
        mirror.follow_once(patience=0)
    assert waiting.value.passing and mirror._store.state() is None
    assert snapshots.work(at_clock=now) == 1, "it asked for it"
    news: list[Any] = []
    assert mirror.follow_once(patience=0, told=news.append).held == 1
    assert [type(each) for each in news] == [Loaded]


def test_removals_before_a_first_load_are_answered_for(url: str, tmp_path: Path) -> None:
    """The platform waits for every recipient that could have got a record, whenever it begins to follow."""
    entity, authority = make_entity(), make_authority()
    subscriber, key = make_subscriber()
    gone, back = live_record(entity, authority), live_record(entity, authority)
    registry.restore(record_id=gone.pk, at=now())
    decisions.shield(record_id=back.pk, statement="重整计划执行期间暂停公示", account_id=None, at=now())
    decisions.unshield(record_id=back.pk, account_id=None, at=now())
    seal_all()
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass
    assert AwaitedReceipt.objects.count() == 2
    made_for(subscriber)
    mirror = new_mirror(url, subscriber, key, tmp_path / "mirror.sqlite3")
    assert mirror.follow_once().receipts == 2
    assert held_by(mirror).keys() == {str(back.public_id)}
    assert not AwaitedReceipt.objects.exists()
    assert {receipt.action for receipt in subscriber.receipts.all()} == {"not_held"}
    seal_all()
    assert mirror.follow_once().receipts == 0
    (board,) = queries.holders(gone, on=today())
    assert board.state == "never_held"


def test_whoever_does_not_get_one_follows_from_the_beginning_and_is_told_why(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    size = seal_all()

    def followed(name: str, **more: Any) -> list[Any]:
        news: list[Any] = []
        progress = new_mirror(url, subscriber, key, tmp_path / name, **more).follow_once(told=news.append)
        assert (progress.position, progress.entries, progress.held) == (size, size, 1)
        return news

    assert followed("refused.sqlite3", snapshot_from=None) == []
    assert followed("short.sqlite3", snapshot_from=size + 1) == [], "a short feed is read as it is"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        (said,) = followed("library.sqlite3")
    assert said.as_object()["why"] == "snapshot.library" and "goodstanding[columns]" in said.line()
    assert f"following {size} positions from the beginning" in said.line() and "\n" not in said.line()
    monkeypatch.setattr(snapshots, "find_spec", lambda name: None)
    (said,) = followed("platform.sqlite3")
    assert said.why.code == "platform.refused" and "snapshot.unavailable" in said.line()
    assert "pip install goodstanding[columns]" in said.line()


def test_an_adopter_is_told_of_what_a_snapshot_brings_inside_its_transaction(
    url: str, tmp_path: Path
) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(4)]
    subscriber, key = make_subscriber()
    size = seal_all()
    made_for(subscriber)
    path, told = tmp_path / "m.sqlite3", list[tuple[str, str, int]]()

    def keep(changed: Any, connection: Any) -> None:
        told.append((changed.what, changed.record, changed.position))
        connection.execute("CREATE TABLE IF NOT EXISTS own (record TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO own VALUES (?)", (changed.record,))
        if len(told) == 3:
            raise ZeroDivisionError

    mirror = new_mirror(url, subscriber, key, path, on_change=keep)
    with pytest.raises(ZeroDivisionError):
        mirror.follow_once()
    assert mirror._store.state() is None and mirror._store.count() == 0, "all or nothing"
    told.insert(0, ("", "", 0))  # from now on the third is past
    assert mirror.follow_once().position == size
    assert {record for what, record, _ in told[4:] if what == "put"} == {
        str(each.public_id) for each in records
    }
    assert mirror._store.connection.execute("SELECT count(*) FROM own").fetchone() == (4,)


def test_what_the_agreements_of_the_moment_do_not_cover_is_not_taken_from_files_at_hand(
    url: str, tmp_path: Path
) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    made_for(subscriber)
    mirror = new_mirror(url, subscriber, key, tmp_path / "m.sqlite3")
    real = mirror._platform.agreements

    def suspended_meanwhile() -> list[dict[str, Any]]:
        agreements.end(reference=subscriber.agreements.get().reference, on=today(), reason="over", at=now())
        return real()

    mirror._platform.agreements = suspended_meanwhile  # type: ignore[method-assign]
    assert mirror.follow_once().held == 0


class Dying(httpx.BaseTransport):
    """Counts the files that are given out, and kills its own process instead of giving one more."""

    def __init__(self, most: int) -> None:
        self.real, self.most, self.given = httpx.HTTPTransport(), most, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if len(request.url.path.rsplit("/", 1)[1]) == 64:
            if self.given == self.most:
                os._exit(9)
            self.given += 1
        return self.real.handle_request(request)


@pytest.mark.crash
def test_a_load_killed_at_every_file_asks_for_none_twice(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ROWS": 2, "LEAVES": 5, "_AT_ONCE": 1}.items():
        monkeypatch.setattr(snapshot_files, name, value)
    entity, authority = make_entity(), make_authority()
    for _ in range(6):
        live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    files = made_for(subscriber).files
    token = token_of(subscriber)

    def follow(most: int) -> tuple[int, int]:
        """A mirror that dies once it was given so many files. How many it was given when it lived, records held."""
        dying = Dying(most)
        client = httpx.Client(transport=dying, timeout=60)
        mirror = Mirror(url, token, tmp_path / "m.sqlite3", key, snapshot_from=1, client=client)
        held = mirror.follow_once().held
        mirror.close()
        return dying.given, held

    for _ in files[1:]:
        child = os.fork()
        if not child:
            follow(1)
            os._exit(1)  # it was to die
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    (folder,) = tmp_path.glob("mirror-loading-*")
    assert {each.name for each in folder.iterdir()} == {each["sha256"] for each in files[:-1]}
    assert folder.stat().st_mode & 0o077 == 0
    damaged = folder / files[0]["sha256"]
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])
    with pytest.raises(MirrorError, match=r"platform\.answer"):
        follow(1)
    assert not damaged.exists(), "what a crash left half written is fetched again"
    assert follow(1) == (1, 6)
    assert not folder.exists()


def test_nothing_of_the_platform_needs_the_extra_to_start() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import goodstanding.exchange.mirror.snapshot\n"
        "import django; django.setup()\n"
        "import goodstanding.api.app, goodstanding.site.worker, goodstanding.exchange.snapshots"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
