"""A small town that the tests of pages share: two authorities, their records, and a login for each role."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from goodstanding.casework import commands as casework
from goodstanding.identity import org_code_from, uscc_from_parts
from goodstanding.law import add_months
from goodstanding.registry import commands
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account, Authority, Entity, Record
from tests.registry import factories

from .recipients import recipient

PASSWORD = "three-old-bridges"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Town:
    """What was made; records by what they are for."""

    market: Authority
    environment: Authority
    firm: Entity
    other_firm: Entity
    shop: Entity
    person: Entity
    records: dict[str, Record]

    def actor(self, username: str) -> Actor:
        return actor_of(Account.objects.get(user__username=username))


def window(found_on: date, *, minimum: int, maximum: int) -> dict[str, Any]:
    """Finding date and publication window, as the law counts it in months."""
    return {
        "found_on": found_on,
        "publish_from": found_on,
        "restorable_from": add_months(found_on, minimum),
        "publish_until": add_months(found_on, maximum),
    }


def build_town(*, password: str | None = None) -> Town:
    """Make the town as of today, so that pages of the real clock show it.

    Hashing a password takes a third of a second, so logins get one (the same) only for tests that sign in
    through the page.
    """
    today = timezone.localdate()
    market = factories.make_authority("临湖市市场监督管理局", name_en="Linhu Market Regulation")
    environment = factories.make_authority("临湖市生态环境局", name_en="Linhu Environment Bureau")
    firm = factories.make_entity(
        "临湖市天成商贸有限公司",
        name_latin="Linhu Tiancheng Trading Co., Ltd.",
        status="存续",
        division="980102",
    )
    other_firm = factories.make_entity(
        "临湖市星河电子有限公司", name_latin="Linhu Galaxy Electronics Co., Ltd."
    )
    shop_code = uscc_from_parts(prefix2="92", region6="980102", org_code9=org_code_from("MA777777"))
    shop = factories.make_entity(
        "临湖市张三小吃店", kind="individual_business", identifiers=(("uscc", shop_code),)
    )
    person = factories.make_entity("李四光", kind="natural_person", identifiers=(("person_key", "k" * 64),))

    def penalty(entity: Entity, authority: Authority, number: str, **more: Any) -> Record:
        more.setdefault("public", {"CF_WSH": number, "CF_WFXW": "超范围经营"})
        row = factories.reported(entity, authority, document_no=number, **more)
        (outcome,) = factories.take_in(row, today=today)
        return Record.objects.select_related("entity", "authority").get(pk=outcome.record_id)

    old, recent = today - timedelta(days=150), today - timedelta(days=20)
    records = {
        "open": penalty(
            firm,
            market,
            "临市监罚〔2026〕11号",
            personal={"CF_FRDB": "王小明"},
            **window(old, minimum=3, maximum=12),
        ),
        "open_too": penalty(firm, environment, "临环罚〔2026〕77号", **window(old, minimum=3, maximum=12)),
        "too_early": penalty(firm, market, "临市监罚〔2026〕12号", **window(recent, minimum=3, maximum=12)),
        "unpublished": penalty(
            firm,
            market,
            "临市监当罚〔2026〕6号",
            severity="minor",
            measures=("warning",),
            published=False,
            publish_from=None,
            publish_until=None,
            found_on=recent,
            restorable_from=recent,
        ),
        "permit": penalty(
            firm,
            market,
            "JY13301020001234",
            kind="permit",
            severity=None,
            measures=(),
            restorable=False,
            restorable_from=None,
            found_on=old,
            publish_from=old,
            publish_until=today + timedelta(days=900),
            contract="double-publicity-permits@1.0.0",
        ),
        "others": penalty(other_firm, market, "临市监罚〔2026〕13号", **window(old, minimum=3, maximum=12)),
        "shops": penalty(shop, market, "临市监罚〔2026〕14号", **window(old, minimum=3, maximum=12)),
        "persons": penalty(person, market, "临市监罚〔2026〕15号", **window(old, minimum=3, maximum=12)),
    }
    logins: list[tuple[str, str, Entity | None, Authority | None]] = [
        ("firm", "entity", firm, None),
        ("galaxy", "entity", other_firm, None),
        ("lisi", "entity", person, None),
        ("market", "authority", None, market),
        ("colleague", "authority", None, market),
        ("environment", "authority", None, environment),
        ("operator", "operator", None, None),
        ("bank", "bank", None, None),
    ]
    for username, role, entity, authority in logins:
        commands.create_account(
            username=username, password=None, role=role, entity=entity, authority=authority
        )
    recipient("mirror", name_zh="明鉴征信", name_en="Mingjian Credit Service", since=old)
    if password is not None:
        User.objects.update(password=make_password(password))
    return Town(market, environment, firm, other_firm, shop, person, records)


def signed_in(username: str | None = None, *, language: str = "en") -> Client:
    """A test client, signed in without its password, or as the public."""
    client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=language)
    if username:
        client.force_login(User.objects.get(username=username))
    return client


def apply_for(town: Town, *names: str, at: datetime | None = None) -> list[Any]:
    """The firm applies for the named records; the cases, in the order of the names."""
    at = at or timezone.now()
    application = casework.apply(
        actor=town.actor("firm"),
        records=[town.records[name].public_id for name in names],
        commitment_name="王小明",
        statement="罚款已缴清。",
        performed_on=town.records[names[0]].found_on + timedelta(days=10),
        evidence=[casework.NewEvidence("缴款凭证.pdf", "application/pdf", PDF, "proof_of_performance")],
        key=uuid.uuid4(),
        at=at,
        today=timezone.localdate(at),
    )
    cases = {case.record_id: case for case in application.cases.select_related("record")}
    return [cases[town.records[name].pk] for name in names]
