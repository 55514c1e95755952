"""The status filter of this installation: made from what was ever published, signed, announced in the journal, served.

Each issue is one section: the first of a new file, or a delta that continues the file which was issued before. Its
event ``filter.issued`` says its digest, so that whoever was given another one can show it. What a section is and how
it answers stands in ``proof.status_filter``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils import timezone

from goodstanding.proof import SignerKey, TlogProof
from goodstanding.proof.status_filter import Header, StatusFilter, read_filter, sign_section
from goodstanding.registry import locks
from goodstanding.registry.journal import NewEvent, append

from . import proofs
from .errors import ExchangeError
from .models import StatusFilterSection

#: A file begins anew after so many sections, or when those after the first outgrow half of it and so many bytes.
SECTIONS: Final = 40
GROWN: Final = 65_536


@dataclass(frozen=True, slots=True)
class File:
    """The file as everyone is given it: its sections in their order."""

    sections: tuple[StatusFilterSection, ...]

    @property
    def newest(self) -> StatusFilterSection:
        """The last section."""
        return self.sections[-1]

    @property
    def data(self) -> bytes:
        """All bytes."""
        return b"".join(bytes(section.data) for section in self.sections)

    def since(self, digest: str) -> bytes | None:
        """What continues the file that ends with the section of a digest; None where that is none of this file's."""
        digests = [section.digest for section in self.sections]
        if digest not in digests:
            return None
        return b"".join(bytes(section.data) for section in self.sections[digests.index(digest) + 1 :])


def current() -> File | None:
    """The file that is served; None while none was issued."""
    found = tuple(StatusFilterSection.objects.order_by("position"))
    return File(found) if found else None


def newest() -> StatusFilterSection | None:
    """The newest section without its bytes, with ``whole``: how many the file has."""
    last = StatusFilterSection.objects.order_by("-position").defer("data").first()
    if last is not None:
        last.whole = StatusFilterSection.objects.aggregate(bytes=Sum(Length("data")))["bytes"]
    return last


def issue_due(*, at: datetime) -> StatusFilterSection | None:
    """Issue a section where the setting asks for one: so many hours after the last, if a record has changed since."""
    if not settings.STATUS_FILTER_HOURS:
        return None
    last = newest()
    if last is not None and (at - last.issued_at).total_seconds() < settings.STATUS_FILTER_HOURS * 3600:
        return None
    return issue(at=at)


def issue(*, at: datetime, whole: bool = False) -> StatusFilterSection | None:
    """Make the filter of everything ever published up to now, sign it, and announce it in the journal.

    Args:
        at: the instant of issue. whole: begin the file anew.

    Returns:
        What was issued; None where nothing has happened to a record since the last one, or another process
        issued one meanwhile.
    """
    # numpy takes a tenth of a second to load and serves nothing else of what the web server does.
    from goodstanding.proof.status_filter_make import BulkFilter, make_body

    from .status_filter_members import members

    before = current()
    if not whole and not _happened(since=before.newest.size if before else 0):
        return None
    whole = whole or before is None or _is_grown(before)
    signer = SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)
    held: StatusFilter | None = None
    if before is not None and not whole:
        held = read_filter(before.data, key=signer.verifier)
    partition = settings.STATUS_FILTER_PARTITION
    bulk = BulkFilter(held) if held else None
    with members(partition=partition, on=timezone.localdate(at), held=bulk) as found:
        body = make_body(found, seed=int.from_bytes(os.urandom(8), "big"))
        size = found.size
    header = Header(
        origin=settings.LOG_ORIGIN,
        size=size,
        issued_at=at.isoformat(timespec="seconds"),
        after=held.digest if held else "",
        partition=partition,
    )
    data = sign_section(header, body, signer=signer)
    made = read_filter(data, key=signer.verifier, after=held).sections[-1]
    section = StatusFilterSection(
        size=size, issued_at=at, partition=partition, digest=made.digest, after=header.after, data=data
    )
    return _keep(section, before=before)


@transaction.atomic
def _keep(section: StatusFilterSection, *, before: File | None) -> StatusFilterSection | None:
    """Store and announce a section, unless the file is no longer the one that it was made for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.STATUS_FILTER])
    last = newest()
    if (last and last.digest) != (before and before.newest.digest):
        return None
    if not section.after:
        StatusFilterSection.objects.all().delete()
    told = {"size": section.size, "digest": section.digest, "bytes": len(section.data)}
    told |= {"after": section.after} if section.after else {}
    (section.position,) = append([NewEvent("filter.issued", told)], at=section.issued_at)
    section.save(force_insert=True)
    return section


def issue_proof() -> TlogProof:
    """The tlog-proof that the newest section was announced in the journal: everyone is told the same digest.

    Raises:
        ExchangeError: filter.none, log.empty, log.unproved.
    """
    last = newest()
    if last is None:
        raise ExchangeError("filter.none")
    return proofs.position_proof(last.position)


def _is_grown(file: File) -> bool:
    first, *later = (len(section.data) for section in file.sections)
    other = file.newest.partition != settings.STATUS_FILTER_PARTITION
    return other or len(later) + 1 >= SECTIONS or sum(later) > first / 2 + GROWN


def _happened(*, since: int) -> bool:
    """Whether the journal tells anything of a record after a position."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM registry_event WHERE position > %s AND kind LIKE 'record.%%')",
            [since],
        )
        return bool(cursor.fetchone()[0])
