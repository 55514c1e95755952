"""The page on which a body withdraws or corrects its own decision; a serious one by two officers."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from goodstanding.casework import annulment
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.guards import needs_second_look
from goodstanding.casework.models import Annulment
from goodstanding.registry import queries
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Record

from ..columns import labelled
from ..context import actor_from, only_for

WITHDRAWN = gettext_lazy("The decision is withdrawn. The public sees nothing of it any more.")
CORRECTED = gettext_lazy("The decision is corrected, for every reader.")


class WithdrawalForm(forms.Form):
    """By which document a decision was withdrawn, and why."""

    prefix = "withdraw"
    document = forms.CharField(
        min_length=2, max_length=200, label=gettext_lazy("Document that withdraws or annuls it")
    )
    reasons = forms.CharField(
        min_length=10,
        max_length=4000,
        label=gettext_lazy("Reasons (at least 10 characters; the entity reads them)"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CorrectionForm(forms.Form):
    """What one column of a record should say, and which document proves it."""

    prefix = "correct"
    field = forms.ChoiceField(label=gettext_lazy("What is wrong"))
    value = forms.CharField(max_length=4000, label=gettext_lazy("What it should say"))
    document = forms.CharField(min_length=2, max_length=200, label=gettext_lazy("Document that proves it"))

    def __init__(self, *args: object, record: Record, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        field = self.fields["field"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (column, f"{name}：{value}"[:120]) for column, name, value in labelled(record, "public")
        ]


@only_for(Account.Role.AUTHORITY)
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Withdraw or correct a decision of one's own body."""
    actor, today = actor_from(request), timezone.localdate()
    try:
        record = queries.record_for(actor, public_id, on=today)
    except Record.DoesNotExist as error:
        raise Http404 from error
    if not annulment.may_annul(actor, record):
        raise Http404
    act = request.POST.get("act", "")
    withdrawal = WithdrawalForm(request.POST if act == "withdraw" else None)
    correction = CorrectionForm(request.POST if act == "correct" else None, record=record)
    refusal = None
    try:
        if act in ("confirm", "drop"):
            return _second_look(request, actor, record, act)
        for form in (withdrawal, correction):
            if form.is_valid():
                return _first_look(request, actor, record, form)
    except CaseworkError as error:
        refusal = error
    context = {
        "record": record,
        "withdrawal": withdrawal,
        "correction": correction,
        "form": correction if act == "correct" else withdrawal,
        "refusal": refusal,
        "serious": needs_second_look(record),
        "waits": next(iter(annulment.waiting(actor, record=record)), None),
        "account_id": actor.account_id,
    }
    return render(request, "portal/decision.html", context)


def _first_look(
    request: HttpRequest, actor: Actor, record: Record, form: WithdrawalForm | CorrectionForm
) -> HttpResponse:
    """What one officer does: it is done, or proposed where two decide."""
    given: dict[str, Any] = form.cleaned_data
    act, now = Annulment.Act.WITHDRAW, timezone.now()
    if isinstance(form, CorrectionForm):
        act = Annulment.Act.CORRECT
        given = {"changes": {given["field"]: given["value"]}, "document": given["document"]}
    if needs_second_look(record):
        annulment.propose(actor=actor, record=record.public_id, act=act, at=now, **given)
        messages.success(request, _("It is proposed. Another officer of your authority decides."))
        return redirect("decision", record.public_id)
    if act == Annulment.Act.WITHDRAW:
        annulment.withdraw_decision(
            actor=actor, record=record.public_id, at=now, today=timezone.localdate(now), **given
        )
        messages.success(request, WITHDRAWN)
        return redirect("work")
    annulment.correct_decision(actor=actor, record=record.public_id, at=now, **given)
    messages.success(request, CORRECTED)
    return redirect("record", record.public_id)


def _second_look(request: HttpRequest, actor: Actor, record: Record, act: str) -> HttpResponse:
    """What the second officer says, or the first who takes it back."""
    waits = next(iter(annulment.waiting(actor, record=record)), None)
    if waits is None or str(waits.public_id) != request.POST.get("annulment"):
        raise Http404
    now = timezone.now()
    if act == "drop":
        annulment.drop(actor=actor, annulment=waits.public_id, at=now)
        messages.success(request, _("Nothing is proposed any more; the decision stands as it was."))
        return redirect("decision", record.public_id)
    annulment.confirm(actor=actor, annulment=waits.public_id, at=now, today=timezone.localdate(now))
    withdrawn = waits.act == Annulment.Act.WITHDRAW
    messages.success(request, WITHDRAWN if withdrawn else CORRECTED)
    return redirect("work") if withdrawn else redirect("record", record.public_id)
