"""Evidence about what its source erased is erased too, once nobody has to answer on it any more.

Intake erases records and knows nothing of cases; this looks for the files of cases whose records it erased. That
there was a file, of which kind and size and when, stays; its name and its bytes go, the bytes unless they serve
somebody else too.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from goodstanding.registry.models import Record

from . import evidence_store
from .models import Case, Evidence


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
    found = list(files.select_for_update(of=("self",)).order_by("pk")[:limit])
    digests = [bytes(file.kept_id) for file in found]
    Evidence.objects.filter(pk__in=[file.pk for file in found]).update(kept=None, name="", erased_at=at)
    evidence_store.release(digests)
    return len(found)
