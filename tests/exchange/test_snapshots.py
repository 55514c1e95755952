"""Snapshots: the same as following from the beginning, joined without a gap, and without what has ended meanwhile."""

from __future__ import annotations

import io
import json
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

from goodstanding.exchange import agreements, snapshot_files, snapshots
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import Mirror, MirrorError
from goodstanding.exchange.mirror.platform import Platform
from goodstanding.exchange.mirror.snapshot import load
from goodstanding.exchange.mirror.store import open_store
from goodstanding.exchange.models import Snapshot, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, statements
from goodstanding.registry.models import Entity, Record

from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, now, seal_all, token_of

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
    fast = tmp_path / "fast.sqlite3"
    loaded = load(asking(url, subscriber), open_store(fast), url=url)
    life(chance, entities, 4)
    seal_all()
    quick = Mirror(url, token_of(subscriber), fast, key)
    slow = Mirror(url, token_of(subscriber), tmp_path / "slow.sqlite3", key)
    entries = quick.follow_once().entries
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
    today = now() + timedelta(hours=8)
    live_record(entity, authority, public={"word": "ends"}, publish_until=today.date() + timedelta(days=1))
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
    again = made_for(subscriber)
    assert [each["holds"] for each in again.files] == ["leaves"], "nothing may be sent while it is suspended"
    assert str(record.public_id) not in str(again.files)


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
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    loaded = load(asking(url, subscriber), open_store(tmp_path / "m.sqlite3"), url=url)
    assert (loaded.records, loaded.position) == (8, made.position)
    mirror = Mirror(url, token_of(subscriber), tmp_path / "m.sqlite3", key)
    assert mirror.follow_once().held == 8
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
    subscriber, _ = make_subscriber()
    seal_all()
    made_for(subscriber)
    store = open_store(tmp_path / "m.sqlite3")
    meddled = asking(url, subscriber, client=httpx.Client(transport=Meddler(holds, change), timeout=60))
    with pytest.raises(MirrorError) as error:
        load(meddled, store, url=url)
    assert error.value.code == code
    assert store.state() is None and store.count() == 0
    assert load(asking(url, subscriber), store, url=url).records == 3, "an honest platform is loaded from"
    with pytest.raises(MirrorError, match=r"snapshot\.store"):
        load(asking(url, subscriber), store, url=url)
    store.close()


def test_whoever_does_not_get_one_is_told_why(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, _ = make_subscriber()
    with pytest.raises(ExchangeError, match=r"log\.empty"):
        snapshots.ask(subscriber=subscriber, at=now())
    seal_all()
    store = open_store(tmp_path / "m.sqlite3")
    with pytest.raises(MirrorError, match=r"snapshot\.waiting") as waiting:
        load(asking(url, subscriber), store, url=url, patience=0)
    assert waiting.value.passing
    monkeypatch.setattr(snapshots, "find_spec", lambda name: None)
    with pytest.raises(
        MirrorError, match=r"snapshot\.unavailable.*pip install goodstanding\[columns\]"
    ) as away:
        asking(url, subscriber)._ask("POST", "/feed/snapshot")
    assert away.value.code == "platform.refused"
    store.close()


def test_nothing_of_the_platform_needs_the_extra_to_start() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import goodstanding.exchange.mirror.snapshot\n"
        "import django; django.setup()\n"
        "import goodstanding.api.app, goodstanding.site.worker, goodstanding.exchange.snapshots"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
