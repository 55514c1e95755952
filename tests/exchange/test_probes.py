"""Looks from outside at pages that tell the truth, lie, err, hang and lead away, on a real server; the clock moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import probe_page, probe_places, probes, queries
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import ProbeFinding, ProbeLook, ProbePlace, Receipt, Subscriber
from goodstanding.exchange.probe_page import Question, Seen, read
from goodstanding.exchange.propagation import board
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.kept_connections import Answer
from goodstanding.registry.models import Event, Record
from goodstanding.site.propagation import look_outside

from ..registry.factories import make_authority, make_entity, make_record
from ..showcase import HANG, SHORT, Showcase, showing
from .clock import MONDAY, answer_at, day, later, remove_at, seal_at
from .stage import make_subscriber

pytestmark = pytest.mark.usefixtures("database", "private_allowed")


@pytest.fixture
def site() -> Iterator[Showcase]:
    with showing() as server:
        yield server


def place(subscriber: Subscriber, site: Showcase, **more: str) -> ProbePlace:
    values = {"address": f"{site.url}/company/{{code}}", "marker": "{document_no}"} | more
    return probe_places.add(subscriber=subscriber, at=MONDAY, **values)


def look(at: datetime, *, record: Record | None = None) -> list[str]:
    """What was seen at an instant."""
    done = probes.look(probe_places.places(), at_clock=lambda: at, record=record, pause=0)
    return [f"{each.seen.result} {each.seen.reason}".strip() for each in done]


def code_of(record: Record) -> str:
    return str(record.entity.identifiers.get(scheme="uscc").value)


def removed_and_answered(at: datetime = MONDAY) -> tuple[Subscriber, Record, Receipt]:
    subscriber, key = make_subscriber()
    record, position = remove_at(make_entity(), make_authority(), at)
    return subscriber, record, answer_at(subscriber, key, record, position, at)


def test_a_page_that_lies_is_found_told_of_and_goes_away_when_it_no_longer_does(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    held = place(subscriber, site)
    page = f"/company/{code_of(record)}"
    site.pages[page] = f"<h1>{record.entity.name}</h1><p>行政处罚 {record.document_no}</p>"
    assert look(later(0.01)) == [], "a page may take an hour to follow"
    assert look(later(0.1)) == ["shown"]
    (finding,) = ProbeFinding.objects.all()
    assert (finding.place, finding.record, finding.answered) == (held, record, True)
    (line,) = board(record, on=day(0), calendar=known_calendar(), propose_after=5).lines
    assert line.state == "gone" and line.shown == (finding,), (
        "the receipt stands, and beside it what was seen"
    )
    assert look(later(0.2)) == [] and look(later(1.2)) == ["shown"], "once a day while it is there"
    assert Event.objects.filter(kind="probe.shown").count() == 1
    site.pages[page] = f"<h1>{record.entity.name}</h1><p>无记录</p>"
    assert look(later(2.3)) == ["absent"]
    assert not probes.still_shown(record=record)
    assert look(later(3.2)) == ["absent"], "three days after the receipt once more"
    assert look(later(9)) == []
    (event, gone) = Event.objects.filter(kind__startswith="probe.", record=record).order_by("position")
    assert (event.kind, gone.kind, event.entity) == ("probe.shown", "probe.gone", record.entity)
    said = str(event.content) + str(gone.content)
    assert record.document_no not in said and code_of(record) not in said and record.entity.name not in said
    follow(recipients=queries.accounts())
    readers = (
        actor_of(subscriber.account),
        Actor(role="operator"),
        Actor(role="entity", entity_id=record.entity_id),
    )
    for reader in readers:
        notices = list(notices_visible_to(reader).filter(event__startswith="probe.").order_by("pk"))
        assert [notice.event for notice in notices] == ["probe.shown", "probe.gone"]
        for words in told(notices):
            assert "{" not in words.name_en + words.name_zh + words.text_en + words.text_zh
            assert (subscriber.name_zh in words.name_zh) == (reader.role != "entity")


def test_what_cannot_be_read_is_not_known_and_never_gone(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    place(subscriber, site, always="企业信用")
    page = f"/company/{code_of(record)}"
    for number, (answer, seen) in enumerate(
        {
            500: "unknown status",
            503: "unknown status",
            "http://127.0.0.1:1/elsewhere": "unknown redirect",
            SHORT: "unknown unreadable",
            b"\x80\x81 \xff": "unknown unreadable",
            "": "unknown unreadable",
            "<title>loading</title>": "unknown unlike",
            "企业信用 " + "x" * probe_page.MOST: "unknown unreadable",
            404: "absent",
        }.items()
    ):
        site.pages[page] = answer
        assert look(later(0.1 + 1.01 * number)) == ([seen] if number < 9 else [])
    assert not ProbeFinding.objects.exists()
    assert ProbeLook.objects.filter(result="unknown").count() == 8
    assert site.agents == {"goodstanding-probe (+http://localhost:8000; goodstanding.local/log)"}


def test_a_host_that_hangs_is_given_up_and_holds_up_no_other(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    place(subscriber, site)
    site.else_ = HANG
    with showing() as other:
        other.else_ = record.document_no
        place(subscriber, other)
        assert sorted(look(later(0.1))) == ["shown", "unknown no_answer"]


def test_no_address_within_the_network_is_asked(site: Showcase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUSH_TO_PRIVATE_ADDRESSES", False)
    subscriber, _, _ = removed_and_answered()
    for address in (
        "http://127.0.0.1/{document_no}",
        "https://x/{other}",
        "https://{code}.example/{record}",
        "ftp://a/{record}",
    ):
        with pytest.raises(ExchangeError) as error:
            probe_places.add(subscriber=subscriber, address=address, marker="{record}", at=MONDAY)
        assert error.value.code == "probe.address"
    port = site.server_port
    probe_places.add(
        subscriber=subscriber, address=f"https://localhost:{port}/{{code}}", marker="{document_no}", at=MONDAY
    )
    assert look(later(0.1)) == ["unknown address"] and site.asked == []


def test_one_request_at_a_time_for_each_host_and_only_for_what_was_removed_from_this_recipient(
    site: Showcase,
) -> None:
    subscriber, key = make_subscriber()
    other, _ = make_subscriber(kinds=["permit"])
    entity, authority = make_entity(), make_authority()
    kept = make_record(entity, authority)
    for _ in range(5):
        answer_at(subscriber, key, *remove_at(entity, authority, MONDAY), MONDAY)
    place(subscriber, site)
    place(subscriber, site, address=f"{site.url}/record/{{document_no}}")
    place(other, site)
    site.else_ = kept.document_no
    assert look(later(0.1)) == ["absent"] * 10
    assert site.most == 1 and len(site.asked) == 10
    assert ProbeLook.objects.exclude(place__subscriber=subscriber).count() == 0
    assert look(later(0.1), record=kept) == [], "what is published is not looked for"


def test_without_a_receipt_nothing_is_found_before_the_last_day_has_passed(site: Showcase) -> None:
    subscriber, _ = make_subscriber()
    record, _ = remove_at(make_entity(), make_authority(), MONDAY)
    place(subscriber, site)
    site.else_ = f"“{record.document_no}”"
    # The last day is Thursday.
    assert look(later(3)) == []
    assert look(later(3), record=record) == ["shown"] and not ProbeFinding.objects.exists()
    seal_at(later(4.1))
    assert look(later(4.1)) == ["shown"]
    assert ProbeFinding.objects.get().answered is False


def test_a_record_without_a_public_number_is_looked_for_only_by_another_marker(site: Showcase) -> None:
    subscriber, key = make_subscriber()
    entity, authority = make_entity(), make_authority()
    record = make_record(entity, authority, document_no="")
    registry.restore(record_id=record.pk, at=MONDAY)
    seal_at(MONDAY)
    position = Event.objects.filter(record=record).latest("position").position
    answer_at(subscriber, key, record, position, MONDAY)
    place(subscriber, site)
    assert look(later(0.1)) == ["unknown no_number"] and site.asked == []
    place(subscriber, site, address=f"{site.url}/api", marker="{record}")
    site.else_, site.type = f'{{"id": "{record.public_id}"}}', "application/json"
    assert look(later(0.2)) == ["shown"] and site.asked == ["/api"]


def test_a_finding_is_over_when_its_record_is_published_again(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    place(subscriber, site)
    site.else_ = record.document_no
    assert look(later(0.1)) == ["shown"] and probes.void_findings(at=later(0.2)) == 0
    window = {"publish_from": day(1), "restorable_from": day(30), "publish_until": day(90)}
    decisions.republish(record_id=record.pk, at=later(1), **window)
    assert probes.void_findings(at=later(1.1)) == 1
    assert ProbeFinding.objects.get().ended_by == "published"
    assert look(later(3.5)) == [] and probes.void_findings(at=later(4)) == 0


def test_a_place_never_changes_and_what_was_found_there_ends_with_it(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    held = place(subscriber, site)
    site.else_ = record.document_no
    assert look(later(0.1)) == ["shown"]
    found = ProbeFinding.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ProbePlace.objects.update(address="https://elsewhere.example/{record}")
    ended = probe_places.end(public_id=held.public_id, at=later(2))
    found.refresh_from_db()
    assert ended.ended_at == later(2) and found.ended_by == "place_ended"
    with pytest.raises(ExchangeError):
        probe_places.end(public_id=held.public_id, at=later(2))
    assert look(later(3.5)) == []


def test_looks_and_findings_stay_as_they_were_written(site: Showcase) -> None:
    subscriber, record, _ = removed_and_answered()
    place(subscriber, site)
    site.else_ = record.document_no
    look(later(0.1))
    for statement in (
        "UPDATE exchange_probelook SET result = 'absent'",
        "DELETE FROM exchange_probelook",
        "TRUNCATE exchange_probelook",
        "UPDATE exchange_probefinding SET answered = false",
        "DELETE FROM exchange_probefinding",
        "DELETE FROM exchange_probeplace",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        ("临市监罚〔2026〕12号", "text/html; charset=utf-8", True),
        ("臨市監罰（２０２６）12號", "text/html; charset=utf-8", True),
        ("临市监罚&#x3014;2026&#x3015;<em>12</em>号", "text/html", True),
        ('{"no": "\\u4e34\\u5e02\\u76d1\\u7f5a\\u30142026\\u301512\\u53f7"}', "application/json", True),
        ("临市监罚〔2026〕112号 临市监罚〔2026〕1号", "text/html", False),
        ("临市监罚〔2025〕12号", "text/plain", False),
    ],
)
def test_a_number_is_recognised_however_a_page_writes_it(body: str, kind: str, shown: bool) -> None:
    asked = Question("https://x.example/", "临市监罚〔2026〕12号", "")
    expected = Seen("shown" if shown else "absent", status=200)
    assert read(Answer(200, kind, body.encode(), True), asked) == expected
    if "json" not in kind:
        assert read(Answer(200, "text/html", body.encode("gb18030"), True), asked) == expected


def test_the_worker_looks_by_itself(site: Showcase, url: str) -> None:
    from django.utils import timezone

    subscriber, record, _ = removed_and_answered(at=timezone.now() - probes.FIRST)
    place(subscriber, site)
    site.else_ = record.document_no
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    look_outside(url, stop)
    assert ProbeFinding.objects.get().record == record
