"""An entity sees who read what is not public about it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goodstanding.registry import queries
from goodstanding.registry.models import Account

from ..context import account_from, only_for


@only_for(Account.Role.ENTITY)
@require_safe
def readings(request: HttpRequest) -> HttpResponse:
    """The readings of the entity's own data, newest first."""
    account = account_from(request)
    assert account is not None and account.entity is not None  # only_for and the database see to it
    found = queries.readings_of(account.entity)
    return render(request, "portal/readings.html", {"entity": account.entity, "readings": found})
