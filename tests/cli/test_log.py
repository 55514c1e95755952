"""The log from the command line: exported, proved, and every changed byte of files and tables located."""

from __future__ import annotations

import json
import random
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.exchange.log.audit import audit_database
from goodstanding.exchange.log.folder import Audited, audit_folder
from goodstanding.registry import journal, seal

from ..api.stage import Town
from ..exchange.logs import grow
from ..exchange.stage import SIGNER, now, seal_all, serving
from .conftest import Run

KEY = SIGNER.verifier.encode()


@pytest.fixture(scope="module")
def town(module_database: str) -> Town:
    found = Town()
    for count in (200, 1, 90):
        found.size = grow(count)
    assert found.size > 300
    return found


@pytest.fixture(scope="module")
def exported(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from goodstanding.exchange.log.export import export

    folder = tmp_path_factory.mktemp("log")
    export(folder)
    return folder


def test_the_export_is_laid_out_as_the_standard_says(exported: Path, town: Town) -> None:
    rest = town.size - 256
    paths = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    expected = {"checkpoint", "vkey", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert paths == expected | {f"tile/0/001.p/{rest}", f"tile/entries/001.p/{rest}"}
    assert (exported / "vkey").read_text() == KEY + "\n"
    checkpoint = proof.verify_checkpoint(
        (exported / "checkpoint").read_bytes(), origin=SIGNER.name, keys=[SIGNER.verifier]
    )
    assert checkpoint.size == town.size


def test_every_file_of_the_export_is_what_the_server_serves(exported: Path, town: Town) -> None:
    with serving() as url:
        for path in exported.rglob("*"):
            if not path.is_file() or path.name == "vkey":
                continue
            name = path.relative_to(exported).as_posix()
            with urllib.request.urlopen(f"{url}/api/v1/log/{name}", timeout=10) as answer:
                assert answer.read() == path.read_bytes()
                kind = "text/plain; charset=utf-8" if name == "checkpoint" else "application/octet-stream"
                assert answer.headers["Content-Type"] == kind
                assert ("immutable" in answer.headers["Cache-Control"]) == (name != "checkpoint")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_in_any_exported_file_is_located(data: st.DataObject, exported: Path) -> None:
    paths = sorted(path for path in exported.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(paths))
    held = path.read_bytes()
    at, bit = data.draw(st.integers(0, len(held) - 1)), data.draw(st.integers(0, 7))
    path.write_bytes(held[:at] + bytes([held[at] ^ (1 << bit)]) + held[at + 1 :])
    try:
        found = audit_folder(exported)
        assert found.faults
        name = path.relative_to(exported).as_posix()
        assert any(fault.place.split(",")[0] == name for fault in found.faults), found.faults
        if name.startswith("tile/"):
            (fault,) = found.faults
            wide = 32 if "entries" not in name else 34
            assert fault.place.split(" ")[-1] == str(at // wide)
    finally:
        path.write_bytes(held)


def test_files_that_are_missing_or_do_not_belong_are_named(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(exported, folder)
    (folder / "tile/0/000").unlink()
    (folder / "tile/0/007").write_bytes(bytes(8192))
    (folder / "notes.txt").write_text("hello")
    earlier = folder / "tile/entries/001.p/3"
    earlier.write_bytes(bytes(102))
    places = {fault.place: fault.code for fault in audit_folder(folder).faults}
    assert places == {
        "tile/0/000": "missing",
        "tile/0/007": "unknown",
        "notes.txt": "unknown",
        "tile/entries/001.p/3": "changed",
    }
    for name in ("vkey", "checkpoint"):
        shutil.copytree(exported, tmp_path / name)
        (tmp_path / name / name).unlink()
        assert (name, "missing") in {(f.place, f.code) for f in audit_folder(tmp_path / name).faults}


def test_an_export_under_another_key_is_refused(run: Run, exported: Path) -> None:
    other = proof.SignerKey(name=SIGNER.name, private_key=bytes(32)).verifier
    said = run("log", "audit", exported, "--key", other.encode(), "--json")
    assert said.status == 1
    assert {item["place"].split(",")[0] for item in said.document["faults"]} == {"vkey", "checkpoint"}
    assert run("log", "audit", exported, "--key", KEY).out.startswith("SOUND: ")


#: For each committed column: how to change one row of it (%s: a position or size), and what the place says.
COLUMNS: dict[str, tuple[str, str]] = {
    "registry_event.content": (
        "UPDATE registry_event SET content = jsonb_set(content, '{{number}}', '-1') WHERE position = %s",
        "registry_event.content or registry_salt.salt, position %s",
    ),
    "registry_event.kind": (
        "UPDATE registry_event SET kind = 'Tested' WHERE position = %s",
        "registry_event.kind, position %s",
    ),
    "registry_event.at": (
        "UPDATE registry_event SET at = at + interval '1 microsecond' WHERE position = %s",
        "registry_event.at, position %s",
    ),
    "registry_event.commitment": (
        "UPDATE registry_event SET commitment = set_byte(commitment, {byte}, get_byte(commitment, {byte}) # {mask})"
        " WHERE position = %s",
        "registry_event.commitment, position %s",
    ),
    "registry_event.position": (
        "UPDATE registry_event SET position = position + 100000 WHERE position = %s",
        "registry_event, position %s",
    ),
    "registry_salt.salt": (
        "UPDATE registry_salt SET salt = set_byte(salt, {byte}, get_byte(salt, {byte}) # {mask})"
        " WHERE event_id = %s",
        "registry_event.content or registry_salt.salt, position %s",
    ),
    "registry_salt.event_id": (
        "UPDATE registry_salt SET event_id = event_id + 100000 WHERE event_id = %s",
        "registry_salt, position 1%05d",
    ),
}


@pytest.fixture
def spoil(town: Town) -> Iterator[Callable[[str, list[object]], Audited]]:
    """Changes the tables behind the triggers' back, audits, and takes it back."""

    def call(statement: str, values: list[object]) -> Audited:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(statement, values)
                assert cursor.rowcount == 1, statement
            found = audit_database()
            transaction.set_rollback(True)
        return found

    yield call
    assert audit_database().faults == ()


@pytest.mark.parametrize("column", sorted(COLUMNS))
def test_a_changed_event_or_salt_is_located(
    column: str, town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    chance = random.Random(column)
    statement, place = COLUMNS[column]
    for position in (
        town.size - 290,
        town.size - 3,
        *(town.size - 1 - chance.randrange(280) for _ in range(3)),
    ):
        change = statement.format(byte=chance.randrange(32), mask=1 << chance.randrange(8))
        found = spoil(change, [position])
        assert any(fault.place == place % position for fault in found.faults), found.faults
        if column not in ("registry_event.position", "registry_salt.event_id"):
            assert len(found.faults) == 1


def test_an_event_that_points_to_another_record_is_located(
    town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position FROM registry_event WHERE record_id = %s AND kind LIKE 'record.%%' LIMIT 1",
            [town.restored.pk],
        )
        (position,) = cursor.fetchone()
    change = "UPDATE registry_event SET record_id = %s WHERE position = %s"
    (fault,) = spoil(change, [town.of_tax.pk, position]).faults
    assert fault == proof.Fault(f"registry_event.record_id, position {position}", "changed")


RECORD_CHANGES = {
    "public_id": "public_id = gen_random_uuid()",
    "kind": "kind = 'permit'",
    "state": "state = 'ended'",
    "disputed": "disputed = NOT disputed",
    "version": "version = version + 1",
    "content_digest": "content_digest = set_byte(content_digest, 9, get_byte(content_digest, 9) # 4)",
    "publish_from": "publish_from = publish_from - 1",
    "publish_until": "publish_until = publish_until - 1",
    "statement": 'statement = \'{"text": "changed"}\'',
}


@pytest.mark.parametrize("column", sorted(RECORD_CHANGES))
def test_a_changed_column_of_a_record_is_located(
    column: str, town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    record = town.published
    found = spoil(f"UPDATE registry_record SET {RECORD_CHANGES[column]} WHERE id = %s", [record.pk])
    places = [fault.place for fault in found.faults]
    if column == "public_id":  # its events name the old one
        assert any(place.startswith("registry_record.public_id, record ") for place in places)
    else:
        assert places == [f"registry_record.{column}, record {record.public_id}"]


@pytest.mark.parametrize("part", ["{public,number}", "{public,new}", "{personal,mark}"])
def test_a_changed_content_of_a_record_is_located(
    part: str, town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    change = "UPDATE registry_record SET content = jsonb_set(content, %s, '\"x\"') WHERE id = %s"
    (fault,) = spoil(change, [part, town.published.pk]).faults
    assert fault == proof.Fault(f"registry_record.content, record {town.published.public_id}", "changed")


def test_a_record_without_an_event_is_found(
    town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    found = spoil("UPDATE registry_record SET id = id + 100000 WHERE id = %s", [town.published.pk])
    place = f"registry_record, record {town.published.public_id}: no event tells of it"
    assert proof.Fault(place, "unknown") in found.faults


def test_a_flipped_byte_in_any_tile_is_located(
    town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    chance = random.Random(7)
    rows = {(0, 0): 256, (0, 1): town.size - 256, (1, 0): 1}
    for (level, index), width in rows.items():
        for _ in range(3):
            at, mask = chance.randrange(32 * width), 1 << chance.randrange(8)
            change = (
                f"UPDATE registry_tile SET data = set_byte(data, {at}, get_byte(data, {at}) # {mask})"
                " WHERE level = %s AND index = %s"
            )
            (fault,) = spoil(change, [level, index]).faults
            place = f"registry_tile, level {level}, index {index}, hash {at // 32}"
            assert fault == proof.Fault(place, "changed")
    found = spoil("UPDATE registry_tile SET width = 5 WHERE level = %s AND index = %s", [0, 1])
    assert found.faults == (proof.Fault("registry_tile, level 0, index 1", "malformed"),)
    found = spoil("UPDATE registry_tile SET index = 9 WHERE level = %s AND index = %s", [0, 1])
    assert {(fault.place, fault.code) for fault in found.faults} == {
        ("registry_tile, level 0, index 1", "missing"),
        ("registry_tile, level 0, index 9", "unknown"),
    }


def test_a_changed_checkpoint_is_located(town: Town, spoil: Callable[[str, list[object]], Audited]) -> None:
    sizes = list(seal.Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert len(sizes) > 3
    for size in (sizes[0], sizes[-2], sizes[-1]):
        note = seal.Checkpoint.objects.get(size=size).note
        for at in (3, len(note.split("\n\n")[0]) - 5, len(note) - 30, len(note) - 1):
            changed = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
            found = spoil("UPDATE registry_checkpoint SET note = %s WHERE size = %s", [changed, size])
            assert [fault.code for fault in found.faults] == ["unsigned"]
            assert found.faults[0].place.startswith(f"registry_checkpoint, size {size}, note")
        found = spoil(
            "UPDATE registry_checkpoint SET root = set_byte(root, 5, get_byte(root, 5) # 1) WHERE size = %s",
            [size],
        )
        assert found.faults == (proof.Fault(f"registry_checkpoint, size {size}, column root", "changed"),)
        found = spoil("UPDATE registry_checkpoint SET size = size + 1000 WHERE size = %s", [size])
        place = f"registry_checkpoint, size {size + 1000}, column size"
        assert proof.Fault(place, "changed") in found.faults


def test_a_checkpoint_of_another_history_is_found(
    town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    """Even one that is validly signed: the root at its size is replayed."""
    size = seal.Checkpoint.objects.order_by("size").values_list("size", flat=True)[0]
    other = proof.sign_checkpoint(
        proof.Checkpoint(origin=SIGNER.name, size=size, root=bytes(32)), signers=[SIGNER]
    )
    found = spoil(
        "UPDATE registry_checkpoint SET note = %s, root = %s WHERE size = %s", [other, bytes(32), size]
    )
    assert found.faults == (proof.Fault(f"registry_checkpoint, size {size}", "replaced"),)


def test_an_event_that_is_not_sealed_yet_is_checked_too(
    town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    with transaction.atomic():
        (position,) = journal.append([journal.NewEvent("tested")], at=now())
    found = spoil("UPDATE registry_event SET commitment = %s WHERE position = %s", [bytes(32), position])
    (fault,) = found.faults
    assert fault.code == "undecided" and f"position {position}, not sealed yet" in fault.place
    town.size = seal_all()


def test_a_forgotten_event_is_counted_and_the_log_stays_sound(
    run: Run, town: Town, spoil: Callable[[str, list[object]], Audited]
) -> None:
    found = spoil("DELETE FROM registry_salt WHERE event_id = %s", [town.size - 7])
    assert (found.faults, found.forgotten) == ((), 1)


def test_the_audit_of_the_database_from_the_command_line(run: Run, town: Town) -> None:
    said = run("log", "audit", "--json")
    assert said.status == 0, said.errors
    assert (said.document["sound"], said.document["size"]) == (True, town.size)
    said = run("log", "audit")
    assert said.out == f"SOUND: {SIGNER.name}, {town.size} entries replayed\n"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_salt DISABLE TRIGGER ALL")
        cursor.execute("UPDATE registry_salt SET salt = sha256(salt) WHERE event_id = 9 RETURNING salt")
    try:
        said = run("log", "audit")
        assert said.status == 1
        assert "changed: registry_event.content or registry_salt.salt, position 9" in said.errors
        assert said.out.startswith("1 FAULTS: ")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM registry_salt WHERE event_id = 9")
            cursor.execute("ALTER TABLE registry_salt ENABLE TRIGGER ALL")
    assert run("log", "audit").out.endswith(
        "1 events are forgotten: their commitments hold, their content cannot be checked\n"
    )


def test_the_proof_of_a_record_verifies_offline(run: Run, town: Town, tmp_path: Path) -> None:
    file = tmp_path / "removal.tlog-proof"
    said = run("log", "proof", town.restored.public_id, "--out", file, "--json")
    assert said.status == 0, said.errors
    shown = run("log", "verify", file, "--key", KEY, "--json").document
    assert (shown["proved"], shown["position"]) == (True, said.document["position"])
    assert shown["content"]["kind"] == "record.restored"
    assert shown["content"]["record"] == str(town.restored.public_id)
    words = run("log", "verify", file, "--key", KEY).out.splitlines()
    assert words[-1] == "PROVED. That it is the record's last event is not proved."
    first = run("log", "proof", town.restored.public_id, "--position", shown["position"] - 1)
    assert first.status == 2
    text = file.read_text()
    assert run("log", "proof", town.restored.public_id).out == text
    file.write_text(text.replace("index ", "index 1"))
    said = run("log", "verify", file, "--key", KEY)
    assert said.status == 1 and said.errors.startswith("NOT PROVED: ")
    assert run("log", "verify", file).status == 2


def test_what_cannot_be_proved_is_said(run: Run, town: Town) -> None:
    for record, code in (
        ("nonsense", "log.no_record"),
        ("3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11", "log.no_record"),
    ):
        said = run("log", "proof", record, "--json")
        assert said.status == 2
        assert json.loads(said.errors)["code"] == code


def test_a_policy_demands_its_witnesses(run: Run, town: Town, tmp_path: Path) -> None:
    file, policy = tmp_path / "p.tlog-proof", tmp_path / "policy"
    run("log", "proof", town.restored.public_id, "--out", file)
    witness = proof.CosignerKey(name="witness.example", private_key=bytes(32)).verifier
    policy.write_text(f"log {KEY}\nquorum none\n")
    assert run("log", "verify", file, "--policy", policy).status == 0
    policy.write_text(f"log {KEY}\nwitness w {witness.encode()}\nquorum w\n")
    said = run("log", "verify", file, "--policy", policy, "--json")
    assert said.status == 1 and said.document["error"] == "quorum_missing"
