"""Data contracts for those who send, read or run: what each asks for, its versions, and who must agree to the next."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.exchange import queries as exchange
from goodstanding.exchange.models import Subscriber
from goodstanding.intake import contract_queries, contract_versions
from goodstanding.intake.contract import Contract, load_contract
from goodstanding.intake.contract_diff import differences
from goodstanding.intake.contract_models import ContractVersion, SignOff
from goodstanding.intake.contract_queries import ContractStanding
from goodstanding.intake.errors import ContractNotFound, ContractStep, IntakeError
from goodstanding.registry.actor import Actor
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.models import Account

from ..context import actor_from, only_for
from ..contract_page import by_effect, shown_contract
from ..language import problem

_READERS = (Account.Role.AUTHORITY, Account.Role.OPERATOR, Account.Role.SUBSCRIBER)
_CONSUMERS = (Account.Role.AUTHORITY, Account.Role.SUBSCRIBER)


@only_for(*_READERS)
@require_safe
def contracts(request: HttpRequest) -> HttpResponse:
    """Every contract with the version in use and those that wait; what waits for the reader first."""
    rows = contract_queries.contract_standings()
    items = {one.item.id: one.item for one in catalogue_on(timezone.localdate()).listed}
    said = [(row, row.contract) for row in rows]
    context = {
        "rows": [(row, one, row.in_use, items.get(one.clauses.item) if one else None) for row, one in said],
        "questions": contract_queries.open_questions(actor_from(request)),
    }
    return render(request, "portal/contracts.html", context)


@only_for(*_READERS)
@require_safe
def contract(request: HttpRequest, contract_id: str) -> HttpResponse:
    """One contract in plain words, its versions, who provides and who uses what comes in under it."""
    standing = _standing(contract_id)
    found, actor = standing.contract, actor_from(request)
    carried = _consumers(found)
    context = {
        "standing": standing,
        "versions": [(version, _state(version, standing)) for version in standing.versions],
        "shown": shown_contract(found) if found else None,
        "coming": _coming(standing, found) if actor.is_operator else [],
        "senders": contract_queries.senders(contract_id),
        "consumers": len(carried),
        "subscribers": Subscriber.objects.filter(account__in=carried) if actor.is_operator else [],
    }
    return render(request, "portal/contract.html", context)


@only_for(*_READERS)
@require_safe
def contract_version(request: HttpRequest, contract_id: str, version: str) -> HttpResponse:
    """One version: what it changes and breaks, who is asked, and the reader's own answer."""
    return _shown(request, _version(contract_id, version))


@only_for(*_CONSUMERS)
@require_POST
def answer_contract(request: HttpRequest, contract_id: str, version: str) -> HttpResponse:
    """Accept a waiting version for the reader's organisation, or object to it with a reason."""
    found, actor = _version(contract_id, version), actor_from(request)
    said, reason = request.POST.get("answer", ""), request.POST.get("reason", "")
    try:
        if said == "object":
            contract_versions.object_to(found, actor=actor, reason=reason, at=timezone.now())
        elif said == "accept":
            contract_versions.sign_off(found, actor=actor, at=timezone.now())
        else:
            raise ContractStep(
                code="contract.answer",
                en="Accept the version, or object to it.",
                zh="请选择同意或者提出异议。",
            )
    except ContractStep as error:
        if error.code == "contract.not_asked":
            raise PermissionDenied from error
        status = 409 if error.code == "contract.settled" else 422
        return _shown(request, found, refusal=error, reason=reason, status=status)
    if said == "accept":
        messages.success(request, _("Accepted for your organisation."))
    else:
        messages.success(
            request, _("Your objection stands. The version cannot come into use until you accept it.")
        )
    return redirect("contract-version", contract_id, version)


@only_for(Account.Role.OPERATOR)
@require_POST
def activate_contract(request: HttpRequest, contract_id: str, version: str) -> HttpResponse:
    """Put a version into use that everyone has accepted."""
    found = _version(contract_id, version)
    try:
        text = contract_versions.contract_of(found)
        contract_versions.activate(found, subscribers=_consumers(text), at=timezone.now())
    except IntakeError as error:
        return _shown(request, found, refusal=error, status=409)
    messages.success(request, _("In use: files come in under this version."))
    return redirect("contract", contract_id)


@only_for(Account.Role.OPERATOR)
@require_POST
def propose_contract(request: HttpRequest, contract_id: str) -> HttpResponse:
    """Propose the version that lies in the folder to those whom it concerns."""
    try:
        on = timezone.localdate()
        lies = load_contract(contract_id, on=on)
        done = contract_versions.propose(contract_id, subscribers=_consumers(lies), on=on, at=timezone.now())
    except ContractNotFound as error:
        raise Http404 from error
    except IntakeError as error:
        messages.error(request, problem(error))
        return redirect("contract", contract_id)
    if done.active:
        messages.success(request, _("It breaks nothing and is in use."))
    else:
        messages.success(request, _("Proposed. Those whom it would break are asked."))
    return redirect("contract-version", contract_id, done.version.version)


def _shown(
    request: HttpRequest,
    version: ContractVersion,
    *,
    refusal: IntakeError | None = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    standing, actor = _standing(version.contract), actor_from(request)
    asked = contract_queries.answers(version)
    state = _state(version, standing)
    text, problem_now = contract_queries.as_accepted(version)
    context: dict[str, Any] = {
        "standing": standing,
        "version": version,
        "state": state,
        "changes": by_effect(version.changes, contract=text),
        "asked": asked if actor.is_operator else [],
        "counts": {"asked": len(asked), "signed": sum(one.answer == "signed" for one in asked)},
        "mine": _mine(version, actor),
        "shown": shown_contract(text) if text else None,
        "problem": problem_now,
        "refusal": refusal,
        "reason": reason,
    }
    return render(request, "portal/contract_version.html", context, status=status)


def _mine(version: ContractVersion, actor: Actor) -> SignOff | None:
    return version.sign_offs.filter(contract_versions.asked_of(actor)).first()


def _state(version: ContractVersion, standing: ContractStanding) -> str:
    if standing.in_use is not None and standing.in_use.pk == version.pk:
        return "in_use"
    if version.accepted_at is not None:
        return "earlier"
    return "waiting" if version in standing.waiting else "overtaken"


def _coming(standing: ContractStanding, found: Contract | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the version in the folder would change, where it is not proposed yet."""
    if not standing.is_unproposed or standing.in_folder is None or found is None:
        return []
    changes = [change.as_json() for change in differences(found, standing.in_folder)]
    return by_effect(changes, contract=standing.in_folder)


def _consumers(found: Contract | None) -> list[int]:
    return (
        exchange.consumers(kind=found.record_kind, item=found.clauses.item, on=timezone.localdate())
        if found
        else []
    )


def _standing(contract_id: str) -> ContractStanding:
    try:
        return contract_queries.contract_standing(contract_id)
    except ContractNotFound as error:
        raise Http404 from error


def _version(contract_id: str, version: str) -> ContractVersion:
    found = ContractVersion.objects.filter(contract=contract_id, version=version).first()
    if found is None:
        raise Http404
    return found
