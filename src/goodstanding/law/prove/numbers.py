"""Numbers that stand beside the tables: deadlines of the authority, sanctions and their bars, pack against base.

Deadlines in the same unit are compared as numbers. In different units they are counted over every day of the
calendar of working days that is known; what is proved is then proved for those days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from goodstanding.law.attested import Period
from goodstanding.law.calendar import WorkingCalendar, deadline
from goodstanding.law.calendar.jurisdictions import working_calendar
from goodstanding.law.calendar.terms import Unit
from goodstanding.law.model import Pack
from goodstanding.law.months import add_months
from goodstanding.law.prove.cases import Search, confirmed
from goodstanding.law.prove.dates import this_day
from goodstanding.law.prove.errors import NotComparable
from goodstanding.law.prove.result import Check, Finding, Note, Side
from goodstanding.law.rows import DeadlineRule, Sanction

_ORDER = ("receipt", "acceptance", "decision")


@dataclass(frozen=True, slots=True)
class _Longer:
    """In which way a deadline is longer, in words, and where it ends later the day from which it does."""

    en: str
    zh: str
    day: date | None = None
    extended: bool = False


def deadlines_checked(search: Search) -> Check:
    """No deadline that the base sets is longer, unset or missing in the pack."""
    local, base = search.packs
    own = {rule.code: rule for rule in local.deadlines_as_set}
    findings: list[Finding] = []
    notes: list[Note] = []
    for rule in base.deadlines_as_set:
        if rule.length.value is None:
            en = f"{base.id} leaves the deadline {rule.code} unset: nothing to compare."
            notes.append(Note(en=en, zh=f"“{base.id}”未设定期限 {rule.code}，无从比较。"))
        for longer in _longer(own.get(rule.code), rule, local=local, base=base):
            findings.append(_deadline_finding(search, rule.code, longer))
    return Check(
        code="deadlines",
        en="no deadline of the authority is longer",
        zh="行政机关的期限均不长于基准",
        findings=tuple(findings),
        notes=tuple(notes),
    )


def _deadline_finding(search: Search, code: str, longer: _Longer) -> Finding:
    """The finding with a case that is received on the day, counted by what both verdicts say."""
    facts, local = search.facts, search.packs[0]
    day = longer.day or local.in_force.from_
    received = (facts.found_on.key == this_day(day).key, facts.on.key == this_day(day).key)
    model = search.case(*received)
    if model is None:
        raise NotComparable(
            code="not_comparable",
            en="No case lies in the scope of both packs.",
            zh="没有同时适用两个规则包的情形。",
            place=local.id,
        )
    sides = search.sides(model)
    counted = [_counted(side, code, day, extended=longer.extended) for side in sides]
    ends = [one.get("due_on") for one in counted]
    finding = Finding(
        code="longer_deadline",
        en=f"Longer deadline: {code} {longer.en} in {sides[0].pack.id}.",
        zh=f"期限更长：“{sides[0].pack.id}”的期限 {code} {longer.zh}。",
        sides=sides,
        shown=(("deadline", code), *((side.pack.id, one) for side, one in zip(sides, counted, strict=True))),
    )
    later = ends[0] is not None and ends[1] is not None and ends[0] > ends[1]
    return confirmed(finding, shows=later if longer.day else counted[0] != counted[1])


def _counted(side: Side, code: str, day: date, *, extended: bool) -> dict[str, str]:
    """A deadline as the verdict names it, and its end counted from the day."""
    rules = () if side.verdict is None else side.verdict.deadlines
    rule = next((rule for rule in rules if rule.code == code), None)
    if rule is None:
        return {}
    lengths = _lengths(rule, extended=extended)
    said = {"from": rule.from_, "length": " and ".join(f"{n} {unit}" for n, unit in lengths) or "unset"}
    if rule.extension is not None:
        said["extension"] = str(rule.extension.length.value or "unset")
    paused = [row.code for row in side.pack.pauses if code in row.deadlines]
    if paused:
        said["pauses"] = ", ".join(paused)
    end = _end(day, lengths, working_calendar(side.pack.jurisdiction.split("-")[0])) if lengths else None
    return said | ({"due_on": end.isoformat()} if end else {})


def _longer(own: DeadlineRule | None, rule: DeadlineRule, *, local: Pack, base: Pack) -> Iterator[_Longer]:
    """In which ways a deadline is longer than that of the base."""
    if own is None:
        if rule.length.value is not None:
            yield _Longer("is not there", "缺失")
        return
    if rule.length.value is not None:
        if own.length.value is None:
            yield _Longer("is unset", "未设定")
            return
        day = _later_day(own, rule, local=local, extended=False)
        if day is not None:
            yield _Longer(
                f"ends later, for example counted from {day},", f"届满更晚（例如自 {day} 起算）", day
            )
    if own.from_ != rule.from_ and not _starts_earlier(own, rule):
        yield _Longer(
            f"counts from {own.from_} instead of {rule.from_}", f"自 {own.from_} 而非 {rule.from_} 起算"
        )
    yield from _longer_extension(own, rule, local=local)
    grounds = [{row.code for row in pack.pauses if rule.code in row.deadlines} for pack in (local, base)]
    for ground in sorted(grounds[0] - grounds[1]) if base.pauses else ():
        yield _Longer(f"can be paused by {ground}", f"可因 {ground} 中止")


def _starts_earlier(own: DeadlineRule, rule: DeadlineRule) -> bool:
    known = own.from_ in _ORDER and rule.from_ in _ORDER
    return known and _ORDER.index(own.from_) <= _ORDER.index(rule.from_)


def _longer_extension(own: DeadlineRule, rule: DeadlineRule, *, local: Pack) -> Iterator[_Longer]:
    if own.extension is None:
        return
    if rule.extension is None:
        yield _Longer("can be extended", "可以延长")
    elif rule.extension.length.value is not None and rule.length.value is not None:
        if own.extension.length.value is None:
            yield _Longer("can be extended without a set length", "可以延长且长度未设定")
            return
        day = _later_day(own, rule, local=local, extended=True)
        if day is not None:
            yield _Longer(
                f"ends later once extended, for example counted from {day},",
                f"延长后届满更晚（例如自 {day} 起算）",
                day,
                extended=True,
            )


def _later_day(own: DeadlineRule, rule: DeadlineRule, *, local: Pack, extended: bool) -> date | None:
    """A day from which the pack's deadline ends later than the base's; None: there is none."""
    mine, theirs = _lengths(own, extended=extended), _lengths(rule, extended=extended)
    units = {unit for _, unit in (*mine, *theirs)}
    calendar = working_calendar(local.jurisdiction.split("-")[0])
    first = max(calendar.known_from, local.in_force.from_ - timedelta(days=366))
    if len(units) == 1:
        return first if sum(count for count, _ in mine) > sum(count for count, _ in theirs) else None
    day = first
    while day <= calendar.known_until:
        ends = [_end(day, lengths, calendar) for lengths in (mine, theirs)]
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            return day
        day += timedelta(days=1)
    return None


def _lengths(rule: DeadlineRule, *, extended: bool) -> list[tuple[int, Unit]]:
    periods: list[Period] = [rule.length]
    if extended and rule.extension is not None:
        periods.append(rule.extension.length)
    return [(period.value, period.unit) for period in periods if period.value is not None]


def _end(day: date, lengths: list[tuple[int, Unit]], calendar: WorkingCalendar) -> date | None:
    end: date | None = day
    for count, unit in lengths:
        if end is not None:
            end = deadline(end, count, calendar=calendar, unit=unit).due_on
    return end


def sanctions_checked(search: Search) -> Check:
    """No sanction is published longer or bars longer than in the base."""
    local, base = search.packs
    theirs = {row.code: row for row in base.sanctions}
    findings = [
        _sanction_finding(search, row, what)
        for row in local.sanctions
        for what in ("published", "bar")
        if _is_longer(row, theirs.get(row.code), what, local=local, base=base)
    ]
    return Check(
        code="sanctions",
        en="no sanction lasts or bars longer",
        zh="惩戒及禁止申请的期限均不长于基准",
        findings=tuple(findings),
    )


def _is_longer(row: Sanction, base_row: Sanction | None, what: str, *, local: Pack, base: Pack) -> bool:
    """Unset on either side there is nothing to compare; a sanction that the base does not know is longer."""
    mine = local.months(getattr(row, what))
    if mine is None or base_row is None:
        return base_row is None and mine != 0
    theirs = base.months(getattr(base_row, what))
    return theirs is not None and mine > theirs


def _sanction_finding(search: Search, row: Sanction, what: str) -> Finding:
    facts, local = search.facts, search.packs[0]
    day = local.in_force.from_
    false = facts.dates["false_commitment_on"]
    model = search.case(
        false.known, false.day.key == this_day(day).key, facts.found_on.key == this_day(day).key
    )
    sides = () if model is None else search.sides(model)
    lengths = []
    for side in sides:
        rows = [one for one in side.pack.sanctions if one.code == row.code]
        lengths.append(side.pack.months(getattr(rows[0], what)) if rows else 0)
    ends = tuple(
        (side.pack.id, {what: "unset" if count is None else f"until {add_months(day, count)}"})
        for side, count in zip(sides, lengths, strict=True)
    )
    word, word_zh = (
        ("is published", "公示") if what == "published" else ("bars a new application", "禁止再次申请")
    )
    finding = Finding(
        code="longer_sanction",
        en=f"Longer sanction: {row.code} {word} longer in {local.id}.",
        zh=f"惩戒更长：“{local.id}”的 {row.code} {word_zh}期限更长。",
        sides=sides,
        shown=(("sanction", row.code), *ends),
    )
    return confirmed(finding, shows=len(lengths) == 2 and lengths[0] != lengths[1])
