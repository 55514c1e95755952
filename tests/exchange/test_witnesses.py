"""k of n witnesses: what is published when enough cosign, when too few do, and when one contradicts."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from goodstanding import proof
from goodstanding.cli import group
from goodstanding.exchange import proofs, queries
from goodstanding.exchange.log.audit import audit_database
from goodstanding.exchange.log.export import export
from goodstanding.exchange.log.folder import audit_folder
from goodstanding.exchange.log.witnesses import Gathered, contradicting, gather, policy
from goodstanding.exchange.models import Contradiction, WitnessedCheckpoint
from goodstanding.proof import AddCheckpoint, Checkpoint, CosignerKey
from goodstanding.registry import commands as registry
from goodstanding.registry import journal, seal
from goodstanding.site import worker

from ..registry.factories import make_authority, make_entity
from .logs import grow, spoiled, until
from .stage import SIGNER, live_record, now, seal_all, serving
from .test_witness import server

pytestmark = pytest.mark.usefixtures("database")
COSIGNERS = [
    CosignerKey(name=f"witness.example/w{n}", private_key=bytes([20 + n]) * 32, post_quantum=n == 2)
    for n in range(3)
]


class Witnesses:
    """Three witnesses that can be stopped and started, and the policy of two of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.urls: dict[int, str] = {}
        self._running: dict[int, contextlib.ExitStack] = {}
        for number in range(3):
            self.start(number)

    def start(self, number: int) -> None:
        stack = contextlib.ExitStack()
        path = self.folder / f"w{number}.sqlite3"
        self.urls[number] = stack.enter_context(server(path, COSIGNERS[number], SIGNER.verifier))
        self._running[number] = stack
        self.write()

    def stop(self, *numbers: int) -> None:
        for number in numbers:
            self._running.pop(number).close()

    def write(self) -> None:
        lines = [
            f"witness w{number} {COSIGNERS[number].verifier.encode()} {url}\n"
            for number, url in self.urls.items()
        ]
        names = " ".join(f"w{number}" for number in self.urls)
        text = f"log {SIGNER.verifier.encode()}\n{''.join(lines)}group g 2 {names}\nquorum g\n"
        if len(self.urls) == 3:
            (self.folder / "policy").write_text(text)

    def close(self) -> None:
        self.stop(*self._running)


@pytest.fixture
def witnesses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Witnesses]:
    monkeypatch.setattr(settings, "WITNESS_POLICY", str(tmp_path / "policy"))
    found = Witnesses(tmp_path)
    yield found
    found.close()


def asked() -> Gathered:
    found = gather(at=now())
    assert found is not None
    return found


def published() -> int:
    found = proofs.checkpoint()
    return found.size if found else 0


def test_a_checkpoint_is_published_with_the_cosignatures_that_the_policy_demands(
    witnesses: Witnesses,
) -> None:
    assert gather(at=now()) is None and proofs.checkpoint() is None
    size = grow(300)
    assert proofs.checkpoint() is None, "nothing is published before it is witnessed"
    found = asked()
    assert (found.size, found.cosigned, found.published) == (size, ("w0", "w1", "w2"), True)
    assert gather(at=now()) is None, "asked once only"
    with serving() as url:
        note = httpx.get(f"{url}/api/v1/log/checkpoint").text
    rules = policy()
    assert rules is not None
    witnessed = proof.verify_witnessed(note, policy=rules)
    assert witnessed.checkpoint.size == size
    assert [item.witness for item in witnessed.cosignatures] == [key.verifier for key in COSIGNERS]
    assert published() == size


def test_one_witness_may_be_away_and_catches_up(witnesses: Witnesses) -> None:
    first = grow(5)
    asked()
    witnesses.stop(1)
    second = grow(300)
    found = asked()
    assert (found.cosigned, list(found.silent), found.published) == (("w0", "w2"), ["w1"], True)
    assert (first, published()) == (5, second)
    witnesses.start(1)
    witnesses.stop(0)
    third = grow(7)
    found = asked()
    assert (found.cosigned, found.published, published()) == (("w1", "w2"), True, third)


def test_with_too_few_witnesses_nothing_new_is_published_and_removals_go_on(witnesses: Witnesses) -> None:
    record = live_record(make_entity(), make_authority())
    before = seal_all()
    asked()
    witnesses.stop(0, 2)
    registry.restore(record_id=record.pk, at=now())
    after = seal_all()
    found = asked()
    assert (found.cosigned, set(found.silent), found.published) == (("w1",), {"w0", "w2"}, False)
    assert published() == before
    assert queries.head() == (after, after), "the feed goes to the newest signed checkpoint"
    shown = proofs.record_proof(record, everything=True)
    assert shown is not None
    assert [item.event.kind for item in shown.events] == ["record.committed"]
    with pytest.raises(proofs.ExchangeError) as refusal:
        proofs.event_proof(str(record.public_id), position=after)
    assert refusal.value.code == "log.unproved"
    witnesses.start(0)
    found = asked()
    assert (found.cosigned, found.published, published()) == (("w0", "w1"), True, after)
    assert proofs.event_proof(str(record.public_id)).index == after - 1


def test_a_log_put_back_to_an_earlier_state_is_found_and_publishes_nothing(witnesses: Witnesses) -> None:
    grow(20)
    asked()
    put_back = published()
    other = [proof.leaf_hash(b"lost %d" % number) for number in range(30)]
    fetch = proof.tile_fetch(size=put_back, store=seal.DatabaseTiles())
    leaves = [fetch(0, number) for number in range(put_back)] + other
    lost = Checkpoint(origin=SIGNER.name, size=len(leaves), root=proof.merkle.root(leaves))
    note = proof.sign_checkpoint(lost, signers=[SIGNER])

    def lost_fetch(level: int, index: int) -> bytes:
        return proof.merkle.root(leaves[index << level : (index + 1) << level])

    hashes = proof.consistency_proof(old_size=put_back, new_size=lost.size, fetch=lost_fetch)
    body = AddCheckpoint(put_back, tuple(hashes), note).encode()
    assert httpx.post(f"{witnesses.urls[1]}/add-checkpoint", content=body).status_code == 200
    for count in (3, 100):  # shorter than what is lost, then longer
        size = grow(count)
        found = asked()
        assert (found.size, found.cosigned) == (size, ("w0", "w2"))
        assert (found.contradicted, found.published, published()) == (("w1",), False, put_back)
    assert contradicting(at=now()) == ("w1",)
    told = CliRunner().invoke(group, ["log", "witnesses", "--json"])
    assert told.exit_code == 1
    said = json.loads(told.stdout)
    assert (said["published"], said["cosigned"]) == (put_back, [key.name for key in COSIGNERS])
    assert [item["witness"] for item in said["contradictions"]] == ["w1"]
    told = CliRunner().invoke(group, ["log", "witnesses"])
    assert told.exit_code == 1 and note.split("\n")[2] in told.stdout
    kept = Contradiction.objects.get()
    assert (kept.witness, kept.note.startswith(note)) == ("w1", True)
    assert WitnessedCheckpoint.objects.count() == 1


def test_two_workers_publish_one_checkpoint(witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch) -> None:
    size = grow(5)
    asked()
    held = WitnessedCheckpoint.objects.get(size=size)
    with monkeypatch.context() as patched:
        patched.setattr(WitnessedCheckpoint.objects, "order_by", lambda _: WitnessedCheckpoint.objects.none())
        assert asked().published, "the other had not yet seen it"
    assert WitnessedCheckpoint.objects.get().note == held.note


def test_a_witness_that_answers_nonsense_counts_for_nothing(witnesses: Witnesses) -> None:
    text = (witnesses.folder / "policy").read_text()
    wrong = CosignerKey(name="witness.example/w1", private_key=bytes([99]) * 32)
    changed = text.replace(COSIGNERS[1].verifier.encode(), wrong.verifier.encode())
    (witnesses.folder / "policy").write_text(
        changed.replace(witnesses.urls[2], witnesses.urls[2] + "/nowhere")
    )
    grow(3)
    found = asked()
    assert (found.cosigned, found.published, found.contradicted) == (("w0",), False, ())
    assert set(found.silent) == {"w1", "w2"}


def test_the_export_and_the_audit_know_the_witnesses(witnesses: Witnesses, tmp_path: Path) -> None:
    grow(5)
    asked()
    witnesses.stop(2)
    grow(5)
    asked()
    assert audit_database().faults == ()
    folder = tmp_path / "log"
    export(folder)
    keys = [key.verifier.encode() for key in COSIGNERS[:2]]
    assert (folder / "witnesses").read_text().splitlines() == keys
    assert audit_folder(folder).faults == ()
    for name in ("witnesses", "checkpoint"):
        held = (folder / name).read_bytes()
        for at in range(0, len(held), 7):
            (folder / name).write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
            assert audit_folder(folder).faults, (name, at)
        (folder / name).write_bytes(held)


def test_a_changed_row_of_a_witnessed_checkpoint_is_located(witnesses: Witnesses) -> None:
    size = grow(5)
    asked()
    place = f"exchange_witnessedcheckpoint, size {size}"
    row = WitnessedCheckpoint.objects.get(size=size)
    note = row.note
    changes = {
        "note": [
            note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :] for at in range(0, len(note), 37)
        ],
        "root": [bytes(32)],
        "witnesses": [row.witnesses[:2], row.witnesses[::-1], [*row.witnesses[:2], "x"]],
    }
    for column, values in changes.items():
        for value in values:
            (fault,) = spoiled(f"UPDATE exchange_witnessedcheckpoint SET {column} = %s", [value])
            assert fault.place.startswith(place), (column, value)
    found = spoiled("UPDATE exchange_witnessedcheckpoint SET size = size + %s", [1])
    assert any(fault.place.startswith("exchange_witnessedcheckpoint") for fault in found)
    with pytest.raises(IntegrityError):
        WitnessedCheckpoint.objects.update(note="")


@pytest.mark.parametrize(
    "text", ["", "quorum x\n", f"witness w {COSIGNERS[0].verifier.encode()}\nquorum w\n"]
)
def test_a_policy_that_cannot_be_followed_is_refused(witnesses: Witnesses, text: str) -> None:
    (witnesses.folder / "policy").write_text(text)
    with pytest.raises(proof.ProofError) as refusal:
        policy()
    assert refusal.value.code == "policy_malformed"
    (witnesses.folder / "policy").unlink()
    with pytest.raises(proof.ProofError):
        policy()


def test_the_worker_has_new_checkpoints_witnessed_and_says_once_who_is_silent(
    witnesses: Witnesses, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()

    def work() -> None:
        try:
            worker._witness(database, stop)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        size = grow(3)
        until(lambda: published() == size)
        witnesses.stop(1, 2)
        grow(3)
        until(lambda: bool(caplog.messages))
        time.sleep(2 * worker.PATIENCE)
        (message,) = caplog.messages
        assert "cosigned by w0; silent: w1" in message and published() == size
        witnesses.start(1)
        until(lambda: published() == size + 3)
    finally:
        stop.set()
        thread.join()


def test_a_worker_does_not_seal_a_second_history(
    witnesses: Witnesses, database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CONTRADICTED_EVERY", 0.1)
    size = grow(5)
    lost = Checkpoint(origin=SIGNER.name, size=7, root=bytes(32))
    body = AddCheckpoint(0, (), proof.sign_checkpoint(lost, signers=[SIGNER])).encode()
    assert httpx.post(f"{witnesses.urls[0]}/add-checkpoint", content=body).status_code == 200
    with transaction.atomic():
        journal.append([journal.NewEvent("tested")], at=now())
    stop = threading.Event()

    def work() -> None:
        try:
            worker._seal(database, stop)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: len(caplog.messages) > 1)
        assert "nothing is sealed: w0 hold" in caplog.messages[0]
        assert queries.head() == (size + 1, size)
        witnesses.stop(0)
        until(lambda: queries.head() == (size + 1, size + 1))
    finally:
        stop.set()
        thread.join()
