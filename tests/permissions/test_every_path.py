"""Every address of the portal and the API, asked by every role, for every object: nothing leaks, nothing moves.

The addresses come from the URL configuration itself, so a new one is asked the day it is added; a new parameter
that this test cannot fill fails it.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from goodstanding.casework.chart import chart_of
from goodstanding.casework.models import Case
from goodstanding.exchange.models import (
    Agreement,
    AgreementVersion,
    ProbePlace,
    Receipt,
    SubscriptionRequest,
    Suspension,
)
from goodstanding.intake.models import Batch, ContractVersion, SignOff
from goodstanding.law import all_packs
from goodstanding.registry import journal
from goodstanding.registry.models import Authority, Identifier, Record

from . import town as towns


def patterns(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every route of the project."""
    for item in (resolver or get_resolver()).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLPattern):
            yield route
        else:
            yield from patterns(item, route)


def addresses(route: str, town: towns.Town) -> Iterator[str]:
    """Every address of a route, with every object of the town in its place."""
    values: dict[str, list[Any]] = {
        "public_id": [*town.ids],
        "batch": town.ids,
        "row": [2],
        "position": [*Receipt.objects.values_list("position", flat=True), 1],
        "key": [town.draft_key],
        "file": [0],
        "code": ["accept"]
        if "/moves/" in route
        else [*Authority.objects.values_list("code", flat=True), "nobody"],
        "audience": ["entity", "officer", "court"],
        "pack_id": [*(pack.id for pack in all_packs())],
        "step": ["records", "conditions", "commitment", "evidence", "review"],
        "contract_id": ["double-publicity-penalties", "nothing"],
        "version": ["1.0.0", "2.0.0", "9.9.9"],
        "token": ["nonsense"],
        "scheme": ["uscc"],
        "value": [*Identifier.objects.filter(scheme="uscc").values_list("value", flat=True)[:3], "nobody"],
        "reference": [*Agreement.objects.values_list("reference", flat=True), "nobody"],
        "sha256": ["0" * 64],
        "rest": ["0/000", "0/000.p/5", "../../settings.py"],
    }
    names = re.findall(r"<(?:\w+:)?(\w+)>", route)
    for name in names:
        assert name in values, f"{route}: this test does not know what to put for {name}"
    for chosen in itertools.product(*(values[name] for name in names)):
        filled = iter(chosen)
        yield re.sub(r"<[^>]+>", lambda _: str(next(filled)), route)  # noqa: B023


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


@pytest.fixture
def town(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> towns.Town:
    monkeypatch.setattr(settings, "LAKE_FOLDER", str(tmp_path / "lake"))
    return towns.build(tmp_path)


def test_nobody_reads_what_is_not_theirs_on_any_path(town: towns.Town) -> None:
    routes = sorted(set(patterns()))
    asked = 0
    searches = [f"?q={secret.word}" for secret in town.secrets]
    for role in towns.ROLES:
        for route in routes:
            ask = towns.caller(town, role, api=route.startswith("/api/"))
            queries = searches if route in ("/", "/api/v1/entities") else [""]
            for address in addresses(route, town):
                for query in queries:
                    response = ask("GET", address + query)
                    asked += 1
                    assert response.status_code < 500, f"{role} GET {address}{query}: {response.status_code}"
                    text = text_of(response).replace(query[3:] or "\0", "") if query else text_of(response)
                    for secret in town.secrets:
                        if secret.word in text:
                            assert role in secret.may, f"{role} reads {secret.word} at {address}{query}"
                            secret.seen.add(role)
    print(f"{asked:,} readings by {len(towns.ROLES)} roles of {len(routes)} routes")
    for secret in town.secrets:
        assert secret.seen == secret.may, f"{secret.word}: {sorted(secret.may - secret.seen)} never found it"


def snapshot() -> tuple[Any, ...]:
    """Whatever a forbidden request might have changed."""
    return (
        journal.head(),
        sorted(Case.objects.values_list("public_id", "state", "version")),
        sorted(Record.objects.values_list("public_id", "state", "disputed")),
        Batch.objects.count(),
        sorted(ContractVersion.objects.values_list("contract", "version", "accepted_at")),
        sorted(SignOff.objects.values_list("pk", "signed_at", "objection")),
        sorted(Agreement.objects.values_list("reference", "ended_on", "suspended_on", "deletion")),
        sorted(SubscriptionRequest.objects.values_list("public_id", "state", "reasons")),
        sorted(Suspension.objects.values_list("pk", "state", "decided_at")),
        sorted(ProbePlace.objects.values_list("pk", "address", "ended_at")),
        sorted(AgreementVersion.objects.values_list("pk", "version", "paper", "concluded_at")),
    )


def test_nobody_changes_what_is_not_theirs_on_any_path(town: towns.Town) -> None:
    """Bodies that would be good for the right caller, sent by all wrong ones: nothing may change."""
    cases = {case.entity.name: case for case in Case.objects.select_related("entity")}
    parties = {
        "临湖市天成商贸有限公司": {"firm", "agent", "market"},
        "临湖市远大建筑有限公司": {"rival", "rivals_agent", "tax"},
        "欧阳锦程PERSONNAME": {"person", "market"},
    }
    asked = 0
    for role in towns.ROLES:
        for name, case in cases.items():
            if role in parties[name]:
                continue
            before = snapshot()
            for event in (event.code for event in chart_of(case.kind).events):
                body = {"event": event, "reasons": "These are reasons, long enough.", "version": case.version}
                web = towns.caller(town, role, api=False)("POST", f"/case/{case.public_id}/move", body)
                api = towns.caller(town, role, api=True)(
                    "POST", f"/api/v1/cases/{case.public_id}/moves/{event}", body
                )
                asked += 2
                # 422: the operator sees every case, but the chart gives the operator no step.
                assert web.status_code in (302, 403, 404, 409, 422), f"{role} {event}: {web.status_code}"
                assert api.status_code in (401, 403, 404, 409), f"{role} {event}: {api.status_code}"
            assert snapshot() == before, f"{role} moved the case of {name}"
    print(f"{asked:,} forbidden moves refused")


@pytest.mark.parametrize("kind", ["restoration", "objection"])
def test_nobody_applies_for_somebody_elses_record(town: towns.Town, kind: str) -> None:
    for role in towns.ROLES:
        for record in Record.objects.select_related("entity"):
            if town.acts_for(role) == record.entity:
                continue
            before = snapshot()
            response = towns.caller(town, role, api=True)(
                "POST",
                "/api/v1/cases",
                {
                    "kind": kind,
                    "records": [str(record.public_id)],
                    "key": str(uuid.uuid4()),
                    "statement": "This is a statement that is long enough.",
                    "commitment_name": "某某",
                    "performed_on": str(record.found_on),
                    "grounds": "facts_wrong",
                },
            )
            assert response.status_code in (401, 403, 404, 409, 422), f"{role}: {response.status_code}"
            assert snapshot() == before, f"{role} applied for a record of {record.entity.name}"


def test_every_other_post_needs_its_role(town: towns.Town) -> None:
    """POST to every route with an empty body, by every role: no error of ours, and nothing changes."""
    routes = [route for route in sorted(set(patterns())) if not route.startswith("/sign-")]
    before = snapshot()
    for role in towns.ROLES:
        for route in routes:
            if route.endswith("/revoke") and role in {"firm", "rival"}:
                continue  # it needs no body for the principal, and would end the agents of this town
            ask = towns.caller(town, role, api=route.startswith("/api/"))
            for address in addresses(route, town):
                # These need no body, for their parties.
                may = (
                    re.search(r"/(accept|withdraw)$", address)
                    or (address.endswith("/promote") and role in {"firm", "tax", "operator"})
                    or (address.endswith("/propose") and role == "operator")
                    or (re.search(r"/probes/places/.*/end$", address) and role == "operator")
                )
                if may:
                    assert snapshot() == before, f"{role} changed something by an empty POST to {route}"
                response = ask("POST", address)
                assert response.status_code < 500, f"{role} POST {address}: {response.status_code}"
                if may:
                    before = snapshot()
            assert snapshot() == before, f"{role} changed something by an empty POST to {route}"
