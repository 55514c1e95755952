"""The way of a contract version: proposed, signed by those whom it would break, active.

The first version of a contract and every compatible one are accepted when the first file comes under them. A version
that breaks something waits until each consumer has signed: the subscribers whose agreements carry its kind of record,
and the authorities that have sent files under it. Until then files under it are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from .contract import Contract, contract_text, load_contract, parse_contract
from .contract_change import Change
from .contract_diff import differences, required_version, version_tuple
from .contract_models import ContractVersion, SignOff
from .errors import ContractNotActive, ContractStep
from .holding import REASON_AT_LEAST, REASON_AT_MOST
from .models import Batch


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a version of a contract stands: its row, the consumers who have not signed, and why some object."""

    version: ContractVersion
    missing: tuple[str, ...]
    objections: tuple[tuple[str, str], ...] = ()

    @property
    def active(self) -> bool:
        return self.version.accepted_at is not None


def digest_of(contract: Contract) -> str:
    """SHA-256 of what a contract says. What it leaves to a default does not count: defaults may come to be."""
    said = contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def in_use(contract_id: str) -> ContractVersion | None:
    """The version of a contract that was accepted last."""
    accepted = ContractVersion.objects.filter(contract=contract_id, accepted_at__isnull=False)
    return accepted.order_by("-accepted_at", "-pk").first()


def contract_of(version: ContractVersion) -> Contract:
    """A version as it was accepted, whatever lies in the folder now."""
    return parse_contract(version.text, file=f"{version}.yaml")


@transaction.atomic
def require_active(contract: Contract, *, at: datetime) -> None:
    """Let a file come in under a contract, or say what is missing. Accepts what needs no signature.

    Raises:
        ContractNotActive: the version is not accepted, and cannot be without somebody's doing.
    """
    held = ContractVersion.objects.filter(contract=contract.id, version=contract.version).first()
    if held is not None and held.digest != digest_of(contract):
        raise ContractNotActive(
            contract=contract.reference,
            missing_en="its text is another one than was accepted under this number. Raise the version.",
            missing_zh="该版本号下的内容与已接受的不同。请提高版本号。",
        )
    if held is None:
        before, changes = _since(contract)
        if any(change.breaking for change in changes):
            assert before is not None
            raise ContractNotActive(
                contract=contract.reference,
                missing_en=f"it breaks {before}, which is in use. Propose it, so that its consumers can sign.",
                missing_zh=f"它与在用版本{before}不兼容。请先提出该版本，由使用方签认。",
            )
        held = _write(contract, changes, at=at)
    if held.accepted_at is None:
        missing = _unsigned(held)
        raise ContractNotActive(
            contract=contract.reference,
            missing_en=(
                f"the signatures of {', '.join(missing)} are missing."
                if missing
                else "everyone has signed; activate it."
            ),
            missing_zh=f"尚缺签认：{'、'.join(missing)}。" if missing else "签认已齐，请予启用。",
        )


@transaction.atomic
def propose(contract_id: str, *, subscribers: Iterable[int], on: date, at: datetime) -> Standing:
    """Propose the version of a contract that lies in the folder. What breaks nothing is accepted at once.

    Args:
        contract_id: the contract.
        subscribers: accounts of those whose sharing agreements carry its kind of record
            (``exchange.queries.consumers``).
        on: the day whose catalogue it is held against. at: now.

    Raises:
        ContractNotFound, ContractRefused: see ``load_contract``. ContractStep: contract.version, contract.proposed.
    """
    contract = load_contract(contract_id, on=on)
    held = ContractVersion.objects.filter(contract=contract.id, version=contract.version).first()
    if held is not None:
        raise ContractStep(
            code="contract.proposed",
            en=f"{held} is known already; a change of it needs another version number.",
            zh=f"{held}已经存在，修改内容须提高版本号。",
        )
    _, changes = _since(contract)
    version = _write(contract, changes, at=at)
    if version.breaking:
        senders = Batch.objects.filter(contract=contract.id).values_list("authority", flat=True).distinct()
        SignOff.objects.bulk_create(
            [
                *(SignOff(version=version, account_id=pk) for pk in sorted(set(subscribers))),
                *(SignOff(version=version, authority_id=pk) for pk in sorted(senders)),
            ]
        )
    return standing(version)


def asked_of(actor: Actor) -> Q:
    """Which sign-offs are asked of the consumer to whom an actor belongs: an authority, or a subscriber's account."""
    if actor.role == Account.Role.AUTHORITY and actor.authority_id is not None:
        return Q(authority_id=actor.authority_id)
    if actor.role == Account.Role.SUBSCRIBER and actor.account_id is not None:
        return Q(account_id=actor.account_id)
    return Q(pk__in=())


@transaction.atomic
def sign_off(version: ContractVersion, *, actor: Actor, at: datetime) -> Standing:
    """Sign a proposed version for the consumer to whom the actor belongs. A second signature changes nothing.

    Raises:
        ContractStep: contract.not_asked, contract.settled.
    """
    asked = _asked(version, actor)
    if asked.signed_at is None:
        _require_open(version)
        asked.signed_by_id, asked.signed_at = actor.account_id, at
        asked.objection, asked.objected_by, asked.objected_at = "", None, None
        asked.save()
    return standing(version)


@transaction.atomic
def object_to(version: ContractVersion, *, actor: Actor, reason: str, at: datetime) -> Standing:
    """Say no to a proposed version for the consumer to whom the actor belongs. It takes an earlier answer's place.

    Args:
        version: the version.
        actor: who says it.
        reason: why, 10 to 2,000 characters; the operator reads it.
        at: now.

    Raises:
        ContractStep: contract.not_asked, contract.settled, contract.reason.
    """
    asked = _asked(version, actor)
    _require_open(version)
    reason = reason.strip()
    if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST or "\x00" in reason:
        raise ContractStep(
            code="contract.reason",
            en=f"An objection needs a reason of {REASON_AT_LEAST} to {REASON_AT_MOST:,} characters.",
            zh=f"提出异议须写明理由（{REASON_AT_LEAST}至{REASON_AT_MOST:,}个字符）。",
        )
    asked.signed_by, asked.signed_at = None, None
    asked.objection, asked.objected_by_id, asked.objected_at = reason, actor.account_id, at
    asked.save()
    return standing(version)


def _asked(version: ContractVersion, actor: Actor) -> SignOff:
    """The actor's sign-off, with the version locked, so that no answer comes between the last look and activation."""
    ContractVersion.objects.select_for_update().get(pk=version.pk)
    asked = version.sign_offs.filter(asked_of(actor)).first()
    if asked is None:
        raise ContractStep(
            code="contract.not_asked",
            en=f"{version} does not ask for this signature.",
            zh=f"{version}无需该单位签认。",
        )
    return asked


def _require_open(version: ContractVersion) -> None:
    version.refresh_from_db(fields=["accepted_at"])
    if version.accepted_at is not None:
        raise ContractStep(
            code="contract.settled",
            en=f"{version} is in use already; an answer to it changes nothing.",
            zh=f"{version}已经启用，无法再变更意见。",
        )


@transaction.atomic
def activate(version: ContractVersion, *, subscribers: Iterable[int], at: datetime) -> Standing:
    """Let files come in under a proposed version.

    Args:
        version: the version.
        subscribers: as for ``propose``, today: who concluded an agreement meanwhile is asked too, and who has
            none any more need not sign.
        at: now.

    Raises:
        ContractStep: contract.unsigned, with the consumers who have not signed.
    """
    locked = ContractVersion.objects.select_for_update().get(pk=version.pk)
    if locked.accepted_at is None:
        if locked.breaking:
            _ask_those_of_today(locked, set(subscribers))
        if missing := _unsigned(locked):
            raise ContractStep(
                code="contract.unsigned",
                en=f"{locked} breaks what others rely on, and is not signed by {', '.join(missing)}.",
                zh=f"{locked}含不兼容变更，尚缺签认：{'、'.join(missing)}。",
            )
        locked.accepted_at = at
        locked.save(update_fields=["accepted_at"])
    return standing(locked)


def standing(version: ContractVersion) -> Standing:
    """Where a version stands."""
    waiting = [*_waiting(version)]
    objections = tuple((asked.consumer, asked.objection) for asked in waiting if asked.objection)
    return Standing(version, tuple(asked.consumer for asked in waiting), objections)


def _ask_those_of_today(version: ContractVersion, subscribers: set[int]) -> None:
    asked = version.sign_offs.filter(account__isnull=False)
    asked.filter(signed_at__isnull=True).exclude(account_id__in=subscribers).delete()
    known = set(asked.values_list("account_id", flat=True))
    SignOff.objects.bulk_create(
        [SignOff(version=version, account_id=pk) for pk in sorted(subscribers - known)]
    )


def _waiting(version: ContractVersion) -> QuerySet[SignOff]:
    waiting = version.sign_offs.filter(signed_at__isnull=True).select_related("account__user", "authority")
    return waiting.order_by("pk")


def _unsigned(version: ContractVersion) -> tuple[str, ...]:
    return tuple(asked.consumer for asked in _waiting(version))


def _since(contract: Contract) -> tuple[ContractVersion | None, tuple[Change, ...]]:
    """The version in use, and what a contract changes of it. Its number must be high enough for that."""
    before = in_use(contract.id)
    if before is None:
        return None, ()
    old = contract_of(before)
    changes = differences(old, contract)
    least = required_version(old, changes)
    if version_tuple(contract.version) < version_tuple(least):
        raise ContractNotActive(
            contract=contract.reference,
            missing_en=f"what it changes of {before} asks for version {least} at least.",
            missing_zh=f"与{before}相比，版本号至少应为{least}。",
        )
    return before, changes


def _write(contract: Contract, changes: Iterable[Change], *, at: datetime) -> ContractVersion:
    """Keep a version. Where another process keeps it in the same moment, theirs is the one that stands."""
    changes = tuple(changes)
    breaking = any(change.breaking for change in changes)
    version, _ = ContractVersion.objects.get_or_create(
        contract=contract.id,
        version=contract.version,
        defaults={
            "digest": digest_of(contract),
            "text": contract_text(contract.id),
            "changes": [change.as_json() for change in changes],
            "breaking": breaking,
            "proposed_at": at,
            "accepted_at": None if breaking else at,
        },
    )
    return version
