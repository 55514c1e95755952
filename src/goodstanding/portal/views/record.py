"""The page of one record: what it says, its dates, what happened to it, and who still holds it."""

from __future__ import annotations

import uuid
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from goodstanding.casework import queries as casework
from goodstanding.casework import remedies
from goodstanding.casework.annulment import may_annul, withdrawal_of
from goodstanding.casework.bars import bar_on
from goodstanding.casework.eligibility import (
    RESTORABLE_STATES,
    facts_of,
    false_commitment_on,
    pack_of,
    under_a_pack,
)
from goodstanding.casework.forwarding import visible_to
from goodstanding.casework.own_motion import open_own_motion
from goodstanding.exchange.feed import publishable
from goodstanding.exchange.queries import holders
from goodstanding.law import FactsRefused, Pack
from goodstanding.registry import queries, seal
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Record

from ..columns import labelled
from ..context import actor_from
from ..explained import explain
from ..progress import rows_of
from ..readings import note_if_not_public
from ..timeline import axis_of


@require_safe
def record(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One record as the reader may see it: the public part for everyone, the rest for those it concerns."""
    actor = actor_from(request)
    today = timezone.localdate()
    try:
        found = queries.record_for(actor, public_id, on=today)
    except Record.DoesNotExist as error:
        raise Http404 from error
    axis = axis_of([found], today=today) if found.adverse else None
    concerned = is_concerned(actor, found)
    own = actor.role == Account.Role.ENTITY and actor.entity_id == found.entity_id
    prospect = _prospect(actor, found, on=today) if own and found.adverse else None
    sent = list(visible_to(actor).filter(record=found)) if found.home and concerned else []
    checkpoint = seal.latest()
    name = queries.shown_name(found.entity, actor)
    history = [
        event
        for event in queries.history_of(found)
        if event.kind.startswith("record.") or (concerned and not event.kind.startswith("recipient."))
    ]
    return render(
        request,
        "portal/record.html",
        {
            "law": _law(found),
            "row": explain(
                found,
                on=today,
                axis=axis,
                reader=actor,
                false_commitment=false_commitment_on(found.entity_id),
            ),
            "axis": axis,
            "record": found,
            "name": name,
            "noted": note_if_not_public(request, entity=found.entity, records=[found], at=timezone.now()),
            "columns": labelled(found, "public"),
            "personal": labelled(found, "personal") if concerned else [],
            "history": history,
            "sealed": checkpoint is not None and bool(history) and history[-1].position <= checkpoint.size,
            "checkpoint": checkpoint,
            "public": publishable(found, on=today),
            "prospect": prospect,
            "forwarded": sent,
            "on_its_way": any(one.next_at is not None for one in sent),
            "found_case": open_own_motion(actor, found) if own else None,
            "bar": bar_on(found, on=today) if prospect else None,
            "may_annul": may_annul(actor, found),
            "withdrawal": withdrawal_of(actor, found),
            "fact_to_object": own and found.kind == Record.Kind.FACT and _stands_undisputed(found),
            "may_state": remedies.may_state(actor, found, on=today),
            "may_take_off": remedies.may_take_off(actor, found, on=today),
            "holders": holders(found, today) if concerned else None,
            "followed": rows_of(found, actor=actor, on=today) if concerned else (),
        },
    )


def _stands_undisputed(record: Record) -> bool:
    return record.state in RESTORABLE_STATES and not record.disputed


def _law(record: Record) -> tuple[Pack, str] | None:
    """The law that judges a record, and the self-check with its facts filled in; None without one, or
    where its lists do not know the facts.
    """
    if not record.adverse or not under_a_pack(record):
        return None
    pack = pack_of(record)
    try:
        facts = facts_of(record)
    except FactsRefused:
        return None
    given: dict[str, object] = {
        "pack": pack.id,
        "kind": facts.kind,
        "measures": sorted(facts.measures),
        "found_on": facts.found_on.isoformat(),
    }
    given |= {"amount_yuan": facts.amount_yuan} if facts.amount_yuan is not None else {}
    given |= {"subject": facts.subject} if facts.subject != "organisation" else {}
    asked = ("simple_procedure", "publication_necessary", "excluded_by_law")
    given |= {name: "on" for name in asked if getattr(facts, name)}
    return pack, f"{reverse('check')}?{urlencode(given, doseq=True)}"


def _prospect(actor: Actor, record: Record, *, on: date) -> casework.Prospect | None:
    prospects = casework.prospects(actor=actor, entity=record.entity, on=on)
    return next((prospect for prospect in prospects if prospect.record.pk == record.pk), None)


def is_concerned(actor: Actor, record: Record) -> bool:
    """Whether a record is the reader's own business: its entity, the body that found it, or the operator."""
    if actor.is_operator:
        return True
    if actor.role == Account.Role.ENTITY:
        return actor.entity_id == record.entity_id
    return actor.role == Account.Role.AUTHORITY and actor.authority_id == record.authority_id
