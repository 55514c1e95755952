"""Checking a restoration certificate offline: one finding for each thing that it says, each by itself.

A check is `proved`, `refused` (with the error that says why), or `open`: it was not made, for want of what only the
reader can bring, such as the platform's key as it is known from elsewhere.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from goodstanding.proof.canonical import Json, canonical, commitment
from goodstanding.proof.certificate import (
    PREFIX,
    Certificate,
    FurtherDown,
    LoggedEvent,
    Recipient,
    parse_certificate,
    totals_of,
)
from goodstanding.proof.checkpoint import Checkpoint, verify_checkpoint
from goodstanding.proof.cosignature import WitnessKey, verify_cosignatures
from goodstanding.proof.document import require_agreement
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import verify_bytes
from goodstanding.proof.map_document import MAP_NAME, root_of_event, state_key
from goodstanding.proof.merkle import leaf_hash, verify_inclusion
from goodstanding.proof.note import VerifierKey
from goodstanding.proof.onward import SignedOnward, verify_onward
from goodstanding.proof.policy import Policy, verify_witnessed
from goodstanding.proof.receipt import SignedReceipt, verify_receipt
from goodstanding.proof.vmap import MapProof, verify_absence

Status = Literal["proved", "refused", "open"]
#: Every check, in the order in which they are made: what it says where it is proved, in English and Chinese.
CHECKS: Final[dict[str, tuple[str, str]]] = {
    "key": ("the platform's key is the one that you gave", "平台公钥与您提供的公钥一致"),
    "signature": ("the platform has signed the whole certificate", "平台已对整份证明签名"),
    "checkpoint": ("the checkpoint is signed with the same key", "检查点由同一密钥签名"),
    "witnesses": ("witnesses have cosigned the checkpoint", "见证方已对检查点联署"),
    "decision": ("the decision stands in the log", "修复决定已记入日志"),
    "removal": ("the record's restoration stands in the log", "该信息的修复已记入日志"),
    "absence": ("the entity has no publishable record of this kind", "该主体已无此类可公示信息"),
    "recipients": ("the list of recipients is as the platform stated it", "接收方名单与平台所述一致"),
    "receipt": ("the recipient's receipt is signed", "接收方回执的签名有效"),
    "way": (
        "the receipt from further down is signed, and vouched for by whom it came",
        "下级回执的签名有效，并经转交方签名担保",
    ),
    "journaled": ("the receipt stands in the log, with its key", "回执及其公钥已记入日志"),
}


@dataclass(frozen=True)
class Finding:
    """One check: its name, what it was about (a recipient's id, one further down, a position; empty for the whole), and
    what came of it.

    `error` says why where it is refused; `note` says more where it is open or proved.
    """

    check: str
    status: Status
    subject: str = ""
    error: ProofError | None = None
    note: str = ""


@dataclass(frozen=True)
class CheckedCertificate:
    """A certificate and what was found. `digest`: SHA-256 of the file, in hex, as the paper's code has it."""

    certificate: Certificate
    digest: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was refused."""
        return all(item.status != "refused" for item in self.findings)

    @property
    def key_was_given(self) -> bool:
        """Whether it was checked against a key that the reader brought. If not, it agrees with itself, no more."""
        return any(item.check == "key" and item.status == "proved" for item in self.findings)


def check_certificate(
    data: bytes, *, key: VerifierKey | None = None, policy: Policy | None = None
) -> CheckedCertificate:
    """Check a certificate, all of it, without asking anyone.

    Arguments: `data`, the file, not trusted; `key`, the platform's log key as the reader knows it from elsewhere;
    `policy`, the logs and witnesses that the reader trusts (its logs serve as keys where no key is given). Returns a
    finding for each check. Raises ProofError `certificate_malformed` where the file is no certificate at all.
    Sources: RFC 8785, RFC 8032, RFC 9162 section 2.1.3.2, C2SP tlog-checkpoint, tlog-cosignature, tlog-policy.
    """
    certificate, signature = parse_certificate(data)
    told = _Told(certificate, signature, key, policy)
    findings = [told.key(), *(_made(check, make) for check, make in told.checks())]
    for recipient in certificate.recipients:
        findings += told.answers(recipient)
    return CheckedCertificate(certificate, hashlib.sha256(data).hexdigest(), tuple(findings))


class _Told:
    """A certificate under examination."""

    def __init__(
        self, certificate: Certificate, signature: bytes, key: VerifierKey | None, policy: Policy | None
    ) -> None:
        self.told, self.signature, self.policy = certificate, signature, policy
        self.given = [key] if key else [log.key for log in policy.logs] if policy else []

    def key(self) -> Finding:
        if not self.given:
            return Finding("key", "open", note=self.told.key)
        if self.told.key in [key.encode() for key in self.given]:
            return Finding("key", "proved")
        error = ProofError("signer_unknown", place="key: the certificate names another than the given one")
        return Finding("key", "refused", error=error)

    def checks(self) -> list[tuple[str, Callable[[], Finding | None]]]:
        """The checks of the whole, by their names. Each raises ProofError, or says nothing where it is proved."""
        return [
            ("signature", self._signature),
            ("checkpoint", self._signed_checkpoint),
            ("witnesses", self._witnesses),
            ("decision", self._decision),
            ("removal", self._removal),
            ("absence", self._absence),
            ("recipients", self._recipients),
        ]

    def answers(self, recipient: Recipient) -> list[Finding]:
        """What is found about the receipt of a recipient, and those of whom it had passed the record on to."""
        who = recipient.subscriber
        findings = [_made("receipt", lambda: self._receipt(recipient), subject=who)]
        if recipient.receipt is not None:
            findings.append(_made("journaled", lambda: self._journaled(recipient), subject=who))
        for item in recipient.further_down:
            findings += self._further_down(recipient, item)
        return findings

    def _further_down(self, recipient: Recipient, item: FurtherDown) -> list[Finding]:
        who = recipient.about(item)
        if item.statement is None:
            return [_made("way", lambda: self._unanswered(item, who), subject=who)]
        return [
            _made("way", lambda: self._way(recipient, item, item.statement or ""), subject=who),
            _made("journaled", lambda: self._passed_on(item, item.statement or "", who), subject=who),
        ]

    def _signature(self) -> None:
        signer = VerifierKey.decode(self.told.key)
        message = PREFIX + canonical(self.told.to_object())
        verify_bytes(message, signature=self.signature, public_key=signer.public_key, place="signature")

    def _signed_checkpoint(self) -> None:
        self._checkpoint()

    def _checkpoint(self) -> Checkpoint:
        keys = [VerifierKey.decode(self.told.key)]
        require_agreement(keys[0].name == self.told.origin, "key and origin")
        return verify_checkpoint(self.told.checkpoint, origin=self.told.origin, keys=keys)

    def _witnesses(self) -> Finding | None:
        if self.policy is not None:
            found = verify_witnessed(self.told.checkpoint, policy=self.policy)
            names = ", ".join(item.witness.name for item in found.cosignatures)
            return Finding("witnesses", "proved", note=names)
        named = [WitnessKey.decode(text) for text in self.told.witnesses]
        held = verify_cosignatures(self.told.checkpoint, witnesses=named)
        missing = set(named) - {item.witness for item in held}
        require_agreement(not missing, f"witnesses and cosignatures: {', '.join(k.name for k in missing)}")
        return Finding("witnesses", "open", note=", ".join(key.name for key in named))

    def _decision(self) -> None:
        content = self._logged(self.told.decision, "decision")
        removed = self.told.removal.content
        require_agreement(content.get("case_state") == "granted", "decision.case_state")
        for name in ("record", "at"):
            require_agreement(content.get(name) == removed.get(name), f"{name} of decision and removal")
        require_agreement(
            self.told.decision.position > self.told.removal.position, "order of decision and removal"
        )

    def _removal(self) -> None:
        content = self._logged(self.told.removal, "removal")
        for name, wanted in (("kind", "record.restored"), ("state", "restored")):
            require_agreement(content.get(name) == wanted, f"removal.{name}")

    def _absence(self) -> Finding | None:
        absence, removed = self.told.absence, self.told.removal
        if absence is None:
            return Finding("absence", "open")
        content = self._logged(absence.event, "absence.event")
        for name, wanted in (("kind", "map.sealed"), ("map", MAP_NAME)):
            require_agreement(content.get(name) == wanted, f"absence.event.{name}")
        require_agreement(absence.class_ == removed.content.get("record_kind"), "absence.class")
        root, until = root_of_event(content, "absence.event.root"), content.get("until")
        covers = type(until) is int and until >= removed.position
        require_agreement(covers, "absence.event.until and removal.position")
        key = state_key(entity=str(removed.content.get("entity")), class_=absence.class_)
        verify_absence(root=root, key=key, proof=MapProof.decode(absence.proof))
        return Finding("absence", "proved", subject=str(until))

    def _recipients(self) -> None:
        recipients = self.told.recipients
        require_agreement(self.told.totals == totals_of(recipients), "totals and recipients")
        everyone = [item.subscriber for item in recipients]
        everyone += [one.about(item) for one in recipients for item in one.further_down]
        repeated = [who for who, count in Counter(everyone).items() if count > 1]
        require_agreement(not repeated, f"recipient {repeated[0] if repeated else ''} stands twice")

    def _receipt(self, recipient: Recipient) -> Finding | None:
        answered = recipient.state in ("dropped", "not_held")
        require_agreement(answered == (recipient.receipt is not None), "state and receipt")
        if recipient.receipt is None:
            return Finding("receipt", "open", subject=recipient.subscriber, note=recipient.state)
        signed = SignedReceipt.from_json(recipient.receipt)
        receipt = verify_receipt(signed, public_key=signed.public_key)
        require_agreement(signed.to_json() == recipient.receipt.encode(), "receipt: not in canonical form")
        require_agreement(receipt.subscriber == recipient.subscriber, "receipt.subscriber")
        require_agreement(receipt.record == self.told.removal.content.get("record"), "receipt.record")
        require_agreement(receipt.action == recipient.state, "receipt.action and state")
        return None

    def _journaled(self, recipient: Recipient) -> Finding | None:
        if recipient.journaled is None:
            return Finding("journaled", "open", subject=recipient.subscriber)
        text = recipient.receipt or ""
        receipt = SignedReceipt.from_json(text).receipt
        told: dict[str, Json] = {
            "kind": "receipt.recorded",
            "subscriber": receipt.subscriber,
            "record": receipt.record,
            "removal": receipt.position,
            "action": receipt.action,
        }
        self._journals(recipient.journaled, told, text)
        return None

    def _unanswered(self, item: FurtherDown, who: str) -> Finding:
        require_agreement(item.state in ("waiting", "late"), "state and statement")
        return Finding("way", "open", subject=who, note=item.state)

    def _way(self, recipient: Recipient, item: FurtherDown, text: str) -> None:
        """The recipient's word for somebody further down, and that one's own receipt inside; beside its own receipt."""
        self._receipt(recipient)
        require_agreement(recipient.receipt is not None, "further_down and receipt")
        signed = SignedOnward.from_json(text)
        said = verify_onward(signed, public_key=signed.public_key)
        require_agreement(signed.to_json() == text.encode(), "statement: not in canonical form")
        own = SignedReceipt.from_json(recipient.receipt or "").receipt
        require_agreement(said.subscriber == recipient.subscriber, "statement.subscriber")
        require_agreement(said.position == own.position, "statement.position and receipt.position")
        require_agreement(said.record == self.told.removal.content.get("record"), "statement.record")
        require_agreement((*said.via, said.holder) == item.path, "statement.holder and holder")
        require_agreement(said.holders_receipt().receipt.action == item.state, "statement.receipt and state")

    def _passed_on(self, item: FurtherDown, text: str, who: str) -> Finding | None:
        if item.journaled is None:
            return Finding("journaled", "open", subject=who)
        said = SignedOnward.from_json(text).onward
        told: dict[str, Json] = {
            "kind": "receipt.passed_on",
            "subscriber": said.subscriber,
            "record": said.record,
            "removal": said.position,
            "holder": said.holder,
            "action": item.state,
        }
        self._journals(item.journaled, told, text)
        return None

    def _journals(self, event: LoggedEvent, told: dict[str, Json], text: str) -> None:
        """That an event of the log says this, and holds the digest of a text."""
        content = self._logged(event, "journaled")
        for name, value in (told | {"digest": hashlib.sha256(text.encode()).hexdigest()}).items():
            require_agreement(content.get(name) == value, f"journaled.{name}")

    def _logged(self, event: LoggedEvent, place: str) -> dict[str, Json]:
        """The content of an event that is in the log, under the signed checkpoint."""
        checkpoint = self._checkpoint()
        if event.position < 1:
            raise ProofError("document_malformed", place=f"{place}.content.position")
        verify_inclusion(
            leaf_hash=leaf_hash(commitment(salt=event.salt, content=event.content)),
            index=event.position - 1,
            size=checkpoint.size,
            proof=event.hashes,
            root=checkpoint.root,
        )
        return event.content


def _made(check: str, make: Callable[[], Finding | None], *, subject: str = "") -> Finding:
    try:
        return make() or Finding(check, "proved", subject=subject)
    except ProofError as error:
        return Finding(check, "refused", subject=subject, error=error)
