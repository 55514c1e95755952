"""Proofs that anyone can check without asking the platform.

The journal is a transparency log. Its leaves are salted commitments to events, never their content; its tree
is that of RFC 9162, stored as C2SP tlog-tiles; its state is announced in checkpoints, which are signed notes.
A subscriber answers a removal with a signed receipt. A verifiable map says what an entity has and has not.

What this room promises:

- Pure functions. No clock, no network, no database, no files; the random source only where a key is
  generated.
- A verifier needs this room, `cryptography` and `orjson`, and nothing else of ours.
- Whatever is not proved raises `ProofError` with a code from `CODES`, what was looked at, and how to mend it,
  in English and Chinese. A function named `verify_...` never returns False.
- One spelling per meaning: keys, base64, tile paths and checkpoints are accepted in their canonical form only;
  a receipt may arrive as any JSON, since its signature covers the canonical form of what was read.

Start with `verify_record_proof`, or `verify_checkpoint`, `verify_inclusion`, `verify_consistency` and
`verify_receipt`, to check, with `new_tiles`, `TileProver`, `sign_checkpoint` and `sign_receipt` to make.
"""

from goodstanding.proof.agreement import (
    Deletion,
    SignedDeletion,
    agreement_digest,
    sign_agreement,
    sign_deletion,
    verify_agreement,
    verify_deletion,
)
from goodstanding.proof.audit import FAULTS, Fault, LogSource, audit_tree
from goodstanding.proof.canonical import Json, canonical, commitment
from goodstanding.proof.certificate import (
    Absence,
    Certificate,
    FurtherDown,
    LoggedEvent,
    Recipient,
    parse_certificate,
    sign_certificate,
    totals_of,
)
from goodstanding.proof.certificate_checks import CHECKS, CheckedCertificate, Finding, check_certificate
from goodstanding.proof.certificate_file import certificate_in
from goodstanding.proof.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint, verify_checkpoint
from goodstanding.proof.compact_range import CompactRange, hashes_of_run
from goodstanding.proof.cosignature import Cosignature, CosignerKey, WitnessKey, cosign, verify_cosignatures
from goodstanding.proof.document import (
    ProvedEvent,
    ProvedRecord,
    SignedState,
    verify_record_proof,
    verify_removal_receipt,
)
from goodstanding.proof.errors import CODES, ProofError
from goodstanding.proof.fact import ProvedFact, is_fact_proof, verify_fact_proof
from goodstanding.proof.keys import generate_private_key, public_key
from goodstanding.proof.map_document import (
    ProvedState,
    is_map_proof,
    state_key,
    verify_map_proof,
)
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
from goodstanding.proof.note import (
    Note,
    NoteSignature,
    SignerKey,
    VerifierKey,
    add_signatures,
    parse_note,
    parse_signatures,
    sign_note,
    verify_note,
)
from goodstanding.proof.onward import Onward, SignedOnward, sign_onward, verify_onward
from goodstanding.proof.policy import Policy, Witnessed, parse_policy, verify_witnessed
from goodstanding.proof.receipt import Receipt, SignedReceipt, sign_receipt, verify_receipt
from goodstanding.proof.rows import BLOCK_ROWS, RowTree, row_tree
from goodstanding.proof.tiles import (
    Tile,
    TileProver,
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
    tile_width,
)
from goodstanding.proof.tlog_proof import (
    ProvedEntry,
    TlogProof,
    event_proof,
    verify_event_proof,
    verify_tlog_proof,
)
from goodstanding.proof.vmap import MapProof, map_key, verify_absence, verify_presence
from goodstanding.proof.vmap_memory import MemoryMap
from goodstanding.proof.vmap_tree import MapStore, map_root, map_root_in_order
from goodstanding.proof.witnessing import (
    MAX_REQUEST_BYTES,
    AddCheckpoint,
    Judged,
    WitnessRefusal,
    judge,
    origin_hash,
    signed_checkpoint,
)

__all__ = [
    "BLOCK_ROWS",
    "CHECKS",
    "CODES",
    "EMPTY_ROOT",
    "FAULTS",
    "MAX_REQUEST_BYTES",
    "Absence",
    "AddCheckpoint",
    "Certificate",
    "CheckedCertificate",
    "Checkpoint",
    "CompactRange",
    "Cosignature",
    "CosignerKey",
    "Deletion",
    "Fault",
    "Fetch",
    "Finding",
    "FurtherDown",
    "Json",
    "Judged",
    "LogSource",
    "LoggedEvent",
    "MapProof",
    "MapStore",
    "MemoryMap",
    "Note",
    "NoteSignature",
    "Onward",
    "Policy",
    "ProofError",
    "ProvedEntry",
    "ProvedEvent",
    "ProvedFact",
    "ProvedRecord",
    "ProvedState",
    "Receipt",
    "Recipient",
    "RowTree",
    "SignedDeletion",
    "SignedOnward",
    "SignedReceipt",
    "SignedState",
    "SignerKey",
    "Tile",
    "TileProver",
    "TileStore",
    "TlogProof",
    "VerifierKey",
    "WitnessKey",
    "WitnessRefusal",
    "Witnessed",
    "add_signatures",
    "agreement_digest",
    "audit_tree",
    "bundle",
    "canonical",
    "certificate_in",
    "check_certificate",
    "commitment",
    "consistency_proof",
    "cosign",
    "entries_path",
    "event_proof",
    "generate_private_key",
    "hashes_of_run",
    "inclusion_proof",
    "is_fact_proof",
    "is_map_proof",
    "judge",
    "leaf_hash",
    "map_key",
    "map_root",
    "map_root_in_order",
    "new_tiles",
    "node",
    "node_hash",
    "origin_hash",
    "parse_bundle",
    "parse_certificate",
    "parse_checkpoint",
    "parse_note",
    "parse_policy",
    "parse_signatures",
    "parse_tile_path",
    "public_key",
    "root",
    "root_at",
    "row_tree",
    "sign_agreement",
    "sign_certificate",
    "sign_checkpoint",
    "sign_deletion",
    "sign_note",
    "sign_onward",
    "sign_receipt",
    "signed_checkpoint",
    "state_key",
    "tile_fetch",
    "tile_path",
    "tile_width",
    "totals_of",
    "verify_absence",
    "verify_agreement",
    "verify_checkpoint",
    "verify_consistency",
    "verify_cosignatures",
    "verify_deletion",
    "verify_event_proof",
    "verify_fact_proof",
    "verify_inclusion",
    "verify_map_proof",
    "verify_note",
    "verify_onward",
    "verify_presence",
    "verify_receipt",
    "verify_record_proof",
    "verify_removal_receipt",
    "verify_tlog_proof",
    "verify_witnessed",
]
