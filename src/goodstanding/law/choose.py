"""Which pack governs a record: by date in force, sector, jurisdiction, and the transition rule.

Of the packs in force on a day a sector's own goes before a general one (for the kinds of record that it
lists), a narrower jurisdiction before a wider one (a city's pack before the nation's), a later one before
an earlier one. A record found before the pack in force today is governed as that pack's transition rule says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from goodstanding.law.decide import classify
from goodstanding.law.errors import PackNotFound
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.rows import TransitionRow


@dataclass(frozen=True, slots=True)
class Governing:
    """The pack that governs a record, and the transition row by which, for a record found before the pack
    of the day was in force.
    """

    pack: Pack
    transition: TransitionRow | None


def choose(
    packs: Iterable[Pack],
    *,
    jurisdiction: str,
    on: date,
    sector: str | None = None,
    kind: str | None = None,
) -> Pack:
    """The pack in force in a jurisdiction on a day.

    Arguments: jurisdiction, for example "CN" or "CN-440300", which falls back to "CN"; sector and kind, of
    the record: a sector's pack that does not list the kind leaves it to the general one.
    Raises PackNotFound when none is in force.
    """
    fitting = [
        pack
        for pack in packs
        if (jurisdiction == pack.jurisdiction or jurisdiction.startswith(pack.jurisdiction + "-"))
        and pack.in_force.from_ <= on
        and (pack.in_force.to is None or on <= pack.in_force.to)
        and (pack.sector is None or (pack.sector == sector and _lists(pack, kind)))
    ]
    if not fitting:
        raise PackNotFound(
            code="no_pack_in_force",
            en=f"No law pack for {jurisdiction} is in force on {on}.",
            zh=f"{on} 没有适用于 {jurisdiction} 的有效规则包。",
            place="packs",
            remedy_en="Ask for a day on which one is in force, or add the pack.",
            remedy_zh="请选择有规则包生效的日期，或补充相应规则包。",
        )
    return max(
        fitting, key=lambda pack: (pack.sector is not None, len(pack.jurisdiction), pack.in_force.from_)
    )


def _lists(pack: Pack, kind: str | None) -> bool:
    return kind is None or kind in pack.tables.kinds


def govern(facts: Facts, *, packs: Iterable[Pack], jurisdiction: str, on: date) -> Governing:
    """The pack by which a record is judged on a day.

    Arguments: facts, of which sector and found_on choose the pack; on, the day asked about (a finding later
    than that is judged by the pack in force on its own day).
    Raises PackNotFound when none is in force, FactsRefused where the milder rule must be found and a pack
    refuses the facts.
    """
    found = candidates(
        packs, jurisdiction=jurisdiction, on=on, found_on=facts.found_on, sector=facts.sector, kind=facts.kind
    )
    if found.earlier is None or found.transition is None:
        return Governing(found.today, found.transition)
    if found.transition.rule == "pack_at_finding":
        return Governing(found.earlier, found.transition)
    milder = _harshness(facts, found.earlier) < _harshness(facts, found.today)
    return Governing(found.earlier if milder else found.today, found.transition)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The packs that may govern a record by its days alone: the day's own, the transition row for an earlier
    finding, and the pack of the day of the finding where that row asks for it.
    """

    today: Pack
    transition: TransitionRow | None
    earlier: Pack | None


def candidates(
    packs: Iterable[Pack], *, jurisdiction: str, on: date, found_on: date, sector: str | None, kind: str
) -> Candidates:
    """What can govern every record of a kind that was found on a day; `govern` then looks at the other facts.

    Arguments: as of `govern`. Raises PackNotFound when no pack is in force.
    """
    of_the_record = partial(choose, tuple(packs), jurisdiction=jurisdiction, sector=sector, kind=kind)
    today = of_the_record(on=max(on, found_on))
    if found_on >= today.in_force.from_:
        return Candidates(today, None, None)
    row = next(
        row
        for row in today.transition
        if all(today.switch(code) == option for code, option in row.when.switch.items())
    )
    if row.rule == "this_pack":
        return Candidates(today, row, None)
    try:
        return Candidates(today, row, of_the_record(on=found_on))
    except PackNotFound:
        return Candidates(today, row, None)


def _harshness(facts: Facts, pack: Pack) -> tuple[date, date]:
    found = classify(facts, pack=pack)
    return harshness(
        published=found.published,
        publish_until=found.publish_until,
        restorable_from=found.restorable_from,
    )


def harshness(
    *, published: bool, publish_until: date | None, restorable_from: date | None
) -> tuple[date, date]:
    """By what the milder of two windows is found: when publication ends, then when the minimum ends.

    What never ends or comes is the latest.
    """
    ends = (publish_until or date.max) if published else date.min
    return ends, restorable_from or date.max
