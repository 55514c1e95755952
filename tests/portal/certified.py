"""A restoration carried through: decided, sealed, mapped, dropped and receipted by one recipient, not by another."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from goodstanding import proof
from goodstanding.casework import commands as casework
from goodstanding.casework.models import Case
from goodstanding.exchange import commands as exchange
from goodstanding.exchange import vmap
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands, seal
from goodstanding.registry.models import Event
from goodstanding.site.worker import seal_all

from .stories import Town, apply_for


def second_subscriber() -> Subscriber:
    """One more recipient of penalties, under an agreement of long ago."""
    account = commands.create_account(username="slow", password=None, role="subscriber")
    return exchange.subscribe(
        account=account,
        name_zh="迟缓数据服务",
        name_en="Slow Data",
        public_key=proof.public_key(proof.generate_private_key()),
        kinds=["penalty"],
        divisions=[],
        purpose="第三方信用服务",
        legal_basis="共享协议",
        valid_from=date(2026, 1, 1),
        at=timezone.now(),
    )


def all_have_it() -> int:
    """Every subscriber has followed the feed to its end. The log's size."""
    size = sealed()
    for subscriber in Subscriber.objects.all():
        exchange.confirm(subscriber=subscriber, position=size, at=timezone.now())
    return size


def sealed() -> int:
    """The log's size after all is sealed, the map's root with it."""
    while vmap.advance(at=timezone.now()):
        pass
    seal_all()
    found = seal.latest()
    assert found is not None
    return found.size


def granted(town: Town, name: str = "open") -> Case:
    """The firm's case of a record, granted by the market authority."""
    (case,) = apply_for(town, name)
    for step, reasons in (("accept", ""), ("grant", "义务已履行完毕，准予修复。")):
        now, actor = timezone.now(), town.actor("market")
        said = {"at": now, "today": timezone.localdate(now), "reasons": reasons}
        case = casework.move(step, actor=actor, case=case, **said)
    return Case.objects.select_related("record", "authority").get(pk=case.pk)


def answered(subscriber: Subscriber, case: Case) -> None:
    """The subscriber signs, under a key made for it here, that it dropped the record of a case."""
    key = proof.generate_private_key()
    subscriber.public_key = proof.public_key(key)
    subscriber.save()
    position = Event.objects.get(kind="record.restored", record=case.record).position
    exchange.confirm(subscriber=subscriber, position=position, at=timezone.now())
    said = proof.Receipt(
        subscriber=str(subscriber.public_id),
        position=position,
        record=str(case.record.public_id),
        action="dropped",
        removed=3,
        onward=("临湖分中心",),
        applied_at=timezone.now().isoformat(),
        checkpoint_size=position,
    )
    signed = proof.sign_receipt(said, private_key=key)
    exchange.take_receipt(subscriber=subscriber, signed=signed, at=timezone.now())


def certified(town: Town) -> Case:
    """The whole of it: a case of which a certificate says that one recipient dropped the record and one has not yet."""
    second_subscriber()
    all_have_it()
    case = granted(town)
    sealed()
    answered(Subscriber.objects.get(account__user__username="mirror"), case)
    sealed()
    return case
