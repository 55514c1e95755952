"""Acting for another entity under its mandate: chosen in the session, checked on every request.

Only the pages listed here are read and written for the principal; every other page, also one that is added later,
stays the agent's own.
"""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest
from django.utils import timezone

from goodstanding.casework import mandates
from goodstanding.casework.models import Mandate
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account

#: The names of the pages that an agent uses for its principal.
FOR_THE_PRINCIPAL = frozenset(
    {
        "my",
        "record",
        "apply",
        "apply-step",
        "apply-done",
        "apply-remove-file",
        "object",
        "appeal",
        "shield",
        "statement",
        "remove-statement",
        "case",
        "case-move",
        "evidence",
        "evidence-redact",
        "notices",
        "restoration-notice",
    }
)
_CHOSEN = "acting_under"


def choose(request: HttpRequest, account: Account, mandate: uuid.UUID | None) -> None:
    """Act under a mandate from now on; None: for oneself again.

    Raises:
        Http404: the account has no such mandate that lives.
    """
    request.session.pop(_CHOSEN, None)
    if mandate is not None:
        if not _held(account, mandate):
            raise Http404
        request.session[_CHOSEN] = str(mandate)


def chosen(request: HttpRequest, account: Account | None) -> Mandate | None:
    """The living mandate under which a reader acts, with its entity; None for whoever acts for itself."""
    if account is None or account.role != Account.Role.ENTITY or _CHOSEN not in request.session:
        return None
    return _held(account, uuid.UUID(request.session[_CHOSEN]))


def acted(request: HttpRequest, account: Account) -> Actor:
    """The actor behind a request of an account: its own, or its principal's on the pages for that.

    Raises:
        Http404: the mandate that was chosen lives no more. The choice is forgotten.
    """
    own = actor_of(account)
    page = request.resolver_match.url_name if request.resolver_match else None
    if page not in FOR_THE_PRINCIPAL or account.role != Account.Role.ENTITY:
        return own
    if _CHOSEN not in request.session:
        return own
    mandate = uuid.UUID(request.session[_CHOSEN])
    try:
        return mandates.acting(mandate, account_id=account.pk, on=timezone.localdate())
    except Mandate.DoesNotExist as error:
        del request.session[_CHOSEN]
        raise Http404 from error


def reader_of(request: HttpRequest, account: Account) -> Actor:
    """For whom an account reads, whatever the page: its principal while it acts for one, else itself."""
    mandate = chosen(request, account)
    if mandate is None:
        return actor_of(account)
    return Actor(role=Account.Role.ENTITY, account_id=account.pk, entity_id=mandate.entity_id)


def _held(account: Account, mandate: uuid.UUID) -> Mandate | None:
    held = mandates.held_by(account.pk, on=timezone.localdate())
    return next((item for item in held if item.public_id == mandate), None)
