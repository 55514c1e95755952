"""A source that takes its record back ends the application for restoration, and leaves an objection to be answered."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from goodstanding.casework import commands, objections
from goodstanding.casework.lapsing import lapse_cases_of_removed_records
from goodstanding.casework.models import Case, Kind
from goodstanding.registry.models import Event, Record
from goodstanding.registry.removals import ReportedRemoval, take_in_changes
from tests.registry.factories import make_authority, make_entity, make_record

from .stories import AT, TODAY, apply, entity_actor, officer, take

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("change", ["annul", "redact"])
def test_an_application_lapses_and_an_objection_stays(change: str) -> None:
    entity, authority = make_entity(), make_authority()
    record, other = make_record(entity, authority), make_record(entity, authority)
    actor = entity_actor(entity)
    apply(actor, record, other)
    objections.object_to(
        actor=actor,
        record=record.public_id,
        grounds="facts_wrong",
        statement="认定的事实与实际情况不符，请予以核查。",
        key=uuid.uuid4(),
        at=AT,
        today=TODAY,
    )
    removal = ReportedRemoval(
        row=1,
        change="annul" if change == "annul" else "redact",
        entity_id=entity.pk,
        authority_id=authority.pk,
        source_id=authority.pk,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=authority.pk)
    assert lapse_cases_of_removed_records(at=AT, today=TODAY) == 1
    assert lapse_cases_of_removed_records(at=AT, today=TODAY) == 0
    lapsed = Case.objects.get(record=record, kind=Kind.RESTORATION)
    assert (lapsed.state, lapsed.clocks.filter(stopped_on__isnull=True).count()) == ("lapsed", 0)
    step = lapsed.steps.order_by("number").last()
    assert step is not None and (step.event, step.by) == ("lapse", None)
    assert Event.objects.get(position=step.position).kind == "case.lapsed"
    assert Case.objects.get(record=other).state == "submitted"
    objection = Case.objects.get(record=record, kind=Kind.OBJECTION)
    assert objection.state == "submitted"
    judge = officer(authority)
    objection = commands.move("accept", actor=judge, case=objection, at=AT, today=TODAY)
    assert take("grant", judge, objection).state == "granted"
    assert Record.objects.get(pk=record.pk).state == ("withdrawn" if change == "annul" else "redacted")
