"""After removals: what a body still owes a word about, forms to say it, and to the operator who lags."""

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

from goodstanding.casework import lagging
from goodstanding.casework import outcomes as room
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Outcome

from ..context import actor_from, only_for
from ..forms import DayInput


class PageForm(forms.Form):
    """Which page of what is owed."""

    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)


class OutcomeForm(forms.Form):
    """What a body did about one part of a record. ``about`` is a part, for a measure with its code behind a colon."""

    record = forms.UUIDField(
        label=gettext_lazy("Record"),
        help_text=gettext_lazy("Its identifier, as the API and the address of its page have it."),
    )
    about = forms.ChoiceField(label=gettext_lazy("About"))
    result = forms.ChoiceField(label=gettext_lazy("Result"), choices=Outcome.Result.choices)
    on = forms.DateField(label=gettext_lazy("Done on"), required=False, widget=DayInput())
    reasons = forms.CharField(
        label=gettext_lazy("Reasons, where it is refused (at least 10 characters; the entity reads them)"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, data: Any = None, *, role: str | None, **more: Any) -> None:
        super().__init__(data, initial={"key": uuid.uuid4()}, **more)
        about = self.fields["about"]
        assert isinstance(about, forms.ChoiceField)
        left = {Outcome.Part.MEASURE, Outcome.Part.DECISION} | (
            {Outcome.Part.CREDIT} if role == Account.Role.AUTHORITY else set()
        )
        about.choices = [choice for choice in Outcome.Part.choices if choice[0] not in left]


class OwedForm(OutcomeForm):
    """The same for a part that the page names: the record and the part are not chosen."""

    about = forms.RegexField(r"\A(evaluation|measure:\w{1,32})\Z", widget=forms.HiddenInput())
    record = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, data: Any = None, **more: Any) -> None:
        forms.Form.__init__(self, data, **more)


@only_for(*room.ROLES, Account.Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def outcomes(request: HttpRequest) -> HttpResponse:
    """Report what followed a removal; to the operator, who lags, and a reminder."""
    actor = actor_from(request)
    return _laggards(request, actor) if actor.is_operator else _own(request, actor)


def _laggards(request: HttpRequest, actor: Actor) -> HttpResponse:
    refusal = None
    if request.method == "POST":
        authority = request.POST.get("authority", "")
        try:
            number = lagging.remind(actor=actor, authority=authority, at=timezone.now())
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("Records of which it was reminded: {number}").format(number=number))
            return redirect("outcomes")
    context = {
        "rows": lagging.laggards(actor),
        "refusal": refusal,
        "quiet": lagging.QUIET.days,
    }
    return render(request, "portal/laggards.html", context, status=422 if refusal else 200)


def _own(request: HttpRequest, actor: Actor) -> HttpResponse:
    refusal = None
    owed = "owed" in request.POST
    form = OutcomeForm(None if owed else request.POST or None, role=actor.role)
    sent = OwedForm(request.POST) if owed else form
    if sent.is_valid():
        try:
            _report(actor, sent.cleaned_data)
        except CaseworkError as error:
            refusal = error
        else:
            messages.success(request, _("Your report is taken. The entity can read it."))
            return redirect(request.get_full_path())
    asked = PageForm(request.GET)
    page = (asked.cleaned_data["page"] if asked.is_valid() else None) or 1
    found = lagging.waiting(actor, on=timezone.localdate(), page=page)
    context = {
        "form": form,
        "sent": sent,
        "refusal": refusal,
        "waiting": [
            (record, [(row, _form_of(row)) for row in rows]) for record, rows in found[: lagging.PAGE]
        ],
        "next": page + 1 if len(found) > lagging.PAGE else None,
        "is_asked": actor.role == Account.Role.AUTHORITY,
    }
    failed = request.method == "POST"
    return render(request, "portal/outcomes.html", context, status=422 if failed else 200)


def _form_of(row: room.Followed) -> OwedForm:
    """The form for one part that is owed; its fields have names of their own on the page."""
    about = f"{row.part}:{row.measure}" if row.measure else row.part
    key = uuid.uuid4()
    given = {"about": about, "record": row.record.public_id, "key": key}
    return OwedForm(initial=given, auto_id=f"{key.hex[:8]}_%s")


def _report(actor: Actor, given: dict[str, Any]) -> Outcome:
    now = timezone.now()
    part, _colon, measure = given.pop("about").partition(":")
    return room.report(
        actor=actor, part=part, measure=measure, at=now, today=timezone.localdate(now), **given
    )
