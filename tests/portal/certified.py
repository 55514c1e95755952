"""A restoration carried through: decided, sealed, mapped, dropped and receipted by one recipient, not by another."""

from __future__ import annotations

from django.utils import timezone

from goodstanding import proof
from goodstanding.casework import commands as casework
from goodstanding.casework.certified import decision_of
from goodstanding.casework.models import Case
from goodstanding.exchange import certificates, vmap
from goodstanding.exchange import commands as exchange
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import seal
from goodstanding.registry.models import Event
from goodstanding.site.worker import seal_all

from .recipients import dropped, recipient
from .stories import Town, apply_for


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
    dropped(subscriber, key, case.record, position=position, removed=3, onward="临湖分中心")


def certified(town: Town) -> Case:
    """The whole of it: a case of which a certificate says that one recipient dropped the record and one has not yet."""
    recipient("slow", name_zh="迟缓数据服务", name_en="Slow Data")
    all_have_it()
    case = granted(town)
    sealed()
    answered(Subscriber.objects.get(account__user__username="mirror"), case)
    sealed()
    return case


def certificate_of(case: Case) -> bytes:
    """The certificate of a case, as it is made now."""
    decision = decision_of(case)
    assert decision is not None
    return certificates.make(decision, at=timezone.now())
