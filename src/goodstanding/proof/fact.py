"""The proof document of a fact: a row of a batch of mass facts, in the root that the journal announced.

    {"batch": id, "row": n, "content": {...}, "personal": base64, "index": n, "hashes": [base64, ...],
     "origin": log, "size": leaves, "checkpoint": signed note, "key": verifier key,
     "event": {as in the proof document of a record}}

The chain: content to digest, digest to the batch's root, root to the event `batch.committed`, event to the signed log.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.canonical import Json, canonical
from goodstanding.proof.document import (
    ProvedEvent,
    SignedState,
    bytes_field,
    proved_event,
    read_json,
    require_agreement,
    require_fields,
    signed_state,
)
from goodstanding.proof.errors import ProofError
from goodstanding.proof.merkle import leaf_hash, verify_inclusion
from goodstanding.proof.note import VerifierKey
from goodstanding.proof.policy import Policy

_FIELDS: Final[dict[str, type]] = {
    "batch": str,
    "row": int,
    "content": dict,
    "personal": str,
    "index": int,
    "hashes": list,
    "origin": str,
    "size": int,
    "checkpoint": str,
    "key": str,
    "event": dict,
}


@dataclass(frozen=True, kw_only=True)
class ProvedFact(SignedState):
    """What is proved: `content` was the row at place `index` (from 0, of the accepted rows) of the batch that `event`
    announced. The row's number in its file is told, not proved.
    """

    batch: str
    index: int
    content: dict[str, Json]
    event: ProvedEvent


def verify_fact_proof(
    document: bytes | str, *, key: VerifierKey | None = None, policy: Policy | None = None
) -> ProvedFact:
    """Check a fact's proof document: content, place in its batch, the batch's event, and the log's signature.

    Arguments: `document`, the JSON text, not trusted; `key` and `policy` as in `signed_state`. Returns what is proved.
    Raises ProofError with the place: `document_malformed`, `document_contradiction`, or one of `signed_state` and
    `verify_inclusion`.
    Sources: RFC 9162 section 2.1.3.2 (inclusion), RFC 8785 (how the content is written for its digest).
    """
    told = require_fields(read_json(document), _FIELDS)
    state = signed_state(told, key=key, policy=policy)
    event = proved_event(told["event"], about=("batch", told["batch"]), checkpoint=state.checkpoint)
    require_agreement(event.kind == "batch.committed", "event.kind")
    rows, root = event.content.get("rows"), event.content.get("root")
    if type(rows) is not int or type(root) is not str or len(root) != 64 or not _is_hex(root):
        raise ProofError("document_malformed", place="event.content")
    digest = hashlib.sha256(canonical(told["content"]) + b"\0" + bytes_field(told["personal"], "personal"))
    verify_inclusion(
        leaf_hash=leaf_hash(digest.digest()),
        index=told["index"],
        size=rows,
        proof=[bytes_field(value, f"hashes[{number}]") for number, value in enumerate(told["hashes"])],
        root=bytes.fromhex(root),
    )
    return ProvedFact(
        **vars(state), batch=told["batch"], index=told["index"], content=told["content"], event=event
    )


def is_fact_proof(document: bytes | str) -> bool:
    """Whether a proof document is about a fact and not about a record. Raises ProofError `document_malformed`."""
    told = read_json(document)
    return type(told) is dict and "batch" in told


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
