"""Set digests against plain sets, and claims."""

import hashlib
import uuid
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.proof import ProofError
from goodstanding.proof.set_digest import (
    BUCKETS,
    DIGEST_BYTES,
    SetClaim,
    SetDigest,
    SignedClaim,
    add_sums,
    bucket_of,
    pack_sums,
    set_element,
    sign_claim,
    sum_of,
    unpack_sums,
    verify_claim,
)

ELEMENTS = [hashlib.sha256(bytes([number])).digest() for number in range(12)]
CLAIM = SetClaim("subscriber", 41, 3, "ab" * 32, "2026-11-22T09:00:00+08:00")
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
members = st.sets(st.sampled_from(ELEMENTS))


def digest_of(elements):
    made = SetDigest()
    for element in elements:
        made.add(element)
    return made


def plain(elements):
    """LtHash as its paper has it: 1,024 lanes added one by one."""
    lanes = [0] * 1024
    for element in elements:
        wide = hashlib.shake_128(element).digest(DIGEST_BYTES)
        for lane in range(1024):
            lanes[lane] = (lanes[lane] + int.from_bytes(wide[2 * lane : 2 * lane + 2], "little")) % 2**16
    return b"".join(lane.to_bytes(2, "little") for lane in lanes)


@unhurried
@given(members)
def test_a_digest_is_that_of_the_paper(elements):
    assert digest_of(elements).to_bytes() == plain(elements)


@unhurried
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(ELEMENTS))), members)
def test_whatever_its_history_equal_sets_have_equal_digests_and_others_have_not(steps, other):
    held, made, sums = set(), SetDigest(), 0
    for come, element in steps:
        if come and element not in held:
            held.add(element)
            made.add(element)
            sums = add_sums(sums, sum_of([element]))
        elif not come and element in held:
            held.remove(element)
            made.remove(element)
            sums = add_sums(sums, sum_of([], less=[element]))
        made = SetDigest.from_bytes(made.to_bytes())
    assert made.to_bytes() == digest_of(held).to_bytes()
    assert sums == sum_of(held)
    assert (made.fingerprint() == digest_of(other).fingerprint()) == (held == other)


@unhurried
@given(members, members)
def test_the_digest_of_two_sets_together_is_their_sum_also_of_what_only_removes(one, other):
    together = digest_of(one - other)
    together.join(digest_of(other))
    assert together.to_bytes() == digest_of(one | other).to_bytes()
    less = SetDigest()
    for element in other:
        less.remove(element)
    together.join(less)
    assert together.to_bytes() == digest_of(one - other).to_bytes()


def test_many_additions_do_not_run_over_a_lane():
    made, element = SetDigest(), ELEMENTS[0]
    for _ in range(2**16):
        made.remove(element)
    assert made.to_bytes() == bytes(DIGEST_BYTES)
    for _ in range(2**16 + 1):
        made.add(element)
    assert made.to_bytes() == plain([element])


def test_an_element_and_its_bucket_are_as_the_reference_page_has_them():
    record = uuid.UUID("3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11")
    element = set_element(record=record, position=7, commitment=bytes(range(32)))
    said = b"goodstanding/set-element/v1\n" + record.bytes + bytes(7) + b"\x07" + bytes(range(32))
    assert element == hashlib.sha256(said).digest()
    assert bucket_of(record) == int(hashlib.sha256(record.bytes).hexdigest()[:3], 16) < BUCKETS
    assert bucket_of(uuid.UUID(int=0)) == int(hashlib.sha256(bytes(16)).hexdigest()[:3], 16)


@unhurried
@given(st.lists(st.integers(0, 2**128 - 1)))
def test_sums_are_read_as_they_were_written(sums):
    assert unpack_sums(pack_sums(sums)) == sums


@pytest.mark.parametrize("read", [SetDigest.from_bytes, unpack_sums])
def test_what_is_no_state_is_refused(read):
    with pytest.raises(ProofError, match="state_malformed"):
        read(b"12345")


def test_a_claim_is_proved_by_its_key_alone():
    key, other = proof.generate_private_key(), proof.generate_private_key()
    signed = SignedClaim.from_json(sign_claim(CLAIM, private_key=key).to_json())
    assert verify_claim(signed, public_key=proof.public_key(key)) == CLAIM
    with pytest.raises(ProofError, match="signer_unknown"):
        verify_claim(signed, public_key=proof.public_key(other))
    changed = replace(signed, claim=replace(CLAIM, count=2))
    with pytest.raises(ProofError, match="signature_invalid"):
        verify_claim(changed, public_key=proof.public_key(key))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subscriber", ""),
        ("subscriber", 7),
        ("position", -1),
        ("position", True),
        ("count", 2**53),
        ("digest", "AB" * 32),
        ("digest", b"ab"),
        ("claimed_at", "2026-11-22T09:00:00"),
        ("claimed_at", "yesterday"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(name, value):
    with pytest.raises(ProofError, match="claim_malformed"):
        replace(CLAIM, **{name: value})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"claim":{},"public_key":"","signature":""}', "x" * 10_001]
)
def test_what_is_no_signed_claim_is_refused(text):
    with pytest.raises(ProofError, match="claim_malformed"):
        SignedClaim.from_json(text)
