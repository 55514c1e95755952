"""Fields of the public forms: days and amounts as people type them, with what is wrong said in words."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .forms import DayInput

#: Days that a question takes; months are added to them, so they keep well within the years 1 to 9999.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class DayField(forms.DateField):
    """A day as a native date field sends it, or typed by hand as 2026-05-01."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("required", False)
        super().__init__(
            widget=DayInput(),
            input_formats=["%Y-%m-%d"],
            error_messages={
                "invalid": _("This is not a date. Write year, month and day, for example 2026-05-01."),
                "required": _("Please give this day, for example 2026-05-01."),
            },
            **more,
        )
        self.widget.attrs |= {"min": FIRST_DAY.isoformat(), "max": LAST_DAY.isoformat()}

    def clean(self, value: Any) -> date | None:
        """A day within the bounds."""
        day: date | None = super().clean(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(_("Give a day between 1900-01-01 and 2199-12-31."), code="range")
        return day


class AmountField(forms.DecimalField):
    """An amount of money, with or without commas between the thousands."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            required=False,
            min_value=Decimal(0),
            max_digits=16,
            decimal_places=2,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 24}),
            error_messages={
                "invalid": _("Write the amount in figures only, for example 50000."),
                "min_value": _("An amount cannot be below zero."),
                "max_digits": _("This amount is too large."),
                "max_whole_digits": _("This amount is too large."),
                "max_decimal_places": _("Give at most two decimal places."),
            },
            **more,
        )

    def to_python(self, value: Any) -> Decimal | None:
        """The amount without the commas."""
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "")
        found: Decimal | None = super().to_python(value)
        return found


#: What the native fields of a browser take; they drop everything else.
_NATIVE = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "time": re.compile(r"\d{2}:\d{2}", re.ASCII),
    "number": re.compile(r"-?\d+", re.ASCII),
}


def keep_as_typed(form: forms.Form) -> None:
    """Show what was typed also where a native date, time or number field would drop it, so that it can be mended."""
    for name, field in form.fields.items():
        kind = getattr(field.widget, "input_type", "")
        typed = str(form.data.get(name, ""))
        if kind not in _NATIVE or not typed:
            continue
        try:
            field.to_python(typed)
            kept = bool(_NATIVE[kind].fullmatch(typed))
        except forms.ValidationError:
            kept = False
        if not kept:
            field.widget.input_type = "text"  # type: ignore[attr-defined]
