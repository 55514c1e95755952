"""Who reads which file, and how: whole for whoever must answer, redacted or by name only for whoever looks on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from goodstanding.casework import evidence_store, mandates, redactions
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.evidence_reading import Reading, ShownFile, evidence_for, evidence_of
from goodstanding.casework.models import Case, Evidence, EvidenceContent
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Account, Event

from ..registry.factories import make_authority, make_entity
from .stories import (
    AT,
    PDF,
    TODAY,
    Town,
    appeal,
    apply,
    entity_actor,
    object_to,
    officer,
    proof,
    reopen,
    staff,
    take,
)

pytestmark = pytest.mark.usefixtures("database")
BLACKENED = PDF + b"%blackened\n"


def shown_to(actor: Actor, case: Case) -> list[ShownFile]:
    case.refresh_from_db()
    return evidence_of(actor, case, on=TODAY)


def readings(actor: Actor, case: Case) -> list[str]:
    """What the actor reads in a case; what the list says, the download does too."""
    found = []
    for item in shown_to(actor, case):
        found.append(str(item.reading))
        assert opens(actor, item.file) == (item.reading == Reading.WHOLE)
        if item.redaction is not None:
            assert opens(actor, item.redaction)
    return found


def opens(actor: Actor, file: Evidence) -> bool:
    try:
        return evidence_for(actor, file.public_id, on=TODAY) == file
    except Evidence.DoesNotExist:
        return False


def redact(actor: Actor, file: Evidence, content: bytes = BLACKENED, name: str = "遮盖.pdf") -> Evidence:
    version = proof(name=name, content=content, material="")
    return redactions.redact(actor=actor, evidence=file.public_id, version=version, at=AT, today=TODAY)


def agent_of(town: Town, scope: str) -> Actor:
    """An agent of the firm with a mandate of a scope."""
    own = entity_actor(make_entity("临湖市代理服务有限公司"))
    mandate = mandates.give_mandate(
        actor=town.firm,
        agent=Account.objects.get(pk=own.account_id).user.get_username(),
        scope=scope,
        until=TODAY + timedelta(days=30),
        at=AT,
        today=TODAY,
    )
    return mandates.acting(mandate.public_id, account_id=own.account_id, on=TODAY)


def test_the_body_that_must_answer_gets_what_was_handed_in_byte_for_byte() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    (mine,), (theirs,) = shown_to(town.firm, case), shown_to(town.market_officer, case)
    assert mine.file.digest == theirs.file.digest and theirs.readable is not None
    assert evidence_store.content(bytes(theirs.readable.kept_id), place="") == proof().content
    for actor in (town.firm, town.market_officer, town.second_officer, town.operator):
        assert readings(actor, case) == ["whole"]


def test_a_body_that_is_asked_reads_the_name_and_the_digest_until_there_is_a_redacted_version() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    assert readings(town.tax_officer, case) == []
    take("consult", town.market_officer, case, town=town)
    (item,) = shown_to(town.tax_officer, case)
    assert (item.reading, item.readable, item.file.name) == (Reading.NAMED, None, "缴款凭证.pdf")
    assert len(item.file.digest) == 64 and not item.may_redact
    version = redact(town.firm, item.file)
    assert readings(town.tax_officer, case) == ["redacted"]
    assert readings(town.market_officer, case) == readings(town.firm, case) == ["whole"]
    assert shown_to(town.tax_officer, case)[0].readable == version
    assert evidence_store.content(bytes(version.kept_id), place="") == BLACKENED
    better = redact(town.market_officer, item.file, BLACKENED + b"%more\n")
    assert shown_to(town.tax_officer, case)[0].readable == better, "the newest counts"


def test_who_handed_a_case_over_has_no_need_of_its_files_any_more() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    take("hand_over", town.market_officer, case, town=town)
    assert readings(town.tax_officer, case) == ["whole"], "the files travel to the body that must answer now"
    assert readings(town.market_officer, case) == ["named"]


def test_evidence_travels_to_the_body_that_decides_the_appeal() -> None:
    town = Town()
    record = town.record()
    case = apply(town.firm, record, evidence=[proof(record=record.public_id)]).cases.get()
    take("refuse", town.market_officer, case)
    second = appeal(town.firm, case, evidence=[proof(name="补充.pdf", material="proof_of_grounds")])
    Case.objects.filter(pk=second.pk).update(authority=town.tax)
    for actor in (town.tax_officer, town.firm):
        assert readings(actor, second) == ["whole", "whole"]
        assert [item.earlier for item in shown_to(actor, second)] == [True, False]
    assert readings(town.market_officer, second) == [], "it answers for the first case only"
    assert readings(town.market_officer, case) == ["whole"]
    assert readings(town.tax_officer, case) == [], "and the other body for the second"


def test_a_reopened_case_has_the_files_of_the_first_one() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    for code in ("accept", "grant"):
        case = take(code, town.market_officer, case)
    again = reopen(town.market_officer, case, evidence=[proof(name="回函.pdf", material="proof_of_grounds")])
    assert readings(town.firm, again) == readings(town.market_officer, again) == ["whole", "whole"]


@pytest.mark.parametrize(
    ("scope", "of_restoration", "of_objection"),
    [("all", "whole", "whole"), ("apply", "whole", "named"), ("object", "named", "whole")],
)
def test_an_agent_reads_what_its_mandate_covers(scope: str, of_restoration: str, of_objection: str) -> None:
    town = Town()
    restoration = apply(town.firm, town.record()).cases.get()
    objection = object_to(town.firm, town.record(), evidence=[proof(material="proof_of_grounds")])
    agent = agent_of(town, scope)
    assert readings(agent, restoration) == [of_restoration]
    assert readings(agent, objection) == [of_objection]
    mandates.revoke_mandate(actor=town.firm, mandate=mandates.given_by(town.firm)[0].public_id, at=AT)
    assert "whole" not in readings(agent, restoration) + readings(agent, objection)


def test_who_has_nothing_to_do_with_a_case_does_not_know_of_its_files() -> None:
    town = Town()
    first, second = town.record(), town.record(town.tax)
    application = apply(town.firm, first, second, evidence=[proof(record=first.public_id)])
    case = application.cases.get(record=first)
    file = Evidence.objects.get()
    version = redact(town.firm, file)
    strangers = [
        PUBLIC,
        entity_actor(make_entity("临湖市另一家有限公司")),
        officer(make_authority("临湖市城市管理局")),
        town.tax_officer,
        staff("bank"),
        staff("subscriber"),
    ]
    for actor in strangers:
        assert shown_to(actor, case) == []
        assert not opens(actor, file) and not opens(actor, version)
        with pytest.raises(CaseworkError, match=r"evidence\.not_found"):
            redact(actor, file)
    assert readings(town.tax_officer, application.cases.get(record=second)) == []


def test_who_may_say_how_others_read_a_file() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    take("consult", town.market_officer, case, town=town)
    file = Evidence.objects.get()
    agent, other = agent_of(town, "apply"), town.tax_officer
    for actor, code in ((town.operator, "forbidden"), (other, "not_found")):
        with pytest.raises(CaseworkError, match=rf"evidence\.{code}"):
            redact(actor, file)
    version = redact(agent, file)
    for actor in (town.firm, town.market_officer, other):
        with pytest.raises(CaseworkError, match=r"evidence\.forbidden"):
            redact(actor, version, BLACKENED + b"%twice\n")
    with pytest.raises(CaseworkError, match=r"evidence\.unredacted"):
        redact(town.firm, file, proof().content)
    with pytest.raises(CaseworkError, match=r"evidence\.type"):
        redact(town.firm, file, b"MZ\x90\x00", "a.pdf")
    assert redact(town.firm, file) == version, "the same again changes nothing"
    assert Evidence.objects.count() == EvidenceContent.objects.count() == 2
    (told,) = Event.objects.filter(kind="evidence.redacted").values_list("content", flat=True)
    assert (told["case"], told["evidence"]) == (str(case.public_id), str(file.public_id))
    assert "遮盖" not in str(told)
