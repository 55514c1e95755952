"""What was said and handed in about a record goes with it, where the law wants it gone: and nothing else goes."""

from __future__ import annotations

import hashlib

import pytest
from django.db import IntegrityError, connection, transaction

from goodstanding.casework import conformance
from goodstanding.casework.erasing import (
    ERASED,
    erase_evidence_of_erased_records,
    erase_words_of_erased_records,
)
from goodstanding.casework.evidence_reading import evidence_for, evidence_of
from goodstanding.casework.lapsing import lapse_cases_of_removed_records
from goodstanding.casework.models import Case, Evidence, EvidenceContent, Step
from goodstanding.registry.models import Record
from goodstanding.registry.removals import ReportedRemoval, take_in_changes

from .stories import AT, PDF, REASONS, TODAY, Town, appeal, apply, object_to, proof, take
from .test_evidence import JPEG, PNG


def erase(town: Town, record: Record) -> None:
    """The source wants the content of a record gone."""
    removal = ReportedRemoval(
        row=1,
        change="redact",
        entity_id=town.entity.pk,
        authority_id=record.authority_id,
        source_id=record.source_id,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=record.source_id)
    lapse_cases_of_removed_records(at=AT, today=TODAY)


def written(*words: str) -> list[tuple[str, str]]:
    """Where in the tables of casework any of some words stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'casework%'")
        for (table,) in cursor.fetchall():
            for word in words:
                cursor.execute(
                    f"SELECT count(*) FROM {table} AS held WHERE to_jsonb(held)::text LIKE %s", [f"%{word}%"]
                )
                if cursor.fetchone()[0]:
                    found.append((table, word))
    return found


@pytest.mark.usefixtures("database")
def test_evidence_about_an_erased_record_goes_once_nobody_has_to_answer_on_it() -> None:
    town = Town()
    record, other = town.record(), town.record()
    apply(town.firm, record, evidence=[proof(), proof(content=PNG, name="a.png")])
    apply(town.firm, other, evidence=[proof()])
    objection = object_to(
        town.firm, record, evidence=[proof(content=JPEG, name="b.jpg", material="proof_of_grounds")]
    )
    assert erase_evidence_of_erased_records(at=AT) == 0
    erase(town, record)
    assert erase_evidence_of_erased_records(at=AT) == 2
    assert erase_evidence_of_erased_records(at=AT) == 0, "the objection must still be answered"
    kept = {bytes(item.pk) for item in EvidenceContent.objects.all()}
    assert kept == {hashlib.sha256(PDF).digest(), hashlib.sha256(JPEG).digest()}, (
        "the other application has it too"
    )
    erased = Evidence.objects.filter(erased_at__isnull=False)
    assert [(file.name, file.digest) for file in erased] == [("", "")] * 2
    with pytest.raises(Evidence.DoesNotExist):
        evidence_for(town.firm, erased[0].public_id, on=TODAY)
    lapsed = erased[0].application.cases.get()
    assert [item.readable for item in evidence_of(town.firm, lapsed, on=TODAY)] == [None, None]
    assert len(evidence_of(town.market_officer, objection, on=TODAY)) == 1


@pytest.mark.usefixtures("database")
def test_no_word_about_an_erased_record_is_left_once_its_cases_have_ended() -> None:
    town = Town()
    record, other = town.record(), town.record()
    case = apply(town.firm, record, statement="废气处理设施已更换。", commitment_name="赵无名").cases.get()
    case = take("accept", town.market_officer, case)
    case = take("deny", town.market_officer, case, reasons="更换发票金额与决定书不符。")
    plea = take("accept", town.operator, appeal(town.firm, case, statement="发票金额无误，请复核。"))
    objection = object_to(
        town.firm, record, statement="决定书上的处罚事由写错了。", claim={"CF_WFXW": "未按规定公示年报"}
    )
    objection = take("accept", town.market_officer, objection)
    kept = apply(town.firm, other, statement="另一事项的说明。").cases.get()
    words = ("废气处理", "赵无名", "更换发票", "发票金额", "处罚事由", "未按规定公示")
    erase(town, record)
    erase_words_of_erased_records(at=AT)
    left = {word for _, word in written(*words)}
    assert left == {"发票金额", "处罚事由", "未按规定公示"}, "what must still be answered"
    take("deny", town.operator, plea, reasons="经复核，更换发票之说不成立。")
    objection = take("propose_denial", town.market_officer, objection, reasons="更换发票之外另有其事。")
    take("deny", town.second_officer, objection)
    assert erase_words_of_erased_records(at=AT) == 2
    assert written(*words) == []
    assert erase_words_of_erased_records(at=AT) == 0
    case.refresh_from_db()
    assert (case.state, case.reasons, case.application.statement) == ("denied", ERASED, ERASED)
    kept.refresh_from_db()
    assert kept.application.statement == "另一事项的说明。" and kept.erased_at is None
    assert [conformance.deviations(trail) for trail in conformance.trails()] == [[], [], []]


@pytest.mark.usefixtures("database")
def test_an_application_keeps_its_words_while_one_of_its_records_stands() -> None:
    town = Town()
    first, second = town.record(), town.record()
    application = apply(town.firm, first, second, statement="两项义务均已履行。")
    erase(town, first)
    assert erase_words_of_erased_records(at=AT) == 1
    application.refresh_from_db()
    assert application.statement == "两项义务均已履行。"
    erase(town, second)
    assert erase_words_of_erased_records(at=AT) == 1
    assert written("两项义务") == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE casework_case SET reasons = 'another reason', erased_at = now()",
        "UPDATE casework_step SET note = 'another note'",
        "UPDATE casework_step SET detail = '{}'",
        "DELETE FROM casework_step",
    ],
)
def test_what_was_said_about_a_standing_record_stays_word_for_word(statement: str) -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    case = take("accept", town.market_officer, case)
    take("deny", town.market_officer, case, reasons=REASONS)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Case.objects.get().reasons == REASONS
    assert Step.objects.filter(note=REASONS).exists()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE casework_evidence SET erased_at = now(), sha256 = NULL, name = '', size = 1",
        "UPDATE casework_evidence SET material = ''",
        "DELETE FROM casework_evidence",
    ],
)
def test_erasing_takes_name_and_content_and_nothing_else(statement: str) -> None:
    town = Town()
    apply(town.firm, town.record())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
