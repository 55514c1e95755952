"""Facts in the lake: whoever they are about sees them, has them promoted and can prove them; nobody else does."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from goodstanding import proof
from goodstanding.casework import objections
from goodstanding.intake import facts, lake, lake_follow
from goodstanding.intake.errors import FactRefused
from goodstanding.registry import commands, lake_batches
from goodstanding.registry.actor import PUBLIC, Actor, actor_of
from goodstanding.registry.catalogue.load import SHIPPED
from goodstanding.registry.catalogue.sync import sync
from goodstanding.registry.models import Authority, Entity, Event, Record
from goodstanding.site.worker import seal_all
from tests.intake import lake_rows
from tests.intake.bills import CONTRACT
from tests.intake.files import AT, TODAY, take_in, write_csv
from tests.registry.factories import make_authority, make_entity

pytestmark = pytest.mark.usefixtures("database", "own_lake")


def bill(entity: Entity, number: int, **more: str) -> dict[str, str]:
    day = date(2026, 1, 1) + timedelta(days=number)
    return {
        "MC": entity.name,
        "TYSHXYDM": entity.identifiers.get(scheme="uscc").value,
        "ZDBH": f"W{number}",
        "YWLX": "水",
        "ZQ": f"{day:%Y-%m}",
        "ZDRQ": day.isoformat(),
        "JE": "12.50",
        "JFZT": "已缴",
    } | more


def own(entity: Entity) -> Actor:
    return Actor(role="entity", account_id=1, entity_id=entity.pk)


def sender(authority: Authority) -> Actor:
    return Actor(role="authority", account_id=2, authority_id=authority.pk)


OPERATOR = Actor(role="operator", account_id=3)


def test_the_entity_the_sender_and_the_operator_see_a_fact_and_nobody_else(
    tmp_path: Path, waterworks: Authority
) -> None:
    firm, rival, other = make_entity(), make_entity("临湖市远大建筑有限公司"), make_authority("临湖市税务局")
    rows = [bill(firm, number) for number in range(1, 8)] + [bill(rival, 50)]
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, rows), CONTRACT, waterworks)
    for actor in (own(firm), sender(waterworks), OPERATOR):
        found = facts.facts_of(actor, firm, on=TODAY, limit=3, offset=2)
        assert found.total == 7
        assert [fact.lies.document_no for fact in found.page] == ["W5", "W4", "W3"], "the newest first"
        assert found.page[0].content["public"]["JFZT"] == "已缴" and found.page[0].source == waterworks
        assert found.page[0].state(on=TODAY) == "unpublished" and not found.page[0].publishable(on=TODAY)
    fact = facts.facts_of(own(firm), firm, on=TODAY).page[0]
    for actor in (PUBLIC, own(rival), sender(other), Actor(role="bank", account_id=4)):
        assert facts.facts_of(actor, firm, on=TODAY) == facts.Facts()
        with pytest.raises(FactRefused, match=r"fact\.not_found"):
            facts.fact_for(actor, fact.announced.public_id, fact.lies.row, on=TODAY)
        with pytest.raises(FactRefused, match=r"fact\.not_found"):
            facts.promote_fact(actor, fact.announced.public_id, fact.lies.row, today=TODAY, at=AT)
    assert not Record.objects.exists()
    with pytest.raises(FactRefused, match=r"fact\.not_found"):
        facts.fact_for(own(firm), uuid.uuid4(), 2, on=TODAY)
    with pytest.raises(FactRefused, match=r"fact\.not_found"):
        facts.fact_for(own(firm), fact.announced.public_id, 999, on=TODAY)


def test_only_the_newest_state_is_a_fact_and_what_followed_the_registry_is_none(
    tmp_path: Path, waterworks: Authority
) -> None:
    firm = make_entity()
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, [bill(firm, 1)]), CONTRACT, waterworks)
    first = facts.facts_of(own(firm), firm, on=TODAY).page[0]
    take_in(write_csv(tmp_path / "b.csv", CONTRACT, [bill(firm, 1, JE="99")]), CONTRACT, waterworks)
    (now,) = facts.facts_of(own(firm), firm, on=TODAY).page
    assert str(now.lies.amount_yuan) == "99.00"
    with pytest.raises(FactRefused):
        facts.fact_for(own(firm), first.announced.public_id, first.lies.row, on=TODAY)
    record = facts.promote_fact(own(firm), now.announced.public_id, now.lies.row, today=TODAY, at=AT)
    lake_follow.follow()
    assert facts.facts_of(own(firm), firm, on=TODAY) == facts.Facts()
    commands.withdraw(record_id=record.pk, at=AT)
    lake_follow.follow()
    assert facts.facts_of(own(firm), firm, on=TODAY) == facts.Facts()


def test_a_fact_is_promoted_once_and_can_be_objected_to(tmp_path: Path, waterworks: Authority) -> None:
    firm = make_entity()
    rows = [bill(firm, number) for number in range(1, 30)]
    rows[3]["ZDRQ"] = "never"
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, rows), CONTRACT, waterworks)
    account = commands.create_account(username="firm", password=None, role="entity", entity=firm)
    actor = actor_of(account)
    chosen = facts.facts_of(actor, firm, on=TODAY).page[4]
    record = facts.promote_fact(actor, chosen.announced.public_id, chosen.lies.row, today=TODAY, at=AT)
    assert (record.document_no, record.state) == (chosen.lies.document_no, "unpublished")
    for again in (actor, OPERATOR, sender(waterworks)):
        same = facts.promote_fact(again, chosen.announced.public_id, chosen.lies.row, today=TODAY, at=AT)
        assert same == record
    assert Event.objects.filter(kind="record.promoted").count() == 1
    left = facts.facts_of(actor, firm, on=TODAY)
    assert left.total == 27 and chosen.lies.document_no not in [fact.lies.document_no for fact in left.page]
    case = objections.object_to(
        actor=actor,
        record=record.public_id,
        grounds="facts_wrong",
        statement="该账单不是本公司的，用户编号有误。",
        key=uuid.uuid4(),
        at=AT,
        today=TODAY,
    )
    assert case.authority == waterworks and Record.objects.get().disputed


def test_a_promoted_fact_that_is_corrected_in_bulk_is_corrected_in_the_registry(
    tmp_path: Path, waterworks: Authority
) -> None:
    firm = make_entity()
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, [bill(firm, 1), bill(firm, 2)]), CONTRACT, waterworks)
    fact = next(f for f in facts.facts_of(own(firm), firm, on=TODAY).page if f.lies.document_no == "W1")
    record = facts.promote_fact(own(firm), fact.announced.public_id, fact.lies.row, today=TODAY, at=AT)
    rows = [bill(firm, 1, JE="99"), bill(firm, 2, JE="98")]
    take_in(write_csv(tmp_path / "b.csv", CONTRACT, rows), CONTRACT, waterworks)
    record.refresh_from_db()
    assert (record.version, str(record.amount_yuan)) == (2, "99.00")
    kinds = Event.objects.filter(record=record).order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["record.promoted", "record.superseded"]
    shown = {
        f.lies.document_no: str(f.lies.amount_yuan) for f in facts.facts_of(own(firm), firm, on=TODAY).page
    }
    assert shown == {"W2": "98.00"} and Record.objects.count() == 1


@pytest.mark.concurrency
def test_two_that_promote_at_once_make_one_record(tmp_path: Path, waterworks: Authority) -> None:
    firm = make_entity()
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, [bill(firm, 1)]), CONTRACT, waterworks)
    (fact,) = facts.facts_of(own(firm), firm, on=TODAY).page
    found: list[int] = []

    def promote() -> None:
        made = facts.promote_fact(own(firm), fact.announced.public_id, fact.lies.row, today=TODAY, at=AT)
        found.append(made.pk)
        connection.close()

    both = [threading.Thread(target=promote) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(found) == 2 and len(set(found)) == 1
    assert Event.objects.filter(kind="record.promoted").count() == 1


def test_a_fact_is_proved_offline_and_a_changed_one_is_not(tmp_path: Path, waterworks: Authority) -> None:
    firm = make_entity()
    rows = [bill(firm, number) for number in range(1, 12)]
    rows[2]["JE"] = "much"
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, rows), CONTRACT, waterworks)
    fact = facts.facts_of(own(firm), firm, on=TODAY).page[0]
    assert facts.proof_of(fact) is None, "its event is not sealed yet"
    seal_all()
    for fact in facts.facts_of(own(firm), firm, on=TODAY).page:
        document = facts.proof_of(fact)
        assert document is not None
        key = proof.VerifierKey.decode(document["key"])
        proved = proof.verify_fact_proof(json.dumps(document), key=key)
        assert proved.content["ZDBH"] == fact.lies.document_no and proved.event.content["rows"] == 10
    assert document is not None
    wrong: list[dict[str, object]] = [
        {"content": document["content"] | {"JE": "1.00"}},
        {"index": (document["index"] + 1) % 10},
        {"batch": str(uuid.uuid4())},
        {"personal": "AAAA"},
        {"event": document["event"] | {"content": document["event"]["content"] | {"root": "0" * 64}}},
    ]
    for change in wrong:
        with pytest.raises(proof.ProofError):
            proof.verify_fact_proof(json.dumps(document | change))


@pytest.fixture
def open_item(tmp_path: Path) -> str:
    """An item of a list of one's own that the lake holds and anyone may see."""
    text = (SHIPPED / "cn-example/city.yaml").read_text(encoding="utf-8").split("  - id: utility-payment")[0]
    for old, new in (
        ("cn-example-city", "city"),
        ("housing-fund-contribution", "open-fact"),
        ("2026-07-01", "2026-01-01"),
        ("level: local", "level: national"),
        ("rank: local_regulation", "rank: law"),
        ('supplements: cn-national-2024\ndivision: "980100"\n', ""),
        ("on_request", "published"),
        ("not_published", "as_stated"),
    ):
        text = text.replace(old, new)
    folder = Path(settings.INTAKE_FOLDER).parent / "catalogue"
    folder.mkdir()
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    sync()
    return "open-fact"


def test_anyone_sees_what_the_catalogue_publishes_inside_its_window_and_nothing_of_a_person(
    waterworks: Authority, open_item: str
) -> None:
    firm, person = make_entity(), make_entity("王小明", kind="natural_person")
    opened = lake.open_lake()
    batch = lake_rows.batch_id(7)
    rows = [
        lake_rows.row(entity=str(entity.public_id), record=number, version=1, batch=batch, at=number)
        | {"item": open_item, "kind": "fact", "source": waterworks.code, "severity": None}
        | {"publish_from": TODAY, "publish_until": TODAY + timedelta(days=number), "published": number != 4}
        for number, entity in enumerate([firm, firm, firm, firm, person], start=1)
    ]
    snapshot = lake.append(opened, batch=batch, files=lake_rows.written(opened, batch, rows)).snapshot
    lake_batches.announce(
        batch=uuid.UUID(batch),
        item=open_item,
        source=waterworks.code,
        contract="open@1",
        tree=proof.row_tree([b"".join(row["content_digest"] for row in rows)]),
        snapshot=snapshot,
        at=AT,
    )
    for days, expected in ((-1, 0), (0, 3), (1, 2), (3, 0)):
        found = facts.facts_of(PUBLIC, firm, on=TODAY + timedelta(days=days))
        assert found.total == expected, days
        assert all("personal" not in fact.content for fact in found.page)
    assert facts.facts_of(PUBLIC, person, on=TODAY) == facts.Facts()
    assert facts.facts_of(own(person), person, on=TODAY).total == 1
    (shown, *_) = facts.facts_of(PUBLIC, firm, on=TODAY).page
    with pytest.raises(FactRefused, match=r"fact\.not_yours"):
        facts.promote_fact(PUBLIC, shown.announced.public_id, shown.lies.row, today=TODAY, at=AT)


def test_without_the_columns_there_are_no_facts(
    tmp_path: Path, waterworks: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BULK_ENGINE", "rows")
    firm = make_entity()
    take_in(write_csv(tmp_path / "a.csv", CONTRACT, [bill(firm, 1)]), CONTRACT, waterworks)
    assert facts.facts_of(own(firm), firm, on=TODAY) == facts.Facts() and Record.objects.count() == 1
