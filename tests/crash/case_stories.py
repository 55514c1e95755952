"""Stories that take every step of every chart, and what a town looks like after each, without the names of chance."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from goodstanding.casework import annulment, commands, mandates
from goodstanding.casework.chart import chart_of
from goodstanding.casework.clocks import pause_grounds
from goodstanding.casework.models import Application, Body, Case, Clock, Evidence, Mandate, Pause, Step
from goodstanding.registry import statements
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Event, Record

from ..casework.stories import (
    AT,
    TODAY,
    Town,
    appeal,
    apply,
    ask_shield,
    entity_actor,
    needed,
    object_to,
    proof,
    reopen,
    take,
)
from ..registry.factories import make_entity

#: Each step is "what by whom"; what opens a case is in capitals.
STORIES: Final[dict[str, str]] = {
    "one of everything, in the city": "APPLY firm, assign market_officer, ask market_officer, supply firm, "
    "accept market_officer, pause market_officer, resume market_officer, extend market_officer, "
    "consult market_officer, opine tax_officer, grant market_officer",
    "handed over": "APPLY firm, hand_over market_officer, accept tax_officer, deny tax_officer",
    "refused": "APPLY firm, refuse market_officer",
    "withdrawn": "APPLY firm, withdraw firm",
    "serious, granted": "APPLY firm, accept market_officer, propose_grant market_officer, "
    "send_back second_officer, propose_grant market_officer, confirm_grant second_officer",
    "serious, denied": "APPLY firm, accept market_officer, propose_denial market_officer, "
    "confirm_denial second_officer",
    "corrected": "OBJECT firm, assign market_officer, hand_over market_officer, hand_over tax_officer, "
    "accept market_officer, consult market_officer, opine tax_officer, propose_denial market_officer, "
    "send_back second_officer, correct second_officer",
    "objection denied": "OBJECT firm, accept market_officer, propose_denial market_officer, deny second_officer",
    "objection to a serious one, upheld": "OBJECT firm, accept market_officer, propose_grant market_officer, "
    "confirm_grant second_officer",
    "objection to a serious one, corrected": "OBJECT firm, accept market_officer, propose_correct market_officer, "
    "confirm_correct second_officer",
    "objection refused": "OBJECT firm, refuse market_officer",
    "objection withdrawn": "OBJECT firm, withdraw firm",
    "upheld while others are open": "APPLY firm, SHIELD firm, OBJECT firm, accept market_officer, grant market_officer",
    "found, then upheld": "FIND nobody, OBJECT firm, accept market_officer, grant market_officer",
    "appeal upheld": "APPLY firm, refuse market_officer, APPEAL firm, state market_officer, accept operator, "
    "grant operator",
    "appeal denied": "APPLY firm, refuse market_officer, APPEAL firm, accept operator, deny operator",
    "appeal refused": "APPLY firm, refuse market_officer, APPEAL firm, refuse operator",
    "appeal withdrawn": "APPLY firm, refuse market_officer, APPEAL firm, withdraw firm",
    "plan completed": "SHIELD firm, shield market_officer, complete market_officer",
    "plan failed": "SHIELD firm, shield market_officer, fail market_officer",
    "shield refused": "SHIELD firm, refuse market_officer",
    "shield withdrawn": "SHIELD firm, withdraw firm",
    "revoked": "APPLY firm, accept market_officer, grant market_officer, REOPEN market_officer, "
    "assign market_officer, answer firm, revoke second_officer",
    "dropped": "APPLY firm, accept market_officer, grant market_officer, REOPEN market_officer, drop market_officer",
    "found": "FIND nobody, assign market_officer, ask_proof market_officer, give_proof firm, confirm market_officer",
    "found, set aside": "FIND nobody, set_aside market_officer",
    "found, applied for": "FIND nobody, APPLY firm, accept market_officer, grant market_officer",
    "by an agent": "MANDATE firm, APPLY agent, withdraw agent, REVOKE firm",
    "decision withdrawn": "APPLY firm, SHIELD firm, ANNUL market_officer",
    "decision corrected": "APPLY firm, CORRECT market_officer",
}
STATEMENTS: Final = "经复核，该处罚决定书所载金额有误。"


@dataclass
class Stage:
    """A town in which a story is played: the record that it is about, and the case that was opened last."""

    town: Town = field(default_factory=Town)
    case: Case | None = None
    mandate: Mandate | None = None

    def __post_init__(self) -> None:
        self.other = make_entity("临湖市代办服务有限公司")
        self.agent = entity_actor(self.other)
        self.record: Record | None = None

    def prepared(self, story: str) -> Stage:
        """With the record that a story is about: its first month of publication over."""
        severity = "serious" if "serious" in story else "ordinary"
        more = (
            {"pack": "example-city-2026"} if "in the city" in story else {}
        )  # it has numbers for every clock
        self.record = self.town.record(severity=severity, **more)
        return self

    def actor(self, who: str) -> Actor:
        if who == "nobody":
            return Actor()
        if who != "agent":
            found: Actor = getattr(self.town, who)
            return found
        return Actor(role="entity", account_id=self.agent.account_id, entity_id=self.town.entity.pk)

    def play(self, what: str, who: str, key: uuid.UUID) -> None:
        """One command, as it is sent under a key."""
        actor, record = self.actor(who), self.record
        assert record is not None
        claim = {"CF_WFXW": "未按规定公示年度报告"}
        evidence = [proof(name=f"{what}.pdf", material="proof_of_grounds")]
        if what == "APPLY":
            self.case = apply(actor, record, key=key).cases.get()
        elif what == "OBJECT":
            self.case = object_to(actor, record, key=key, claim=claim, evidence=evidence)
        elif what == "APPEAL":
            self.case = appeal(actor, self._about("restoration"), key=key)
        elif what == "SHIELD":
            self.case = ask_shield(actor, record, key=key, evidence=evidence).cases.get()
        elif what == "REOPEN":
            self.case = reopen(actor, self._about("restoration"), key=key)
        elif what == "FIND":
            commands.find(record=record, at=AT, today=TODAY)
            self.case = Case.objects.get(record=record, kind="own_motion")
        else:
            self._beside(what, actor, key)

    def _about(self, kind: str) -> Case:
        """The town's case of a kind, which another one is about."""
        return Case.objects.get(record=self.record, kind=kind, about=None)

    def _beside(self, what: str, actor: Actor, key: uuid.UUID) -> None:
        record = self.record
        assert record is not None
        if what == "MANDATE":
            held = Mandate.objects.filter(agent_id=self.agent.account_id).first()
            agent = Account.objects.get(pk=self.agent.account_id).user.username
            more: dict[str, Any] = {"agent": agent, "scope": "all", "until": TODAY, "today": TODAY}
            self.mandate = held or mandates.give_mandate(actor=actor, at=AT, **more)
        elif what == "REVOKE":
            held = Mandate.objects.get(agent_id=self.agent.account_id)
            mandates.revoke_mandate(actor=actor, mandate=held.public_id, at=AT)
        elif what == "ANNUL":
            more = {"document": "临市监撤〔2026〕1号", "reasons": STATEMENTS, "at": AT, "today": TODAY}
            annulment.withdraw_decision(actor=actor, record=record.public_id, **more)
        elif what == "CORRECT":
            more = {"changes": {"CF_WFXW": "未按规定公示年报"}, "document": "临市监更〔2026〕1号", "at": AT}
            annulment.correct_decision(actor=actor, record=record.public_id, **more)
        else:
            self._step(what, actor, key)

    def _step(self, code: str, actor: Actor, key: uuid.UUID) -> None:
        assert self.case is not None
        case = Case.objects.get(pk=self.case.pk)
        said = needed(code, case, self.town)
        if "officer" in said:
            said["officer"] = Account.objects.get(pk=self.town.second_officer.account_id).user.username
        if "ground" in said:
            said["ground"] = pause_grounds(case)[0].code
        files = chart_of(case.kind).event(code).files
        more = {"evidence": [proof(name=f"{code}.pdf", material="proof_of_grounds")]} if files else {}
        take(code, actor, case, town=self.town, given=said, key=key, **more)


def steps_of(story: str) -> list[tuple[str, str]]:
    """What is done in a story, by whom, in order."""
    return [(step.split()[0], step.split()[1]) for step in STORIES[story].split(",")]


def killed_in(story: str) -> list[bool]:
    """Which commands of a story are killed: those that no story before it has with a case of the same kind."""
    seen: set[tuple[str, str]] = set()
    for name in STORIES:
        kind, found = "", list[bool]()
        for what, _ in steps_of(name):
            kind = what if what.isupper() else kind
            found.append((kind, what) not in seen)
            seen.add((kind, what))
        if name == story:
            return found
    raise KeyError(story)


def outline(stage: Stage) -> dict[str, Any]:
    """Everything that casework has written about a stage's people, with names in place of what differs by chance."""
    town, record = stage.town, stage.record
    assert record is not None
    record.refresh_from_db()
    who = {
        actor.account_id: name
        for name, actor in {**vars(town), "agent": stage.agent}.items()
        if isinstance(actor, Actor)
    }
    bodies = {town.market.pk: "market", town.tax.pk: "tax"}
    words = {
        **{Account.objects.get(pk=pk).user.username: name for pk, name in who.items() if pk},
        town.market.code: "market",
        town.tax.code: "tax",
    }

    def said(value: object) -> str:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
        for word in sorted(words, key=len, reverse=True):
            text = text.replace(word, words[word])
        return text

    cases = list(Case.objects.filter(entity=town.entity).order_by("pk"))
    number = {case.pk: place for place, case in enumerate(cases)}
    steps = Step.objects.filter(case__in=cases).order_by("position")
    clocks = Clock.objects.filter(case__in=cases).order_by("pk")
    told = Event.objects.filter(entity=town.entity).order_by("position")
    return {
        "record": [
            record.state,
            record.disputed,
            statements.said(record),
            record.content["public"].get("CF_WFXW"),
            record.publish_from,
            record.publish_until,
            record.restorable_from,
        ],
        "records": Record.objects.filter(entity=town.entity).count(),
        "applications": [
            (item.kind, who.get(item.account_id), item.statement, said(item.claim), item.cases.count())
            for item in Application.objects.filter(entity=town.entity).order_by("pk")
        ],
        "cases": [
            (
                case.kind,
                case.state,
                case.version,
                case.due_on,
                case.reasons,
                case.ended_at is not None,
                bodies[case.authority_id],
                who.get(case.officer_id),
                number.get(case.about_id),
            )
            for case in cases
        ],
        "steps": [
            (
                number[step.case_id],
                step.number,
                step.event,
                step.from_state,
                step.to_state,
                step.role,
                who.get(step.by_id),
                step.on,
                step.note,
                said(step.detail),
            )
            for step in steps
        ],
        "clocks": [
            (
                number[clock.case_id],
                clock.code,
                clock.started_on,
                clock.length,
                clock.due_on,
                clock.earliest_on,
                clock.latest_on,
                clock.stopped_on,
                clock.extension,
                clock.extended_on,
            )
            for clock in clocks
        ],
        "pauses": list(
            Pause.objects.filter(case__in=cases).order_by("pk").values_list("ground", "from_on", "until_on")
        ),
        "bodies": sorted(
            (number[body.case_id], bodies[body.authority_id], body.role)
            for body in Body.objects.filter(case__in=cases)
        ),
        "evidence": sorted(
            Evidence.objects.filter(application__entity=town.entity).values_list("name", "material", "size")
        ),
        "mandates": [
            (item.scope, item.until, item.revoked_at is not None)
            for item in Mandate.objects.filter(entity=town.entity).order_by("pk")
        ],
        "journal": [(event.kind, sorted(event.content)) for event in told],
    }
