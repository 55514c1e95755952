"""A town small enough to know who may know what, each secret planted as a word that occurs nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from goodstanding import proof
from goodstanding.api.auth import SCOPES
from goodstanding.casework import annulment, mandates, notes, outcomes, reasons, uses
from goodstanding.casework import commands as casework
from goodstanding.casework.models import Evidence, Mandate, Notice
from goodstanding.casework.notices import follow
from goodstanding.exchange import commands as exchange
from goodstanding.exchange import probe_places, subscription_requests
from goodstanding.exchange.queries import accounts as subscribers
from goodstanding.intake import commands as intake
from goodstanding.intake import contract_versions
from goodstanding.intake.contract import contract_text
from goodstanding.intake.models import ContractVersion, SignOff
from goodstanding.proof import SignerKey
from goodstanding.registry import commands, seal
from goodstanding.registry.actor import actor_of
from goodstanding.registry.models import Account, Authority, Entity, Outcome, SourceFinding

from ..registry.factories import make_authority, make_entity, make_record, reported, take_in
from .behind import stay_behind

#: Agents act for a principal: one for the firm, one for its rival, and one whose mandate the firm took back.
PRINCIPALS = {"agent": "firm", "rivals_agent": "rival", "former_agent": "firm"}
ROLES = (
    *("public", "firm", "rival", "person", "market", "tax", "operator", "bank", "subscriber"),
    *PRINCIPALS,
)


@dataclass
class Secret:
    """A planted word, the roles that may read it, and the roles that were seen to read it."""

    word: str
    may: frozenset[str]
    seen: set[str] = field(default_factory=set)


@dataclass
class Town:
    """Everything that was planted."""

    accounts: dict[str, Account]
    tokens: dict[str, str]
    clients: dict[str, Client]
    ids: list[uuid.UUID]
    secrets: list[Secret]
    draft_key: uuid.UUID
    mandates: dict[str, Mandate]

    def acts_for(self, role: str) -> Entity | None:
        """The entity for which a role acts: its own, or its principal while the mandate lives."""
        if role in PRINCIPALS:
            return None if self.mandates[role].revoked_at else self.mandates[role].entity
        account = self.accounts.get(role)
        return account.entity if account else None


def build(folder: Path) -> Town:
    """Plant the town in the current database."""
    now, today = timezone.now(), timezone.localdate()
    market = make_authority("临湖市市场监督管理局")
    tax = make_authority("临湖市税务局")
    firm, rival = make_entity("临湖市天成商贸有限公司"), make_entity("临湖市远大建筑有限公司")
    person = make_entity(
        "欧阳锦程PERSONNAME", kind="natural_person", identifiers=(("person_key", "cd" * 32),)
    )
    window = _window(today)
    shown = make_record(
        firm, market, public={"CF_WFXW": "SHOWNWORD"}, personal={"CF_FRDB": "PERSONALWORD"}, **window
    )
    hidden = make_record(
        firm,
        market,
        public={"CF_WFXW": "HIDDENWORD"},
        **(window | {"severity": "minor", "published": False, "publish_from": None, "publish_until": None}),
    )
    other = make_record(rival, tax, public={"CF_WFXW": "OTHERSHOWN"}, **window)
    named = make_record(person, market, public={"CF_WFXW": "PERSONRECORD"}, **window)
    accounts = {
        "firm": commands.create_account(username="firm", password=None, role="entity", entity=firm),
        "rival": commands.create_account(username="rival", password=None, role="entity", entity=rival),
        "person": commands.create_account(username="person", password=None, role="entity", entity=person),
        "market": commands.create_account(
            username="market", password=None, role="authority", authority=market
        ),
        "tax": commands.create_account(username="tax", password=None, role="authority", authority=tax),
        "operator": commands.create_account(
            username="operator", password=None, role="operator", authority=market
        ),
        "bank": commands.create_account(username="bank", password=None, role="bank"),
        "subscriber": commands.create_account(username="subscriber", password=None, role="subscriber"),
    }
    given = _mandates(accounts, today=today, at=now)
    key = proof.generate_private_key()
    recipient = exchange.subscribe(
        account=accounts["subscriber"],
        name_zh="明鉴征信",
        name_en="Mingjian",
        public_key=proof.public_key(key),
        kinds=["penalty"],
        divisions=[],
        purpose="AGREEMENTPURPOSE",
        legal_basis="test",
        valid_from=today,
        at=now,
    )
    asked = subscription_requests.ask(
        subscriber=recipient,
        items=["penalty"],
        divisions=[],
        purpose="REQUESTPURPOSE",
        legal_basis="test",
        methods=["feed"],
        at=now,
    )
    cases = [
        _apply(accounts["firm"], shown, "FIRMSTATEMENT", "FIRMEVIDENCE"),
        _apply(accounts["rival"], other, "RIVALSTATEMENT", "RIVALEVIDENCE"),
        _apply(accounts["person"], named, "PERSONSTATEMENT", "PERSONEVIDENCE"),
    ]
    officer = actor_of(accounts["market"])
    notes.write(actor=officer, case=cases[0], text="NOTEWORD", at=now)
    texts = {"name": "TEMPLATEWORD", "text_zh": "TEMPLATEWORD 义务尚未履行。"}
    reasons.keep(actor=officer, kind="restoration", event="refuse", at=now, **texts)
    grave = make_record(firm, market, public={"CF_WFXW": "GRAVEWORD"}, severity="serious", **window)
    annulment.propose(
        actor=officer,
        record=grave.public_id,
        act="withdraw",
        document="临市监撤〔2026〕3号",
        reasons="PROPOSALWORD 经复查，认定事实有误。",
        at=now,
    )
    batch = _deliver(folder, accounts["market"])
    fact, finding = _deliver_fact(folder, accounts["tax"], firm), _send_again(rival, tax)
    _report_outcomes(accounts, finding, at=now)
    withdrawn = make_record(firm, market, number="WITHDRAWN", **window)
    annulment.withdraw_decision(
        actor=actor_of(accounts["market"]),
        record=withdrawn.public_id,
        document="撤〔2026〕1号",
        reasons="WITHDRAWNWORD 事实认定有误，予以撤销。",
        at=now,
        today=today,
    )
    _object_to_a_contract(accounts, market, at=now)
    commands.note_reading(
        actor=actor_of(accounts["operator"]),
        entity=firm,
        purpose="READINGPURPOSE",
        legal_basis="inspection",
        at=now,
    )
    seal.seal(signer=SignerKey.generate("test.example/log"), origin="test.example/log", at=now)
    stay_behind(recipient, key, withdrawn, at=now)
    shown_at = probe_places.add(
        subscriber=recipient,
        address="https://mingjian.example/PLACEWORD/{code}",
        marker="MARKERWORD {document_no}",
        at=now,
    )
    follow(recipients=subscribers())
    ids = [
        *(item.public_id for item in (firm, rival, person, shown, hidden, other, named, grave, batch, fact)),
        *(case.public_id for case in cases),
        *(case.application.public_id for case in cases),
        *Evidence.objects.values_list("public_id", flat=True),
        *Notice.objects.values_list("public_id", flat=True),
        *(mandate.public_id for mandate in given.values()),
        *(item.public_id for item in (finding, withdrawn, asked, recipient, shown_at)),
        *Outcome.objects.values_list("record__public_id", flat=True),
        uuid.uuid4(),
    ]
    return Town(
        accounts=accounts,
        tokens={
            role: commands.create_token(account=account, name="t", scopes=[*SCOPES], at=now)
            for role, account in accounts.items()
        },
        clients={role: _client(role) for role in ROLES},
        ids=ids,
        secrets=_secrets(),
        draft_key=uuid.uuid4(),
        mandates=given,
    )


def _mandates(accounts: dict[str, Account], *, today: date, at: datetime) -> dict[str, Mandate]:
    """Three agents, each with an organisation of its own and a mandate of its principal; one is taken back."""
    given: dict[str, Mandate] = {}
    for role, principal in PRINCIPALS.items():
        agency = make_entity(f"临湖市{role}代办服务有限公司")
        accounts[role] = commands.create_account(username=role, password=None, role="entity", entity=agency)
        actor = actor_of(accounts[principal])
        given[role] = mandates.give_mandate(
            actor=actor, agent=role, scope=Mandate.Scope.ALL, until=today, at=at, today=today
        )
    former = given["former_agent"]
    given["former_agent"] = mandates.revoke_mandate(
        actor=actor_of(accounts["firm"]), mandate=former.public_id, at=at
    )
    return given


def _send_again(entity: Entity, authority: Authority) -> SourceFinding:
    """A restored record that its source reports again."""
    record = make_record(entity, authority, number="AGAIN")
    commands.restore(record_id=record.pk, at=timezone.now())
    take_in(reported(entity, authority, number="AGAIN"))
    return SourceFinding.objects.get()


def _report_outcomes(accounts: dict[str, Account], finding: SourceFinding, *, at: datetime) -> None:
    """What the body that found the restored record, and a bank, say that followed."""
    assert finding.record is not None
    said = {
        "record": finding.record.public_id,
        "result": "refused",
        "at": at,
        "today": timezone.localdate(at),
    }
    for role, part, words in (
        ("tax", "evaluation", "OUTCOMEWORD 信用评价待年度复评。"),
        ("bank", "credit", "BANKWORD 暂不恢复授信，待审查。"),
    ):
        outcomes.report(actor=actor_of(accounts[role]), part=part, reasons=words, key=uuid.uuid4(), **said)
    uses.report_use(
        actor=actor_of(accounts["bank"]),
        record=finding.record.public_id,
        kind="credit",
        on=timezone.localdate(at),
        reference="USEREFERENCE",
        key=uuid.uuid4(),
        at=at,
        today=timezone.localdate(at),
    )


def _object_to_a_contract(accounts: dict[str, Account], market: Authority, *, at: datetime) -> None:
    """A version of a contract that waits for the market authority and for the subscriber, who objects."""
    version = ContractVersion.objects.create(
        contract="double-publicity-penalties",
        version="2.0.0",
        digest="0" * 64,
        text=contract_text("double-publicity-penalties"),
        breaking=True,
        proposed_at=at,
    )
    SignOff.objects.create(version=version, authority=market)
    SignOff.objects.create(version=version, account=accounts["subscriber"])
    contract_versions.object_to(
        version, actor=actor_of(accounts["subscriber"]), reason="OBJECTIONWORD breaks us", at=at
    )


def _secrets() -> list[Secret]:
    def secret(word: str, *roles: str) -> Secret:
        return Secret(word, frozenset(roles))

    everyone = [*ROLES]
    return [
        secret("SHOWNWORD", *everyone),
        secret("OTHERSHOWN", *everyone),
        secret("HIDDENWORD", "firm", "agent", "market", "operator"),
        secret("PERSONALWORD", "firm", "agent", "market", "operator"),
        secret("PERSONNAME", "person", "market", "operator"),
        secret("PERSONRECORD", "person", "market", "operator"),
        secret("FIRMSTATEMENT", "firm", "agent", "market", "operator"),
        secret("FIRMEVIDENCE", "firm", "agent", "market", "operator"),
        secret("RIVALSTATEMENT", "rival", "rivals_agent", "tax", "operator"),
        secret("RIVALEVIDENCE", "rival", "rivals_agent", "tax", "operator"),
        secret("PERSONSTATEMENT", "person", "market", "operator"),
        secret("PERSONEVIDENCE", "person", "market", "operator"),
        secret("REJECTEDROW", "market", "operator"),
        secret("READINGPURPOSE", "firm"),
        secret("OBJECTIONWORD", "subscriber", "operator"),
        secret("OUTCOMEWORD", "rival", "rivals_agent", "tax", "operator"),
        secret("BANKWORD", "rival", "rivals_agent", "operator"),
        secret("USEREFERENCE", "bank"),
        secret("WITHDRAWNWORD", "firm", "agent", "market", "operator"),
        secret("AGREEMENTPURPOSE", "subscriber", "operator"),
        secret("REQUESTPURPOSE", "subscriber", "operator"),
        secret("ONWARDWORD", "firm", "agent", "market", "operator"),
        secret("SUSPENSIONWORD", "subscriber", "operator"),
        secret("PLACEWORD", "subscriber", "operator"),
        secret("MARKERWORD", "operator"),
        secret("FACTWORD", "firm", "agent", "tax", "operator"),
        secret("NOTEWORD", "market"),
        secret("TEMPLATEWORD", "market"),
        secret("PROPOSALWORD", "market"),
        secret("cd" * 32),
    ]


def _window(today: date) -> dict[str, Any]:
    found = today - timedelta(days=120)
    return {
        "found_on": found,
        "publish_from": found,
        "restorable_from": found + timedelta(days=92),
        "publish_until": found + timedelta(days=365),
    }


def _apply(account: Account, record: Any, statement: str, evidence: str) -> Any:
    application = casework.apply(
        actor=actor_of(account),
        records=[record.public_id],
        commitment_name="承诺人",
        statement=f"{statement} 已履行全部义务。",
        performed_on=record.found_on + timedelta(days=10),
        evidence=[
            casework.NewEvidence(
                name="proof.txt",
                media_type="text/plain",
                content=f"{evidence} 缴款凭证".encode(),
                material="proof_of_performance",
            )
        ],
        key=uuid.uuid4(),
        at=timezone.now(),
        today=timezone.localdate(),
    )
    return application.cases.select_related("application").get()


def _deliver(folder: Path, account: Account) -> Any:
    path = folder / "registration.csv"
    columns = "TYSHXYDM,ZCH,ZZJGDM,MC,YWMC,ZTLB,LX,ZCRQ,XZQH,DZ,ZCZB,ZT,CYM,FDDBR"
    path.write_text(
        f"{columns}\nnot-a-code,,,REJECTEDROW有限公司,,法人及非法人组织,,2020-01-01,980101,,,存续,,\n"
    )
    batch = intake.receive(
        path=path,
        name=path.name,
        contract="registration",
        authority_id=account.authority_id,
        account_id=account.pk,
        at=timezone.now(),
    )
    done = intake.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    assert (done.state, done.rejected) == ("done", 1)
    return done


def _deliver_fact(folder: Path, account: Account, entity: Entity) -> Any:
    """A bill of the firm, which goes to the lake."""
    Authority.objects.filter(pk=account.authority_id).update(source_kind="utility")
    day = timezone.localdate() - timedelta(days=5)
    code = entity.identifiers.get(scheme="uscc").value
    path = folder / "bills.csv"
    path.write_text(
        "MC,TYSHXYDM,ZDBH,YWLX,YHBH,ZQ,ZDRQ,JZRQ,JE,JFZT\n"
        f"{entity.name},{code},W1,水,FACTWORD,{day:%Y-%m},{day},,12.50,已缴\n"
    )
    batch = intake.receive(
        path=path,
        name=path.name,
        contract="utility-payments",
        authority_id=account.authority_id,
        account_id=account.pk,
        at=timezone.now(),
    )
    done = intake.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    assert (done.state, done.committed) == ("done", 1), done.error
    return done


def _client(role: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    if role != "public":
        client.force_login(User.objects.get(username=role))
    return client


def caller(
    town: Town, role: str, *, api: bool, principal: uuid.UUID | str | None = None
) -> Callable[..., Any]:
    """A function (method, path, data) that asks as a role: with its token on the API, signed in on the portal.

    An agent names its principal to the API, or whom ``principal`` names; on the portal it has chosen its mandate, also
    one that was taken back since.
    """
    headers = {"Authorization": f"Bearer {town.tokens[role]}"} if api and role != "public" else {}
    client = Client(SERVER_NAME="localhost") if api else town.clients[role]
    mandate = town.mandates.get(role)
    if api and (principal or mandate):
        headers["Goodstanding-For"] = str(principal or mandate.entity.public_id)

    def ask(method: str, path: str, data: Any = None) -> Any:
        if mandate and not api:
            session = client.session
            session["acting_under"] = str(mandate.public_id)
            session.save()
        if method == "GET":
            return client.get(path, headers=headers)
        if api:
            return client.post(path, data=data or {}, content_type="application/json", headers=headers)
        return client.post(path, data=data or {})

    return ask
