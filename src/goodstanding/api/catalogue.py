"""The catalogue of record kinds for other catalogues: DCAT 3 as JSON-LD or Turtle. Open to everyone."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from goodstanding.intake import contract_queries
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.catalogue.dcat import Statement, statements, to_json_ld, to_turtle

router = Router(tags=["catalogue"])
JSON_LD, TURTLE = "application/ld+json", "text/turtle"


@router.get("/catalogue", summary="The catalogue as DCAT")
def catalogue(request: HttpRequest) -> HttpResponse:
    """The items in force today as DCAT 3 datasets: JSON-LD, or Turtle where ``Accept`` prefers ``text/turtle``."""
    preferred = request.get_preferred_type([JSON_LD, "application/json", TURTLE])
    response = as_turtle(request) if preferred == TURTLE else as_json_ld(request)
    response["Vary"] = "Accept"
    return response


@router.get("/catalogue.jsonld", summary="The catalogue as DCAT, JSON-LD")
def as_json_ld(request: HttpRequest) -> HttpResponse:
    """The catalogue as DCAT 3 in JSON-LD, whatever ``Accept`` says."""
    return HttpResponse(to_json_ld(_said()), content_type=JSON_LD)


@router.get("/catalogue.ttl", summary="The catalogue as DCAT, Turtle")
def as_turtle(request: HttpRequest) -> HttpResponse:
    """The catalogue as DCAT 3 in Turtle, whatever ``Accept`` says."""
    return HttpResponse(to_turtle(_said()), content_type=f"{TURTLE}; charset=utf-8")


def _said() -> tuple[Statement, ...]:
    contracts: dict[str, list[str]] = {}
    for standing in contract_queries.contract_standings():
        contract, used = standing.contract, standing.in_use
        if contract is not None and used is not None:
            contracts.setdefault(contract.clauses.item, []).append(f"{standing.id}/{used.version}")
    name = settings.LOG_ORIGIN.partition("/")[0]
    return statements(
        catalogue_on(timezone.localdate()),
        site=settings.PORTAL_URL,
        publisher=(name, name),
        contracts=contracts,
    )
