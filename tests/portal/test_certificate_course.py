"""The certificate of a restoration in the course of time: before the seal, later on, and once the record is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from goodstanding import proof
from goodstanding.casework.certified import decision_for, decision_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.exchange import certificates
from goodstanding.exchange.errors import ExchangeError
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions
from goodstanding.registry.models import Record

from .certified import all_have_it, certificate_of, certified, granted, sealed
from .stories import apply_for, build_town, signed_in

KEY = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET).verifier


def test_the_same_instant_gives_the_same_bytes_and_an_older_one_stays_good(database: str) -> None:
    town, now = build_town(), timezone.now()
    case = certified(town)
    decision = decision_of(case)
    assert decision is not None
    old = certificates.make(decision, at=now)
    assert certificates.make(decision, at=now) == old
    registry.mark_disputed(record_id=town.records["others"].pk, disputed=True, at=timezone.now())
    sealed()
    assert certificate_of(case) != old
    assert proof.check_certificate(old, key=KEY).holds


def test_it_proves_that_nothing_is_left_where_nothing_is(database: str) -> None:
    town = build_town()
    case = certified(town)
    for name in ("open_too", "too_early"):
        registry.restore(record_id=town.records[name].pk, at=timezone.now())
    sealed()
    checked = proof.check_certificate(certificate_of(case), key=KEY)
    assert [item.status for item in checked.findings if item.check == "absence"] == ["proved"]


def test_there_is_none_before_the_decision_is_sealed_nor_once_the_record_stands_again(database: str) -> None:
    town = build_town()
    all_have_it()
    (open_case,) = apply_for(town, "open_too")
    assert decision_of(open_case) is None
    case = granted(town)
    with pytest.raises(ExchangeError) as caught:
        certificate_of(case)
    assert caught.value.code == "certificate.not_sealed"
    page = signed_in("firm").get(f"/case/{case.public_id}/certificate.pdf", follow=True)
    assert "not under a published checkpoint yet" in page.content.decode()
    sealed()
    assert proof.check_certificate(certificate_of(case), key=KEY).holds
    day = timezone.localdate()
    decisions.republish(
        record_id=case.record_id,
        publish_from=day,
        publish_until=day + timedelta(days=90),
        restorable_from=None,
        at=timezone.now(),
    )
    case.record = Record.objects.get(pk=case.record_id)
    with pytest.raises(CaseworkError) as refused:
        decision_for(town.actor("firm"), case, on=day)
    assert refused.value.code == "certificate.none"
    assert signed_in("firm").get(f"/case/{case.public_id}/certificate.json").status_code == 404
