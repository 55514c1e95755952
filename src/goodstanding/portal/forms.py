"""The forms that people fill in. What a rule refuses is refused by the room that keeps the rule."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from goodstanding.casework.evidence import FILE_LIMIT, NewEvidence
from goodstanding.intake.contract import Contract
from goodstanding.intake.models import Batch
from goodstanding.intake.queries import Asked
from goodstanding.registry.models import Authority

from .language import language

#: What a file chooser offers; what is admitted is decided by the bytes.
EVIDENCE_TYPES = ".pdf,.png,.jpg,.jpeg,.txt,.docx,.xlsx"
EVIDENCE_HINT = format_lazy(
    _("PDF, PNG, JPEG, text, DOCX or XLSX, up to {size} MB each."), size=FILE_LIMIT // 1024 // 1024
)


class Files(forms.ClearableFileInput):
    """A chooser for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files; an empty choice is an empty list."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=Files(attrs={"multiple": True, "accept": EVIDENCE_TYPES}), **more)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """The files that were sent."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not given:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(file) for file in given]


class DayInput(forms.DateInput):
    """A native date field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PerformedForm(forms.Form):
    """Step 2: the day on which every duty was done."""

    performed_on = forms.DateField(
        widget=DayInput(),
        label=_("On which day was every duty fully performed?"),
        help_text=_("The day on which the last fine was paid or the last order was carried out."),
    )

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today = today
        self.fields["performed_on"].widget.attrs["max"] = today.isoformat()

    def clean_performed_on(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["performed_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day has not come yet."))
        return day


class CommitmentForm(forms.Form):
    """Step 3: the commitment, a word to the authorities, and the files."""

    commitment_name = forms.CharField(
        max_length=200,
        label=_("Signed by (full name)"),
        help_text=_("Type the full name of the person who signs for the organisation."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    agreed = forms.BooleanField(
        label=_("I make this commitment on behalf of the organisation."),
        error_messages={"required": _("Without the commitment nothing can be restored.")},
    )
    statement = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Anything the authorities should know (optional)"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    only_for = forms.ChoiceField(
        required=False,
        label=_("Who sees the files added now?"),
        help_text=_(
            "Each authority sees only its own case. Choose a record if a file is for its authority alone."
        ),
    )

    def __init__(
        self, *args: Any, materials: Sequence[Any], scopes: Sequence[tuple[str, str]], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.materials = [row for row in materials if row.id != "commitment_letter"]
        for row in self.materials:
            self.fields[f"file_{row.id}"] = FilesField(
                required=False,
                label=getattr(row, f"name_{language()}").capitalize(),
                help_text=EVIDENCE_HINT,
            )
        only_for = self.fields["only_for"]
        assert isinstance(only_for, forms.ChoiceField)
        only_for.choices = [("", _("all authorities of this application")), *scopes]
        if len(scopes) < 2:
            del self.fields["only_for"]

    def evidence(self) -> list[NewEvidence]:
        """The files that were sent with the form."""
        only_for = self.cleaned_data.get("only_for") or None
        record = uuid.UUID(only_for) if only_for else None
        return [
            NewEvidence(file.name or "", file.content_type or "", file.read(), row.id, record)
            for row in self.materials
            for file in self.cleaned_data.get(f"file_{row.id}") or []
        ]


class MoveForm(forms.Form):
    """A step of a case by an officer or by the applicant. ``version`` is the case as that person saw it."""

    event = forms.CharField(max_length=16)
    version = forms.IntegerField(min_value=1)
    reasons = forms.CharField(required=False, max_length=4000)
    officer = forms.CharField(required=False, max_length=150)
    authority = forms.CharField(required=False, max_length=18)
    ground = forms.CharField(required=False, max_length=64)
    document = forms.CharField(required=False, max_length=200)
    sanction = forms.CharField(required=False, max_length=64)
    together = forms.BooleanField(required=False)
    notes = forms.BooleanField(required=False)

    @property
    def given(self) -> dict[str, str]:
        """What the step says beyond its reasons."""
        names = ("officer", "authority", "ground", "document", "sanction")
        return {name: value for name in names if (value := self.cleaned_data[name])}


class NoteForm(forms.Form):
    """An internal note on a case; ``key`` makes sending it twice write it once."""

    prefix = "note"
    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        max_length=4000, label=_("New note"), widget=forms.Textarea(attrs={"rows": 3, "maxlength": 4000})
    )


class DeliveryForm(forms.Form):
    """A file of an authority under a data contract."""

    contract = forms.ChoiceField(label=_("Data contract"))
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV, TSV, Excel (xlsx), JSON Lines or Parquet, with the columns of the contract; text may be packed"
            " with gzip or zstd."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.xlsx,.jsonl,.parquet,.gz,.zst"}),
    )
    encoding = forms.ChoiceField(
        required=False,
        label=_("Encoding (optional)"),
        choices=[
            ("", _("find it out")),
            ("utf-8", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("gb18030", "GB18030"),
            ("big5", "Big5"),
            ("shift_jis", "Shift-JIS"),
        ],
    )

    def __init__(self, *args: Any, contracts: Sequence[Contract], **more: Any) -> None:
        super().__init__(*args, **more)
        _choices(self, "contract", _contract_choices(contracts))


class BatchesForm(forms.Form):
    """Which batches a reader wants to see; what is empty or makes no sense does not narrow."""

    state = forms.ChoiceField(required=False, label=_("State"))
    contract = forms.ChoiceField(required=False, label=_("Data contract"))
    authority = forms.ChoiceField(required=False, label=_("Authority"))
    since = forms.DateField(required=False, widget=DayInput(), label=_("Received from"))
    until = forms.DateField(required=False, widget=DayInput(), label=_("Received until"))

    def __init__(
        self, *args: Any, contracts: Sequence[Contract], senders: Iterable[Authority], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        every = ("", _("all"))
        _choices(self, "state", [every, *Batch.State.choices])
        _choices(self, "contract", [every, *_contract_choices(contracts)])
        named = [
            (item.code, item.name_en if language() == "en" and item.name_en else item.name_zh)
            for item in senders
        ]
        if named:
            _choices(self, "authority", [every, *named])
        else:
            del self.fields["authority"]

    def asked(self) -> Asked:
        """What the query string asks for, as far as it makes sense."""
        self.is_valid()
        return Asked(**{name: value for name, value in self.cleaned_data.items() if value})


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _contract_choices(contracts: Sequence[Contract]) -> list[tuple[str, str]]:
    return [
        (item.id, item.name_zh if language() == "zh" else f"{item.name} ({item.name_zh})")
        for item in contracts
    ]
