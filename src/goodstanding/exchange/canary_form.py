"""What a canary looks like: a fine or an entry on a list like those that the recipient gets, of a firm that does not
exist.

Its form is taken from a real record within the recipient's agreement: the same item, authority, columns and window.
What tells whom and what it is about is made anew: a name whose trade name no entity here has, a code with good check
characters that nobody has, a number that no document has, and facts that say no more than the kind of offence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from itertools import takewhile
from operator import or_
from random import SystemRandom
from typing import Final

from django.db.models import Q

from goodstanding.identity import (
    disagree,
    is_uscc,
    normalise,
    org_code_from,
    organisation_code_of,
    registration_no_from,
    uscc_from_parts,
)
from goodstanding.registry.models import Entity, Identifier, Record
from goodstanding.registry.queries import public_on, search_entities
from goodstanding.world import words

from .canary_tables import Canary


@dataclass(frozen=True, slots=True)
class Form:
    """Of what real records a canary may be made, by the columns of their contract.

    ``wanted``: what else they have in common. ``kept``: columns that say nothing of whom a record is about; all others
    are made anew or left out. ``reason``: the column that says what for. ``own``: the columns that are made anew, by
    what is put there.
    """

    kind: str
    wanted: Q
    kept: frozenset[str]
    reason: str
    own: Mapping[str, str]


_FORMS: Final = {
    form.kind: form
    for form in (
        Form(
            Record.Kind.PENALTY,
            Q(measures=["fine"]),
            frozenset(
                (
                    *("CF_XDR_LB", "CF_WFXW", "CF_YJ", "CF_CFLB", "CF_NR", "CF_NR_FK", "CF_JDRQ", "CF_YXQ"),
                    *("CF_GSJZQ", "CF_CFJG", "CF_CFJGDM", "CF_SJLY", "CF_SJLYDM"),
                )
            ),
            "CF_WFXW",
            {"CF_XDR_MC": "name", "CF_XDR_SHXYM": "uscc", "CF_WSH": "document_no", "CF_SY": "facts"},
        ),
        Form(
            Record.Kind.ABNORMAL_LIST,
            Q(),
            frozenset(("LRSY", "LRYJ", "LRRQ", "JDJG", "JDJGDM")),
            "LRSY",
            {"MC": "name", "TYSHXYDM": "uscc", "ZCH": "registration_no", "JDWSH": "document_no"},
        ),
    )
}
#: The longest kind of offence that is taken over; a longer one may tell of the real case.
_SHORT: Final = 40
#: Days that a canary has still to be published at the least.
_LASTS: Final = timedelta(days=30)
_CODE_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LAST_NUMBER: Final = re.compile(r"\d+(?=\D*$)")
_chance: Final = SystemRandom()


def siblings(*, on: date) -> Iterator[Record]:
    """Real records, newest first, whose form a canary may take."""
    wanted = [Q(kind=form.kind) & form.wanted for form in _FORMS.values()]
    found = (
        Record.objects.filter(
            public_on(on),
            reduce(or_, wanted),
            home="",
            disputed=False,
            statement__isnull=True,
            publish_until__gt=on + _LASTS,
            entity__kind=Entity.Kind.ORGANISATION,
        )
        .select_related("entity", "authority")
        .prefetch_related("entity__identifiers")
        .order_by("-pk")
    )
    for record in found[:1_000]:
        reason = record.content["public"].get(_FORMS[record.kind].reason, "")
        numbered = _LAST_NUMBER.search(record.document_no)
        if _code(record) and numbered and len(reason) <= _SHORT and record.entity.name not in reason:
            yield record


def made_like(record: Record) -> Canary:
    """A canary like a real record, not saved: its name, code and number, and its document."""
    name, identifiers = _name(record), _identifiers(record)
    number = _number(record)
    form, real = _FORMS[record.kind], record.content["public"]
    new = {
        **dict(identifiers),
        "name": name,
        "document_no": number,
        "facts": f"当事人存在{real.get(form.reason, '违法')}行为，事实清楚，证据确凿",
    }
    own = {column: new[put] for column, put in form.own.items() if put in new}
    public = {key: own.get(key, value) for key, value in real.items() if key in own or key in form.kept}
    plain = ("kind", "contract", "legal_basis", "pack", "severity", "restorable", "item_id")
    document = {
        **{field: getattr(record, field) for field in plain},
        **{field: _day(getattr(record, field)) for field in _DAYS},
        "authority": record.authority_id,
        "source": record.source_id,
        "division": record.entity.division,
        "identifiers": [list(pair) for pair in identifiers],
        "measures": list(record.measures),
        "amount_yuan": None if record.amount_yuan is None else str(record.amount_yuan),
        "content": {"public": public, "personal": {}},
    }
    assert record.publish_until is not None
    return Canary(
        name=name,
        code=dict(identifiers)["uscc"],
        document_no=number,
        document=document,
        publish_until=record.publish_until,
    )


_DAYS: Final = ("found_on", "publish_from", "restorable_from", "publish_until")


def as_record(canary: Canary) -> Record:
    """A canary as the feed reads a record: in memory only, under a number that no record of the registry has."""
    said = canary.document
    entity = Entity(
        pk=-canary.pk,
        public_id=canary.entity_id,
        kind=Entity.Kind.ORGANISATION,
        name=canary.name,
        name_key=normalise(canary.name),
        division=said["division"],
    )
    known = [Identifier(entity=entity, scheme=scheme, value=value) for scheme, value in said["identifiers"]]
    entity._prefetched_objects_cache = {"identifiers": known}  # type: ignore[attr-defined]
    return Record(
        pk=-canary.pk,
        public_id=canary.record_id,
        entity=entity,
        document_no=canary.document_no,
        authority_id=said["authority"],
        source_id=said["source"],
        measures=said["measures"],
        amount_yuan=None if said["amount_yuan"] is None else Decimal(said["amount_yuan"]),
        content=said["content"],
        state=canary.removed_as or Record.State.PUBLISHED,
        **{
            name: said[name]
            for name in ("kind", "contract", "legal_basis", "pack", "severity", "restorable", "item_id")
        },
        **{name: said[name] and date.fromisoformat(said[name]) for name in _DAYS},
    )


def _code(record: Record) -> str:
    current = [i.value for i in record.entity.identifiers.all() if i.scheme == "uscc" and i.until is None]
    return current[0] if current and is_uscc(current[0]) else ""


def _name(record: Record) -> str:
    """A firm's name in the place where the authority is, and like no name here."""
    pairs = zip(record.entity.name, record.authority.name_zh, strict=False)
    place = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    while True:
        trade = "".join(character for character, _ in _chance.sample(words.TRADE_CHARACTERS, 3))
        industry, _ = _chance.choice(words.INDUSTRIES)
        name = f"{place}{trade}{industry}有限公司"
        if Entity.objects.filter(name_key__contains=normalise(trade)).exists():
            continue
        near = Entity.objects.filter(pk__in=search_entities(name, limit=20)).values_list("name", flat=True)
        if all(disagree(other, name) for other in near) and not Canary.objects.filter(name=name).exists():
            return name


def _identifiers(record: Record) -> list[tuple[str, str]]:
    """Codes of the schemes by which the real firm is known."""
    real = _code(record)
    body = "MA" + "".join(_chance.choice(_CODE_CHARACTERS) for _ in range(6))
    code = uscc_from_parts(prefix2=real[:2], region6=real[2:8], org_code9=org_code_from(body))
    digits = real[2:8] + "".join(_chance.choice("0123456789") for _ in range(8))
    schemes = {i.scheme for i in record.entity.identifiers.all() if i.until is None}
    found = [("uscc", code)]
    if "org_code" in schemes:
        found.append(("org_code", organisation_code_of(code)))
    if "registration_no" in schemes:
        found.append(("registration_no", registration_no_from(digits)))
    return found


def _number(record: Record) -> str:
    """A document number of the same body and year that no record has."""
    while True:
        number = _LAST_NUMBER.sub(
            lambda held: "".join(_chance.choice("123456789") for _ in range(max(4, len(held[0])))),
            record.document_no,
        )
        taken = Record.objects.filter(document_no=number).exists()
        if not taken and not Canary.objects.filter(document_no=number).exists():
            return number


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
