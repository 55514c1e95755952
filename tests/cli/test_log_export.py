"""An export grows with its log, and never over another one."""

from __future__ import annotations

import json
import random
from pathlib import Path

from goodstanding import proof

from ..exchange.stage import SIGNER
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
