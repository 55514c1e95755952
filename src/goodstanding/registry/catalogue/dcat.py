"""The catalogue in the W3C's Data Catalog Vocabulary (DCAT 3), as JSON-LD and as Turtle. Pure.

A dataset for each item, with a distribution for each way in which its records are had. Both forms are written from one
list of statements, so they say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .load import Catalogue, Listed
from .model import Item

PREFIXES: Final[Mapping[str, str]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: Dublin Core's frequencies of collections, and the European Union's list of access rights, which DCAT profiles use.
CONTINUOUS: Final = "http://purl.org/cld/freq/continuous"
_RIGHTS: Final = "http://publications.europa.eu/resource/authority/access-right/"
ACCESS: Final = {
    "published": f"{_RIGHTS}PUBLIC",
    "shared": f"{_RIGHTS}RESTRICTED",
    "on_request": f"{_RIGHTS}NON_PUBLIC",
}
_JSON: Final = "https://www.iana.org/assignments/media-types/application/json"
_PARQUET: Final = "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet"
#: The services, with their titles in both languages and their paths.
_SERVICES: Final = {
    "api": ("API of entities and records", "主体与信用信息接口", "/api/v1/entities"),
    "feed": ("Change feed under a sharing agreement", "按共享协议提供的变更数据流", "/api/v1/feed"),
    "push": ("News of the change feed by push", "变更数据流推送通知", "/api/v1/feed"),
    "agreed": ("Single reads under a sharing agreement", "按共享协议逐条查询", "/api/v1/agreed/entities"),
    "file": (
        "Files at the frequency of a sharing agreement",
        "按共享协议约定频率提供的文件",
        "/api/v1/agreements",
    ),
}


@dataclass(frozen=True, slots=True)
class Iri:
    """Something that is named by an address."""

    address: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a language."""

    value: str
    language: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a datatype of XML Schema, or a plain string."""

    value: str
    datatype: str = "string"


Thing = Iri | Text | Value
#: Subject, predicate with its prefix, object.
Statement = tuple[str, str, Thing]


def statements(
    catalogue: Catalogue, *, site: str, publisher: tuple[str, str], contracts: Mapping[str, Sequence[str]]
) -> tuple[Statement, ...]:
    """What the catalogue says, statement by statement.

    Args:
        catalogue: of one day.
        site: the portal's address, without a slash at the end.
        publisher: who runs the installation, in English and in Chinese.
        contracts: for items the contract versions in use, each as ``id/version``.
    """
    whole = f"{site}/api/v1/catalogue"
    return tuple(_statements(catalogue, site, whole, publisher, contracts))


def _statements(
    catalogue: Catalogue,
    site: str,
    whole: str,
    publisher: tuple[str, str],
    contracts: Mapping[str, Sequence[str]],
) -> Iterator[Statement]:
    yield whole, "rdf:type", _term("dcat:Catalog")
    yield from _named(whole, "Catalogue of public credit information", "公共信用信息目录")
    yield whole, "dcterms:publisher", Iri(f"{whole}#publisher")
    yield f"{whole}#publisher", "rdf:type", _term("foaf:Agent")
    for text in (Text(publisher[0], "en"), Text(publisher[1], "zh")):
        yield f"{whole}#publisher", "foaf:name", text
    yield whole, "dcterms:modified", Value(catalogue.on.isoformat(), "date")
    yield whole, "foaf:homepage", Iri(f"{site}/catalogue/")
    for code, (english, chinese, path) in _SERVICES.items():
        service = f"{whole}#{code}"
        yield whole, "dcat:service", Iri(service)
        yield service, "rdf:type", _term("dcat:DataService")
        yield from _named(service, english, chinese)
        yield service, "dcat:endpointURL", Iri(f"{site}{path}")
        yield service, "dcat:endpointDescription", Iri(f"{site}/api/v1/openapi.json")
    for listed in catalogue.listed:
        yield whole, "dcat:dataset", Iri(f"{whole}#{listed.item.id}")
        yield from _dataset(listed, site, whole, contracts.get(listed.item.id, ()))


def _dataset(listed: Listed, site: str, whole: str, contracts: Sequence[str]) -> Iterator[Statement]:
    item, days = listed.item, listed.list.in_force_of(listed.item)
    dataset = f"{whole}#{item.id}"
    yield dataset, "rdf:type", _term("dcat:Dataset")
    yield dataset, "dcterms:identifier", Value(item.id)
    yield from _named(dataset, item.name_en, item.name_zh)
    for text in (Text(item.what_en, "en"), Text(item.what_zh, "zh")):
        yield dataset, "dcterms:description", text
    yield dataset, "dcterms:publisher", Iri(f"{whole}#publisher")
    yield dataset, "dcterms:accrualPeriodicity", Iri(CONTINUOUS)
    yield dataset, "dcterms:accessRights", Iri(ACCESS[item.disclosure])
    yield dataset, "dcat:keyword", Text(item.group.replace("_", " "), "en")
    yield dataset, "dcat:landingPage", Iri(f"{site}/catalogue/#{item.id}")
    for contract in contracts:
        yield dataset, "dcterms:conformsTo", Iri(f"{site}/contracts/{contract}/")
        yield f"{site}/contracts/{contract}/", "rdf:type", _term("dcterms:Standard")
    instrument, basis = listed.list.instruments[item.citation.instrument], f"{dataset}-basis"
    yield dataset, "dcterms:rights", Iri(basis)
    yield basis, "rdf:type", _term("dcterms:RightsStatement")
    for text in (Text(instrument.name_en, "en"), Text(instrument.name_zh, "zh")):
        yield basis, "rdfs:label", text
    yield dataset, "dcterms:temporal", Iri(f"{dataset}-days")
    yield f"{dataset}-days", "rdf:type", _term("dcterms:PeriodOfTime")
    yield f"{dataset}-days", "dcat:startDate", Value(days.from_.isoformat(), "date")
    if days.to is not None:
        yield f"{dataset}-days", "dcat:endDate", Value(days.to.isoformat(), "date")
    for code in ways(item):
        way = f"{dataset}-{code}"
        yield dataset, "dcat:distribution", Iri(way)
        yield f"{whole}#{code}", "dcat:servesDataset", Iri(dataset)
        yield way, "rdf:type", _term("dcat:Distribution")
        yield from _named(way, *_SERVICES[code][:2])
        yield way, "dcat:accessURL", Iri(f"{site}{_SERVICES[code][2]}")
        yield way, "dcat:accessService", Iri(f"{whole}#{code}")
        yield way, "dcat:mediaType", Iri(_PARQUET if code == "file" else _JSON)


def ways(item: Item) -> tuple[str, ...]:
    """How records of an item are had: ``api`` by everyone, the others under an agreement.

    The feed carries published records only, so what is shared or given on request has none.
    """
    if item.disclosure != "published":
        return ()
    return ("api",) if item.record_kind is None else ("api", "feed", "push", "agreed", "file")


def to_json_ld(found: Sequence[Statement]) -> bytes:
    """The statements as JSON-LD 1.1, flattened: one node for each subject."""
    nodes: dict[str, dict[str, Any]] = {}
    for subject, predicate, thing in found:
        node = nodes.setdefault(subject, {"@id": subject})
        if predicate == "rdf:type":
            node.setdefault("@type", []).append(thing.address if isinstance(thing, Iri) else thing.value)
        else:
            node.setdefault(predicate, []).append(_as_json(thing))
    document = {"@context": dict(PREFIXES), "@graph": list(nodes.values())}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def to_turtle(found: Sequence[Statement]) -> bytes:
    """The statements as Turtle 1.1, grouped by subject."""
    lines = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    groups: dict[str, list[str]] = {}
    for subject, predicate, thing in found:
        groups.setdefault(subject, []).append(f"    {predicate} {_as_turtle(thing)}")
    for subject, rest in groups.items():
        lines += ["", f"<{subject}>", " ;\n".join(rest) + " ."]
    return ("\n".join(lines) + "\n").encode()


def _named(subject: str, english: str, chinese: str) -> Iterator[Statement]:
    for text in (Text(english, "en"), Text(chinese, "zh")):
        yield subject, "dcterms:title", text


def _term(name: str) -> Iri:
    prefix, _, local = name.partition(":")
    return Iri(PREFIXES[prefix] + local)


def _as_json(thing: Thing) -> dict[str, str]:
    match thing:
        case Iri(address):
            return {"@id": address}
        case Text(value, language):
            return {"@value": value, "@language": language}
        case Value(value, datatype):
            return {"@value": value, "@type": f"xsd:{datatype}"}


def _as_turtle(thing: Thing) -> str:
    match thing:
        case Iri(address):
            return f"<{address}>"
        case Text(value, language):
            return f"{json.dumps(value, ensure_ascii=False)}@{language}"
        case Value(value, datatype):
            return f"{json.dumps(value, ensure_ascii=False)}^^xsd:{datatype}"
