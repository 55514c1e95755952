"""Where one pack is harsher than another on a case, by asking the evaluator for one case and comparing answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from goodstanding.law import Facts, Pack, Verdict, add_months, decide

NEVER = date.max


def harsher_on(facts: Facts, *, local: Pack, base: Pack, on: date) -> set[str]:
    """The codes of the findings that this case alone would justify."""
    kind = next(kind for kind in local.kinds if kind.code == facts.kind)
    in_base = replace(facts, kind=kind.as_in_base or kind.code)
    mine, theirs = decide(facts, pack=local, on=on), decide(in_base, pack=base, on=on)
    if theirs.classification.severity is None:
        return set()
    found = set()
    if mine.publication == "published" and theirs.publication != "published":
        found.add("longer_publication")
    starts = [verdict.classification.restorable_from or NEVER for verdict in (mine, theirs)]
    if starts[0] > starts[1]:
        found.add("longer_wait")
    if (mine.earliest_on or NEVER) > (theirs.earliest_on or NEVER):
        found.add("later_earliest_day")
    if theirs.eligible and not mine.eligible:
        found.add("narrower_eligibility")
    if theirs.earliest_on is not None and required(mine) - required(theirs):
        found.add("one_material_more")
    if mine.publication == theirs.publication == "published" and marks(theirs) - marks(mine):
        found.add("mark_missing")
    return found


def required(verdict: Verdict) -> set[str]:
    """What must be handed in."""
    return {material.id for material in verdict.materials if material.required}


def marks(verdict: Verdict) -> set[str]:
    """The events for which the record carries a mark."""
    return {event.event for event in verdict.marks}


def small_domain(pack: Pack, *, found_on: date) -> Iterator[tuple[Facts, date]]:
    """Cases of every adverse kind with every single measure, on the days on which something can change."""
    later = [None, found_on + timedelta(days=20), add_months(found_on, 14)]
    days = [found_on, add_months(found_on, 1)]
    for months in (3, 6, 12, 24, 36, 60, 72, 84, 120):
        day = add_months(found_on, months)
        days += [day - timedelta(days=1), day]
    for kind in pack.kinds:
        if not kind.adverse:
            continue
        alone = [measure.code for measure in pack.measures if measure.on_organisations and kind.measures]
        carried = [frozenset[str](), *(frozenset({code}) for code in alone)]
        for measures, performed, flag in product(carried, later, (False, True)):
            facts = Facts(
                kind=kind.code,
                measures=measures,
                found_on=found_on,
                performed_on=performed,
                ended_on=None if flag else found_on - timedelta(days=3),
                set_aside_on=later[1] if flag else None,
                committed=True,
                trained=not flag,
                publication_necessary=flag,
                simple_procedure=flag and performed is None,
            )
            yield from ((facts, on) for on in days)
