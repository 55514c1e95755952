"""What the tests of casework begin with: people with their accounts, and records that can be restored."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime
from typing import Any

from goodstanding.casework import commands, objections, queries
from goodstanding.casework.chart import chart_of
from goodstanding.casework.models import Application, Case
from goodstanding.casework.notices import follow
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Authority, Entity, Record

from ..registry.factories import make_authority, make_entity, make_record

TODAY = date(2026, 9, 21)
AT = datetime(2026, 9, 21, 1, 30, tzinfo=UTC)
PERFORMED = date(2026, 5, 20)
PDF = b"%PDF-1.7\n%proof of payment\n%%EOF\n"
REASONS = "罚款已缴清，违法行为已改正。"
_numbers = itertools.count(1)


def entity_actor(entity: Entity) -> Actor:
    name = f"entity-{next(_numbers)}"
    return actor_of(registry.create_account(username=name, password=None, role="entity", entity=entity))


def officer(authority: Authority) -> Actor:
    name = f"officer-{next(_numbers)}"
    return actor_of(
        registry.create_account(username=name, password=None, role="authority", authority=authority)
    )


def staff(role: str = "operator") -> Actor:
    return actor_of(registry.create_account(username=f"{role}-{next(_numbers)}", password=None, role=role))


def follow_all() -> None:
    """Have everyone told of all that the journal holds."""
    while follow():
        pass


def proof(**more: Any) -> commands.NewEvidence:
    values: dict[str, Any] = {
        "name": "缴款凭证.pdf",
        "media_type": "application/pdf",
        "content": PDF,
        "material": "proof_of_performance",
    }
    return commands.NewEvidence(**(values | more))


def apply(actor: Actor, *records: Record, **more: Any) -> Application:
    values: dict[str, Any] = {
        "records": [record.public_id for record in records],
        "commitment_name": "王建国",
        "statement": "已按期缴纳罚款并完成整改。",
        "performed_on": PERFORMED,
        "evidence": [proof()],
        "key": uuid.uuid4(),
        "at": AT,
        "today": TODAY,
    }
    return commands.apply(actor=actor, **(values | more))


def object_to(actor: Actor, record: Record, **more: Any) -> Case:
    values: dict[str, Any] = {
        "record": record.public_id,
        "grounds": "facts_wrong",
        "statement": "处罚决定书所载地址并非我公司地址。",
        "evidence": [],
        "key": uuid.uuid4(),
        "at": AT,
        "today": TODAY,
    }
    return objections.object_to(actor=actor, **(values | more))


def appeal(actor: Actor, case: Case, **more: Any) -> Case:
    values: dict[str, Any] = {
        "case": case.public_id,
        "grounds": "facts_overlooked",
        "statement": "缴款凭证已随申请提交，决定未予考虑。",
        "key": uuid.uuid4(),
        "at": AT,
        "today": TODAY,
    }
    return commands.appeal(actor=actor, **(values | more))


def ask_shield(actor: Actor, *records: Record, **more: Any) -> Application:
    values: dict[str, Any] = {
        "records": [record.public_id for record in records],
        "statement": "临湖市中级人民法院已裁定批准重整计划，申请临时屏蔽。",
        "key": uuid.uuid4(),
        "at": AT,
        "today": TODAY,
    }
    return commands.ask_shield(actor=actor, **(values | more))


def reopen(actor: Actor, case: Case, **more: Any) -> Case:
    values: dict[str, Any] = {
        "case": case.public_id,
        "reasons": "经核查，所提交的缴款凭证系伪造。",
        "document": "临市监核〔2026〕2号",
        "key": uuid.uuid4(),
        "at": AT,
        "today": TODAY,
    }
    return commands.reopen(actor=actor, **(values | more))


def needed(code: str, case: Case, town: Town | None = None) -> dict[str, Any]:
    """What a step must say by its chart: true enough for these stories."""
    values: dict[str, Any] = {
        "document": "临市监核〔2026〕1号",
        "sanction": "false_commitment",
        "ground": "inspection",
        "correction": {item["field"]: item["new"] for item in case.application.claim},
    }
    if town is not None:
        values["officer"] = queries.officers_of(case)[-1]
        values["authority"] = (town.tax if case.authority_id == town.market.pk else town.market).code
    return {need: values[need] for need in chart_of(case.kind).event(code).needs}


def take(code: str, actor: Actor, case: Case, *, town: Town | None = None, **more: Any) -> Case:
    """One step of a case, saying what the chart wants to hear."""
    event = chart_of(case.kind).event(code)
    values: dict[str, Any] = {"given": needed(code, case, town), "at": AT, "today": TODAY}
    if event.reasons == "required":
        values["reasons"] = REASONS
    return commands.move(code, actor=actor, case=case, **(values | more))


class Town:
    """A firm with records of two authorities, and everybody's accounts."""

    def __init__(self) -> None:
        self.entity = make_entity()
        self.market, self.tax = make_authority(), make_authority("临湖市税务局")
        self.firm = entity_actor(self.entity)
        self.market_officer, self.tax_officer = officer(self.market), officer(self.tax)
        self.second_officer = officer(self.market)
        self.operator = staff()

    def record(self, authority: Authority | None = None, **more: Any) -> Record:
        return make_record(self.entity, authority or self.market, **more)
