"""The catalogue as DCAT: both forms say the same, in the vocabulary's own terms."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from goodstanding.intake.contract import contract_text
from goodstanding.intake.models import ContractVersion
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.catalogue.dcat import PREFIXES

pytestmark = pytest.mark.usefixtures("database")
#: Classes and properties of DCAT 3 (W3C Recommendation, 2024) with what they are used on, and those of its application
#: of DCMI Terms, FOAF and RDFS.
TERMS = {
    "dcat:Catalog": {
        "dcterms:title", "dcterms:publisher", "dcterms:modified", "foaf:homepage", "dcat:dataset", "dcat:service",
    },
    "dcat:Dataset": {
        "dcterms:identifier", "dcterms:title", "dcterms:description", "dcterms:publisher",
        "dcterms:accrualPeriodicity", "dcterms:accessRights", "dcterms:rights", "dcterms:temporal",
        "dcterms:conformsTo", "dcat:keyword", "dcat:landingPage", "dcat:distribution",
    },
    "dcat:Distribution": {"dcterms:title", "dcat:accessURL", "dcat:accessService", "dcat:mediaType"},
    "dcat:DataService": {
        "dcterms:title", "dcat:endpointURL", "dcat:endpointDescription", "dcat:servesDataset",
    },
    "dcterms:PeriodOfTime": {"dcat:startDate", "dcat:endDate"},
    "dcterms:RightsStatement": {"rdfs:label"},
    "dcterms:Standard": set(),
    "foaf:Agent": {"foaf:name"},
}  # fmt: skip
_TOKEN = re.compile(r'<([^>]*)>|"((?:[^"\\]|\\.)*)"(?:@(\w+)|\^\^(\S+))|(\w+:\w+)|([;.])')


def get(path: str = "/api/v1/catalogue", accept: str = "") -> tuple[str, bytes]:
    headers = {"accept": accept} if accept else {}
    response = Client(headers={"host": "localhost"}).get(path, headers=headers)
    assert response.status_code == 200
    return response.headers["Content-Type"], response.content


def whole(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


def of_json(text: bytes) -> set[tuple[Any, ...]]:
    """The statements of flattened JSON-LD, with whole addresses."""
    document = json.loads(text)
    assert document["@context"] == dict(PREFIXES)
    found = set()
    for node in document["@graph"]:
        for kind in node["@type"]:
            found.add((node["@id"], whole("rdf:type"), kind))
        for name, things in node.items():
            for thing in things if not name.startswith("@") else ():
                rest = thing.get("@id"), thing.get("@value"), thing.get("@language"), thing.get("@type")
                found.add((node["@id"], whole(name), *((rest[0],) if rest[0] else rest[1:])))
    return found


def of_turtle(text: bytes) -> set[tuple[Any, ...]]:
    """The statements of Turtle in the form that is written here: prefixes, then subjects with their statements."""
    found, subject, predicate = set(), None, None
    _, _, body = text.decode().partition("\n\n")
    for address, value, language, datatype, name, end in _TOKEN.findall(body):
        if end == ".":
            subject = None
        elif name:
            predicate = whole(name)
        elif address and subject is None:
            subject = address
        elif address:
            found.add((subject, predicate, address))
        elif language or datatype:
            found.add((subject, predicate, json.loads(f'"{value}"'), language or None, datatype or None))
    return found


def test_both_forms_say_the_same_and_accept_chooses() -> None:
    kinds = {
        "": "application/ld+json",
        "*/*": "application/ld+json",
        "application/json": "application/ld+json",
        "application/ld+json;q=0.5, text/turtle": "text/turtle; charset=utf-8",
        "text/turtle": "text/turtle; charset=utf-8",
    }
    for accept, kind in kinds.items():
        assert get(accept=accept)[0] == kind, accept
    json_ld, turtle = get("/api/v1/catalogue.jsonld"), get("/api/v1/catalogue.ttl")
    assert (json_ld, turtle) == (get(), get(accept="text/turtle"))
    assert of_json(json_ld[1]) == of_turtle(turtle[1])
    assert Client(headers={"host": "localhost"}).get("/api/v1/catalogue").headers["Vary"].startswith("Accept")


def test_every_statement_uses_a_term_of_the_vocabulary_on_what_it_is_for() -> None:
    found = of_json(get()[1])
    kinds = {subject: thing for subject, name, thing, *_ in found if name == whole("rdf:type")}
    names = {whole(kind): {whole(term) for term in terms} for kind, terms in TERMS.items()}
    for subject, name, *_ in found:
        if name != whole("rdf:type"):
            assert name in names[kinds[subject]], (subject, name)
    linked = {
        "dcat:dataset": "dcat:Dataset",
        "dcat:distribution": "dcat:Distribution",
        "dcat:service": "dcat:DataService",
    }
    for name, kind in linked.items():
        targets = [thing for _, used, thing, *_ in found if used == whole(name)]
        assert targets and all(kinds[target] == whole(kind) for target in targets), name


def test_each_item_is_a_dataset_with_its_rights_ways_and_contract() -> None:
    contract = "double-publicity-penalties"
    ContractVersion.objects.create(
        contract=contract,
        version="1.0.0",
        digest="0" * 64,
        text=contract_text(contract),
        breaking=False,
        proposed_at=timezone.now(),
        accepted_at=timezone.now(),
    )
    nodes = {node["@id"]: node for node in json.loads(get()[1])["@graph"]}
    base = f"{settings.PORTAL_URL}/api/v1/catalogue"
    items = {listed.item.id: listed.item for listed in catalogue_on(timezone.localdate()).listed}
    datasets = {item["@id"] for item in nodes[base]["dcat:dataset"]}
    assert datasets == {f"{base}#{code}" for code in items}
    expected = {"published": "PUBLIC", "shared": "RESTRICTED", "on_request": "NON_PUBLIC"}
    for code, item in items.items():
        node = nodes[f"{base}#{code}"]
        (rights,) = node["dcterms:accessRights"]
        assert rights["@id"].endswith(f"/{expected[item.disclosure]}"), code
        given = {one["@id"].rpartition("-")[2] for one in node.get("dcat:distribution", [])}
        ways = {"api"} if item.record_kind is None else {"api", "feed", "push", "agreed", "file"}
        assert given == (ways if item.disclosure == "published" else set()), code
    conforming = [node for node in nodes.values() if "dcterms:conformsTo" in node]
    assert [node["dcterms:conformsTo"][0]["@id"] for node in conforming] == [
        f"{settings.PORTAL_URL}/contracts/{contract}/1.0.0/"
    ]
