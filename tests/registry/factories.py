"""Makers of registry rows for tests, through the registry's own commands."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from goodstanding.identity import normalise, org_code_from, uscc_from_parts
from goodstanding.registry import commands, entities, records
from goodstanding.registry.events import content_digest
from goodstanding.registry.models import Authority, Entity, Record
from goodstanding.registry.reported import Outcome, ReportedRecord

AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 6, 1)
#: A national item of the catalogue for each kind of record.
ITEMS = {
    "penalty": "penalty",
    "permit": "permit",
    "commitment": "commitment",
    "abnormal_list": "abnormal-list",
    "serious_list": "serious-list",
    "other": "other-dishonesty",
    "fact": "utility-payment",
}
_numbers = itertools.count(1)


def uscc(number: int | None = None) -> str:
    """A valid unified social credit code of a fictional region."""
    number = next(_numbers) if number is None else number
    return uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from(f"MA{number:06d}"))


def make_authority(name: str = "临湖市市场监督管理局", **more: str) -> Authority:
    code = more.pop("code", None) or uscc_from_parts(
        prefix2="11", region6="980100", org_code9=org_code_from(f"{next(_numbers):08d}")
    )
    return commands.create_authority(code=code, name_zh=name, name_en=more.get("name_en", "Linhu AMR"))


def make_entity(name: str = "临湖市天成商贸有限公司", *, kind: str = "organisation", **more: Any) -> Entity:
    identifiers = more.pop("identifiers", None) or (("uscc", uscc()),)
    row = entities.ReportedEntity(
        row=1, identifiers=identifiers, kind=kind, name=name, name_key=normalise(name), **more
    )
    with transaction.atomic():
        (outcome,) = entities.register([row], at=AT)
    return Entity.objects.get(pk=outcome.record_id)


def far_apart(number: int) -> str:
    """A number of eight digits, at least two of which differ from those of the thousand numbers around it.

    A new record whose number is one slip away from a removed one's is stopped at the door, as it must be.
    """
    return f"{number * 7919 % 100_003:05}{number % 1000:03}"


def reported(entity: Entity, authority: Authority, **more: Any) -> ReportedRecord:
    """A reported penalty: ordinary, published from 2026-05-01 to 2027-05-01 unless said otherwise."""
    number = more.pop("number", None) or far_apart(next(_numbers))
    public = more.pop("public", {"CF_WFXW": "超范围经营", "number": number})
    content = {"public": public, "personal": more.pop("personal", {})}
    values: dict[str, Any] = {
        "row": 1,
        "kind": "penalty",
        "entity_id": entity.pk,
        "entity_public_id": entity.public_id,
        "authority_id": authority.pk,
        "source_id": authority.pk,
        "contract": "double-publicity-penalties@1.0.0",
        "document_no": f"临市监罚〔2026〕{number}号",
        "natural_key": hashlib.sha256(f"penalty {authority.code} {number}".encode()).digest(),
        "content_digest": content_digest(content, secret=settings.PERSON_SECRET),
        "content": content,
        "legal_basis": "《中华人民共和国市场主体登记管理条例》第四十六条",
        "found_on": date(2026, 5, 1),
        "measures": ("fine",),
        "amount_yuan": None,
        "pack": "cn-ndrc-36-2025",
        "severity": "ordinary",
        "published": True,
        "publish_from": date(2026, 5, 1),
        "restorable_from": date(2026, 8, 1),
        "publish_until": date(2027, 5, 1),
        "restorable": True,
    }
    values |= more
    values.setdefault("item", ITEMS.get(values["kind"], "no-such-item"))
    return ReportedRecord(**values)


def take_in(*rows: ReportedRecord, today: date = TODAY) -> list[Outcome]:
    with transaction.atomic():
        return records.take_in(rows, batch=None, today=today, at=AT)


def make_record(entity: Entity, authority: Authority, **more: Any) -> Record:
    (outcome,) = take_in(reported(entity, authority, **more))
    return Record.objects.select_related("entity", "authority").get(pk=outcome.record_id)
