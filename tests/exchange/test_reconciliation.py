"""A real mirror reconciles with a real server: whatever it lacks or should not have is found, named and mended."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange import agreements, reconciliation_queries
from goodstanding.exchange.agreement import agreement_of
from goodstanding.exchange.mirror import Mirror, MirrorError
from goodstanding.exchange.mirror.reconcile import Reconciled
from goodstanding.exchange.models import Receipt, Reconciliation, Subscriber
from goodstanding.proof.keys import to_base64
from goodstanding.proof.set_digest import SetClaim, SignedClaim, sign_claim, verify_claim
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity
from .histories import History, must_hold
from .stage import last_position, live_record, make_subscriber, now, seal_all, serving, today, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def url(database: str) -> Iterator[str]:
    with serving() as address:
        yield address


class Stage:
    """A platform with some records and a mirror that follows it."""

    def __init__(self, url: str, folder: Path, *, records: int = 6, **more: Any) -> None:
        self.url, self.file = url, folder / "mirror.sqlite3"
        self.entity, self.authority = make_entity(division="330106"), make_authority()
        self.records = [live_record(self.entity, self.authority) for _ in range(records)]
        self.subscriber, self.key = make_subscriber(**more)
        seal_all()
        self.mirror = self.open()
        self.mirror.follow_once()

    def open(self, **more: Any) -> Mirror:
        return Mirror(self.url, token_of(self.subscriber), self.file, self.key, **more)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Change the mirror's file by hand."""
        with sqlite3.connect(self.file) as file:
            return file.execute(statement, values).fetchall()

    def id(self, number: int) -> str:
        return str(self.records[number].public_id)

    def restore(self, number: int) -> None:
        registry.restore(record_id=self.records[number].pk, at=now())
        seal_all()

    def held(self) -> set[str]:
        return {str(holding.record) for holding in self.mirror.holdings()}

    def must_hold(self) -> set[str]:
        plain = must_hold(self.subscriber, position=Event.objects.count())
        return {str(record) for record in plain.elements}


@pytest.fixture
def stage(url: str, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(url, tmp_path)
    yield made
    made.mirror.close()


def differences(found: Reconciled) -> dict[str, int]:
    names = ("missing", "kept", "older", "unknown", "on_the_way", "went_back")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def rounds() -> list[Reconciliation]:
    return list(Reconciliation.objects.order_by("pk"))


def test_equal_sets_are_equal_in_one_round_and_that_is_in_the_journal(stage: Stage) -> None:
    found = stage.mirror.reconcile()
    assert (found.result, found.rounds, found.held, differences(found)) == ("equal", 1, 6, {})
    (made,) = rounds()
    signed = SignedClaim.from_json(made.signed)
    claim = verify_claim(signed, public_key=proof.public_key(stage.key))
    assert (claim.count, claim.digest) == (6, bytes(made.digest).hex())
    told = Event.objects.get(kind="reconciliation.made")
    assert made.event_position == told.position
    plain = must_hold(stage.subscriber, position=claim.position)
    assert told.content["expected"] == told.content["claimed"] == plain.digest.hex()
    assert (told.content["count"], told.content["result"]) == (6, "equal")
    assert not any(stage.id(number) in str(told.content) for number in range(6))


def test_an_event_that_the_store_lost_is_found_and_mended(stage: Stage) -> None:
    stage.sql("DELETE FROM record WHERE id = ?", stage.id(2))
    found = stage.mirror.reconcile()
    assert (found.result, found.rounds, found.fetched, differences(found)) == ("equal", 2, 1, {"missing": 1})
    assert stage.held() == stage.must_hold()
    assert stage.mirror.verify_holding(stage.id(2)).document is not None
    first, second = rounds()
    assert first.found == [
        {"kind": "missing", "record": stage.id(2), "position": last_position(stage.records[2])}
    ]
    assert (first.result, second.result) == ("differs", "equal")


def test_a_record_that_was_kept_in_secret_is_found_dropped_and_receipted(stage: Stage) -> None:
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(1))[0]
    stage.restore(1)
    stage.mirror.follow_once()
    assert Receipt.objects.get().action == "dropped"
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    found = stage.mirror.reconcile()
    assert (found.result, found.dropped, differences(found)) == ("equal", 1, {"kept": 1})
    assert stage.held() == stage.must_hold()
    ((sent,),) = stage.sql("SELECT sent FROM receipt WHERE record = ?", stage.id(1))
    assert sent == 1
    assert rounds()[0].found[0]["kind"] == "kept"


def test_a_removal_that_the_store_lost_is_receipted_when_it_is_found(stage: Stage) -> None:
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(1))[0]
    stage.restore(1)
    stage.mirror.follow_once()
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    stage.sql("DELETE FROM receipt")
    assert stage.mirror.reconcile().dropped == 1
    assert stage.sql("SELECT record, sent FROM receipt") == [(stage.id(1), 1)]


def test_an_older_version_is_found_and_replaced(stage: Stage) -> None:
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(3))[0]
    registry.mark_disputed(record_id=stage.records[3].pk, disputed=True, at=now())
    seal_all()
    stage.mirror.follow_once()
    stage.sql("DELETE FROM record WHERE id = ?", stage.id(3))
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    found = stage.mirror.reconcile()
    assert (found.result, found.fetched, differences(found)) == ("equal", 1, {"older": 1})
    (held,) = [item for item in stage.mirror.holdings() if item.record == stage.id(3)]
    assert held.document and held.document["disputed"]


def test_what_the_platform_never_gave_is_found_and_dropped(stage: Stage) -> None:
    columns = "position, version, document, publish_until, salt, event"
    forged = "00000000-0000-4000-8000-000000000001"
    for changed in (f"'{forged}', {columns}", f"id, 1, {columns.removeprefix('position, ')}"):
        stage.sql(
            f"INSERT OR REPLACE INTO record (id, {columns}) SELECT {changed} FROM record WHERE id = ?",
            stage.id(0),
        )
    found = stage.mirror.reconcile()
    assert (found.result, differences(found)) == ("equal", {"unknown": 2})
    assert stage.held() == stage.must_hold()


def test_an_old_backup_is_exposed_and_comes_up_to_date(stage: Stage) -> None:
    stage.mirror.close()
    old = shutil.copy(stage.file, stage.file.with_name("backup"))
    stage.restore(0)
    more = live_record(stage.entity, stage.authority)
    registry.mark_disputed(record_id=stage.records[3].pk, disputed=True, at=now())
    seal_all()
    stage.mirror = stage.open()
    stage.mirror.follow_once()
    stage.mirror.close()
    shutil.copy(old, stage.file)
    stage.mirror = stage.open()
    found = stage.mirror.reconcile()
    assert (found.result, found.rounds) == ("equal", 2)
    assert found.went_back > 0
    assert stage.held() == stage.must_hold() and str(more.public_id) in stage.held()
    first, second = rounds()
    assert first.went_back == found.went_back and second.went_back == 0
    assert (
        first.confirmed - first.position
        == Event.objects.get(position=first.event_position).content["confirmed"] - first.position
    )


def test_a_backup_of_the_records_alone_is_exposed_by_its_records(stage: Stage) -> None:
    rows = stage.sql("SELECT * FROM record")
    stage.restore(0)
    registry.mark_disputed(record_id=stage.records[3].pk, disputed=True, at=now())
    live_record(stage.entity, stage.authority)
    seal_all()
    stage.mirror.follow_once()
    stage.sql("DELETE FROM record")
    for row in rows:
        stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    found = stage.mirror.reconcile()
    assert differences(found) == {"missing": 1, "kept": 1, "older": 1}
    assert found.result == "equal" and stage.held() == stage.must_hold()


class Liar(httpx.BaseTransport):
    """Signs what is not true, or leaves out of its list what it holds."""

    def __init__(self, key: bytes, *, digest: str | None = None, leave_out: bool = False) -> None:
        self.real, self.key, self.digest, self.leave_out = httpx.HTTPTransport(), key, digest, leave_out

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content) if request.content else {}
        if self.digest and request.url.path.endswith("/reconciliation"):
            inner = SetClaim(**(body["claim"]["claim"] | {"digest": self.digest}))
            body["claim"] = sign_claim(inner, private_key=self.key).as_object()
        elif self.leave_out and request.url.path.endswith("/differences"):
            for bucket in body["buckets"]:
                bucket["extra"] = []
        else:
            return self.real.handle_request(request)
        content = orjson.dumps(body)
        headers = {**request.headers, "content-length": str(len(content))}
        return self.real.handle_request(
            httpx.Request(request.method, request.url, headers=headers, content=content)
        )


class Twice(httpx.BaseTransport):
    """Sends every request twice, as a network may, and gives the first answer or the second."""

    def __init__(self, which: int) -> None:
        self.real, self.which = httpx.HTTPTransport(), which

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answers = [self.real.handle_request(request) for _ in range(2)]
        for answer in answers:
            answer.read()
        return answers[self.which]


@pytest.mark.parametrize("which", [0, 1])
def test_requests_that_come_twice_make_one_round_with_one_result(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    monkeypatch.setattr("goodstanding.exchange.mirror.reconcile._BUCKETS", 1)  # several requests to a round
    stage = Stage(url, tmp_path)
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(1))[0]
    stage.restore(1)
    stage.mirror.follow_once()
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    for number in (2, 3, 4):
        stage.sql("DELETE FROM record WHERE id = ?", stage.id(number))
    stage.mirror.close()
    stage.mirror = stage.open(client=httpx.Client(transport=Twice(which)))
    found = stage.mirror.reconcile()
    assert (found.result, found.rounds, differences(found)) == ("equal", 2, {"missing": 3, "kept": 1})
    assert [made.result for made in rounds()] == ["differs", "equal"]
    assert len(rounds()[0].found) == 4 and stage.held() == stage.must_hold()
    stage.mirror.close()


@pytest.mark.parametrize("digest", [None, "ab" * 32])
def test_a_claim_that_its_list_does_not_explain_is_shown_to_be_untrue(
    stage: Stage, digest: str | None
) -> None:
    row = stage.sql("SELECT * FROM record WHERE id = ?", stage.id(1))[0]
    stage.restore(1)
    stage.mirror.follow_once()
    stage.sql(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", *row)
    liar = Liar(stage.key, digest=digest, leave_out=digest is None)
    stage.mirror.close()
    stage.mirror = stage.open(client=httpx.Client(transport=liar))
    assert stage.mirror.reconcile().result == "contradicted"
    assert {made.result for made in rounds()} == {"contradicted"}
    told = Event.objects.filter(kind="reconciliation.made").order_by("position")[0]
    assert told.content["result"] == "contradicted"


def test_another_ones_claim_and_one_of_the_future_are_refused(stage: Stage) -> None:
    claim = SetClaim(str(stage.subscriber.public_id), 1, 0, "00" * 32, now().isoformat())
    headers = {"Authorization": f"Bearer {token_of(stage.subscriber)}"}

    def answered(key: bytes, **changed: Any) -> tuple[int, str]:
        signed = sign_claim(SetClaim(**(claim.as_object() | changed)), private_key=key)
        body = {"claim": signed.as_object(), "sums": changed.pop("sums", to_base64(bytes(65_536)))}
        answer = httpx.post(f"{stage.url}/api/v1/reconciliation", json=body, headers=headers)
        return answer.status_code, answer.json().get("code", "")

    assert answered(proof.generate_private_key()) == (403, "reconciliation.claim")
    other, _ = make_subscriber()
    assert answered(stage.key, subscriber=str(other.public_id)) == (403, "reconciliation.claim")
    assert answered(stage.key, position=10_000) == (422, "reconciliation.position")
    assert not Reconciliation.objects.exists()
    assert answered(stage.key)[0] == 200
    body = {"claim": sign_claim(claim, private_key=stage.key).as_object(), "sums": ""}
    answer = httpx.post(f"{stage.url}/api/v1/reconciliation", json=body, headers=headers)
    assert answer.json()["code"] == "reconciliation.sums"


def again(subscriber: Subscriber, *, version: str, **scope: Any) -> None:
    """Conclude another version of a subscriber's agreement with another scope."""
    agreement = subscriber.agreements.get()
    held = agreements.current(agreement)
    assert held is not None
    document = agreement_of(held.document).document
    document["version"] = version
    document["customProperties"][0]["value"]["scope"] |= scope
    agreements.draft(agreement_of(document), at=now())
    agreements.sign_as_provider(reference=agreement.reference, at=now())
    waiting = agreement.versions.order_by("pk").last()
    assert waiting is not None
    if waiting.breaking:
        agreements.sign_on_paper(reference=agreement.reference, paper="no. 9", at=now())


def test_a_widened_agreement_brings_what_was_never_sent(url: str, tmp_path: Path) -> None:
    stage = Stage(url, tmp_path, kinds=["penalty"])
    permits = [live_record(stage.entity, stage.authority, kind="permit") for _ in range(3)]
    seal_all()
    stage.mirror.follow_once()
    again(stage.subscriber, version="2.0.0", kinds=["penalty", "permit"])
    seal_all()
    assert stage.mirror.follow_once().added == 0
    found = stage.mirror.reconcile()
    assert (found.result, found.fetched, differences(found)) == ("equal", 3, {"missing": 3})
    assert {str(record.public_id) for record in permits} <= stage.held() == stage.must_hold()


def test_a_narrowed_agreement_takes_back_what_it_no_longer_covers(url: str, tmp_path: Path) -> None:
    stage = Stage(url, tmp_path, kinds=["penalty", "permit"])
    live_record(stage.entity, stage.authority, kind="permit")
    seal_all()
    stage.mirror.follow_once()
    again(stage.subscriber, version="2.0.0", kinds=["permit"])
    seal_all()
    found = stage.mirror.reconcile()
    assert (found.result, found.dropped, differences(found)) == ("equal", 6, {"kept": 6})
    assert len(stage.held()) == 1 and stage.held() == stage.must_hold()


def test_an_entity_that_moved_takes_its_records_along(url: str, tmp_path: Path) -> None:
    stage = Stage(url, tmp_path, divisions=["330100"])
    other, _ = make_subscriber(divisions=["440000"])
    code = stage.entity.identifiers.get(scheme="uscc").value
    make_entity(stage.entity.name, identifiers=(("uscc", code),), division="440300")
    seal_all()
    assert differences(stage.mirror.reconcile()) == {"kept": 6}
    assert stage.held() == set() == stage.must_hold()
    assert len(must_hold(other, position=Event.objects.count()).elements) == 6


def test_while_an_agreement_is_suspended_what_is_not_sent_is_no_difference(stage: Stage) -> None:
    reference = stage.subscriber.agreements.get().reference
    agreements.suspend(reference=reference, reason="unanswered", at=now())
    registry.mark_disputed(record_id=stage.records[0].pk, disputed=True, at=now())
    live_record(stage.entity, stage.authority)
    seal_all()
    stage.mirror.follow_once()
    found = stage.mirror.reconcile()
    assert (found.result, found.rounds, differences(found)) == ("equal", 1, {"on_the_way": 2})
    agreements.resume(reference=reference, at=now())
    seal_all()
    assert differences(stage.mirror.reconcile()) == {"missing": 1, "older": 1}
    assert stage.held() == stage.must_hold()


def test_what_happens_after_the_claim_is_on_its_way_and_no_difference(stage: Stage) -> None:
    stage.restore(0)
    live_record(stage.entity, stage.authority)
    seal_all()
    fresh = Mirror(
        stage.url, token_of(stage.subscriber), stage.file.with_name("other"), stage.key, page_size=1
    )
    fresh.follow_once()
    registry.mark_disputed(record_id=stage.records[1].pk, disputed=True, at=now())
    stage.restore(2)
    found = fresh.reconcile()
    assert (found.result, differences(found)) == ("equal", {})
    lagging = stage.mirror.reconcile()
    assert (lagging.result, lagging.rounds) == ("equal", 2)  # other than the position it had confirmed
    fresh.close()


def test_a_publication_past_its_last_day_is_no_difference_before_its_event(url: str, tmp_path: Path) -> None:
    stage = Stage(url, tmp_path, records=2)
    ends = live_record(stage.entity, stage.authority, publish_until=today() + timedelta(days=1))
    seal_all()
    stage.mirror.follow_once()
    Record.objects.filter(pk=ends.pk).update(publish_until=today())
    stage.mirror.close()
    fresh = Mirror(stage.url, token_of(stage.subscriber), tmp_path / "fresh.sqlite3", stage.key)
    fresh.follow_once()
    found = fresh.reconcile()
    assert (found.result, differences(found)) == ("equal", {"on_the_way": 1})
    fresh.close()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_and_was_done_to_the_store_it_ends_with_what_it_must_hold(
    url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    history = History(chance)
    kinds = ["penalty", "permit", "abnormal_list"]
    subscriber, key = make_subscriber(kinds=kinds, divisions=chance.choice([None, ["330000"], ["330100"]]))
    file = tmp_path / "mirror.sqlite3"
    mirror = Mirror(url, token_of(subscriber), file, key, page_size=7)
    for _ in range(3):
        history.happen(12)
        seal_all()
        mirror.follow_once()
        with sqlite3.connect(file) as hand:
            for (record,) in hand.execute("SELECT id FROM record ORDER BY id").fetchall():
                if chance.random() < 0.2:
                    hand.execute("DELETE FROM record WHERE id = ?", (record,))
        history.happen(4)
        seal_all()
        assert mirror.reconcile().result == "equal"
        mirror.follow_once()
        plain = must_hold(subscriber, position=Event.objects.count())
        assert {item.record for item in mirror.holdings()} == {str(record) for record in plain.elements}
    mirror.close()


def test_a_store_in_postgresql_reconciles_likewise(url: str, database: str) -> None:
    records = [live_record(make_entity(), make_authority()) for _ in range(4)]
    subscriber, key = make_subscriber()
    seal_all()
    address = f"{database}?schema=reconciling"
    mirror = Mirror(url, token_of(subscriber), address, key)
    mirror.follow_once()
    assert mirror.reconcile().rounds == 1
    with psycopg.connect(database, autocommit=True) as hand:
        hand.execute(
            "CREATE TABLE kept AS SELECT * FROM reconciling.record WHERE id = %s", [str(records[0].public_id)]
        )
        hand.execute("DELETE FROM reconciling.record WHERE id = %s", [str(records[1].public_id)])
        registry.restore(record_id=records[0].pk, at=now())
        seal_all()
        mirror.follow_once()
        hand.execute("INSERT INTO reconciling.record SELECT * FROM kept")
    found = mirror.reconcile()
    assert (found.result, differences(found)) == ("equal", {"missing": 1, "kept": 1})
    plain = must_hold(subscriber, position=Event.objects.count())
    assert {item.record for item in mirror.holdings()} == {str(record) for record in plain.elements}
    mirror.close()


def test_who_has_not_reconciled_in_time_is_overdue(stage: Stage) -> None:
    def overdue(days: float = 0) -> list[bool]:
        found = reconciliation_queries.standings(at=now() + timedelta(days=days))
        return [item.overdue for item in found]

    silent, _ = make_subscriber()
    assert overdue() == [True, False], "one follows and has never reconciled, one has not begun"
    stage.mirror.reconcile()
    assert overdue() == [False, False]
    assert overdue(settings.RECONCILE_DAYS + 0.1) == [True, False]
    assert silent.position == 0


def test_a_round_that_is_not_finished_is_closed_by_the_next(stage: Stage) -> None:
    stage.sql("DELETE FROM record WHERE id = ?", stage.id(2))
    platform = stage.mirror._platform
    real = platform.buckets
    platform.buckets = lambda *_: (_ for _ in ()).throw(MirrorError("platform.unreachable", place="x"))  # type: ignore[method-assign,assignment]
    with pytest.raises(MirrorError):
        stage.mirror.reconcile()
    platform.buckets = real  # type: ignore[method-assign]
    assert stage.mirror.reconcile().result == "equal"
    assert [made.result for made in rounds()] == ["unfinished", "differs", "equal"]
    assert Event.objects.filter(kind="reconciliation.made").count() == 3
