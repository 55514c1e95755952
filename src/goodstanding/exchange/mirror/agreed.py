"""A sharing agreement as its recipient reads it: proved to be the provider's, and held against what arrives. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from goodstanding import proof
from goodstanding.proof import ProofError, VerifierKey

from .errors import MirrorError
from .store import State

#: What stands where an agreement masks something.
MASKED: Final = "＊"
#: States in which what came under an agreement is held on: a suspended one may be resumed.
_HELD_ON: Final = ("in_force", "suspended")
_OVER: Final = ("owing", "deleted")
#: A way by which records come to a mirror.
Door = Literal["feed", "file", "api"]
#: Methods by which records come by the feed.
_BY_FEED: Final = frozenset({"feed", "push"})
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that waits for signatures. ``changes`` are the platform's words for what it changes."""

    version: str
    digest: bytes
    breaking: bool
    waits_for: tuple[str, ...]
    document: dict[str, Any]
    changes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """One agreement. ``version`` is None, and ``document`` the draft, until one is concluded."""

    reference: str
    state: str
    version: str | None
    digest: bytes
    document: dict[str, Any]
    ended_on: date | None
    deletion_due: date | None
    #: How the recipient signed: ``key``, ``paper``, or ``provider`` where its signature was not needed.
    signed: str
    waiting: Waiting | None

    @property
    def clauses(self) -> dict[str, Any]:
        """The clauses of the document that the standard lacks: scope, onwardTransfer, duties, validity."""
        found: dict[str, Any] = self.document["customProperties"][0]["value"]
        return found

    def opens(self, door: Door) -> bool:
        """Whether records come under it to a mirror by a way. Where it has the feed nothing is fetched by files."""
        methods = methods_of(self.clauses)
        if door == "feed":
            return not methods.isdisjoint(_BY_FEED)
        return door in methods and (door == "api" or methods.isdisjoint(_BY_FEED))

    @property
    def is_brought(self) -> bool:
        """Whether all that comes under it is brought by the mirror by itself: by the feed, or by files alone."""
        methods = methods_of(self.clauses)
        return methods <= _BY_FEED or methods == {"file"}

    def level(self, name: str) -> timedelta | None:
        """A level of service, ``frequency`` or ``freshness``; None where nothing is agreed."""
        for one in self.document.get("slaProperties") or ():
            if one["property"] == name:
                return timedelta(**{_UNITS[one["unit"]]: one["value"]})
        return None

    @property
    def onward(self) -> tuple[str, ...]:
        """To whom records may be passed on."""
        return tuple(self.clauses["onwardTransfer"])

    def has_ended(self, on: date) -> bool:
        """Whether it was ended or its time is over on a day."""
        last = self.clauses["validity"].get("until")
        if self.state in _OVER or (self.ended_on is not None and self.ended_on <= on):
            return True
        return self.version is not None and last is not None and date.fromisoformat(last) < on

    def lasts(self, on: date) -> bool:
        """Whether what came under it may be held on a day."""
        return self.version is not None and self.state in _HELD_ON and not self.has_ended(on)

    def names(self, *, kind: str, item: str | None, division: str | None) -> bool:
        """Whether such a record lies within; an item or division that is not known is taken as inside."""
        scope = self.clauses["scope"]
        if kind not in scope["kinds"] and (not scope["items"] or item not in (None, *scope["items"])):
            return False
        prefixes = division_prefixes(scope["divisions"])
        return not prefixes or division is None or division.startswith(prefixes)


def read(answer: dict[str, Any], *, state: State) -> Agreed:
    """An agreement of the platform's answer, proved as far as it is concluded.

    Proved: its document is what both sides' digest says, it names the provider whose log is followed and this
    subscriber, the provider signed it with the log's pinned key, and the recipient's signature, where there is one, is
    by the key that the document names.

    Raises:
        MirrorError: agreement.unproved with what is not proved, or platform.answer.
    """
    reference = str(answer.get("agreement"))
    try:
        found = parse(answer)
        if found.version is not None:
            _prove(found, answer["signed"], state=state)
        if found.waiting is not None:
            _check_waiting(found.waiting, reference=reference, state=state)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise MirrorError("platform.answer", place=f"/agreements {reference}: {error!r}") from error
    except ProofError as error:
        raise MirrorError("agreement.unproved", place=f"{reference}: {error}") from error
    return found


def parse(answer: dict[str, Any]) -> Agreed:
    """An agreement of an answer that was proved when it came."""
    signed, waiting = answer["signed"], answer["waiting"]
    how = "provider"
    if signed is not None and (signed["recipient"] or signed["paper"]):
        how = "key" if signed["recipient"] else "paper"
    return Agreed(
        reference=answer["agreement"],
        state=answer["state"],
        version=answer["version"],
        digest=bytes.fromhex(signed["digest"]) if signed else b"",
        document=answer["document"],
        ended_on=_day(answer["ended_on"]),
        deletion_due=_day(answer["deletion_due"]),
        signed=how,
        waiting=waiting
        and Waiting(
            waiting["version"],
            bytes.fromhex(waiting["digest"]),
            waiting["breaking"],
            tuple(waiting["waits_for"]),
            waiting["document"],
            tuple(waiting["changes"]),
        ),
    )


def _prove(found: Agreed, signed: dict[str, Any], *, state: State) -> None:
    place = f"{found.reference}@{found.version}"
    _check_text(found.document, found.digest, place=place, version=found.version, state=state)
    if found.document["id"] != found.reference:
        raise MirrorError("agreement.unproved", place=f"{place}: the document is of another agreement")
    signature = proof.keys.from_base64(signed["provider"], code="signature_invalid", place=place)
    key = VerifierKey.decode(state.key).public_key
    proof.verify_agreement(found.digest, signature=signature, public_key=key, place=f"provider of {place}")
    if signed["recipient"]:
        own = bytes.fromhex(found.clauses["recipient"]["key"])
        signature = proof.keys.from_base64(signed["recipient"], code="signature_invalid", place=place)
        proof.verify_agreement(
            found.digest, signature=signature, public_key=own, place=f"recipient of {place}"
        )


def _check_waiting(waiting: Waiting, *, reference: str, state: State) -> None:
    place = f"{reference}@{waiting.version}"
    _check_text(waiting.document, waiting.digest, place=place, version=waiting.version, state=state)


def _check_text(
    document: dict[str, Any], digest: bytes, *, place: str, version: str | None, state: State
) -> None:
    """The document is what is signed, and is between this provider and this recipient."""
    if proof.agreement_digest(document) != digest or document["version"] != version:
        raise MirrorError("agreement.unproved", place=f"{place}: the document is not that of its digest")
    clauses, key = document["customProperties"][0]["value"], VerifierKey.decode(state.key).public_key
    if (clauses["provider"]["name"], clauses["provider"]["key"]) != (state.origin, key.hex()):
        raise MirrorError(
            "agreement.unproved", place=f"{place}: the provider is not the log that is followed"
        )
    if clauses["recipient"]["subscriber"] != state.subscriber:
        raise MirrorError("agreement.unproved", place=f"{place}: the recipient is somebody else")


def covers(agreements: Sequence[Agreed], document: dict[str, Any]) -> bool:
    """Whether agreements together let a record's document be held as it is: kind or item, place, fields and masking.

    A field is shown as the most open agreement that has it shows it; what all of them mask must be masked.
    """
    entity = document["entity"]
    found = [
        one.clauses["scope"]
        for one in agreements
        if one.names(kind=document["kind"], item=document.get("item"), division=entity["division"])
    ]
    if not found:
        return False
    if any(scope["fields"] == "all" and not scope["masking"] for scope in found):
        return True
    masked = set.intersection(*(set(scope["masking"]) for scope in found))
    if ("name" in masked and entity["name"] != MASKED) or ("identifiers" in masked and entity["identifiers"]):
        return False
    if any(scope["fields"] == "all" for scope in found):
        return True
    return set(document["content"]) <= {field for scope in found for field in scope["fields"]}


def standing_of(agreements: Sequence[Agreed], on: date) -> MirrorError | None:
    """What a person should know of the agreements on a day: that none lets anything be held, or one is suspended."""
    suspended = [one.reference for one in agreements if one.state == "suspended"]
    if suspended:
        return MirrorError("agreement.suspended", place=", ".join(suspended))
    if not any(one.lasts(on) for one in agreements):
        states = ", ".join(f"{one.reference} is {one.state}" for one in agreements)
        return MirrorError("agreement.none", place=states or "the platform shows none")
    return None


def fingerprint(agreements: Iterable[Agreed]) -> str:
    """One text for a set of agreements: what it is held against stays the same as long as the text does."""
    named = sorted(f"{one.reference} {one.digest.hex()}" for one in agreements)
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def division_prefixes(codes: Iterable[str]) -> tuple[str, ...]:
    """The leading digits that all places inside divisions share: 330000 gives 33, 330100 gives 3301."""
    return tuple(_prefix(code) for code in codes)


def _prefix(code: str) -> str:
    while code.endswith("00"):
        code = code[:-2]
    return code


def methods_of(clauses: dict[str, Any]) -> frozenset[str]:
    """The methods that the clauses of a document name: one word, or a list of them."""
    method = clauses["method"]
    return frozenset([method] if isinstance(method, str) else method)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
