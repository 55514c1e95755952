"""One recipient of the feed: what it has not answered, how soon it answers, and whether it is suspended."""

from __future__ import annotations

import uuid
from typing import get_args

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.exchange import agreed_files, agreement_queries, suspensions
from goodstanding.exchange.canaries import lives
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.probes import outside
from goodstanding.exchange.push import told
from goodstanding.exchange.queries import subscriber_of, subscriber_status
from goodstanding.exchange.recipients import PERIOD, Recipient
from goodstanding.exchange.recipients import recipient as found_recipient
from goodstanding.registry.models import Account

from ..charts import bars
from ..context import actor_from, only_for


class DecisionForm(forms.Form):
    """What the operator decides on a suspension; a reason unless a proposal is confirmed."""

    decision = forms.ChoiceField(choices=[(each, "") for each in get_args(suspensions.Decision)])
    reason = forms.CharField(required=False, max_length=500)


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def recipient(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How a recipient does: to the operator any of them, to a subscriber itself."""
    return _page(request, public_id)


@only_for(Account.Role.OPERATOR)
@require_POST
def decide_suspension(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Propose to suspend a recipient, suspend it as proposed, decline that, or resume it."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    decision, actor = form.cleaned_data["decision"], actor_from(request)
    try:
        suspensions.decide(
            decision,
            actor=actor,
            subscriber=public_id,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
    except ExchangeError as error:
        return _page(request, public_id, refusal=error, status=422)
    messages.success(request, _done(decision))
    return redirect("recipient", public_id=public_id)


def _done(decision: suspensions.Decision) -> str:
    return {
        "propose": _("Its suspension is proposed; another operator confirms it."),
        "confirm": _("Its agreements are suspended until it has answered."),
        "decline": _("It is not suspended. The removals stay due."),
        "resume": _("Sending has begun again. The removals stay due."),
    }[decision]


def _page(
    request: HttpRequest, public_id: uuid.UUID, *, refusal: ExchangeError | None = None, status: int = 200
) -> HttpResponse:
    actor, now, today = actor_from(request), timezone.now(), timezone.localdate()
    own = None if actor.is_operator else subscriber_of(actor.account_id)
    if own is None and not actor.is_operator:
        raise Http404
    try:
        found = found_recipient(public_id, of=own, on=today, at=now)
    except ExchangeError as error:
        raise Http404 from error
    (status_now,) = subscriber_status(of=found.subscriber, at=now)
    context = {
        "row": found,
        "status": status_now,
        "is_operator": actor.is_operator,
        "own_proposal": found.proposal is not None
        and found.proposal.proposed_by_id is not None
        and found.proposal.proposed_by_id == actor.account_id,
        "by_deadline": bars(_by_deadline(found)),
        "by_age": bars(_by_age(found)),
        "agreements": agreement_queries.agreements(of=found.subscriber, on=today),
        "outside": outside(found.subscriber),
        "file_standings": agreed_files.standings(of=found.subscriber, at=now),
        "pushed": told(on=today).filter(pk=found.subscriber.pk).exists(),
        "canaries": lives(of=found.subscriber) if actor.is_operator else [],
        "days": PERIOD.days,
        "today": today,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/recipient.html", context, status=status)


def _by_deadline(found: Recipient) -> dict[str, int]:
    each = found.unanswered
    figures = {
        "late": each.late,
        "due_today": each.due_today,
        "due_soon": each.due_soon,
        "due_later": each.due_later,
    }
    return figures | ({"undated": each.undated} if each.undated else {})


def _by_age(found: Recipient) -> dict[str, int]:
    each = found.unanswered
    return {"an_hour": each.an_hour, "a_day": each.a_day, "a_week": each.a_week, "older": each.older}
