"""A mirror that reads one by one: what it read is kept, told of when it goes, and receipted."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from goodstanding.exchange import agreements
from goodstanding.exchange.mirror import Changed, MirrorError
from goodstanding.exchange.mirror.errors import ReadTooSoon
from goodstanding.exchange.mirror.program import mirror as command
from goodstanding.exchange.models import AgreedRead, Agreement, ReadPace
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Entity

from ..registry.factories import make_authority, make_entity
from .beside import HOUR, SCOPES, Replay, mirror_beside, state_of, words_of
from .places import Place
from .stage import live_record, make_subscriber, now, seal_all, today, token_of

pytestmark = pytest.mark.usefixtures("database")
OTHER = "临湖市地利贸易有限公司"


def uscc_of(entity: Entity) -> str:
    return str(entity.identifiers.get(scheme="uscc").value)


def let_read_again() -> None:
    """The agreement's hour passes."""
    ReadPace.objects.update(at=now() - 2 * HOUR)


def test_what_is_read_is_held_and_goes_with_a_receipt_when_it_is_removed(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"word-{n}"}) for n in range(2)]
    unread = live_record(make_entity(OTHER), authority, public={"word": "unread"})
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    changes: list[Changed] = []
    mirror = mirror_beside(url, subscriber, key, place, on_change=lambda change, _: changes.append(change))
    found = mirror.read_entity(uscc_of(entity))
    assert set(found.kept) == {str(one.public_id) for one in records} and found.purposes == (
        "credit services",
    )
    assert words_of(mirror) == {"word-0", "word-1"}
    assert {(change.what, change.because) for change in changes} == {("put", "read")}
    assert mirror.came_by(str(records[0].public_id)) == ["api"]
    assert mirror.verify_holding(str(records[0].public_id)).document is not None
    assert mirror.follow_once().held == 2 and mirror.reconcile().result == "equal"
    for record in (records[0], unread):
        registry.restore(record_id=record.pk, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.not_held, progress.held, progress.receipts) == (1, 0, 1, 1)
    assert (state_of(records[0], subscriber), state_of(unread, subscriber)) == ("dropped", "out_of_scope")
    assert mirror.came_by(str(records[0].public_id)) == []
    mirror.close()
    assert place.shows("word-1") and not place.shows("word-0") and not place.shows("unread")


def test_the_same_is_read_again_only_when_its_time_has_come(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    mirror = mirror_beside(url, subscriber, key, place)
    mirror.read_record(str(record.public_id))
    with pytest.raises(ReadTooSoon) as refusal:
        mirror.read_record(str(record.public_id))
    assert 3_500 < refusal.value.retry_after <= 3_600 and not refusal.value.passing
    let_read_again()
    assert mirror.read_record(str(record.public_id)).kept
    with pytest.raises(MirrorError, match=r"read\.unknown"):
        mirror.read_record(str(uuid.uuid4()))
    with pytest.raises(MirrorError, match=r"read\.unknown"):
        mirror.read_entity("91330100MA27XW3K8A")
    assert len(list(mirror.holdings())) == 1


def test_what_was_corrected_since_is_read_anew_by_reconciling_as_soon_as_it_may(
    url: str, place: Place
) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    mirror = mirror_beside(url, subscriber, key, place)
    mirror.read_record(str(record.public_id))
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.updated, progress.held) == (0, 1), "of a correction nobody is told"
    found = mirror.reconcile()
    assert (found.result, found.older, found.dropped) == ("differs", 1, 0), "too soon to read it again"
    let_read_again()
    assert mirror.reconcile().result == "equal"
    (held,) = mirror.holdings()
    assert held.document and held.document["disputed"] is True
    assert AgreedRead.objects.count() == 2, "the platform knows both states"


def test_an_answer_from_before_a_removal_does_not_bring_the_record_back(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    replay = Replay()
    mirror = mirror_beside(url, subscriber, key, place, client=replay.client())
    mirror.read_record(str(record.public_id))
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1
    path = f"/api/v1/agreed/records/{record.public_id}"
    replay.told = {path: replay.seen[path]}
    found = mirror.read_record(str(record.public_id))
    assert (found.kept, found.passed_over) == ((), (str(record.public_id),))
    assert not list(mirror.holdings())
    forged = json.loads(replay.seen[path].content)
    forged["records"][0]["record"]["content"] = {"word": "lies"}
    replay.told = {path: httpx.Response(200, json=forged)}
    with pytest.raises(MirrorError, match=r"feed\.entry"):
        mirror.read_record(str(record.public_id))


def test_what_is_not_sealed_yet_is_proved_by_a_later_checkpoint_or_not_kept(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    mirror = mirror_beside(url, subscriber, key, place)
    before = mirror.follow_once().position
    late = live_record(entity, authority)
    with pytest.raises(MirrorError, match=r"read\.unsealed"):
        mirror.read_record(str(late.public_id), patience=0)
    assert not list(mirror.holdings())
    seal_all()
    let_read_again()
    assert mirror.read_record(str(late.public_id), patience=0).kept, "without following the feed itself"
    assert mirror.standing().position == before
    registry.restore(record_id=late.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1


def test_what_was_read_goes_when_its_agreement_ends_and_the_statement_is_a_persons(
    url: str, place: Place
) -> None:
    entity, authority = make_entity(), make_authority()
    read = live_record(entity, authority, public={"word": "was-read"})
    live_record(entity, authority, kind="permit", public={"word": "by-feed"})
    subscriber, key = make_subscriber(methods=["api"])
    agreements.agree(
        subscriber=subscriber,
        reference="permits",
        kinds=["permit"],
        purpose="p",
        legal_basis="l",
        methods=["feed"],
        valid_from=today(),
        at=now(),
    )
    seal_all()
    mirror = mirror_beside(url, subscriber, key, place)
    assert mirror.follow_once().held == 1, "nothing that was not read"
    mirror.read_record(str(read.public_id))
    assert mirror.follow_once().held == 2
    (ended,) = Agreement.objects.exclude(reference="permits")
    agreements.end(reference=ended.reference, on=today(), reason="over and done", at=now())
    progress = mirror.follow_once()
    assert (progress.deleted, progress.held) == (1, 1) and words_of(mirror) == {"by-feed"}
    assert Agreement.objects.get(pk=ended.pk).deletion == ""


def test_from_the_command_line(url: str, tmp_path: Path) -> None:
    entity = make_entity()
    record = live_record(entity, make_authority())
    subscriber, key = make_subscriber(methods=["api", "file"])
    seal_all()
    (tmp_path / "token").write_text(token_of(subscriber, *SCOPES))
    (tmp_path / "key").write_text(key.hex())
    options: list[Any] = ["--url", url, "--token-file", tmp_path / "token", "--store", tmp_path / "m.sqlite3"]

    def run(*words: object) -> Any:
        return CliRunner().invoke(command, [str(word) for word in (*options, *words)])

    done = run("--json", "read", uscc_of(entity))
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["kept"] == [str(record.public_id)]
    again = run("read", uscc_of(entity), record.public_id)
    assert again.exit_code == 1 and "read.too_soon" in again.stderr
    assert f"{record.public_id}: 1 records for: credit services" in again.stdout, (
        "one does not stop the other"
    )
    ReadPace.objects.update(at=now() - HOUR + timedelta(seconds=2))
    waited = run("read", uscc_of(entity), "--wait", 60)
    assert waited.exit_code == 0, waited.output
    held = run("--json", "held")
    assert json.loads(held.output)["came_by"] == ["api"]
    listed = run("files")
    assert (listed.exit_code, listed.output) == (0, "")
    assert run("files", "--out", tmp_path / "out").exit_code == 2


def test_what_was_read_stays_while_its_agreement_is_suspended(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(methods=["api"])
    seal_all()
    mirror = mirror_beside(url, subscriber, key, place)
    mirror.read_record(str(record.public_id))
    agreements.suspend(reference=Agreement.objects.get().reference, reason="behind", at=now())
    registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
    let_read_again()
    seal_all()
    with pytest.raises(MirrorError, match=r"platform\.refused"):
        mirror.read_record(str(record.public_id))
    mirror.follow_once()
    mirror.reconcile()
    assert mirror.holds(str(record.public_id))
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert (mirror.follow_once().dropped, state_of(record, subscriber)) == (1, "dropped")
