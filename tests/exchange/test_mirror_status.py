"""What a mirror shows of itself: where it stands, for a monitor too; proofs, statements of deletion, who got what."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import settings

from goodstanding import proof
from goodstanding.cli import group
from goodstanding.exchange import agreements
from goodstanding.exchange.mirror import Mirror, MirrorError, open_store
from goodstanding.exchange.mirror.errors import CODES, PASSING, STATUSES
from goodstanding.exchange.mirror.program import mirror as command
from goodstanding.exchange.mirror.standing import Word, standing
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .places import Place, mirror_of
from .stage import SIGNER, live_record, make_subscriber, now, seal_all, today, token_of
from .test_mirror_onward import onward_subscriber

pytestmark = pytest.mark.usefixtures("database")

Run = Callable[..., Any]


@pytest.fixture
def run(url: str, place: Place, tmp_path: Path) -> Callable[[Subscriber, bytes], Run]:
    """The program of a subscriber, with what it needs in files; gives what it says as JSON, one a line."""

    def of(subscriber: Subscriber, key: bytes) -> Run:
        (tmp_path / "token").write_text(token_of(subscriber))
        (tmp_path / "own-key").write_bytes(key)
        options = ["--store", place.store, "--key-file", str(tmp_path / "own-key"), "--url", url]

        def say(*words: str, status: int = 0, online: bool = True, text: bool = False) -> Any:
            named = [*options, *(["--token-file", str(tmp_path / "token")] if online else [])]
            result = CliRunner().invoke(command, [*named, *([] if text else ["--json"]), *words])
            assert result.exit_code == status, result.output
            return result.stdout if text else [json.loads(line) for line in result.stdout.splitlines()]

        return say

    return of


def test_a_mirror_tells_where_it_stands(url: str, place: Place, run: Callable[..., Run]) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    size = seal_all()
    say = run(subscriber, key)
    (new,) = say("--once")[:1]
    assert new["held"] == 1
    (found,) = say("status", online=False)
    assert (found["position"], found["size"], found["held"], found["behind"]) == (size, size, 1, None)
    assert found["well"] and not found["late"] and found["fault"] is None and found["reconciled"] is None
    assert [(one["state"], one["version"]) for one in found["agreements"]] == [("in_force", "1.0.0")]
    say("reconcile")
    registry.restore(record_id=record.pk, at=now())
    later = seal_all()
    (found,) = say("status")
    assert found["behind"] == later - size and found["reconciled"]["result"] == "equal"
    text = say("status", text=True, online=False)
    assert f"position {size} of a verified log of {size}" in text and "last reconciliation: equal" in text


def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.sqlite3"
    for words in (["status"], ["held"], ["deleted"], ["onward"]):
        result = CliRunner().invoke(command, ["--store", str(path), "--json", *words])
        assert result.exit_code == 1 and json.loads(result.stdout)["error"] == "store.missing"
    assert not list(tmp_path.iterdir())


def test_a_monitor_hears_that_a_mirror_is_late(url: str, place: Place, run: Callable[..., Run]) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror_of(url, subscriber, key, place, clock=lambda: now() - timedelta(minutes=9)).follow_once()
    say = run(subscriber, key)
    (found,) = say("status", online=False)
    assert found["well"]
    (found,) = say("status", "--late-after", "500", online=False, status=6)
    assert found["late"] and not found["well"] and found["exit_status"] == 6
    assert "(late)" in say("status", "--late-after", "500", online=False, status=6, text=True)


def test_where_it_stands_is_told_while_the_mirror_is_in_a_long_transaction(
    url: str, place: Place, run: Callable[..., Run]
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    size = seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    with mirror._store.transaction():
        mirror._store.drop(next(mirror._store.holdings()).record)
        (found,) = run(subscriber, key)("status", online=False)
    assert (found["position"], found["held"], found["well"]) == (size, 1, True)
    mirror.close()


def test_what_stopped_a_mirror_is_known_until_a_round_is_whole_again(
    url: str, place: Place, run: Callable[..., Run]
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror_of(url, subscriber, key, place).follow_once()
    with pytest.raises(MirrorError):
        Mirror(url, "wrong", place.store, key).follow_once()
    say = run(subscriber, key)
    (found,) = say("status", online=False, status=1)
    assert found["fault"]["code"] == "platform.token" and found["fault"]["remedy_zh"]
    assert "amiss since" in say("status", online=False, status=1, text=True)
    mirror_of(url, subscriber, key, place).follow_once()
    (found,) = say("status", online=False)
    assert found["fault"] is None


def test_each_kind_of_fault_has_its_exit_status_and_keeps_since_when(place: Place) -> None:
    store, at = open_store(place.store), [now()]
    word = Word(store, lambda: at[0])
    begun = at[0]
    for code in sorted(CODES):
        at[0] = begun
        word.whole()
        word.amiss(MirrorError(code, place="here"))
        at[0] += timedelta(seconds=5)
        word.amiss(MirrorError(code, place="there"))
        word.ended()
        found = standing(store, at=at[0])
        if code.startswith("store."):
            assert found.fault is None, "what is amiss with the store is not left in it"
            continue
        assert found.fault is not None
        assert (found.fault.code, found.fault.place, found.fault.since) == (code, "there", begun)
        assert found.exit_status == (0 if code in PASSING else STATUSES.get(code, 1))
        assert found.exit_status not in (6, 7)
    word.whole()
    assert standing(store, at=at[0]).exit_status == 0
    assert standing(store, at=at[0] + timedelta(minutes=11)).exit_status == 6
    store.close()


def test_the_proof_of_a_held_and_of_a_dropped_record_holds_offline(
    url: str, place: Place, run: Callable[..., Run], tmp_path: Path
) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(3)]
    subscriber, key = make_subscriber()
    seal_all()
    say = run(subscriber, key)
    say("--once")
    registry.restore(record_id=records[0].pk, at=now())
    seal_all()
    say("--once")
    live_record(entity, authority)
    seal_all()  # the published checkpoint is ahead of what the mirror knows
    log_key = SIGNER.verifier.encode()
    for record, kind in ((records[0], "record.restored"), (records[1], "record.committed")):
        file = tmp_path / f"{kind}.tlog-proof"
        (told,) = say("proof", str(record.public_id), "--out", str(file))
        assert (told["file"], told["bytes"]) == (str(file), file.stat().st_size)
        checked = CliRunner().invoke(group, ["log", "verify", str(file), "--key", log_key, "--json"])
        assert checked.exit_code == 0, checked.output
        proved = json.loads(checked.stdout)
        assert (proved["position"], proved["size"]) == (told["position"], seal.sealed_size())
        assert proved["content"]["record"] == str(record.public_id) and proved["content"]["kind"] == kind
        other = proof.SignerKey.generate(settings.LOG_ORIGIN).verifier.encode()
        assert CliRunner().invoke(group, ["log", "verify", str(file), "--key", other]).exit_code == 1
    printed = say("proof", str(records[1].public_id), text=True)
    assert printed == (tmp_path / "record.committed.tlog-proof").read_text()
    (unknown,) = say("proof", "00000000-0000-4000-8000-000000000000", status=1)
    assert unknown["error"] == "holding.unknown"


def test_statements_of_deletion_are_shown_with_their_signature(
    url: str, place: Place, run: Callable[..., Run]
) -> None:
    entity, authority = make_entity(), make_authority()
    for _ in range(2):
        live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    say = run(subscriber, key)
    say("--once")
    assert say("deleted", online=False) == []
    reference = subscriber.agreements.get().reference
    agreements.end(reference=reference, on=today(), reason="over and done", at=now())
    say("--once")
    (shown,) = say("deleted", online=False)
    assert shown["taken"] is True
    signed = proof.SignedDeletion.from_json(json.dumps(shown["statement"]))
    stated = proof.verify_deletion(signed, public_key=proof.public_key(key))
    assert (stated.agreement, stated.deleted, stated.subscriber) == (reference, 2, str(subscriber.public_id))
    assert f"{reference}: 2 records deleted" in say("deleted", online=False, text=True)
    (found,) = say("status", online=False, status=5)
    assert [one["state"] for one in found["agreements"]] == ["deleted"]
    assert found["fault"]["code"] == "agreement.none"


def test_who_got_what_is_known_before_and_after_they_are_told(
    url: str, place: Place, run: Callable[..., Run]
) -> None:
    entity, authority = make_entity(), make_authority()
    gone, stays = (live_record(entity, authority) for _ in range(2))
    subscriber, key = onward_subscriber("onward")
    seal_all()
    say = run(subscriber, key)
    say("--once")

    def known() -> set[tuple[Record, str, str, bool]]:
        of = {str(record.public_id): record for record in (gone, stays)}
        rows = say("onward", online=False)
        return {(of[row["record"]], row["to"], row["state"], row["gone_at"] is not None) for row in rows}

    for record, to in ((gone, "branch"), (gone, "partner"), (stays, "branch")):
        say("passed-on", str(record.public_id), "--to", to, online=False)
    assert known() == {
        (gone, "branch", "held", False),
        (gone, "partner", "held", False),
        (stays, "branch", "held", False),
    }
    registry.restore(record_id=gone.pk, at=now())
    seal_all()
    say("--once")
    (found,) = say("status", online=False)
    assert (found["receipts_owed"], found["receipts_waiting"]) == (0, 1)
    say("told", str(gone.public_id), "--to", "branch", online=False)
    assert known() == {
        (gone, "branch", "told", True),
        (gone, "partner", "to_tell", True),
        (stays, "branch", "held", False),
    }
    say("told", str(gone.public_id), "--to", "partner", online=False)
    (found,) = say("status", online=False)
    assert (found["receipts_owed"], found["receipts_waiting"]) == (1, 0)
    say("--once")
    (found,) = say("status", online=False)
    assert (found["receipts_owed"], found["receipts_waiting"]) == (0, 0)
    assert [row["to"] for row in say("onward", str(stays.public_id), online=False)] == ["branch"]
    assert "gone, told" in say("onward", str(gone.public_id), online=False, text=True)
