"""The log's further signatures in the platform: sealed, published, exported, audited and verified."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings

from goodstanding import proof
from goodstanding.cli import group
from goodstanding.exchange import proofs
from goodstanding.exchange.log.audit import audit_database
from goodstanding.exchange.log.export import export
from goodstanding.exchange.log.folder import audit_folder
from goodstanding.proof.beside import KINDS, BesideSigner, verify_beside
from goodstanding.registry import seal
from goodstanding.site import worker

from ..registry.factories import make_authority, make_entity
from .logs import append_some, spoiled
from .stage import live_record, serving

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> list[BesideSigner]:
    """An installation whose log signs in three ways."""
    monkeypatch.setattr(settings, "LOG_SECRETS_BESIDE", {kind: b"\x09" * 32 for kind in KINDS})
    monkeypatch.setattr(settings, "LOG_SIGNATURES", [*KINDS])
    return proofs.signers_beside()


def grow(count: int = 1) -> None:
    append_some(count)
    worker.seal_all()


def test_checkpoints_carry_the_chosen_signatures_and_are_followed_without_them(
    three: list[BesideSigner], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "LOG_SIGNATURES", [])
    grow(3)
    plain = seal.latest()
    assert plain is not None and len(proof.parse_note(plain.note).signatures) == 1
    monkeypatch.setattr(settings, "LOG_SIGNATURES", [*KINDS])
    grow(300)
    with serving() as url:
        note = httpx.get(f"{url}/api/v1/log/checkpoint").text
        keys = httpx.get(f"{url}/api/v1/log/keys").text.splitlines()
    assert keys == [proofs.log_key(), *(one.verifier.encode() for one in three)]
    assert len(proof.parse_note(note).signatures) == 3
    assert [key.kind for key in verify_beside(note, keys=proofs.keys_beside())] == [*KINDS]
    assert audit_database().faults == ()
    folder = tmp_path / "log"
    export(folder)
    assert (folder / "vkeys-beside").read_text().splitlines() == keys[1:]
    assert audit_folder(folder).faults == ()
    for name in ("vkeys-beside", "checkpoint"):
        held = (folder / name).read_bytes()
        for at in range(0, len(held), len(held) // 40):
            (folder / name).write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
            assert audit_folder(folder).faults, (name, at)
        (folder / name).write_bytes(held)
    monkeypatch.setattr(settings, "LOG_SIGNATURES", [])
    grow()
    assert audit_database().faults == (), "what signed earlier stays known"
    export(folder)
    assert audit_folder(folder).faults == ()


def test_a_changed_signature_in_the_database_is_located(three: list[BesideSigner]) -> None:
    grow(3)
    held = seal.latest()
    assert held is not None
    for line in proof.parse_note(held.note).signatures[1:]:
        other = proof.NoteSignature(
            line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1])
        )
        assert fault_of(held.note.replace(line.line, other.line)) == "unsigned"
        stranger = proof.NoteSignature(line.name, b"\0\0\0\0", line.signature)
        assert fault_of(held.note.replace(line.line, stranger.line)) == "unknown"


def fault_of(note: str) -> str:
    """The fault that an audit finds after the newest note was changed."""
    found = spoiled("UPDATE registry_checkpoint SET note = %s", [note])
    (fault,) = [one for one in found if one.place.startswith("registry_checkpoint")]
    return fault.code


def test_the_command_says_which_signatures_it_checked(three: list[BesideSigner], tmp_path: Path) -> None:
    record = live_record(make_entity(), make_authority())
    worker.seal_all()
    file = tmp_path / "p.tlog-proof"
    assert (
        CliRunner().invoke(group, ["log", "proof", str(record.public_id), "--out", str(file)]).exit_code == 0
    )
    key, (ml_dsa, sm2) = proofs.log_key(), (one.verifier.encode() for one in three)

    def said(*more: str) -> dict[str, object]:
        done = CliRunner().invoke(group, ["log", "verify", str(file), "--key", key, "--json", *more])
        return {"exit": done.exit_code} | json.loads(done.stdout or done.stderr)

    assert (said()["signed"], said()["unchecked"]) == (["ed25519"], 2)
    assert said("--also", sm2)["signed"] == ["ed25519", "sm2"]
    both = said("--also", ml_dsa, "--also", sm2)
    assert (both["signed"], both["unchecked"], both["exit"]) == (["ed25519", "ml-dsa-44", "sm2"], 0, 0)
    stranger = BesideSigner("sm2", settings.LOG_ORIGIN, b"\x05" * 32).verifier.encode()
    refused = said("--also", stranger)
    assert (refused["exit"], refused["error"]) == (1, "signer_unknown")
    told = CliRunner().invoke(group, ["log", "verify", str(file), "--key", key, "--also", sm2]).stdout
    assert "signed by the log's own sm2 too" in told and "1 signatures by keys that were not given" in told


def test_a_setting_that_names_no_signature_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LOG_SIGNATURES", ["rsa"])
    with pytest.raises(proof.ProofError) as refusal:
        proofs.signers_beside()
    assert refusal.value.code == "key_malformed"
