"""What the law says of a record, and what stands between it and its restoration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

from django.utils import timezone

from goodstanding.law import (
    Condition,
    Facts,
    Pack,
    PackNotFound,
    Verdict,
    classify,
    decide,
)
from goodstanding.registry.models import Entity, Record
from goodstanding.registry.packs import pack, packs

from .models import Case, Kind, Step

#: Tests of the law that the applicant answers in the application itself.
APPLICANTS = frozenset({"duty_performed", "committed"})
#: Tests that only the authority can answer, after it has seen the application.
AUTHORITYS = frozenset({"nothing_further"})
JURISDICTION = "CN"
RESTORABLE_STATES = (
    Record.State.PUBLISHED,
    Record.State.UNPUBLISHED,
    Record.State.ENDED,
    Record.State.SHIELDED,
)
#: Classes that one officer may restore although nobody applied; the serious class is applied for.
OWN_MOTION_CLASSES = ("minor", "ordinary")
#: What has left public credit for good; nothing is left to decide about it.
GONE = (Record.State.RESTORED, Record.State.WITHDRAWN, Record.State.REDACTED)


def under_a_pack(record: Record) -> bool:
    """Whether a law pack governs the record; else its window is the one that its source states (a contract's)."""
    return not record.pack.startswith("contract:")


def pack_of(record: Record) -> Pack:
    """The pack by which the record was classified; where it no longer ships, the newest one.

    A record that no pack governs follows the newest one's rules of procedure too, when it is objected to.
    """
    try:
        return pack(record.pack)
    except PackNotFound:
        return newest_pack()


def procedure_of(governing: Pack, rule: str) -> Pack:
    """The pack whose deadline a step follows: the record's own, else the newest one's.

    An older pack may say nothing of a step (acceptance, an answer to the applicant) that the procedure of today has.
    """
    return governing if any(row.code == rule for row in governing.deadlines) else newest_pack()


def newest_pack() -> Pack:
    """The general pack of this jurisdiction that came into force last."""
    general = [found for found in packs() if found.jurisdiction == JURISDICTION and found.sector is None]
    return max(general, key=lambda found: found.in_force.from_)


def false_commitment_on(entity_id: int) -> date | None:
    """The day on which a restoration of an entity was last revoked for a false commitment or false materials."""
    last = (
        Case.objects.filter(entity_id=entity_id, kind=Kind.REOPENING, state="revoked")
        .order_by("-ended_at")
        .values_list("ended_at", flat=True)
        .first()
    )
    return timezone.localdate(last) if last else None


def _shielded_on(record: Record) -> date | None:
    """The day on which a record was shielded for a plan that is still carried out; None where it is not."""
    if record.state != Record.State.SHIELDED:
        return None
    shields = Step.objects.filter(case__record=record, case__kind=Kind.REORGANISATION, event="shield")
    return shields.order_by("-pk").values_list("on", flat=True).first()


def facts_of(
    record: Record,
    *,
    performed_on: date | None = None,
    committed: bool = False,
    false_commitment: date | None = None,
) -> Facts:
    """The facts of a record as the law asks them.

    Whether a penalty was imposed by simple procedure is not a column of the registry; it is taken from the
    class that intake gave the record, where only that explains the class.
    """
    person = record.entity.kind == Entity.Kind.NATURAL_PERSON
    facts = Facts(
        kind=record.kind,
        measures=frozenset(record.measures),
        amount_yuan=record.amount_yuan,
        found_on=record.found_on,
        performed_on=performed_on,
        committed=committed,
        false_commitment_on=false_commitment,
        plan_approved_on=_shielded_on(record),
        publication_necessary=record.severity == "minor" and record.publish_from is not None,
        excluded_by_law=record.adverse and not record.restorable,
        subject="natural_person" if person else "organisation",
    )
    law = pack_of(record)
    if record.adverse and classify(facts, pack=law).severity != record.severity:
        simple = replace(facts, simple_procedure=True)
        if classify(simple, pack=law).severity == record.severity:
            return simple
    return facts


def verdict_of(
    record: Record,
    *,
    on: date,
    performed_on: date | None = None,
    committed: bool = False,
    false_commitment: date | Literal["look"] | None = "look",
) -> Verdict:
    """What the law says of a record on a day, given what its entity states.

    Args:
        false_commitment: ``false_commitment_on`` of its entity, for whoever asks about many of its records.
    """
    if false_commitment == "look":
        false_commitment = false_commitment_on(record.entity_id)
    facts = facts_of(
        record, performed_on=performed_on, committed=committed, false_commitment=false_commitment
    )
    return decide(facts, pack=pack_of(record), on=on)


def unmet(verdict: Verdict, *, pack: Pack, besides: frozenset[str] = AUTHORITYS) -> tuple[Condition, ...]:
    """The conditions that are not met, leaving out those whose test is among ``besides``."""
    tests = {row.id: row.test for row in pack.conditions}
    return tuple(
        condition
        for condition in verdict.conditions
        if not condition.met and tests[condition.code] not in besides
    )
