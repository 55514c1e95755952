"""Which entities are one: the operator's list of links and their withdrawal."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.registry import merges
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Account, EntityLink

from ..context import account_from, only_for
from ..language import language

PAGE_SIZE = 25


@only_for(Account.Role.OPERATOR)
@require_safe
def links(request: HttpRequest) -> HttpResponse:
    """Links between entities, those that stand first, each with its grounds and who stated it."""
    page = Paginator(merges.all_links(), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(link, link.explanation.get(language(), [])) for link in page]
    return render(request, "portal/links.html", {"rows": rows, "page": page})


@only_for(Account.Role.OPERATOR)
@require_POST
def withdraw_link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a link back with a reason."""
    account = account_from(request)
    assert account is not None  # only_for sees to it
    try:
        link = EntityLink.objects.get(public_id=public_id)
        told = merges.withdraw_link(
            link_id=link.pk, account_id=account.pk, reason=request.POST.get("reason", ""), at=timezone.now()
        )
    except EntityLink.DoesNotExist as error:
        raise Http404 from error
    except RegistryError as error:
        messages.error(request, error.zh if language() == "zh" else error.en)
    else:
        messages.success(
            request,
            _("The link to %(name)s is withdrawn. Whoever relied on it has a notice.")
            % {"name": told.other.name},
        )
    return redirect("links")
