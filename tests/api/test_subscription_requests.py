"""A subscriber asks for items over the wire, sees what became of it, and withdraws it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from goodstanding.exchange import subscription_requests as requests
from goodstanding.exchange.models import Subscriber, SubscriptionRequest
from goodstanding.registry import commands as registry

from ..exchange.stage import make_subscriber, now, serving, token_of

pytestmark = pytest.mark.usefixtures("database")
ASKED: dict[str, Any] = {
    "items": ["penalty"],
    "divisions": ["330100"],
    "purpose": "third-party credit service",
    "legal_basis": "licence no. 7",
    "methods": ["feed", "file"],
}


def client(url: str, subscriber: Subscriber, scope: str = "requests:write") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token_of(subscriber, scope)}"}
    return httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60)


def test_a_request_is_made_seen_answered_and_withdrawn_by_its_subscriber_alone() -> None:
    subscriber, _ = make_subscriber(kinds=[])
    other, _ = make_subscriber(kinds=[])
    with serving() as url:
        own, stranger = client(url, subscriber), client(url, other)
        made = own.post("/subscription-requests", json=ASKED)
        assert made.status_code == 201 and made.json()["state"] == "waiting"
        assert {name: made.json()[name] for name in ASKED} == ASKED
        twice = own.post("/subscription-requests", json=ASKED)
        assert (twice.status_code, twice.json()) == (200, made.json())
        differs = own.post("/subscription-requests", json=ASKED | {"purpose": "another purpose"})
        assert (differs.status_code, differs.json()["code"]) == (409, "request.open")
        assert made.json()["request"] in differs.text
        second = own.post("/subscription-requests", json=ASKED | {"divisions": []}).json()["request"]
        drafted = requests.draft(request=made.json()["request"], at=now())
        listed = own.get("/subscription-requests").json()
        assert [each["state"] for each in listed] == ["waiting", "drafted"]
        assert drafted.agreement and listed[1]["agreement"] == drafted.agreement.reference
        assert stranger.get("/subscription-requests").json() == []
        assert stranger.post(f"/subscription-requests/{second}/withdraw").status_code == 404
        assert own.post(f"/subscription-requests/{second}/withdraw").json()["state"] == "withdrawn"
        again = own.post(f"/subscription-requests/{second}/withdraw")
        assert (again.status_code, again.json()["code"]) == (409, "request.state")
        operator = registry.create_account(username="op", password=None, role="operator")
        secret = registry.create_token(account=operator, name="t", scopes=["requests:write"], at=now())
        headers = {"Authorization": f"Bearer {secret}"}
        assert len(httpx.get(f"{url}/api/v1/subscription-requests", headers=headers, timeout=60).json()) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"methods": ["push"]}, "request.method"),
        ({"items": []}, "request.items"),
        ({"purpose": "x"}, "request.text"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(change: dict[str, Any], code: str) -> None:
    subscriber, _ = make_subscriber(kinds=[])
    with serving() as url:
        answer = client(url, subscriber).post("/subscription-requests", json=ASKED | change)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        refused = client(url, subscriber, "feed:read").post("/subscription-requests", json=ASKED)
        assert refused.json()["code"] == "auth.scope"
    assert not SubscriptionRequest.objects.exists()
