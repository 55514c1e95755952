"""Who may see and do what: every reader against every query and every command."""

from __future__ import annotations

import uuid

import pytest

from goodstanding.casework import commands, desk, queries
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.evidence_reading import evidence_for, evidence_of
from goodstanding.casework.models import Application, Case, Evidence, Step
from goodstanding.registry.actor import PUBLIC, Actor

from ..registry.factories import make_authority, make_entity, make_record
from .stories import AT, TODAY, Town, apply, entity_actor, object_to, officer, proof, staff, take

pytestmark = pytest.mark.usefixtures("database")


def others(town: Town) -> dict[str, Actor]:
    """Everybody who has no business with the firm's case at the market authority."""
    return {
        "public": PUBLIC,
        "another entity": entity_actor(make_entity("临湖市另一家有限公司")),
        "another authority": officer(make_authority("临湖市城市管理局")),
        "the other authority of the application": town.tax_officer,
        "bank": staff("bank"),
        "subscriber": staff("subscriber"),
        "an entity without entity": Actor(role="entity", account_id=town.firm.account_id),
        "an authority without authority": Actor(role="authority", account_id=town.firm.account_id),
        "a bank that claims the entity": Actor(role="bank", account_id=1, entity_id=town.entity.pk),
        "a subscriber that claims the authority": Actor(role="subscriber", authority_id=town.market.pk),
    }


def test_only_its_people_see_a_case_its_evidence_and_its_clock() -> None:
    town = Town()
    application = apply(
        town.firm,
        first := town.record(),
        town.record(town.tax),
        evidence=[proof(record=first.public_id)],
    )
    case = application.cases.get(record=first)
    (file,) = Evidence.objects.all()
    for name, actor in others(town).items():
        with pytest.raises(Case.DoesNotExist):
            queries.case_for(actor, case.public_id)
        with pytest.raises(Evidence.DoesNotExist):
            evidence_for(actor, file.public_id, on=TODAY)
        assert case not in queries.cases_visible_to(actor), name
        assert not [item for item in desk.work_list(actor=actor, on=TODAY).items if item.case == case], name
        assert case not in queries.cases_of(actor, application), name
        assert evidence_of(actor, case, on=TODAY) == [], name
        assert queries.moves_for(actor, case, on=TODAY) == (), name
        seen = queries.prospects(actor=actor, entity=town.entity, on=TODAY)
        assert not [p for p in seen if p.record == first], name
        if actor != town.tax_officer:
            with pytest.raises(Application.DoesNotExist):
                queries.application_for(actor, application.public_id)
    for actor in (town.firm, town.market_officer, town.operator):
        assert queries.case_for(actor, str(case.public_id)) == case
        assert evidence_for(actor, file.public_id, on=TODAY) == file
        assert [shown.readable for shown in evidence_of(actor, case, on=TODAY)] == [file]
        assert queries.application_for(actor, application.public_id) == application
        assert [i.case for i in desk.work_list(actor=actor, on=TODAY).items if i.case == case]


def test_shared_evidence_is_seen_by_each_authority_of_the_application_and_by_no_other() -> None:
    town = Town()
    apply(town.firm, town.record(), town.record(town.tax), evidence=[proof()])
    (file,) = Evidence.objects.all()
    assert evidence_for(town.tax_officer, file.public_id, on=TODAY) == file
    assert evidence_for(town.market_officer, file.public_id, on=TODAY) == file
    with pytest.raises(Evidence.DoesNotExist):
        evidence_for(officer(make_authority("临湖市城市管理局")), file.public_id, on=TODAY)


@pytest.mark.parametrize("value", ["", "1", "not-a-uuid", "'; DROP TABLE", str(uuid.uuid4())])
def test_what_is_not_there_and_what_is_not_yours_look_the_same(value: str) -> None:
    town = Town()
    with pytest.raises(Case.DoesNotExist):
        queries.case_for(town.operator, value)
    with pytest.raises(Evidence.DoesNotExist):
        evidence_for(town.operator, value, on=TODAY)
    with pytest.raises(Application.DoesNotExist):
        queries.application_for(town.operator, value)


DECISIONS = ("accept", "refuse", "grant", "deny", "withdraw")


@pytest.mark.parametrize("kind", ["restoration", "objection"])
@pytest.mark.parametrize("step", DECISIONS)
def test_only_the_authority_decides_and_only_the_entity_withdraws(step: str, kind: str) -> None:
    town = Town()
    record = town.record()
    case = apply(town.firm, record).cases.get() if kind == "restoration" else object_to(town.firm, record)
    if step in ("grant", "deny"):
        case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    before = Step.objects.count()
    for actor in others(town).values():
        with pytest.raises(CaseworkError, match=r"case\.not_found"):
            take(step, actor, case)
    forbidden = [town.operator, town.market_officer if step == "withdraw" else town.firm]
    for actor in forbidden:
        with pytest.raises(CaseworkError, match=r"case\.forbidden"):
            take(step, actor, case)
    assert Step.objects.count() == before
    allowed = town.firm if step == "withdraw" else town.market_officer
    if (kind, step) == ("objection", "deny"):
        case, allowed = take("propose_denial", allowed, case), town.second_officer
    assert take(step, allowed, case).version == case.version + 1


def test_only_the_entity_of_a_record_applies_or_objects() -> None:
    town = Town()
    record = town.record()
    stranger = entity_actor(make_entity("临湖市另一家有限公司"))
    for refused in (apply, object_to):
        with pytest.raises(CaseworkError, match=r"record\.not_found"):
            refused(stranger, record)
        for actor in (town.operator, town.market_officer, PUBLIC, staff("bank"), Actor(role="entity")):
            with pytest.raises(CaseworkError, match=r"application\.forbidden"):
                refused(actor, record)
    with pytest.raises(CaseworkError, match=r"record\.not_found"):
        apply(stranger, make_record(make_entity("临湖市第三家有限公司"), town.market))
    for records in ([], ["nonsense"], [uuid.uuid4()]):
        with pytest.raises(CaseworkError):
            apply(town.firm, records=records)
