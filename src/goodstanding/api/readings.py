"""Writing down that a token read what is not public of an entity."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from django.http import HttpRequest
from django.utils import timezone

from goodstanding import law
from goodstanding.exchange.feed import publishable
from goodstanding.intake.facts import Fact
from goodstanding.registry import commands
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Entity, Record
from goodstanding.registry.packs import packs

#: Why a role reads when its request does not say so itself.
_PURPOSES: dict[str, str] = {
    Account.Role.AUTHORITY: "own findings 本机关认定信息的办理",
    Account.Role.OPERATOR: "supervision 平台监督管理",
}
_LONGEST = 500


def note(
    request: HttpRequest,
    *,
    actor: Actor,
    entity: Entity,
    records: Sequence[Record],
    facts: Sequence[Fact] = (),
) -> None:
    """Note a reading where an authority or the operator is shown what the public is not.

    Args:
        request: its header ``Purpose`` (percent-encoded UTF-8) says why; the role's own duty if it is missing.
        actor: the reader.
        entity: whose data it is.
        records: what is shown, each with its entity loaded.
        facts: the facts that are shown.
    """
    default = _PURPOSES.get(actor.role or "")
    if default is None:
        return
    now = timezone.now()
    today = timezone.localdate(now)
    hidden = [record for record in records if not publishable(record, on=today)]
    hidden_facts = [fact for fact in facts if not fact.publishable(on=today)]
    if not hidden and not hidden_facts and entity.kind == Entity.Kind.ORGANISATION:
        return
    said = unquote(request.headers.get("Purpose", "")).replace("\x00", "").strip()[:_LONGEST]
    pack = law.choose(packs(), jurisdiction="CN", on=today)
    commands.note_reading(
        actor=actor,
        entity=entity,
        purpose=said or default,
        legal_basis=pack.cite(pack.decides.citation, "zh"),
        at=now,
        records=hidden if len(hidden) == 1 and not hidden_facts else (),
    )
