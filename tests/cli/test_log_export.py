"""An export grows with its log, and never over another one."""

from __future__ import annotations

import json
import random
from pathlib import Path

from django.db import transaction

from goodstanding import proof
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions
from goodstanding.registry.models import Record
from goodstanding.registry.removals import ReportedRemoval, remove

from ..exchange.stage import SIGNER, seal_all
from ..registry.factories import AT, make_authority, make_entity, make_record, reported, take_in
from .conftest import Run
from .test_log import KEY, grow


def test_an_export_grows_with_its_log_and_a_killed_one_is_finished(
    run: Run, database: str, tmp_path: Path
) -> None:
    folder, whole = tmp_path / "log", tmp_path / "whole"
    chance = random.Random(20261122)
    size = 0
    for count in (1, 254, 1, 1, 300, 80):
        before, size = size, grow(count)
        said = run("log", "export", folder, "--json").document
        assert (said["before"], said["size"]) == (before, size)
        assert run("log", "audit", folder, "--key", KEY).status == 0
    assert run("log", "export", folder, "--json").document["files"] == 0
    run("log", "export", whole)
    everything = {path.relative_to(whole): path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    killed = tmp_path / "killed"
    for path, data in everything.items():
        if path.name != "checkpoint" and chance.random() < 0.5:
            (killed / path).parent.mkdir(parents=True, exist_ok=True)
            (killed / path).write_bytes(data)
    (killed / ".checkpoint.4711").write_bytes(b"half")
    run("log", "export", killed)
    for found in (folder, killed):
        assert everything == {p.relative_to(found): p.read_bytes() for p in found.rglob("*") if p.is_file()}


def test_another_log_is_never_written_over(run: Run, database: str, tmp_path: Path) -> None:
    grow(5)
    other = proof.sign_checkpoint(
        proof.Checkpoint(origin=SIGNER.name, size=3, root=bytes(32)), signers=[SIGNER]
    )
    (tmp_path / "checkpoint").write_text(other)
    said = run("log", "export", tmp_path, "--json")
    assert said.status == 2
    assert json.loads(said.errors.splitlines()[-1])["code"] == "log.other_export"
    assert list(tmp_path.iterdir()) == [tmp_path / "checkpoint"]


def test_nothing_sealed_is_said(run: Run, database: str, tmp_path: Path) -> None:
    said = run("log", "export", tmp_path)
    assert said.status == 2 and "Nothing is sealed yet" in said.errors
    assert run("log", "audit").out == "the log is empty\n"


def test_whatever_happened_to_records_the_database_is_sound(run: Run, database: str) -> None:
    entity, authority = make_entity(), make_authority()
    made = [
        make_record(entity, authority, number=number, personal={"FDDBR": "司马青衫"})
        for number in range(1, 8)
    ]
    registry.restore(record_id=made[0].pk, at=AT)
    registry.withdraw(record_id=made[1].pk, at=AT)
    registry.mark_disputed(record_id=made[2].pk, disputed=True, at=AT)
    decisions.shield(record_id=made[3].pk, statement="重整计划执行中", account_id=None, at=AT)
    take_in(reported(entity, authority, number=5, public={"CF_WFXW": "无照经营", "number": 5}))
    decisions.shield(record_id=made[5].pk, statement="重整计划执行中", account_id=None, at=AT)
    decisions.unshield(record_id=made[5].pk, account_id=None, at=AT)
    gone = made[6]
    removal = ReportedRemoval(
        1, "redact", gone.entity_id, gone.authority_id, gone.source_id, bytes(gone.natural_key)
    )
    with transaction.atomic():
        remove([removal], batch=None, at=AT, sender_id=gone.source_id)
    seal_all()
    states = set(Record.objects.values_list("state", flat=True))
    assert states == {"restored", "withdrawn", "published", "shielded", "redacted"}
    said = run("log", "audit", "--json")
    assert said.document["faults"] == []
