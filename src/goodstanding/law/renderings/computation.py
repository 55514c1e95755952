"""How each date of a decision was computed, step by step, in words."""

from __future__ import annotations

from datetime import date

from goodstanding.law.decide import Verdict
from goodstanding.law.model import Pack
from goodstanding.law.months import add_months
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.parts import either, pick, sentence
from goodstanding.law.renderings.words import DAY, FACT_NAMES, count_words
from goodstanding.law.tables import Event, Outcome


def computation(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    """Every date of the decision with its sum; empty for records that are not adverse."""
    outcome = pack.tables.outcome(verdict.facts)
    if outcome.severity is None:
        return []
    day = DAY[language]
    anchor = either(language, *FACT_NAMES[outcome.anchor])
    start: date | None = getattr(verdict.facts, outcome.anchor)
    if start is None:
        said = [
            either(
                language,
                f"The periods count from {anchor}, which is not known: no end can be computed.",
                f"期限自{anchor}起算，该日期尚不明确，无法计算届满日。",
            )
        ]
    else:
        said = [
            either(
                language,
                f"The periods count from {anchor}, {day(start)}. {_RULE[0]}",
                f"期限自{anchor}（{day(start)}）起算。{_RULE[1]}",
            ),
            *_minimum(verdict, outcome, pack, start, language),
            *_maximum(verdict, outcome, start, language),
        ]
    said += [line for event in outcome.events for line in _event(verdict, event, language)]
    said += _bar(verdict, pack, language)
    return said + _earliest(verdict, language)


_RULE = (
    "Months are counted by the rule same-day-clamped: the same day number so many months later, or the last day "
    "of a month that is too short; on that day the period is over.",
    "月份按“同日截断”规则计算：若干月后的同一日；该月无此日的，为该月最后一日；当日期限届满。",
)


def month_sum(start: date, months: int, language: Language) -> str:
    """A sum of months with its result, saying where the month was too short."""
    end = add_months(start, months)
    day = DAY[language]
    said = f"{day(start)} + {count_words(months, 'months', language)} = {day(end)}"
    if end.day == start.day:
        return said
    return said + either(
        language,
        f" (that month has no day {start.day}; its last day)",
        f"（该月无 {start.day} 日，取最后一日）",
    )


def _minimum(verdict: Verdict, outcome: Outcome, pack: Pack, start: date, language: Language) -> list[str]:
    months = pack.tables.plan(verdict.facts, outcome).minimum
    if months is None:
        return []
    said = month_sum(start, months, language)
    if outcome.minimum is None:
        return [
            either(
                language, f"Minimum: {said}; it leads to no restoration.", f"最短期限：{said}；但不得修复。"
            )
        ]
    return [either(language, f"Minimum: {said}.", f"最短期限：{said}。")]


def _maximum(verdict: Verdict, outcome: Outcome, start: date, language: Language) -> list[str]:
    facts, day = verdict.facts, DAY[language]
    if not outcome.published:
        return []
    if outcome.exemption is not None:
        text = pick(outcome.exemption, "text", language)
        return [either(language, f"Maximum: does not apply. {text}", f"最长期限：不适用。{text}")]
    if outcome.maximum is None:
        return [either(language, "Maximum: the law sets none.", "最长期限：法律未规定。")]
    said = [
        either(language, "Maximum: ", "最长期限：")
        + month_sum(start, outcome.maximum, language)
        + either(language, ".", "。")
    ]
    end = add_months(start, outcome.maximum)
    limitation = facts.limitation_ends_on
    if outcome.or_until and limitation is not None:
        longer = limitation > end
        end = max(end, limitation)
        said.append(
            either(
                language,
                f"The limitation period ends on {day(limitation)}; the longer of the two holds: {day(end)}.",
                f"时效于 {day(limitation)}届满；以较长者为准：{day(end)}。",
            )
            if longer
            else either(
                language,
                f"The limitation period ends on {day(limitation)}, not later than the maximum.",
                f"时效于 {day(limitation)}届满，不晚于最长期限。",
            )
        )
    if outcome.holds:
        done = facts.performed_on
        said.append(
            either(
                language,
                "The duty is not performed: publication goes on until it is.",
                "义务尚未履行：继续公示至履行完毕。",
            )
            if done is None
            else either(
                language,
                f"The duty was performed on {day(done)}; the later of the two holds: {day(max(end, done))}.",
                f"义务于 {day(done)}履行完毕；以较晚者为准：{day(max(end, done))}。",
            )
        )
    return said


def _event(verdict: Verdict, event: Event, language: Language) -> list[str]:
    """An event that has a day: whether it came in time, and what it does."""
    facts, day = verdict.facts, DAY[language]
    came: date | None = getattr(facts, event.row.event)
    if came is None:
        return []
    name = sentence(either(language, *FACT_NAMES[event.row.event]))
    said = either(language, f"{name}: {day(came)}.", f"{name}：{day(came)}。")
    if event.within is not None:
        last = add_months(facts.found_on, event.within)
        said += either(language, " In time until ", "期限内：")
        said += month_sum(facts.found_on, event.within, language)
        said += either(language, ".", "。")
        if came > last:
            return [said + either(language, " It came later: no effect.", "已逾期，不发生效力。")]
    return [f"{said}{either(language, ' ', '')}{pick(event.row, 'text', language)}"]


def _bar(verdict: Verdict, pack: Pack, language: Language) -> list[str]:
    bar, on = pack.tables.bar, verdict.facts.false_commitment_on
    if bar is None or on is None:
        return []
    said = month_sum(on, bar, language)
    return [either(language, f"Bar after a false commitment: {said}.", f"虚假承诺后不得申请的期限：{said}。")]


def _earliest(verdict: Verdict, language: Language) -> list[str]:
    if verdict.earliest_on is None:
        return []
    found = DAY[language](verdict.earliest_on)
    return [
        either(
            language,
            f"Earliest day of a successful application, the latest of the days named and, for what is still open, "
            f"of the day asked about: {found}.",
            f"最早可获准的申请日，取上述各日（尚缺事项按审查日计）中最晚者：{found}。",
        )
    ]
