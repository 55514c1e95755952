"""Saying that two entities are one, taking it back, and telling everyone who relied on it.

Nothing is moved: a record stays with the entity to which it was reported, and whoever reads an entity reads the
records of all entities that are one with it (``members_of``). So taking a link back loses nothing and needs no
guess. Which entities are one follows from the links that stand (``clusters.partition``), whatever their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from . import locks
from .clusters import Link, partition
from .commands import RegistryError
from .journal import NewEvent, append
from .models import Account, Entity, EntityLink, Identifier, MergeNotice, Reading
from .reserved_codes import reserved

#: Schemes that give an entity one current code.
_DECISIVE = ("uscc", "lei")


@transaction.atomic
def link_entities(
    *,
    one_id: int,
    other_id: int,
    same: bool,
    by: str,
    explanation: dict[str, Any],
    account_id: int | None,
    at: datetime,
) -> EntityLink:
    """State that two entities are the same, or that they are different.

    Args:
        one_id: one entity.
        other_id: the other; the order does not matter.
        same: whether they are the same.
        by: ``rule`` or ``clerk``.
        explanation: why, in both languages: ``{"en": [...], "zh": [...]}``, a line for each ground.
        account_id: the clerk's account; None for a rule.
        at: now.

    Returns:
        The link. Where the same statement stands already it is returned and nothing changes.

    Raises:
        RegistryError: the two are one row, a natural person, or a clerk's statement contradicts what is known.
    """
    one_id, other_id = sorted((one_id, other_id))
    _alone()
    _refuse_what_cannot_be(one_id, other_id)
    held = EntityLink.objects.filter(one_id=one_id, other_id=other_id, by=by, withdrawn_at=None).first()
    if held is not None and held.same == same:
        return held
    if held is not None:
        raise RegistryError(
            "link.contradicts",
            "the opposite was stated of these two entities and stands; withdraw it first",
            "对这两个主体已有相反的认定，请先撤回",
        )
    made = EntityLink.objects.create(
        one_id=one_id,
        other_id=other_id,
        same=same,
        by=by,
        explanation=explanation,
        account_id=account_id,
        at=at,
    )
    heads = _work_out({one_id, other_id}, at=at, link=made)
    if by == "clerk" and same and heads[one_id] != heads[other_id]:
        raise RegistryError(
            "link.contradicts",
            "these two cannot be one: they lead to different current codes, or were stated to be different",
            "这两个主体不能合并：其现行代码不同，或者已被认定为不同主体",
        )
    return made


@transaction.atomic
def withdraw_link(*, link_id: int, account_id: int, reason: str, at: datetime) -> EntityLink:
    """Take a statement back. Whoever read entities as one that are no longer one gets a notice.

    Raises:
        RegistryError: it was taken back already, or no reason is given.
    """
    _alone()
    link = EntityLink.objects.select_for_update().get(pk=link_id)
    if link.withdrawn_at is not None or not reason.strip():
        raise RegistryError(
            "link.withdrawn",
            "the link stands no longer, or no reason is given",
            "该关联已撤回，或者未说明理由",
        )
    link.withdrawn_at, link.withdrawn_by_id, link.withdrawn_reason = at, account_id, reason.strip()
    link.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    _work_out({link.one_id, link.other_id}, at=at, link=link)
    return link


@transaction.atomic
def change_code(*, entity_id: int, scheme: str, old: str, new: str, on: date, at: datetime) -> None:
    """An entity has a new code from a day on. The old one still leads to it, so the chain is kept.

    Raises:
        RegistryError: the entity has no such current code, or another entity has the new one.
    """
    _alone()
    changed = Identifier.objects.filter(entity_id=entity_id, scheme=scheme, value=old, until=None).update(
        until=on
    )
    taken = Identifier.objects.filter(scheme=scheme, value=new).exclude(entity_id=entity_id).exists()
    if not changed or (taken and scheme in Identifier.UNIQUE_SCHEMES) or reserved({(scheme, new)}):
        raise RegistryError(
            "code.change",
            "the entity has no such current code, or the new code belongs to another entity or to none",
            "该主体没有此现行代码，或者新代码属于其他主体、不予使用",
        )
    Identifier.objects.update_or_create(
        entity_id=entity_id, scheme=scheme, value=new, defaults={"until": None}
    )
    entity = Entity.objects.get(pk=entity_id)
    told = {"entity": str(entity.public_id), "scheme": scheme, "from": old, "to": new, "on": on.isoformat()}
    moved = _work_out({entity_id}, at=at, link=None, first=[NewEvent("entity.code_changed", told, entity_id)])
    assert entity_id in moved


def members_of(entity: Entity) -> list[int]:
    """Ids of all entities that are one with an entity, itself included."""
    head = entity.head_id or entity.pk
    return list(Entity.objects.filter(Q(pk=head) | Q(head_id=head)).values_list("pk", flat=True))


def links_of(members: Collection[int]) -> list[EntityLink]:
    """The statements that make entities one (``members_of``), newest first; none for one that stands alone."""
    if len(members) == 1:
        return []
    return list(all_links().filter(one_id__in=members, other_id__in=members, same=True, withdrawn_at=None))


def all_links() -> QuerySet[EntityLink]:
    """Every statement, those that stand first, then newest first."""
    return EntityLink.objects.select_related("one", "other", "account__user", "withdrawn_by__user").order_by(
        F("withdrawn_at").asc(nulls_first=True), "-at", "-pk"
    )


def see_notices(*, account_id: int, at: datetime) -> None:
    """Note that an account has seen its notices."""
    MergeNotice.objects.filter(account_id=account_id, seen_at=None).update(seen_at=at)


def unseen_notices(account_id: int) -> int:
    """How many notices an account has not seen."""
    return MergeNotice.objects.filter(account_id=account_id, seen_at=None).count()


def last_notice(account_id: int) -> int:
    """The id of the last notice of an account; 0 where it has none."""
    own = MergeNotice.objects.filter(account_id=account_id)
    return own.order_by("-pk").values_list("pk", flat=True).first() or 0


def notices_for(account_id: int) -> list[MergeNotice]:
    """What an account relied on and no longer holds, and what its entity became one with: unseen first, then newest."""
    return list(
        MergeNotice.objects.filter(account_id=account_id)
        .select_related("entity", "was_head")
        .order_by(F("seen_at").asc(nulls_first=True), "-at")[:200]
    )


def _alone() -> None:
    """One change of links at a time: a change may reach over many entities."""
    locks.until_committed(locks.LINKS)


def _refuse_what_cannot_be(one_id: int, other_id: int) -> None:
    kinds = Entity.objects.filter(pk__in=[one_id, other_id]).values_list("kind", flat=True)
    if one_id == other_id or len(kinds) != 2 or Entity.Kind.NATURAL_PERSON in kinds:
        raise RegistryError(
            "link.cannot_be",
            "a link ties two different entities, and natural persons are never linked",
            "关联须在两个不同主体之间，自然人不得关联",
        )


def _work_out(
    seeds: set[int], *, at: datetime, link: EntityLink | None, first: Iterable[NewEvent] = ()
) -> dict[int, int]:
    """Bring the heads of every entity that the seeds reach up to date, with events and notices."""
    members, links = _reached(seeds)
    heads = partition(members=members, links=links, codes=_codes(members))
    rows = Entity.objects.select_for_update().filter(pk__in=members).order_by("pk")
    before = {row.pk: row for row in rows}
    public = {pk: str(row.public_id) for pk, row in before.items()}
    events, left, joined = list(first), [], []
    for pk, row in before.items():
        was, now = row.head_id or pk, heads[pk]
        if was == now:
            continue
        Entity.objects.filter(pk=pk).update(head_id=None if now == pk else now)
        told = {"entity": public[pk], "link": str(link.public_id) if link else None}
        if was != pk:
            events.append(NewEvent("entity.unmerged", told | {"from": public[was]}, pk))
            left.append((pk, was))
        if now != pk:
            events.append(NewEvent("entity.merged", told | {"into": public[now]}, pk))
            joined.append((pk, now))
    _notify(left, before=before, heads=heads, at=at)
    _notify_joined(joined, heads=heads, at=at)
    append(events, at=at)
    return heads


def _reached(seeds: set[int]) -> tuple[set[int], list[Link]]:
    """Every entity that links or heads connect with the seeds, and the links that stand among them."""
    members: set[int] = set()
    edge = set(seeds)
    while edge:
        members |= edge
        found = EntityLink.objects.filter(same=True, withdrawn_at=None).filter(
            Q(one_id__in=edge) | Q(other_id__in=edge)
        )
        reached = {pk for pair in found.values_list("one_id", "other_id") for pk in pair}
        heads = Entity.objects.filter(pk__in=edge).values_list(Coalesce("head_id", "pk"), flat=True)
        mates = Entity.objects.filter(Q(pk__in=list(heads)) | Q(head_id__in=list(heads)))
        edge = (reached | set(mates.values_list("pk", flat=True))) - members
    standing = EntityLink.objects.filter(withdrawn_at=None, one_id__in=members, other_id__in=members)
    return members, [
        Link(one, other, same=same, by="rule" if by == "rule" else "clerk")
        for one, other, same, by in standing.values_list("one_id", "other_id", "same", "by")
    ]


def _codes(members: Collection[int]) -> dict[int, frozenset[tuple[str, str]]]:
    found: dict[int, frozenset[tuple[str, str]]] = {}
    current = Identifier.objects.filter(entity_id__in=members, scheme__in=_DECISIVE, until=None)
    for pk, scheme, value in current.values_list("entity_id", "scheme", "value"):
        found[pk] = found.get(pk, frozenset()) | {(scheme, value)}
    return found


def _notify(
    left: list[tuple[int, int]], *, before: dict[int, Entity], heads: dict[int, int], at: datetime
) -> None:
    """A notice for every account that read the old whole, and for those of the entities themselves."""
    for pk, was in left:
        whole = [other for other, row in before.items() if (row.head_id or other) == was]
        readers = Reading.objects.filter(entity_id__in=whole).values_list("reader_id", flat=True)
        own = Account.objects.filter(entity_id__in=whole).values_list("pk", flat=True)
        MergeNotice.objects.bulk_create(
            MergeNotice(entity_id=pk, was_head_id=was, account_id=account, at=at)
            for account in sorted({*readers, *own})
        )


def _notify_joined(joined: list[tuple[int, int]], *, heads: dict[int, int], at: datetime) -> None:
    """A notice for every account of the entities that are one from now on."""
    for pk, now in joined:
        whole = [other for other, head in heads.items() if head == now]
        own = Account.objects.filter(entity_id__in=whole).order_by("pk").values_list("pk", flat=True)
        MergeNotice.objects.bulk_create(
            MergeNotice(entity_id=pk, was_head_id=now, account_id=account, now_one=True, at=at)
            for account in own
        )
