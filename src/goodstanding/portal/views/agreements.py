"""Sharing agreements: the operator sees and leads all of them, a subscriber sees its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.exchange import agreement_queries as queries
from goodstanding.exchange import agreements as commands
from goodstanding.exchange import subscription_requests as requests
from goodstanding.exchange.agreement_queries import Standing
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.queries import subscriber_of
from goodstanding.registry.models import Account

from ..context import actor_from, only_for

#: Requests that a page shows.
_SHOWN: Final = 50


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """The agreements that the reader may see, those that wait for somebody first, and what is asked for."""
    return shown_agreements(request)


@only_for(Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
@require_safe
def agreement(request: HttpRequest, reference: str) -> HttpResponse:
    """What one agreement says, who has signed it, what would change, and what is owed."""
    return _shown(request, reference)


@only_for(Account.Role.OPERATOR)
@require_POST
def agreement_step(request: HttpRequest, reference: str) -> HttpResponse:
    """Sign, suspend, resume or end an agreement: asked once more with what it means, then done."""
    step, words = request.POST.get("step", ""), request.POST.get("words", "")
    row = _row(request, reference)
    if step not in steps(row):
        return _shown(request, reference, refusal=ExchangeError("agreement.step"), status=422)
    if request.POST.get("seen") != seen(row, step):
        second = {"step": step, "words": words, "seen": seen(row, step)}
        return _shown(request, reference, second=second)
    now = timezone.now()
    act: dict[str, Callable[[], object]] = {
        "sign": lambda: commands.sign_as_provider(reference=reference, at=now),
        "paper": lambda: commands.sign_on_paper(reference=reference, paper=words, at=now),
        "suspend": lambda: commands.suspend(reference=reference, reason=words, at=now),
        "resume": lambda: commands.resume(reference=reference, at=now),
        "end": lambda: commands.end(reference=reference, on=timezone.localdate(now), reason=words, at=now),
    }
    try:
        act[step]()
    except ExchangeError as error:
        return _shown(request, reference, refusal=error, words=words, status=422)
    done = {
        "sign": _("Signed with the key of the log."),
        "paper": _("The recipient's signature on paper is noted."),
        "suspend": _("Suspended. Removals are still sent."),
        "resume": _("In force again."),
        "end": _("Ended. The recipient owes the statement of deletion."),
    }
    messages.success(request, done[step])
    return redirect("agreement", reference)


def steps(row: Standing) -> tuple[str, ...]:
    """What the operator can do with an agreement as it stands."""
    found = [
        ("sign", "provider" in row.waits_for),
        ("paper", "recipient" in row.waits_for),
        ("suspend", row.state in ("in_force", "upcoming") and row.agreement.ended_on is None),
        ("resume", row.state == "suspended"),
        ("end", row.state in ("in_force", "upcoming", "suspended") and row.agreement.ended_on is None),
    ]
    return tuple(step for step, may in found if may)


def seen(row: Standing, step: str) -> str:
    """What the operator has looked at: a step is done only on the agreement as it was then."""
    version = row.waiting or row.held
    return f"{step}/{row.state}/{version.version if version else ''}/{','.join(row.waits_for)}"


def shown_agreements(
    request: HttpRequest, refused: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """The page of agreements and requests; ``refused`` is a decision on a request that was not taken."""
    is_all, of = _whose(request)
    may = is_all or of is not None
    context = {
        "rows": queries.agreements(of=of, on=timezone.localdate()) if may else [],
        "asked": requests.requests(of=of)[:_SHOWN] if may else [],
        "is_all": is_all,
        "refused": refused or {},
    }
    return render(request, "portal/agreements.html", context, status=status)


def _shown(request: HttpRequest, reference: str, *, status: int = 200, **more: Any) -> HttpResponse:
    row = _row(request, reference)
    context = {
        "row": row,
        "terms": row.document.terms,
        "digest": bytes(row.held.digest).hex() if row.held else "",
        "waiting_digest": bytes(row.waiting.digest).hex() if row.waiting else "",
        "steps": steps(row) if actor_from(request).is_operator else (),
    }
    return render(request, "portal/agreement.html", context | more, status=status)


def _row(request: HttpRequest, reference: str) -> Standing:
    """One agreement, as far as the reader may see it."""
    is_all, of = _whose(request)
    if not is_all and of is None:
        raise Http404
    try:
        return queries.agreement(reference, of=of, on=timezone.localdate())
    except ExchangeError as error:
        raise Http404 from error


def _whose(request: HttpRequest) -> tuple[bool, Subscriber | None]:
    """Whether the reader sees all agreements, and else whose."""
    actor = actor_from(request)
    return actor.is_operator, None if actor.is_operator else subscriber_of(actor.account_id)
