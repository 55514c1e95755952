"""A subscriber's receipt: signed once, verified anywhere, changed nowhere."""

import dataclasses
import datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.proof import (
    ProofError,
    Receipt,
    SignedReceipt,
    generate_private_key,
    public_key,
    sign_receipt,
    verify_receipt,
)
from goodstanding.proof.keys import sign_bytes

PRIVATE = bytes(range(32))
RECEIPT = Receipt(
    subscriber="bank-7",
    position=4711,
    record="rec_01J",
    action="dropped",
    removed=2,
    onward=("branch-1", "分行二"),
    applied_at="2026-11-22T03:04:05.678Z",
    checkpoint_size=5000,
)
SIGNED = sign_receipt(RECEIPT, private_key=PRIVATE)


def refused(function, *arguments, **named):
    with pytest.raises(ProofError) as refusal:
        function(*arguments, **named)
    return refusal.value.code, refusal.value.place


def test_a_receipt_travels_as_json_and_verifies_at_the_other_end():
    again = SignedReceipt.from_json(SIGNED.to_json())
    assert again == SIGNED
    assert verify_receipt(again, public_key=public_key(PRIVATE)) == RECEIPT
    assert orjson.loads(RECEIPT.to_json()) == dataclasses.asdict(RECEIPT) | {"onward": list(RECEIPT.onward)}


def test_signing_the_same_receipt_again_gives_the_same_bytes():
    assert sign_receipt(RECEIPT, private_key=PRIVATE) == SIGNED


def test_another_subscribers_key_is_refused():
    other = public_key(generate_private_key())
    assert refused(verify_receipt, SIGNED, public_key=other)[0] == "signer_unknown"
    claimed = dataclasses.replace(SIGNED, public_key=other)
    assert refused(verify_receipt, claimed, public_key=other)[0] == "signature_invalid"


def test_a_signature_over_the_bare_receipt_is_not_enough():
    bare = dataclasses.replace(SIGNED, signature=sign_bytes(RECEIPT.to_json(), private_key=PRIVATE))
    assert refused(verify_receipt, bare, public_key=public_key(PRIVATE))[0] == "signature_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"subscriber": "bank-8"},
        {"position": 4712},
        {"record": "rec_01K"},
        {"action": "updated"},
        {"removed": 3},
        {"onward": ("branch-1",)},
        {"applied_at": "2026-11-22T03:04:05.679Z"},
        {"checkpoint_size": 5001},
    ],
)
def test_any_changed_field_breaks_the_signature(change):
    changed = dataclasses.replace(SIGNED, receipt=dataclasses.replace(RECEIPT, **change))
    assert refused(verify_receipt, changed, public_key=public_key(PRIVATE))[0] == "signature_invalid"


def test_any_flipped_bit_in_the_json_is_refused():
    sent = SIGNED.to_json()
    codes = set()
    for bit in range(len(sent) * 8):
        changed = bytearray(sent)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofError) as refusal:
            verify_receipt(SignedReceipt.from_json(bytes(changed)), public_key=public_key(PRIVATE))
        codes.add(refusal.value.code)
    assert codes == {"receipt_malformed", "signature_invalid", "signer_unknown"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subscriber": ""}, "subscriber"),
        ({"subscriber": None}, "subscriber"),
        ({"record": "\ud800"}, "record"),
        ({"record": "r" * 1001}, "record"),
        ({"position": -1}, "position"),
        ({"position": True}, "position"),
        ({"position": 2**53}, "position"),
        ({"position": "1"}, "position"),
        ({"action": "lost"}, "action"),
        ({"action": ["dropped"]}, "action"),
        ({"removed": -1}, "removed"),
        ({"removed": 0}, "removed"),
        ({"action": "not_held"}, "removed"),
        ({"onward": ["a"]}, "onward"),
        ({"onward": ("",)}, "onward"),
        ({"onward": "a"}, "onward"),
        ({"applied_at": "2026-11-22T03:04:05"}, "applied_at"),
        ({"applied_at": "2026-11-22"}, "applied_at"),
        ({"applied_at": "2026-13-22T03:04:05Z"}, "applied_at"),
        ({"applied_at": "2026-11-22T03:04:05+99:00"}, "applied_at"),
        ({"applied_at": 0}, "applied_at"),
        ({"checkpoint_size": 1.0}, "checkpoint_size"),
    ],
)
def test_a_receipt_that_is_incomplete_or_contradicts_itself_is_refused(change, field):
    assert refused(dataclasses.replace, RECEIPT, **change) == ("receipt_malformed", field)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b"\xff",
        "\ud800",
        SIGNED.to_json().replace(b'"receipt":{', b'"receipt":{"more":1,'),
        SIGNED.to_json().replace(b'"removed":2', b'"removed":2.0'),
        SIGNED.to_json().replace(b'"action"', b'"Action"'),
        SIGNED.to_json().replace(b'"onward":["branch-1",', b'"onward":[["branch-1"],'),
        SIGNED.to_json().replace(b'"signature":"', b'"signature":"='),
        b"[" * 100_000,
        b" " * 1_000_001,
    ],
)
def test_json_that_is_not_a_receipt_is_refused(data):
    assert refused(SignedReceipt.from_json, data)[0] == "receipt_malformed"


@given(
    st.builds(
        Receipt,
        subscriber=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
        position=st.integers(0, 2**53 - 1),
        record=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
        action=st.sampled_from(["dropped", "updated"]),
        removed=st.integers(1, 100),
        onward=st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9), max_size=4
        ).map(tuple),
        applied_at=st.datetimes(timezones=st.just(datetime.UTC)).map(lambda at: at.isoformat()),
        checkpoint_size=st.integers(0, 2**53 - 1),
    )
)
def test_every_receipt_is_read_back_and_verifies(receipt):
    signed = SignedReceipt.from_json(sign_receipt(receipt, private_key=PRIVATE).to_json())
    assert verify_receipt(signed, public_key=public_key(PRIVATE)) == receipt
