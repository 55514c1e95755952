"""Decisions that used a record which was removed or corrected since: for their makers, and to the operator all."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from goodstanding.casework import outcomes, uses
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Outcome, Use

from ..context import actor_from, only_for
from ..forms import DayInput
from ..words import LOOKED_AGAIN, USE_STATES


class ShownForm(forms.Form):
    """Which decisions are shown, and which page of them."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=list(USE_STATES.items()), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("all")), *Use.Kind.choices], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False, widget=forms.HiddenInput())


class AnswerForm(forms.Form):
    """What came of a decision that was looked at again."""

    use = forms.UUIDField(widget=forms.HiddenInput())
    record = forms.UUIDField(widget=forms.HiddenInput())
    result = forms.ChoiceField(label=gettext_lazy("Result"), choices=list(LOOKED_AGAIN.items()))
    on = forms.DateField(label=gettext_lazy("Done on"), required=False, widget=DayInput())
    reasons = forms.CharField(
        label=gettext_lazy(
            "What came of it, or why it was kept (at least 10 characters; the entity reads it)"
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput())


@only_for(*outcomes.ROLES, Account.Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def uses_page(request: HttpRequest) -> HttpResponse:
    """The decisions of one's own body, and their answers; to the operator those of everybody, and who stays behind."""
    actor, refusal = actor_from(request), None
    sent = AnswerForm(request.POST or None)
    if sent.is_valid():
        try:
            _answer(actor, sent.cleaned_data)
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("Your report is taken. The entity can read it."))
            return redirect(request.get_full_path())
    asked = ShownForm(request.GET)
    chosen = asked.cleaned_data if asked.is_valid() else {}
    state, kind, page = chosen.get("state") or "open", chosen.get("kind") or "", chosen.get("page") or 1
    found = uses.affected(actor, state=state, kind=kind, page=page)
    context = {
        "form": ShownForm(initial={"state": state, "kind": kind}),
        "state": state,
        "sent": sent,
        "refusal": refusal,
        "is_operator": actor.is_operator,
        "makers": uses.makers(actor),
        "rows": [(each, None if each.answer else _form_of(each.use)) for each in found[: uses.PAGE]],
        "next": f"?state={state}&kind={kind}&page={page + 1}" if len(found) > uses.PAGE else None,
    }
    failed = request.method == "POST"
    return render(request, "portal/uses.html", context, status=422 if failed else 200)


def _form_of(use: Use) -> AnswerForm:
    """The form for one decision; its fields have names of their own on the page."""
    key = uuid.uuid4()
    given = {"use": use.public_id, "record": use.record.public_id, "key": key}
    return AnswerForm(initial=given, auto_id=f"{key.hex[:8]}_%s")


def _answer(actor: Actor, given: dict[str, Any]) -> Outcome:
    now = timezone.now()
    part = Outcome.Part.DECISION
    return outcomes.report(actor=actor, part=part, measure="", at=now, today=timezone.localdate(now), **given)
