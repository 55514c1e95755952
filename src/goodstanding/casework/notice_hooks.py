"""Notices pushed to an account's own system: one webhook for each, thin, in their order.

The body says which kind of event a notice is of and where it is read; what happened is read there, with the account's
token. A receiver that fails is tried again later; one that fails for days is switched off, and its account finds that
on the page of notices. Nothing is lost by it: the notices stay, and are pushed once the address is on again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from goodstanding.registry import webhooks
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account

from .errors import CaseworkError
from .notice_tables import Notice, NoticeHook
from .notices import notices_visible_to

#: Roles that have notices of records, of cases, of what they owe, or of decisions that used a record.
ROLES: Final = tuple(Account.Role)
FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(hours=6)
#: How long an address may fail before it is switched off.
FAILING: Final = timedelta(days=3)
#: Notices pushed to one address in one round.
AT_ONCE: Final = 20
#: Seconds for a whole round.
PATIENCE: Final = 10.0
_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one round did: notices that arrived, addresses that failed, and of these switched off."""

    sent: int
    failed: int
    switched_off: int


def hook_of(actor: Actor) -> NoticeHook | None:
    """The address to which an account's notices are pushed, on or off."""
    return NoticeHook.objects.filter(account_id=actor.account_id).first()


def is_off(actor: Actor) -> bool:
    """Whether the account's address was switched off because it failed."""
    return NoticeHook.objects.filter(account_id=actor.account_id, off_at__isnull=False).exists()


@transaction.atomic
def push_to(*, actor: Actor, url: str, at: datetime) -> NoticeHook:
    """Have an account's notices pushed to an address, from now on; the address it had is given up.

    The same address again switches it on, and what was told meanwhile is pushed too.

    Raises:
        CaseworkError: notice.role, notice.url.
    """
    if actor.account_id is None or actor.role not in ROLES:
        raise CaseworkError(
            "notice.role", "Nothing is told to accounts of this kind.", "此类账户没有通知可供订阅。"
        )
    if not webhooks.is_address(url) or len(url) > _LENGTH or not url.isprintable():
        raise CaseworkError(
            "notice.url",
            "This is not an address for webhooks; write it as https://host/path, without a password.",
            "推送地址无效，请按 https://host/path 的格式填写，不得包含密码。",
            place="url",
        )
    known = NoticeHook.objects.select_for_update().filter(account_id=actor.account_id).first()
    on = {"failures": 0, "failing_since": None, "next_at": None, "error": "", "off_at": None}
    if known is not None and known.url == url:
        NoticeHook.objects.filter(pk=known.pk).update(**on)
        return NoticeHook.objects.get(pk=known.pk)
    last = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made, _ = NoticeHook.objects.update_or_create(
        account_id=actor.account_id, defaults={"url": url, "asked_at": at, "told_until": last, **on}
    )
    return made


def push_no_more(actor: Actor) -> None:
    """Push an account's notices nowhere, and forget the address."""
    NoticeHook.objects.filter(account_id=actor.account_id).delete()


def dispatch(*, at: datetime, link: Callable[[Notice], str], limit: int = 50) -> Pushed:
    """Push what is new, all addresses side by side, within ten seconds.

    Args:
        at: the instant; it decides what is due and is the pushes' time.
        link: where a notice is read.
        limit: the most addresses in this round.
    """
    head = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    due = NoticeHook.objects.filter(
        Q(next_at__isnull=True) | Q(next_at__lte=at),
        off_at__isnull=True,
        told_until__lt=head,
        account__user__is_active=True,
    ).select_related("account")
    rounds: list[_Round] = []
    for hook in due.order_by("next_at", "pk"):
        if notices := _news(hook):
            rounds.append(_Round(hook, notices, at=at, link=link))
        else:  # what came was for others; it need not be looked through again
            NoticeHook.objects.filter(pk=hook.pk, told_until=hook.told_until).update(told_until=head)
        if len(rounds) == limit:
            break
    failures = webhooks.side_by_side({each.hook.pk: each.send for each in rounds}, patience=PATIENCE)
    off = sum(_note(each, failures.get(each.hook.pk), at=at) for each in rounds)
    return Pushed(sum(each.arrived for each in rounds), len(failures), off)


def _news(hook: NoticeHook) -> list[Notice]:
    news = notices_visible_to(actor_of(hook.account)).filter(pk__gt=hook.told_until)
    return list(news.select_related(None).order_by("pk")[:AT_ONCE])


class _Round:
    """What is pushed to one address in a round; ``arrived`` counts up while it is sent."""

    def __init__(
        self, hook: NoticeHook, notices: list[Notice], *, at: datetime, link: Callable[[Notice], str]
    ) -> None:
        self.hook, self.notices, self.arrived = hook, notices, 0
        self._at, self._link = at, link

    def send(self) -> None:
        """Push the notices in their order, up to the first that does not arrive. Raises webhooks.NotDelivered."""
        for notice in self.notices:
            data = {"id": str(notice.public_id), "link": self._link(notice)}
            said = {"type": notice.event, "timestamp": notice.at.isoformat(), "data": data}
            webhooks.send(self.hook.url, said, identifier=str(notice.public_id), at=self._at)
            self.arrived += 1


def _note(each: _Round, failure: str | None, *, at: datetime) -> bool:
    """Write down how a round went. Returns whether its address was switched off.

    An address that its account changed meanwhile, or that another worker pushed to, is left alone.
    """
    hook, arrived = each.hook, each.arrived
    row = NoticeHook.objects.filter(pk=hook.pk, url=hook.url, told_until=hook.told_until, off_at__isnull=True)
    told = {"told_until": each.notices[arrived - 1].pk} if arrived else {}
    if failure is None:
        row.update(failures=0, failing_since=None, next_at=None, error="", **told)
        return False
    since = at if arrived or hook.failing_since is None else hook.failing_since
    before = 0 if arrived else hook.failures
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(before, 12))
    gives_up = at - since >= FAILING
    row.update(
        failures=F("failures") + 1 if not arrived else 1,
        failing_since=since,
        next_at=at + delay,
        error=failure[:500],
        off_at=at if gives_up else None,
        **told,
    )
    return gives_up
