"""What a recipient reads of the removal of its canary is what another one reads of the removal of a real record."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client

from goodstanding import proof
from goodstanding.casework.models import Notice
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import canaries, commands, league, probe_places, probes, queries
from goodstanding.exchange.models import (
    AwaitedReceipt,
    Canary,
    LeagueWeek,
    Receipt,
    SetDifference,
    Subscriber,
)
from goodstanding.exchange.staying_behind import Escalated
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Event

from ..registry.factories import make_authority, make_entity, make_record
from ..showcase import Showcase, showing
from .clock import MONDAY, later, seal_at
from .rounds import Held, all_published, compare
from .stage import make_subscriber, now, token_of
from .test_staying_behind import sweep

pytestmark = pytest.mark.usefixtures("database", "private_allowed")
SCOPES = ("feed:read", "receipts:write", "status:read", "notices:read")


@dataclass
class Twin:
    """A recipient, its key, the record that is removed from it, and what it may hold beside that."""

    subscriber: Subscriber
    key: bytes
    record: uuid.UUID
    publication: Event
    removal: int
    number: str
    held: Held
    client: Any

    def ask(self, path: str, body: dict[str, Any] | str | None = None) -> dict[str, Any]:
        """A call of the API; what it answers."""
        if body is None:
            answer = self.client.get(f"/api/v1{path}")
        else:
            answer = self.client.post(f"/api/v1{path}", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def answer(self) -> dict[str, Any]:
        """Its signed receipt, handed in."""
        said = proof.Receipt(
            subscriber=str(self.subscriber.public_id),
            position=self.removal,
            record=str(self.record),
            action="dropped",
            removed=1,
            onward=("临湖银行",),
            applied_at=now().isoformat(),
            checkpoint_size=self.removal,
        )
        return self.ask("/receipts", proof.sign_receipt(said, private_key=self.key).to_json().decode())

    def reads(self) -> str:
        """All that it can read of how it does, without what names it or the record, and without positions."""
        position = Event.objects.count()
        of_it = self.ask(f"/recipients/{self.subscriber.public_id}")
        (state,) = self.ask("/status")["subscribers"]
        notices = self.ask("/notices")
        for notice in notices["notices"]:
            del notice["id"], notice["position"], notice["at"]
        for gone in ("last_seen", "position", "lag", "behind_seconds"):
            state.pop(gone)
        of_it.pop("last_seen")
        removals = [each for each in self.ask("/feed?limit=5000")["entries"] if each.get("removal")]
        found = [
            self.ask("/feed/position", {"position": position})["due"],
            of_it,
            state,
            notices,
            [sorted(each["event"]) for each in removals],
        ]
        text = json.dumps(found, ensure_ascii=False, sort_keys=True)
        for name, word in (
            ("record", str(self.record)),
            ("recipient", str(self.subscriber.public_id)),
            ("name", self.subscriber.name_zh),
        ):
            text = text.replace(word, f"<{name}>")
        text = re.sub(rf"\b{self.removal}\b", "<removal>", text)
        text = re.sub(r"\d+\.\d{3,}", "<seconds>", text)
        return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+08:00)", "<instant>", text)


@pytest.fixture
def twins() -> tuple[Twin, Twin, Canary]:
    """One recipient with a canary and one with a real record, both removed on the Monday."""
    authority, west, east = make_authority(), make_entity(division="330106"), make_entity(division="330206")
    for entity in (west, east):
        make_record(entity, authority)
    real = make_record(east, authority)
    one, one_key = make_subscriber(divisions=["330106"], canaries=True)
    other, other_key = make_subscriber(divisions=["330206"], canaries=True)
    planted = canaries.plant(subscriber=one, at=MONDAY)
    published = all_published()
    canaries.remove(canary=planted.public_id, at=MONDAY)
    registry.restore(record_id=real.pk, at=MONDAY)
    seal_at(MONDAY)
    planted.refresh_from_db()
    assert planted.removed_position is not None
    event = Event.objects.get(position=planted.planted_position)
    mine = {record.public_id: published[record.public_id] for record in west.records.all()}
    theirs = {
        record.public_id: published[record.public_id] for record in east.records.all() if record != real
    }
    first = Twin(
        *(one, one_key, planted.record_id, event, planted.removed_position, planted.document_no, mine),
        client=_client(one),
    )
    removal = Event.objects.get(record=real, kind="record.restored").position
    second = Twin(
        *(other, other_key, real.public_id, published[real.public_id], removal, real.document_no, theirs),
        client=_client(other),
    )
    return first, second, planted


def _client(subscriber: Subscriber) -> Client:
    token = token_of(subscriber, *SCOPES)
    return Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def site() -> Iterator[Showcase]:
    with showing() as server:
        yield server


def same(first: Twin, second: Twin, *words: str) -> None:
    """Both read the same, with some words in it."""
    follow(recipients=queries.accounts())
    mine, theirs = first.reads(), second.reads()
    assert mine == theirs
    assert all(word in mine for word in words), mine


def test_a_recipient_cannot_tell_its_canary_from_a_record_by_anything_that_it_reads(
    twins: tuple[Twin, Twin, Canary], site: Showcase
) -> None:
    first, second, _ = twins
    same(first, second, '"record": "<record>"', '"all": 1')
    assert sweep(2) == Escalated(reminded=2)
    same(first, second, "recipient.reminded")
    assert sweep(4) == Escalated(late=2)
    same(first, second, "recipient.late", '"late": 1')
    for twin in (first, second):
        address = f"{site.url}/{twin.subscriber.pk}/{{record}}"
        probe_places.add(subscriber=twin.subscriber, address=address, marker="{document_no}", at=MONDAY)
        site.pages[f"/{twin.subscriber.pk}/{twin.record}"] = twin.number
    looked = probes.look(probe_places.places(), at_clock=lambda: later(4.1), pause=0)
    assert [each.seen.result for each in looked] == ["shown", "shown"]
    for twin in (first, second):
        place = probe_places.places(of=twin.subscriber).get()
        assert twin.ask(f"/recipients/{twin.subscriber.public_id}")["still_shown"][0]["place"] == str(
            place.public_id
        )
        probe_places.end(public_id=place.public_id, at=later(4.2))
    same(first, second, "probe.shown")
    assert sweep(10) == Escalated(proposed=2)
    same(first, second, "recipient.suspension_proposed")
    answers = [twin.answer() for twin in (first, second)]
    assert [sorted(answer) for answer in answers] == [["action", "position", "record", "removal"]] * 2
    assert first.answer() == answers[0], "the same answer again is the same"
    assert sweep(10.1) == Escalated()
    same(first, second, '"receipts": 1', '"all": 0', "lapsed")
    for twin in (first, second):
        found = compare(twin.subscriber, twin.key, {**twin.held, twin.record: twin.publication}, last=False)
        assert (found.kept, found.missing) == (1, 0)
    same(first, second, '"kept": 1', '"all": 1')
    again = [twin.answer() for twin in (first, second)]
    assert all(new["position"] > old["position"] for new, old in zip(again, answers, strict=True))
    same(first, second, '"differences": {}', '"all": 0', '"receipts": 2')
    assert not AwaitedReceipt.objects.exists() and not SetDifference.objects.exists()
    assert _of(first.subscriber) == _of(second.subscriber), "nor by the number of leaves"


def _of(subscriber: Subscriber) -> Counter[str]:
    """How many events of each kind tell of a recipient."""
    found = Event.objects.filter(content__subscriber=str(subscriber.public_id))
    return Counter(found.values_list("kind", flat=True))


def test_a_canary_that_waits_or_was_answered_is_in_no_public_figure_and_told_to_no_entity(
    twins: tuple[Twin, Twin, Canary],
) -> None:
    first, second, planted = twins
    sweep(2)
    sweep(4)
    follow(recipients=queries.accounts())
    late = Event.objects.get(kind="removal.late", content__record=str(planted.record_id))
    assert (late.record, late.entity) == (None, None)
    assert not Notice.objects.filter(position=late.position).exists()
    assert Notice.objects.filter(event="removal.late").count() == 1
    league.close_weeks(on=date(2026, 6, 15))
    rows = LeagueWeek.objects.filter(week=date(2026, 6, 1))
    assert rows.get(subscriber=second.subscriber).late == 1
    assert (rows.get(subscriber=first.subscriber).late, rows.get(subscriber=first.subscriber).waiting) == (
        0,
        0,
    )
    for twin in (first, second):
        twin.answer()
    Receipt.objects.update(received_at=later(15))
    league.close_weeks(on=date(2026, 6, 22))
    weeks = LeagueWeek.objects.filter(week__gte=date(2026, 6, 8)).order_by("week")
    assert [sum(row.answered) for row in weeks.filter(subscriber=second.subscriber)] == [0, 1]
    assert [
        (sum(row.answered), row.timed, row.waiting) for row in weeks.filter(subscriber=first.subscriber)
    ] == [(0, 0, 0), (0, 0, 0)]


def test_nobody_answers_for_the_canary_of_another_and_none_of_its_removals_are_due_there(
    twins: tuple[Twin, Twin, Canary],
) -> None:
    first, second, _ = twins
    assert [each.position for each in _due(second)] == [second.removal]
    stranger = Twin(second.subscriber, second.key, first.record, *_rest(first), client=second.client)
    refused = stranger.client.post("/api/v1/receipts", _signed(stranger), content_type="application/json")
    nothing = Twin(second.subscriber, second.key, uuid.uuid4(), *_rest(first), client=second.client)
    unknown = nothing.client.post("/api/v1/receipts", _signed(nothing), content_type="application/json")
    assert refused.status_code == unknown.status_code == 422
    assert refused.json() == unknown.json()
    assert not Receipt.objects.exists()


def _rest(twin: Twin) -> tuple[Event, int, str, Held]:
    return (twin.publication, twin.removal, twin.number, twin.held)


def _signed(twin: Twin) -> str:
    said = proof.Receipt(
        subscriber=str(twin.subscriber.public_id),
        position=twin.removal,
        record=str(twin.record),
        action="dropped",
        removed=1,
        onward=(),
        applied_at=now().isoformat(),
        checkpoint_size=twin.removal,
    )
    return proof.sign_receipt(said, private_key=twin.key).to_json().decode()


def _due(twin: Twin) -> list[Any]:
    held = commands.confirm(subscriber=twin.subscriber, position=twin.removal + 1, at=now())
    return queries.removals_due(held)


def test_the_operator_is_told_that_what_is_still_shown_is_a_canary_and_the_recipient_is_not(
    twins: tuple[Twin, Twin, Canary], site: Showcase
) -> None:
    first, _, planted = twins
    first.answer()
    Receipt.objects.update(received_at=MONDAY)
    address = f"{site.url}/{{code}}"
    probe_places.add(subscriber=first.subscriber, address=address, marker="{document_no}", at=MONDAY)
    site.pages[f"/{planted.code}"] = planted.document_no
    probes.look(probe_places.places(), at_clock=lambda: later(0.1), pause=0)
    follow(recipients=queries.accounts())
    (words,) = told(list(notices_visible_to(Actor(role="operator")).filter(event="probe.shown")))
    assert "canary" in words.text_en and "标识信息" in words.text_zh
    own = Actor(role="subscriber", account_id=first.subscriber.account_id)
    (words,) = told(list(notices_visible_to(own).filter(event="probe.shown")))
    assert "canary" not in words.text_en and "标识信息" not in words.text_zh


def test_whose_copy_came_out_the_operator_is_told_and_nobody_else(
    twins: tuple[Twin, Twin, Canary],
) -> None:
    first, second, planted = twins
    canaries.tell(canaries.recognise("nothing of it"), at=now())
    assert not Event.objects.filter(kind="canary.recognised").exists()
    canaries.tell(canaries.recognise(f"{planted.code},{planted.name}"), at=now())
    event = Event.objects.get(kind="canary.recognised")
    said = json.dumps(event.content, ensure_ascii=False)
    assert planted.code not in said and planted.name not in said, "ids, nothing of the record"
    follow(recipients=queries.accounts())
    (words,) = told(list(notices_visible_to(Actor(role="operator")).filter(event="canary.recognised")))
    assert words.text_en.count("recognised by code, name") == 1 and "代码、名称" in words.text_zh
    assert Notice.objects.filter(event="canary.recognised").count() == 1
    for twin in (first, second):
        assert twin.ask("/notices")["total"] == 0
