"""The API object: its name, its version, its errors, and the routers mounted on it."""

from __future__ import annotations

from ninja import NinjaAPI

from goodstanding.casework.errors import CaseworkError
from goodstanding.intake.errors import IntakeError

from . import batches, cases, entities, feed, log, problems, records, status

api = NinjaAPI(
    title="Goodstanding",
    version="1.0.0",
    description="Public credit information of organisations: reports, proofs, the change feed, restoration.",
    urls_namespace="api-v1",
    docs_url=None,  # the page would load scripts from elsewhere
)
problems.install(api, CaseworkError, IntakeError)
for router in (status, entities, records, cases, batches, feed, log):
    api.add_router("", router.router)
