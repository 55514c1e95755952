"""Cases of a whole city, opened for its records and walked to their ends by whoever may, as chance has it."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from goodstanding.casework import commands, objections, queries
from goodstanding.casework.bars import may_reopen
from goodstanding.casework.chart import Event, chart_of
from goodstanding.casework.clocks import pause_grounds
from goodstanding.casework.eligibility import pack_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import FINAL, Case
from goodstanding.casework.remedies import may_appeal
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account, Authority, Entity, Record

from .stories import REASONS, proof

#: After so many steps people only take those that end a case, where there is one.
PATIENCE = 7


@dataclass
class City:
    """The people of a city on one day."""

    chance: random.Random
    at: datetime
    today: date
    officers: dict[int, list[Actor]] = field(default_factory=dict)
    entities: dict[int, Actor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for authority in Authority.objects.order_by("pk"):
            given = {"role": "authority", "authority": authority}
            self.officers[authority.pk] = [self._account(**given) for _ in range(3)]
        self.operator = self._account(role="operator")

    def _account(self, **more: Any) -> Actor:
        name = f"walker-{uuid.UUID(int=self.chance.getrandbits(128))}"
        return actor_of(registry.create_account(username=name, password=None, **more))

    def entity(self, entity: Entity) -> Actor:
        """The account of an entity, made when it is first needed."""
        if entity.pk not in self.entities:
            self.entities[entity.pk] = self._account(role=Account.Role.ENTITY, entity=entity)
        return self.entities[entity.pk]

    def live(self, *, records: int) -> None:
        """Open a case for each of so many records and walk it, and what follows from it, to the end."""
        held = Record.objects.filter(
            kind__in=Record.ADVERSE, state="published", entity__kind=Entity.Kind.ORGANISATION
        )
        for record in held.select_related("entity").order_by("pk")[:records]:
            case = self._opened(record)
            while case is not None:
                self._walk(case)
                case = self._followed(case)

    def _opened(self, record: Record) -> Case | None:
        firm, doing = self.entity(record.entity), self.chance.random()
        common: dict[str, Any] = {"key": uuid.uuid4(), "at": self.at, "today": self.today}
        words = "该决定书所载内容有误，请予核查更正。"
        try:
            if doing < 0.5:
                performed = min(max(record.found_on, record.restorable_from or record.found_on), self.today)
                handed: dict[str, Any] = {"commitment_name": "王建国", "statement": words}
                made = commands.apply(
                    actor=firm,
                    records=[record.public_id],
                    performed_on=performed,
                    evidence=[proof()],
                    **handed,
                    **common,
                )
                return made.cases.get()
            if doing < 0.65:
                grounds = self.chance.choice(chart_of("objection").grounds).code
                more: dict[str, Any] = {"grounds": grounds, "statement": words}
                return objections.object_to(actor=firm, record=record.public_id, **more, **common)
            if doing < 0.85:
                asked = commands.ask_shield(actor=firm, records=[record.public_id], statement=words, **common)
                return asked.cases.get()
            return commands.find(record=record, at=self.at, today=self.today)
        except CaseworkError:
            return None  # what the law does not allow is refused, and the city goes on

    def _followed(self, case: Case) -> Case | None:
        """An appeal against a case that ended badly, or a reopening of one that ended well; None for the most."""
        case.refresh_from_db()
        common: dict[str, Any] = {"key": uuid.uuid4(), "at": self.at, "today": self.today}
        firm, officer = self.entity(case.entity), self.officers[case.authority_id][0]
        if may_appeal(firm, case, on=self.today) and self.chance.random() < 0.6:
            words = "缴款凭证已随申请提交，决定未予考虑。"
            more: dict[str, Any] = {"grounds": "facts_overlooked", "statement": words}
            return commands.appeal(actor=firm, case=case.public_id, **more, **common)
        if may_reopen(officer, case) and self.chance.random() < 0.4:
            more = {"reasons": "经核查，所提交的缴款凭证系伪造。", "document": "临市监核〔2026〕2号"}
            return commands.reopen(actor=officer, case=case.public_id, **more, **common)
        return Case.objects.filter(about=case, ended_at__isnull=True).first()

    def _walk(self, case: Case) -> None:
        for number in range(100):
            case = Case.objects.get(pk=case.pk)
            if not case.is_open:
                return
            offers = [(actor, event) for actor in self._people(case) for event in self._moves(actor, case)]
            ends = [offer for offer in offers if offer[1].to in FINAL]
            actor, event = self.chance.choice(ends if ends and number > PATIENCE else offers)
            self._take(actor, event, case)
        raise AssertionError(f"{case.kind} never ends")

    def _moves(self, actor: Actor, case: Case) -> tuple[Event, ...]:
        return queries.moves_for(actor, case, on=self.today)

    def _people(self, case: Case) -> list[Actor]:
        """Whoever has to do with a case."""
        bodies = {case.authority_id, *case.bodies.values_list("authority_id", flat=True)}
        return [self.entity(case.entity), self.operator, *(a for pk in bodies for a in self.officers[pk])]

    def _take(self, actor: Actor, event: Event, case: Case) -> None:
        chance = self.chance
        known: dict[str, Any] = {
            "document": lambda: "临市监核〔2026〕1号",
            "sanction": lambda: chance.choice(pack_of(case.record).sanctions).code,
            "ground": lambda: chance.choice(pause_grounds(case)).code,
            "officer": lambda: chance.choice(queries.officers_of(case)),
            "authority": lambda: chance.choice(list(queries.other_authorities(case))).code,
            "correction": lambda: {item["field"]: item["new"] for item in case.application.claim},
        }
        commands.move(
            event.code,
            actor=actor,
            case=case,
            at=self.at,
            today=self.today,
            reasons=REASONS if event.reasons == "required" else "",
            given={need: known[need]() for need in event.needs},
        )
