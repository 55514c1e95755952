"""A record's proof document: what holds is proved, and not one byte of it can be changed unnoticed."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from goodstanding import proof
from goodstanding.proof import ProofError, verify_record_proof, verify_removal_receipt

SIGNER = proof.SignerKey(name="goodstanding.test/log", private_key=bytes(range(32)))
RECORD = "5b2c4f0e-8f52-4f6c-9d4e-0f6d3c1a7b21"


def make_document(
    *, size: int = 11, positions: tuple[int, ...] = (3, 9), record: str = RECORD
) -> dict[str, Any]:
    """A proof document as the API writes it, made from the primitives alone."""
    salts = {position: bytes([position]) * 32 for position in range(1, size + 1)}
    contents: dict[int, Any] = {
        position: {
            "at": "2026-06-01T09:00:00.000000+00:00",
            "kind": "record.published" if position < 9 else "record.restored",
            "position": position,
            "record": record if position in positions else f"another {position}",
            "state": "published" if position < 9 else "restored",
            "disputed": False,
            "version": 1,
            "publish_until": None,
            "name": "临湖市天成商贸有限公司",
        }
        for position in salts
    }
    leaves = [proof.leaf_hash(proof.commitment(salt=salts[p], content=contents[p])) for p in sorted(salts)]

    def fetch(level: int, index: int) -> bytes:
        return proof.root(leaves[index << level : (index + 1) << level])

    checkpoint = proof.Checkpoint(origin=SIGNER.name, size=size, root=proof.root(leaves))
    return {
        "record": record,
        "origin": SIGNER.name,
        "size": size,
        "checkpoint": proof.sign_checkpoint(checkpoint, signers=[SIGNER]),
        "key": SIGNER.verifier.encode(),
        "events": [
            {
                "position": position,
                "kind": contents[position]["kind"],
                "content": contents[position],
                "salt": b64encode(salts[position]).decode(),
                "leaf_hash": b64encode(leaves[position - 1]).decode(),
                "index": position - 1,
                "hashes": [
                    b64encode(item).decode()
                    for item in proof.inclusion_proof(index=position - 1, size=size, fetch=fetch)
                ],
            }
            for position in positions
        ],
    }


def text_of(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def refusal_of(document: object, **more: Any) -> ProofError:
    with pytest.raises(ProofError) as caught:
        verify_record_proof(document if isinstance(document, bytes) else text_of(document), **more)
    return caught.value


def test_a_true_document_is_proved_with_the_key_that_one_holds() -> None:
    proved = verify_record_proof(text_of(make_document()), key=SIGNER.verifier)
    assert (proved.record, proved.checkpoint.size, proved.key_was_given) == (RECORD, 11, True)
    assert [(event.position, event.kind) for event in proved.events] == [
        (3, "record.published"),
        (9, "record.restored"),
    ]
    assert proved.events[0].content["name"] == "临湖市天成商贸有限公司"


def test_the_key_of_the_document_is_named_as_such() -> None:
    proved = verify_record_proof(text_of(make_document()).decode())
    assert proved.key == SIGNER.verifier
    assert not proved.key_was_given


@pytest.mark.parametrize("mask", [0x01, 0x02, 0x20, 0x80], ids=hex)
def test_no_byte_can_be_changed(mask: int) -> None:
    document = make_document()
    text = text_of(document)
    for place in range(len(text)):
        changed = bytearray(text)
        changed[place] ^= mask
        with pytest.raises(ProofError) as caught:
            verify_record_proof(bytes(changed), key=SIGNER.verifier)
        assert caught.value.place, place


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every plain value."""
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _leaves(item, (*path, name))]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in _leaves(item, (*path, number))]
    return [path]


@pytest.mark.parametrize("other", [None, True, False, 0, 1, -1, 0.5, 1e300, "", "x", [], {}], ids=repr)
def test_no_value_can_be_replaced(other: Any) -> None:
    document = make_document()
    for path in _leaves(document):
        changed = json.loads(text_of(document))
        holder = changed
        for name in path[:-1]:
            holder = holder[name]
        if type(holder[path[-1]]) is type(other) and holder[path[-1]] == other:
            continue
        holder[path[-1]] = other
        assert refusal_of(changed, key=SIGNER.verifier).place, path


def _drop_event(document: dict[str, Any]) -> None:
    document["events"].clear()


def _twice(document: dict[str, Any]) -> None:
    document["events"].append(document["events"][0])


def _turned(document: dict[str, Any]) -> None:
    document["events"].reverse()


def _without_hash(document: dict[str, Any]) -> None:
    document["events"][1]["hashes"].pop()


def _one_hash_more(document: dict[str, Any]) -> None:
    document["events"][1]["hashes"].append(document["events"][1]["hashes"][0])


def _more_content(document: dict[str, Any]) -> None:
    document["events"][0]["content"]["more"] = "word"


def _more_fields(document: dict[str, Any]) -> None:
    document["verdict"] = "good"


def _of_another_record(document: dict[str, Any]) -> None:
    document["events"][0] = make_document(record="another")["events"][0]


def _of_another_tree(document: dict[str, Any]) -> None:
    document["events"][1] = make_document(size=12)["events"][1]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (_drop_event, "document_malformed", "events"),
        (_twice, "document_contradiction", "events[2], order of positions"),
        (_turned, "document_contradiction", "events[1], order of positions"),
        (_without_hash, "proof_length", "events[1], inclusion of leaf 8"),
        (_one_hash_more, "proof_length", "events[1], inclusion of leaf 8"),
        (_more_content, "document_contradiction", "events[0], content, salt and leaf_hash"),
        (_more_fields, "document_malformed", "verdict"),
        (_of_another_record, "root_mismatch", "events[0], inclusion of leaf 2"),
        (_of_another_tree, "root_mismatch", "events[1], inclusion of leaf 8"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_does_not_hold_is_named(change: Callable[[dict[str, Any]], None], code: str, place: str) -> None:
    document = make_document()
    change(document)
    error = refusal_of(document, key=SIGNER.verifier)
    assert error.code == code
    assert place in error.place


def test_events_of_another_record_in_the_same_log_do_not_pass_for_this_one() -> None:
    document = make_document() | {"record": "5b2c4f0e-0000-4000-8000-000000000000"}
    error = refusal_of(document, key=SIGNER.verifier)
    assert (error.code, error.place) == ("document_contradiction", "events[0], record and content.record")


def test_a_forger_with_a_key_of_its_own_meets_the_key_that_one_holds() -> None:
    mine = proof.SignerKey(name=SIGNER.name, private_key=bytes(32))
    document = make_document()
    checkpoint = proof.parse_checkpoint(document["checkpoint"].split("\n\n")[0] + "\n")
    document |= {
        "checkpoint": proof.sign_checkpoint(checkpoint, signers=[mine]),
        "key": mine.verifier.encode(),
    }
    assert not verify_record_proof(text_of(document)).key_was_given
    assert refusal_of(document, key=SIGNER.verifier).code == "signer_unknown"
    document["key"] = SIGNER.verifier.encode()
    assert refusal_of(document, key=SIGNER.verifier).code == "signer_unknown"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"a": NaN}',
        b'{"a": 1, "a": 1}',
        b"[" * 100_000,
        b'{"size": ' + b"9" * 10_000 + b"}",
        b" " * 10_000_001,
    ],
    ids=["empty", "binary", "list", "null", "bare", "nan", "twice", "deep", "long number", "large"],
)
def test_what_is_no_such_document_is_refused(text: bytes) -> None:
    assert refusal_of(text).code == "document_malformed"


def test_half_a_character_in_the_content_is_refused() -> None:
    text = json.dumps(make_document()).replace('"disputed"', '"disput\\ud800ed"', 1)
    assert refusal_of(text.encode()).code == "document_malformed"


SUBSCRIBER = bytes(range(1, 33))


def receipt_for(position: int, **more: Any) -> bytes:
    values: dict[str, Any] = {
        "subscriber": "a subscriber",
        "position": position,
        "record": RECORD,
        "action": "dropped",
        "removed": 1,
        "onward": (),
        "applied_at": "2026-06-02T09:00:00Z",
        "checkpoint_size": 11,
    }
    return proof.sign_receipt(proof.Receipt(**(values | more)), private_key=SUBSCRIBER).to_json()


def test_a_receipt_for_the_proved_removal_holds() -> None:
    proved = verify_record_proof(text_of(make_document()), key=SIGNER.verifier)
    receipt = verify_removal_receipt(receipt_for(9), proved=proved, public_key=proof.public_key(SUBSCRIBER))
    assert (receipt.position, receipt.action) == (9, "dropped")


@pytest.mark.parametrize(
    ("receipt", "place"),
    [
        (receipt_for(9, record="another"), "receipt.record"),
        (receipt_for(10), "receipt.position 10"),
        (receipt_for(3), "receipt.action"),
    ],
    ids=["another record", "no event of it", "an event that published it"],
)
def test_a_receipt_for_something_else_is_refused(receipt: bytes, place: str) -> None:
    proved = verify_record_proof(text_of(make_document()), key=SIGNER.verifier)
    with pytest.raises(ProofError) as caught:
        verify_removal_receipt(receipt, proved=proved, public_key=proof.public_key(SUBSCRIBER))
    assert caught.value.code == "document_contradiction"
    assert caught.value.place.startswith(place)


def test_no_byte_of_a_receipt_can_be_changed() -> None:
    proved = verify_record_proof(text_of(make_document()), key=SIGNER.verifier)
    text = receipt_for(9)
    for place in range(len(text)):
        changed = bytearray(text)
        changed[place] ^= 0x01
        with pytest.raises(ProofError):
            verify_removal_receipt(bytes(changed), proved=proved, public_key=proof.public_key(SUBSCRIBER))
