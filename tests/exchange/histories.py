"""Random histories of a registry, and what a recipient must hold of them, recomputed plainly from the journal."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.queries import scope_for
from goodstanding.proof.set_digest import BUCKETS, SetDigest, bucket_of, set_element, sum_of
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, statements
from goodstanding.registry.models import Authority, Entity, Event, Record

from ..registry.factories import make_authority, make_entity, reported
from .stage import live_record, live_take_in, now, today

PLACES = ["330106", "330199", "330206", "110101", "440300", "330100", ""]
KINDS = ["penalty", "permit", "abnormal_list"]


@dataclass
class History:
    """A registry to which something happens, the same seed giving the same."""

    chance: random.Random
    entities: list[Entity] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.authority: Authority = make_authority()
        for number in range(8):
            kind = "natural_person" if number == 0 else "organisation"
            entity = make_entity(f"临湖{number}号公司", kind=kind, division=self.chance.choice(PLACES))
            self.codes[entity.pk] = entity.identifiers.get(scheme="uscc").value
            self.entities.append(entity)

    def happen(self, times: int) -> None:
        """Let so many things happen."""
        for _ in range(times):
            step = self.chance.choice([self.report, self.report, self.change, self.change, self.move])
            step()

    def report(self) -> None:
        """A record comes in; sometimes its publication begins tomorrow, sometimes it is not published at all."""
        more = {"publish_from": today() + timedelta(days=1)} if self.chance.random() < 0.1 else {}
        if self.chance.random() < 0.1:
            more |= {"published": False, "publish_from": None, "publish_until": None}
        kind = self.chance.choice(KINDS)
        live_record(self.chance.choice(self.entities), self.authority, kind=kind, **more)

    def change(self) -> None:
        """Something happens to a record, where there is one to which it may."""
        record = self._one()
        if record is None:
            return
        given = {"record_id": record.pk, "at": now()}
        if record.state == "shielded":
            decisions.unshield(account_id=None, **given)
            return
        what = self.chance.choice(["restore", "withdraw", "dispute", "state", "shield", "supersede"])
        if what == "dispute":
            registry.mark_disputed(disputed=not record.disputed, **given)
        elif what == "withdraw":
            registry.withdraw(**given)
        elif what == "supersede":
            self._supersede(record)
        elif record.adverse and what == "restore":
            registry.restore(**given)
        elif record.adverse and what == "shield":
            decisions.shield(statement="重整计划执行期间暂停公示", account_id=None, **given)
        elif record.adverse:
            statements.attach_statement(text=f"statement {self.chance.random()}", account_id=None, **given)

    def move(self) -> None:
        """An entity moves to another place."""
        entity = self.chance.choice(self.entities[1:])
        code = self.codes[entity.pk]
        place = self.chance.choice(PLACES)
        make_entity(entity.name, kind=entity.kind, identifiers=(("uscc", code),), division=place)

    def _one(self) -> Record | None:
        records = Record.objects.filter(state__in=["published", "shielded"]).order_by("pk")
        count = records.count()
        return records[self.chance.randrange(count)] if count else None

    def _supersede(self, record: Record) -> None:
        more = {
            "kind": record.kind,
            "natural_key": bytes(record.natural_key),
            "public": {"word": self.chance.random().hex()},
            "publish_from": record.publish_from,
            "publish_until": record.publish_until,
        }
        live_take_in(reported(record.entity, self.authority, **more))


@dataclass(frozen=True)
class Plain:
    """A set as plain Python has it: the elements by the record's public id."""

    elements: dict[uuid.UUID, bytes]

    @property
    def digest(self) -> bytes:
        made = SetDigest()
        for element in self.elements.values():
            made.add(element)
        return made.fingerprint()

    @property
    def sums(self) -> list[int]:
        buckets: dict[int, list[bytes]] = {}
        for record, element in self.elements.items():
            buckets.setdefault(bucket_of(record), []).append(element)
        return [sum_of(buckets.get(number, ())) for number in range(BUCKETS)]


def must_hold(subscriber: Subscriber, *, position: int) -> Plain:
    """What a subscriber must hold after the first events of the journal, read off the definition."""
    last: dict[int, Event] = {}
    for event in Event.objects.filter(kind__startswith="record.", position__lte=position).order_by(
        "position"
    ):
        if event.record_id is not None:
            last[event.record_id] = event
    scope, found = scope_for(subscriber), {}
    for record in Record.objects.select_related("entity").filter(pk__in=last):
        event, entity = last[record.pk], record.entity
        view = scope.view(kind=record.kind, item=record.item_id, division=entity.division, on=today())
        begun = (event.content.get("publish_from") or "") <= today().isoformat()
        if event.content["state"] == "published" and view and begun and entity.kind != "natural_person":
            found[record.public_id] = set_element(
                record=record.public_id, position=event.position, commitment=bytes(event.commitment)
            )
    return Plain(found)
