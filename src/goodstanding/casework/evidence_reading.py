"""Who reads which file of a case, and how: the one rule, for pages, downloads and the API.

- Who must answer reads every file as it was handed in: the authority that decides a case in which it is evidence, also
  of a case that follows that one (an appeal, a reopening, a case taken up again).
- So do the entity itself, an agent whose mandate covers the matter, the operator, and whoever handed the file in.
- Whoever else sees the case (a body that was asked for its opinion or handed the case over, an agent whose mandate does
  not cover it) reads the version redacted for them, or, where nobody made one, the file's name, size and digest.
- A file confined to one case is unknown in the others of its application, and to whoever sees no case of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q, QuerySet

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from .eligibility import verdict_of
from .mandates import covers
from .models import Case, Evidence, Fetch, Kind
from .queries import cases_visible_to


class Reading(StrEnum):
    """How much of a file a reader gets."""

    WHOLE = "whole"
    REDACTED = "redacted"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as one reader sees it. ``redaction`` is its newest version for those who may not read it whole.

    ``earlier``: it was handed in with the case that the case at hand follows.
    """

    file: Evidence
    reading: Reading
    redaction: Evidence | None
    may_redact: bool
    earlier: bool

    @property
    def readable(self) -> Evidence | None:
        """What the reader may open; None where it is the name only, or the content was erased."""
        if self.reading == Reading.WHOLE:
            return self.file if self.file.erased_at is None else None
        return self.redaction


def evidence_of(actor: Actor, case: Case, *, on: date) -> list[ShownFile]:
    """The files of a case that the actor was given by ``case_for``, those of the cases that it follows first.

    Args:
        actor: the reader.
        case: a case; who does not see it gets nothing.
        on: the day, on which an agent's mandate has to live.
    """
    if not cases_visible_to(actor).filter(pk=case.pk).exists():
        return []
    before = _before(case)
    chain = [*before, case]
    files = Evidence.objects.filter(
        Q(case__in=chain) | Q(case__isnull=True, application__in=[item.application_id for item in chain]),
        redacts__isnull=True,
    )
    may = _may_read_whole(actor, [case], on=on)
    shown = []
    for file in files.select_related("by").prefetch_related("redactions").order_by("pk"):
        whole = may or _handed_in_by(actor, file)
        versions = [item for item in file.redactions.all() if item.erased_at is None]
        newest = max(versions, key=lambda item: item.pk, default=None)
        shown.append(
            ShownFile(
                file=file,
                reading=Reading.WHOLE if whole else Reading.REDACTED if newest else Reading.NAMED,
                redaction=newest,
                may_redact=may and not actor.is_operator and file.erased_at is None,
                earlier=file.case_id != case.pk and file.application_id != case.application_id,
            )
        )
    return shown


def evidence_for(actor: Actor, public_id: uuid.UUID | str, *, on: date) -> Evidence:
    """One file that the actor may open, as it was handed in or redacted.

    Raises:
        Evidence.DoesNotExist: there is none, the actor may not know of it, or may know no more than its name.
    """
    file = Evidence.objects.select_related("by", "redacts__by").get(public_id=_uuid(public_id))
    original = file.redacts or file
    visible = list(cases_visible_to(actor).filter(pk__in=_cases_of(original)))
    if not visible or file.erased_at is not None:
        raise Evidence.DoesNotExist
    if file.redacts_id is None:
        whole = _may_read_whole(actor, visible, on=on) or _handed_in_by(actor, file)
        if not whole:
            raise Evidence.DoesNotExist
    return file


def may_redact(actor: Actor, file: Evidence, *, on: date) -> bool:
    """Whether the actor may say how others read a file: its entity, or the authority that must answer."""
    visible = list(cases_visible_to(actor).filter(pk__in=_cases_of(file)))
    return not actor.is_operator and _may_read_whole(actor, visible, on=on)


def _may_read_whole(actor: Actor, cases: Iterable[Case], *, on: date) -> bool:
    """Whether one of the cases, all visible to the actor, lets it read their files as they were handed in."""
    if actor.is_operator:
        return True
    if actor.role == Account.Role.ENTITY:
        return any(covers(actor, kind, on=on) for kind in {case.kind for case in cases})
    return any(case.authority_id == actor.authority_id for case in cases)


def _handed_in_by(actor: Actor, file: Evidence) -> bool:
    """Whether the file came from the actor's own account or authority. An agent's came from its principal."""
    if file.by is None or actor.role != Account.Role.AUTHORITY:
        return False
    return file.by.authority_id == actor.authority_id


def _before(case: Case) -> list[Case]:
    """The case that a case follows, and what that one followed, the earliest first."""
    found: list[Case] = []
    while case.about_id is not None:
        about = case.about
        assert about is not None, "the database keeps what it is about"
        found.insert(0, about)
        case = about
    return found


def _cases_of(file: Evidence) -> set[int]:
    """The keys of the cases in which a file is evidence: its own, those that share it, and all that follow them."""
    cases: QuerySet[Case] = Case.objects.order_by()
    own = Q(pk=file.case_id) if file.case_id else Q(application_id=file.application_id)
    found = set(cases.filter(own).values_list("pk", flat=True))
    fresh = found
    while fresh:
        fresh = set(cases.filter(about__in=fresh).values_list("pk", flat=True)) - found
        found = found | fresh
    return found


def _uuid(value: uuid.UUID | str) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
    except ValueError as error:
        raise Evidence.DoesNotExist from error


@dataclass(frozen=True, slots=True)
class Material:
    """A kind of material that the law asks for, what was handed in of it, and what is being fetched."""

    code: str
    name_en: str
    name_zh: str
    required: bool
    files: tuple[Evidence, ...]
    #: The credit commitment is given in the application itself.
    given: bool
    fetch: Fetch | None

    @property
    def coming(self) -> bool:
        """Whether its holder is about to be asked for it, so that nobody else is yet."""
        return self.fetch is not None and self.fetch.state == Fetch.State.WAITING and self.fetch.attempts == 0


def materials_of(actor: Actor, case: Case, *, on: date) -> list[Material]:
    """The law pack's list of materials for a case of restoration, each with the files that serve it."""
    if case.kind not in (Kind.RESTORATION, Kind.OWN_MOTION):
        return []
    files = [shown.file for shown in evidence_of(actor, case, on=on)]
    fetches = {fetch.material: fetch for fetch in case.fetches.all()}
    found = []
    for row in verdict_of(case.record, on=case.application.received_on).materials:
        if case.kind == Kind.OWN_MOTION and row.id not in fetches:
            continue
        own = tuple(file for file in files if file.material == row.id)
        given = bool(own) or (row.id == "commitment_letter" and bool(case.application.commitment_name))
        found.append(
            Material(row.id, row.name_en, row.name_zh, row.required, own, given, fetches.get(row.id))
        )
    return found
