"""The page of notices: what each account is told of, marking it as read, the restoration notice, mail about it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from goodstanding.casework.models import Notice, NoticeMail, NoticeSubscription
from goodstanding.casework.notice_mail import QUIET, Addresses, deliver
from goodstanding.casework.notices import follow

from .stories import Town, apply_for, signed_in

ADDRESSES = Addresses(
    notices="https://credit.example/notices",
    confirm=lambda token: f"https://credit.example/notices/confirm/{token}",
    leave=lambda token: f"https://credit.example/notices/leave/{token}",
)


@pytest.fixture
def told(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town whose journal was followed, with mail that stays in this process."""
    monkeypatch.setattr(settings, "MAIL", True)
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    follow()
    return town


def test_an_entity_finds_its_notices_narrows_them_and_marks_them_as_read(told: Town) -> None:
    apply_for(told, "open")
    follow()
    firm = signed_in("firm")
    page = firm.get("/notices").content.decode()
    assert "Restoration: " in page and "A record about you was taken in" in page
    menu = re.search(r'<a href="/notices"[^>]*>.*?</a>', page)
    assert menu is not None and "unread" in menu[0]
    cases = firm.get("/notices?about=cases").content.decode()
    assert "A record about you was taken in" not in cases and "Restoration: " in cases
    newest = Notice.objects.filter(party="entity", entity=told.firm).latest("pk")
    firm.post("/notices", {"notice": newest.public_id})
    newest.refresh_from_db()
    assert newest.read_at is not None
    assert "Restoration: " not in firm.get("/notices?about=cases&show=unread").content.decode()
    firm.post("/notices", {"until": newest.pk})
    assert "unread" not in firm.get("/notices?about=cases").content.decode().split("<main")[0]
    assert firm.post("/notices", {"until": "x"}).status_code == 404


def test_the_restoration_notice_says_in_both_languages_what_holds_and_who_serves_it(told: Town) -> None:
    record = told.records["open"]
    notice = Notice.objects.get(record=record, event="record.committed")
    page = signed_in("firm").get(f"/notices/{notice.public_id}").content.decode()
    for said in ("信用修复告知书", "Restoration notice", "两书同达", "item 5", record.document_no, "item 5"):
        assert said in page, said
    for stranger in (None, "galaxy", "market", "operator", "bank"):
        assert signed_in(stranger).get(f"/notices/{notice.public_id}").status_code in (302, 403, 404)
    assert signed_in("firm").get(f"/notices/{uuid.uuid4()}").status_code == 404


def link_in(message: mail.EmailMessage, word: str) -> str:
    found = re.search(rf"https://credit\.example(/notices/{word}/\S+)", str(message.body))
    assert found is not None
    return found[1]


def test_mail_goes_to_a_confirmed_address_and_says_no_more_than_that_there_is_news(told: Town) -> None:
    firm, now = signed_in("firm"), timezone.now()
    assert firm.post("/notices/mail", {"address": "not an address"}).status_code == 422
    firm.post("/notices/mail", {"address": "boss@firm.example"})
    assert deliver(at=timezone.now(), addresses=ADDRESSES).sent == 1
    (asked,) = mail.outbox
    link = link_in(asked, "confirm")
    anyone = signed_in(None)
    assert "Confirm the address" in anyone.get(link).content.decode()
    assert NoticeSubscription.objects.get().confirmed_at is None, "looking at the link confirms nothing"
    assert anyone.post(link).status_code == 200
    assert NoticeSubscription.objects.get().confirmed_at is not None
    assert deliver(at=timezone.now(), addresses=ADDRESSES).sent == 0, "old news is not mailed"

    (case,) = apply_for(told, "open")
    follow()
    assert deliver(at=timezone.now(), addresses=ADDRESSES).sent == 1
    news = mail.outbox[1]
    text = f"{news.subject} {news.body}"
    assert "https://credit.example/notices" in text and news.to == ["boss@firm.example"]
    for secret in (case.record.document_no, told.firm.name, str(case.public_id), case.authority.name_zh):
        assert secret not in text
    assert deliver(at=timezone.now() + QUIET, addresses=ADDRESSES).written == 0, "told once"

    leave = link_in(news, "leave")
    assert news.extra_headers["List-Unsubscribe"].endswith(f"{leave}>")
    assert anyone.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not NoticeSubscription.objects.exists() and not NoticeMail.objects.exists()
    assert anyone.get(leave).status_code == 404 and anyone.get(link).status_code == 404
    assert now <= timezone.now()


def test_mail_that_cannot_be_sent_is_kept_and_tried_again(
    told: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in("firm").post("/notices/mail", {"address": "boss@firm.example"})
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(settings, "EMAIL_PORT", 9)
    at = timezone.now()
    assert deliver(at=at, addresses=ADDRESSES).failed == 1
    waiting = NoticeMail.objects.get()
    assert (waiting.failures, waiting.sent_at) == (1, None) and waiting.next_at > at
    assert "boss" not in waiting.error and waiting.error
    assert deliver(at=at, addresses=ADDRESSES).failed == 0, "not before its time"
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_FILE_PATH", str(tmp_path), raising=False)
    assert deliver(at=at + timedelta(hours=1), addresses=ADDRESSES).sent == 1
    assert deliver(at=at + timedelta(hours=2), addresses=ADDRESSES).sent == 0
    (file,) = tmp_path.iterdir()
    assert f"<{waiting.public_id}@credit.example>" in file.read_text()


def test_a_link_of_another_purpose_or_with_a_changed_letter_does_nothing(told: Town) -> None:
    signed_in("firm").post("/notices/mail", {"address": "boss@firm.example"})
    deliver(at=timezone.now(), addresses=ADDRESSES)
    link = link_in(mail.outbox[0], "confirm")
    anyone = signed_in(None)
    assert anyone.post(link.replace("confirm", "leave")).status_code == 404
    assert anyone.post(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404
    assert NoticeSubscription.objects.get().confirmed_at is None


def test_without_a_mail_server_the_page_says_so(told: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL", False)
    firm = signed_in("firm")
    assert "sends no mail" in firm.get("/notices").content.decode()
    assert firm.post("/notices/mail", {"address": "boss@firm.example"}).status_code == 422
    assert not NoticeSubscription.objects.exists()
