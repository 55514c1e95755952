"""What an entity sees of its cases: whom each lies with, what is next and when, and whether a success has helped."""

from __future__ import annotations

import re
import uuid

from django.utils import timezone

from goodstanding import proof
from goodstanding.casework import commands as casework
from goodstanding.casework.models import Case
from goodstanding.exchange import commands as exchange
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands, seal
from goodstanding.registry.models import Event
from goodstanding.site.worker import seal_all

from .stories import Town, apply_for, signed_in
from .test_remedies import step


def text_of(page: str) -> str:
    """The words of a page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_each_open_case_says_whom_it_lies_with_and_what_is_next(town: Town) -> None:
    (case,) = apply_for(town, "open")
    case.refresh_from_db()
    assert case.due_on is not None
    page = signed_in("firm").get("/my").content.decode()
    cases = page[page.index('id="cases"') :]
    assert "Linhu Market Regulation" in cases
    assert f'datetime="{case.due_on.isoformat()}"' in cases
    assert "Applied for; an answer is due by" in page
    assert "You can apply today." in page, "the other record"
    assert "You can apply from" in page, "the record whose time has not come"
    assert "Not met yet: The minimum period of publication has been reached" in page, "and why"
    shown = text_of(signed_in("firm").get(f"/case/{case.public_id}").content.decode())
    assert re.search(r"Now with Linhu Market Regulation .* Next .* Due \d", shown)
    chinese = signed_in("firm", language="zh-hans").get("/my").content.decode()
    assert "当前办理方" in chinese
    assert "今天即可申请。" in chinese


def test_a_case_that_waits_for_the_entity_says_so(town: Town) -> None:
    (case,) = apply_for(town, "open")
    step(signed_in("market"), case, "accept")
    step(signed_in("market"), case, "grant")
    reopened = casework.reopen(
        actor=town.actor("market"),
        case=case.public_id,
        reasons="经核查，所提交的缴款凭证系伪造。",
        document="临市监核〔2026〕2号",
        key=uuid.uuid4(),
        at=timezone.now(),
        today=timezone.localdate(),
    )
    page = signed_in("firm").get("/my").content.decode()
    assert "<strong>you</strong>" in page
    assert 'data-label="Next">Answer</td>' in page
    assert "The time for an answer is unset" in page
    assert "the entity" in signed_in("market").get(f"/case/{reopened.public_id}").content.decode()


def granted(town: Town) -> Case:
    """A restoration of a record that the subscriber holds."""
    seal_all()
    checkpoint = seal.latest()
    assert checkpoint is not None
    Subscriber.objects.update(position=checkpoint.size)
    (case,) = apply_for(town, "open")
    step(signed_in("market"), case, "accept")
    step(signed_in("market"), case, "grant")
    return case


def test_a_granted_case_names_the_holder_that_still_lags(town: Town) -> None:
    case = granted(town)
    path = f"/case/{case.public_id}"
    page = text_of(signed_in("firm").get(path).content.decode())
    assert "Did it help?" in page
    assert "The record now Restored" in page
    assert "Holders that have not dropped it 1" in page
    assert re.search(r"Mingjian Credit Service \S+ holds it", page)
    assert "Looked at since then by nobody" in page
    commands.note_reading(
        actor=town.actor("operator"),
        entity=town.firm,
        purpose="supervision",
        legal_basis="inspection",
        at=timezone.now(),
    )
    assert "The operator supervised the platform" in signed_in("firm").get(path).content.decode()
    assert "Looked at since then" not in signed_in("market").get(path).content.decode()


def test_a_holder_that_dropped_the_record_is_shown_with_its_day(town: Town) -> None:
    case = granted(town)
    seal_all()
    subscriber, key, checkpoint = Subscriber.objects.get(), proof.generate_private_key(), seal.latest()
    subscriber.public_key = proof.public_key(key)
    subscriber.save()
    assert checkpoint is not None
    exchange.confirm(subscriber=subscriber, position=checkpoint.size, at=timezone.now())
    position = Event.objects.get(kind="record.restored").position
    receipt = proof.Receipt(
        subscriber=str(subscriber.public_id),
        position=position,
        record=str(case.record.public_id),
        action="dropped",
        removed=1,
        onward=(),
        applied_at=timezone.now().isoformat(),
        checkpoint_size=position,
    )
    signed = proof.sign_receipt(receipt, private_key=key)
    exchange.take_receipt(subscriber=subscriber, signed=signed, at=timezone.now())
    page = text_of(signed_in("firm").get(f"/case/{case.public_id}").content.decode())
    assert "Holders that have not dropped it none" in page
    assert re.search(r"Mingjian Credit Service \S+ has dropped it \d", page)
