"""A real proof document, as the API gives it, checked offline from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from goodstanding import proof

from ..api.stage import Town
from ..exchange.stage import SIGNER
from ..exchange.test_receipts import signed_receipt
from .conftest import Run

KEY = SIGNER.verifier.encode()


@pytest.fixture(scope="module")
def town(module_database: str) -> Town:
    return Town()


def fetch(town: Town, name: str, token: str) -> bytes:
    """The proof document of a record, byte for byte as it is sent."""
    client = Client(SERVER_NAME="localhost")
    headers = {"Authorization": f"Bearer {town.tokens[token]}"}
    answer = client.get(f"/api/v1/records/{town.records[name].public_id}/proof", headers=headers)
    assert answer.status_code == 200
    return answer.content


@pytest.fixture
def document(town: Town, tmp_path: Path) -> Path:
    """The proof of a restored record, as its entity gets it."""
    path = tmp_path / "proof.json"
    path.write_bytes(fetch(town, "restored", "firm"))
    return path


def test_what_was_verified_is_said_in_words(run: Run, town: Town, document: Path) -> None:
    said = run("verify", document, "--key", KEY)
    assert said.status == 0, said.errors
    lines = said.out.splitlines()
    assert lines[0] == f"record {town.restored.public_id}"
    assert lines[1] == f"checkpoint of {SIGNER.name}, {town.size} positions: signed by the key that you gave"
    assert ": published, public until 20" in lines[2]
    assert lines[2].endswith("; as committed, in the log")
    assert ", record.restored at " in lines[3]
    assert lines[4] == "PROVED. That these are all events of the record is not proved."


def test_what_was_verified_is_said_as_json(run: Run, town: Town, document: Path) -> None:
    said = run("verify", document, "--key", KEY, "--json").document
    told = json.loads(document.read_text())
    assert (said["proved"], said["key"], said["key_from"], said["receipt"]) == (True, KEY, "given", None)
    assert [event["content"] for event in said["events"]] == [event["content"] for event in told["events"]]


def test_a_key_from_the_document_is_said_to_prove_consistency_only(run: Run, document: Path) -> None:
    said = run("verify", document)
    assert said.status == 4
    assert "signed by the key in the document itself" in said.out
    assert "CONSISTENT ONLY: the key was taken from the document" in said.out
    assert "PROVED" not in said.out
    told = run("verify", document, "--json")
    assert (told.status, told.document["key_from"]) == (4, "document")
    assert (told.document["proved"], told.document["consistent"]) == (False, True)
    contented = run("verify", document, "--any-key")
    assert contented.status == 0 and contented.out == said.out


def test_a_policy_demands_its_witnesses(run: Run, document: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {KEY}\nquorum none\n")
    said = run("verify", document, "--policy", policy)
    assert said.status == 0 and "signed by the key that you gave" in said.out
    witness = proof.CosignerKey(name="w.test", private_key=bytes(32)).verifier
    policy.write_text(f"log {KEY}\nwitness w {witness.encode()}\nquorum w\n")
    said = run("verify", document, "--policy", policy)
    assert said.status == 1 and "quorum_missing" in said.errors


def test_what_does_not_hold_ends_with_status_1_and_its_place(run: Run, document: Path) -> None:
    document.write_text(document.read_text().replace('"restored"', '"withdrawn"'))
    said = run("verify", document, "--key", KEY)
    assert (said.status, said.out) == (1, "")
    assert said.errors.startswith("NOT PROVED: ")
    assert "[document_contradiction: events[1], content, salt and leaf_hash]" in said.errors
    assert "证明文件自相矛盾。" in said.errors
    told = run("verify", document, "--json")
    assert told.status == 1
    assert (told.document["proved"], told.document["error"]) == (False, "document_contradiction")


def test_another_key_ends_with_status_1(run: Run, document: Path) -> None:
    other = proof.SignerKey(name=SIGNER.name, private_key=bytes(32)).verifier.encode()
    said = run("verify", document, "--key", other)
    assert said.status == 1
    assert "signer_unknown" in said.errors


def test_no_byte_of_the_values_of_a_real_document_can_be_changed(town: Town) -> None:
    text = fetch(town, "restored", "firm")
    proof.verify_record_proof(text, key=SIGNER.verifier)
    told = json.loads(text)
    for place in range(len(text)):
        for mask in (0x01, 0x20):
            changed = bytearray(text)
            changed[place] ^= mask
            try:
                proof.verify_record_proof(bytes(changed), key=SIGNER.verifier)
            except proof.ProofError:
                continue
            assert json.loads(bytes(changed)) == told, f"byte {place} of {text[place - 20 : place + 20]!r}"


def test_the_public_proof_of_a_public_record_holds(run: Run, town: Town, tmp_path: Path) -> None:
    path = tmp_path / "public.json"
    answer = Client(SERVER_NAME="localhost").get(f"/api/v1/records/{town.published.public_id}/proof")
    path.write_bytes(answer.content)
    assert len(run("verify", path, "--key", KEY, "--json").document["events"]) == 1


def _receipt(town: Town, tmp_path: Path) -> Path:
    position = json.loads(fetch(town, "restored", "firm"))["events"][-1]["position"]
    path = tmp_path / "receipt.json"
    path.write_bytes(signed_receipt(town.subscriber, town.key, town.restored, position).to_json())
    return path


def test_a_receipt_is_checked_with_the_proof(run: Run, town: Town, document: Path, tmp_path: Path) -> None:
    receipt, key = _receipt(town, tmp_path), proof.public_key(town.key).hex()
    said = run("verify", document, "--key", KEY, "--receipt", receipt, "--receipt-key", key)
    assert said.status == 0, said.errors
    assert f"receipt of subscriber {town.subscriber.public_id} for position " in said.out
    assert ": dropped; signed" in said.out
    as_json = run("verify", document, "--receipt", receipt, "--receipt-key", key, "--json").document
    assert as_json["receipt"]["action"] == "dropped"
    wrong = run("verify", document, "--receipt", receipt, "--receipt-key", "00" * 32)
    assert wrong.status == 1
    assert "signer_unknown" in wrong.errors


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--key", "no key"], "Copy the key again"),
        (["--key", KEY, "--any-key"], "goes with neither"),
        (["--policy", __file__], "policy_malformed"),
        (["--receipt-key", "00"], "go together"),
        (["--receipt", __file__, "--receipt-key", "00"], "64 hex digits"),
    ],
)
def test_wrong_use_ends_with_status_2(run: Run, document: Path, arguments: list[str], remedy: str) -> None:
    said = run("verify", document, *arguments)
    assert said.status == 2
    assert remedy in " ".join(said.errors.split())


def test_a_forged_document_gives_the_terminal_no_orders(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "forged.json"
    path.write_text('{"a\\u001b[2J": 1, "b\u009b": 2}')
    said = run("verify", path)
    assert said.status == 1
    assert all(character.isprintable() or character == "\n" for character in said.out + said.errors)


def test_it_needs_no_database(document: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("GOODSTANDING_HOME", "/nowhere")
    assert run("verify", document, "--key", KEY).status == 0
