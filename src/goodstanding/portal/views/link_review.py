"""The operator's queue of rows that may be about one of several entities, or about none."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.intake import review
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import LinkReview
from goodstanding.registry.models import Account

from ..cells import cells_of
from ..context import account_from, only_for
from ..language import language

PAGE_SIZE = 20


@only_for(Account.Role.OPERATOR)
@require_safe
def link_reviews(request: HttpRequest) -> HttpResponse:
    """Rows that wait, the oldest first, each with its candidates and what speaks for them; or those decided on."""
    state = request.GET.get("state", LinkReview.State.WAITING)
    if state not in LinkReview.State.values:
        raise Http404
    page = Paginator(review.queue(state=state), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "review": item,
            "cells": cells_of(item.batch, item.values),
            "candidates": [
                candidate | {"lines": candidate["explanation"][language()]} for candidate in item.candidates
            ],
        }
        for item in page
    ]
    context = {"rows": rows, "page": page, "state": state, "states": LinkReview.State.choices}
    context["keep"] = f"state={state}&"
    return render(request, "portal/link_reviews.html", context)


@only_for(Account.Role.OPERATOR)
@require_POST
def decide_link(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say which candidate a row is about, or that it is none of them."""
    account = account_from(request)
    assert account is not None  # only_for sees to it
    chosen = request.POST.get("entity", "")
    try:
        done = review.decide(
            public_id=public_id,
            entity=uuid.UUID(chosen) if chosen != "none" else None,
            account_id=account.pk,
            today=timezone.localdate(),
            at=timezone.now(),
        )
    except LinkReview.DoesNotExist as error:
        raise Http404 from error
    except ValueError:
        messages.error(request, _("Choose one of the candidates, or none of them."))
    except IntakeError as error:
        messages.error(request, error.zh if language() == "zh" else error.en)
    else:
        said = _("The row has entered.") if done.entity else _("The row stays with what came back.")
        messages.success(request, said)
    return redirect("link-reviews")
