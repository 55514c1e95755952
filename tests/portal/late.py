"""A town in which removed records wait for receipts: one answered, one late, and a suspension that is proposed."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange import agreements, awaiting, canaries, commands, league
from goodstanding.exchange.models import (
    AwaitedCorrection,
    AwaitedReceipt,
    Canary,
    LeagueWeek,
    Receipt,
    Subscriber,
    Suspension,
)
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.corrections import correct
from goodstanding.registry.models import Account, Record
from goodstanding.site.worker import seal_all

from ..exchange.rounds import all_published, compare
from .stories import Town


def second_recipient() -> tuple[Subscriber, bytes]:
    """A recipient beside the town's own, with its key."""
    key = proof.generate_private_key()
    account = registry.create_account(username="lantern", password=None, role=Account.Role.SUBSCRIBER)
    subscriber = commands.subscribe(
        account=account,
        name_zh="灯塔征信",
        name_en="Lantern Credit",
        public_key=proof.public_key(key),
        kinds=["penalty"],
        divisions=[],
        purpose="第三方信用服务",
        legal_basis="共享协议",
        valid_from=date(2026, 1, 1),
        at=timezone.now(),
    )
    return subscriber, key


def removed_and_late(town: Town, *names: str) -> Receipt:
    """The named records are restored; the second recipient answers the first of them, the town's own is late with all.

    Returns:
        The receipt.
    """
    now = timezone.now()
    answering, key = second_recipient()
    for name in names:
        registry.restore(record_id=town.records[name].pk, at=now)
    seal_all()
    while awaiting.follow(at=now, calendar=known_calendar()):
        pass
    receipt = _answer(answering, key, town.records[names[0]])
    silent = Subscriber.objects.get(account__user__username="mirror")
    due_on = timezone.localdate() - timedelta(days=4)
    AwaitedReceipt.objects.filter(subscriber=silent).update(
        due_on=due_on, remind_on=due_on, late_at=now, reminded_at=now - timedelta(days=5), told_at=now
    )
    Suspension.objects.create(
        subscriber=silent, state="proposed", since=due_on, removals=len(names), began_at=now
    )
    _weeks(answering, silent)
    return receipt


def corrected_and_late(town: Town, name: str) -> Subscriber:
    """The named record is corrected; the second recipient takes it over, the town's own is silent and late.

    Returns:
        The one that is late.
    """
    now = timezone.now()
    quick, _ = second_recipient()
    seal_all()
    correct(record_id=town.records[name].pk, changes={"CF_WFXW": "无证经营"}, document="更正决定", at=now)
    seal_all()
    while awaiting.follow(at=now, calendar=known_calendar()):
        pass
    commands.confirm(subscriber=quick, position=seal.sealed_size(), at=now)
    silent = Subscriber.objects.get(account__user__username="mirror")
    due_on = timezone.localdate() - timedelta(days=4)
    AwaitedCorrection.objects.filter(subscriber=silent).update(
        due_on=due_on, remind_on=due_on, late_at=now, reminded_at=now - timedelta(days=5)
    )
    Subscriber.objects.filter(pk=silent.pk).update(seen_at=now - timedelta(days=5))
    agreements.agree(
        subscriber=silent,
        kinds=["permit"],
        purpose="第三方信用服务",
        legal_basis="共享协议三",
        valid_from=date(2026, 1, 1),
        at=now - timedelta(days=60),
    )
    return silent


def found_keeping(town: Town, name: str) -> tuple[str, str]:
    """The second recipient signs that the named record is gone, and then that it holds it.

    Returns:
        Its English name, and the claim as it was signed.
    """
    keeping, key = second_recipient()
    seal_all()
    record = town.records[name]
    held = {record.public_id: all_published()[record.public_id]}
    registry.restore(record_id=record.pk, at=timezone.now())
    seal_all()
    while awaiting.follow(at=timezone.now(), calendar=known_calendar()):
        pass
    _answer(keeping, key, record)
    return keeping.name_en, compare(keeping, key, held).signed


def canary_of(subscriber: Subscriber) -> Canary:
    """A canary planted for a recipient that agreed to it."""
    now = timezone.now()
    agreements.agree(
        subscriber=subscriber,
        kinds=["penalty"],
        purpose="第三方信用服务",
        legal_basis="共享协议二",
        canaries=True,
        valid_from=timezone.localdate(),
        at=now,
    )
    return canaries.plant(subscriber=subscriber, at=now)


def _answer(subscriber: Subscriber, key: bytes, record: Record) -> Receipt:
    row = AwaitedReceipt.objects.get(subscriber=subscriber, record=record)
    said = proof.Receipt(
        subscriber=str(subscriber.public_id),
        position=row.position,
        record=str(record.public_id),
        action="dropped",
        removed=1,
        onward=("临湖银行",),
        applied_at=timezone.now().isoformat(),
        checkpoint_size=row.position,
    )
    signed = proof.sign_receipt(said, private_key=key)
    return commands.take_receipt(subscriber=subscriber, signed=signed, at=timezone.now())


def _weeks(quick: Subscriber, silent: Subscriber) -> None:
    last = league.monday_of(timezone.localdate()) - timedelta(days=7)
    before = league.last_of_period(last) - timedelta(days=28)
    empty = [0] * (len(league.STEPS) + 1)
    for number in range(20):
        week = last - timedelta(days=7 * number)
        fast, slow = [*empty], [*empty]
        fast[3 if week > before else 8], slow[9] = 12, 1
        for subscriber, answered, late in ((quick, fast, 0), (silent, slow, 37)):
            LeagueWeek.objects.create(
                subscriber=subscriber,
                week=week,
                answered=answered,
                timed=sum(answered),
                in_time=sum(answered[:9]),
                waiting=late,
                late=late,
                late_since=week if late else None,
            )
