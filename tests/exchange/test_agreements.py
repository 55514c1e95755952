"""The life of a sharing agreement: drafted, signed by both sides, changed, suspended, ended, deletion shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from goodstanding import proof
from goodstanding.exchange import agreement_queries, agreements, queries
from goodstanding.exchange.agreement import Agreement as Document
from goodstanding.exchange.agreement_draft import compose
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import Agreement, AgreementTerm, AgreementVersion, Subscriber
from goodstanding.registry.models import Event

from .stage import make_subscriber, now, seal_all, today

pytestmark = pytest.mark.usefixtures("database")


def document(subscriber: Subscriber, /, **more: Any) -> Document:
    """An agreement with a subscriber, some of its parts replaced."""
    parts: dict[str, Any] = {
        "reference": "test-1",
        "provider": settings.LOG_ORIGIN,
        "provider_key": proof.public_key(settings.LOG_SECRET),
        "subscriber": str(subscriber.public_id),
        "name_zh": "征信",
        "name_en": "Credit",
        "recipient_key": bytes(subscriber.public_key),
        "kinds": ["penalty"],
        "purpose": "credit service",
        "legal_basis": "《社会信用体系建设条例》",
        "valid_from": today(),
    }
    return compose(**(parts | more))


def sign_both(found: AgreementVersion, key: bytes) -> AgreementVersion:
    reference = found.agreement.reference
    agreements.sign_as_provider(reference=reference, at=now())
    signature = proof.sign_agreement(bytes(found.digest), private_key=key)
    return agreements.sign_as_recipient(
        reference=reference, version=found.version, signature=signature, at=now()
    )


def state() -> str:
    return agreement_queries.agreement("test-1", on=today()).state


def covered(subscriber: Subscriber, *, item: str = "x", kind: str = "penalty", days: int = 0) -> bool:
    scope = queries.scope_for(Subscriber.objects.get(pk=subscriber.pk))
    found = scope.view(kind=kind, item=item, division="330100", on=today() + timedelta(days=days))
    return found is not None


def test_it_is_in_force_when_both_sides_have_signed_the_same_digest() -> None:
    subscriber, key = make_subscriber(kinds=[])
    drafted = agreements.draft(document(subscriber), at=now())
    assert drafted.breaking and state() == "draft" and not covered(subscriber)
    agreements.sign_as_provider(reference="test-1", at=now())
    assert agreement_queries.agreement("test-1", on=today()).waits_for == ("recipient",)
    assert not covered(subscriber)
    with pytest.raises(ExchangeError, match=r"agreement\.nothing_to_sign"):
        agreements.sign_as_provider(reference="test-1", at=now())
    other = proof.generate_private_key()
    for wrong in (
        proof.sign_agreement(bytes(drafted.digest), private_key=other),
        proof.sign_agreement(bytes(32), private_key=key),
        bytes(64),
    ):
        with pytest.raises(ExchangeError, match=r"agreement\.signature"):
            agreements.sign_as_recipient(reference="test-1", version="1.0.0", signature=wrong, at=now())
    good = proof.sign_agreement(bytes(drafted.digest), private_key=key)
    signed = agreements.sign_as_recipient(reference="test-1", version="1.0.0", signature=good, at=now())
    assert state() == "in_force" and covered(subscriber) and not covered(subscriber, days=-1)
    own = proof.public_key(settings.LOG_SECRET)
    assert signed.provider_signature is not None
    proof.verify_agreement(
        document(subscriber).digest, signature=bytes(signed.provider_signature), public_key=own, place=""
    )
    kinds = [event.kind for event in Event.objects.filter(kind__startswith="agreement.").order_by("position")]
    assert kinds == ["agreement.drafted", "agreement.signed", "agreement.signed", "agreement.concluded"]


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("agreement.provider", {"provider": "elsewhere/log"}),
        ("agreement.provider", {"provider_key": bytes(32)}),
        ("agreement.recipient", {"recipient_key": bytes(32)}),
        ("agreement.recipient", {"subscriber": "3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11"}),
        ("agreement.items", {"items": ["gossip"]}),
    ],
)
def test_a_draft_that_is_not_between_these_two_is_refused(code: str, more: dict[str, Any]) -> None:
    subscriber, _ = make_subscriber(kinds=[])
    with pytest.raises(ExchangeError) as error:
        agreements.draft(document(subscriber, **more), at=now())
    assert error.value.code == code
    assert not Agreement.objects.exists()


def test_a_breaking_version_waits_for_the_recipient_and_the_old_one_holds() -> None:
    subscriber, key = make_subscriber(kinds=[])
    sign_both(agreements.draft(document(subscriber, kinds=["penalty", "permit"]), at=now()), key)
    narrower = agreements.draft(document(subscriber, kinds=["permit"], version="2.0.0"), at=now())
    assert narrower.breaking
    agreements.sign_as_provider(reference="test-1", at=now())
    assert covered(subscriber) and state() == "in_force"
    (change,) = agreement_queries.agreement("test-1", on=today()).changes
    assert (change.path, change.effect) == ("terms.scope.kinds", "breaking")
    signature = proof.sign_agreement(bytes(narrower.digest), private_key=key)
    agreements.sign_as_recipient(reference="test-1", version="2.0.0", signature=signature, at=now())
    assert not covered(subscriber) and covered(subscriber, kind="permit")
    for number in ("2.0.0", "1.9.0"):
        with pytest.raises(ExchangeError, match=r"agreement\.version"):
            agreements.draft(document(subscriber, version=number), at=now())


def test_what_gives_the_recipient_more_needs_the_provider_alone() -> None:
    subscriber, key = make_subscriber(kinds=[])
    sign_both(agreements.draft(document(subscriber), at=now()), key)
    wider = agreements.draft(document(subscriber, kinds=["penalty", "permit"], version="1.1.0"), at=now())
    assert not wider.breaking and not covered(subscriber, kind="permit")
    agreements.sign_as_provider(reference="test-1", at=now())
    assert covered(subscriber, kind="permit") and covered(subscriber)


def test_a_draft_that_another_draft_replaced_cannot_be_signed() -> None:
    subscriber, key = make_subscriber(kinds=[])
    first = agreements.draft(document(subscriber), at=now())
    agreements.draft(document(subscriber, version="1.0.1"), at=now())
    signature = proof.sign_agreement(bytes(first.digest), private_key=key)
    with pytest.raises(ExchangeError, match=r"agreement\.nothing_to_sign"):
        agreements.sign_as_recipient(reference="test-1", version="1.0.0", signature=signature, at=now())


def test_suspended_it_gives_nothing_and_resumed_it_gives_again() -> None:
    subscriber, key = make_subscriber(kinds=[])
    sign_both(agreements.draft(document(subscriber), at=now()), key)
    with pytest.raises(ExchangeError, match=r"agreement\.reason"):
        agreements.suspend(reference="test-1", reason=" ", at=now())
    agreements.suspend(reference="test-1", reason="unanswered", at=now())
    assert state() == "suspended" and not covered(subscriber)
    with pytest.raises(ExchangeError, match=r"agreement\.state"):
        agreements.suspend(reference="test-1", reason="unanswered", at=now())
    wider = document(subscriber, kinds=["penalty", "permit"], version="1.1.0")
    agreements.draft(wider, at=now())
    agreements.sign_as_provider(reference="test-1", at=now())
    assert not covered(subscriber), "a new version does not lift a suspension"
    agreements.resume(reference="test-1", at=now())
    assert covered(subscriber, kind="permit") and state() == "in_force"
    with pytest.raises(ExchangeError, match=r"agreement\.state"):
        agreements.resume(reference="test-1", at=now())


def deletion_of(subscriber: Subscriber, key: bytes, **more: Any) -> proof.SignedDeletion:
    said = {
        "subscriber": str(subscriber.public_id),
        "agreement": "test-1",
        "position": 0,
        "deleted": 31,
        "deleted_at": now().isoformat(),
    }
    return proof.sign_deletion(proof.Deletion(**(said | more)), private_key=key)


def test_ended_it_owes_a_signed_statement_of_deletion() -> None:
    subscriber, key = make_subscriber(kinds=[])
    sign_both(agreements.draft(document(subscriber), at=now()), key)
    with pytest.raises(ExchangeError, match=r"agreement\.state"):
        agreements.take_deletion(subscriber=subscriber, signed=deletion_of(subscriber, key), at=now())
    with pytest.raises(ExchangeError, match=r"agreement\.past"):
        agreements.end(reference="test-1", on=today() - timedelta(days=1), reason="service closed", at=now())
    agreements.end(reference="test-1", on=today(), reason="service closed", at=now())
    standing = agreement_queries.agreement("test-1", on=today())
    assert standing.state == "owing" and not covered(subscriber)
    assert standing.deletion_due is None or standing.deletion_due > today() + timedelta(days=9)
    size = seal_all()
    stranger, other = make_subscriber()
    for code, by, signed in (
        ("agreement.unknown", stranger, deletion_of(stranger, other)),
        ("deletion.signature", subscriber, deletion_of(subscriber, other)),
        ("deletion.agreement", subscriber, deletion_of(stranger, key)),
        ("deletion.agreement", subscriber, deletion_of(subscriber, key, position=size + 100)),
    ):
        with pytest.raises(ExchangeError) as error:
            agreements.take_deletion(subscriber=by, signed=signed, at=now())
        assert error.value.code == code
    for _ in range(2):
        done = agreements.take_deletion(
            subscriber=subscriber, signed=deletion_of(subscriber, key, position=size), at=now()
        )
    assert done.deleted == 31 and state() == "deleted"
    (event,) = Event.objects.filter(kind="agreement.deletion_recorded")
    assert event.content["deleted"] == 31
    kept = proof.SignedDeletion.from_json(done.deletion)
    assert proof.verify_deletion(kept, public_key=bytes(subscriber.public_key)).deleted == 31
    with pytest.raises(ExchangeError, match=r"agreement\.state"):
        agreements.draft(document(subscriber, version="2.0.0"), at=now())


def test_one_whose_time_ran_out_owes_it_too_and_one_to_come_gives_nothing_yet() -> None:
    subscriber, key = make_subscriber(kinds=[])
    found = document(
        subscriber, valid_from=today() + timedelta(days=2), valid_until=today() + timedelta(days=3)
    )
    sign_both(agreements.draft(found, at=now()), key)
    assert [covered(subscriber, days=day) for day in range(5)] == [False, False, True, True, False]
    states = [
        agreement_queries.agreement("test-1", on=today() + timedelta(days=day)).state for day in range(5)
    ]
    assert states == ["upcoming", "upcoming", "in_force", "in_force", "owing"]
    agreements.end(reference="test-1", on=today(), reason="before it began", at=now())
    assert not AgreementTerm.objects.exists()


def test_an_agreement_of_items_carries_its_items_only() -> None:
    subscriber, key = make_subscriber(kinds=[])
    kinds = agreements.kinds_of_items()
    item = min(code for code, kind in kinds.items() if kind == "penalty")
    sign_both(agreements.draft(document(subscriber, kinds=[], items=[item]), at=now()), key)
    assert covered(subscriber, item=item) and not covered(subscriber, item="another")
    assert queries.consumers(kind="penalty", item=item, on=today()) == [subscriber.account_id]
    assert queries.consumers(kind="penalty", item="another", on=today()) == []
    whole = document(subscriber, kinds=["penalty"], version="1.1.0")
    assert not agreements.draft(whole, at=now()).breaking, "the kind has the item"


def test_the_database_keeps_what_was_drafted_signed_and_held() -> None:
    subscriber, key = make_subscriber(kinds=[])
    version = sign_both(agreements.draft(document(subscriber), at=now()), key)
    versions = AgreementVersion.objects.filter(pk=version.pk)
    term = AgreementTerm.objects.get()
    unsigned = agreements.draft(document(subscriber, kinds=["permit"], version="2.0.0"), at=now())

    def refused(act: Any) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()

    refused(lambda: versions.update(document={}))
    refused(lambda: versions.update(recipient_signature=None))
    refused(lambda: versions.update(concluded_at=None))
    refused(lambda: versions.delete())
    refused(lambda: AgreementVersion.objects.filter(pk=unsigned.pk).update(concluded_at=now()))
    refused(lambda: AgreementTerm.objects.filter(pk=term.pk).update(first=today() - timedelta(days=9)))
    refused(
        lambda: AgreementTerm.objects.create(
            agreement=unsigned.agreement, version=unsigned, first=today(), until=today(), last_read=today()
        )
    )
    refused(
        lambda: AgreementTerm.objects.create(
            agreement=version.agreement, version=version, first=today(), until=None
        )
    )
    refused(lambda: Agreement.objects.filter(pk=version.agreement_id).update(deletion="{}"))
    refused(lambda: Agreement.objects.filter(pk=version.agreement_id).update(reference="Not A Slug"))
