"""The firewall measured: 10,000 reformatted re-reports of removed records, and 10,000 other findings beside them."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import date

import pytest
from django.db import transaction

from goodstanding.registry import removals
from goodstanding.registry.models import Entity, Record
from goodstanding.registry.reported import Outcome, ReportedRecord

from .factories import AT, make_authority, make_entity, reported, take_in
from .mutations import Said, different, finding, merged, mutated

pytestmark = pytest.mark.usefixtures("database")

ENTITIES, PER_ENTITY, TRIES = 200, 4, 10_000
TODAY = date(2026, 6, 1)


class City:
    """Entities with removed records, and senders."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.bureau = make_authority()
        self.others = [
            make_authority(name) for name in ("临湖市综合行政执法局", "省信用中心", "湖滨区城市管理局")
        ]
        self.entities = [make_entity(f"临湖市第{n}商贸有限公司") for n in range(ENTITIES)]
        self.numbers = iter(range(1, 1_000_000))
        self.removed = [
            [finding(chance, next(self.numbers)) for _ in range(PER_ENTITY)] for _ in self.entities
        ]
        rows = [
            self.row(entity, said, sender=self.bureau.pk)
            for entity, mine in zip(self.entities, self.removed, strict=True)
            for said in mine
        ]
        taken = take_in(*rows, today=TODAY)
        assert {outcome.disposition for outcome in taken} == {"committed"}
        records = list(Record.objects.select_related("entity", "authority", "source").order_by("pk"))
        with transaction.atomic():
            removals.withdraw_all(records, at=AT, removed_by=None)

    def row(self, entity: Entity, said: Said, *, sender: int) -> ReportedRecord:
        public = dict(said.columns) | {"MC": entity.name, "WSH": said.document, "JG": self.bureau.name_zh}
        key = f"{sender} {said} {next(self.numbers)}"
        return reported(
            entity,
            self.bureau,
            public=public,
            document_no=said.document,
            found_on=said.found_on,
            amount_yuan=said.amount,
            authority_id=sender,
            source_id=sender,
            row=next(self.numbers),
            natural_key=hashlib.sha256(key.encode()).digest(),
            content_digest=hashlib.sha256(repr(public).encode()).digest(),
        )

    def sender(self) -> int:
        return self.chance.choice([self.bureau, *self.others]).pk


def try_in(rows: list[ReportedRecord]) -> list[Outcome]:
    """What each row would come to beside what was removed, each alone: nothing of it stays."""
    outcomes: list[Outcome] = []
    for at in range(0, len(rows), 2_500):
        with transaction.atomic():
            outcomes += take_in(*rows[at : at + 2_500], today=TODAY)
            transaction.set_rollback(True)
    return outcomes


def test_no_reformatted_record_gets_in_and_hardly_another_finding_is_stopped() -> None:
    chance = random.Random(20261122)
    city = City(chance)
    rows, other, shapes = [], [], []
    for _ in range(TRIES):
        place = chance.randrange(ENTITIES)
        mine = city.removed[place]
        said = chance.choice(mine)
        shape = merged(chance, *chance.sample(mine, 2)) if chance.random() < 0.1 else mutated(chance, said)
        shapes.append((said, shape))
        rows.append(city.row(city.entities[place], shape, sender=city.sender()))
        number = next(city.numbers)
        other.append(city.row(city.entities[place], different(chance, said, number), sender=city.sender()))
    outcomes = try_in(rows)
    seen = Counter(outcome.code or outcome.disposition for outcome in outcomes)
    silent = [shapes[at] for at, outcome in enumerate(outcomes) if outcome.disposition != "refused"]
    stopped = Counter(outcome.code for outcome in try_in(other) if outcome.disposition == "refused")
    print(f"\n{TRIES:,} re-reports: {dict(seen)}; {TRIES:,} other findings: stopped {dict(stopped)}")
    assert not silent, silent[:5]
    assert stopped["tombstone.withdrawn"] == 0, "none is refused"
    assert stopped.total() < TRIES // 1_000, "under 0.1 % wait for the operator"
