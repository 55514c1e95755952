"""A record that a decision put right says what is true, and no source makes it say the wrong thing again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from goodstanding.registry import commands, corrections, decisions, queries, removals, source_findings
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.events import public_digest
from goodstanding.registry.models import Correction, Event, Record, RecordVersion
from goodstanding.registry.removed_near import near_removed

from .factories import AT, TODAY, make_authority, make_entity, reported, take_in

pytestmark = pytest.mark.usefixtures("database")
WRONG = {"CF_WFXW": "超范围经营", "CF_FKJE": "5.000000", "CF_SY": "见决定书"}
JUDGED = corrections.Judged(
    found_on=date(2026, 4, 1),
    measures=("warning",),
    amount_yuan=None,
    pack="cn-ndrc-36-2025",
    severity="minor",
    publish_from=None,
    restorable_from=None,
    publish_until=None,
    restorable=True,
)


class Case:
    """A firm's penalty, and its source."""

    def __init__(self, **more: Any) -> None:
        self.entity, self.authority = make_entity(), make_authority()
        (outcome,) = take_in(self.row(WRONG, **more))
        assert outcome.record_id is not None
        self.pk = outcome.record_id

    def row(self, public: dict[str, str], **more: Any) -> Any:
        return reported(self.entity, self.authority, number=1, public=public, **more)

    def report(self, public: dict[str, str], **more: Any) -> tuple[str, str]:
        (outcome,) = take_in(self.row(public, **more))
        return outcome.disposition, outcome.code

    def correct(self, **changes: str) -> Record:
        return corrections.correct(record_id=self.pk, changes=changes, document="（2026）临行终1号", at=AT)

    @property
    def record(self) -> Record:
        return Record.objects.get(pk=self.pk)


def test_a_correction_replaces_values_and_keeps_what_was_said() -> None:
    case = Case(personal={"FDDBR": "王小明"})
    before = case.record
    record = case.correct(CF_FKJE="0.500000", CF_SY="见决定书")
    right = WRONG | {"CF_FKJE": "0.500000"}
    assert case.record.content == before.content | {"public": right}
    assert queries.records_visible_to(PUBLIC, on=TODAY).get().content["public"] == right
    event = Event.objects.get(kind="record.corrected")
    assert (event.content["version"], event.content["fields"]) == (2, ["CF_FKJE"])
    assert event.content["public_digest"] == public_digest(record.content)
    assert (
        event.content["digest"]
        == bytes(case.record.content_digest).hex()
        != bytes(before.content_digest).hex()
    )
    assert "0.5" not in str(event.content)
    kept = RecordVersion.objects.get()
    assert (kept.version, kept.content) == (1, before.content)
    assert (record.state, record.publish_until, record.legal_basis) == (
        before.state,
        before.publish_until,
        before.legal_basis,
    )
    (correction,) = record.corrections.all()
    assert (correction.field, correction.wrong, correction.right) == ("CF_FKJE", "5.000000", "0.500000")
    assert (correction.document, correction.position) == ("（2026）临行终1号", event.position)


def test_the_wrong_value_does_not_come_back_and_is_a_finding_against_its_source() -> None:
    case = Case()
    case.correct(CF_FKJE="0.500000")
    assert case.report(WRONG) == ("refused", "tombstone.corrected")
    otherwise = WRONG | {"CF_SY": "另见附件"}
    assert case.report(otherwise, change="correct") == ("refused", "tombstone.corrected")
    first, second = source_findings.findings()
    assert {first.kind, second.kind} == {"corrected"} and first.record_id == second.record_id == case.pk
    assert first.source == case.authority
    operator = commands.create_account(username="operator", password=None, role="operator")
    with pytest.raises(RegistryError, match=r"finding\.certain"):
        source_findings.decide(
            finding=first.public_id,
            decision="cleared",
            reasons="the source insists on it",
            account_id=operator.pk,
            at=AT,
        )
    assert case.record.content["public"]["CF_FKJE"] == "0.500000"
    assert near_removed().natural_keys == (bytes(case.record.natural_key),)


def test_what_is_true_is_taken_in_as_always() -> None:
    case = Case()
    case.correct(CF_FKJE="0.500000")
    right = WRONG | {"CF_FKJE": "0.500000"}
    assert case.report(right | {"CF_SY": "另见附件"})[0] == "superseding"
    assert case.report(right | {"CF_FKJE": "0.700000"})[0] == "superseding"
    rows = [case.row(WRONG), case.row(right | {"CF_SY": "更正"})]
    assert [outcome.disposition for outcome in take_in(*rows)] == ["refused", "superseding"]


def test_a_correction_can_be_taken_back_by_another() -> None:
    case = Case()
    case.correct(CF_FKJE="0.500000")
    case.correct(CF_FKJE="5.000000")
    assert case.record.version == 3
    assert case.report(WRONG | {"CF_SY": "另见附件"})[0] == "superseding"
    assert case.report(WRONG | {"CF_FKJE": "0.500000"}) == ("refused", "tombstone.corrected")


def test_a_list_that_names_it_again_does_not_undo_it() -> None:
    case = Case()
    case.correct(CF_FKJE="0.500000")
    with transaction.atomic():
        removals.withdraw_all([case.record], at=AT, removed_by=case.authority.pk)
    row = case.row(WRONG)
    with transaction.atomic():
        (outcome,) = removals.records.take_in(
            [row], batch=None, today=TODAY, at=AT, relisted=[row.natural_key]
        )
    assert (outcome.disposition, outcome.code) == ("refused", "tombstone.corrected")


def test_new_facts_bring_the_class_and_window_that_the_caller_found() -> None:
    case = Case(amount_yuan=Decimal(50_000))
    record = corrections.correct(
        record_id=case.pk,
        changes={"CF_FKJE": "0.000000"},
        document="（2026）临行终1号",
        at=AT,
        judged=JUDGED,
        legal_basis="《中华人民共和国行政处罚法》第三十三条",
    )
    record.refresh_from_db()
    assert (record.state, record.severity, record.amount_yuan) == ("unpublished", "minor", None)
    assert (record.found_on, record.measures) == (date(2026, 4, 1), ["warning"])
    assert record.legal_basis.endswith("第三十三条")
    assert not queries.records_visible_to(PUBLIC, on=TODAY).exists()


def test_beneath_a_shield_it_stays_there() -> None:
    case = Case()
    decisions.shield(record_id=case.pk, statement="重整计划执行中", account_id=None, at=AT)
    assert case.correct(CF_FKJE="0.500000").state == Record.State.SHIELDED
    record = corrections.correct(
        record_id=case.pk, changes={"CF_FKJE": "0.1"}, document="判决书", at=AT, judged=JUDGED
    )
    assert (record.state, record.beneath) == ("shielded", "unpublished")


@pytest.mark.parametrize(
    ("changes", "document", "code"),
    [
        ({"CF_FKJE": "1", "CF_JGMC": "x"}, "判决书", "correction.field"),
        ({"FDDBR": "x"}, "判决书", "correction.field"),
        ({"CF_FKJE": "5.000000"}, "判决书", "correction.nothing"),
        ({}, "判决书", "correction.nothing"),
        ({"CF_FKJE": " "}, "判决书", "correction.value"),
        ({"CF_FKJE": "1\x00"}, "判决书", "correction.value"),
        ({"CF_FKJE": "1"}, " ", "correction.document"),
        ({"CF_WSH": "临市监罚〔2026〕2号"}, "判决书", "correction.key"),
    ],
)
def test_what_cannot_be_corrected_is_refused(changes: dict[str, str], document: str, code: str) -> None:
    case = Case(document_no="临市监罚〔2026〕1号", personal={"FDDBR": "王小明"})
    case.report(WRONG | {"CF_WSH": "临市监罚〔2026〕1号"}, document_no="临市监罚〔2026〕1号")
    before = Event.objects.count()
    with pytest.raises(RegistryError, match=code.replace(".", r"\.")):
        corrections.correct(record_id=case.pk, changes=changes, document=document, at=AT)
    assert Event.objects.count() == before and not Correction.objects.exists()


def test_only_a_record_that_stands_is_corrected() -> None:
    case = Case()
    commands.restore(record_id=case.pk, at=AT)
    with pytest.raises(RegistryError, match=r"record\.state"):
        case.correct(CF_FKJE="0.500000")


def test_corrections_stay_and_go_only_with_the_content() -> None:
    case = Case()
    record = case.correct(CF_FKJE="0.500000")
    for change in (
        lambda: Correction.objects.update(wrong="0"),
        lambda: Correction.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE registry_correction"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    removal = removals.ReportedRemoval(
        1, "redact", record.entity_id, record.authority_id, record.source_id, bytes(record.natural_key)
    )
    with transaction.atomic():
        removals.remove([removal], batch=None, at=AT, sender_id=record.source_id)
    assert not Correction.objects.exists() and not RecordVersion.objects.exists()
