"""What was said and handed in about a record that its source erased is erased too, once nobody has to answer on it.

Intake erases records and knows nothing of cases; this looks for the cases whose records it erased. That there was a
file, of which kind and size and when, stays; its name and its bytes go, the bytes unless they serve somebody else too.
That an application, a step or a decision was made, by whom and when, stays as well; its words go.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from goodstanding.registry.models import Record

from . import evidence_store
from .models import Application, Case, Evidence, Forwarding, Step

#: What stands in the place of words that are gone, in the language of the law and in English.
ERASED: Final = "（内容已依法删除 / erased by law）"
#: What a step may say in words of its own beside its reasons.
_SAID: Final = ("document", "correction")


@transaction.atomic
def erase_evidence_of_erased_records(*, at: datetime, limit: int = 500) -> int:
    """Erase the files that serve erased records only, where every case that shares them has ended.

    Args:
        at: the instant of the erasure.
        limit: the most files to erase in one transaction; call again while some are erased.

    Returns:
        How many files were erased.
    """
    erased = Case.objects.filter(record__state=Record.State.REDACTED).order_by()
    standing = Case.objects.filter(application=OuterRef("application")).filter(
        Q(ended_at__isnull=True) | ~Q(record__state=Record.State.REDACTED)
    )
    own = standing.filter(pk=OuterRef("case"))
    files = Evidence.objects.filter(
        application__in=erased.values("application_id"), erased_at__isnull=True
    ).filter(Q(case__isnull=True) & ~Exists(standing) | Q(case__isnull=False) & ~Exists(own))
    sent = Forwarding.objects.filter(record__state=Record.State.REDACTED, next_at__isnull=True)
    others = Forwarding.objects.filter(application=OuterRef("application")).filter(
        Q(next_at__isnull=False) | ~Q(record__state=Record.State.REDACTED)
    )
    forwarded = Evidence.objects.filter(
        ~Exists(others), application__in=sent.values("application_id"), erased_at__isnull=True
    )
    files = Evidence.objects.filter(Q(pk__in=files.values("pk")) | Q(pk__in=forwarded.values("pk")))
    found = list(files.select_for_update(of=("self",)).order_by("pk")[:limit])
    digests = [bytes(file.kept_id) for file in found]
    Evidence.objects.filter(pk__in=[file.pk for file in found]).update(kept=None, name="", erased_at=at)
    evidence_store.release(digests)
    return len(found)


@transaction.atomic
def erase_words_of_erased_records(*, at: datetime, limit: int = 500) -> int:
    """Erase the words of ended cases about erased records, and of applications all of whose cases are such.

    Reasons, notes, the documents and corrections that steps named, statements, claims and who signed: whoever could
    read them could read what was erased. The digest of an application goes too, for words can be guessed from it.

    Args:
        at: the instant of the erasure.
        limit: the most cases to erase in one transaction; call again while some are erased.

    Returns:
        How many cases were erased.
    """
    ended = Case.objects.filter(
        record__state=Record.State.REDACTED, ended_at__isnull=False, erased_at__isnull=True
    )
    cases = list(ended.select_for_update(of=("self",)).order_by("pk")[:limit])
    for case in cases:
        Case.objects.filter(pk=case.pk).update(reasons=ERASED if case.reasons else "", erased_at=at)
    for step in Step.objects.filter(case__in=cases).exclude(note="", detail={}):
        detail = {name: ERASED if name in _SAID else value for name, value in step.detail.items()}
        Step.objects.filter(pk=step.pk).update(note=ERASED if step.note else "", detail=detail)
    standing = Case.objects.filter(application=OuterRef("pk"), erased_at__isnull=True)
    spent = Application.objects.filter(pk__in=[case.application_id for case in cases])
    for application in spent.exclude(Exists(standing)):
        _erase_application(application, at=at)
    return len(cases) + _erase_forwarded_words(at=at, limit=limit)


def _erase_forwarded_words(*, at: datetime, limit: int) -> int:
    """The same for applications that another instance decided. Returns how many forwardings were erased."""
    ended = Forwarding.objects.filter(record__state=Record.State.REDACTED, next_at__isnull=True)
    found = list(ended.exclude(told__has_key="erased").select_for_update(of=("self",)).order_by("pk")[:limit])
    for one in found:
        kept = {name: value for name, value in one.told.items() if name not in ("reasons", "receipt")}
        Forwarding.objects.filter(pk=one.pk).update(told=kept | {"erased": True})
    standing = Forwarding.objects.filter(application=OuterRef("pk")).exclude(told__has_key="erased")
    spent = Application.objects.filter(pk__in=[one.application_id for one in found])
    for application in spent.exclude(Exists(standing)):
        _erase_application(application, at=at)
    return len(found)


def _erase_application(application: Application, *, at: datetime) -> None:
    Application.objects.filter(pk=application.pk).update(
        statement=ERASED if application.statement else "",
        commitment_name=ERASED if application.commitment_name else "",
        claim=[],
        request_digest=bytes(32),
        erased_at=at,
    )
