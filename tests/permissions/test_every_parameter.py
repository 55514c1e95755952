"""Every parameter of every reading, also those that nobody offers: none opens what a role may not read.

The API's parameters come from its own description, so a new one is asked the day it is added; the portal's are the
fields of its forms. A word that a role may not read is searched for as well, and must be answered like a word that is
nowhere: a search that finds what it does not show has told of it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings

from goodstanding.api.app import api
from goodstanding.registry.models import Authority

from . import town as towns
from .test_every_path import addresses, patterns, text_of

#: What other services call their ways of widening an answer. None exists here; none may do anything.
WIDENING = (
    "?expand=*&expand=entity,application,evidence,personal&include=personal&fields=*&depth=9&format=csv&export=all"
    "&raw=1&all=true&deleted=true&role=operator&as=operator&page_size=100000&order_by=personal&account=1"
)
NOWHERE = "NOWHEREWORD"
#: Those from whom most is kept; the others read less than one of them, or what is theirs (``test_every_path``).
OUTSIDERS = ("public", "rivals_agent", "former_agent", "bank", "tax")


@pytest.fixture(scope="module")
def town(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[towns.Town]:
    folder = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LAKE_FOLDER", str(folder / "lake"))
        yield towns.build(folder)


def values(town: towns.Town) -> dict[str, list[str]]:
    """What is put for each parameter."""
    words = [secret.word for secret in town.secrets]
    return {
        "q": words,
        "text": words,
        "kind": ["restoration", "objection", "credit"],
        "state": ["accepted", "granted", "all"],
        "mark": ["late", "soon"],
        "whose": ["mine", "unassigned"],
        "officer": ["market", "tax"],
        "authority": [*Authority.objects.values_list("code", flat=True)],
        "before": ["2100-01-01"],
        "asked": ["true", "on"],
        "after": ["0", "2100-01-01.1"],
        "limit": ["100", "1000"],
        "offset": ["0", "1"],
        "wait": ["0"],
        "show": ["unread"],
        "about": ["records", "cases"],
        "record": [str(public_id) for public_id in town.ids[:12]],
        "decision": ["all", "open"],
        "class": ["penalty", "adverse"],
        "event": ["accept", "grant"],
        "unread": ["true"],
        "ended": ["true"],
        "position": ["1"],
        "size": ["2"],
        "old": ["1"],
        "new": ["2"],
        "numbers": ["0", "1,4095"],
        "origin": ["goodstanding.local/log", "city.example/log"],
        "reason": ["all"],
        "page": ["1", "2"],
        "facts": ["1", "2"],
        "draft": [str(town.draft_key)],
    }


#: The parameters of the portal's pages that show what is not for everyone.
PORTAL = {
    "/": ["q"],
    "/work": ["text", "kind", "state", "mark", "whose", "officer", "authority", "before", "asked", "after"],
    "/notices": ["show", "about", "page"],
    "/apply": ["record", "draft"],
    "/my": ["facts", "page"],
    "/my/readings": ["page"],
    "/deliveries": ["state", "page"],
    "/findings/": ["decision", "page"],
    "/links/review/": ["state", "page"],
    "/supervision": ["authority"],
    "/overview": ["authority"],
    "/uses": ["state", "kind", "page"],
}


def described() -> dict[str, list[str]]:
    """The query parameters of every reading of the API."""
    found: dict[str, list[str]] = {}
    for path, methods in api.get_openapi_schema()["paths"].items():
        given = methods.get("get", {}).get("parameters", [])
        found[path] = [item["name"] for item in given if item["in"] == "query"]
    return {path: names for path, names in found.items() if names}


def readings(town: towns.Town) -> Iterator[tuple[str, str]]:
    """Every address with every parameter: (address, what was put)."""
    known = values(town)
    for path, names in [*described().items(), *PORTAL.items()]:
        route = re.sub(r"\{(\w+)\}", r"<\1>", path)
        for name in names:
            assert name in known, f"{path}: this test does not know what to put for {name}"
            for address in addresses(route, town):
                # What needs a search word gets one that is nowhere.
                more = f"&q={NOWHERE}" if "q" in names and name != "q" else ""
                for value in known[name]:
                    yield f"{address}?{name}={quote(value)}{more}", value


def read(town: towns.Town, role: str, address: str) -> str:
    """What a role reads at an address, without the parameters that the page gives back."""
    ask = towns.caller(town, role, api=address.startswith("/api/"))
    response = ask("GET", address)
    assert response.status_code < 500, f"{role} GET {address}: {response.status_code}"
    return text_of(response)


def test_no_parameter_opens_what_a_role_may_not_read(town: towns.Town) -> None:
    asked = 0
    for role in OUTSIDERS:
        for address, value in readings(town):
            text = read(town, role, address).replace(value, "\0")
            asked += 1
            for secret in town.secrets:
                assert secret.word not in text or role in secret.may, f"{role}: {secret.word} at {address}"
    print(f"{asked:,} readings with a parameter by {len(OUTSIDERS)} roles")


def shape(text: str, word: str) -> str:
    """An answer without the word that it gives back and without what differs in every answer."""
    text = text.replace(word, "\0")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_a_search_for_what_one_may_not_read_is_answered_like_one_for_nothing(town: towns.Town) -> None:
    searches = ["/?q=", "/work?text=", "/api/v1/entities?q=", "/api/v1/cases/work?text="]
    for role in towns.ROLES:
        for search in searches:
            nothing = shape(read(town, role, search + NOWHERE), NOWHERE)
            for secret in town.secrets:
                if role not in secret.may:
                    found = shape(read(town, role, search + secret.word), secret.word)
                    assert found == nothing, f"{role}: {search}{secret.word} tells that it is there"


def test_ways_of_widening_that_nobody_offers_do_nothing(town: towns.Town) -> None:
    objects = ("/api/", "/entity/", "/record/", "/case/", "/evidence/", "/my", "/work", "/notices", "/apply")
    routes = [route for route in sorted(set(patterns())) if route.startswith(objects)]
    for role in OUTSIDERS:
        for route in routes:
            for address in addresses(route, town):
                text = read(town, role, address + WIDENING)
                for secret in town.secrets:
                    assert secret.word not in text or role in secret.may, (
                        f"{role}: {secret.word} at {address}"
                    )


def test_an_agent_that_names_anybody_else_to_the_api_reads_nothing_of_theirs(town: towns.Town) -> None:
    """The header names every entity of the town in turn, and one that is not there."""
    named = {account.entity.public_id for account in town.accounts.values() if account.entity}
    routes = [route for route in sorted(set(patterns())) if route.startswith("/api/")]
    for role in ("agent", "market"):
        for principal in [*named, uuid.uuid4()]:
            mandate = town.mandates.get(role)
            if mandate and mandate.entity.public_id == principal:
                continue
            ask = towns.caller(town, role, api=True, principal=principal)
            for route in routes:
                for address in addresses(route, town):
                    _nothing_of_theirs(ask("GET", address), town, role, f"{address} for {principal}")


def _nothing_of_theirs(response: Any, town: towns.Town, role: str, said: str) -> None:
    assert response.status_code < 500, said
    text = text_of(response)
    own = frozenset({role} - set(towns.PRINCIPALS))  # an agent, in the name of anybody else, is nobody
    for secret in town.secrets:
        may = secret.may & own or "public" in secret.may
        assert secret.word not in text or may, f"{role}: {secret.word} at {said}"
