"""The one command that takes a step of a case: the chart says which, who, when, and what it does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from goodstanding.registry.actor import Actor

from . import evidence as files
from . import mandates
from .admission import MATERIALS, lock_case, lock_record
from .chart import Event, chart_of
from .details import checked_details
from .effects import Doing, change_record
from .eligibility import GONE, verdict_of
from .errors import CaseworkError
from .evidence import NewEvidence
from .guards import Asked, refusal
from .models import Case, Step
from .queries import cases_visible_to, mover_of
from .receipts import keep_receipt, receipt_of_decision
from .requests import checked_reasons
from .scanner import scanned
from .steps import keep_evidence, lapse, open_cases, take_step


@scanned
@transaction.atomic
def move(
    code: str,
    *,
    actor: Actor,
    case: Case,
    at: datetime,
    today: date,
    reasons: str = "",
    given: Mapping[str, Any] | None = None,
    evidence: Sequence[NewEvidence] = (),
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> Case:
    """One step of a case by a person: the chart allows it, the version is the one that the person saw.

    Args:
        code: an event of the chart of the case's kind.
        reasons: as the chart asks for them, up to 4000 characters.
        given: what the chart needs beyond them (``details.checked_details``).
        evidence: files, where the chart takes some with this step.
        version: of the case as the person saw it; None for the case's.
        key: chosen by the client; the same step sent again with it changes nothing.

    Raises:
        CaseworkError: case.not_found, case.forbidden, case.changed, case.not_allowed, what a guard refuses, or what
            is wrong with reasons, details or evidence.
    """
    expected = case.version if version is None else version
    mandates.hold(actor, on=today)
    record = lock_record(case.record_id)
    try:
        held = lock_case(case.pk, record=record, among=cases_visible_to(actor))
    except Case.DoesNotExist as error:
        raise CaseworkError(
            "case.not_found", "There is no such case.", "没有该案件。", place=str(case.public_id)
        ) from error
    mandates.require(actor, held.kind, on=today)
    if key is not None and _taken_before(held, key, code):
        return held
    event = _allowed(code, held, expected, actor=actor, on=today)
    reasons = checked_reasons(event, reasons)
    said = checked_details(event, given or {}, case=held, actor=actor)
    if evidence:
        _take_evidence(held, event, evidence, by_id=actor.account_id, at=at)
    decision = receipt_of_decision(held, event, on=today)
    # The record changes before the cases' own events: position n of the case tells of a record already changed.
    lapsed = change_record(event, Doing(held, said, actor, at, today))
    take_step(held, event, reasons=reasons, said=said, key=key, actor=actor, at=at, today=today)
    if decision is not None:
        keep_receipt(held, decision)
    for other in lapsed:
        lapse(other, at=at, today=today)
    if event.again:
        _take_up_again(held, at=at, today=today)
    return held


def _taken_before(case: Case, key: uuid.UUID, code: str) -> bool:
    """Whether a step was taken with a key before."""
    taken = Step.objects.filter(case=case, key=key).values_list("event", flat=True).first()
    if taken is not None and taken != code:
        raise CaseworkError(
            "step.key_reused", "Another step was taken under this key.", "该编号已用于其他操作。"
        )
    return taken is not None


def _allowed(code: str, case: Case, expected: int, *, actor: Actor, on: date) -> Event:
    """The event of a code, where the actor may take it now. Raises CaseworkError."""
    chart = chart_of(case.kind)
    state = chart.state(case.state)
    try:
        event = chart.event(code)
    except KeyError:
        raise CaseworkError(
            "case.not_allowed",
            f"A case of this kind knows no step {code!r}.",
            f"此类案件没有“{code}”这一操作。",
            place=str(case.public_id),
        ) from None
    if mover_of(actor, case) not in event.who:
        raise CaseworkError(
            "case.forbidden",
            f"This step belongs to: {', '.join(event.who)}.",
            "您无权进行此操作。",
            place=str(case.public_id),
        )
    if case.version != expected:
        raise CaseworkError(
            "case.changed",
            f"The case has changed meanwhile{_by_whom(case, actor)}; it is now: {state.en}.",
            f"案件已发生变化，目前状态：{state.zh}。",
            place=str(case.public_id),
            remedy_en="Open the case again and look at what happened.",
            remedy_zh="请重新打开案件查看最新情况。",
        )
    if case.state not in event.from_:
        raise CaseworkError(
            "case.not_allowed",
            f"A case in this state does not allow this step: {state.en}.",
            f"当前状态不允许此操作：{state.zh}。",
            place=str(case.public_id),
        )
    refused = refusal(Asked(case, event, actor, on))
    if refused is not None:
        raise CaseworkError(refused.code, refused.en, refused.zh, place=str(case.public_id))
    return event


def _by_whom(case: Case, actor: Actor) -> str:
    """Who took the last step, for an officer of the same authority; nobody else reads the names of officers."""
    last = case.steps.select_related("by__user").order_by("-number").first()
    if (
        last is None
        or last.by is None
        or last.by.authority_id != actor.authority_id
        or actor.role != "authority"
    ):
        return ""
    return f" (by {last.by.user.get_username()})"


def _take_evidence(
    case: Case, event: Event, evidence: Sequence[NewEvidence], *, by_id: int | None, at: datetime
) -> None:
    if not event.files:
        raise CaseworkError(
            "evidence.not_here", "This step takes no files.", "此操作不接受附件。", place=str(case.public_id)
        )
    materials = {row.id for row in verdict_of(case.record, on=case.application.received_on).materials}
    checked = files.check(list(evidence), materials=MATERIALS | materials)
    keep_evidence(case.application, checked, [case], by_id=by_id, at=at)


def _take_up_again(appealed: Case, *, at: datetime, today: date) -> None:
    """Open anew the case that an upheld appeal was about, by its own application, for other officers to decide.

    Nothing is left to decide where the record is gone, or a new case of the kind was opened meanwhile.
    """
    about = appealed.about
    assert about is not None, "the database lets no appeal be about nothing"
    record = appealed.record
    again = Case.objects.filter(record=record, kind=about.kind, ended_at__isnull=True).exists()
    if record.state in GONE or again:
        return
    application = about.application
    entity = Actor(role="entity", account_id=application.account_id, entity_id=application.entity_id)
    open_cases(application, [record], (), actor=entity, at=at, today=today, about=about)
