"""The API object: its name, its version, its errors, and the routers mounted on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from goodstanding.casework.errors import CaseworkError
from goodstanding.intake.errors import IntakeError

from . import (
    agreed_files,
    agreed_reads,
    agreements,
    batches,
    case_files,
    cases,
    catalogue,
    certificates,
    desk,
    entities,
    facts,
    federation,
    feed,
    log,
    map,
    notices,
    outcomes,
    parties,
    probes,
    problems,
    propagation,
    reconciliation,
    records,
    snapshots,
    status,
    status_filter,
    subscription_requests,
    uses,
    work,
)


class _Api(NinjaAPI):
    """Answers to a token belong to its bearer: no cache on the way may keep them."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        if "Authorization" in request.headers:
            response["Cache-Control"] = "no-store"
        return response


api = _Api(
    title="Goodstanding",
    version="1.0.0",
    description="Public credit information of organisations: reports, proofs, the change feed, restoration.",
    urls_namespace="api-v1",
    docs_url=None,  # the page would load scripts from elsewhere
)
problems.install(api, CaseworkError, IntakeError)
for router in (
    *(status, entities, facts, records, outcomes, propagation, probes, uses),
    *(work, cases, case_files, certificates, desk, parties, notices),
    *(batches, feed, snapshots, agreements, subscription_requests, agreed_reads, agreed_files),
    *(federation, reconciliation, catalogue, log, map, status_filter),
):
    api.add_router("", router.router)
