"""Anchoring on a schedule, receipts kept and journaled, exported, audited, and shown."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.db import IntegrityError, connection

from goodstanding import proof
from goodstanding.cli import group
from goodstanding.exchange.anchors import rounds
from goodstanding.exchange.anchors.config import Configured
from goodstanding.exchange.log.audit import audit_database
from goodstanding.exchange.log.export import export
from goodstanding.exchange.log.folder import audit_folder
from goodstanding.exchange.models import AnchoredCheckpoint, AnchorTry
from goodstanding.registry.models import Event
from goodstanding.site import worker

from .engines import OWNER_KEY, authority, chain_node
from .logs import grow, spoiled, until
from .stage import now, seal_all, serving

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of anchors, with one file on another disk."""
    disk = tmp_path / "disk"
    disk.mkdir()
    path = tmp_path / "anchors.yaml"
    path.write_text(f"anchors: [{{id: disk, kind: file, path: {disk}/anchored, every: 60}}]")
    monkeypatch.setattr(settings, "ANCHORS", str(path))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments])


def due(at: datetime, *, at_once: bool = False) -> list[tuple[str, int, str]]:
    found = rounds.anchor_due(rounds.configured(), at=at, now=at_once)
    return [(one.anchor, one.size, one.error.code if one.error else "") for one in found]


def test_the_published_checkpoint_is_anchored_at_its_time_and_the_receipt_is_journaled(anchors: Path) -> None:
    assert due(now()) == [], "nothing is sealed"
    size, start = grow(5), now()
    assert due(start) == [("disk", 5, "")]
    row = AnchoredCheckpoint.objects.get()
    event = Event.objects.get(position=row.position)
    assert (row.size, event.kind, event.content["anchor"], event.content["size"]) == (
        size,
        "log.anchored",
        "disk",
        size,
    )
    assert set(event.content) == {
        "anchor", "anchor_kind", "at", "certificates", "kind", "note", "position", "receipt", "size",
    }  # fmt: skip
    grow(3)
    assert due(start + timedelta(seconds=59)) == [], "its time has not come"
    assert due(start + timedelta(seconds=60)) == [("disk", 9, "")]
    assert seal_all() == 10
    assert due(start + timedelta(days=1)) == [], "its own event alone is no reason to anchor again"
    assert due(start + timedelta(days=1), at_once=True) == [("disk", 10, "")]
    with pytest.raises(IntegrityError):
        AnchoredCheckpoint.objects.update(size=1)


def test_an_anchor_that_fails_is_tried_again_later_and_holds_nobody_up(anchors: Path, tmp_path: Path) -> None:
    text = anchors.read_text().replace("]", f", {{id: gone, kind: file, path: {tmp_path}/gone/anchored}}]")
    anchors.write_text(text)
    grow()
    start = now()
    assert due(start) == [("disk", 1, ""), ("gone", 1, "anchor.unreachable")]
    assert due(start + timedelta(seconds=1)) == []
    assert due(start + timedelta(seconds=3)) == [("gone", 1, "anchor.unreachable")]
    assert due(start + timedelta(seconds=5)) == [], "the pauses grow"
    for _ in range(20):
        rounds.anchor_due(rounds.configured(), at=start, now=True)
    failing = AnchorTry.objects.get()
    assert (failing.failures, failing.after) == (22, start + timedelta(seconds=rounds.LONGEST_PAUSE))
    told = run("log", "anchors")
    assert told.exit_code == 1 and "gone (file): 0 receipts, newest nothing yet" in told.stdout
    assert "22 tries: anchor.unreachable" in told.stdout
    (tmp_path / "gone").mkdir()
    assert due(start + timedelta(hours=1)) == [("gone", 1, "")]
    assert not AnchorTry.objects.exists()
    told = run("log", "anchors", "--json")
    assert told.exit_code == 0
    assert [
        (item["anchor"], item["newest"]["size"], item["failing"]) for item in json.loads(told.stdout)
    ] == [
        ("disk", 1, None),
        ("gone", 1, None),
    ]


def test_two_workers_keep_one_receipt(anchors: Path) -> None:
    grow()
    (configured,) = rounds.configured()
    both: list[Configured] = [configured, configured]
    assert len(rounds.anchor_due(both, at=now())) == 2
    assert AnchoredCheckpoint.objects.count() == Event.objects.filter(kind="log.anchored").count() == 1


def test_receipts_are_listed_and_verified_by_their_anchors(anchors: Path, tmp_path: Path) -> None:
    assert "no receipts" in run("anchor", "list").stdout
    for _ in range(3):
        grow(300)
        said = run("anchor", "now", "--json")
        assert said.exit_code == 0 and json.loads(said.stdout)[0]["holds"] is True, said.output
    assert "no anchor waits" in run("anchor", "now").stdout
    listed = json.loads(run("anchor", "list", "--json", "--anchor", "disk", "--limit", "2").stdout)
    assert [item["size"] for item in listed] == [902, 601]
    assert "disk (file): 902 at" in run("anchor", "list").stdout
    told = run("anchor", "verify", "--json")
    assert told.exit_code == 0 and [item["size"] for item in json.loads(told.stdout)] == [902, 601, 300]
    file = tmp_path / "disk" / "anchored"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))
    assert run("anchor", "verify", "--newest", "2").exit_code == 0
    told = run("anchor", "verify")
    assert told.exit_code == 1 and "anchor.lost" in told.output
    anchors.write_text("anchors: []")
    told = run("anchor", "verify", "--json", "--newest", "1")
    assert told.exit_code == 1 and json.loads(told.stdout)[0]["code"] == "anchor.unknown"
    assert json.loads(run("log", "anchors", "--json").stdout)[0]["configured"] is False
    anchors.write_text("anchors: 7")
    assert run("anchor", "verify").exit_code == 2


def test_a_log_put_back_is_found_by_its_anchor(anchors: Path, tmp_path: Path) -> None:
    lost = proof.Checkpoint(origin=settings.LOG_ORIGIN, size=50, root=b"\x05" * 32)
    signer = worker.log_key()
    checkpoint = rounds.SignedCheckpoint.of(proof.sign_checkpoint(lost, signers=[signer]))
    (configured,) = rounds.configured()
    configured.anchor.anchor(checkpoint, at=now())
    grow()
    assert due(now()) == [("disk", 1, "anchor.ahead")]
    grow(49)
    assert due(now(), at_once=True) == [("disk", 50, "anchor.contradicted")]
    assert not AnchoredCheckpoint.objects.exists()


def test_time_stamps_and_a_chain_are_exported_and_audited_without_the_platform(
    anchors: Path, tmp_path: Path
) -> None:
    with authority(tmp_path / "tsa") as (made, tsa_url), chain_node() as (_, chain_url):
        (tmp_path / "owner.key").write_text(OWNER_KEY)
        lines = f"""
  - {{id: stamps, kind: rfc3161, url: "{tsa_url}", certificates: {made.certificates}}}
  - {{id: consortium, kind: evm, url: "{chain_url}", chain: 131277322940537, key: owner.key"""
        disk = f"\n  - {{id: disk, kind: file, path: {tmp_path}/disk/anchored}}"
        anchors.write_text(f"anchors:{lines}}}{disk}")
        address = json.loads(run("anchor", "deploy", "consortium", "--json").stdout)["contract"]
        assert run("anchor", "deploy", "disk").exit_code == 2
        anchors.write_text(f'anchors:{lines}, contract: "{address}"}}{disk}')
        grow(300)
        assert due(now()) == [("stamps", 300, ""), ("consortium", 300, ""), ("disk", 300, "")]
        grow(10)
        assert due(now(), at_once=True) == [("stamps", 313, ""), ("consortium", 313, ""), ("disk", 313, "")]
        told = run("anchor", "verify")
        assert (
            told.exit_code == 0
            and "serialNumber" in told.stdout
            and f"chainId {131277322940537}" in told.stdout
        )
    folder = tmp_path / "log"
    assert audit_database().faults == ()
    export(folder)
    assert sorted(path.name for path in (folder / "anchors").rglob("*.*")) == sorted(
        ["300.checkpoint", "300.event"] * 3 + ["300.tsr", "300.pem", "300.json", "300.line"]
    ), "the receipts of 313 are not under the published checkpoint yet"
    seal_all()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    export(folder)
    assert all(path.read_bytes() == data for path, data in before.items() if "/anchors/" in str(path))
    found = audit_folder(folder, key=worker.log_key().verifier)
    assert found.faults == () and found.checkpoint is not None and found.checkpoint.size == 316
    for path in sorted((folder / "anchors").rglob("*.*")):
        held = path.read_bytes()
        for at in range(0, len(held), max(1, len(held) // 9)):
            path.write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
            places = [fault.place for fault in audit_folder(folder).faults]
            stem = path.relative_to(folder).as_posix().rpartition(".")[0]
            assert places and all(place.startswith(stem) for place in places), (path, at, places)
        path.write_bytes(held)
    for name in ("stamps/300.tsr", "disk/313.event", "consortium/300.checkpoint", "stamps/300.pem"):
        held = (folder / "anchors" / name).read_bytes()
        (folder / "anchors" / name).unlink()
        assert audit_folder(folder).faults, name
        (folder / "anchors" / name).write_bytes(held)
    (folder / "anchors" / "disk" / "note.txt").write_text("x")
    assert [fault.code for fault in audit_folder(folder).faults] == ["unknown"]


def test_a_changed_row_of_a_receipt_is_located(anchors: Path) -> None:
    grow(5)
    due(now())
    seal_all()
    place = f"exchange_anchoredcheckpoint, position {AnchoredCheckpoint.objects.get().position}"
    for column, value in (
        ("note", "x"),
        ("receipt", b"x"),
        ("root", bytes(32)),
        ("anchored_at", now()),
        ("reference", "nowhere"),
        ("certificates", "x"),
        ("kind", "evm"),
        ("anchor", "other"),
        ("size", 4),
    ):
        faults = spoiled(f"UPDATE exchange_anchoredcheckpoint SET {column} = %s", [value])
        assert faults and all(fault.place.startswith(place) for fault in faults), column
    assert [fault.code for fault in spoiled("DELETE FROM exchange_anchoredcheckpoint", [])] == ["missing"]


def test_the_worker_anchors_and_says_once_what_fails(
    anchors: Path, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anchors.write_text(f"anchors: [{{id: disk, kind: file, path: {tmp_path}/later/anchored, every: 1}}]")
    stop = threading.Event()

    def work() -> None:
        try:
            worker._anchor(database, stop)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        grow(3)
        until(lambda: AnchorTry.objects.filter(failures__gte=2).exists())
        (message,) = caplog.messages
        assert "checkpoint 3 is not anchored by disk: anchor.unreachable" in message
        (tmp_path / "later").mkdir()
        until(lambda: AnchoredCheckpoint.objects.filter(size=3).exists())
    finally:
        stop.set()
        thread.join()


def test_everyone_reads_how_the_log_is_anchored(anchors: Path) -> None:
    with serving() as url:
        page = httpx.get(f"{url}/verify").text
        assert "nothing yet" in page
        grow(5)
        due(now())
        page = httpx.get(f"{url}/verify").text
        assert "disk" in page and "anchored 1 way" in page.lower()
        said = httpx.get(f"{url}/api/v1/log/anchors").json()
        assert [(item["anchor"], item["kind"], item["size"]) for item in said] == [("disk", "file", 5)]
        assert said[0]["note"].startswith(settings.LOG_ORIGIN) and said[0]["receipt"]
        anchors.write_text("anchors: 7")
        assert "disk" in httpx.get(f"{url}/verify").text, "a faulty file does not hide what is anchored"
        key = "key: nowhere.key"
        anchors.write_text(f"anchors: [{{id: c, kind: evm, url: 'http://x', chain: 1, {key}}}]")
        assert "contract on a chain" in httpx.get(f"{url}/verify").text, "no key is read for the page"
