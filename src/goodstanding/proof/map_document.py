"""The proof document of a map: that an entity has, or has no, publishable record of a class as of a position.

    {"map": name, "entity": id, "class": class, "position": n,
     "has": bool, "state": {...} or null, "salt": base64 or null, "proof": base64,
     "origin": log, "size": leaves, "checkpoint": signed note, "key": verifier key, "witnesses": [witness key],
     "event": {as in the proof document of a record}}

The chain: entity and class to the key, state and salt to the commitment, both by the map's proof to the root, root to
the event `map.sealed`, event to the signed log. An absence has no state and no salt. `witnesses` are those who, as the
platform says, have cosigned the checkpoint.
"""

from dataclasses import dataclass
from typing import Final

from goodstanding.proof.canonical import Json, commitment
from goodstanding.proof.cosignature import WitnessKey
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
from goodstanding.proof.note import VerifierKey
from goodstanding.proof.policy import Policy
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
    "witnesses": list,
    "event": dict,
}


@dataclass(frozen=True, kw_only=True)
class ProvedState(SignedState):
    """What is proved: as of `position` of the journal, `entity` has (`state`) or has no (None) publishable record of
    `class_`. `event` logged the map's root, at the instant `event.at`.

    `state`: `records`, how many; `from` and `until`, the first day on which one of them is public and the first on
    which none is any more (None: no end).
    """

    entity: str
    class_: str
    position: int
    state: dict[str, Json] | None
    event: ProvedEvent


def state_key(*, entity: str, class_: str) -> bytes:
    """The key under which the map holds the state of an entity (its public id) in a class."""
    return map_key(MAP_NAME, class_, entity)


def is_map_proof(document: bytes | str) -> bool:
    """Whether a proof document is one of the map. Raises ProofError `document_malformed`."""
    told = read_json(document)
    return type(told) is dict and "map" in told


def root_of_event(content: dict[str, Json], place: str) -> bytes:
    """The map's root that an event `map.sealed` announces. Raises ProofError `document_malformed` with the place."""
    root = content.get("root")
    if type(root) is not str or len(root) != 2 * NODE_BYTES or set(root) - set("0123456789abcdef"):
        raise ProofError("document_malformed", place=place)
    return bytes.fromhex(root)


def verify_map_proof(
    document: bytes | str, *, key: VerifierKey | None = None, policy: Policy | None = None
) -> ProvedState:
    """Check a map's proof document: key, state, the way to the root, the root's event, the log's signature.

    Arguments: `document`, the JSON text, not trusted; `key` and `policy` as in `signed_state`. Returns what is proved.
    Raises ProofError with the place: `document_malformed`, `document_contradiction`, `map_proof_malformed`,
    `key_malformed`, or one of `signed_state`, `verify_inclusion`, `verify_presence` and `verify_absence`.
    """
    read = read_json(document)
    has = type(read) is dict and read.get("has") is True
    opening: dict[str, type] = (
        {"state": dict, "salt": str} if has else {"state": type(None), "salt": type(None)}
    )
    told = require_fields(read, _FIELDS | opening)
    if any(type(text) is not str for text in told["witnesses"]):
        raise ProofError("document_malformed", place="witnesses")
    named = [WitnessKey.decode(text) for text in told["witnesses"]]
    signed = signed_state(told, key=key, policy=policy, named=named)
    if told["map"] != MAP_NAME or told["class"] not in CLASSES:
        raise ProofError("document_malformed", place="map or class")
    event = proved_event(told["event"], about=("map", MAP_NAME), checkpoint=signed.checkpoint)
    require_agreement(event.kind == "map.sealed", "event.kind")
    root = root_of_event(event.content, "event.content.root")
    until = event.content.get("until")
    require_agreement(type(until) is int and until == told["position"], "position and event.content.until")
    place = state_key(entity=told["entity"], class_=told["class"])
    way = MapProof.decode(bytes_field(told["proof"], "proof"))
    if has:
        sealed = commitment(salt=bytes_field(told["salt"], "salt"), content=told["state"])
        verify_presence(root=root, key=place, commitment=sealed, proof=way)
    else:
        verify_absence(root=root, key=place, proof=way)
    return ProvedState(
        **vars(signed),
        entity=told["entity"],
        class_=told["class"],
        position=told["position"],
        state=told["state"],
        event=event,
    )
