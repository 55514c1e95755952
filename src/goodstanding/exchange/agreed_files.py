"""Files at the frequency of an agreement with the method ``file``: all that it covers, made at each of its instants.

The instants are counted from the first moment of the version's first day, so no state decides when the next one is.
A set holds what that one agreement covers; each row carries its proof. What the journal says of a record afterwards
takes it out of every set that is still there, within the request that fetches it; the next set brings it as it then
stands. The newest two sets are kept, and none beyond the days of the version under which it was made.

A recipient that has not fetched what waits for it within the agreement's freshness is stale: what it shows may be older
than was agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from goodstanding import proof
from goodstanding.registry import locks, seal
from goodstanding.registry.actor import actor_of
from goodstanding.registry.journal import NewEvent, append

from . import corrections, snapshots
from .errors import ExchangeError
from .models import AgreedFiles, Agreement, AgreementTerm, Subscriber
from .queries import scope_for
from .scope import Term, term_of

#: Sets of an agreement that are kept.
KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Done:
    """What a round of the worker came to: sets made, and recipients that became stale."""

    made: int = 0
    stale: int = 0


def work(*, at_clock: Callable[[], datetime]) -> Done:
    """Make what is due, clear what is there, remove what is over, tell who is stale. Needs the extra ``columns``."""
    with locks.alone(locks.SNAPSHOTS, wait=False) as alone:
        if not alone:
            return Done()
        made = sum(
            _make_due(agreement, term, at=at_clock())
            for agreement, term in _open(timezone.localdate(at_clock()))
        )
        _remove_old(on=timezone.localdate(at_clock()))
        for files in AgreedFiles.objects.all():
            snapshots.clear(files, at=at_clock())
        stale = sum(
            _tell(agreement, term, at=at_clock()) for agreement, term in _open(timezone.localdate(at_clock()))
        )
    return Done(made, stale)


def instant(term: Term, *, at: datetime) -> datetime:
    """The last instant of a term's frequency up to a moment."""
    assert term.every is not None, "the method file needs a frequency"
    first = timezone.make_aware(datetime.combine(term.first, time()))
    return first + (at - first) // term.every * term.every


def sets(*, subscriber: Subscriber, reference: str, at: datetime) -> list[AgreedFiles]:
    """The sets of files that a recipient may fetch under one of its agreements, the newest first, cleared.

    Raises:
        ExchangeError: agreement.unknown; agreement.no_method, it names no files, or is not in force.
    """
    agreement = Agreement.objects.filter(subscriber=subscriber, reference=reference).first()
    if agreement is None:
        raise ExchangeError("agreement.unknown", place=reference)
    term = next((term for _, term in _open(timezone.localdate(at), agreement)), None)
    if term is None:
        raise ExchangeError("agreement.no_method", place="file")
    found = [
        snapshots.clear(files, at=at)
        for files in agreement.file_sets.filter(version=term.version).order_by("-instant")
    ]
    for files in found:
        if not files.files:
            note_fetched(files, at=at)  # it says that there is nothing, and has been read
    return found


def kept(reference: str | None = None) -> QuerySet[AgreedFiles]:
    """The sets that are there, of one agreement or of all, as the operator sees them: the newest first."""
    found = AgreedFiles.objects.select_related("agreement").order_by("agreement__reference", "-instant")
    return found if reference is None else found.filter(agreement__reference=reference)


@transaction.atomic
def give(files: AgreedFiles, name: str, *, at: datetime) -> Path | None:
    """One file of a set, by its name, and note that the recipient was given it. None where it has no such file."""
    path = snapshots.file_of(files, name)
    if path is None or not path.exists():
        return None
    held = AgreedFiles.objects.select_for_update().get(pk=files.pk)
    if name not in held.given:
        held.given.append(name)
    note_fetched(held, at=at)
    return path


@transaction.atomic
def note_fetched(files: AgreedFiles, *, at: datetime) -> None:
    """Note that a set was fetched, once all of its files were given: what is older no longer waits."""
    if files.fetched_at is None and {each["sha256"] for each in files.files} <= set(files.given):
        files.fetched_at = at
        newer = (
            files.agreement.file_sets.filter(instant__gt=files.instant, fetched_at=None)
            .order_by("instant")
            .first()
        )
        Agreement.objects.filter(pk=files.agreement_id).update(
            files_wait_since=newer and newer.made_at, stale_at=None
        )
    files.save(update_fields=["given", "fetched_at"])
    corrections.settle("file", subscribers=[files.agreement.subscriber_id])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recipient stands with the files of one agreement on a day: the newest set, and whether it is stale."""

    agreement: Agreement
    newest: AgreedFiles | None
    stale: bool

    @property
    def state(self) -> Literal["none", "stale", "waits", "fetched"]:
        """Nothing was made yet; files wait too long; they wait; the newest were fetched."""
        if self.newest is None:
            return "none"
        if self.stale:
            return "stale"
        return "fetched" if self.newest.fetched_at else "waits"

    @property
    def records(self) -> int:
        """How many records the newest set holds."""
        return sum(each["rows"] for each in self.newest.files) if self.newest else 0


def standings(*, of: Subscriber | None = None, at: datetime) -> list[Standing]:
    """Every agreement that lets files be fetched now, or those of one recipient, the stale ones first."""
    found = [
        Standing(
            agreement, agreement.file_sets.order_by("-instant").first(), is_stale(agreement, term, at=at)
        )
        for agreement, term in _open(timezone.localdate(at))
        if of is None or agreement.subscriber_id == of.pk
    ]
    return sorted(found, key=lambda row: (not row.stale, row.agreement.reference))


def manifest(files: AgreedFiles) -> dict[str, Any]:
    """What a reader needs to fetch and to verify a set."""
    return {
        "instant": files.instant.isoformat(),
        "made_at": files.made_at.isoformat(),
        "origin": settings.LOG_ORIGIN,
        "position": files.position,
        "checkpoint": files.checkpoint,
        "fetched_at": files.fetched_at and files.fetched_at.isoformat(),
        "files": files.files,
    }


def _open(on: date, agreement: Agreement | None = None) -> Iterator[tuple[Agreement, Term]]:
    """The agreements that let files be fetched on a day, each with the term that does."""
    rows = AgreementTerm.objects.filter(Q(until__isnull=True) | Q(until__gt=on), first__lte=on)
    if agreement is not None:
        rows = rows.filter(agreement=agreement)
    for row in rows.select_related("version", "agreement__subscriber__account__user").order_by(
        "agreement_id"
    ):
        term = term_of(row)
        if term.holds(on) and term.opens("file"):
            yield row.agreement, term


def _make_due(agreement: Agreement, term: Term, *, at: datetime) -> bool:
    due, checkpoint = instant(term, at=at), seal.latest()
    if checkpoint is None or AgreedFiles.objects.filter(version=term.version, instant=due).exists():
        return False
    from . import snapshot_files  # needs the extra

    made = AgreedFiles(agreement=agreement, version_id=term.version, instant=due, made_at=at)
    scope = scope_for(agreement.subscriber).through("file").under(term)
    prover = proof.TileProver(size=checkpoint.size, store=seal.DatabaseTiles())
    on = timezone.localdate(at)
    made.files = snapshot_files.write_records(
        snapshots.fresh_folder(made),
        scope=scope,
        actor=actor_of(agreement.subscriber.account),
        until=checkpoint.size,
        on=on,
        prover=prover,
    )
    made.position = made.cleared_position = checkpoint.size
    made.checkpoint, made.cleared_on = checkpoint.note, on
    snapshots.take_out(made, on=on)  # what happened while it was made
    with transaction.atomic():
        made.save()
        Agreement.objects.filter(pk=agreement.pk, files_wait_since=None).update(files_wait_since=at)
    return True


def _remove_old(*, on: date) -> None:
    """Remove what is neither among the newest of its agreement nor of a version that lets it be fetched today."""
    versions = {agreement.pk: term.version for agreement, term in _open(on)}
    kept: dict[int, int] = {}
    for files in AgreedFiles.objects.order_by("agreement_id", "-instant"):
        number = kept.get(files.agreement_id, 0)
        if versions.get(files.agreement_id) != files.version_id or number >= KEPT:
            files.delete()
        else:
            kept[files.agreement_id] = number + 1
    Agreement.objects.exclude(pk__in=versions).exclude(files_wait_since=None).update(
        files_wait_since=None, stale_at=None
    )
    snapshots.remove_orphans()


def is_stale(agreement: Agreement, term: Term, *, at: datetime) -> bool:
    """Whether a recipient has left files waiting for longer than the freshness that was agreed."""
    since = agreement.files_wait_since
    return since is not None and term.freshness is not None and at - since > term.freshness


@transaction.atomic
def _tell(agreement: Agreement, term: Term, *, at: datetime) -> bool:
    """Tell of a recipient that is stale, once until it fetches."""
    held = Agreement.objects.select_for_update(of=("self",)).select_related("subscriber").get(pk=agreement.pk)
    if held.stale_at is not None or not is_stale(held, term, at=at):
        return False
    assert held.files_wait_since is not None
    held.stale_at = at
    held.save(update_fields=["stale_at"])
    content = {
        "subscriber": str(held.subscriber.public_id),
        "name": held.subscriber.name_zh,
        "agreement": held.reference,
        "since": timezone.localdate(held.files_wait_since).isoformat(),
    }
    append([NewEvent("recipient.stale", content)], at=at)
    return True
