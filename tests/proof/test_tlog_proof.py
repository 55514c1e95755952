"""tlog-proof: one entry, one file, verified offline under a policy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    Checkpoint,
    CosignerKey,
    Note,
    ProofError,
    SignerKey,
    TlogProof,
    canonical,
    commitment,
    cosign,
    event_proof,
    inclusion_proof,
    leaf_hash,
    parse_note,
    parse_policy,
    sign_checkpoint,
    verify_event_proof,
    verify_tlog_proof,
)
from goodstanding.proof.merkle import root

LOG = SignerKey(name="example.com/log", private_key=bytes([1]) * 32)
WITNESS = CosignerKey(name="witness.example", private_key=bytes([2]) * 32)
SALT = bytes(range(32))
CONTENT = {
    "at": "2026-11-22T08:00:00.000000+00:00",
    "kind": "record.restored",
    "position": 4,
    "record": "3b9f0c1e",
}
LEAVES = [leaf_hash(b"%d" % number) for number in range(11)]
LEAVES[3] = leaf_hash(commitment(salt=SALT, content=CONTENT))
POLICY = parse_policy(
    f"log {LOG.verifier.encode()}\nwitness w {WITNESS.verifier.encode()}\nquorum w\n",
)


def fetch(level: int, index: int) -> bytes:
    return root(LEAVES[index << level : (index + 1) << level])


def made(*, witnessed: bool = True, content: dict = CONTENT, index: int = 3) -> str:
    checkpoint = Checkpoint(origin=LOG.name, size=len(LEAVES), root=root(LEAVES))
    note = parse_note(sign_checkpoint(checkpoint, signers=[LOG]))
    if witnessed:
        line = cosign(note.text, cosigner=WITNESS, timestamp=1_790_000_000)
        note = Note(text=note.text, signatures=(*note.signatures, line))
    hashes = inclusion_proof(index=index, size=len(LEAVES), fetch=fetch)
    return event_proof(
        content=content, salt=SALT, index=index, hashes=hashes, checkpoint=note.encode()
    ).encode()


def test_the_proof_of_an_event_verifies_and_says_who_cosigned():
    proved = verify_event_proof(made(), policy=POLICY)
    assert (proved.event.position, proved.event.kind, proved.event.content) == (4, "record.restored", CONTENT)
    assert [item.witness for item in proved.witnessed.cosignatures] == [WITNESS.verifier]


def test_without_its_witness_it_is_refused():
    with pytest.raises(ProofError) as refusal:
        verify_event_proof(made(witnessed=False), policy=POLICY)
    assert refusal.value.code == "quorum_missing"


def test_the_file_is_laid_out_as_the_specification_says():
    lines = made().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ") and lines[2] == "index 3"
    assert lines[7] == "" and lines[8] == LOG.name
    assert all(len(line) == 44 for line in lines[3:7])
    assert TlogProof.decode(made()).encode() == made()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(made().encode()) - 1), st.integers(0, 7))
def test_no_flipped_bit_leaves_it_valid(at, bit):
    spoiled = bytearray(made().encode())
    spoiled[at] ^= 1 << bit
    try:
        text = spoiled.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(ProofError):
        verify_event_proof(text, policy=POLICY)


def test_an_event_that_names_another_position_is_refused():
    for content in (CONTENT | {"position": 5}, CONTENT | {"position": "4"}):
        LEAVES[3] = leaf_hash(commitment(salt=SALT, content=content))
        try:
            with pytest.raises(ProofError) as refusal:
                verify_event_proof(made(content=content), policy=POLICY)
            assert refusal.value.code in ("document_contradiction", "document_malformed")
        finally:
            LEAVES[3] = leaf_hash(commitment(salt=SALT, content=CONTENT))


def test_any_application_may_prove_its_own_leaf():
    text = TlogProof.decode(made(index=0))
    bare = TlogProof(index=0, hashes=text.hashes, checkpoint=text.checkpoint).encode()
    assert "\nextra" not in bare
    assert verify_tlog_proof(bare, leaf=LEAVES[0], policy=POLICY).checkpoint.size == 11
    with pytest.raises(ProofError) as refusal:
        verify_tlog_proof(bare, leaf=LEAVES[1], policy=POLICY)
    assert refusal.value.code == "root_mismatch"
    with pytest.raises(ProofError) as refusal:
        verify_event_proof(bare, policy=POLICY)
    assert refusal.value.code == "document_malformed"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 3", "index 03"),
        lambda text: text.replace("index 3", "index -3"),
        lambda text: text.replace("index 3\n", ""),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("index 3", "index 3\nAAAA"),
        lambda text: "",
        lambda text: "c2sp.org/tlog-proof@v1\n\n",
    ],
)
def test_what_is_no_proof_is_refused_with_its_line(change):
    with pytest.raises(ProofError) as refusal:
        verify_event_proof(change(made()), policy=POLICY)
    assert refusal.value.code == "tlog_proof_malformed"


def test_the_extra_data_is_canonical_json_of_event_and_salt():
    extra = TlogProof.decode(made()).extra
    assert extra.startswith(b'{"content":' + canonical(CONTENT))
