"""The standards' own vectors, run whole."""

import base64
import gzip
import json
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

from goodstanding.proof import (
    ProofError,
    VerifierKey,
    bundle,
    canonical,
    consistency_proof,
    entries_path,
    inclusion_proof,
    leaf_hash,
    new_tiles,
    parse_bundle,
    parse_checkpoint,
    root_at,
    tile_fetch,
    tile_path,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_note,
)
from goodstanding.proof.merkle import verify_subtree_consistency, verify_subtree_inclusion
from goodstanding.proof.note import parse_note

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SAMPLE_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

pytestmark = pytest.mark.realdata


def data_folder(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not beside the repository (../shared/data)")
    return folder


def check(kind: str, vector: dict) -> None:
    proof = [base64.b64decode(item) for item in vector["proof"] or []]
    values = {
        name: base64.b64decode(vector[name])
        for name in ("root", "root1", "root2", "leafHash")
        if name in vector
    }
    if kind == "inclusion":
        verify_inclusion(
            leaf_hash=values["leafHash"],
            index=vector["leafIdx"],
            size=vector["treeSize"],
            proof=proof,
            root=values["root"],
        )
    elif kind == "consistency":
        verify_consistency(
            old_size=vector["size1"],
            new_size=vector["size2"],
            old_root=values["root1"],
            new_root=values["root2"],
            proof=proof,
        )
    elif kind == "subtreeinclusion":
        verify_subtree_inclusion(
            leaf_hash=values["leafHash"],
            index=vector["leafIdx"],
            start=vector["start"],
            end=vector["end"],
            proof=proof,
            root=values["root"],
        )
    elif kind == "subtreeconsistency":
        verify_subtree_consistency(
            start=vector["start"],
            end=vector["end"],
            size=vector["size"],
            subtree_root=values["root1"],
            root=values["root2"],
            proof=proof,
        )
    else:
        raise AssertionError(f"unknown kind of vector: {kind}")


def test_every_merkle_vector_is_judged_as_the_standard_says():
    packed = (data_folder("std_rfc6962_merkle") / "vectors.jsonl.gz").read_bytes()
    lines = gzip.decompress(packed).splitlines()
    counts: Counter[str] = Counter()
    wrong = []
    for line in lines:
        row = orjson.loads(line)
        kind = row["file"].split("/")[0]
        try:
            check(kind, row["vector"])
            refused = False
        except ProofError:
            refused = True
        if refused != row["vector"]["wantErr"]:
            wrong.append(row)
        counts[kind] += 1
    print(f"Merkle vectors: {counts.total()} run, {dict(counts)}")
    assert wrong == []
    assert counts.total() == 518


class FolderTiles:
    """Tiles as files, exactly where C2SP tlog-tiles serves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, level: int, index: int, width: int) -> bytes:
        return (self.folder / tile_path(level=level, index=index, width=width)).read_bytes()


def test_the_whole_sample_log_verifies_from_its_tiles():
    log = data_folder("std_tlog_tiles_sample_log") / "log"
    store = FolderTiles(log)
    key = VerifierKey.decode(SAMPLE_KEY)
    checkpoints = {}
    files = sorted(log.glob("checkpoint*"))
    for file in files:
        checkpoint = verify_checkpoint(file.read_bytes(), origin="example.com/log/testdata", keys=[key])
        assert root_at(size=checkpoint.size, store=store) == checkpoint.root
        checkpoints[checkpoint.size] = checkpoint
    assert sorted(checkpoints) == list(range(16))
    proofs = 0
    for size, checkpoint in checkpoints.items():
        fetch = tile_fetch(size=size, store=store)
        entries = []
        if size:
            path = log / entries_path(index=0, width=size)
            entries = parse_bundle(path.read_bytes(), width=size)
            assert bundle(entries) == path.read_bytes()
        for index, entry in enumerate(entries):
            proof = inclusion_proof(index=index, size=size, fetch=fetch)
            verify_inclusion(
                leaf_hash=leaf_hash(entry), index=index, size=size, proof=proof, root=checkpoint.root
            )
            proofs += 1
        for old_size in range(1, size + 1):
            verify_consistency(
                old_size=old_size,
                new_size=size,
                old_root=checkpoints[old_size].root,
                new_root=checkpoint.root,
                proof=consistency_proof(old_size=old_size, new_size=size, fetch=fetch),
            )
            proofs += 1
    print(f"Sample log: {len(files)} checkpoint files, {proofs} proofs from tiles verified")


def test_the_sample_log_is_written_again_byte_for_byte():
    log = data_folder("std_tlog_tiles_sample_log") / "log"
    entries = parse_bundle((log / "tile/entries/000.p/15").read_bytes(), width=15)
    for size in range(15):
        (tile,) = new_tiles(old_size=size, new_leaf_hashes=[leaf_hash(entries[size])], store=FolderTiles(log))
        assert tile.data == (log / tile.path).read_bytes()


def test_every_json_canonicalization_vector_is_reproduced():
    folder = data_folder("std_rfc8785_jcs")
    run = []
    for file in sorted((folder / "input").glob("*.json")):
        expected = (folder / "output" / file.name).read_bytes()
        assert expected == bytes.fromhex((folder / "outhex" / f"{file.stem}.txt").read_text())
        # JSON does not tell 56.0 from 56; what remains a float after this is one that the journal refuses.
        value = json.loads(file.read_bytes(), parse_float=whole_if_small)
        if file.stem == "values":
            with pytest.raises(ProofError) as refusal:
                canonical(value)
            assert (refusal.value.code, refusal.value.place) == (
                "canonical_type",
                "$.numbers[0] of type float",
            )
            expected = re.sub(rb'"numbers":\[.*?\],', b"", expected)
            del value["numbers"]
        assert canonical(value) == expected
        run.append(file.stem)
    print(f"JSON canonicalization vectors: {len(run)} run, floats refused in one: {run}")
    assert len(run) == 6


def whole_if_small(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def test_the_notes_in_the_specifications_verify():
    folder = data_folder("std_c2sp_tlog_specs")
    example = re.search(
        r"```\n(This is an example message\..*?\n)```", (folder / "signed-note.md").read_text(), re.DOTALL
    )
    key = VerifierKey.decode("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert verify_note(example[1], keys=[key]).text == "This is an example message.\n"
    shown = re.search(
        r"```\n(example.com/behind-the-sofa\n.*?\n)```",
        (folder / "tlog-checkpoint.md").read_text(),
        re.DOTALL,
    )
    checkpoint = parse_checkpoint(parse_note(shown[1]).text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert parse_note(shown[1]).encode() == shown[1]
