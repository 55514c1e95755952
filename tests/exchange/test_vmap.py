"""The map of publishable records: what the journal makes of it, step by step and at once, and what its proofs say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.test import Client

from goodstanding import proof
from goodstanding.cli import group
from goodstanding.exchange import vmap
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import MapEntry, MapSeal, MapTile, WitnessedCheckpoint
from goodstanding.proof import ProofError, verify_map_proof
from goodstanding.proof.map_document import CLASSES
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.models import Entity, Record

from ..proof.certificates import WITNESS
from ..registry.factories import make_authority, make_entity
from . import stage
from .stage import SIGNER, now, seal_all

#: Change the hash of the first part of a tile that has entries, or change it back.
_FLIPPED = """
    UPDATE exchange_maptile SET data = set_byte(data, place, get_byte(data, place) # 1) FROM (
        SELECT id AS tile, 16 + 30 * (
            SELECT min(at) FROM generate_series(0, 15) at WHERE get_byte(data, at) > 0
        ) AS place FROM exchange_maptile
    ) first WHERE tile = id AND id = %s
"""

pytestmark = pytest.mark.usefixtures("database")


def live_record() -> Record:
    """A published penalty of an entity of its own."""
    return stage.live_record(make_entity(), make_authority())


def advance(limit: int = 20_000) -> None:
    while vmap.advance(at=now(), limit=limit):
        pass
    seal_all()


def proved(entity: Entity, class_: str) -> proof.ProvedState:
    document = vmap.state_proof(entity, class_=class_)
    return verify_map_proof(json.dumps(document), key=SIGNER.verifier)


def published(entity: Entity) -> dict[str, int]:
    """How many published records of each class the registry's own table has."""
    kinds = Record.objects.filter(entity=entity, state="published").values_list("kind", flat=True)
    found = {class_: 0 for class_ in CLASSES}
    for kind in kinds:
        found[kind] += 1
        found["adverse"] += kind in Record.ADVERSE
    return found


def test_what_is_proved_is_what_the_registry_has() -> None:
    chance = random.Random(6)
    entities = [make_entity() for _ in range(12)]
    authority = make_authority()
    for _ in range(4):
        for _ in range(6):
            kind = chance.choice(["penalty", "permit", "commitment"])
            stage.live_record(chance.choice(entities), authority, kind=kind)
        open_records = list(Record.objects.filter(state="published", kind="penalty"))
        for record in chance.sample(open_records, len(open_records) // 3):
            registry.restore(record_id=record.pk, at=now())
        advance(limit=chance.choice([1, 5, 20_000]))
        newest = MapSeal.objects.order_by("-until")[0]
        assert vmap.rebuild(until=newest.until) == bytes(newest.root)
        for entity in entities:
            for class_, count in published(entity).items():
                found = proved(entity, class_)
                assert (found.state["records"] if found.state else 0) == count
                assert (found.entity, found.class_) == (str(entity.public_id), class_)
    for told in MapSeal.objects.all():
        assert vmap.rebuild(until=told.until) == bytes(told.root)
    found = vmap.audit()
    assert found is not None and bytes(found[0].root) == found[1] == found[2]


def test_a_removal_leaves_nothing_behind() -> None:
    record = live_record()
    advance()
    before = proved(record.entity, "adverse")
    assert before.state is not None and before.state["records"] == 1
    registry.restore(record_id=record.pk, at=now())
    advance()
    assert proved(record.entity, "adverse").state is None
    live_record()
    advance()
    advance()
    assert not MapEntry.objects.filter(gone__isnull=False, gone__lte=before.position).exists()
    assert MapEntry.objects.count() == 2  # penalty and adverse of the other entity


def test_the_last_published_root_is_proved_while_a_newer_one_is_not_sealed() -> None:
    record = live_record()
    advance()
    registry.restore(record_id=record.pk, at=now())
    for _ in range(2):
        assert vmap.advance(at=now())
        assert vmap.advance(at=now()) is None
        assert proved(record.entity, "penalty").state is not None
        live_record()
    seal_all()
    assert proved(record.entity, "penalty").state is None


def test_nothing_published_and_no_such_class_are_said() -> None:
    record = live_record()
    with pytest.raises(ExchangeError, match=r"map\.empty"):
        vmap.state_proof(record.entity, class_="penalty")
    with pytest.raises(ExchangeError, match=r"map\.class"):
        vmap.state_proof(record.entity, class_="nothing")
    assert vmap.audit() is None


def test_a_changed_document_is_refused() -> None:
    record, other = live_record(), live_record()
    advance()
    absent = vmap.state_proof(record.entity, class_="permit")
    present = vmap.state_proof(record.entity, class_="penalty")
    assert absent["has"] is False and present["has"] is True
    assert str(other.entity.public_id) not in json.dumps([absent, present])

    def refused(document: dict[str, Any], change: Callable[[dict[str, Any]], object], *codes: str) -> None:
        changed = json.loads(json.dumps(document))
        change(changed)
        with pytest.raises(ProofError) as caught:
            verify_map_proof(json.dumps(changed), key=SIGNER.verifier)
        assert caught.value.code in codes

    event = present["event"]["content"]
    refused(present, lambda d: d["state"].update(records=0), "root_mismatch")
    refused(present, lambda d: d.update({"class": "permit"}), "root_mismatch")
    refused(absent, lambda d: d.update({"class": "penalty"}), "map_proof_malformed", "root_mismatch")
    refused(absent, lambda d: d.update({"class": "nothing"}), "document_malformed")
    has = {"entity": str(other.entity.public_id), "class": "penalty"}
    refused(absent, lambda d: d.update(has), "map_proof_malformed", "root_mismatch")
    refused(
        present, lambda d: d.update(has=False, state=None, salt=None), "map_proof_malformed", "root_mismatch"
    )
    refused(present, lambda d: d.update(state=None), "document_malformed")
    refused(absent, lambda d: d.update(position=1), "document_contradiction")
    refused(absent, lambda d: d.update(map="another/1"), "document_malformed")
    refused(absent, lambda d: d["event"]["content"].update(root="0" * 60), "document_contradiction")
    refused(present, lambda d: d.update(salt=present["event"]["salt"]), "root_mismatch")
    assert event["map"] == present["map"]
    with pytest.raises(ProofError, match="signer_unknown"):
        stranger = proof.SignerKey(name=SIGNER.name, private_key=bytes(32)).verifier
        verify_map_proof(json.dumps(present), key=stranger)


def test_the_audit_finds_what_was_written_into_the_tables() -> None:
    live_record()
    advance()

    def audited() -> tuple[bytes, bytes, bytes]:
        found = vmap.audit()
        assert found is not None
        return bytes(found[0].root), found[1], found[2]

    told, stored, made = audited()
    assert told == stored == made
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_mapentry SET commitment = set_byte(commitment, 3, 1 + get_byte(commitment, 3) % 255)"
        )
    told, stored, made = audited()
    assert told == made != stored


def test_the_audit_finds_a_tile_that_is_wrong_or_missing() -> None:
    authority = make_authority()
    for _ in range(90):
        stage.live_record(make_entity(), authority)
    advance()
    assert MapTile.objects.filter(gone__isnull=True).exclude(prefix="").exists()

    def stored() -> bytes:
        found = vmap.audit()
        assert found is not None and bytes(found[0].root) == found[2]
        return found[1]

    assert stored()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM exchange_maptile WHERE gone IS NULL")
        for (tile,) in cursor.fetchall():
            cursor.execute(_FLIPPED, [tile])
            assert stored() == b""
            cursor.execute(_FLIPPED, [tile])
    assert stored()
    for tile in MapTile.objects.filter(gone__isnull=True):
        tile.delete()
        assert stored() == b""
        MapTile(prefix=tile.prefix, data=tile.data, since=tile.since).save()
    assert stored()


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(group, [str(item) for item in arguments], catch_exceptions=False)
    return done.exit_code, done.output


def test_the_command_line_seals_proves_and_verifies(tmp_path: Path) -> None:
    record = live_record()
    status, said = run("map", "seal", "--json")
    assert status == 0 and json.loads(said)["changed"] == 2
    assert "nothing has happened" in run("map", "seal")[1]
    seal_all()
    entity, out = record.entity.public_id, tmp_path / "state.json"
    key = SIGNER.verifier.encode()
    status, said = run("map", "proof", entity, "--class", "penalty", "--out", out)
    assert status == 0 and "has publishable record" in said
    status, said = run("verify", out, "--key", key)
    assert status == 0 and "has 1 publishable record(s)" in said and "可公示记录" in said and "PROVED" in said
    run("map", "proof", entity, "--class", "permit", "--out", out)
    status, said = run("verify", out, "--key", key)
    assert status == 0 and "has NO publishable record" in said and "没有类别为 permit 的可公示记录" in said
    assert f"the map's root, up to position {MapSeal.objects.get().until}; in the log" in said
    assert "cosigned by no witness that is named" in said and "没有已指明的见证方联署" in said
    status, said = run("verify", out, "--json")
    told = json.loads(said)
    assert (status, told["key_from"], told["proved"]) == (4, "document", False)
    seal_event = MapSeal.objects.get()
    assert (told["position"], told["event"]["position"]) == (seal_event.until, seal_event.position)
    assert told["size"] >= told["event"]["position"] and told["as_of"] and told["cosigned"] == []
    assert "CONSISTENT ONLY" in run("verify", out)[1]
    assert run("verify", out, "--any-key")[0] == 0
    out.write_text(out.read_text().replace('"permit"', '"fact"', 1).replace('"has": false', '"has": true'))
    status, said = run("verify", out, "--key", key)
    assert status == 1 and "NOT PROVED" in said
    status, said = run("map", "audit", "--json")
    assert status == 0 and json.loads(said)["sound"] is True
    status, said = run("map", "proof", "5b2c4f0e-8f52-4f6c-9d4e-0f6d3c1a7b21")
    assert status == 2 and "There is no such entity" in said and "没有该主体" in said


def test_a_proof_says_who_witnessed_what_it_stands_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = live_record()
    advance()
    latest = seal.latest()
    assert latest is not None
    note = proof.parse_note(latest.note)
    line = proof.cosign(note.text, cosigner=WITNESS, timestamp=1_790_000_000)
    WitnessedCheckpoint.objects.create(
        size=latest.size,
        root=latest.root,
        note=proof.Note(text=note.text, signatures=(*note.signatures, line)).encode(),
        signed_at=latest.signed_at,
        witnesses=[WITNESS.verifier.encode()],
    )
    monkeypatch.setattr(settings, "WITNESS_POLICY", "policy")
    registry.restore(record_id=record.pk, at=now())
    advance()  # sealed and not witnessed: proofs stay with what is
    document = vmap.state_proof(record.entity, class_="permit")
    assert document["witnesses"] == [WITNESS.verifier.encode()] and document["size"] == latest.size
    found = verify_map_proof(json.dumps(document), key=SIGNER.verifier)
    assert [item.witness for item in found.cosignatures] == [WITNESS.verifier]
    assert not found.witnesses_were_given
    unwitnessed = document | {"checkpoint": latest.note}
    with pytest.raises(ProofError, match="document_contradiction"):
        verify_map_proof(json.dumps(unwitnessed), key=SIGNER.verifier)
    policy, out = tmp_path / "policy", tmp_path / "absent.json"
    policy.write_text(f"log {SIGNER.verifier.encode()}\nwitness w {WITNESS.verifier.encode()}\nquorum w\n")
    out.write_text(json.dumps(document))
    status, said = run("verify", out, "--policy", policy)
    assert status == 0 and f"cosigned by witness {WITNESS.name}, whom your policy names" in said
    assert f"见证方 {WITNESS.name}（由您的策略指定）" in said
    told = json.loads(run("verify", out, "--policy", policy, "--json")[1])
    assert (told["has"], told["proved"], told["cosigned"][0]["witness"]) == (False, True, WITNESS.name)
    assert "whom the document names" in run("verify", out, "--key", SIGNER.verifier.encode())[1]
    out.write_text(json.dumps(unwitnessed | {"witnesses": []}))
    status, said = run("verify", out, "--policy", policy)
    assert status == 1 and "quorum_missing" in said
    far = proof.cosign(note.text, cosigner=WITNESS, timestamp=2**62)
    forged = proof.Note(text=note.text, signatures=(*note.signatures, far)).encode()
    out.write_text(json.dumps(document | {"checkpoint": forged}))
    status, said = run("verify", out)
    assert status == 4 and f"{2**62} seconds after 1970" in said
    for wrong in ([1], ["no key"]):
        with pytest.raises(ProofError, match=r"document_malformed|key_malformed"):
            verify_map_proof(json.dumps(document | {"witnesses": wrong}))


def test_the_api_answers_a_reader_with_a_proof() -> None:
    record = live_record()
    client, address = Client(SERVER_NAME="localhost"), f"/api/v1/entities/{record.entity.public_id}/proof"
    assert client.get(address).status_code == 404
    advance()
    answer = client.get(address, {"class": "penalty"})
    found = verify_map_proof(answer.content, key=SIGNER.verifier)
    assert found.state is not None and found.state["records"] == 1
    assert verify_map_proof(client.get(address, {"class": "permit"}).content).state is None
    assert client.get(address, {"class": "nothing"}).status_code == 422
