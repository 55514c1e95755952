"""A statement attached to a record: who sees it, what the journal says of it, and that its history stays."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from goodstanding.registry import commands, statements, sweep
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Account, Event, Record, RecordStatement
from goodstanding.registry.removals import ReportedRemoval, remove

from .factories import AT, make_authority, make_entity, make_record, reported, take_in
from .test_sweep import clock

pytestmark = pytest.mark.usefixtures("database")
TEXT = "本公司已就该处罚提起行政诉讼。\nAn action against this penalty is pending."


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def a_record(**more: Any) -> tuple[Record, int]:
    entity = make_entity()
    account = commands.create_account(username="firm", password=None, role=Account.Role.ENTITY, entity=entity)
    return make_record(entity, make_authority(), **more), account.pk


def test_a_statement_is_shown_committed_to_and_kept() -> None:
    record, account = a_record()
    given: dict[str, Any] = {"record_id": record.pk, "account_id": account, "at": AT}
    statements.attach_statement(text="  First.\r\nLine two. ", **given)
    statements.attach_statement(text=TEXT, **given)
    statements.attach_statement(text=TEXT, **given)
    record.refresh_from_db()
    first, second = Event.objects.filter(kind="record.stated").order_by("position")
    assert record.statement == {"text": TEXT, "at": AT.isoformat(), "position": second.position}
    assert first.content["statement"] == digest("First.\nLine two.")
    assert second.content["statement"] == digest(TEXT) and TEXT[:5] not in str(second.content)
    assert (record.version, second.content["version"]) == (1, 1), "it is no part of what was reported"
    statements.remove_statement(**given)
    record.refresh_from_db()
    assert record.statement is None
    assert "statement" not in Event.objects.get(kind="record.statement_removed").content
    said = record.statements.order_by("position")
    assert [item.text for item in said] == ["First.\nLine two.", TEXT, ""]
    assert {item.account_id for item in said} == {account}
    with pytest.raises(RegistryError, match=r"statement\.none"):
        statements.remove_statement(**given)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "length"),
        (" \n ", "length"),
        ("字" * 501, "length"),
        ("a\x00b", "characters"),
        ("invoice \u202egnp.exe", "characters"),
        ("zero\u200bwidth", "characters"),
    ],
)
def test_a_statement_is_short_plain_text(text: str, code: str) -> None:
    record, account = a_record()
    before = Event.objects.count()
    with pytest.raises(RegistryError, match=rf"statement\.{code}"):
        statements.attach_statement(record_id=record.pk, text=text, account_id=account, at=AT)
    assert (Event.objects.count(), RecordStatement.objects.count()) == (before, 0)
    statements.attach_statement(record_id=record.pk, text="字" * 500, account_id=account, at=AT)


def test_a_later_report_and_the_sweep_leave_it_and_say_it_again() -> None:
    record, account = a_record(number=1)
    statements.attach_statement(record_id=record.pk, text=TEXT, account_id=account, at=AT)
    (outcome,) = take_in(reported(record.entity, record.authority, number=1, public={"CF_WFXW": "另行认定"}))
    assert outcome.disposition == "superseding"
    sweep.sweep(on=date(2027, 5, 1), at_clock=clock(date(2027, 5, 1)))
    record.refresh_from_db()
    assert record.statement is not None and record.statement["text"] == TEXT
    told = Event.objects.filter(record=record, kind__in=["record.superseded", "record.ended"])
    assert [event.content["statement"] for event in told] == [digest(TEXT)] * 2


def test_only_a_record_that_stands_takes_a_statement() -> None:
    record, account = a_record()
    commands.restore(record_id=record.pk, at=AT)
    with pytest.raises(RegistryError, match=r"record\.state"):
        statements.attach_statement(record_id=record.pk, text=TEXT, account_id=account, at=AT)


def test_erasure_takes_the_statement_and_its_history_too() -> None:
    record, account = a_record()
    statements.attach_statement(record_id=record.pk, text=TEXT, account_id=account, at=AT)
    removal = ReportedRemoval(
        row=1,
        change="redact",
        entity_id=record.entity_id,
        authority_id=record.authority_id,
        source_id=record.source_id,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        remove([removal], batch=None, at=AT, sender_id=record.source_id)
    record.refresh_from_db()
    assert (record.state, record.statement) == (Record.State.REDACTED, None)
    assert not RecordStatement.objects.exists()


def test_the_database_holds_record_and_history_together() -> None:
    record, account = a_record()
    statements.attach_statement(record_id=record.pk, text=TEXT, account_id=account, at=AT)
    record.refresh_from_db()
    said = RecordStatement.objects.get()
    other = {**(record.statement or {}), "text": "another"}
    for change in (
        lambda: Record.objects.filter(pk=record.pk).update(statement=None),
        lambda: Record.objects.filter(pk=record.pk).update(statement=other),
        lambda: RecordStatement.objects.update(text="another"),
        lambda: said.delete(),
        lambda: RecordStatement.objects.create(record=record, text="unseen", at=AT, position=10**6),
        lambda: connection.cursor().execute("TRUNCATE registry_recordstatement"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert RecordStatement.objects.get() == said
