"""The forms by which an entity stands up for itself: objection, appeal, statement, shield, mandate."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from goodstanding.casework.chart import chart_of
from goodstanding.casework.evidence import NewEvidence
from goodstanding.casework.models import Mandate
from goodstanding.registry.models import Record
from goodstanding.registry.statements import MAX_LENGTH
from goodstanding.registry.statements import said as stated

from .columns import labelled
from .forms import EVIDENCE_HINT, DayInput, FilesField
from .language import language, said


def proofs(files: Iterable[UploadedFile]) -> list[NewEvidence]:
    """Files that were sent with a form, as proof of what it says."""
    return [
        NewEvidence(file.name or "", file.content_type or "", file.read(), "proof_of_grounds")
        for file in files
    ]


class _HandedInForm(forms.Form):
    """Words and files, under a key that makes sending twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput())
    statement = forms.CharField(
        min_length=10,
        max_length=4000,
        label=_("Say what is wrong and what would be right"),
        help_text=_("10 to 4,000 characters."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    proof = FilesField(required=False, label=_("Proof (optional)"), help_text=EVIDENCE_HINT)

    def evidence(self) -> list[NewEvidence]:
        """The files that were sent with the form."""
        return proofs(self.cleaned_data["proof"])


class _GroundedForm(_HandedInForm):
    """The same on one of the grounds that the chart of a kind of case knows."""

    KIND: ClassVar[str]
    ASKED: ClassVar[str | Promise]

    grounds = forms.ChoiceField(widget=forms.RadioSelect())
    field_order = ("key", "grounds", "statement", "proof")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        grounds = self.fields["grounds"]
        assert isinstance(grounds, forms.ChoiceField)
        grounds.label = self.ASKED
        grounds.choices = [(item.code, getattr(item, language())) for item in chart_of(self.KIND).grounds]


class ObjectionForm(_GroundedForm):
    """An objection to one record, with what its public fields should say. A field that is left empty stays."""

    KIND = "objection"
    ASKED = _("What is wrong?")

    def __init__(self, *args: Any, record: Record, **more: Any) -> None:
        super().__init__(*args, **more)
        held = record.content.get("public") or {}
        self.rows = [row for row in labelled(record, "public") if isinstance(held[row[0]], str)]
        for column, business_name, value in self.rows:
            self.fields[f"claim_{column}"] = forms.CharField(
                required=False,
                max_length=4000,
                label=business_name,
                widget=forms.Textarea(attrs={"rows": 3 if len(value) > 40 else 1, "lang": "zh-Hans"}),
            )

    def fields_of_record(self) -> list[tuple[str, str, str, forms.BoundField]]:
        """Each public field of the record: its column, its name, what it says, and where to say what it should."""
        return [(*row, self[f"claim_{row[0]}"]) for row in self.rows]

    def claim(self) -> dict[str, str]:
        """What the changed fields should say."""
        given = {column: self.cleaned_data[f"claim_{column}"] for column, _name, _value in self.rows}
        return {column: new for column, new in given.items() if new}


class AppealForm(_GroundedForm):
    """An appeal against the result of a case."""

    KIND = "appeal"
    ASKED = _("Why should the result not stand?")


class ShieldForm(_HandedInForm):
    """A court's ruling on a reorganisation or settlement, and the records to be shielded while it is carried out."""

    records = forms.TypedMultipleChoiceField(
        coerce=uuid.UUID,
        widget=forms.CheckboxSelectMultiple(),
        label=_("Which records should be shielded?"),
        error_messages={"required": _("Choose at least one record.")},
    )
    field_order = ("key", "records", "statement", "proof")

    def __init__(self, *args: Any, records: Sequence[Record], **more: Any) -> None:
        super().__init__(*args, **more)
        choices, statement = self.fields["records"], self.fields["statement"]
        assert isinstance(choices, forms.TypedMultipleChoiceField)
        choices.choices = [
            (
                str(item.public_id),
                f"{item.document_no} · {said(item.authority, 'name') or item.authority.name_zh}",
            )
            for item in records
        ]
        statement.label = _("Which court approved which plan or settlement, on which day?")
        proof = self.fields["proof"]
        proof.label, proof.required = _("The court's ruling"), True


class StatementForm(forms.Form):
    """A statement beside a record."""

    text = forms.CharField(
        max_length=MAX_LENGTH,
        label=_("Your statement"),
        help_text=_("Plain text, up to 500 characters. Everyone who may read the record reads it."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, record: Record, **more: Any) -> None:
        super().__init__(*args, initial={"text": stated(record)}, **more)


class MandateForm(forms.Form):
    """Whom an entity lets act for it, in what, and until when."""

    agent = forms.CharField(
        max_length=150,
        label=_("User name of the agent"),
        help_text=_("The agent tells you the name with which it signs in here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        choices=Mandate.Scope.choices, widget=forms.RadioSelect(), label=_("What may the agent do?")
    )
    until = forms.DateField(widget=DayInput(), label=_("Last day of the mandate"))

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["until"].widget.attrs["min"] = today.isoformat()
