"""The operator's overview: what is here, what is sealed, who is behind, which clocks press, what came in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from goodstanding.casework import desk
from goodstanding.casework.chart import chart_of
from goodstanding.casework.connectors import connectors
from goodstanding.exchange import queries as exchange
from goodstanding.intake import contract_queries, review, snapshot
from goodstanding.intake import queries as intake
from goodstanding.intake.models import Batch
from goodstanding.registry import queries as registry
from goodstanding.registry import source_findings
from goodstanding.registry.models import Account

from ..charts import bars
from ..context import actor_from, only_for
from ..ways import ShownCase


@only_for(Account.Role.OPERATOR)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything on one page, each figure with a way to what is behind it."""
    actor, now, today = actor_from(request), timezone.now(), timezone.localdate()
    counts = registry.counts()
    states = counts["records"]
    assert isinstance(states, dict)  # the one entry that is broken down
    pressing = [item for item in desk.work_list(actor=actor, on=today, limit=20).items if item.mark != "ok"]
    batches = list(intake.batches_visible_to(actor)[:10])
    return render(
        request,
        "portal/overview.html",
        {
            "counts": counts,
            "records": sum(states.values()),
            "states": bars(states),
            "statuses": exchange.subscriber_status(at=now),
            "open": desk.wanted_cases(actor, on=today, wanted=desk.Wanted()).count(),
            "marks": desk.pressing(actor=actor, on=today),
            "pressing": [(item, ShownCase(item.case, chart_of(item.case.kind))) for item in pressing],
            "batches": batches,
            "waits": _waits(),
            "scanner": settings.SCANNER,
            "connectors": connectors().connectors,
        },
    )


def _waits() -> list[tuple[str, int, str]]:
    """What waits for the operator's decision: its name, how many, and where."""
    return [
        (_("Removals"), source_findings.findings().count(), reverse("findings")),
        (
            _("Held batches"),
            Batch.objects.filter(state=Batch.State.HELD).count(),
            reverse("deliveries") + f"?state={Batch.State.HELD}",
        ),
        (_("Full lists that wait"), len(snapshot.waiting()), reverse("full-lists")),
        (_("Links to review"), review.queue().count(), reverse("link-reviews")),
        (_("Contract versions"), len(contract_queries.waiting_versions()), reverse("contracts")),
    ]
