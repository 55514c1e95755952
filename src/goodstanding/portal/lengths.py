"""Lengths and amounts of the law in words. What nobody has seen is said to be unset, never left blank."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from goodstanding.law import Pack
from goodstanding.law.attested import Quantity

from .language import language


def unset() -> str:
    """What stands in place of a number that nobody has seen."""
    return _("unset: not seen in the official text")


def in_words(number: int, unit: str) -> str:
    """A number with its unit: months, years, working_days, calendar_days or yuan."""
    if unit == "years":
        text = ngettext("%(number)s year", "%(number)s years", number)
    elif unit == "months":
        text = ngettext("%(number)s month", "%(number)s months", number)
    elif unit == "working_days":
        text = ngettext("%(number)s working day", "%(number)s working days", number)
    elif unit == "calendar_days":
        text = ngettext("%(number)s calendar day", "%(number)s calendar days", number)
    else:
        return money(number, "CNY")
    return text % {"number": number}


def length(quantity: Quantity, *, pack: Pack) -> str | None:
    """A quantity of a pack in words, as seen or as the operator set it; None while it is unset."""
    number = pack.number(quantity)
    unit = str(getattr(quantity, "unit", ""))
    return None if number is None else in_words(number, unit)


def money(amount: int | Decimal, currency: str) -> str:
    """An amount with its currency, for example 100,000 yuan."""
    return f"{amount:,} {currency_name(currency)}"


def currency_name(currency: str) -> str:
    """The name of a currency in the page's language; its code where it is not known here."""
    english, chinese = _CURRENCIES.get(currency, (currency, currency))
    return chinese if language() == "zh" else english


_CURRENCIES = {"CNY": ("yuan", "元"), "USD": ("US dollars", "美元"), "GBP": ("pounds sterling", "英镑")}
