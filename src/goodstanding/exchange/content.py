"""A record as it may leave the registry: its public part, an individual business's name masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from goodstanding.identity import mask_person
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Entity, Identifier, Record
from goodstanding.registry.queries import shown_name

from .scope import View

#: What stands where an agreement masks something.
MASKED = "＊"


def public_content(record: Record, actor: Actor) -> dict[str, Any]:
    """The public part of what was reported. Where the reader sees the entity's name masked, it is masked here too.

    Args:
        record: with its entity loaded.
        actor: the reader.

    Returns:
        A copy of ``content["public"]``; never anything of ``content["personal"]``.
    """
    names = hidden_names(record.entity, actor)
    content: dict[str, Any] = mask(record.content.get("public", {}), names)
    return content


def record_document(record: Record, actor: Actor, *, entity: dict[str, Any] | None = None) -> dict[str, Any]:
    """A record as JSON: who said what of whom, on which ground, until when.

    Args:
        record: with entity, authority and source loaded, and the entity's identifiers unless ``entity`` is given.
        actor: the reader.
        entity: the entity's document, where it is at hand already.
    """
    names = hidden_names(record.entity, actor)
    return {
        "id": str(record.public_id),
        "kind": record.kind,
        "item": record.item_id,
        "state": str(record.state),
        "version": record.version,
        "disputed": record.disputed,
        "entity": entity
        or entity_document(record.entity, actor, identifiers=record.entity.identifiers.all()),
        "authority": _authority(record.authority),
        "source": _authority(record.source),
        "contract": record.contract,
        "document_no": mask(record.document_no, names),
        "legal_basis": mask(record.legal_basis, names),
        "found_on": record.found_on.isoformat(),
        "measures": list(record.measures),
        "amount_yuan": None if record.amount_yuan is None else str(record.amount_yuan),
        "pack": record.pack,
        "severity": record.severity,
        "publish_from": _day(record.publish_from),
        "publish_until": _day(record.publish_until),
        "restorable": record.restorable,
        "restorable_from": _day(record.restorable_from),
        "content": public_content(record, actor),
        "statement": shown_statement(record, actor),
    }


def agreed_document(record: Record, actor: Actor, *, view: View) -> dict[str, Any]:
    """A record as the agreements of a subscriber show it: fields that none of them has are left out, and what all of
    them mask is masked. Where something may be missing or masked, ``narrowed`` says so.

    Args:
        record: with entity, the entity's identifiers, authority and source loaded.
        actor: the subscriber.
        view: what its agreements show of the record.
    """
    document = record_document(record, actor) | {"item": record.item_id}
    if view.whole:
        return document
    content: dict[str, Any] = {}
    for field, value in document["content"].items():
        masks = view.masks_of(field)
        if masks is not None:
            content[field] = mask(value, _masked_words(record, masks))
    words = _masked_words(record, view.masks)
    spoken = {
        name: mask(document[name], words) for name in ("document_no", "legal_basis", "measures", "statement")
    }
    entity = dict(document["entity"])
    if "name" in view.masks:
        entity["name"] = MASKED
    if "identifiers" in view.masks:
        entity["identifiers"] = []
    return document | spoken | {"entity": entity, "content": content, "narrowed": True}


def _masked_words(record: Record, masks: frozenset[str]) -> dict[str, str]:
    """The words that masks hide wherever they occur, the longest first."""
    entity = record.entity
    words: list[str] = []
    if "name" in masks:
        shown = (mask_person(name) for name in (entity.name, *entity.former_names))
        words += [entity.name, *entity.former_names, *shown]
    if "identifiers" in masks:
        words += [identifier.value for identifier in entity.identifiers.all()]
    if "documentNo" in masks:
        words.append(record.document_no)
    return {word: MASKED for word in sorted(words, key=len, reverse=True) if word}


def shown_statement(record: Record, actor: Actor) -> dict[str, Any] | None:
    """The statement attached to a record (text, at, position), with the name masked as in the content."""
    statement: dict[str, Any] | None = mask(record.statement, hidden_names(record.entity, actor))
    return statement


def entity_document(entity: Entity, actor: Actor, *, identifiers: Iterable[Identifier]) -> dict[str, Any]:
    """An entity as JSON: public id, kind, name as the reader may see it, division and public codes."""
    return {
        "id": str(entity.public_id),
        "kind": entity.kind,
        "name": shown_name(entity, actor),
        "division": entity.division,
        "identifiers": [
            {"scheme": identifier.scheme, "value": identifier.value}
            for identifier in identifiers
            if identifier.scheme not in ("person_key", "name_at_source")
        ],
    }


def hidden_names(entity: Entity, actor: Actor) -> dict[str, str]:
    """The names of an entity that the actor may not read, each with what stands in its place."""
    shown = shown_name(entity, actor)
    if shown == entity.name:
        return {}
    return {name: shown for name in (entity.name, *entity.former_names) if name}


def mask(value: Any, names: dict[str, str]) -> Any:
    """A copy of a JSON value with every occurrence of the names replaced."""
    if not names:
        return value
    if isinstance(value, str):
        for name, shown in names.items():
            value = value.replace(name, shown)
        return value
    if isinstance(value, dict):
        return {mask(key, names): mask(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [mask(item, names) for item in value]
    return value


def _authority(authority: Any) -> dict[str, str]:
    return {"code": authority.code, "name_zh": authority.name_zh, "name_en": authority.name_en}


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
