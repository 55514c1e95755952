"""The proof document of a map: that an entity has, or has no, publishable record of a class as of a position.

    {"map": name, "entity": id, "class": class, "position": n,
     "has": bool, "state": {...} or null, "salt": base64 or null, "proof": base64,
     "origin": log, "size": leaves, "checkpoint": signed note, "key": verifier key,
     "event": {as in the proof document of a record}}

The chain: entity and class to the key, state and salt to the commitment, both by the map's proof to the root, root to
the event `map.sealed`, event to the signed log. An absence has no state and no salt.
"""

from dataclasses import dataclass
from typing import Final

from goodstanding.proof.canonical import Json, commitment
from goodstanding.proof.checkpoint import Checkpoint, verify_checkpoint
from goodstanding.proof.document import (
    ProvedEvent,
    _bytes,
    _event,
    _require_agreement,
    read_json,
    require_fields,
)
from goodstanding.proof.errors import ProofError
from goodstanding.proof.note import VerifierKey
from goodstanding.proof.vmap import NODE_BYTES, MapProof, map_key, verify_absence, verify_presence

#: The map of publishable records, and the function that makes it: docs/reference/map.md.
MAP_NAME: Final = "goodstanding.publishable/1"
#: Classes that an entity can be asked for: the kinds of records, and all negative ones together.
ADVERSE: Final = "adverse"
ADVERSE_KINDS: Final = ("penalty", "serious_list", "abnormal_list", "other")
CLASSES: Final = (*ADVERSE_KINDS, "permit", "commitment", "fact", ADVERSE)

_FIELDS: Final[dict[str, type]] = {
    "map": str,
    "entity": str,
    "class": str,
    "position": int,
    "has": bool,
    "proof": str,
    "origin": str,
    "size": int,
    "checkpoint": str,
    "key": str,
    "event": dict,
}


@dataclass(frozen=True)
class ProvedState:
    """What is proved: as of `position` of the journal, `entity` has (`state`) or has no (None) publishable record of
    `class_`. `event` logged the map's root. `key_was_given` as in `ProvedRecord`.

    `state`: `records`, how many; `from` and `until`, the first day on which one of them is public and the first on
    which none is any more (None: no end).
    """

    entity: str
    class_: str
    position: int
    state: dict[str, Json] | None
    event: ProvedEvent
    checkpoint: Checkpoint
    key: VerifierKey
    key_was_given: bool


def state_key(*, entity: str, class_: str) -> bytes:
    """The key under which the map holds the state of an entity (its public id) in a class."""
    return map_key(MAP_NAME, class_, entity)


def is_map_proof(document: bytes | str) -> bool:
    """Whether a proof document is one of the map. Raises ProofError `document_malformed`."""
    told = read_json(document)
    return type(told) is dict and "map" in told


def verify_map_proof(document: bytes | str, *, key: VerifierKey | None = None) -> ProvedState:
    """Check a map's proof document: key, state, the way to the root, the root's event, the log's signature.

    Arguments: `document`, the JSON text, not trusted; `key`, the log's verifier key as it is known from elsewhere, None
    to take the one in the document. Returns what is proved. Raises ProofError with the place:
    `document_malformed`, `document_contradiction`, `map_proof_malformed`, or one of `verify_checkpoint`,
    `verify_inclusion`, `verify_presence` and `verify_absence`.
    """
    read = read_json(document)
    has = type(read) is dict and read.get("has") is True
    opening: dict[str, type] = (
        {"state": dict, "salt": str} if has else {"state": type(None), "salt": type(None)}
    )
    told = require_fields(read, _FIELDS | opening)
    written = VerifierKey.decode(told["key"])
    if key is not None and key != written:
        raise ProofError("signer_unknown", place="key: the document names another than the given one")
    checkpoint = verify_checkpoint(told["checkpoint"], origin=told["origin"], keys=[key or written])
    _require_agreement(written.name == told["origin"], "key and origin")
    _require_agreement(told["size"] == checkpoint.size, "size and checkpoint")
    if told["map"] != MAP_NAME or told["class"] not in CLASSES:
        raise ProofError("document_malformed", place="map or class")
    event = _event(told["event"], about=("map", MAP_NAME), checkpoint=checkpoint)
    _require_agreement(event.kind == "map.sealed", "event.kind")
    root = event.content.get("root")
    if type(root) is not str or len(root) != 2 * NODE_BYTES or set(root) - set("0123456789abcdef"):
        raise ProofError("document_malformed", place="event.content.root")
    until = event.content.get("until")
    _require_agreement(type(until) is int and until == told["position"], "position and event.content.until")
    place = state_key(entity=told["entity"], class_=told["class"])
    way = MapProof.decode(_bytes(told["proof"], "proof"))
    if has:
        sealed = commitment(salt=_bytes(told["salt"], "salt"), content=told["state"])
        verify_presence(root=bytes.fromhex(root), key=place, commitment=sealed, proof=way)
    else:
        verify_absence(root=bytes.fromhex(root), key=place, proof=way)
    return ProvedState(
        entity=told["entity"],
        class_=told["class"],
        position=told["position"],
        state=told["state"],
        event=event,
        checkpoint=checkpoint,
        key=key or written,
        key_was_given=key is not None,
    )
