"""Subscription requests: what can be asked for, and how they are answered."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import agreement_queries, agreements, queries
from goodstanding.exchange import subscription_requests as requests
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import Agreement, Subscriber, SubscriptionRequest
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import actor_of
from goodstanding.registry.models import Event

from .stage import make_subscriber, now, today

pytestmark = pytest.mark.usefixtures("database")
ITEM = "penalty"


def ask(subscriber: Subscriber, **more: Any) -> SubscriptionRequest:
    asked: dict[str, Any] = {
        "items": [ITEM],
        "divisions": ["330100"],
        "purpose": "third-party credit service",
        "legal_basis": "licence no. 7",
        "methods": ["feed"],
    }
    return requests.ask(subscriber=subscriber, at=now(), **(asked | more))


def code_of(call: Any, *args: Any, **more: Any) -> str:
    before = Event.objects.count()
    with pytest.raises(ExchangeError) as refusal:
        call(*args, **more)
    assert Event.objects.count() == before
    return refusal.value.code


def test_what_is_offered_can_be_had_under_an_agreement() -> None:
    offered = {one.item.id: one.item for one in requests.offered(at=now())}
    assert ITEM in offered
    assert all(item.record_kind and item.disclosure == "published" for item in offered.values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"items": []}, "request.items"),
        ({"items": [ITEM, "registration"]}, "request.items"),
        ({"items": ["no-such-item"]}, "request.items"),
        ({"divisions": ["3301"]}, "request.divisions"),
        ({"divisions": ["３３０１００"]}, "request.divisions"),
        ({"divisions": ["330100"] * 101}, "request.divisions"),
        ({"purpose": " abc "}, "request.text"),
        ({"legal_basis": "x" * 501}, "request.text"),
        ({"methods": ["push"]}, "request.method"),
        ({"methods": ["pigeon"]}, "request.method"),
        ({"methods": []}, "request.method"),
    ],
)
def test_a_faulty_request_is_refused(change: dict[str, Any], code: str) -> None:
    subscriber, _ = make_subscriber(kinds=[])
    assert code_of(ask, subscriber, **change) == code
    assert not SubscriptionRequest.objects.exists()


def test_a_request_becomes_a_draft_that_both_sides_sign() -> None:
    subscriber, _ = make_subscriber(push_url="https://hooks.example/x")
    asked = ask(subscriber, items=[ITEM, ITEM], methods=["push", "file", "push"])
    assert asked.items == [ITEM]
    done = requests.draft(request=asked.public_id, at=now())
    assert done.agreement is not None and done.state == "drafted"
    row = agreement_queries.agreement(done.agreement.reference, of=subscriber, on=today())
    scope = row.document.terms.scope
    assert (row.state, row.waits_for) == ("draft", ("provider", "recipient"))
    assert (scope.items, scope.kinds, scope.divisions, row.document.terms.methods) == (
        (ITEM,),
        (),
        ("330100",),
        ("push", "file"),
    )
    assert (
        row.document.description.purpose == asked.purpose
        and row.document.terms.legal_basis == asked.legal_basis
    )
    agreements.sign_as_provider(reference=row.agreement.reference, at=now())
    agreements.sign_on_paper(reference=row.agreement.reference, paper="no. 7", at=now())
    assert agreement_queries.agreement(row.agreement.reference, on=today()).state == "in_force"
    told = list(Event.objects.filter(kind__startswith="subscription.").order_by("position"))
    assert [event.kind for event in told] == ["subscription.requested", "subscription.drafted"]
    assert asked.purpose not in str([event.content for event in told])
    for call in (requests.draft, requests.turn_down):
        more = {"reasons": "It is answered already."} if call is requests.turn_down else {}
        assert code_of(call, request=asked.public_id, at=now(), **more) == "request.state"


def test_a_request_is_turned_down_with_reasons() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    asked = ask(subscriber)
    assert code_of(requests.turn_down, request=asked.public_id, reasons="no", at=now()) == "request.reasons"
    assert code_of(requests.turn_down, request=uuid.uuid4(), reasons="x" * 20, at=now()) == "request.unknown"
    done = requests.turn_down(request=asked.public_id, reasons="The purpose does not need it.", at=now())
    assert (done.state, done.agreement) == ("refused", None)
    assert not Agreement.objects.exists()
    (shown,) = requests.requests(of=subscriber)
    assert shown.reasons == "The purpose does not need it."
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriptionRequest.objects.update(reasons="")


def test_too_many_requests_wait() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    other, _ = make_subscriber(kinds=[])
    for number in range(requests.LIMIT):
        last = ask(subscriber, divisions=[f"{330100 + number}"])
    assert code_of(ask, subscriber, divisions=[]) == "request.many"
    assert ask(subscriber, divisions=["330100"]).state == "waiting", "that one waits already"
    ask(other)
    requests.turn_down(request=last.public_id, reasons="Ask for all of it at once.", at=now())
    assert ask(subscriber, divisions=[]).state == "waiting"
    assert requests.requests().first().state == "waiting"
    assert {one.subscriber for one in requests.requests(of=other)} == {other}


def test_what_is_asked_for_twice_is_one_request() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    other, _ = make_subscriber(kinds=[])
    first = ask(subscriber, divisions=["330100", "330200"], methods=["feed", "file"])
    events = Event.objects.count()
    again = ask(subscriber, divisions=["330200", "330100"], methods=["file", "feed"], items=[ITEM, ITEM])
    assert (again.pk, Event.objects.count()) == (first.pk, events)
    places: dict[str, Any] = {"divisions": ["330100", "330200"]}
    for words in ({"purpose": "another purpose"}, {"legal_basis": "licence no. 8"}, {"methods": ["api"]}):
        with pytest.raises(ExchangeError, match=rf"request\.open.*\[{first.public_id}\]"):
            ask(subscriber, **places, **words)
    assert ask(subscriber, divisions=["330100"]).pk != first.pk, "another place is another request"
    assert ask(other, **places).pk != first.pk
    requests.withdraw(request=first.public_id, subscriber=subscriber, at=now())
    assert ask(subscriber, **places, methods=["feed", "file"]).pk != first.pk, (
        "what is over is not given back"
    )


def test_a_request_is_withdrawn_by_whoever_made_it_until_it_is_answered() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    other, _ = make_subscriber(kinds=[])
    asked = ask(subscriber)
    given: dict[str, Any] = {"request": asked.public_id, "at": now()}
    assert code_of(requests.withdraw, subscriber=other, **given) == "request.unknown"
    assert requests.withdraw(subscriber=subscriber, **given).state == "withdrawn"
    assert code_of(requests.withdraw, subscriber=subscriber, **given) == "request.state"
    assert code_of(requests.draft, **given) == "request.state"
    assert [
        event.kind for event in Event.objects.filter(kind__startswith="subscription.").order_by("position")
    ] == [
        "subscription.requested",
        "subscription.withdrawn",
    ]
    for number in range(requests.LIMIT):
        ask(subscriber, divisions=[f"{330100 + number}"])  # one that was withdrawn waits no longer


def test_both_sides_have_a_notice_of_what_the_other_did() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    asked = [ask(subscriber, divisions=[code]) for code in ("330100", "330200", "330300")]
    requests.draft(request=asked[0].public_id, at=now())
    requests.turn_down(request=asked[1].public_id, reasons="The purpose does not need it.", at=now())
    requests.withdraw(request=asked[2].public_id, subscriber=subscriber, at=now())
    while follow(recipients=queries.accounts()):
        pass
    operator = registry.create_account(username="op", password=None, role="operator")
    seen = {
        who.role: [notice.event.removeprefix("subscription.") for notice in notices_visible_to(actor_of(who))]
        for who in (operator, subscriber.account)
    }
    assert seen == {"operator": ["withdrawn", *["requested"] * 3], "subscriber": ["refused", "drafted"]}
    said = told(list(notices_visible_to(actor_of(subscriber.account))))
    assert all(subscriber.name_zh in each.name_zh and "{" not in each.text_zh + each.text_en for each in said)
