"""Mail that says that there is news, and where to read it; never what the news is.

A mail is written in the database before it is sent and marked after it, so nothing is lost; a worker killed
between the two sends it once more, under the same Message-ID. While a mail waits to be sent, and for some minutes
after, further news is gathered for the next one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from goodstanding.registry import locks, merges
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account

from .errors import CaseworkError
from .notice_tables import Notice, NoticeAsked, NoticeMail, NoticeSubscription
from .notices import notices_visible_to

#: The shortest time between two mails to one address.
QUIET: Final = timedelta(minutes=10)
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(days=1)
#: How long the link that confirms an address is good.
CONFIRM_WITHIN: Final = timedelta(days=7)
#: Roles that are told of anything: of records and cases, or of entities that became or are no longer one.
ROLES: Final = tuple(Account.Role)
#: Mails that ask for a confirmation, in a day: of one account, and to one address whoever asks.
OF_AN_ACCOUNT: Final = 5
TO_AN_ADDRESS: Final = 3
_DAY: Final = timedelta(days=1)
_SALTS: Final = {"confirm": "goodstanding/notices/confirm", "leave": "goodstanding/notices/leave"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are read: the page of notices, and the pages behind the links of a token."""

    notices: str
    confirm: Callable[[str], str]
    leave: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did: mails written, sent, and not sent yet."""

    written: int
    sent: int
    failed: int


def is_on() -> bool:
    """Whether this installation sends mail."""
    return bool(settings.MAIL)


def token_of(subscription: NoticeSubscription, purpose: str) -> str:
    """The signed token that confirms (``confirm``) or ends (``leave``) a subscription."""
    return signing.dumps([str(subscription.public_id), subscription.address], salt=_SALTS[purpose])


def subscription_of_token(token: str, purpose: str) -> NoticeSubscription | None:
    """The subscription that a token speaks for; None for a token that is broken, too old, or of an address that is
    no longer subscribed.
    """
    age = CONFIRM_WITHIN if purpose == "confirm" else None
    try:
        public_id, address = signing.loads(token, salt=_SALTS[purpose], max_age=age)
    except signing.BadSignature:
        return None
    return NoticeSubscription.objects.filter(public_id=public_id, address=address).first()


def subscription_of(actor: Actor) -> NoticeSubscription | None:
    """The subscription of an actor's account, confirmed or not."""
    return NoticeSubscription.objects.filter(account_id=actor.account_id).first()


@transaction.atomic
def subscribe(*, actor: Actor, address: str, at: datetime) -> NoticeSubscription:
    """Ask for mail to an address, instead of what the account had. It begins once the address is confirmed.

    Raises:
        CaseworkError: notice.no_mail, notice.role, notice.address, notice.too_many.
    """
    if not is_on():
        raise CaseworkError(
            "notice.no_mail",
            "This installation sends no mail. Notices are shown here.",
            "本平台未开通邮件发送，通知请在此查阅。",
        )
    if actor.account_id is None or actor.role not in ROLES:
        raise CaseworkError(
            "notice.role", "Nothing is told to accounts of this kind.", "此类账户没有通知可供订阅。"
        )
    try:
        validate_email(address)
    except ValidationError as error:
        raise CaseworkError(
            "notice.address",
            "This is not an e-mail address; write it as name@example.com.",
            "电子邮箱地址无效，请按 name@example.com 的格式填写。",
            place="address",
        ) from error
    _count(actor.account_id, address, at=at)
    NoticeSubscription.objects.filter(account_id=actor.account_id).delete()
    subscription = NoticeSubscription.objects.create(
        account_id=actor.account_id, address=address, asked_at=at
    )
    NoticeMail.objects.create(subscription=subscription, written_at=at, next_at=at)
    return subscription


def _count(account_id: int, address: str, *, at: datetime) -> None:
    """Count one more asking, and refuse it where a day's measure is full. Older ones are forgotten."""
    digest = hmac.digest(
        settings.PERSON_SECRET, b"goodstanding/notices\0" + address.lower().encode(), "sha256"
    )
    locks.until_committed(locks.NOTICE_ADDRESS, digest.hex())  # two at once for one address count each other
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
    NoticeAsked.objects.filter(at__lte=at - _DAY).delete()
    asked = NoticeAsked.objects
    if (
        asked.filter(account_id=account_id).count() >= OF_AN_ACCOUNT
        or asked.filter(address=digest).count() >= TO_AN_ADDRESS
    ):
        raise CaseworkError(
            "notice.too_many",
            "Too many mails that ask for a confirmation were sent within a day. Try again tomorrow.",
            "一天内发送的确认邮件过多，请明天再试。",
            place="address",
        )
    NoticeAsked.objects.create(account_id=account_id, address=digest, at=at)


def confirm(subscription: NoticeSubscription, *, at: datetime) -> None:
    """Begin to send mail to an address: about what is told from now on."""
    last = Notice.objects.order_by("-pk").values_list("pk", flat=True).first()
    links = merges.last_notice(subscription.account_id)
    NoticeSubscription.objects.filter(pk=subscription.pk, confirmed_at__isnull=True).update(
        confirmed_at=at, told_until=last or 0, links_until=links
    )


def unsubscribe(subscription: NoticeSubscription) -> None:
    """End a subscription and forget its address."""
    subscription.delete()


def deliver(*, at: datetime, addresses: Addresses, limit: int = 50) -> Sent:
    """Write the mails that are due, and send up to ``limit`` of those that wait. Does nothing where mail is off."""
    if not is_on():
        return Sent(0, 0, 0)
    written = _write(at=at)
    waiting = NoticeMail.objects.filter(sent_at__isnull=True, next_at__lte=at).order_by("next_at", "pk")
    results = [_send(pk, at=at, addresses=addresses) for pk in waiting.values_list("pk", flat=True)[:limit]]
    return Sent(written, results.count(True), results.count(False))


def _write(*, at: datetime) -> int:
    """Write one mail for each confirmed subscription that has news and is neither waiting nor quiet."""
    of_news = Q(first__isnull=False) | Q(links__isnull=False)
    busy = NoticeMail.objects.filter(Q(sent_at__isnull=True) | (of_news & Q(written_at__gt=at - QUIET)))
    ready = NoticeSubscription.objects.filter(confirmed_at__isnull=False, account__user__is_active=True)
    written = 0
    for pk in ready.exclude(pk__in=busy.values("subscription_id")).values_list("pk", flat=True):
        written += _write_one(pk, at=at)
    return written


@transaction.atomic
def _write_one(pk: int, *, at: datetime) -> bool:
    locked = NoticeSubscription.objects.select_for_update(skip_locked=True, of=("self",))
    subscription = locked.select_related("account").filter(pk=pk).first()
    if subscription is None:
        return False
    news = notices_visible_to(actor_of(subscription.account)).filter(pk__gt=subscription.told_until)
    last = news.values_list("pk", flat=True).first()
    links = merges.last_notice(subscription.account_id)
    new_links = links if links > subscription.links_until else None
    if last is None and new_links is None:
        return False
    NoticeMail.objects.create(
        subscription=subscription,
        first=None if last is None else subscription.told_until + 1,
        last=last,
        links=new_links,
        written_at=at,
        next_at=at,
    )
    NoticeSubscription.objects.filter(pk=pk).update(
        told_until=last or subscription.told_until, links_until=links
    )
    return True


@transaction.atomic
def _send(pk: int, *, at: datetime, addresses: Addresses) -> bool | None:
    """Send one mail and mark it. None where another worker has it; False where it has to be tried again."""
    locked = NoticeMail.objects.select_for_update(skip_locked=True, of=("self",))
    mail = locked.select_related("subscription").filter(pk=pk, sent_at__isnull=True).first()
    if mail is None:
        return None
    try:
        _message(mail, addresses).send()
    except (SMTPException, OSError) as error:
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(mail.failures, 12))
        mail.failures, mail.next_at, mail.error = mail.failures + 1, at + delay, type(error).__name__
    else:
        mail.sent_at, mail.error = at, ""
    mail.save(update_fields=["failures", "next_at", "error", "sent_at"])
    return mail.sent_at is not None


def _message(mail: NoticeMail, addresses: Addresses) -> EmailMessage:
    subscription = mail.subscription
    host = urlsplit(addresses.notices).hostname or "localhost"
    leave = addresses.leave(token_of(subscription, "leave"))
    headers = {"Message-ID": f"<{mail.public_id}@{host}>", "Auto-Submitted": "auto-generated"}
    if mail.first is None and mail.links is None:
        link = addresses.confirm(token_of(subscription, "confirm"))
        subject = "Goodstanding: confirm your address / 请确认您的电子邮箱"
        body = (
            f"To be told here when there is news for you, open this link within 7 days:\n"
            f"如需在此邮箱接收通知提醒，请在7日内打开以下链接确认：\n\n{link}\n\n"
            "If you did not ask for it, do nothing. 如非本人操作，请忽略本邮件。\n"
        )
    else:
        subject = "Goodstanding: there is news for you / 您有新的通知"
        body = (
            f"There is news for you. Sign in to read it:\n您有新的通知，请登录查阅：\n\n{addresses.notices}\n\n"
            f"No more mail / 不再接收：\n{leave}\n"
        )
        headers |= {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return EmailMessage(subject, body, to=[subscription.address], headers=headers)
