"""Proofs that anyone can check without asking the platform.

The journal is a transparency log. Its leaves are salted commitments to events, never their content; its tree
is that of RFC 9162, stored as C2SP tlog-tiles; its state is announced in checkpoints, which are signed notes.
A subscriber answers a removal with a signed receipt.

What this room promises:

- Pure functions. No clock, no network, no database, no files; the random source only where a key is
  generated.
- A verifier needs this room, `cryptography` and `orjson`, and nothing else of ours.
- Whatever is not proved raises `ProofError` with a code from `CODES`, what was looked at, and how to mend it,
  in English and Chinese. A function named `verify_...` never returns False.
- One spelling per meaning: keys, base64, tile paths and checkpoints are accepted in their canonical form only;
  a receipt may arrive as any JSON, since its signature covers the canonical form of what was read.

Start with `verify_record_proof`, or `verify_checkpoint`, `verify_inclusion`, `verify_consistency` and
`verify_receipt`, to check, with `new_tiles`, `tile_fetch`, `sign_checkpoint` and `sign_receipt` to make.
"""

from goodstanding.proof.canonical import Json, canonical, commitment
from goodstanding.proof.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint, verify_checkpoint
from goodstanding.proof.compact_range import CompactRange
from goodstanding.proof.document import ProvedEvent, ProvedRecord, verify_record_proof, verify_removal_receipt
from goodstanding.proof.errors import CODES, ProofError
from goodstanding.proof.fact import ProvedFact, is_fact_proof, verify_fact_proof
from goodstanding.proof.keys import generate_private_key, public_key
from goodstanding.proof.merkle import (
    EMPTY_ROOT,
    Fetch,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from goodstanding.proof.note import Note, SignerKey, VerifierKey, add_signatures, sign_note, verify_note
from goodstanding.proof.receipt import Receipt, SignedReceipt, sign_receipt, verify_receipt
from goodstanding.proof.rows import BLOCK_ROWS, RowTree, row_tree
from goodstanding.proof.tiles import (
    Tile,
    TileStore,
    bundle,
    entries_path,
    new_tiles,
    node,
    parse_bundle,
    parse_tile_path,
    root_at,
    tile_fetch,
    tile_path,
)

__all__ = [
    "BLOCK_ROWS",
    "CODES",
    "EMPTY_ROOT",
    "Checkpoint",
    "CompactRange",
    "Fetch",
    "Json",
    "Note",
    "ProofError",
    "ProvedEvent",
    "ProvedFact",
    "ProvedRecord",
    "Receipt",
    "RowTree",
    "SignedReceipt",
    "SignerKey",
    "Tile",
    "TileStore",
    "VerifierKey",
    "add_signatures",
    "bundle",
    "canonical",
    "commitment",
    "consistency_proof",
    "entries_path",
    "generate_private_key",
    "inclusion_proof",
    "is_fact_proof",
    "leaf_hash",
    "new_tiles",
    "node",
    "node_hash",
    "parse_bundle",
    "parse_checkpoint",
    "parse_tile_path",
    "public_key",
    "root",
    "root_at",
    "row_tree",
    "sign_checkpoint",
    "sign_note",
    "sign_receipt",
    "tile_fetch",
    "tile_path",
    "verify_checkpoint",
    "verify_consistency",
    "verify_fact_proof",
    "verify_inclusion",
    "verify_note",
    "verify_receipt",
    "verify_record_proof",
    "verify_removal_receipt",
]
