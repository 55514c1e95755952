"""The restoration certificate: one file that shows that a record was restored, and who has dropped it since.

    {"certificate": {"type": "goodstanding.certificate/1", "issued_at": instant, "origin": log, "key": verifier key,
        "page": address, "entity": {"name": text, "identifiers": [{"scheme": .., "value": ..}]},
        "found_by": authority, "decided_by": authority, "law": {"pack": id, "digest": hex},
        "checkpoint": signed note, "witnesses": [witness key],
        "decision": event, "removal": event, "absence": {"class": .., "proof": base64, "event": event} or null,
        "recipients": [recipient], "totals": {state: number}},
     "signature": base64}

An authority is {"code", "name_zh", "name_en"}. An event is {"content", "salt": base64, "hashes": [base64]}: what its
leaf of the log commits to, and the hashes from the leaf to the checkpoint. A recipient is {"subscriber", "name_zh",
"name_en", "state", "position", "since", "due", "receipt": text byte for byte or null, "journaled": event or null}, and
where it had passed the record on and answers are owed further down, "further_down": [{"holder", "via": [name], "state",
"since", "due", "statement": text byte for byte or null, "journaled": event or null}].

The file is canonical JSON, so no byte of it can change unseen. The platform's log key signs what stands under
`certificate` behind a prefix of its own. Nothing of what the record said is in it: the events hold digests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from goodstanding.proof.canonical import Json, canonical
from goodstanding.proof.document import read_json, require_fields
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import from_base64, sign_bytes, to_base64
from goodstanding.proof.note import SignerKey
from goodstanding.proof.signed_word import is_instant

TYPE: Final = "goodstanding.certificate/1"
MEDIA_TYPE: Final = "application/vnd.goodstanding.certificate+json"
#: What a recipient has of the record: it dropped it and signed so, signed that it never held it, was never sent it,
#: has not answered and still may, has not answered in time.
STATES: Final = ("dropped", "not_held", "never_sent", "waiting", "late")
PREFIX: Final = b"goodstanding/certificate/v1\n"

_CODE: Final = "certificate_malformed"
_AUTHORITY: Final[dict[str, type]] = {"code": str, "name_zh": str, "name_en": str}
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class LoggedEvent:
    """An event of the journal with what leads from it to the checkpoint: its salt (32 bytes) and its hashes."""

    content: dict[str, Json]
    salt: bytes
    hashes: tuple[bytes, ...]

    @property
    def position(self) -> int:
        """Its place in the journal, 1 the first; 0 where the content names none."""
        found = self.content.get("position")
        return found if type(found) is int else 0

    def to_object(self) -> dict[str, Json]:
        """The event as JSON."""
        return {
            "content": self.content,
            "salt": to_base64(self.salt),
            "hashes": [to_base64(item) for item in self.hashes],
        }


@dataclass(frozen=True)
class Absence:
    """The proof from the verifiable map that the entity has no publishable record of a class any more."""

    class_: str
    proof: bytes
    event: LoggedEvent

    def to_object(self) -> dict[str, Json]:
        """The proof as JSON."""
        return {"class": self.class_, "proof": to_base64(self.proof), "event": self.event.to_object()}


@dataclass(frozen=True)
class FurtherDown:
    """Somebody to whom a recipient, an instance of the platform itself, had passed the record on.

    `holder`: its name; `via`: the names between, nearest first; `state`: one of STATES but `never_sent`; `since`: the
    instant at which its answer was handed up, or at which the recipient named it; `due`: the day by which the recipient
    must answer; `statement`: what the recipient signed of it, with its receipt inside, byte for byte (`SignedOnward`);
    `journaled`: the event that logged the statement, None while no checkpoint covers it.
    """

    holder: str
    via: tuple[str, ...]
    state: str
    since: str | None = None
    due: str | None = None
    statement: str | None = None
    journaled: LoggedEvent | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the recipient down to it."""
        return (*self.via, self.holder)

    def to_object(self) -> dict[str, Json]:
        """It as JSON."""
        told: dict[str, Json] = {name: getattr(self, name) for name in _FURTHER}
        journaled = None if self.journaled is None else self.journaled.to_object()
        return told | {"via": [*self.via], "journaled": journaled}


_FURTHER: Final = ("holder", "state", "since", "due", "statement")


@dataclass(frozen=True)
class Recipient:
    """A body that the record was or may have been sent to.

    `state`: one of STATES; `position`: of the journal, up to which it says that it has followed; `since`: the instant
    of its receipt, or of the removal that it has not answered; `due`: the day by which it must answer; `receipt`: its
    signed receipt, byte for byte; `journaled`: the event that logged the receipt, None while no checkpoint covers it;
    `further_down`: those to whom it had passed the record on, where it hands their answers up.
    """

    subscriber: str
    name_zh: str
    name_en: str
    state: str
    position: int
    since: str | None = None
    due: str | None = None
    receipt: str | None = None
    journaled: LoggedEvent | None = None
    further_down: tuple[FurtherDown, ...] = ()

    def to_object(self) -> dict[str, Json]:
        """The recipient as JSON."""
        told: dict[str, Json] = {name: getattr(self, name) for name in _RECIPIENT}
        further: dict[str, Json] = (
            {"further_down": [item.to_object() for item in self.further_down]} if self.further_down else {}
        )
        return told | {"journaled": None if self.journaled is None else self.journaled.to_object()} | further

    def about(self, item: FurtherDown) -> str:
        """What findings about somebody further down are filed under: this recipient's id and the names."""
        return " › ".join((self.subscriber, *item.path))


_RECIPIENT: Final = (
    *("subscriber", "name_zh", "name_en", "state", "position"),
    *("since", "due", "receipt"),
)


@dataclass(frozen=True)
class Certificate:
    """What stands in a certificate. Nothing of it is proved by being here; `check_certificate` checks it."""

    issued_at: str
    origin: str
    key: str
    page: str
    entity: dict[str, Json]
    found_by: dict[str, Json]
    decided_by: dict[str, Json]
    law: dict[str, Json]
    checkpoint: str
    witnesses: tuple[str, ...]
    decision: LoggedEvent
    removal: LoggedEvent
    absence: Absence | None
    recipients: tuple[Recipient, ...]
    totals: dict[str, Json]

    def to_object(self) -> dict[str, Json]:
        """The certificate as JSON, without its signature."""
        plain: dict[str, Json] = {name: getattr(self, name) for name in _PLAIN}
        return plain | {
            "type": TYPE,
            "witnesses": [*self.witnesses],
            "decision": self.decision.to_object(),
            "removal": self.removal.to_object(),
            "absence": None if self.absence is None else self.absence.to_object(),
            "recipients": [item.to_object() for item in self.recipients],
        }


_PLAIN: Final[dict[str, type]] = {
    **dict.fromkeys(("issued_at", "origin", "key", "page", "checkpoint"), str),
    **dict.fromkeys(("entity", "found_by", "decided_by", "law", "totals"), dict),
}


def totals_of(recipients: tuple[Recipient, ...]) -> dict[str, Json]:
    """How many recipients there are in each state, those further down counted like the others."""
    states = [item.state for item in recipients]
    states += [item.state for recipient in recipients for item in recipient.further_down]
    return {state: states.count(state) for state in STATES}


def sign_certificate(certificate: Certificate, *, signer: SignerKey) -> bytes:
    """Return the file: the certificate as canonical JSON with the platform's signature over it."""
    told = certificate.to_object()
    signature = sign_bytes(PREFIX + canonical(told), private_key=signer.private_key)
    return canonical({"certificate": told, "signature": to_base64(signature)})


def parse_certificate(data: bytes) -> tuple[Certificate, bytes]:
    """Take a file apart without trusting it: the certificate and its signature (64 bytes).

    Raises ProofError `certificate_malformed` naming the place: not JSON, not canonical, a part too many, too few or of
    another type.
    """
    try:
        told = read_json(data)
        outer = _fields(told, {"certificate": dict, "signature": str}, "the file")
        written = canonical(cast(Json, told))
    except ProofError as error:
        raise ProofError(_CODE, place=error.place) from None
    if written != data:
        raise ProofError(_CODE, place="not in canonical form")
    return _certificate(outer["certificate"]), _base64(outer["signature"], "signature")


def _certificate(value: dict[str, Any]) -> Certificate:
    spec: dict[str, type] = _PLAIN | {"type": str, "witnesses": list, "decision": dict, "removal": dict}
    told = _fields(value, spec | {"absence": type(value.get("absence")), "recipients": list}, "certificate")
    if told["type"] != TYPE:
        raise ProofError(_CODE, place=f"certificate.type: {told['type']!a}"[:200])
    _checked_parts(told)
    return Certificate(
        **{name: told[name] for name in _PLAIN},
        witnesses=tuple(_text(item, "certificate.witnesses") for item in told["witnesses"]),
        decision=_event(told["decision"], "certificate.decision"),
        removal=_event(told["removal"], "certificate.removal"),
        absence=_unless_null(told["absence"], _absence, "certificate.absence"),
        recipients=tuple(
            _recipient(item, f"certificate.recipients[{number}]")
            for number, item in enumerate(told["recipients"])
        ),
    )


def _checked_parts(told: dict[str, Any]) -> None:
    """Check what is taken over as it stands."""
    entity = _fields(told["entity"], {"name": str, "identifiers": list}, "certificate.entity")
    for number, item in enumerate(entity["identifiers"]):
        _fields(item, {"scheme": str, "value": str}, f"certificate.entity.identifiers[{number}]")
    for name in ("found_by", "decided_by"):
        _fields(told[name], _AUTHORITY, f"certificate.{name}")
    _fields(told["law"], {"pack": str, "digest": str}, "certificate.law")
    _fields(told["totals"], dict.fromkeys(STATES, int), "certificate.totals")
    if not is_instant(told["issued_at"]):
        raise ProofError(_CODE, place="certificate.issued_at")


def _event(value: object, place: str) -> LoggedEvent:
    told = _fields(value, {"content": dict, "salt": str, "hashes": list}, place)
    hashes = tuple(_base64(_text(item, place), f"{place}.hashes") for item in told["hashes"])
    return LoggedEvent(told["content"], _base64(told["salt"], f"{place}.salt"), hashes)


def _absence(value: object, place: str) -> Absence:
    told = _fields(value, {"class": str, "proof": str, "event": dict}, place)
    event = _event(told["event"], f"{place}.event")
    return Absence(told["class"], _base64(told["proof"], f"{place}.proof"), event)


def _recipient(value: object, place: str) -> Recipient:
    optional = _optional(value, ("since", "due", "receipt"))
    spec = dict.fromkeys(("subscriber", "name_zh", "name_en", "state"), str) | optional | {"position": int}
    further = type(value) is dict and "further_down" in value
    told = _fields(value, spec | {"further_down": list} if further else spec, place)
    if told["state"] not in STATES or (further and not told["further_down"]):
        raise ProofError(_CODE, place=f"{place}.state")
    return Recipient(
        **{name: told[name] for name in _RECIPIENT},
        journaled=_unless_null(told["journaled"], _event, f"{place}.journaled"),
        further_down=tuple(
            _further_down(item, f"{place}.further_down[{number}]")
            for number, item in enumerate(told.get("further_down", ()))
        ),
    )


def _further_down(value: object, place: str) -> FurtherDown:
    optional = _optional(value, ("since", "due", "statement"))
    told = _fields(value, {"holder": str, "state": str, "via": list} | optional, place)
    if told["state"] not in STATES or told["state"] == "never_sent":
        raise ProofError(_CODE, place=f"{place}.state")
    return FurtherDown(
        **{name: told[name] for name in _FURTHER},
        via=tuple(_text(item, f"{place}.via") for item in told["via"]),
        journaled=_unless_null(told["journaled"], _event, f"{place}.journaled"),
    )


def _optional(value: object, names: tuple[str, ...]) -> dict[str, type]:
    """The types of what may be null: of texts by their names, and of the event that journaled them."""
    told = cast("dict[str, Any]", value) if type(value) is dict else {}
    wanted = dict.fromkeys(names, str) | {"journaled": dict}
    return {name: type(None) if told.get(name) is None else kind for name, kind in wanted.items()}


def _fields(value: object, fields: dict[str, type], place: str) -> dict[str, Any]:
    try:
        return require_fields(value, fields)
    except ProofError as error:
        raise ProofError(_CODE, place=f"{place}: {error.place}") from None


def _unless_null(value: object, read: Callable[[object, str], _Made], place: str) -> _Made | None:
    return None if value is None else read(value, place)


def _text(value: object, place: str) -> str:
    if type(value) is not str:
        raise ProofError(_CODE, place=place)
    return value


def _base64(value: str, place: str) -> bytes:
    return from_base64(value, code=_CODE, place=place)
