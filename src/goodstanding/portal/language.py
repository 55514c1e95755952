"""Which of the two languages a page is rendered in, and the words that data carries in both."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.utils.translation import get_language

from goodstanding.law.renderings.explain import day_en, day_zh


def language() -> Literal["en", "zh"]:
    """The language of the current page, as the law packs name it."""
    return "zh" if (get_language() or "en").startswith("zh") else "en"


def said(thing: object, field: str) -> str:
    """The text of a bilingual thing in the page's language: ``said(pack, "name")`` reads name_en or name_zh.

    Args:
        thing: an object with ``<field>_en`` and ``<field>_zh``.
        field: the stem of the two names.
    """
    return str(getattr(thing, f"{field}_{language()}"))


def problem(error: object) -> str:
    """The sentence of one of our errors (``en``, ``zh``) in the page's language."""
    return str(getattr(error, language()))


def day(value: date) -> str:
    """A date as readers of the page's language write it: 1 May 2026 or 2026年5月1日."""
    return day_zh(value) if language() == "zh" else day_en(value)
