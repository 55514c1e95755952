"""Template filters and tags: dates, Chinese terms beside English ones, labels of codes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext_lazy

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.portal import language as pages
from goodstanding.portal import words
from goodstanding.registry.models import Event

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A date as a ``time`` element in the page's language."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), pages.day(value))


@register.filter
def days(values: Iterable[date]) -> str:
    """Days in order, a run of them by its first and last: 2026-10-01…10-08."""
    runs: list[list[date]] = []
    for value in sorted(values):
        if runs and (value - runs[-1][-1]).days == 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    comma = "、" if pages.language() == "zh" else ", "
    return comma.join(f"{run[0]}" if len(run) == 1 else f"{run[0]}…{run[-1]:%m-%d}" for run in runs)


@register.filter
def instant(value: datetime | None) -> SafeString | str:
    """An instant as a ``time`` element: the day and the minute, in the installation's zone."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    text = f"{pages.day(local.date())} {local:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


@register.simple_tag
def zh(term: str) -> SafeString | str:
    """The Chinese legal term beside an English one; nothing on a Chinese page."""
    if pages.language() == "zh":
        return ""
    return format_html('<span class="zh" lang="zh-Hans">{}</span>', term)


@register.filter
def said(thing: Any, field: str) -> str:
    """``{{ condition|said:"text" }}``: text_en or text_zh, by the page's language."""
    return pages.said(thing, field) if thing else ""


@register.filter
def by_language(authority: Any) -> SafeString | str:
    """The name of an authority: on English pages its English name with the Chinese one behind."""
    if authority is None:
        return ""
    if pages.language() == "zh" or not authority.name_en:
        return format_html('<span lang="zh-Hans">{}</span>', authority.name_zh)
    chinese = format_html('<span class="zh" lang="zh-Hans">{}</span>', authority.name_zh)
    return format_html("{} {}", authority.name_en, chinese)


@register.filter
def told(event: Event) -> str:
    """What an event of a record tells: a step of a case as the chart of its kind says it, else the event's label."""
    kind, state = event.content.get("case_kind"), event.content.get("case_state")
    if kind in KINDS:
        for step in chart_of(kind).events:
            if step.journal == event.kind and step.to in (None, state):
                return str(getattr(step, pages.language()))
    return words.label("event", event.kind)


@register.filter
def label(code: Any, family: str) -> str:
    """The label of a code of a family in ``words``: ``{{ event.kind|label:"event" }}``."""
    return words.label(family, str(code))


@register.filter
def grouped(value: int | None) -> str:
    """A whole number with its thousands grouped."""
    return "" if value is None else f"{value:,}"


@register.filter
def sentence(error: Any) -> str:
    """The sentence of one of our errors, in the page's language."""
    return pages.problem(error)


@register.filter
def in_language(thing: Any) -> str:
    """What a thing with ``en`` and ``zh`` says, in the page's language."""
    return str(getattr(thing, pages.language()))


@register.filter
def named(thing: Any) -> str:
    """The name of a thing with ``name`` and ``name_zh``."""
    return str(thing.name_zh if pages.language() == "zh" else thing.name)


@register.filter
def worded(thing: Any, field: str) -> str:
    """``{{ sharing|worded:"purpose" }}``: purpose or purpose_zh, by the page's language."""
    return str(getattr(thing, f"{field}_zh" if pages.language() == "zh" else field))


@register.filter
def said_in(value: Any) -> str:
    """The sentence of a stored error ``{"en": ..., "zh": ...}`` in the page's language."""
    return str(value.get(pages.language(), "")) if isinstance(value, dict) else str(value)


@register.filter
def money(amount: Decimal | None) -> str:
    """An amount with its thousands grouped, and its cents only where there are any."""
    if amount is None:
        return ""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


_LENGTHS: Final = {
    "s": ngettext_lazy("%(number)s second", "%(number)s seconds", "number"),
    "m": ngettext_lazy("%(number)s minute", "%(number)s minutes", "number"),
    "h": ngettext_lazy("%(number)s hour", "%(number)s hours", "number"),
    "d": ngettext_lazy("%(number)s day", "%(number)s days", "number"),
}


@register.filter
def duration(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    unit, length = next(
        (unit, length)
        for unit, length, most in (
            ("s", 1, 120),
            ("m", 60, 7_200),
            ("h", 3_600, 172_800),
            ("d", 86_400, math.inf),
        )
        if seconds < most
    )
    return str(_LENGTHS[unit] % {"number": int(seconds // length)})


@register.filter
def service_level(level: Any) -> str:
    """How often, or how old, in the unit in which an agreement says it."""
    return str(_LENGTHS[level.unit] % {"number": level.value})


@register.filter
def told_state(told: dict[str, str]) -> str:
    """The state that another instance says its case has, in the page's language."""
    return told["state_zh"] if pages.language() == "zh" else told["state_en"]


@register.filter
def told_refusal(told: dict[str, str]) -> str:
    """Why another instance did not take what was handed on, in the page's language."""
    return told.get("zh", "") if pages.language() == "zh" else told.get("en", "")
