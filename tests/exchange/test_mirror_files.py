"""A mirror whose agreement opens files and no feed: it fetches them by itself, and a removal is never undone."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from pyarrow import Table, parquet

from goodstanding import proof
from goodstanding.exchange import agreements
from goodstanding.exchange.mirror import Changed, Mirror, MirrorAlarm, MirrorError
from goodstanding.exchange.mirror.progress import Fetched
from goodstanding.exchange.models import AgreedFiles, Agreement, Receipt, Reconciliation, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .beside import HOUR, SCOPES, Clock, Replay, mirror_beside, state_of, words_of
from .places import Place
from .stage import live_record, make_subscriber, now, seal_all, today, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # where the files of a store in a database lie for a moment


def some_records(count: int = 3) -> list[Record]:
    entity, authority = make_entity(), make_authority()
    return [live_record(entity, authority, public={"word": f"word-{n}"}) for n in range(count)]


def files_path(subscriber: Subscriber) -> str:
    return f"/api/v1/agreements/{subscriber.agreements.get().reference}/files"


def test_a_set_is_fetched_at_each_instant_and_a_removal_comes_by_the_feed(url: str, place: Place) -> None:
    records = some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock, news, changes = Clock(), list[Any](), list[Changed]()
    mirror = mirror_beside(
        url, subscriber, key, place, clock=clock, on_change=lambda change, _: changes.append(change)
    )
    assert mirror.follow_once(told=news.append).held == 0, "nothing was made yet"
    assert clock.make_files() == 1
    progress = mirror.follow_once(told=news.append)
    assert (progress.added, progress.held) == (3, 3) and words_of(mirror) == {"word-0", "word-1", "word-2"}
    (fetched,) = [one for one in news if isinstance(one, Fetched)]
    assert (fetched.records, fetched.added, fetched.position) == (3, 3, progress.position)
    assert {(change.what, change.because) for change in changes} == {("put", "file")}
    assert AgreedFiles.objects.get().fetched_at is not None
    assert mirror.verify_holding(str(records[0].public_id)).document is not None
    assert mirror.reconcile().result == "equal"
    standing = mirror.standing()
    assert (standing.exit_status, standing.files[0]["position"]) == (0, fetched.position)
    assert any("files of" in line for line in standing.lines())

    registry.restore(record_id=records[0].pk, at=now())
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.held, progress.receipts) == (1, 2, 1)
    assert state_of(records[0], subscriber) == "dropped"
    receipt = Receipt.objects.get()
    proof.verify_receipt(proof.SignedReceipt.from_json(receipt.signed), public_key=proof.public_key(key))
    assert mirror.reconcile().result == "equal", "what has changed since the files is on its way"
    assert clock.make_files() == 0 and mirror.follow_once().updated == 0, "its time has not come"

    clock.at += HOUR
    assert clock.make_files() == 1
    progress = mirror.follow_once()
    assert (progress.added, progress.updated, progress.left, progress.held) == (0, 1, 0, 2)
    disputed = [one.document["disputed"] for one in mirror.holdings() if one.document]
    assert sorted(disputed) == [False, True]
    assert mirror.reconcile().as_object() | {"rounds": 1, "result": "equal", "missing": 0, "older": 0} == (
        mirror.reconcile().as_object()
    )
    assert set(Reconciliation.objects.values_list("result", flat=True)) == {"equal"}
    mirror.close()
    assert place.shows("word-1") and not place.shows("word-0")
    assert not list(Path().iterdir()), "no file is left beside a store in a database"


def test_what_is_no_longer_in_the_newest_set_is_dropped_and_comes_with_the_next(
    url: str, place: Place
) -> None:
    records = some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock, changes = Clock(), list[Changed]()
    clock.make_files()
    mirror = mirror_beside(
        url, subscriber, key, place, clock=clock, on_change=lambda change, _: changes.append(change)
    )
    assert mirror.follow_once().held == 3
    clock.at += HOUR
    clock.make_files()
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())  # it leaves the newest files
    progress = mirror.follow_once()
    assert (progress.left, progress.held, progress.receipts) == (1, 2, 0), "no removal, so no receipt"
    assert (changes[-1].what, changes[-1].because) == ("dropped", "file")
    assert not place.shows("word-1")
    seal_all()
    clock.at += HOUR
    clock.make_files()
    assert (mirror.follow_once().added, mirror.reconcile().result) == (1, "equal")
    assert words_of(mirror) == {"word-0", "word-1", "word-2"}


def test_older_files_never_undo_a_newer_removal(url: str, place: Place) -> None:
    records = some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock, replay = Clock(), Replay()
    clock.make_files()
    mirror = mirror_beside(url, subscriber, key, place, clock=clock, client=replay.client())
    assert mirror.follow_once().held == 3
    path = files_path(subscriber)
    old = {at: answer for at, answer in replay.seen.items() if at.startswith(path)}
    registry.restore(record_id=records[0].pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1

    clock.at += HOUR
    (listed,) = json.loads(old[path].content)
    later = [listed | {"made_at": clock.at.isoformat(), "instant": clock.at.isoformat()}]
    replay.told = old | {path: httpx.Response(200, json=later)}
    news: list[Any] = []
    progress = mirror.follow_once(told=news.append)
    assert (progress.held, news[0].older, news[0].records) == (2, 1, 2)
    assert not mirror.holds(str(records[0].public_id))
    assert state_of(records[0], subscriber) == "dropped"

    clock.at += HOUR
    replay.told = old
    for _ in range(2):
        with pytest.raises(MirrorAlarm, match=r"file\.older"):
            mirror.follow_once()
    assert mirror.standing(late_after=timedelta(days=1)).exit_status == 1
    replay.told = {}
    clock.make_files()
    assert mirror.follow_once().held == 2
    assert mirror.standing(late_after=timedelta(days=1)).fault is None


@pytest.mark.parametrize("lie", ["content", "proof", "checkpoint"])
def test_a_set_that_is_not_proved_is_not_applied_and_holds_no_removal_up(
    url: str, place: Place, lie: str
) -> None:
    records = some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock, replay = Clock(), Replay()
    clock.make_files()
    mirror = mirror_beside(url, subscriber, key, place, clock=clock, client=replay.client())
    assert mirror.follow_once().held == 3
    path = files_path(subscriber)
    (listed,) = json.loads(replay.seen[path].content)
    (file,) = listed["files"]
    rows = parquet.read_table(io.BytesIO(replay.seen[f"{path}/{file['sha256']}"].content)).to_pylist()
    if lie == "content":
        rows[2]["document"] = rows[2]["document"].replace("word-2", "lies-2")
    if lie == "proof":
        rows[2]["inclusion"] = bytes(len(rows[2]["inclusion"]))
    if lie == "checkpoint":
        listed["checkpoint"] = listed["checkpoint"].replace("\n\n", "\n") + "x"
    schema = parquet.read_schema(io.BytesIO(replay.seen[f"{path}/{file['sha256']}"].content))
    made = io.BytesIO()
    parquet.write_table(Table.from_pylist(rows, schema), made)
    name = hashlib.sha256(made.getvalue()).hexdigest()
    listed |= {"made_at": (clock.at + HOUR).isoformat(), "files": [file | {"sha256": name}]}
    replay.told = {
        path: httpx.Response(200, json=[listed]),
        f"{path}/{name}": httpx.Response(200, content=made.getvalue()),
    }
    clock.at += 2 * HOUR
    registry.restore(record_id=records[0].pk, at=now())
    seal_all()
    with pytest.raises(MirrorError) as refusal:
        mirror.follow_once()
    assert refusal.value.code == ("log.checkpoint" if lie == "checkpoint" else "feed.entry")
    assert words_of(mirror) == {"word-1", "word-2"}, "as it was, less what was removed"
    assert state_of(records[0], subscriber) == "dropped"
    assert not place.shows("lies-2")


def test_an_agreement_of_files_that_has_ended_is_deleted_and_stated_and_nothing_is_fetched_while_suspended(
    url: str, place: Place
) -> None:
    some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock = Clock()
    clock.make_files()
    mirror = mirror_beside(url, subscriber, key, place, clock=clock)
    mirror.follow_once()
    held = Agreement.objects.get()
    agreements.suspend(reference=held.reference, reason="behind", at=now())
    clock.at += 2 * HOUR
    clock.make_files()
    assert mirror.follow_once().held == 3, "held on, and no door is asked for that is shut"
    agreements.end(reference=held.reference, on=today(), reason="over and done", at=now())
    progress = mirror.follow_once()
    assert (progress.held, progress.deleted) == (0, 3)
    held.refresh_from_db()
    signed = proof.SignedDeletion.from_json(held.deletion)
    assert proof.verify_deletion(signed, public_key=proof.public_key(key)).deleted == 3
    assert not place.shows("word-1")


def test_where_the_feed_brings_all_no_files_are_fetched_and_where_it_does_not_both_are_held(
    url: str, place: Place
) -> None:
    entity, authority = make_entity(), make_authority()
    penalty = live_record(entity, authority, public={"word": "by-feed"})
    permit = live_record(entity, authority, kind="permit", public={"word": "by-file"})
    subscriber, key = make_subscriber(methods=["feed", "file"])
    agreements.agree(
        subscriber=subscriber,
        reference="permits",
        kinds=["permit"],
        purpose="p",
        legal_basis="l",
        methods=["file"],
        valid_from=today(),
        at=now(),
    )
    seal_all()
    clock = Clock()
    assert clock.make_files() == 2
    mirror = mirror_beside(url, subscriber, key, place, clock=clock)
    assert mirror.follow_once().held == 2
    fetched = {one.agreement.reference: one.fetched_at for one in AgreedFiles.objects.all()}
    assert fetched.pop("permits") and list(fetched.values()) == [None]
    assert mirror.came_by(str(permit.public_id)) == ["file permits"]
    assert mirror.came_by(str(penalty.public_id)) == []
    for record in (penalty, permit):
        registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    seal_all()
    assert (mirror.follow_once().updated, mirror.reconcile().result) == (1, "equal")
    (other,) = Agreement.objects.exclude(reference="permits")
    agreements.end(reference=other.reference, on=today(), reason="over and done", at=now())
    assert mirror.follow_once().deleted == 1 and words_of(mirror) == {"by-file"}
    assert Agreement.objects.get(pk=other.pk).deletion == "", (
        "its files were perhaps fetched by somebody else"
    )


def test_a_record_that_is_lost_here_is_fetched_once_more(url: str, place: Place) -> None:
    records = some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock = Clock()
    clock.make_files()
    mirror = mirror_beside(url, subscriber, key, place, clock=clock)
    mirror.follow_once()
    mirror._store.drop(str(records[0].public_id))  # as a clerk does by hand
    found = mirror.reconcile()
    assert (found.result, found.missing) == ("equal", 1)
    assert mirror.holds(str(records[0].public_id))


def test_an_exception_of_the_adopter_leaves_nothing_of_the_set(url: str, place: Place) -> None:
    some_records()
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock, seen = Clock(), list[str]()
    clock.make_files()

    def stumble(change: Changed, _: Any) -> None:
        seen.append(change.record)
        if len(seen) == 3:
            raise RuntimeError("its own fault")

    mirror = mirror_beside(url, subscriber, key, place, clock=clock, on_change=stumble)
    with pytest.raises(RuntimeError):
        mirror.follow_once()
    assert not list(mirror.holdings())
    assert mirror.follow_once().held == 3 and len(seen) == 6, "the same changes come again"


def test_without_the_scope_the_files_are_alarmed_and_removals_come(url: str, place: Place) -> None:
    (record,) = some_records(1)
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock = Clock()
    clock.make_files()
    mirror_beside(url, subscriber, key, place, clock=clock).follow_once()
    clock.at += 2 * HOUR
    token = token_of(subscriber, *SCOPES[:2])
    mirror = Mirror(url, token, place.store, key, agreements_every=0, clock=clock)
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    with pytest.raises(MirrorAlarm, match=r"platform\.scope"):
        mirror.follow_once()
    assert state_of(record, subscriber) == "dropped"


def test_what_has_ended_by_date_shows_nothing_and_its_removal_is_still_answered(
    url: str, place: Place
) -> None:
    entity, authority = make_entity(), make_authority()
    ending = live_record(
        entity, authority, public={"word": "ends-soon"}, publish_until=today() + timedelta(days=1)
    )
    live_record(entity, authority, public={"word": "stays"})
    subscriber, key = make_subscriber(methods=["file"])
    seal_all()
    clock = Clock()
    clock.make_files()
    mirror = mirror_beside(url, subscriber, key, place, clock=clock)
    assert mirror.follow_once().held == 2
    clock.at += timedelta(days=2)
    clock.make_files()
    progress = mirror.follow_once()
    assert (progress.ended, progress.left, progress.held) == (1, 0, 1)
    assert words_of(mirror) == {"stays"} and not place.shows("ends-soon")
    registry.restore(record_id=ending.pk, at=now())
    seal_all()
    assert (mirror.follow_once().dropped, state_of(ending, subscriber)) == (1, "dropped")
