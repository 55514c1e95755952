"""The proof document of a record: its events with everything that is needed to check them offline.

It is the JSON that the API answers to `GET /api/v1/records/{id}/proof`:

    {"record": id, "origin": log, "size": leaves, "checkpoint": signed note, "key": verifier key,
     "events": [{"position": n, "kind": ..., "content": {...}, "salt": base64, "leaf_hash": base64,
                 "index": n - 1, "hashes": [base64, ...]}, ...]}

Nothing in it is believed: every value is either proved or must agree with one that is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

import orjson

from goodstanding.proof.canonical import MAX_INTEGER, Json, commitment
from goodstanding.proof.checkpoint import Checkpoint, verify_checkpoint
from goodstanding.proof.cosignature import Cosignature, WitnessKey, verify_cosignatures
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64
from goodstanding.proof.merkle import leaf_hash, verify_inclusion
from goodstanding.proof.note import VerifierKey
from goodstanding.proof.policy import Policy, verify_witnessed
from goodstanding.proof.receipt import Receipt, SignedReceipt, verify_receipt

MAX_DOCUMENT_BYTES: Final = 10_000_000

_FIELDS: Final[dict[str, type]] = {
    "record": str,
    "origin": str,
    "size": int,
    "checkpoint": str,
    "key": str,
    "events": list,
}
_EVENT_FIELDS: Final[dict[str, type]] = {
    "position": int,
    "kind": str,
    "content": dict,
    "salt": str,
    "leaf_hash": str,
    "index": int,
    "hashes": list,
}


@dataclass(frozen=True)
class ProvedEvent:
    """An event that is in the log: its `position` (1 is the first), `kind`, `at` (ISO 8601) and `content`."""

    position: int
    kind: str
    at: str
    content: dict[str, Json]


@dataclass(frozen=True, kw_only=True)
class SignedState:
    """What a proof document stands on: the log's `checkpoint`, the `key` that signed it, and the `cosignatures`.

    `key_was_given` is False where the key was taken from the document itself. Then the document agrees with
    itself, and nothing more is known: whoever forges a document also writes a key into it. `witnesses_were_given`:
    the cosignatures meet the reader's own policy; else they are by those whom the document names.
    """

    checkpoint: Checkpoint
    key: VerifierKey
    key_was_given: bool
    cosignatures: tuple[Cosignature, ...] = ()
    witnesses_were_given: bool = False


@dataclass(frozen=True, kw_only=True)
class ProvedRecord(SignedState):
    """What a proof document proves: these `events` of `record` are in the log.

    It is not proved that these are all of the record's events.
    """

    record: str
    events: tuple[ProvedEvent, ...]


def verify_record_proof(
    document: bytes | str, *, key: VerifierKey | None = None, policy: Policy | None = None
) -> ProvedRecord:
    """Check a record's proof document: signature, commitments and inclusion of every event.

    Arguments: `document`, the JSON text, not trusted; `key` and `policy` as in `signed_state`. Returns what is
    proved. Raises ProofError with the place: `document_malformed`, `document_contradiction` (two of its values
    disagree), a `canonical_*` code, or one of `signed_state` and `verify_inclusion`.
    Sources: RFC 9162 section 2.1.3.2 (inclusion), RFC 8785 (what a commitment covers), C2SP signed-note and
    tlog-checkpoint (the signature).
    """
    told = require_fields(read_json(document), _FIELDS)
    state = signed_state(told, key=key, policy=policy)
    if not told["events"]:
        raise ProofError("document_malformed", place="events: none")
    events: list[ProvedEvent] = []
    for number, item in enumerate(told["events"]):
        place = f"events[{number}]"
        try:
            event = proved_event(item, about=("record", told["record"]), checkpoint=state.checkpoint)
            require_agreement(not events or events[-1].position < event.position, "order of positions")
        except ProofError as error:
            raise ProofError(error.code, place=f"{place}, {error.place}") from None
        events.append(event)
    return ProvedRecord(**vars(state), record=told["record"], events=tuple(events))


def verify_removal_receipt(receipt: bytes | str, *, proved: ProvedRecord, public_key: bytes) -> Receipt:
    """Check that a subscriber's receipt is signed and answers one of the proved events.

    Arguments: `receipt`, the JSON of a signed receipt, not trusted; `proved`, of `verify_record_proof`;
    `public_key`, the subscriber's, 32 bytes. Returns the receipt. Raises ProofError of
    `SignedReceipt.from_json` and `verify_receipt`, or `document_contradiction` where the receipt is about
    another record, about none of the events, or about an event after which the record was published.
    """
    found = verify_receipt(SignedReceipt.from_json(receipt), public_key=public_key)
    require_agreement(found.record == proved.record, "receipt.record and record")
    answered = [event for event in proved.events if event.position == found.position]
    require_agreement(bool(answered), f"receipt.position {found.position} and the positions of the events")
    removed = answered[0].content.get("state") != "published"
    require_agreement(found.action != "dropped" or removed, "receipt.action and the state after the event")
    return found


def signed_state(
    told: dict[str, Any],
    *,
    key: VerifierKey | None,
    policy: Policy | None = None,
    named: Sequence[WitnessKey] = (),
) -> SignedState:
    """Check what a document stands on: its `key`, `origin`, `size` and `checkpoint`, and who cosigned that.

    Arguments: `told`, the document; `key`, the log's verifier key as it is known from elsewhere; `policy`, the logs and
    witnesses that the reader trusts (its logs serve as keys where no key is given); neither, to take the key in the
    document; `named`, the witnesses that the document says have cosigned. Raises ProofError of `verify_checkpoint` and
    `verify_witnessed`, `signer_unknown` where the document names another key, `document_contradiction`.
    """
    written = VerifierKey.decode(told["key"])
    given = [key] if key else [log.key for log in policy.logs] if policy else []
    if given and written not in given:
        raise ProofError("signer_unknown", place="key: the document names another than the given one")
    checkpoint = verify_checkpoint(told["checkpoint"], origin=told["origin"], keys=[written])
    require_agreement(written.name == told["origin"], "key and origin")
    require_agreement(told["size"] == checkpoint.size, "size and checkpoint")
    if policy is not None:
        cosignatures = verify_witnessed(told["checkpoint"], policy=policy).cosignatures
    else:
        cosignatures = verify_cosignatures(told["checkpoint"], witnesses=named)
        missing = set(named) - {item.witness for item in cosignatures}
        names = ", ".join(sorted(witness.name for witness in missing))
        require_agreement(not missing, f"witnesses and cosignatures: {names}"[:200])
    return SignedState(
        checkpoint=checkpoint,
        key=written,
        key_was_given=bool(given),
        cosignatures=cosignatures,
        witnesses_were_given=policy is not None,
    )


def proved_event(told: object, *, about: tuple[str, str], checkpoint: Checkpoint) -> ProvedEvent:
    """Check an event of a document: content and salt to the leaf, the leaf to the checkpoint.

    Arguments: `told`, not trusted; `about`, a name and the value that the event's content must have under it. Raises
    ProofError `document_malformed`, `document_contradiction`, or of `verify_inclusion`.
    """
    item = require_fields(told, _EVENT_FIELDS)
    content = item["content"]
    position = item["position"]
    salt = from_base64(item["salt"], code="document_malformed", place="salt")
    leaf = leaf_hash(commitment(salt=salt, content=content))
    require_agreement(leaf == bytes_field(item["leaf_hash"], "leaf_hash"), "content, salt and leaf_hash")
    require_agreement(item["index"] == position - 1, "index and position")
    verify_inclusion(
        leaf_hash=leaf,
        index=position - 1,
        size=checkpoint.size,
        proof=[bytes_field(value, f"hashes[{number}]") for number, value in enumerate(item["hashes"])],
        root=checkpoint.root,
    )
    for name, value in (about, ("position", position), ("kind", item["kind"])):
        require_agreement(_same(content.get(name), value), f"{name} and content.{name}")
    if type(content.get("at")) is not str:
        raise ProofError("document_malformed", place="content.at")
    return ProvedEvent(position=position, kind=item["kind"], at=content["at"], content=content)


def read_json(document: bytes | str) -> object:
    """Read JSON that is not trusted: no name twice in an object, no NaN, no depth without end.

    Raises ProofError `document_malformed`.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ProofError("document_malformed", place=f"{len(document)} bytes")
    try:
        text = document if isinstance(document, str) else document.decode("utf-8")
        # The standard library's reader follows any depth that the process allows, down to the end of its stack.
        orjson.loads(text)
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ProofError("document_malformed", place=f"not JSON: {error}"[:200]) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object in which no name stands twice: two readers would see two documents (RFC 8259 section 4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")


def require_fields(value: object, fields: dict[str, type]) -> dict[str, Any]:
    """An object with exactly these fields of these types. Raises ProofError `document_malformed`."""
    if type(value) is not dict:
        raise ProofError("document_malformed", place="not an object")
    for name in sorted(fields.keys() ^ value.keys()):
        raise ProofError("document_malformed", place=f"field {name!a}"[:200])
    for name, kind in fields.items():
        if type(value[name]) is not kind or (kind is int and not 0 <= value[name] <= MAX_INTEGER):
            raise ProofError("document_malformed", place=name)
    return value


def bytes_field(value: object, place: str) -> bytes:
    """The bytes of a base64 text that stands at a place. Raises ProofError `document_malformed`."""
    return from_base64(value, code="document_malformed", place=place)


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def require_agreement(condition: bool, place: str) -> None:
    """Raises ProofError `document_contradiction` with the place where two values of a document disagree."""
    if not condition:
        raise ProofError("document_contradiction", place=place)
