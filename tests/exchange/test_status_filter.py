"""The status filter of an installation: what it says is what the registry has, deltas continue it, nothing lists."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings

from goodstanding.cli import group
from goodstanding.exchange import status_filter
from goodstanding.exchange.models import StatusFilterSection
from goodstanding.proof import parse_policy, verify_event_proof
from goodstanding.proof.status_filter import StatusFilter, cell_of, read_filter
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity
from . import stage
from .stage import SIGNER, now, seal_all, serving, today

pytest.importorskip("numpy")
pytestmark = pytest.mark.usefixtures("database")
KEY = SIGNER.verifier.encode()


def live_record(**more: object) -> Record:
    return stage.live_record(make_entity(), make_authority(), **more)


def held() -> StatusFilter:
    """The file as anyone reads it."""
    found = status_filter.current()
    assert found is not None
    return read_filter(found.data, key=SIGNER.verifier)


def answers(found: StatusFilter, record: Record) -> str:
    assert record.publish_from is not None
    cell = cell_of(partition=found.header.partition, item=record.item_id, published_on=record.publish_from)
    return found.check(record.public_id, cell=cell, published_on=record.publish_from)


def expected(record: Record) -> str:
    gone = record.publish_until is not None and record.publish_until <= today()
    return "published" if record.state == "published" and not gone else "removed"


@pytest.mark.parametrize("partition", ["", "item/year"])
def test_what_it_says_is_what_the_registry_has(partition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STATUS_FILTER_PARTITION", partition)
    chance = random.Random(6)
    for step in range(4):
        for _ in range(8):
            live_record(kind=chance.choice(["penalty", "permit"]))
        standing = list(Record.objects.filter(state="published", kind="penalty"))
        for record in chance.sample(standing, len(standing) // 3):
            registry.restore(record_id=record.pk, at=now())
        issued = status_filter.issue(at=now(), whole=step == 2)
        assert issued is not None and bool(issued.after) == (step in (1, 3))
        found = held()
        assert found.header.partition == partition and found.digest == issued.digest
        for record in Record.objects.all():
            assert answers(found, record) == expected(record)
        told = Event.objects.get(kind="filter.issued", position=issued.position)
        assert told.content["digest"] == issued.digest and told.content["size"] == issued.size
        assert told.record_id is None and told.entity_id is None
    assert StatusFilterSection.objects.count() == 2


def test_whoever_was_published_once_stays_and_who_never_was_is_nobody() -> None:
    record, hidden = live_record(), live_record(published=False, publish_from=None, publish_until=None)
    ended = live_record(found_on=today() - timedelta(days=400), publish_until=today() - timedelta(days=1))
    status_filter.issue(at=now())
    assert held().check(record.public_id) == "published"
    assert held().check(ended.public_id) == "removed"
    assert len(held().sections[0].cells) == 1
    members = {str(public_id) for public_id in Record.objects.values_list("public_id", flat=True)}
    found = status_filter.current()
    assert found is not None
    assert str(hidden.public_id) in members
    for public_id in members:
        assert (
            public_id.encode() not in found.data
            and bytes.fromhex(public_id.replace("-", "")) not in found.data
        )


def test_nothing_is_issued_where_nothing_happened_or_it_is_not_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_filter.issue(at=now()) is None and status_filter.current() is None
    record = live_record()
    assert status_filter.issue_due(at=now()) is not None
    registry.restore(record_id=record.pk, at=now())
    assert status_filter.issue_due(at=now()) is None
    monkeypatch.setattr(settings, "STATUS_FILTER_HOURS", 0)
    assert status_filter.issue_due(at=now() + timedelta(hours=7)) is None
    monkeypatch.setattr(settings, "STATUS_FILTER_HOURS", 6)
    assert status_filter.issue_due(at=now() + timedelta(hours=7)) is not None
    assert held().check(record.public_id) == "removed"
    assert status_filter.issue(at=now()) is None


def test_a_file_begins_anew_when_it_has_grown_or_is_split_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_filter, "SECTIONS", 3)
    for number in range(5):
        live_record()
        issued = status_filter.issue(at=now())
        assert issued is not None and bool(issued.after) == (number in (1, 2, 4))
    live_record()
    monkeypatch.setattr(settings, "STATUS_FILTER_PARTITION", "item/year")
    issued = status_filter.issue(at=now())
    assert issued is not None and issued.after == ""


def test_it_is_served_whole_by_deltas_and_with_its_proof() -> None:
    record = live_record()
    with serving() as site, httpx.Client(base_url=f"{site}/api/v1", timeout=30) as ask:
        assert ask.get("/status-filter").status_code == 404
        assert ask.get("/status-filter/proof").status_code == 404
        status_filter.issue(at=now())
        first = ask.get("/status-filter")
        filter_ = read_filter(first.content, key=SIGNER.verifier)
        assert filter_.check(record.public_id) == "published" and "public" in first.headers["Cache-Control"]
        again = ask.get("/status-filter", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        registry.restore(record_id=record.pk, at=now())
        status_filter.issue(at=now())
        delta = ask.get("/status-filter/delta", params={"after": filter_.digest})
        filter_ = read_filter(delta.content, key=SIGNER.verifier, after=filter_)
        assert filter_.check(record.public_id) == "removed"
        assert ask.get("/status-filter").content == first.content + delta.content
        newest = ask.get("/status-filter/delta", params={"after": filter_.digest})
        assert (newest.status_code, newest.content) == (200, b"")
        for wrong in ("", "0" * 64, "x"):
            assert ask.get("/status-filter/delta", params={"after": wrong}).status_code == 404
        assert ask.get("/status-filter/proof").status_code == 404
        seal_all()
        policy = parse_policy(f"log {KEY}\nquorum none\n")
        told = verify_event_proof(ask.get("/status-filter/proof").text, policy=policy).event
        assert told.kind == "filter.issued" and told.content["digest"] == filter_.digest


def run(*arguments: object, typed: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(group, [str(item) for item in arguments], input=typed, catch_exceptions=False)
    return done.exit_code, done.output


def test_the_command_line_makes_checks_and_continues(tmp_path: Path) -> None:
    assert run("filter", "make")[0] == 2
    record, other = live_record(), live_record()
    file, more = tmp_path / "status-filter", tmp_path / "delta"
    status, said = run("filter", "make", "--out", file, "--json")
    assert status == 0 and json.loads(said)["issued"] and json.loads(said)["bytes"] == file.stat().st_size
    assert run("filter", "check", file, record.public_id, other.public_id, "--key", KEY)[0] == 0
    digest = json.loads(run("filter", "verify", file, "--key", KEY, "--json")[1])["digest"]
    registry.restore(record_id=record.pk, at=now())
    assert "bytes issued" in run("filter", "make")[1]
    assert "nothing has happened" in run("filter", "make")[1]
    found = status_filter.current()
    assert found is not None
    more.write_bytes(found.since(digest) or b"")
    assert "2 sections" in run("filter", "delta", file, more, "--key", KEY)[1]
    assert file.read_bytes() == found.data
    assert run("filter", "delta", file, more, "--key", KEY)[0] == 1
    assert file.read_bytes() == found.data
    status, said = run("filter", "check", file, "--key", KEY, "--json", "-", typed=f"{record.public_id}\n\n")
    assert status == 1 and json.loads(said)["records"] == {str(record.public_id): "removed"}
    newer = today() + timedelta(days=2)
    assert (
        "not covered" in run("filter", "check", file, f"{other.public_id},penalty,{newer}", "--key", KEY)[1]
    )
    assert run("filter", "check", file, "nothing", "--key", KEY)[0] == 2
    assert run("filter", "check", file, f"{other.public_id},penalty", "--key", KEY)[0] == 2
    file.write_bytes(file.read_bytes()[:-1])
    assert run("filter", "verify", file, "--key", KEY)[0] == 1


def test_a_split_filter_asks_for_item_and_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STATUS_FILTER_PARTITION", "item/year")
    record, file = live_record(), tmp_path / "status-filter"
    run("filter", "make", "--out", file)
    assert run("filter", "check", file, record.public_id, "--key", KEY)[0] == 2
    copy = f"{record.public_id},{record.item_id},{record.publish_from}"
    assert run("filter", "check", file, copy, "--key", KEY) == (0, f"{record.public_id} published\n")
