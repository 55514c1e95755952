"""Full lists that wait: too much of what was listed is missing from them, so nothing has ended yet."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.intake import snapshot
from goodstanding.intake.contract import load_contract
from goodstanding.intake.models import Snapshot
from goodstanding.registry.models import Account

from ..context import account_from, only_for

#: Missing records that a page names of each list.
NAMED = 20


@only_for(Account.Role.OPERATOR)
@require_safe
def full_lists(request: HttpRequest) -> HttpResponse:
    """The lists that wait, the oldest first, with what would leave each."""
    rows = [(item, snapshot.missing_from(item.batch, limit=NAMED)) for item in snapshot.waiting()]
    return render(request, "portal/full_lists.html", {"rows": rows})


@only_for(Account.Role.OPERATOR)
@require_POST
def settle_list(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let leave what a list does not name, though it is much."""
    account = account_from(request)
    assert account is not None  # only_for sees to it
    waiting = Snapshot.objects.select_related("batch").filter(batch__public_id=public_id).first()
    if waiting is None:
        raise Http404
    if request.POST.get("settle") != "yes":
        messages.error(request, _("Nothing was chosen, and nothing was changed."))
        return redirect("full-lists")
    today = timezone.localdate()
    contract = load_contract(waiting.batch.contract, on=today)
    done = snapshot.settle(
        waiting.batch, contract=contract, today=today, at=timezone.now(), account_id=account.pk
    )
    if done is not None and done.state == Snapshot.State.SETTLED:
        messages.success(
            request, _("Settled. Records that left the list: %(count)s.") % {"count": f"{done.missing:,}"}
        )
    else:
        messages.warning(request, _("A later list of this source came first. Nothing has ended."))
    return redirect("full-lists")
