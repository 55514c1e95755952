"""Records that live in another instance: what its feed says of them, held here under the same id.

A record has one home, the instance that decides on it; everywhere else it is read-only (``sql/foreign.sql``). What a
neighbour's feed says is applied in its order, with an event of this journal for each change, so that our own feed
carries it on. A removal takes the content away here too and leaves the tombstone, so that the finding cannot come back
by another way. Which entity it is about is found by valid codes, never by name.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from goodstanding.identity import IdentifierError, Scheme, disagree, normalise, parse
from goodstanding.proof.set_digest import bucket_of

from . import tombstones
from .commands import RegistryError, record_event
from .entities import ReportedEntity, register
from .events import content_digest
from .journal import NewEvent, append
from .models import Authority, CatalogueItem, Entity, Event, ForeignRecord, GivenRecord, Neighbour, Record
from .removals import ERASED
from .reserved_codes import reserved

#: Schemes by which an entity is found; each leads to one entity only.
_DECISIVE = (Scheme.USCC, Scheme.LEI)
_EMPTY: dict[str, Any] = {"public": {}, "personal": {}, "law": {}}


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry of a neighbour's feed asks for: to hold ``record`` as it stands, or to drop it (None).

    ``event`` is what the neighbour's log committed to at ``position``, with ``commitment`` (32 bytes).
    """

    position: int
    event: dict[str, Any]
    record: dict[str, Any] | None
    commitment: bytes


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a record lives, the position there, and to whom it may be passed on from here."""

    origin: str
    position: int
    onward: tuple[str, ...]


@dataclass(slots=True)
class _Page:
    """What the entries of a page come to, until their events are appended together."""

    neighbour: Neighbour
    at: datetime
    events: list[NewEvent] = field(default_factory=list)
    #: The tombstones to write by record, each with the place of its event.
    graves: dict[int, tuple[tombstones.Grave, int]] = field(default_factory=dict)
    #: By record what the neighbour gives from now on; None where it took it back.
    given: dict[int, GivenRecord | None] = field(default_factory=dict)


def apply(
    told: Sequence[Told],
    *,
    neighbour: Neighbour,
    origin: str,
    onward: Callable[[dict[str, Any]], frozenset[str]],
    at: datetime,
) -> list[int]:
    """Apply what a neighbour's feed says, in its order, inside the caller's transaction.

    What is not a change any more (the same page again after a restored backup) appends nothing. A record of our own
    that came back, one that another instance gave under the same id, and one that came by another neighbour first are
    left; that the neighbour gives them is noted where the home is the same.

    Args:
        told: the entries of a page about records, in order.
        neighbour: whose feed it is, its row locked.
        origin: the name of this instance's log.
        onward: whom the agreements with the neighbour let a record (its document) be passed on to.
        at: the instant for the events here.

    Returns:
        For each entry how many copies it took away: 1 or 0.

    Raises:
        RegistryError: foreign.item, it stands under an item that has another kind here.
    """
    page = _Page(neighbour, at)
    gone = [_apply_one(entry, page, origin=origin, onward=onward) for entry in told]
    _append(page)
    _note_given(page)
    return gone


def drop(record_id: uuid.UUID, *, neighbour: Neighbour, at: datetime) -> int:
    """Hold a record no longer that a neighbour does not give any more, though its feed told of no removal.

    It belongs inside the caller's transaction, in which the neighbour's row is locked.

    Returns:
        How many copies it took away: 1, or 0 where it is not held by way of this neighbour.
    """
    page = _Page(neighbour, at)
    record = _locked().filter(public_id=record_id).first()
    if record is None:
        return 0
    page.given[record.pk] = None
    _note_given(page)
    path = ForeignRecord.objects.filter(record=record, neighbour=neighbour).first()
    if path is None or record.state != Record.State.PUBLISHED:
        return 0
    last = Event.objects.filter(record=record).order_by("-position").first()
    assert last is not None, "a foreign record is here by an event"
    said = last.content["home"]
    _be_at_home(record.home)
    copies = _take_away(record, Record.State.ENDED, beneath=None)
    page.events.append(record_event("record.ended", record, home=said | {"via": 0, "onward": []}))
    _append(page)
    return copies


def _append(page: _Page) -> None:
    if page.events:
        positions = append(page.events, at=page.at)
        graves = [grave for grave, _ in page.graves.values()]
        tombstones.bury(graves, [positions[place] for _, place in page.graves.values()])


def _note_given(page: _Page) -> None:
    """Note what the neighbour gives from now on, and forget what it took back."""
    taken = [record for record, given in page.given.items() if given is None]
    GivenRecord.objects.filter(neighbour=page.neighbour, record__in=taken).delete()
    GivenRecord.objects.bulk_create(
        [given for given in page.given.values() if given is not None],
        update_conflicts=True,
        unique_fields=["record", "neighbour"],
        update_fields=["position", "commitment"],
    )


def _locked() -> QuerySet[Record]:
    return Record.objects.select_for_update(of=("self",)).select_related("entity", "authority", "source")


def _be_at_home(origin: str) -> None:
    """Say to the database, for this transaction, that it is the feed of this home that changes its records."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('goodstanding.home', %s, true)", [origin])


def _apply_one(
    entry: Told, page: _Page, *, origin: str, onward: Callable[[dict[str, Any]], frozenset[str]]
) -> int:
    home = _home(entry, page.neighbour, onward)
    record_id = uuid.UUID(entry.event["record"])
    held = _locked().filter(public_id=record_id).first()
    path = ForeignRecord.objects.filter(record=held).first() if held is not None else None
    if (held is None and home.origin == origin) or (held and (held.home or origin) != home.origin):
        return 0
    gone = 0
    first = path is None or (path.neighbour_id == page.neighbour.pk and path.position <= entry.position)
    if home.origin != origin and first:
        _be_at_home(home.origin)
        if entry.record is not None:
            held = _hold(entry, entry.record, held, path, page, home=home)
        elif held is not None and path is not None:
            gone = _remove(entry, held, path, page, home=home)
    if held is not None:
        page.given[held.pk] = _given(entry, held, page.neighbour) if entry.record is not None else None
    return gone


def _given(entry: Told, record: Record, neighbour: Neighbour) -> GivenRecord:
    return GivenRecord(
        record=record,
        neighbour=neighbour,
        position=entry.position,
        commitment=entry.commitment,
        bucket=bucket_of(record.public_id),
    )


def _home(entry: Told, neighbour: Neighbour, onward: Callable[[dict[str, Any]], frozenset[str]]) -> _Home:
    """Where a record lives: with the neighbour, or where the neighbour's own event says that it has it from."""
    allowed = onward(entry.record) if entry.record is not None else frozenset()
    said = entry.event.get("home")
    if said is None:
        return _Home(neighbour.origin, entry.position, tuple(sorted(allowed)))
    return _Home(said["origin"], said["position"], tuple(sorted(allowed & {*said["onward"]})))


def _hold(
    entry: Told,
    document: dict[str, Any],
    held: Record | None,
    path: ForeignRecord | None,
    page: _Page,
    *,
    home: _Home,
) -> Record:
    record = held or Record(
        public_id=uuid.UUID(document["id"]), home=home.origin, natural_key=_natural_key(home, document)
    )
    before = _comparable(record) if held is not None else None
    _read(document, record, entity=_entity(document["entity"], page))
    if held is not None and held.state in tombstones.REMOVED:
        tombstones.lift([held.pk])
        page.graves.pop(held.pk, None)
    record.state, record.beneath = Record.State.PUBLISHED, None
    changed = before != _comparable(record)
    if changed:
        record.save()
        kind = entry.event["kind"] if held is not None else "record.committed"
        page.events.append(record_event(kind, record, home=_said(home, entry)))
    if path is None:
        path = ForeignRecord(record=record, neighbour=page.neighbour)
    path.position, path.onward = entry.position, list(home.onward)
    path.passed_on = sorted({*path.passed_on, *home.onward})
    path.save()
    return record


def _remove(entry: Told, record: Record, path: ForeignRecord, page: _Page, *, home: _Home) -> int:
    """Take a record's content away and give it the state that it has at home."""
    state = entry.event["state"]
    if state == Record.State.PUBLISHED:  # it stays published there, outside of what the agreements cover
        state = Record.State.ENDED
    path.position = entry.position
    path.save(update_fields=["position"])
    if record.state == state:
        return 0
    if state in tombstones.REMOVED and record.state not in tombstones.REMOVED:
        (grave,) = tombstones.dig([record])
        page.graves[record.pk] = grave, len(page.events)
    beneath = entry.event.get("beneath") if state == Record.State.SHIELDED else None
    copies = _take_away(record, state, beneath=beneath)
    page.events.append(record_event(entry.event["kind"], record, home=_said(home, entry)))
    return copies


def _take_away(record: Record, state: str, *, beneath: str | None) -> int:
    """Erase a record's content and give it a state. Returns how many copies went: 1 or 0."""
    copies = int(record.content != _EMPTY)
    record.state, record.beneath = state, beneath
    record.disputed, record.statement = False, None
    record.content, record.measures, record.amount_yuan = _EMPTY, [], None
    record.document_no, record.legal_basis = "", ERASED
    record.content_digest = content_digest(record.content, secret=settings.PERSON_SECRET)
    record.save()
    return copies


def _said(home: _Home, entry: Told) -> dict[str, Any]:
    """What our event says of the home; ``via`` is the position in the neighbour's journal."""
    return {
        "origin": home.origin,
        "position": home.position,
        "via": entry.position,
        "onward": list(home.onward),
    }


def _natural_key(home: _Home, document: dict[str, Any]) -> bytes:
    """No finding that is reported here has this key: the same finding from two homes is two records."""
    return hashlib.sha256(f"goodstanding/foreign\n{home.origin}\n{document['id']}".encode()).digest()


def _read(document: dict[str, Any], record: Record, *, entity: Entity) -> None:
    """Put what a document says into a record."""
    item, _ = CatalogueItem.objects.get_or_create(code=document["item"], defaults={"kind": document["kind"]})
    if item.kind != document["kind"]:
        raise RegistryError(
            "foreign.item",
            f"item {item.code} of the catalogue is {item.kind} here and {document['kind']} where the record lives",
            f"目录事项 {item.code} 在本平台为 {item.kind}，在归属平台为 {document['kind']}",
        )
    record.kind, record.item, record.entity = document["kind"], item, entity
    record.authority, record.source = _authority(document["authority"]), _authority(document["source"])
    for name in (
        "contract",
        "document_no",
        "legal_basis",
        "measures",
        "pack",
        "severity",
        "restorable",
        "disputed",
        "version",
        "statement",
    ):
        setattr(record, name, document[name])
    for name in ("found_on", "publish_from", "restorable_from", "publish_until"):
        setattr(record, name, date.fromisoformat(document[name]) if document[name] else None)
    record.amount_yuan = None if document["amount_yuan"] is None else Decimal(document["amount_yuan"])
    record.content = _EMPTY | {"public": document["content"]}
    record.content_digest = content_digest(record.content, secret=settings.PERSON_SECRET)


def _comparable(record: Record) -> dict[str, Any]:
    """All columns of a record."""
    values = {column.attname: getattr(record, column.attname) for column in Record._meta.concrete_fields}
    return values | {name: bytes(values[name]) for name in ("natural_key", "content_digest") if values[name]}


def _authority(document: dict[str, str]) -> Authority:
    names = {"name_zh": document["name_zh"], "name_en": document["name_en"]}
    authority, _ = Authority.objects.get_or_create(code=document["code"], defaults=names)
    return authority


def _entity(document: dict[str, Any], page: _Page) -> Entity:
    """The entity under one of the valid codes; else one of its own, known by the id that it has with the neighbour.

    Where the name here disagrees with the name there, the two are left apart; a clerk may say that they are one.
    """
    codes = [code for code in map(_code, document["identifiers"]) if code is not None]
    codes = [code for code in codes if code not in reserved(codes)]
    decisive = [(scheme, value) for scheme, value in codes if scheme in _DECISIVE]
    own = ("name_at_source", f"{page.neighbour.origin} {document['id']}")
    for scheme, value in (*decisive, own):
        found = Entity.objects.filter(identifiers__scheme=scheme, identifiers__value=value).first()
        if found is None:
            continue
        if (scheme, value) == own or _agree(found, document):
            return found
        decisive, codes = [], []
    name = document["name"]
    row = ReportedEntity(
        row=0,
        identifiers=(*decisive, *(code for code in codes if code not in decisive)) if decisive else (own,),
        kind=document["kind"],
        name=name,
        name_key=normalise(name) or name,
        division=document["division"],
        known_by_name_only=not decisive,
    )
    (made,) = register([row], at=page.at, later=page.events)
    assert made.record_id is not None
    return Entity.objects.get(pk=made.record_id)


def _agree(entity: Entity, document: dict[str, Any]) -> bool:
    """Whether the names may be those of one entity; a masked name says nothing."""
    if document["kind"] != Entity.Kind.ORGANISATION or not normalise(document["name"]):
        return True
    return document["name"] in entity.former_names or not disagree(entity.name, document["name"])


def _code(document: dict[str, str]) -> tuple[str, str] | None:
    """A code whose check characters are right."""
    if document["scheme"] not in {*Scheme} or Scheme(document["scheme"]).is_person:
        return None
    try:
        found = parse(document["value"], scheme=Scheme(document["scheme"]))
    except IdentifierError:
        return None
    return str(found.scheme), found.value
