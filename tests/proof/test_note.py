"""Signed notes and checkpoints: what verifies, and every flipped bit that does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    EMPTY_ROOT,
    Checkpoint,
    ProofError,
    SignerKey,
    VerifierKey,
    add_signatures,
    parse_checkpoint,
    sign_checkpoint,
    sign_note,
    verify_checkpoint,
    verify_note,
)
from goodstanding.proof.keys import to_base64
from goodstanding.proof.note import parse_note

LOG = SignerKey(name="credit.example/journal", private_key=bytes(range(32)))
WITNESS = SignerKey(name="witness.example/w1", private_key=bytes(range(32, 64)))
STRANGER = SignerKey(name="witness.example/w1", private_key=bytes(range(64, 96)))
CHECKPOINT = Checkpoint(origin=LOG.name, size=5, root=bytes(range(32)))


def refused(function, *arguments, **named):
    with pytest.raises(ProofError) as refusal:
        function(*arguments, **named)
    return refusal.value.code


def test_keys_are_read_back_and_the_private_part_is_never_shown():
    assert SignerKey.decode(LOG.encode()) == LOG
    assert VerifierKey.decode(LOG.verifier.encode()) == LOG.verifier
    assert LOG.encode().startswith("PRIVATE+KEY+credit.example/journal+")
    assert "private_key" not in repr(LOG)
    made = SignerKey.generate("new.example")
    assert SignerKey.decode(made.encode()) == made != SignerKey.generate("new.example")


@pytest.mark.parametrize(
    "name", ["", "with space", "with+plus", "tab\tname", "wide\u3000space", "line\nbreak"]
)
def test_key_names_with_spaces_or_plus_are_refused(name):
    assert refused(SignerKey, name=name, private_key=bytes(32)) == "key_malformed"
    assert refused(VerifierKey, name=name, public_key=bytes(32)) == "key_malformed"


def test_a_key_with_any_character_changed_is_refused():
    for read, text in ((VerifierKey.decode, LOG.verifier.encode()), (SignerKey.decode, LOG.encode())):
        for at in range(len(text)):
            changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            assert refused(read, changed) == "key_malformed"
        assert refused(read, text + "\n") == "key_malformed"


def test_a_key_of_another_algorithm_is_refused():
    text = f"other.example+00000000+{to_base64(bytes([2]) + bytes(32))}"
    assert refused(VerifierKey.decode, text) == "key_malformed"


def test_a_note_with_several_signatures_names_those_that_were_checked():
    note = sign_note("First line\n\nafter an empty line\n", signers=[LOG, WITNESS])
    both = verify_note(note, keys=[WITNESS.verifier, LOG.verifier])
    assert both.text == "First line\n\nafter an empty line\n"
    assert both.verified_by == (LOG.verifier, WITNESS.verifier)
    assert verify_note(note.encode(), keys=[WITNESS.verifier]).verified_by == (WITNESS.verifier,)
    assert both.encode() == note


def test_signatures_can_be_added_later():
    note = add_signatures(sign_note("text\n", signers=[LOG]), signers=[WITNESS])
    assert note == sign_note("text\n", signers=[LOG, WITNESS])


def test_a_note_without_a_trusted_signature_is_refused():
    note = sign_note("text\n", signers=[LOG])
    assert refused(verify_note, note, keys=[]) == "signer_unknown"
    assert refused(verify_note, note, keys=[WITNESS.verifier]) == "signer_unknown"
    # Same name, other key: the signature is another's, and is left aside.
    assert refused(verify_note, sign_note("text\n", signers=[STRANGER]), keys=[WITNESS.verifier]) == (
        "signer_unknown"
    )


def test_one_bad_signature_of_a_known_key_spoils_the_note():
    good = parse_note(sign_note("text\n", signers=[LOG, WITNESS]))
    other = parse_note(sign_note("other\n", signers=[WITNESS]))
    spoiled = good.encode().replace(good.signatures[1].line, other.signatures[0].line)
    keys = [LOG.verifier, WITNESS.verifier]
    assert refused(verify_note, spoiled, keys=keys) == "signature_invalid"
    assert refused(verify_note, good.encode() + other.signatures[0].line, keys=keys) == "signature_invalid"
    assert verify_note(spoiled, keys=[LOG.verifier]).verified_by == (LOG.verifier,)


def test_any_flipped_bit_in_a_checkpoint_is_refused():
    note = sign_checkpoint(CHECKPOINT, signers=[LOG]).encode()
    assert verify_checkpoint(note, origin=LOG.name, keys=[LOG.verifier]) == CHECKPOINT
    codes = set()
    for bit in range(len(note) * 8):
        changed = bytearray(note)
        changed[bit // 8] ^= 1 << bit % 8
        codes.add(refused(verify_checkpoint, bytes(changed), origin=LOG.name, keys=[LOG.verifier]))
    assert codes == {"note_malformed", "signature_invalid", "signer_unknown"}


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "\n\n",
        "text\n\n— name c2lnbmF0dXJl",
        "text\n\n- name c2lnbmF0dXJl\n",
        "text\n\n— name  c2lnbmF0dXJl\n",
        "text\n\n— na+me c2lnbmF0dXJl\n",
        "text\n\n— name c2ln bmF0dXJl\n",
        "text\n\n— name c2ln\n",
        "text\n\n— name c2lnbmF0dXJ\n",
        "text\n\n— name c2lnbmF0dXJl\nmore\n",
        "te\txt\n\n— name c2lnbmF0dXJl\n",
        "text\r\n\r\n— name c2lnbmF0dXJl\r\n",
        b"te\xffxt\n\n\xe2\x80\x94 name c2lnbmF0dXJl\n",
        "te\ud800xt\n\n— name c2lnbmF0dXJl\n",
        "text\n\n" + "— name c2lnbmF0dXJl\n" * 101,
        "t" * 1_000_000 + "\n\n— name c2lnbmF0dXJl\n",
    ],
)
def test_what_is_not_a_note_is_refused(note):
    assert refused(parse_note, note) == "note_malformed"


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "nul\x00\n", "lone \ud800\n"])
def test_what_a_note_cannot_hold_is_not_signed(text):
    assert refused(sign_note, text, signers=[LOG]) == "note_malformed"


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32)))
def test_any_text_of_one_line_is_signed_and_verified(text):
    note = sign_note(text + "\n", signers=[LOG])
    assert verify_note(note, keys=[LOG.verifier]).text == text + "\n"


def test_two_trusted_keys_that_cannot_be_told_apart_are_refused():
    seen: dict[bytes, VerifierKey] = {}
    for number in range(1_000_000):
        key = VerifierKey(name="n", public_key=number.to_bytes(32, "big"))
        if key.key_id in seen:
            break
        seen[key.key_id] = key
    note = sign_note("text\n", signers=[LOG])
    assert refused(verify_note, note, keys=[key, seen[key.key_id], LOG.verifier]) == "key_malformed"
    assert verify_note(note, keys=[key, key, LOG.verifier]).verified_by == (LOG.verifier,)


def test_at_least_sixteen_signatures_are_accepted():
    signers = [SignerKey(name=f"w{number}.example", private_key=bytes([number] * 32)) for number in range(16)]
    note = sign_note("text\n", signers=signers)
    assert len(verify_note(note, keys=[signer.verifier for signer in signers]).verified_by) == 16


@given(
    st.integers(1, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), min_size=1), max_size=3),
)
def test_a_checkpoint_is_read_back(size, root, extensions):
    checkpoint = Checkpoint(origin="o.example", size=size, root=root, extensions=tuple(extensions))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n5\n",
        "origin\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n05\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n+5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n٥\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n9223372036854775808\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "origin\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n",
        "origin\n0\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n",
        "origin\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\nextension\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text):
    assert refused(parse_checkpoint, text) == "checkpoint_malformed"


def test_a_checkpoint_of_another_log_is_refused():
    note = sign_checkpoint(CHECKPOINT, signers=[LOG])
    assert refused(verify_checkpoint, note, origin="other.example", keys=[LOG.verifier]) == "origin_mismatch"
    plain = sign_note("just a text\n", signers=[LOG])
    assert refused(verify_checkpoint, plain, origin=LOG.name, keys=[LOG.verifier]) == "checkpoint_malformed"


def test_the_empty_log_has_a_checkpoint():
    empty = Checkpoint(origin=LOG.name, size=0, root=EMPTY_ROOT)
    note = sign_checkpoint(empty, signers=[LOG, WITNESS])
    assert verify_checkpoint(note, origin=LOG.name, keys=[LOG.verifier]) == empty
