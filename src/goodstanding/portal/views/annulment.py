"""The page on which a body withdraws or corrects its own decision."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from goodstanding.casework.annulment import correct_decision, may_annul, withdraw_decision
from goodstanding.casework.errors import CaseworkError
from goodstanding.registry import queries
from goodstanding.registry.models import Account, Record

from ..columns import labelled
from ..context import actor_from, only_for


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
    actor, now, today = actor_from(request), timezone.now(), timezone.localdate()
    try:
        record = queries.record_for(actor, public_id, on=today)
    except Record.DoesNotExist as error:
        raise Http404 from error
    if not may_annul(actor, record):
        raise Http404
    act = request.POST.get("act", "")
    withdrawal = WithdrawalForm(request.POST if act == "withdraw" else None)
    correction = CorrectionForm(request.POST if act == "correct" else None, record=record)
    refusal = None
    try:
        if withdrawal.is_valid():
            withdraw_decision(actor=actor, record=public_id, at=now, today=today, **withdrawal.cleaned_data)
            messages.success(request, _("The decision is withdrawn. The public sees nothing of it any more."))
            return redirect("work")
        if correction.is_valid():
            said = correction.cleaned_data
            correct_decision(
                actor=actor,
                record=public_id,
                changes={said["field"]: said["value"]},
                document=said["document"],
                at=now,
            )
            messages.success(request, _("The decision is corrected, for every reader."))
            return redirect("record", public_id)
    except CaseworkError as error:
        refusal = error
    context = {
        "record": record,
        "withdrawal": withdrawal,
        "correction": correction,
        "form": correction if act == "correct" else withdrawal,
        "refusal": refusal,
    }
    return render(request, "portal/decision.html", context)
