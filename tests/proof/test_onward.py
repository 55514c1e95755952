"""Receipts from further down, and vouchers: what is signed cannot be changed, and says no more than it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goodstanding import proof
from goodstanding.proof import Onward, ProofError, Receipt, SignedOnward
from goodstanding.proof.voucher import Voucher, request_digest, sign_voucher, verify_voucher

PASSER, HOLDER = proof.generate_private_key(), proof.generate_private_key()
RECEIPT = Receipt(
    subscriber="nation",
    position=9,
    record="0b7f1a52-5f0e-4a0e-9f7e-0b6c7f3f2a11",
    action="dropped",
    removed=1,
    onward=(),
    applied_at="2026-11-22T10:00:00+08:00",
    checkpoint_size=12,
)
ONWARD = Onward(
    subscriber="province",
    position=4,
    record=RECEIPT.record,
    holder="全国信用平台",
    via=(),
    receipt=proof.sign_receipt(RECEIPT, private_key=HOLDER).to_json().decode(),
)
REQUEST = {"statement": "已履行。", "evidence": []}
VOUCHER = Voucher(
    instance="nation.example/log",
    key="4b1f4c5e-7c3c-4a38-8f0d-5a5b1c6a7d10",
    record=RECEIPT.record,
    kind="restoration",
    scheme="uscc",
    code="91980102MA0081011F",
    handed_in_at="2026-11-22T10:00:00+08:00",
    way=("nation.example/log",),
    request=request_digest(REQUEST),
)


def test_an_onward_receipt_verifies_and_holds_the_holders_own() -> None:
    signed = SignedOnward.from_json(proof.sign_onward(ONWARD, private_key=PASSER).to_json())
    assert proof.verify_onward(signed, public_key=proof.public_key(PASSER)) == ONWARD
    held = signed.onward.holders_receipt()
    assert (held.receipt, held.public_key) == (RECEIPT, proof.public_key(HOLDER))


@pytest.mark.parametrize("change", [{"holder": "x"}, {"position": 5}, {"record": "y"}, {"via": ("z",)}])
def test_a_changed_one_does_not(change: dict[str, object]) -> None:
    signed = proof.sign_onward(ONWARD, private_key=PASSER)
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_onward(
            replace(signed, onward=replace(ONWARD, **change)),  # type: ignore[arg-type]
            public_key=proof.public_key(PASSER),
        )
    with pytest.raises(ProofError, match="signer_unknown"):
        proof.verify_onward(signed, public_key=proof.public_key(HOLDER))


def test_the_receipt_in_it_is_about_the_same_record_and_signed() -> None:
    with pytest.raises(ProofError, match="receipt_malformed"):
        replace(ONWARD, record="another").holders_receipt()
    with pytest.raises(ProofError):
        replace(ONWARD, receipt=ONWARD.receipt.replace('"removed":1', '"removed":2')).holders_receipt()


@pytest.mark.parametrize("text", ["", "{}", '{"onward":{},"public_key":"","signature":""}', "[" * 3])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProofError, match="receipt_malformed"):
        SignedOnward.from_json(text)


def test_a_voucher_is_for_one_request_of_one_firm() -> None:
    signature = sign_voucher(VOUCHER, private_key=PASSER)
    key = proof.public_key(PASSER)
    verify_voucher(VOUCHER, signature=signature, public_key=key, request=REQUEST)
    with pytest.raises(ProofError, match="receipt_malformed"):
        verify_voucher(VOUCHER, signature=signature, public_key=key, request=REQUEST | {"statement": "。"})
    for change in ({"code": "91980102MA0081012D"}, {"record": "x"}, {"way": ("a", "b")}):
        with pytest.raises(ProofError, match="signature_invalid"):
            changed = replace(VOUCHER, **change)  # type: ignore[arg-type]
            verify_voucher(changed, signature=signature, public_key=key, request=REQUEST)
    with pytest.raises(ProofError, match="receipt_malformed"):
        replace(VOUCHER, way=())
