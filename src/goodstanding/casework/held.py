"""The adverse records that this registry holds, as the law asks them: what a change of law is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from goodstanding.law import Facts
from goodstanding.registry.models import Record

from .eligibility import RESTORABLE_STATES, facts_of, under_a_pack
from .models import Case, Kind

#: Records that are read, with their cases, in one go.
_AT_ONCE = 2_000


def held_facts(*, open_cases: bool = False) -> Iterator[tuple[Record, Facts]]:
    """Every adverse record that a law pack governs and that can still be restored, with its facts.

    What the applicant stated in an open restoration case (performed on, committed) is among them.

    Arguments: open_cases, only records with such a case.
    """
    records = Record.objects.filter(kind__in=Record.ADVERSE, state__in=RESTORABLE_STATES)
    if open_cases:
        records = records.filter(cases__kind=Kind.RESTORATION, cases__ended_at__isnull=True)
    found = records.select_related("entity").order_by("pk").iterator(chunk_size=_AT_ONCE)
    while some := list(islice(found, _AT_ONCE)):
        cases = Case.objects.filter(record__in=some, kind=Kind.RESTORATION, ended_at__isnull=True)
        stated = {
            case.record_id: case.application.performed_on for case in cases.select_related("application")
        }
        for record in some:
            if under_a_pack(record):
                performed, committed = stated.get(record.pk), record.pk in stated
                yield record, facts_of(record, performed_on=performed, committed=committed)
