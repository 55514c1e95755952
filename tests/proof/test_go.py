"""A verifier that is not ours: Go's checksum database libraries read the logs that we write."""

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from goodstanding.proof import (
    Checkpoint,
    CompactRange,
    SignerKey,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tile_fetch,
)
from goodstanding.proof.beside import KINDS, BesideSigner, sign_checkpoint_beside

from .test_audit import MemoryLog

SOURCE = Path(__file__).with_name("go") / "verify.go"
LIBRARY = Path("/usr/share/gocode")
SIGNER = SignerKey(name="example.com/log", private_key=bytes([3]) * 32)
#: Lines that Go does not know and leaves aside.
BESIDE = [BesideSigner(kind, SIGNER.name, bytes([4]) * 32) for kind in KINDS]


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built from its source."""
    if shutil.which("go") is None or not (LIBRARY / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("Go and golang.org/x/mod are not installed (tests/system-packages names the packages)")
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(LIBRARY),
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    build = ["go", "build", "-o", str(folder / "verify"), str(SOURCE)]
    done = subprocess.run(build, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return folder / "verify"


def write(
    folder: Path, log: MemoryLog, earlier: list[int], beside: Sequence[BesideSigner] = BESIDE
) -> dict[int, Checkpoint]:
    """Put a log where it would be served, with checkpoints of earlier sizes beside its own."""
    for path, data in log.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "vkey").write_text(SIGNER.verifier.encode() + "\n")
    growing = CompactRange()
    found = {}
    fetch = tile_fetch(size=log.size, store=log)
    for number in range(log.size):
        growing.append(fetch(0, number))
        if growing.size in (*earlier, log.size):
            checkpoint = Checkpoint(origin=SIGNER.name, size=growing.size, root=growing.root())
            name = "checkpoint" if growing.size == log.size else f"checkpoint.{growing.size}"
            (folder / name).write_text(
                sign_checkpoint_beside(checkpoint, signer=SIGNER, beside=beside, timestamp=1_795_000_000)
            )
            found[growing.size] = checkpoint
    return found


def text(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in hashes]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 66_000])
def test_go_verifies_signature_inclusion_and_consistency_of_our_logs(
    verifier: Path, tmp_path: Path, size: int
) -> None:
    entries = [b"event %d" % number for number in range(size)]
    log = MemoryLog(entries)
    chance = random.Random(size)
    earlier = sorted({1, size // 3, size // 2, size - 1} - {0, size})
    checkpoints = write(tmp_path, log, earlier)
    fetch = tile_fetch(size=size, store=log)
    inclusion = [
        {
            "Index": index,
            "Leaf": text([leaf_hash(entries[index])])[0],
            "Hashes": text(inclusion_proof(index=index, size=size, fetch=fetch)),
        }
        for index in {0, size - 1, *(chance.randrange(size) for _ in range(50))}
    ]
    consistency = [
        {
            "Old": old,
            "Root": text([checkpoints[old].root])[0],
            "Hashes": text(consistency_proof(old_size=old, new_size=size, fetch=fetch)),
        }
        for old in [*earlier, size]
    ]
    proofs = tmp_path / "proofs.json"
    proofs.write_text(json.dumps({"Inclusion": inclusion, "Consistency": consistency}))
    done = subprocess.run([verifier, tmp_path, proofs], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.split() == [
        str(number) for number in (size, len(earlier), len(inclusion), len(consistency))
    ]


def test_go_refuses_what_we_refuse(verifier: Path, tmp_path: Path) -> None:
    log = MemoryLog([b"event %d" % number for number in range(700)])
    write(tmp_path, log, [300], beside=[])
    for name in ("checkpoint", "vkey", "checkpoint.300", "tile/0/001", "tile/1/000.p/2", "tile/entries/000"):
        held = (tmp_path / name).read_bytes()
        at = len(held) - 9
        (tmp_path / name).write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
        done = subprocess.run([verifier, tmp_path], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr, name
        (tmp_path / name).write_bytes(held)
    assert subprocess.run([verifier, tmp_path], capture_output=True, timeout=60).returncode == 0
