"""A sharing agreement from the command line: written, drafted, signed by both, changed, suspended, ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goodstanding import proof

from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")
PURPOSE = ("--purpose", "credit service", "--legal-basis", "no. 2")


@pytest.fixture
def key_file(database: str, run: Run, tmp_path: Path) -> Path:
    """A subscriber with a first agreement, and the file of its key."""
    path = tmp_path / "key"
    path.write_text(bytes(range(32)).hex())
    key = proof.public_key(bytes(range(32))).hex()
    run("account", "mingjian", "--role", "subscriber", "--no-password")
    done = run("subscribe", "mingjian", "--name-zh", "明鉴征信", "--key", key, "--kind", "permit", *PURPOSE)
    assert done.status == 0, done.errors
    return path


def test_an_agreement_from_its_first_draft_to_its_end(run: Run, tmp_path: Path, key_file: Path) -> None:
    first, second = tmp_path / "1.yaml", tmp_path / "2.yaml"
    written = run("agreement", "new", "mingjian", "--kind", "penalty", *PURPOSE)
    assert written.status == 0, written.errors
    first.write_text(written.out, encoding="utf-8")
    assert "in order" in run("agreement", "check", first).out
    assert run("agreement", "draft", first, "--json").document["state"] == "draft"
    assert "waits for recipient" in run("agreement", "sign", "mingjian-2").out
    signed = run("agreement", "sign", first, "--key-file", key_file, "--json").document
    given = ("--version", signed["version"], "--signature", signed["signature"])
    done = run("agreement", "sign", "mingjian-2", *given, "--json").document
    assert (done["state"], done["signed"]["recipient"]) == ("in_force", signed["signature"])

    text = first.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 2.0.0")
    second.write_text(text.replace("masking: []", "masking: [name]"), encoding="utf-8")
    compared = run("agreement", "diff", first, second, "--json")
    assert (compared.status, compared.document["breaking"]) == (1, True)
    assert run("agreement", "diff", first, first).status == 0
    assert "breaking  terms.scope.masking" in run("agreement", "draft", second).out
    run("agreement", "sign", "mingjian-2")
    held = run("agreement", "sign", "mingjian-2", "--paper", "no. 3 of 2026", "--json").document
    assert (held["version"], held["signed"]["paper"]) == ("2.0.0", "no. 3 of 2026")
    assert run("agreement", "show", "mingjian-2", "--yaml").out.count("masking:\n") == 1

    reason = ("--reason", "for the test")
    assert "suspended" in run("agreement", "suspend", "mingjian-2", *reason).out
    assert "in force" in run("agreement", "resume", "mingjian-2").out
    assert "owing" in run("agreement", "end", "mingjian-2", *reason).out
    rows = json.loads(run("agreement", "show", "--json").out)
    assert [row["state"] for row in rows] == ["owing", "in_force"]
    stated = run(
        *("agreement", "deletion", "mingjian-2", "--subscriber", rows[0]["subscriber"]),
        *("--position", 3, "--deleted", 5, "--key-file", key_file),
    )
    key = proof.public_key(bytes(range(32)))
    assert proof.verify_deletion(proof.SignedDeletion.from_json(stated.out), public_key=key).deleted == 5


def test_what_is_refused_says_what_to_do(run: Run, tmp_path: Path, key_file: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: DataContract\nid: A B\n", encoding="utf-8")
    checked = run("agreement", "check", bad)
    assert checked.status == 2 and "bad.yaml:2: id" in checked.errors and "缺少该项" in checked.errors
    faults = json.loads(run("agreement", "check", bad, "--json").errors)["faults"]
    assert {"file": "bad.yaml", "line": 2}.items() <= next(f for f in faults if f["path"] == "id").items()
    for arguments, said in (
        (("show", "nothing"), "There is no such agreement"),
        (("sign", "nothing"), "There is no such agreement"),
        (("sign", "nothing", "--signature", "x"), "together with --version"),
        (("suspend", "nothing", "--reason", "for the test"), "There is no such agreement"),
        (("new", "nobody", "--kind", "penalty", *PURPOSE), "is no subscriber"),
        (("new", "mingjian", *PURPOSE), "name at least one"),
        (("check",), "name the file"),
    ):
        done = run("agreement", *arguments)
        assert done.status == 2 and said in " ".join(done.errors.split()), (arguments, done.errors)
    assert run("agreement", "check", "--schema").document["title"] == "Sharing agreement"
