"""Templates of reasons (理由模板): an authority keeps its texts once, an officer picks one, edits it and decides.

A template decides nothing: it fills the field for reasons, and the step keeps the text that the officer sent. Every
version stays (``reasons_tables``). An authority's officers keep and read its templates, nobody else sees them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django.db import transaction

from goodstanding.law.renderings.explain import day_en, day_zh
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority

from . import placeholders
from .chart import KINDS, Event, chart_of
from .errors import CaseworkError
from .evidence_reading import materials_of
from .models import Case, Kind
from .own_motion import missing_proof
from .placeholders import NAMES
from .reasons_tables import ReasonsTemplate
from .requests import TEXT_LIMIT, checked_text

_NAME: Final = (2, 80)
_LEAST: Final = 10
#: Both texts and the line between them fit the field for reasons.
_TEXT: Final = TEXT_LIMIT // 2 - 10
_DECIDES: Final = frozenset({"authority", "consulted"})


def steps_with_reasons() -> list[tuple[str, Event]]:
    """Every kind of case with each step of its chart for which an authority's officer gives reasons."""
    return [
        (kind, event)
        for kind in KINDS
        for event in chart_of(kind).events
        if event.from_ and event.reasons != "none" and _DECIDES & set(event.who)
    ]


def templates_of(actor: Actor) -> list[ReasonsTemplate]:
    """The templates that the actor's authority keeps now, by kind, step and name; none for anybody else."""
    if actor.role != "authority" or actor.authority_id is None:
        return []
    kept = ReasonsTemplate.objects.filter(authority_id=actor.authority_id, ended_at__isnull=True)
    return list(kept.select_related("by__user").order_by("kind", "event", "name"))


def template_for(actor: Actor, public_id: uuid.UUID | str) -> ReasonsTemplate:
    """A template that the actor's authority keeps now. Raises CaseworkError: template.not_found."""
    found = next((item for item in templates_of(actor) if str(item.public_id) == str(public_id)), None)
    if found is None:
        raise CaseworkError(
            "template.not_found", "There is no such template.", "没有该模板。", place=str(public_id)
        )
    return found


@transaction.atomic
def keep(
    *,
    actor: Actor,
    kind: str,
    event: str,
    name: str,
    text_zh: str,
    text_en: str = "",
    instead_of: uuid.UUID | str | None = None,
    at: datetime,
) -> ReasonsTemplate:
    """Keep a template, or the next version of one. The same again changes nothing.

    Args:
        actor: an officer; the template is of the officer's authority.
        kind, event: of ``steps_with_reasons``.
        name: how officers find it, 2 to 80 characters, once for each step.
        text_zh, text_en: 10 to 1990 characters with placeholders (``placeholders.NAMES``); English may be empty.
        instead_of: the public id of the template whose next version this is.

    Raises:
        CaseworkError: template.forbidden, template.event, template.name, template.not_found, template.placeholder,
            or what is wrong with a text.
    """
    authority = _authority(actor)
    if (kind, event) not in {(known, step.code) for known, step in steps_with_reasons()}:
        raise CaseworkError(
            "template.event",
            "Reasons are given for other steps; choose one of the list.",
            "该步骤不填写理由，请从列表中选择。",
            place="event",
        )
    said = {
        "kind": kind,
        "event": event,
        "name": checked_text(name, *_NAME, "name"),
        "text_zh": _checked(text_zh, _LEAST, "text_zh"),
        "text_en": _checked(text_en, _LEAST if text_en.strip() else 0, "text_en"),
    }
    Authority.objects.select_for_update().get(pk=authority)  # two at once under one name wait for each other
    before = template_for(actor, instead_of) if instead_of is not None else None
    if before is not None and all(getattr(before, field) == value for field, value in said.items()):
        return before
    kept = ReasonsTemplate.objects.filter(authority_id=authority, ended_at__isnull=True)
    same = kept.filter(kind=kind, event=event, name=said["name"])
    if (same.exclude(pk=before.pk) if before else same).exists():
        raise CaseworkError(
            "template.name",
            "Another template for this step has this name.",
            "该步骤已有同名模板。",
            place="name",
        )
    if before is not None:
        kept.filter(pk=before.pk).update(ended_at=at)
    assert actor.account_id is not None, "an officer acts by an account"
    return ReasonsTemplate.objects.create(
        authority_id=authority,
        by_id=actor.account_id,
        at=at,
        series=before.series if before else uuid.uuid4(),
        version=before.version + 1 if before else 1,
        **said,
    )


@transaction.atomic
def end(*, actor: Actor, template: uuid.UUID | str, at: datetime) -> None:
    """Offer a template no longer; it stays in the table. Raises CaseworkError: template.not_found."""
    found = template_for(actor, template)
    ReasonsTemplate.objects.filter(pk=found.pk, ended_at__isnull=True).update(ended_at=at)


def fitting(actor: Actor, case: Case, moves: Iterable[Event]) -> dict[str, list[ReasonsTemplate]]:
    """The templates for each of the steps that the actor may take with a case, by the step's code."""
    wanted = {event.code for event in moves if event.reasons != "none"}
    found: dict[str, list[ReasonsTemplate]] = {}
    for item in templates_of(actor) if wanted else ():
        if item.kind == case.kind and item.event in wanted:
            found.setdefault(item.event, []).append(item)
    return found


def raw(template: ReasonsTemplate) -> str:
    """Both texts of a template with their placeholders, as the field for reasons takes them."""
    return "\n\n".join(text for text in (template.text_zh, template.text_en) if text)


def filled(text: str, *, actor: Actor, case: Case, event: Event, on: date) -> str:
    """A text with the placeholders of a case filled; one for which the case has no value stays.

    Args:
        text: as ``raw`` gives it, or as an officer edited it.
        actor: an officer who may see the case.
        event: the step for which the reasons are. on: the day of the step.
    """
    if "{" not in text:
        return text
    missing_en, missing_zh = _missing(actor, case, on=on)
    values = {
        "record": (case.record.document_no, case.record.document_no),
        "day": (day_en(on), day_zh(on)),
        "materials": (missing_en, missing_zh),
        "article": (event.article_en, event.article_zh),
    }
    return placeholders.fill(
        text,
        {
            name: value
            for what, names in NAMES.items()
            for name, value in zip(names, values[what], strict=True)
        },
    )


def _missing(actor: Actor, case: Case, *, on: date) -> tuple[str, str]:
    """The materials that the law asks for and nobody handed in, in both languages; empty where nothing is missing."""
    materials = materials_of(actor, case, on=on)
    rows = [row for row in materials if row.required and not row.given and not row.coming]
    if rows:
        return ", ".join(row.name_en for row in rows), "、".join(row.name_zh for row in rows)
    proof = missing_proof(case) if case.kind == Kind.OWN_MOTION else None
    return (proof.name_en, proof.name_zh) if proof else ("", "")


def _checked(text: str, least: int, place: str) -> str:
    text = checked_text(text, least, _TEXT, place)
    placeholders.check(text, place=place)
    return text


def _authority(actor: Actor) -> int:
    if actor.role != "authority" or actor.authority_id is None:
        raise CaseworkError(
            "template.forbidden",
            "Only an officer of an authority keeps its templates.",
            "只有认定单位经办人可以维护本单位的模板。",
        )
    return actor.authority_id
