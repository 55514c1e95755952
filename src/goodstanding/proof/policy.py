"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them must have cosigned."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from goodstanding.proof.checkpoint import Checkpoint, verify_checkpoint
from goodstanding.proof.cosignature import Cosignature, WitnessKey, verify_cosignatures
from goodstanding.proof.errors import ProofError
from goodstanding.proof.note import VerifierKey

_NONE: Final = "none"


@dataclass(frozen=True)
class Log:
    """A log that is accepted: its key, whose name is the log's origin, and where it is, if that is said."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness under its name in the policy: its key, and the address to submit to, if that is said."""

    name: str
    key: WitnessKey
    url: str = ""


@dataclass(frozen=True)
class Group:
    """At least `threshold` of `members` (names of witnesses and of earlier groups) must have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """What a reader demands of a checkpoint. `quorum` names a witness or a group; empty demands none."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def met_by(self, cosigners: Collection[WitnessKey]) -> bool:
        """Whether cosignatures by these keys are enough."""
        witnessed = {_NONE} | {item.name for item in self.witnesses if item.key in cosigners}
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return (self.quorum or _NONE) in witnessed

    @property
    def witness_keys(self) -> tuple[WitnessKey, ...]:
        """The keys of all witnesses."""
        return tuple(item.key for item in self.witnesses)


@dataclass(frozen=True)
class Witnessed:
    """A checkpoint that a policy accepts, with the cosignatures in it that hold."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def parse_policy(text: str) -> Policy:
    """Read a policy file. Raises ProofError `policy_malformed` naming the line, or `key_malformed`."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        place = f"line {number}"
        if any((character < " " and character != "\t") or character == "\x7f" for character in line):
            raise ProofError("policy_malformed", place=f"{place}, control character")
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            reader.take(words[0], words[1:], place)
    if reader.quorum is None:
        raise ProofError("policy_malformed", place="no quorum line")
    quorum = "" if reader.quorum == _NONE else reader.quorum
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), quorum)


def verify_witnessed(note: str | bytes, *, policy: Policy) -> Witnessed:
    """Check that `note` is a checkpoint of one of the policy's logs with the cosignatures that it demands.

    Raises ProofError of `verify_checkpoint` and `verify_cosignatures`, `signer_unknown` where the policy names no
    log, or `quorum_missing`.
    """
    refusal = ProofError("signer_unknown", place="the policy names no log")
    for log in policy.logs:
        try:
            checkpoint = verify_checkpoint(note, origin=log.key.name, keys=[log.key])
            break
        except ProofError as error:
            if error.code not in ("signer_unknown", "origin_mismatch"):
                raise
            refusal = error
    else:
        raise refusal
    found = verify_cosignatures(note, witnesses=policy.witness_keys)
    if not policy.met_by([item.witness for item in found]):
        names = ", ".join(item.witness.name for item in found) or "none"
        raise ProofError("quorum_missing", place=f"quorum {policy.quorum}, cosigned by {names}")
    return Witnessed(checkpoint, found)


class _Reader:
    """Takes the lines of a policy one after the other; names must be defined before they are used."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._defined: set[str] = set()
        self._members: set[str] = set()

    def take(self, word: str, rest: list[str], place: str) -> None:
        lengths = {"log": (1, 2), "witness": (2, 3), "group": (3, 10_000), "quorum": (1, 1)}
        low, high = lengths.get(word, (1, 0))
        if not low <= len(rest) <= high:
            raise ProofError("policy_malformed", place=place)
        {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}[word](
            rest, place
        )

    def _log(self, rest: list[str], place: str) -> None:
        log = Log(VerifierKey.decode(rest[0]), *rest[1:])
        if any(log.key.public_key == other.key.public_key for other in self.logs):
            raise ProofError("policy_malformed", place=f"{place}, a log's key stands twice")
        self.logs.append(log)

    def _witness(self, rest: list[str], place: str) -> None:
        witness = Witness(rest[0], WitnessKey.decode(rest[1]), *rest[2:])
        if any(witness.key.public_key == other.key.public_key for other in self.witnesses):
            raise ProofError("policy_malformed", place=f"{place}, a witness's key stands twice")
        self._define(witness.name, place)
        self.witnesses.append(witness)

    def _group(self, rest: list[str], place: str) -> None:
        name, said, *members = rest
        for member in members:
            if member not in self._defined or member in self._members:
                raise ProofError("policy_malformed", place=f"{place}, member {member}")
            self._members.add(member)
        threshold = {"any": 1, "all": len(members)}.get(said, 0)
        if said.isascii() and said.isdecimal() and len(said) <= 5 and said[0] != "0":
            threshold = int(said)
        if not 1 <= threshold <= len(members):
            raise ProofError("policy_malformed", place=f"{place}, threshold {said}")
        self._define(name, place)
        self.groups.append(Group(name, threshold, tuple(members)))

    def _quorum(self, rest: list[str], place: str) -> None:
        if self.quorum is not None or (rest[0] != _NONE and rest[0] not in self._defined):
            raise ProofError("policy_malformed", place=place)
        self.quorum = rest[0]

    def _define(self, name: str, place: str) -> None:
        if name == _NONE or name in self._defined:
            raise ProofError("policy_malformed", place=f"{place}, name {name}")
        self._defined.add(name)
