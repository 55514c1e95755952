"""Canaries with real mirrors: like any record for their one recipient, and nothing at all for everybody else."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from pyarrow import parquet

from goodstanding import proof
from goodstanding.exchange import agreements, canaries, probe_places, probes, queries, snapshots
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.log.audit import audit_database
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import AwaitedReceipt, Canary, ProbeLook, Receipt, Subscriber
from goodstanding.identity import is_uscc
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.models import Entity, Event, Record
from goodstanding.registry.reserved_codes import reserve

from ..registry.factories import make_authority, make_entity
from ..showcase import Showcase, showing
from .clock import answer_at
from .stage import live_record, make_subscriber, now, seal_all, today, token_of

pytestmark = pytest.mark.usefixtures("database")
WORDS = {
    "CF_WFXW": "超范围经营",
    "CF_XDR_MC": "名称",
    "CF_WSH": "文号",
    "CF_SY": "长长的事实",
    "CF_FRDB": "x",
}


@pytest.fixture
def chosen() -> tuple[Subscriber, bytes]:
    """A recipient that has agreed to canaries, and some real fines."""
    entity, authority = make_entity(division="330106"), make_authority()
    for _ in range(3):
        live_record(entity, authority, public=WORDS)
    return make_subscriber(canaries=True)


def planted(subscriber: Subscriber) -> Canary:
    made = canaries.plant(subscriber=subscriber, at=now())
    seal_all()
    return made


def page_of(subscriber: Subscriber) -> dict[str, Any]:
    """All of a recipient's feed as it is sent."""
    page = queries.feed(subscriber=subscriber, after=0, limit=5_000, on=today())
    return json.loads(json.dumps(feed_document(page, subscriber=subscriber, origin=settings.LOG_ORIGIN)))


def mirror_of(url: str, subscriber: Subscriber, key: bytes, folder: Path) -> Mirror:
    return Mirror(url, token_of(subscriber), folder / f"{subscriber.pk}.sqlite3", key)


def shape(value: Any) -> Any:
    """A document without its values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


def test_a_canary_looks_like_any_record_and_is_of_nobody(chosen: tuple[Subscriber, bytes]) -> None:
    subscriber, _ = chosen
    made = planted(subscriber)
    shown = [entry for entry in page_of(subscriber)["entries"] if "record" in entry]
    real, own = shown[0], shown[-1]
    assert own["record"]["id"] == str(made.record_id)
    assert shape(own) | {"record": {}} == shape(real) | {"record": {}}
    said, other = own["record"], real["record"]
    assert set(said) == set(other) and set(said["content"]) == set(other["content"]) - {"CF_FRDB"}
    assert said["entity"]["name"] == made.name == said["content"]["CF_XDR_MC"]
    assert said["authority"] == other["authority"] and said["document_no"] != other["document_no"]
    assert is_uscc(made.code) and said["entity"]["identifiers"] == [{"scheme": "uscc", "value": made.code}]
    assert "长长的事实" not in json.dumps(said, ensure_ascii=False), "nothing of the real case comes along"
    assert not Entity.objects.filter(name=made.name).exists() and Record.objects.count() == 3


def test_it_looks_like_an_entry_on_the_abnormal_list_where_only_these_are_agreed() -> None:
    words = {"MC": "名称", "TYSHXYDM": "代码", "ZCH": "1", "JDWSH": "文号", "LRSY": "无法联系"}
    words |= {"LRYJ": "第九条", "BZ": "备注"}
    entry = live_record(make_entity(), make_authority(), kind="abnormal_list", measures=(), public=words)
    subscriber, _ = make_subscriber(kinds=["abnormal_list"], canaries=True)
    made = planted(subscriber)
    (real, own) = (each["record"] for each in page_of(subscriber)["entries"] if "record" in each)
    assert (real["id"], own["id"]) == (str(entry.public_id), str(made.record_id))
    said = own["content"]
    assert (said["MC"], said["TYSHXYDM"], said["JDWSH"]) == (made.name, made.code, made.document_no)
    assert (said["LRSY"], said["LRYJ"]) == ("无法联系", "第九条")
    assert "BZ" not in said and "ZCH" not in said, "what may tell of the real case, or what it has not"
    assert own["kind"] == real["kind"] == "abnormal_list"


def test_nobody_else_gets_more_of_it_than_a_hash(chosen: tuple[Subscriber, bytes]) -> None:
    subscriber, _ = chosen
    other, _ = make_subscriber(canaries=True)
    made = planted(subscriber)
    canaries.remove(canary=made.public_id, at=now())
    again = planted(subscriber)
    text = json.dumps(page_of(other), ensure_ascii=False)
    for canary in (made, again):
        for word in (
            canary.name,
            canary.code,
            canary.document_no,
            str(canary.record_id),
            str(canary.entity_id),
        ):
            assert word not in text
            assert word in json.dumps(page_of(subscriber), ensure_ascii=False) or canary == made
    assert queries.feed(subscriber=other, after=0, limit=5_000, on=today()).position == Event.objects.count()


def test_a_mirror_takes_proves_reconciles_and_drops_it_like_any_other(
    chosen: tuple[Subscriber, bytes], url: str, tmp_path: Path
) -> None:
    subscriber, key = chosen
    made = planted(subscriber)
    mirror = mirror_of(url, subscriber, key, tmp_path)
    mirror.follow_once()
    assert mirror.verify_holding(str(made.record_id)).position == made.planted_position
    assert mirror.reconcile().result == "equal"
    (life,) = canaries.lives()
    assert (life.confirmed, life.held, life.answered) == (True, True, False)
    canaries.remove(canary=made.public_id, at=now())
    seal_all()
    mirror.follow_once()
    assert not mirror.holds(str(made.record_id)) and mirror.reconcile().result == "equal"
    (life,) = canaries.lives()
    assert (life.answered, life.dropped) == (True, True)
    receipt = Receipt.objects.get()
    assert (receipt.canary, receipt.record) == (made, None)
    proof.verify_receipt(
        proof.SignedReceipt.from_json(receipt.signed), public_key=bytes(subscriber.public_key)
    )
    assert not AwaitedReceipt.objects.exists()
    assert not audit_database().faults


def test_reconciliation_names_a_canary_that_is_lost_or_kept_and_mends_it(
    chosen: tuple[Subscriber, bytes], url: str, tmp_path: Path
) -> None:
    subscriber, key = chosen
    made = planted(subscriber)
    mirror = mirror_of(url, subscriber, key, tmp_path)
    mirror.follow_once()
    file = tmp_path / f"{subscriber.pk}.sqlite3"
    with sqlite3.connect(file) as store:
        backup = store.execute("SELECT * FROM record WHERE id = ?", [str(made.record_id)]).fetchone()
        store.execute("DELETE FROM record WHERE id = ?", [str(made.record_id)])
    found = mirror_of(url, subscriber, key, tmp_path).reconcile()
    assert (found.result, found.missing, found.fetched) == ("equal", 1, 1)
    canaries.remove(canary=made.public_id, at=now())
    seal_all()
    mirror = mirror_of(url, subscriber, key, tmp_path)
    mirror.follow_once()
    with sqlite3.connect(file) as store:
        store.execute(f"INSERT INTO record VALUES ({', '.join('?' * len(backup))})", backup)
    found = mirror_of(url, subscriber, key, tmp_path).reconcile()
    assert (found.result, found.kept, found.dropped) == ("equal", 1, 1)


def test_a_first_load_has_it_and_that_of_another_does_not(
    chosen: tuple[Subscriber, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path)
    subscriber, _ = chosen
    other, _ = make_subscriber()
    made = planted(subscriber)

    def records(of: Subscriber) -> list[str]:
        snapshots.ask(subscriber=of, at=now())
        snapshots.work(at_clock=now)
        found = snapshots.current(subscriber=of, at=now())
        assert found is not None
        return [
            row
            for file in found.files
            if file["holds"] == "records"
            for row in parquet.read_table(snapshots.folder_of(found) / file["sha256"])["record"].to_pylist()
        ]

    assert records(subscriber).count(str(made.record_id)) == 1 and len(records(subscriber)) == 4
    assert len(records(other)) == 3
    canaries.remove(canary=made.public_id, at=now())
    assert str(made.record_id) not in records(subscriber)


def test_its_code_is_given_to_nobody_from_then_on(chosen: tuple[Subscriber, bytes]) -> None:
    made = planted(chosen[0])
    with pytest.raises(Entity.DoesNotExist):
        make_entity("真实的有限公司", identifiers=(("uscc", made.code),))
    held = make_entity()
    with pytest.raises(IntegrityError), transaction.atomic():
        held.identifiers.create(scheme="uscc", value=made.code)
    with pytest.raises(RegistryError), transaction.atomic():
        reserve([("uscc", held.identifiers.get().value)], at=now())
    for statement in ("DELETE FROM registry_reservedcode", "UPDATE registry_reservedcode SET value = 'x'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_only_who_agreed_gets_one_and_no_other_instance_does(chosen: tuple[Subscriber, bytes]) -> None:
    unasked, _ = make_subscriber()
    elsewhere, _ = make_subscriber(kinds=["permit"], canaries=True)
    for subscriber, code in ((unasked, "canary.not_agreed"), (elsewhere, "canary.no_form")):
        with pytest.raises(ExchangeError) as error:
            canaries.plant(subscriber=subscriber, at=now())
        assert error.value.code == code
    subscriber, _ = chosen
    Subscriber.objects.filter(pk=subscriber.pk).update(instance_url="https://province.example")
    subscriber.refresh_from_db()
    with pytest.raises(ExchangeError) as error:
        canaries.plant(subscriber=subscriber, at=now())
    assert error.value.code == "canary.instance"
    with pytest.raises(ExchangeError):
        canaries.remove(canary=uuid.uuid4(), at=now())
    assert not Canary.objects.exists()
    agreement = agreements.current(subscriber.agreements.get())
    assert agreement is not None
    assert agreement.document["customProperties"][0]["value"]["probing"] == {"canaries": True}


def test_its_last_day_ends_it_and_what_was_planted_stays(chosen: tuple[Subscriber, bytes]) -> None:
    made = planted(chosen[0])
    assert canaries.end_due(on=made.publish_until - timedelta(days=1), at=now()) == 0
    assert canaries.end_due(on=made.publish_until, at=now()) == 1
    assert canaries.end_due(on=made.publish_until, at=now()) == 0
    made.refresh_from_db()
    assert made.removed_as == "ended"
    assert Event.objects.get(position=made.removed_position).kind == "record.ended"
    for changes in ({"code": "x" * 18}, {"removed_as": "restored"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Canary.objects.update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.delete()


def test_it_ends_with_the_agreement_that_allowed_it(chosen: tuple[Subscriber, bytes]) -> None:
    subscriber, _ = chosen
    made = planted(subscriber)
    assert canaries.end_due(on=today(), at=now()) == 0
    agreement = subscriber.agreements.get()
    agreements.suspend(reference=agreement.reference, reason="no more canaries", at=now())
    assert canaries.end_due(on=today(), at=now()) == 1
    seal_all()
    (entry,) = [entry for entry in page_of(subscriber)["entries"] if entry.get("removal")]
    assert entry["event"]["subject"] == str(made.record_id)


@pytest.mark.parametrize(
    "copy",
    [
        "某公司,{code},2026\n",
        json.dumps({"name": "{name}"}),
        "<td>{spaced}</td>",
        "…{document_no}…",
        "id={record}",
    ],
)
def test_a_copy_that_came_out_says_from_whom(chosen: tuple[Subscriber, bytes], copy: str) -> None:
    subscriber, _ = chosen
    other, _ = make_subscriber(canaries=True)
    made, decoy = planted(subscriber), planted(other)
    words = {
        "{code}": made.code.lower(),
        "{name}": json.dumps(made.name)[1:-1],
        "{spaced}": " ".join(made.name),
        "{document_no}": made.document_no.replace("〔", "[").replace("〕", "]"),
        "{record}": str(made.record_id),
    }
    for hole, word in words.items():
        copy = copy.replace(hole, word)
    found = canaries.recognise(copy)
    assert canaries.sources(found) == [subscriber] and len(found[0].by) == 1
    assert canaries.recognise("nothing " + Record.objects.all()[0].document_no) == []
    assert canaries.sources(canaries.recognise(copy + decoy.code)) == [subscriber, other]


@pytest.fixture
def site() -> Iterator[Showcase]:
    with showing() as server:
        yield server


@pytest.mark.usefixtures("private_allowed")
def test_a_canary_that_is_shown_on_is_a_finding_like_any_other(
    chosen: tuple[Subscriber, bytes], site: Showcase
) -> None:
    subscriber, key = chosen
    made = planted(subscriber)
    at = now()
    probe_places.add(subscriber=subscriber, address=f"{site.url}/{{code}}", marker="{document_no}", at=at)

    def look(days: float) -> list[str]:
        looked = probes.look(probe_places.places(), at_clock=lambda: at + timedelta(days=days), pause=0)
        return [each.seen.result for each in looked]

    site.pages[f"/{made.code}"] = made.document_no
    assert look(0) == [], "as of any record, nothing is asked while it is published: the asking would tell"
    canaries.remove(canary=made.public_id, at=at)
    seal_all()
    made.refresh_from_db()
    assert made.removed_position is not None
    record = Record(public_id=made.record_id)
    answered = answer_at(subscriber, key, record, made.removed_position, at + timedelta(days=0.6))
    again = answer_at(subscriber, key, record, made.removed_position, at + timedelta(days=0.7))
    assert (answered.position, answered.action) == (again.position, "dropped")
    assert look(0.61) == [] and look(0.7) == ["shown"] and look(0.8) == []
    assert canaries.lives()[0].shown and not canaries.lives()[0].gone
    (finding,) = probes.outside(subscriber).shown
    assert (finding.known_as, finding.removal_position) == (made.record_id, made.removed_position)
    site.pages[f"/{made.code}"] = 404
    assert look(1.8) == ["absent"] and list(probes.outside(subscriber).shown) == []
    told = Event.objects.filter(kind__startswith="probe.", content__canary=str(made.public_id))
    assert list(told.order_by("position").values_list("kind", "record", "entity")) == [
        ("probe.shown", None, None),
        ("probe.gone", None, None),
    ]
    assert canaries.lives()[0].gone
    with pytest.raises(IntegrityError), transaction.atomic():
        ProbeLook.objects.update(result="absent")
