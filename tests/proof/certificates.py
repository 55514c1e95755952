"""Certificates made from the primitives alone, for tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from goodstanding import proof
from goodstanding.proof.map_document import MAP_NAME, state_key
from goodstanding.proof.vmap_memory import MemoryMap

SIGNER = proof.SignerKey(name="goodstanding.test/log", private_key=bytes(range(32)))
WITNESS = proof.CosignerKey(name="witness.test/1", private_key=bytes(range(1, 33)))
RECIPIENT = bytes(range(2, 34))
NATION = bytes(range(3, 35))
RECORD = "5b2c4f0e-8f52-4f6c-9d4e-0f6d3c1a7b21"
ENTITY = "9a1f4c2e-1b52-4f6c-8d4e-0f6d3c1a7b33"
CASE = "1c1f4c2e-2b52-4f6c-8d4e-0f6d3c1a7b44"
SUBSCRIBERS = tuple(f"{number:08d}-0000-4000-8000-000000000000" for number in range(1, 4))
AT = "2026-06-01T09:00:00.000000+00:00"


@dataclass
class Log:
    """A small log in memory."""

    contents: list[dict[str, Any]]

    def __post_init__(self) -> None:
        for number, content in enumerate(self.contents, 1):
            content |= {"position": number, "at": AT}
        self.salts = [bytes([number]) * 32 for number in range(1, len(self.contents) + 1)]
        self.leaves = [
            proof.leaf_hash(proof.commitment(salt=salt, content=content))
            for salt, content in zip(self.salts, self.contents, strict=True)
        ]

    def checkpoint(self, *, cosigner: proof.CosignerKey | None = WITNESS) -> str:
        made = proof.Checkpoint(origin=SIGNER.name, size=len(self.leaves), root=proof.root(self.leaves))
        note = proof.sign_checkpoint(made, signers=[SIGNER])
        if cosigner is None:
            return note
        return note + proof.cosign(made.text, cosigner=cosigner, timestamp=1_780_000_000).line

    def event(self, position: int) -> proof.LoggedEvent:
        hashes = proof.inclusion_proof(index=position - 1, size=len(self.leaves), fetch=self._fetch)
        return proof.LoggedEvent(self.contents[position - 1], self.salts[position - 1], tuple(hashes))

    def _fetch(self, level: int, index: int) -> bytes:
        return proof.root(self.leaves[index << level : (index + 1) << level])


def receipt(subscriber: str, *, key: bytes = RECIPIENT, **more: Any) -> str:
    told = {
        "subscriber": subscriber,
        "position": 3,
        "record": RECORD,
        "action": "dropped",
        "removed": 2,
        "onward": ("临湖分中心",),
        "applied_at": "2026-06-01T10:00:00+08:00",
        "checkpoint_size": 4,
    }
    signed = proof.sign_receipt(proof.Receipt(**(told | more)), private_key=key)
    return signed.to_json().decode()


def statement(answer: str, **more: Any) -> str:
    """What the first recipient says of the nation, with the nation's receipt."""
    told = {
        "subscriber": SUBSCRIBERS[0],
        "position": 3,
        "record": RECORD,
        "holder": "全国信用平台",
        "via": (),
        "receipt": answer,
    }
    return proof.sign_onward(proof.Onward(**(told | more)), private_key=RECIPIENT).to_json().decode()


def absent_map(others: int = 40) -> tuple[bytes, bytes]:
    """The root of a map without the entity, and the proof of its absence."""
    entries = {
        state_key(entity=f"entity {number}", class_="penalty"): hashlib.sha256(b"%d" % number).digest()
        for number in range(others)
    }
    made = MemoryMap()
    made.update(entries)
    key = state_key(entity=ENTITY, class_="penalty")
    return proof.map_root(entries.items()), made.prove(key).encode()


def make_certificate(**more: Any) -> proof.Certificate:
    """A true certificate: one recipient dropped the record, one never held it, one is late.

    The one that dropped it had passed it on to the nation, which has answered, and to a branch, which is late.
    """
    said = statement(receipt("of the nation", key=NATION, position=31, onward=()))
    dropped, not_held = receipt(SUBSCRIBERS[0]), receipt(SUBSCRIBERS[1], action="not_held", removed=0)
    root, absence = absent_map()
    record = {"record": RECORD, "entity": ENTITY, "record_kind": "penalty", "public_digest": "ab" * 32}
    log = Log(
        [
            record | {"kind": "record.committed", "state": "published"},
            {"kind": "batch.committed"},
            record | {"kind": "record.restored", "state": "restored"},
            {
                "kind": "case.granted",
                "case": CASE,
                "case_kind": "restoration",
                "case_state": "granted",
                "record": RECORD,
            },
            _recorded(dropped, "dropped", SUBSCRIBERS[0]),
            _recorded(not_held, "not_held", SUBSCRIBERS[1]),
            _passed_on(said),
            {"kind": "map.sealed", "map": MAP_NAME, "until": 6, "root": root.hex()},
            {"kind": "batch.committed"},
        ]
    )
    further = (
        proof.FurtherDown("临湖分中心", (), "late", since="2026-06-01T09:00:09Z", due="2026-06-04"),
        proof.FurtherDown(
            *("全国信用平台", (), "dropped"),
            since="2026-06-01T09:00:11Z",
            statement=said,
            journaled=log.event(7),
        ),
    )
    answered = {"since": "2026-06-01T09:00:09Z", "receipt": dropped, "journaled": log.event(5)}
    recipients = (
        _recipient(2, "late", since="2026-06-01T09:00:00Z", due="2026-06-04"),
        _recipient(0, "dropped", **answered, further_down=further),
        _recipient(1, "not_held", since="2026-06-01T09:00:09Z", receipt=not_held, journaled=log.event(6)),
    )
    authority = {"code": "330999", "name_zh": "临湖市市场监督管理局", "name_en": "Linhu Market Regulator"}
    told: dict[str, Any] = {
        "issued_at": "2026-06-20T01:00:00Z",
        "origin": SIGNER.name,
        "key": SIGNER.verifier.encode(),
        "page": "https://credit.example/certificate",
        "entity": {
            "name": "临湖市天成商贸有限公司",
            "identifiers": [{"scheme": "uscc", "value": "91330999MA00000011"}],
        },
        "found_by": authority,
        "decided_by": authority,
        "law": {"pack": "cn-ndrc-36-2025", "digest": "cd" * 32},
        "checkpoint": log.checkpoint(),
        "witnesses": (WITNESS.verifier.encode(),),
        "decision": log.event(4),
        "removal": log.event(3),
        "absence": proof.Absence("penalty", absence, log.event(8)),
        "recipients": recipients,
        "totals": proof.totals_of(recipients),
    }
    return proof.Certificate(**(told | more))


def signed(certificate: proof.Certificate) -> bytes:
    return proof.sign_certificate(certificate, signer=SIGNER)


def _recorded(text: str, action: str, subscriber: str) -> dict[str, Any]:
    return {
        "kind": "receipt.recorded",
        "subscriber": subscriber,
        "record": RECORD,
        "removal": 3,
        "action": action,
        "removed": 2 if action == "dropped" else 0,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def _passed_on(text: str) -> dict[str, Any]:
    return {
        "kind": "receipt.passed_on",
        "subscriber": SUBSCRIBERS[0],
        "record": RECORD,
        "removal": 3,
        "holder": "全国信用平台",
        "action": "dropped",
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def _recipient(number: int, state: str, **more: Any) -> proof.Recipient:
    return proof.Recipient(
        subscriber=SUBSCRIBERS[number],
        name_zh=f"第{number + 1}征信机构",
        name_en=f"Bureau {number + 1}",
        state=state,
        position=2 if state == "late" else 8,
        **more,
    )


def replaced(certificate: proof.Certificate, **parts: Any) -> proof.Certificate:
    """The certificate with other parts."""
    return replace(certificate, **parts)
