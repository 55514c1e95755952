"""Mail of notices: over a real mail server, with a measure for confirmations, and for links of entities too."""

from __future__ import annotations

import email
import email.policy
import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail

from goodstanding.casework import notice_mail
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import NoticeAsked, NoticeMail, NoticeSubscription
from goodstanding.casework.notice_mail import OF_AN_ACCOUNT, QUIET, TO_AN_ADDRESS, Addresses, Sent, deliver
from goodstanding.casework.notices import follow
from goodstanding.registry import merges
from goodstanding.registry.actor import Actor
from goodstanding.registry.commands import note_reading

from ..registry.factories import make_entity
from .stories import AT, Town, entity_actor, staff

pytestmark = pytest.mark.usefixtures("database")
ADDRESSES = Addresses(
    notices="https://credit.example/notices",
    confirm=lambda token: f"https://credit.example/notices/confirm/{token}",
    leave=lambda token: f"https://credit.example/notices/leave/{token}",
)


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP (RFC 5321) as a client needs to hand in a mail. Keeps envelopes and mails."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.came: list[tuple[str, list[str], bytes]] = []
        #: What it answers to a recipient.
        self.recipient = "250 OK"


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 mail.example ESMTP")
        sender, recipients = "", []
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self.say("250 mail.example")
                case "MAIL":
                    sender, recipients = re.findall(r"<(.*?)>", rest)[0], []
                    self.say("250 OK")
                case "RCPT":
                    recipients.append(re.findall(r"<(.*?)>", rest)[0])
                    self.say(self.server.recipient)
                case "DATA":
                    self.say("354 go on")
                    body = b""
                    while (text := self.rfile.readline()) != b".\r\n":
                        body += text.removeprefix(b".") if text.startswith(b"..") else text
                    self.server.came.append((sender, recipients, body))
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("502 not here")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with MailServer() as found:
        monkeypatch.setattr(settings, "MAIL", True)
        monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
        monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
        monkeypatch.setattr(settings, "EMAIL_PORT", found.server_address[1])
        monkeypatch.setattr(settings, "EMAIL_TIMEOUT", 5)
        thread = threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail that stays in this process."""
    monkeypatch.setattr(settings, "MAIL", True)
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)


def confirmed(actor: Actor, address: str = "boss@firm.example") -> NoticeSubscription:
    """A subscription whose confirmation was mailed and answered."""
    subscription = notice_mail.subscribe(actor=actor, address=address, at=AT)
    deliver(at=AT, addresses=ADDRESSES)
    notice_mail.confirm(subscription, at=AT)
    return subscription


def news() -> None:
    while follow():
        pass


def test_mail_goes_over_a_real_server(mail_server: MailServer) -> None:
    town = Town()
    town.record()
    news()
    confirmed(town.firm)
    town.record(number=78, document_no="临市监罚〔2026〕78号")
    news()
    assert deliver(at=AT, addresses=ADDRESSES) == Sent(1, 1, 0)
    asked, told = (
        email.message_from_bytes(body, policy=email.policy.default) for _, _, body in mail_server.came
    )
    assert [recipients for _, recipients, _ in mail_server.came] == [["boss@firm.example"]] * 2
    assert "请确认" in str(asked["Subject"]) and "您有新的通知" in str(told["Subject"])
    part = told.get_body(("plain",))
    assert part is not None
    text = part.get_content()
    assert "https://credit.example/notices" in text and "请登录查阅" in text
    assert "78" not in text and town.entity.name not in text
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(told["Message-ID"]) == f"<{NoticeMail.objects.latest('pk').public_id}@credit.example>"


def test_a_server_that_refuses_is_tried_again(mail_server: MailServer) -> None:
    mail_server.recipient = "451 greylisted, come back later"
    notice_mail.subscribe(actor=Town().firm, address="boss@firm.example", at=AT)
    assert deliver(at=AT, addresses=ADDRESSES) == Sent(0, 0, 1)
    waiting = NoticeMail.objects.get()
    assert waiting.error == "SMTPRecipientsRefused" and mail_server.came == []
    mail_server.recipient = "250 OK"
    assert deliver(at=waiting.next_at, addresses=ADDRESSES) == Sent(0, 1, 0)
    assert len(mail_server.came) == 1


@pytest.mark.usefixtures("memory")
def test_an_account_asks_for_so_many_confirmations_a_day_and_no_more() -> None:
    firm = Town().firm
    for number in range(OF_AN_ACCOUNT):
        notice_mail.subscribe(actor=firm, address=f"a{number}@firm.example", at=AT)
    with pytest.raises(CaseworkError) as refused:
        notice_mail.subscribe(actor=firm, address="z@firm.example", at=AT)
    assert refused.value.code == "notice.too_many" and refused.value.zh
    assert NoticeSubscription.objects.get().address == f"a{OF_AN_ACCOUNT - 1}@firm.example", "it stays"
    notice_mail.subscribe(actor=firm, address="z@firm.example", at=AT + timedelta(days=1))


@pytest.mark.usefixtures("memory")
def test_an_address_gets_so_many_confirmations_a_day_whoever_asks() -> None:
    for _ in range(TO_AN_ADDRESS):
        notice_mail.subscribe(actor=Town().firm, address="Boss@firm.example", at=AT)
    with pytest.raises(CaseworkError) as refused:
        notice_mail.subscribe(actor=Town().firm, address="boss@FIRM.example", at=AT)
    assert refused.value.code == "notice.too_many"
    assert deliver(at=AT, addresses=ADDRESSES).sent == TO_AN_ADDRESS
    assert all(b"firm" not in bytes(row.address) for row in NoticeAsked.objects.all())
    notice_mail.subscribe(actor=Town().firm, address="boss@firm.example", at=AT + timedelta(days=1))
    assert NoticeAsked.objects.count() == 1, "what is older than a day is forgotten"


@pytest.mark.usefixtures("memory")
def test_entities_that_become_one_or_part_again_are_mailed_of() -> None:
    town = Town()
    other = make_entity(
        "临湖市天成商贸", identifiers=(("name_at_source", "x 天成商贸"),), known_by_name_only=True
    )
    joined, bank, idle = entity_actor(other), staff("bank"), staff("bank")
    for number, actor in enumerate((town.firm, joined, bank, idle)):
        confirmed(actor, f"a{number}@firm.example")
    note_reading(actor=bank, entity=town.entity, purpose="lending", legal_basis="consent", at=AT)
    mail.outbox.clear()
    clerk = staff()
    explained = {"en": ["same"], "zh": ["同一主体"]}
    made = merges.link_entities(
        one_id=town.entity.pk,
        other_id=other.pk,
        same=True,
        by="clerk",
        explanation=explained,
        account_id=clerk.account_id,
        at=AT,
    )
    news()
    assert deliver(at=AT, addresses=ADDRESSES) == Sent(2, 2, 0)
    assert {message.to[0] for message in mail.outbox} == {"a0@firm.example", "a1@firm.example"}
    assert deliver(at=AT + QUIET, addresses=ADDRESSES).written == 0, "told once"
    mail.outbox.clear()
    assert clerk.account_id is not None
    merges.withdraw_link(link_id=made.pk, account_id=clerk.account_id, reason="two shops", at=AT)
    assert deliver(at=AT + QUIET, addresses=ADDRESSES) == Sent(3, 3, 0)
    assert {message.to[0] for message in mail.outbox} == {f"a{number}@firm.example" for number in range(3)}
    assert all(town.entity.name not in str(message.body) for message in mail.outbox)
    own = merges.notices_for(town.firm.account_id or 0)
    assert [notice.now_one for notice in sorted(own, key=lambda notice: notice.pk)] == [True, False]
