"""Every endpoint for every role: who may, who may not, and that nothing personal is ever in an answer."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from goodstanding.api.app import api
from goodstanding.api.auth import SCOPES
from goodstanding.api.entities import ReportOut
from goodstanding.registry.models import ApiToken, Reading

from ..exchange.stage import now
from .stage import BUSINESS_NAME, PERSON_NAME, PERSONAL, Caller, Town, calling, restoration

ROLES = ["public", "firm", "other", "person", "market", "tax", "operator", "bank", "subscriber", "outsider"]
KNOWN = {
    role: {"published", "of_business", "of_tax"}
    for role in ("public", "bank", "subscriber", "outsider", "other", "tax")
}
KNOWN["firm"] = KNOWN["public"] | {"unpublished", "ended", "restored"}
KNOWN["person"] = KNOWN["public"] | {"of_person"}
KNOWN["market"] = KNOWN["firm"] | {"of_person"}
KNOWN["operator"] = KNOWN["market"]
PARTIES = {
    "firm": {"published", "unpublished", "ended", "restored"},
    "other": {"of_tax"},
    "person": {"of_person"},
    "market": KNOWN["market"] - {"of_tax"},
    "tax": {"of_tax"},
    "operator": KNOWN["operator"],
}
HIDDEN_WORDS = {
    "word-unpublished": "unpublished",
    "word-ended": "ended",
    "word-restored": "restored",
    "word-person": "of_person",
}


@pytest.fixture(scope="module")
def town(module_database: str) -> Town:
    return Town()


@pytest.fixture(scope="module")
def callers(town: Town) -> Iterator[dict[str, Caller]]:
    with calling(town) as found:
        yield found


def operations() -> list[tuple[str, str]]:
    """Every (method, path) of the API, from its own description."""
    schema = api.get_openapi_schema(path_prefix="")
    return [(method.upper(), path) for path, item in schema["paths"].items() for method in item]


def addresses(town: Town, path: str) -> list[str]:
    """An operation's path filled with everything that there is of its kind, and with what there is not."""
    if "{public_id}" not in path:
        nobodys = f"/facts/{uuid.uuid4()}/2/proof"
        filled = {"/facts/{batch}/{row}/proof": [nobodys, nobodys.replace("/2/", "/x/")]} | {
            "/log/tile/{rest}": ["/log/tile/0/000.p/2", "/log/tile/entries/000.p/2"]
        }
        queries = {
            "/entities": ["/entities?q=临湖", f"/entities?q={PERSON_NAME}", f"/entities?q={BUSINESS_NAME}"],
            "/log/inclusion": [f"/log/inclusion?position=1&size={town.size}"],
            "/log/consistency": [f"/log/consistency?old=1&new={town.size}"],
        }
        return filled.get(path) or queries.get(path) or [path]
    if path.startswith("/entities"):
        ids = [str(item.public_id) for item in (town.firm, town.other, town.business, town.person)]
    elif path.startswith("/records"):
        ids = [str(item.public_id) for item in town.records.values()]
    else:
        ids = []
    return [path.replace("{public_id}", value) for value in [*ids, str(uuid.uuid4()), "no-id", "'; --"]]


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_to_anybody_holds_what_is_personal(
    callers: dict[str, Caller], town: Town, role: str
) -> None:
    asked = 0
    for method, path in operations():
        for address in addresses(town, path):
            answer = callers[role](method, address, **({"json": {}} if method == "POST" else {}))
            asked += 1
            assert answer.status_code < 500, (address, answer.text)
            said = (
                answer.text + json.dumps(answer.json(), ensure_ascii=False)
                if _is_json(answer)
                else answer.text
            )
            for word in PERSONAL:
                assert word not in said, (role, method, address)
            if role not in ("person", "market", "operator"):
                assert PERSON_NAME not in said and str(town.person.public_id) not in said, (role, address)
            if role not in ("market", "tax", "operator"):
                assert BUSINESS_NAME not in said, (role, address)
            for word, name in HIDDEN_WORDS.items():
                if name not in KNOWN[role]:
                    assert word not in said, (role, address)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", address
                problem = answer.json()
                assert problem["code"] and problem["title"] and problem["title_zh"]
    assert asked > 60


def _is_json(answer: object) -> bool:
    return "json" in getattr(answer, "headers", {}).get("content-type", "")


@pytest.mark.parametrize("role", ROLES)
def test_records_are_read_by_whom_the_law_lets(callers: dict[str, Caller], town: Town, role: str) -> None:
    nothing = callers[role].get(f"/records/{uuid.uuid4()}")
    assert nothing.status_code == 404
    for name, record in town.records.items():
        for tail in ("", "/proof"):
            answer = callers[role].get(f"/records/{record.public_id}{tail}")
            assert answer.status_code == (200 if name in KNOWN[role] else 404), (name, tail)
            if answer.status_code == 404:
                assert answer.content == nothing.content, "what is hidden looks like what is not there"
        answer = callers[role].get(f"/records/{record.public_id}/holders")
        if role == "public":
            assert answer.status_code == 401
        elif name in PARTIES.get(role, set()):
            assert answer.status_code == 200 and answer.json()["holders"]
        else:
            assert answer.status_code == 404 and answer.content == nothing.content


@pytest.mark.parametrize("role", ROLES)
def test_reports_hold_what_the_reader_may_see(callers: dict[str, Caller], town: Town, role: str) -> None:
    entities = {"firm": town.firm, "other": town.other, "business": town.business, "person": town.person}
    nothing = callers[role].get(f"/entities/{uuid.uuid4()}")
    for name, entity in entities.items():
        answer = callers[role].get(f"/entities/{entity.public_id}")
        expected = {key for key in KNOWN[role] if town.records[key].entity_id == entity.pk}
        if name == "person" and role not in ("person", "market", "operator"):
            assert answer.status_code == 404 and answer.content == nothing.content
            continue
        report = answer.json()
        ReportOut.model_validate(report)
        assert ("Cache-Control" in answer.headers) == (role != "public")
        assert {item["id"] for item in report["records"]} == {
            str(town.records[key].public_id) for key in expected
        }
        assert report["total"] == len(expected)
        for item in report["records"]:
            assert item["explanation"] and item["explanation_zh"]


GUARDED = {
    "/records/{public_id}/holders": "records:read",
    "/cases": "cases:read",
    "/batches": "intake:read",
    "/feed": "feed:read",
}


@pytest.mark.parametrize(("path", "scope"), GUARDED.items())
def test_tokens_are_checked(callers: dict[str, Caller], town: Town, path: str, scope: str) -> None:
    path = path.replace("{public_id}", str(town.published.public_id))
    url = str(callers["public"].client.base_url).removesuffix("/api/v1/")
    assert callers["public"].get(path).json()["code"] == "auth.missing"
    assert callers["public"].get(path).headers["www-authenticate"] == "Bearer"
    account = town.accounts["subscriber" if scope == "feed:read" else "market"]
    assert Caller(url, "gs_wrong").get(path).json()["code"] == "auth.invalid"
    assert Caller(url, town.token(account, [])).get(path).json()["code"] == "auth.scope"
    old = town.token(account, expires_at=now() - timedelta(seconds=1))
    assert Caller(url, old).get(path).json()["code"] == "auth.invalid"
    good = town.token(account, [scope])
    assert Caller(url, good).get(path).status_code == 200
    ApiToken.objects.filter(scopes=[scope]).update(revoked_at=now())
    assert Caller(url, good).get(path).json()["code"] == "auth.invalid"
    basic = callers["public"].get(path, headers={"Authorization": "Basic eDp5"})
    assert basic.json()["code"] == "auth.invalid"


def test_a_wrong_token_is_refused_even_where_everyone_may_read(
    callers: dict[str, Caller], town: Town
) -> None:
    url = str(callers["public"].client.base_url).removesuffix("/api/v1/")
    assert Caller(url, "gs_wrong").get("/status").status_code == 401
    narrow = Caller(url, town.token(town.accounts["operator"], ["status:read"]))
    assert narrow.get(f"/records/{town.unpublished.public_id}").status_code == 404, "as the public"
    assert narrow.get(f"/records/{town.published.public_id}").status_code == 200


def test_reading_what_is_not_public_is_written_down_with_its_purpose(
    callers: dict[str, Caller], town: Town
) -> None:
    Reading.objects.all().delete()
    for role, name in itertools.product(("public", "firm", "market", "operator"), ("published", "of_tax")):
        callers[role].get(f"/records/{town.records[name].public_id}")
    assert not Reading.objects.exists(), "what everyone may read leaves no trace"
    callers["firm"].get(f"/records/{town.unpublished.public_id}")
    assert not Reading.objects.exists(), "nor does reading about oneself"
    callers["market"].get(
        f"/records/{town.unpublished.public_id}", headers={"Purpose": "%E5%A4%8D%E6%A0%B8 case 7"}
    )
    callers["operator"].get(f"/records/{town.unpublished.public_id}")
    first, second = Reading.objects.order_by("pk")
    assert (first.purpose, first.reader, first.record) == (
        "复核 case 7",
        town.accounts["market"],
        town.unpublished,
    )
    assert "supervision" in second.purpose and second.legal_basis
    callers["operator"].get(f"/entities/{town.person.public_id}")
    assert Reading.objects.filter(entity=town.person).exists()


def test_only_the_right_role_acts(callers: dict[str, Caller], town: Town) -> None:
    body = restoration(town.published, key=str(uuid.uuid4()))
    allowed = {
        ("POST", "/batches"): {"market", "tax"},
        ("POST", "/feed/position"): {"subscriber", "outsider"},
        ("GET", "/feed"): {"subscriber", "outsider"},
        ("GET", "/feed/stream"): {"subscriber", "outsider"},
    }
    for role in ROLES:
        answer = callers[role].post("/cases", json=body)
        assert answer.status_code == {"public": 401, "firm": 200}.get(
            role, 404 if role in ("other", "person") else 403
        ), (role, answer.text)
        for (method, path), roles in allowed.items():
            given = {"files": {"file": ("a.csv", b"x")}, "data": {"contract": "registration"}}
            more = {"/batches": given, "/feed/position": {"json": {"position": 0}}}.get(path, {})
            status = callers[role](method, path, **more).status_code
            right = 421 if path == "/feed/stream" else 200  # another process serves it
            assert status == (401 if role == "public" else right if role in roles else 403), (role, path)
    (case,) = callers["firm"].get("/cases").json()["cases"]
    for role in ROLES:
        seen = callers[role].get(f"/cases/{case['id']}").status_code
        assert seen == (401 if role == "public" else 200 if role in ("firm", "market", "operator") else 404)
        listed = callers[role].get("/cases")
        if role != "public":
            assert listed.json()["total"] == (1 if role in ("firm", "market", "operator") else 0)
        if role != "market":
            moved = callers[role].post(f"/cases/{case['id']}/moves/accept", json={})
            assert moved.status_code == (
                401 if role == "public" else 403 if role in ("firm", "operator") else 404
            )
    (batch,) = callers["market"].get("/batches").json()["batches"]
    for role in ROLES[1:]:
        for tail in ("", "/returned"):
            status = callers[role].get(f"/batches/{batch['id']}{tail}").status_code
            assert status == (200 if role in ("market", "operator") else 404), (role, tail)


def test_every_endpoint_is_in_the_reference() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    for method, path in operations():
        assert re.search(rf"`{method} {re.escape(path)}[`?]", text), f"{method} {path} is not documented"
    for scope in SCOPES:
        assert f"`{scope}`" in text, scope
