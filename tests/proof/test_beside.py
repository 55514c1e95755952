"""The log's further signatures: ML-DSA-44 and SM2 beside Ed25519."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from goodstanding import proof
from goodstanding.proof import Checkpoint, ProofError, SignerKey
from goodstanding.proof.beside import (
    KINDS,
    ML_DSA_44,
    SM2,
    BesideKey,
    BesideSigner,
    sign_checkpoint_beside,
    verify_beside,
)
from goodstanding.proof.sm2 import sm2_public_key, sm2_sign, sm2_verify

SIGNER = SignerKey(name="credit.example/log", private_key=b"\x01" * 32)
BESIDE = [BesideSigner(kind, SIGNER.name, b"\x02" * 32) for kind in KINDS]
STATE = Checkpoint(origin=SIGNER.name, size=7, root=b"\x07" * 32)
OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def note() -> str:
    return sign_checkpoint_beside(STATE, signer=SIGNER, beside=BESIDE, timestamp=1_795_000_000)


def test_each_key_verifies_its_own_line_and_the_others_are_left_aside(note: str) -> None:
    keys = [signer.verifier for signer in BESIDE]
    assert verify_beside(note, keys=keys) == tuple(keys)
    for key in keys:
        assert verify_beside(note, keys=[key]) == (key,)
    assert proof.verify_checkpoint(note, origin=SIGNER.name, keys=[SIGNER.verifier]) == STATE
    alone = proof.sign_checkpoint(STATE, signers=[SIGNER])
    assert verify_beside(alone, keys=keys) == ()
    assert note.startswith(alone), "the Ed25519 line stays the first"
    strangers = [BesideSigner(kind, SIGNER.name, b"\x03" * 32).verifier for kind in KINDS]
    assert verify_beside(note, keys=strangers) == ()


@pytest.mark.parametrize("number", [0, 1], ids=KINDS)
def test_a_changed_text_or_signature_is_refused(note: str, number: int) -> None:
    key = BESIDE[number].verifier
    other = Checkpoint(origin=SIGNER.name, size=8, root=STATE.root)
    with pytest.raises(ProofError) as refusal:
        verify_beside(note.replace(STATE.text, other.text), keys=[key])
    assert refusal.value.code == "signature_invalid"
    parsed = proof.parse_note(note)
    line = parsed.signatures[1 + number]
    for at in (0, 8, len(line.signature) // 2, len(line.signature) - 1):
        data = line.signature[:at] + bytes([line.signature[at] ^ 1]) + line.signature[at + 1 :]
        changed = proof.Note(parsed.text, (proof.NoteSignature(line.name, line.key_id, data),)).encode()
        with pytest.raises(ProofError) as refusal:
            verify_beside(changed, keys=[key])
        assert refusal.value.code == "signature_invalid", at
    for data in (b"x", line.signature + b"x", line.signature[:-1]):
        changed = proof.Note(parsed.text, (proof.NoteSignature(line.name, line.key_id, data),)).encode()
        with pytest.raises(ProofError):
            verify_beside(changed, keys=[key])


def test_keys_are_written_and_read(note: str) -> None:
    for signer in BESIDE:
        key = signer.verifier
        assert BesideKey.decode(key.encode()) == key
        assert key.encode().startswith(f"{SIGNER.name}+{key.key_id.hex()}+")
        for spoiled in (key.encode()[:-4], key.encode().replace("credit", "debit"), "x", ""):
            with pytest.raises(ProofError) as refusal:
                BesideKey.decode(spoiled)
            assert refusal.value.code == "key_malformed"
    with pytest.raises(ProofError):
        BesideKey.decode(SIGNER.verifier.encode())
    with pytest.raises(ProofError):
        BesideKey(SM2, SIGNER.name, bytes(64))
    with pytest.raises(ProofError):
        BesideSigner("rsa", SIGNER.name, bytes(32))
    assert {BesideKey.decode(signer.verifier.encode()).kind for signer in BESIDE} == {ML_DSA_44, SM2}


def test_sm2_agrees_with_the_standard() -> None:
    # GB/T 32918.5 appendix A: the signature over "message digest", of which SM3 makes the digest.
    point = (
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = (
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    sm2_verify(
        b"message digest", signature=bytes.fromhex(signature), public_key=bytes.fromhex(point), place="sample"
    )
    for key in (b"", bytes(65), b"\x04" + bytes(64), bytes.fromhex(point)[:-1]):
        with pytest.raises(ProofError) as refusal:
            sm2_verify(b"message digest", signature=bytes.fromhex(signature), public_key=key, place="sample")
        assert refusal.value.code == "key_malformed"


def test_openssl_verifies_our_sm2_signatures(note: str, tmp_path: Path) -> None:
    if OPENSSL is None or b"SM2" not in _run("list", "-public-key-algorithms"):
        pytest.skip("openssl with SM2 is not installed")
    text = proof.parse_note(note).text.encode()
    header = bytes.fromhex(
        "3059301306072a8648ce3d020106082a811ccf5501822d034200"
    )  # SubjectPublicKeyInfo of SM2
    for seed in range(1, 6):
        signature = sm2_sign(text, seed=bytes([seed]) * 32)
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        (tmp_path / "key.der").write_bytes(header + sm2_public_key(bytes([seed]) * 32))
        (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
        (tmp_path / "text").write_bytes(text)
        said = _run(
            *("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(tmp_path / "key.der")),
            *("-in", str(tmp_path / "text"), "-sigfile", str(tmp_path / "signature"), "-rawin"),
            *("-digest", "sm3", "-pkeyopt", "distid:1234567812345678"),
        )
        assert b"Signature Verified Successfully" in said, said


def _run(*arguments: str) -> bytes:
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60)
    return done.stdout + done.stderr
