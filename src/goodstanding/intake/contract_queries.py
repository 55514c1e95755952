"""Every contract of an installation as it stands: what lies in the folder, what is in use, what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority

from .contract import Contract, contract_ids, load_contract
from .contract_diff import version_tuple
from .contract_models import ContractVersion, SignOff
from .contract_versions import asked_of, contract_of
from .errors import ContractNotFound, ContractRefused
from .models import Batch


@dataclass(frozen=True, slots=True)
class ContractStanding:
    """One contract: as it lies in the folder, or why it cannot be read there, and its versions, the newest first."""

    id: str
    in_folder: Contract | None
    problem: ContractRefused | None
    versions: tuple[ContractVersion, ...]

    @property
    def in_use(self) -> ContractVersion | None:
        """The version under which files come in: that of the folder where it is accepted, else the last accepted."""
        accepted = [version for version in self.versions if version.accepted_at is not None]
        if self.in_folder is not None:
            for version in accepted:
                if version.version == self.in_folder.version:
                    return version
        return max(accepted, key=lambda version: (version.accepted_at, version.pk), default=None)

    @property
    def waiting(self) -> tuple[ContractVersion, ...]:
        """The versions that wait for signatures or for being put into use."""
        return tuple(version for version in self.versions if waits(version, self.versions))

    @property
    def is_unproposed(self) -> bool:
        """Whether the folder holds a version that is not known yet, while another one is in use."""
        known = {version.version for version in self.versions}
        return bool(known) and self.in_folder is not None and self.in_folder.version not in known

    @property
    def contract(self) -> Contract | None:
        """What it says now: the version in use, else what lies in the folder; None where it cannot be read today."""
        if self.in_use is None or (self.in_folder and self.in_use.version == self.in_folder.version):
            return self.in_folder
        return as_accepted(self.in_use)[0]


def as_accepted(version: ContractVersion) -> tuple[Contract | None, ContractRefused | None]:
    """A version as it was kept, or why it cannot be read today: its item may have left the catalogue."""
    try:
        return contract_of(version), None
    except ContractRefused as error:
        return None, error


def waits(version: ContractVersion, versions: Iterable[ContractVersion]) -> bool:
    """Whether a version still waits; one that a later version overtook does not."""
    number = version_tuple(version.version)
    return version.accepted_at is None and not any(
        other.accepted_at is not None and version_tuple(other.version) > number for other in versions
    )


def contract_standings() -> list[ContractStanding]:
    """Every contract by id, those too that lie in the folder no more."""
    held: dict[str, list[ContractVersion]] = {}
    for version in _versions():
        held.setdefault(version.contract, []).append(version)
    return [_standing(name, held.get(name, [])) for name in sorted({*contract_ids(), *held})]


def contract_standing(contract_id: str) -> ContractStanding:
    """One contract.

    Raises:
        ContractNotFound: there is none, nor ever was.
    """
    held = [*_versions(contract_id)]
    if not held and contract_id not in contract_ids():
        raise ContractNotFound(contract_id, contract_ids())
    return _standing(contract_id, held)


def waiting_versions() -> list[ContractVersion]:
    """Every version that waits, by contract. Texts are not read."""
    found = [*_versions()]
    return [one for one in found if waits(one, (other for other in found if other.contract == one.contract))]


def open_questions(actor: Actor) -> list[ContractVersion]:
    """The versions that wait for an answer of the consumer to whom an actor belongs."""
    asked = SignOff.objects.filter(asked_of(actor), signed_at__isnull=True, objection="")
    wanted = set(asked.values_list("version_id", flat=True))
    return [version for version in waiting_versions() if version.pk in wanted] if wanted else []


def answers(version: ContractVersion) -> list[SignOff]:
    """Everyone who is asked about a version, with what each said."""
    return [
        *version.sign_offs.select_related(
            "account__user", "authority", "signed_by__user", "objected_by__user"
        ).order_by("pk")
    ]


def senders(contract_id: str) -> list[Authority]:
    """The authorities that have sent files under a contract, by code."""
    sent = Batch.objects.filter(contract=contract_id).values("authority")
    return [*Authority.objects.filter(pk__in=sent).order_by("code")]


def _versions(contract_id: str | None = None) -> Iterable[ContractVersion]:
    found = ContractVersion.objects.defer("text").annotate(
        asked=Count("sign_offs"),
        signed=Count("sign_offs", filter=Q(sign_offs__signed_at__isnull=False)),
        objected=Count("sign_offs", filter=~Q(sign_offs__objection="") & Q(sign_offs__isnull=False)),
    )
    if contract_id is not None:
        found = found.filter(contract=contract_id)
    return found.order_by("contract", "-proposed_at", "-pk")


def _standing(contract_id: str, versions: list[ContractVersion]) -> ContractStanding:
    in_folder, problem = None, None
    try:
        in_folder = load_contract(contract_id)
    except ContractRefused as error:
        problem = error
    except ContractNotFound:
        pass  # it was taken out of the folder; its versions are still there
    return ContractStanding(contract_id, in_folder, problem, tuple(versions))
