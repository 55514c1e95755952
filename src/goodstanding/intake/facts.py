"""Facts of an entity that lie in the lake: who may see them, and how one becomes a record of the registry.

A fact is a row of an announced batch (``mass``). Its entity sees it whole, so does the operator, and whoever sent or
stated it; others see what the catalogue publishes, inside its window, and nothing of a natural person. A fact that
was promoted is a record of the registry and is read there. What followed the registry into the lake is no fact.

Where the extra ``bulk`` is not installed, facts are records of the registry, and there are none here.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson
from django.conf import settings
from django.db.models import Q

from goodstanding import proof
from goodstanding.proof.keys import to_base64
from goodstanding.registry import lake_batches, seal
from goodstanding.registry.actor import Actor
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Authority, Entity, Event, LakeBatch, Record

from .engine import ROWS, engine
from .errors import FactRefused

_AUTHORITY: Final = "authority"


@dataclass(frozen=True, slots=True)
class Fact:
    """A current fact. ``mine`` says that the reader sees it by role and not because it is published."""

    lies: lake_batches.LakeRow
    announced: LakeBatch
    entity: Entity
    record: Record | None
    mine: bool
    known_from: datetime

    @property
    def source(self) -> Authority:
        """Who sent it."""
        return self.announced.source

    @property
    def contract(self) -> str:
        """The data contract under which it was sent: id@version."""
        return self.lies.contract

    @property
    def content(self) -> dict[str, Any]:
        """What was reported: ``public`` and ``personal`` to those whose own it is; to others ``public`` alone, and
        nothing where the subject's name may be a person's.
        """
        if not self.mine and self.entity.kind != Entity.Kind.ORGANISATION:
            return {}
        said: dict[str, Any] = orjson.loads(self.lies.content)
        return {part: said.get(part) or {} for part in (("public", "personal") if self.mine else ("public",))}

    def state(self, *, on: date) -> str:
        """Published, not published, or its publication over: a value of ``Record.State``."""
        if not self.lies.published:
            return Record.State.UNPUBLISHED
        over = self.lies.publish_until is not None and self.lies.publish_until <= on
        return Record.State.ENDED if over else Record.State.PUBLISHED

    def publishable(self, *, on: date) -> bool:
        """Whether anyone may see it on a day."""
        first = self.lies.publish_from
        return (
            self.entity.kind != Entity.Kind.NATURAL_PERSON
            and self.state(on=on) == Record.State.PUBLISHED
            and first is not None
            and first <= on
            and self.lies.item in _published_items(on)
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """A page of facts, the newest first, and how many there are in all."""

    page: tuple[Fact, ...] = ()
    total: int = 0


def facts_of(actor: Actor, entity: Entity, *, on: date, limit: int = 50, offset: int = 0) -> Facts:
    """The current facts of an entity, and of those that are one with it, as an actor may read them on a day.

    Args:
        actor: who reads.
        entity: one that the actor may know of (``queries.entity_for``).
        on: the day.
        limit: the most facts of a page.
        offset: how many newer ones are left out.

    Raises:
        FactRefused: facts.unavailable.
    """
    if not _may_see_any(actor, entity, on=on):
        return Facts()
    from . import lake_facts  # needs the extra ``bulk``

    head = entity.head_id or entity.pk
    together = Entity.objects.filter(Q(pk=head) | Q(head_id=head))
    members = {str(member.public_id): member for member in together}
    rights = _rights(actor, members, on=on)
    with lake_facts.reading(members, rights=rights) as (reader, announced):
        keys = [*_promoted(members)]
        reader.execute("DELETE FROM shown WHERE list_contains($keys::BLOB[], natural_key)", {"keys": keys})
        (total,) = reader.execute("SELECT count(*) FROM shown").fetchone() or (0,)
        found = lake_facts.whole_rows(
            reader,
            "ORDER BY found_on DESC, natural_key LIMIT $limit OFFSET $offset",
            {"limit": limit, "offset": offset},
        )
    return Facts(tuple(_fact(row, members, announced, {}) for row in found), total)


def fact_for(actor: Actor, batch: uuid.UUID, row: int, *, on: date) -> Fact:
    """One current fact by its batch and its row number in the file of it.

    A fact that is a record by now is given to those whose own it is.

    Raises:
        FactRefused: fact.not_found, also where the actor may not know of it; or facts.unavailable.
    """
    if engine() == ROWS or not LakeBatch.objects.filter(public_id=batch).exists():
        raise _not_found()
    from . import lake_facts  # needs the extra ``bulk``

    subject = lake_facts.entity_of(batch=batch, row=row)
    member = Entity.objects.filter(public_id=subject).first() if subject else None
    if member is None or not _may_see_any(actor, member, on=on):
        raise _not_found()
    members = {str(member.public_id): member}
    rights = _rights(actor, members, on=on)
    with lake_facts.reading(members, rights=rights) as (reader, announced):
        found = lake_facts.whole_rows(
            reader, "WHERE batch = $batch AND row = $row", {"batch": str(batch), "row": row}
        )
    if not found:
        raise _not_found()
    fact = _fact(found[0], members, announced, _promoted(members))
    # What became of a record since is the registry's to say; content that was erased is gone.
    if fact.record and (not fact.mine or fact.record.state == Record.State.REDACTED):
        raise _not_found()
    return fact


def may_promote(actor: Actor, fact: Fact) -> bool:
    """Whether an actor may have a fact dealt with: the entity itself, the body that sent it, the operator."""
    sender = actor.role == _AUTHORITY and actor.authority_id == fact.announced.source_id
    return actor.is_operator or sender or actor.entity_id == fact.entity.pk


def promote_fact(actor: Actor, batch: uuid.UUID, row: int, *, today: date, at: datetime) -> Record:
    """Make a fact a record of the registry, so that it can be objected to. A second time changes nothing.

    Args:
        actor: the entity itself, the authority that sent the fact, or the operator.
        batch: the fact's batch. row: its row number in the file of it.
        today: the day on which it is promoted.
        at: the instant of the event.

    Raises:
        FactRefused: fact.not_found, fact.not_yours, facts.unavailable; or lake_batch.removed, it is a removed record
            under another key or looks like one.
        ProofError: the lake does not hold what was announced.
    """
    fact = fact_for(actor, batch, row, on=today)
    if not may_promote(actor, fact):
        raise FactRefused(
            code="fact.not_yours",
            en="Only the entity itself, the body that sent the fact and the operator may have it dealt with.",
            zh="仅主体本人、报送单位和平台运营单位可以提请处理该事实信息。",
        )
    if fact.record is not None:
        return fact.record
    from . import lake_facts  # needs the extra ``bulk``

    index, hashes = lake_facts.inclusion_of(fact.announced, row=fact.lies.row)
    try:
        return lake_batches.promote(fact.lies, index=index, hashes=hashes, today=today, at=at)
    except RegistryError as error:
        raise FactRefused(code=error.code, en=error.en, zh=error.zh) from error


def proof_of(fact: Fact) -> dict[str, Any] | None:
    """A fact with everything that is needed to check offline that it was announced, as ``proof.verify_fact_proof``
    reads it: its content, the way to its batch's root, the event that told of the root, and the signed log.

    Returns:
        None while the event is not sealed yet.

    Raises:
        FactRefused: facts.unavailable; fact.not_found where the reader may not see its content.
        ProofError: the lake does not hold what was announced.
    """
    if "public" not in fact.content:
        raise _not_found()
    checkpoint = seal.latest()
    event = Event.objects.select_related("salt").get(pk=fact.announced.event_id)
    if checkpoint is None or event.position > checkpoint.size:
        return None
    from . import lake_facts  # needs the extra ``bulk``

    index, hashes = lake_facts.inclusion_of(fact.announced, row=fact.lies.row)
    salt = bytes(event.salt.salt)
    fetch = proof.tile_fetch(size=checkpoint.size, store=seal.DatabaseTiles())
    signer = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)
    return {
        "batch": str(fact.announced.public_id),
        "row": fact.lies.row,
        "content": fact.content["public"],
        "personal": to_base64(_personal_part(fact)),
        "index": index,
        "hashes": [to_base64(value) for value in hashes],
        "origin": settings.LOG_ORIGIN,
        "size": checkpoint.size,
        "checkpoint": checkpoint.note,
        "key": signer.verifier.encode(),
        "event": {
            "position": event.position,
            "kind": event.kind,
            "content": event.content,
            "salt": to_base64(salt),
            "leaf_hash": to_base64(proof.leaf_hash(proof.commitment(salt=salt, content=event.content))),
            "index": event.position - 1,
            "hashes": [
                to_base64(value)
                for value in proof.inclusion_proof(
                    index=event.position - 1, size=checkpoint.size, fetch=fetch
                )
            ],
        },
    }


def _personal_part(fact: Fact) -> bytes:
    """What the content digest holds of the personal part: its keyed hash, which tells nothing of it (``build``)."""
    personal = orjson.loads(fact.lies.content).get("personal")
    if not personal:
        return b""
    said = orjson.dumps(personal, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(settings.PERSON_SECRET, b"goodstanding/personal-part\0" + said, "sha256")


def _may_see_any(actor: Actor, entity: Entity, *, on: date) -> bool:
    """Whether it is worth opening the lake: most readers see nothing of it, and most installations begin without."""
    if engine() == ROWS:
        return False
    by_role = actor.is_operator or actor.entity_id == entity.pk or actor.role == _AUTHORITY
    public = entity.kind != Entity.Kind.NATURAL_PERSON and _published_items(on)
    return bool(by_role or public) and LakeBatch.objects.exists()


def _published_items(on: date) -> list[str]:
    """The items of the lake that anyone may see."""
    items = (entry.item for entry in catalogue_on(on).listed)
    return [item.id for item in items if item.held_in == "lake" and item.disclosure == "published"]


def _rights(actor: Actor, members: dict[str, Entity], *, on: date) -> Any:
    from . import lake_facts  # needs the extra ``bulk``

    if actor.is_operator:
        mine, values = "true", dict[str, Any]()
    elif actor.role == _AUTHORITY:
        code = Authority.objects.values_list("code", flat=True).get(pk=actor.authority_id)
        mine, values = "source = $code OR issuer = $code", {"code": code}
    else:
        own = [key for key, member in members.items() if member.pk == actor.entity_id]
        mine, values = "list_contains($own::VARCHAR[], entity)", {"own": own}
    return lake_facts.Rights(mine=mine, values=values, published=_published_items(on), on=on)


def _promoted(members: dict[str, Entity]) -> dict[bytes, Record]:
    """The records into which facts of these entities were made, by their natural keys."""
    items = LakeBatch.objects.values("item")
    held = Record.objects.filter(entity__in=members.values(), item__in=items)
    return {bytes(record.natural_key): record for record in held.defer("content")}


def _fact(
    row: dict[str, Any],
    members: dict[str, Entity],
    announced: dict[str, LakeBatch],
    promoted: dict[bytes, Record],
) -> Fact:
    return Fact(
        lies=lake_batches.LakeRow.of(row),
        announced=announced[row["batch"]],
        entity=members[row["entity"]],
        record=promoted.get(row["natural_key"]),
        mine=row["mine"],
        known_from=row["known_from"],
    )


def _not_found() -> FactRefused:
    return FactRefused(code="fact.not_found", en="There is no such fact.", zh="没有该事实信息。")
