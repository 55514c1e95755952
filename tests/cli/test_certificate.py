"""Certificates made and checked on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.casework.models import Case

from ..portal.certified import certified
from ..portal.stories import Town, apply_for, build_town
from ..proof.certificates import SIGNER, WITNESS, make_certificate, signed
from .conftest import Run

KEY = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET).verifier.encode()


@pytest.fixture(scope="module")
def told(module_database: str) -> tuple[Town, Case]:
    town = build_town()
    return town, certified(town)


@pytest.mark.parametrize("name", ["restored.json", "restored.pdf"])
@pytest.mark.parametrize("by", ["case", "record"])
def test_what_was_made_is_verified(
    run: Run, told: tuple[Town, Case], tmp_path: Path, by: str, name: str
) -> None:
    _, case = told
    named = case.public_id if by == "case" else case.record.public_id
    made = run("certificate", "make", str(named), "--out", tmp_path / name)
    assert made.status == 0, made.errors
    assert "2 recipients (1 dropped, 1 waiting)" in made.out
    said = run("certificate", "verify", tmp_path / name, "--key", KEY)
    assert said.status == 0, said.errors
    assert "PROVED. That a recipient really deleted the record is not proved" in said.out


def test_it_is_said_as_json(run: Run, told: tuple[Town, Case], tmp_path: Path) -> None:
    _, case = told
    file = tmp_path / "c.json"
    made = run("certificate", "make", str(case.public_id), "--out", file, "--json").document
    said = run("certificate", "verify", file, "--key", KEY, "--json").document
    assert (said["proved"], said["key_from"], said["sha256"]) == (True, "given", made["sha256"])
    assert said["record"] == str(case.record.public_id)
    assert {item["check"] for item in said["findings"]} == set(proof.CHECKS) - {"way"}, "no instance got it"


def test_what_is_not_restored_has_none(run: Run, told: tuple[Town, Case], tmp_path: Path) -> None:
    town, _ = told
    (case,) = apply_for(town, "open_too")
    for named in (case.public_id, case.record.public_id, "no-id", town.firm.public_id):
        said = run("certificate", "make", str(named), "--out", tmp_path / "c.json")
        assert said.status == 2 and "is restored" in said.errors


def test_without_a_key_it_is_consistent_only_and_with_another_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(signed(make_certificate()))
    said = run("certificate", "verify", file)
    assert said.status == 4 and "CONSISTENT ONLY" in said.out
    assert run("certificate", "verify", file, "--any-key").status == 0
    told = run("certificate", "verify", file, "--json")
    assert (told.status, told.document["proved"], told.document["consistent"]) == (4, False, True)
    assert run("certificate", "verify", file, "--any-key", "--key", KEY).status == 2
    other = proof.SignerKey(name=SIGNER.name, private_key=bytes(32)).verifier.encode()
    said = run("certificate", "verify", file, "--key", other)
    assert said.status == 1 and "NOT PROVED" in said.out
    said = run("certificate", "verify", file, "--key", other, "--json")
    refused = [item for item in json.loads(said.out)["findings"] if item["status"] == "refused"]
    assert [(item["check"], item["error"]) for item in refused] == [("key", "signer_unknown")]


def test_a_policy_demands_its_witnesses(run: Run, tmp_path: Path) -> None:
    file, policy = tmp_path / "c.json", tmp_path / "policy"
    file.write_bytes(signed(make_certificate()))
    lines = [f"log {SIGNER.verifier.encode()}", f"witness w {WITNESS.verifier.encode()}", "quorum w"]
    policy.write_text("\n".join(lines) + "\n")
    said = run("certificate", "verify", file, "--policy", policy)
    assert said.status == 0 and "PROVED" in said.out and "witness.test/1" in said.out
    file.write_bytes(signed(make_certificate(checkpoint=make_certificate().checkpoint.rsplit("—", 1)[0])))
    assert run("certificate", "verify", file, "--policy", policy).status == 1
    policy.write_text("nonsense\n")
    assert run("certificate", "verify", file, "--policy", policy).status == 2


def test_a_changed_byte_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(signed(make_certificate()).replace(b'"position":2', b'"position":7'))
    said = run("certificate", "verify", file)
    assert said.status == 1 and "signature_invalid" in said.out
    file.write_bytes(b"{}")
    said = run("certificate", "verify", file)
    assert said.status == 1 and "certificate_malformed" in said.errors
