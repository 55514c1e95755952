"""A mirror keeps within its agreements: proved, signed, obeyed, and answered for when they end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange import agreement_queries, agreements, queries
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.mirror import Changed, MirrorAlarm, MirrorError, agreed
from goodstanding.exchange.mirror.program import mirror as command
from goodstanding.exchange.models import Agreement
from goodstanding.registry import commands as registry

from ..registry.factories import make_authority, make_entity
from .meddler import Meddler
from .places import Place
from .places import mirror_of as any_mirror
from .stage import live_record, make_subscriber, now, seal_all, today, token_of
from .test_agreed_scope import random_terms, record_with_everything
from .test_agreements import document, sign_both

pytestmark = pytest.mark.usefixtures("database")


mirror_of = partial(any_mirror, agreements_every=0)


def test_an_agreement_is_read_signed_and_then_followed(url: str, place: Place) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(kinds=[])
    drafted = agreements.draft(document(subscriber), at=now())
    agreements.sign_as_provider(reference="test-1", at=now())
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    (found,) = mirror.agreements()
    assert (found.state, found.version) == ("draft", None)
    assert found.waiting and found.waiting.digest == bytes(drafted.digest)
    assert mirror.follow_once().held == 0
    with pytest.raises(MirrorError, match=r"agreement\.nothing_to_sign"):
        mirror.sign("test-1", version="9.9.9")
    signed = mirror.sign("test-1", version=found.waiting.version)
    assert (signed.state, signed.signed, signed.waiting) == ("in_force", "key", None)
    with pytest.raises(MirrorError, match=r"agreement\.nothing_to_sign"):
        mirror.sign("test-1", version=found.waiting.version)
    fresh = mirror_of(url, subscriber, key, place / "fresh")
    assert fresh.follow_once().held == 1


def test_an_agreement_that_has_ended_empties_the_mirror_and_the_statement_arrives(
    url: str, place: Place
) -> None:
    entity, authority = make_entity(), make_authority()
    gone = live_record(entity, authority, public={"word": "gone-before-the-end"})
    live_record(entity, authority, public={"word": "here-at-the-end"})
    live_record(entity, authority, kind="permit", public={"word": "under-another-one"})
    subscriber, key = make_subscriber()
    agreements.agree(
        subscriber=subscriber,
        reference="permits",
        kinds=["permit"],
        purpose="p",
        legal_basis="l",
        valid_from=today(),
        at=now(),
    )
    seal_all()
    changes: list[Changed] = []
    mirror = mirror_of(url, subscriber, key, place, on_change=lambda change, _: changes.append(change))
    assert mirror.follow_once().held == 3
    registry.restore(record_id=gone.pk, at=now())
    ended = Agreement.objects.exclude(reference="permits").get()
    agreements.suspend(reference=ended.reference, reason="behind", at=now())
    seal_all()
    assert mirror.follow_once().held == 2, "suspended: a removal still comes, the rest is kept"
    agreements.end(reference=ended.reference, on=today(), reason="over and done", at=now())
    progress = mirror.follow_once()
    assert (progress.held, progress.deleted) == (1, 1)
    assert [(change.what, change.because) for change in changes][-1] == ("dropped", "agreement")
    assert place.shows("under-another-one") and not place.shows("here-at-the-end")
    ended.refresh_from_db()
    assert ended.deleted == 1
    signed = proof.SignedDeletion.from_json(ended.deletion)
    stated = proof.verify_deletion(signed, public_key=proof.public_key(key))
    assert stated.position == progress.position
    assert agreement_queries.agreement(ended.reference, on=today()).state == "deleted"
    assert mirror.follow_once().deleted == 0


def test_a_statement_that_was_lost_is_sent_again_as_it_was(url: str, place: Place) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    held = Agreement.objects.get()
    agreements.end(reference=held.reference, on=today(), reason="over and done", at=now())
    lost = Meddler(f"/api/v1/agreements/{held.reference}/deletion")
    cut = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=lost, timeout=60))

    def away(_: Any) -> None:
        raise httpx.ConnectError("cut")

    lost.change = away
    with pytest.raises(MirrorError, match=r"platform\.unreachable"):
        cut.follow_once()
    held.refresh_from_db()
    first = held.deletion
    assert first and not list(mirror.holdings())
    mirror.follow_once()
    held.refresh_from_db()
    assert (held.deletion, held.deleted) == (first, 1)


def test_one_whose_time_runs_out_is_deleted_by_date_and_stated_when_the_platform_says_so(
    url: str, place: Place
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber(valid_until=today())
    seal_all()
    days = [0]
    mirror = mirror_of(url, subscriber, key, place, clock=lambda: now() + timedelta(days=days[0]))
    assert mirror.follow_once().held == 1
    days[0] = 1
    progress = mirror.follow_once()
    assert (progress.held, progress.deleted) == (0, 1)
    assert Agreement.objects.get().deletion == "", "the platform's day is not over"


def test_what_a_narrower_version_no_longer_covers_is_deleted(url: str, place: Place) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    live_record(entity, authority, kind="permit")
    subscriber, key = make_subscriber(kinds=[])
    agreements.draft(document(subscriber, kinds=["penalty", "permit"]), at=now())
    found = Agreement.objects.get().versions.get()
    sign_both(found, key)
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    assert mirror.follow_once().held == 2
    narrower = agreements.draft(document(subscriber, version="1.1.0"), at=now())
    assert mirror.follow_once().held == 2, "not in force yet"
    agreements.sign_as_provider(reference="test-1", at=now())
    mirror.sign("test-1", version=narrower.version)
    progress = mirror.follow_once()
    assert (progress.held, progress.deleted) == (1, 1)


def _another_scope(answers: Any) -> None:
    answers[0]["document"]["customProperties"][0]["value"]["scope"]["kinds"] = ["penalty", "permit"]


def _another_text_with_its_digest(answers: Any) -> None:
    _another_scope(answers)
    answers[0]["signed"]["digest"] = proof.agreement_digest(answers[0]["document"]).hex()


def _another_provider(answers: Any) -> None:
    answers[0]["document"]["customProperties"][0]["value"]["provider"]["key"] = "00" * 32
    answers[0]["signed"]["digest"] = proof.agreement_digest(answers[0]["document"]).hex()


def _another_recipient(answers: Any) -> None:
    value = answers[0]["document"]["customProperties"][0]["value"]
    value["recipient"]["subscriber"] = "00000000-0000-4000-8000-000000000000"
    _another_signature(answers)


def _another_signature(answers: Any) -> None:
    digest = proof.agreement_digest(answers[0]["document"])
    signature = proof.sign_agreement(digest, private_key=settings.LOG_SECRET)
    answers[0]["signed"] |= {"digest": digest.hex(), "provider": proof.keys.to_base64(signature)}
    answers[0]["document"]["version"] = "7.0.0"


@pytest.mark.parametrize(
    "change",
    [
        _another_scope,
        _another_text_with_its_digest,
        _another_provider,
        _another_recipient,
        _another_signature,
    ],
)
def test_an_agreement_that_is_not_proved_gives_nothing_and_holds_no_removal_up(
    url: str, place: Place, change: Callable[[Any], None]
) -> None:
    entity, authority = make_entity(), make_authority()
    record = live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    meddler = Meddler("/api/v1/agreements")
    mirror = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=meddler, timeout=60))
    assert mirror.follow_once().held == 1
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    meddler.change = change
    with pytest.raises(MirrorAlarm) as alarm:
        mirror.follow_once()
    assert (alarm.value.code, alarm.value.exit_status) == ("agreement.unproved", 5)
    assert (alarm.value.progress.dropped, alarm.value.progress.receipts) == (1, 1)
    fresh = mirror_of(
        url, subscriber, key, place / "fresh", client=httpx.Client(transport=meddler, timeout=60)
    )
    live_record(entity, authority)
    seal_all()
    with pytest.raises(MirrorAlarm) as alarm:
        fresh.follow_once()
    assert (alarm.value.progress.held, alarm.value.progress.outside) == (0, 1)


def test_an_agreement_that_the_platform_leaves_out_stays_as_it_was(url: str, place: Place) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    meddler = Meddler("/api/v1/agreements")
    mirror = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=meddler, timeout=60))
    mirror.follow_once()
    meddler.change = lambda answers: answers.clear()
    assert (mirror.follow_once().held, mirror.agreements()) == (1, [])


def test_a_record_outside_every_agreement_is_not_taken(url: str, place: Place) -> None:
    entity, authority = make_entity(division="330106"), make_authority()
    record = live_record(entity, authority)
    live_record(make_entity(division="330106"), authority, kind="permit")
    subscriber, key = make_subscriber(kinds=["penalty", "permit"], divisions=["330100"])
    seal_all()
    meddler = Meddler("/api/v1/feed")

    def elsewhere(page: Any) -> None:
        for entry in page["entries"]:
            if "record" in entry and entry["record"]["id"] == str(record.public_id):
                entry["record"]["entity"]["division"] = "110101"

    meddler.change = elsewhere
    mirror = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=meddler, timeout=60))
    progress = mirror.follow_once()
    assert (progress.held, progress.outside) == (1, 1)


@pytest.mark.parametrize("seed", range(4))
def test_all_that_the_feed_gives_lies_within_and_nothing_of_another_scope_does(seed: int) -> None:
    chance = random.Random(seed)
    for number in range(12):
        record_with_everything(number, chance)
    subscribers = []
    for _ in range(3):
        subscriber, key = make_subscriber(kinds=[])
        for number in range(chance.randint(1, 2)):
            terms = random_terms(chance)
            reference = f"test-{len(subscribers)}-{number}"
            agreements.draft(document(subscriber, reference=reference, **terms), at=now())
            sign_both(Agreement.objects.get(reference=reference).versions.get(), key)
        subscribers.append(subscriber)
    seal_all()
    pages, held = [], []
    for subscriber in subscribers:
        page = queries.feed(subscriber=subscriber, after=0, limit=5000, on=today())
        shown = feed_document(page, subscriber=subscriber, origin=settings.LOG_ORIGIN)["entries"]
        pages.append({entry["record"]["id"]: entry["record"] for entry in shown if "record" in entry})
        rows = agreement_queries.agreements(of=subscriber, on=today())
        answers = json.loads(json.dumps([agreement_queries.document_of(row) for row in rows]))
        held.append([one for one in map(agreed.parse, answers) if one.lasts(today()) and one.opens("feed")])
    for of, page in enumerate(pages):
        for other, mine in enumerate(held):
            for record, shown in page.items():
                within = agreed.covers(mine, shown)
                assert within or of != other, "what the feed gave to its own subscriber lies outside"
                assert not within or record in pages[other], "what the feed would not give lies within"


def test_the_commands_show_and_sign(url: str, place: Place) -> None:
    subscriber, key = make_subscriber(kinds=[])
    agreements.draft(document(subscriber), at=now())
    agreements.sign_as_provider(reference="test-1", at=now())
    seal_all()
    folder = place.folder / "cli"
    folder.mkdir()
    (folder / "token").write_text(token_of(subscriber))
    (folder / "key").write_text(key.hex())
    options = [
        "--token-file",
        str(folder / "token"),
        "--store",
        place.store,
        "--key-file",
        str(folder / "key"),
    ]

    def run(*words: str, status: int = 0, given: str | None = None) -> str:
        result = CliRunner().invoke(command, [*options, *words], input=given)
        assert result.exit_code == status, result.output
        return str(result.stdout)

    assert "--url is needed" in CliRunner().invoke(command, [*options, "agreements"]).output
    options += ["--url", url]
    run("--once")
    del options[-2:]
    said = run("agreements")
    assert "test-1: draft; not concluded; penalty (everywhere)" in said and "waits for recipient" in said
    run("sign", "test-1", "--version", "1.0.0", given="n\n", status=1)
    assert Agreement.objects.get().versions.get().concluded_at is None
    shown = run("sign", "test-1", "--version", "1.0.0", given="y\n")
    assert "test-1: in_force; 1.0.0, signed by the provider" in shown
    (line,) = run("--json", "agreements").splitlines()
    assert json.loads(line)["signed"] == "key"
