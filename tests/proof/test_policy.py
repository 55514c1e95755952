"""Policies and cosignatures: who is trusted, and when enough have cosigned."""

import base64
import hashlib
import itertools
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from goodstanding.proof import (
    EMPTY_ROOT,
    Checkpoint,
    CosignerKey,
    Note,
    ProofError,
    SignerKey,
    WitnessKey,
    cosign,
    parse_note,
    parse_policy,
    sign_checkpoint,
    verify_cosignatures,
    verify_note,
    verify_witnessed,
)

LOG = SignerKey(name="example.com/log", private_key=bytes([1]) * 32)
WITNESSES = [CosignerKey(name=f"witness{n}.example", private_key=bytes([10 + n]) * 32) for n in range(6)]
LATTICE = CosignerKey(name="witness.example/pq", private_key=bytes([30]) * 32, post_quantum=True)
CHECKPOINT = Checkpoint(origin=LOG.name, size=0, root=EMPTY_ROOT)
A, B = (w.verifier.encode() for w in WITNESSES[:2])
NESTED = "".join(
    [
        f"log {LOG.verifier.encode()}  https://log.example/\n\n# two of X and one of Y\n",
        *(f"witness X{n} {WITNESSES[n].verifier.encode()}\n" for n in range(3)),
        "group X-witnesses 2 X0 X1 X2\n",
        *(f"\twitness Y{n} {WITNESSES[n].verifier.encode()} https://w{n}.example\n" for n in range(3, 6)),
        "group Y-witnesses any Y3 Y4 Y5\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
    ]
)


def cosigned(*witnesses: CosignerKey, at: int = 1_790_000_000) -> str:
    note = parse_note(sign_checkpoint(CHECKPOINT, signers=[LOG]))
    lines = [cosign(note.text, cosigner=witness, timestamp=at) for witness in witnesses]
    return Note(text=note.text, signatures=(*note.signatures, *lines)).encode()


def refused(code: str, note: str, policy: str = NESTED) -> str:
    with pytest.raises(ProofError) as refusal:
        verify_witnessed(note, policy=parse_policy(policy))
    assert refusal.value.code == code
    return refusal.value.place


def test_a_nested_quorum_is_met_by_exactly_the_sets_that_it_says():
    policy = parse_policy(NESTED)
    for chosen in itertools.product((False, True), repeat=6):
        keys = [w.verifier for w, used in zip(WITNESSES, chosen, strict=True) if used]
        assert policy.met_by(keys) == (sum(chosen[:3]) >= 2 and any(chosen[3:]))


def test_a_checkpoint_with_its_quorum_is_accepted_and_says_who_cosigned_when():
    found = verify_witnessed(cosigned(*WITNESSES[1:4]), policy=parse_policy(NESTED))
    assert found.checkpoint == CHECKPOINT
    assert [item.witness.name for item in found.cosignatures] == [w.name for w in WITNESSES[1:4]]
    assert {item.timestamp for item in found.cosignatures} == {1_790_000_000}


def test_too_few_cosignatures_are_refused_and_those_that_hold_are_named():
    assert "witness0.example" in refused("quorum_missing", cosigned(WITNESSES[0], WITNESSES[3]))


def test_no_witness_is_counted_twice():
    refused("quorum_missing", cosigned(WITNESSES[0], WITNESSES[0], WITNESSES[3]))


def test_a_changed_cosignature_or_timestamp_refuses_the_whole_note():
    note = parse_note(cosigned(*WITNESSES[:4]))
    for at in (7, 8, 71):
        line = note.signatures[2]
        spoiled = bytearray(line.signature)
        spoiled[at] ^= 1
        wrong = type(line)(name=line.name, key_id=line.key_id, signature=bytes(spoiled))
        lines = (*note.signatures[:2], wrong, *note.signatures[3:])
        refused("signature_invalid", Note(text=note.text, signatures=lines).encode())


def test_readers_who_know_no_witnesses_leave_cosignatures_aside():
    assert verify_note(cosigned(*WITNESSES), keys=[LOG.verifier]).verified_by == (LOG.verifier,)
    assert verify_cosignatures(cosigned(), witnesses=[w.verifier for w in WITNESSES]) == ()


def test_a_cosignature_is_made_as_the_specification_says():
    """Built here by hand from the words of C2SP tlog-cosignature."""
    note = parse_note(cosigned(WITNESSES[0]))
    line = note.signatures[1]
    message = b"cosignature/v1\ntime 1790000000\n" + note.text.encode()
    signed = Ed25519PrivateKey.from_private_bytes(WITNESSES[0].private_key).sign(message)
    assert line.signature == (1_790_000_000).to_bytes(8, "big") + signed
    assert base64.b64decode(WITNESSES[0].verifier.encode().split("+", 2)[2])[:1] == b"\x04"


def test_a_post_quantum_cosignature_is_made_as_the_specification_says():
    """The structure `cosigned_message`, built here by hand from the words of C2SP tlog-cosignature."""
    note = parse_note(cosigned(LATTICE))
    line = note.signatures[1]
    name, origin = b"witness.example/pq", b"example.com/log"
    message = b"subtree/v1\n\0" + struct.pack(
        f">B{len(name)}sQB{len(origin)}sQQ32s", 18, name, 1_790_000_000, 15, origin, 0, 0, EMPTY_ROOT
    )
    assert line.signature[:8] == (1_790_000_000).to_bytes(8, "big") and len(line.signature) == 8 + 2420
    public = MLDSA44PrivateKey.from_seed_bytes(LATTICE.private_key).public_key()
    public.verify(line.signature[8:], message)
    material = base64.b64decode(LATTICE.verifier.encode().split("+", 2)[2])
    assert material == b"\x06" + public.public_bytes_raw()
    assert line.key_id == hashlib.sha256(name + b"\n" + material).digest()[:4]


def test_a_quorum_may_mix_both_kinds_and_each_is_checked():
    text = f"witness a {A}\nwitness q {LATTICE.verifier.encode()}\ngroup g all a q\nquorum g\n"
    text += f"log {LOG.verifier.encode()}\n"
    found = verify_witnessed(cosigned(WITNESSES[0], LATTICE), policy=parse_policy(text))
    assert [item.witness for item in found.cosignatures] == [WITNESSES[0].verifier, LATTICE.verifier]
    refused("quorum_missing", cosigned(WITNESSES[0]), text)
    refused("quorum_missing", cosigned(LATTICE), text)
    note = parse_note(cosigned(WITNESSES[0], LATTICE))
    line = note.signatures[2]
    for at in (7, 8, 2000, 2427):
        spoiled = bytearray(line.signature)
        spoiled[at] ^= 1
        wrong = type(line)(name=line.name, key_id=line.key_id, signature=bytes(spoiled))
        whole = Note(text=note.text, signatures=(*note.signatures[:2], wrong)).encode()
        refused("signature_invalid", whole, text)
    other = note.text.replace("example.com/log\n", "example.com/lag\n")
    with pytest.raises(ProofError) as refusal:
        verify_cosignatures(Note(text=other, signatures=(line,)).encode(), witnesses=[LATTICE.verifier])
    assert refusal.value.code == "signature_invalid"


def test_witness_keys_are_read_back_and_a_log_key_is_no_witness_key():
    key = WITNESSES[0].verifier
    for found in (key, LATTICE.verifier):
        assert WitnessKey.decode(found.encode()) == found
    for text in (LOG.verifier.encode(), key.encode().replace("witness0", "witness9"), "x", key.encode()[:-1]):
        with pytest.raises(ProofError) as refusal:
            WitnessKey.decode(text)
        assert refusal.value.code == "key_malformed"


@pytest.mark.parametrize("timestamp", [0, -1, 2**63])
def test_a_cosignature_has_a_time(timestamp):
    with pytest.raises(ProofError):
        cosign(CHECKPOINT.text, cosigner=WITNESSES[0], timestamp=timestamp)


def test_a_quorum_of_none_and_another_log():
    none = f"log {LOG.verifier.encode()}\nquorum none\n"
    assert verify_witnessed(cosigned(), policy=parse_policy(none)).cosignatures == ()
    refused("signer_unknown", cosigned(), "quorum none\n")
    other = SignerKey(name="example.com/other", private_key=bytes([2]) * 32)
    refused("signer_unknown", cosigned(), f"log {other.verifier.encode()}\nquorum none\n")
    both = f"log {other.verifier.encode()}\n{none}"
    assert verify_witnessed(cosigned(), policy=parse_policy(both)).checkpoint == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum x\n",
        "quorum none\nquorum none\n",
        "something else\nquorum none\n",
        f"witness a {A}\nwitness a {B}\nquorum a\n",
        f"witness a {A}\nwitness b {A}\nquorum a\n",
        f"witness none {A}\nquorum none\n",
        f"witness a {A}\ngroup g 2 a\nquorum g\n",
        f"witness a {A}\ngroup g 0 a\nquorum g\n",
        f"witness a {A}\ngroup g 01 a\nquorum g\n",
        f"witness a {A}\ngroup g any\nquorum g\n",
        f"witness a {A}\nwitness b {B}\ngroup g any a\ngroup h any a b\nquorum h\n",
        f"group g any a\nwitness a {A}\nquorum g\n",
        f"quorum a\nwitness a {A}\n",
        f"witness a {A}\rquorum a\n",
        f"log {LOG.verifier.encode()}\nlog {LOG.verifier.encode()}\nquorum none\n",
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text):
    with pytest.raises(ProofError) as refusal:
        parse_policy(text)
    assert refusal.value.code == "policy_malformed"
