"""The form by which a subscriber asks for items of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.subscription_requests import open_to
from goodstanding.registry.catalogue.load import Listed

from .agreement_words import LABELS
from .language import said


class RequestForm(forms.Form):
    """What is asked for, for what, and how."""

    items = forms.MultipleChoiceField(
        label=_("Items of the catalogue"), widget=forms.CheckboxSelectMultiple()
    )
    divisions = forms.CharField(
        required=False,
        max_length=900,
        label=_("Divisions (optional)"),
        help_text=_("Codes of six digits with blanks between; 330000 covers a province. None: everywhere."),
    )
    purpose = forms.CharField(
        min_length=4,
        max_length=500,
        label=_("Purpose"),
        help_text=_("What you will use the records for, 4 to 500 characters."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    legal_basis = forms.CharField(
        min_length=4,
        max_length=500,
        label=_("Legal basis"),
        help_text=_("On which ground, 4 to 500 characters."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    methods = forms.MultipleChoiceField(label=_("How"), widget=forms.CheckboxSelectMultiple())

    def __init__(self, *args: Any, offered: Sequence[Listed], subscriber: Subscriber, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["items"].choices = [(one.item.id, said(one.item, "name")) for one in offered]
        words = LABELS["agreement_method"]
        self.fields["methods"].choices = [(method, words[method]) for method in open_to(subscriber)]

    def clean_divisions(self) -> list[str]:
        """The codes, one by one."""
        return [code for code in re.split(r"[\s,，、]+", self.cleaned_data["divisions"]) if code]
