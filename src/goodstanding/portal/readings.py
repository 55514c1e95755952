"""Writing down that an account looked at what is not public of an entity, with its purpose and legal ground."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from goodstanding import law
from goodstanding.casework.eligibility import pack_of
from goodstanding.exchange.feed import publishable
from goodstanding.intake.facts import Fact
from goodstanding.registry import commands
from goodstanding.registry.models import Account, Entity, Record
from goodstanding.registry.packs import packs

from .context import actor_from

#: Why a role may look, as ``words`` names it. The ground is the article that lets the finding body decide.
PURPOSES: dict[str, str] = {
    Account.Role.AUTHORITY: "own-findings",
    Account.Role.OPERATOR: "supervision",
}


def note_if_not_public(
    request: HttpRequest,
    *,
    entity: Entity,
    records: Sequence[Record],
    at: datetime,
    facts: Sequence[Fact] = (),
) -> bool:
    """Note a reading if an authority or the operator sees anything of the entity that the public does not.

    Args:
        request: whose reader looks.
        entity: whose data it is.
        records: the records that the page shows.
        at: the instant of looking.
        facts: the facts that the page shows.

    Returns:
        Whether a reading was noted.
    """
    actor = actor_from(request)
    purpose = PURPOSES.get(actor.role or "")
    if purpose is None:
        return False
    today = timezone.localdate(at)
    hidden = [record for record in records if not publishable(record, on=today)]
    hidden_facts = [fact for fact in facts if not fact.publishable(on=today)]
    if not hidden and not hidden_facts and entity.kind == Entity.Kind.ORGANISATION:
        return False
    pack = pack_of(records[0]) if records else law.choose(packs(), jurisdiction="CN", on=today)
    commands.note_reading(
        actor=actor,
        entity=entity,
        purpose=purpose,
        legal_basis=pack.cite(pack.decides.citation, "zh"),
        at=at,
        records=hidden if len(hidden) == 1 and not hidden_facts else (),
    )
    return True
