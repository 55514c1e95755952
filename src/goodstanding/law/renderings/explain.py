"""A verdict in plain words, in English and Simplified Chinese.

What no date enters (the deadlines, what is assumed or contested) is said once for each set of rows used and
kept; the rest is said anew for each record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from goodstanding.law.renderings.kept import Kept
from goodstanding.law.renderings.words import DAY, FACT_NAMES, FROM, WORDS, day_en, day_zh, length_words

if TYPE_CHECKING:
    from goodstanding.law.decide import Verdict
    from goodstanding.law.rows import DeadlineRule
    from goodstanding.law.trace import TraceStep

__all__ = [
    "Language",
    "class_words",
    "day_en",
    "day_zh",
    "deadline_words",
    "explain",
    "publication_words",
    "restoration_words",
]

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Undated:
    """What the rows used say without any date.

    notes: what is assumed or contested; ends: there is a maximum; events: an event has happened; exemption: in
    words.
    """

    notes: tuple[str, ...]
    ends: bool
    events: bool
    exemption: str


def explain(verdict: Verdict, language: Language) -> list[str]:
    """The sentences of one verdict: class, publication, conditions, what follows, what is assumed or
    unset.
    """
    said = [class_words(verdict, language)]
    if verdict.classification.severity is None:
        return said + _publication(verdict, None, language)
    undated = _UNDATED[language].of(verdict.trace)
    said += _publication(verdict, undated, language)
    said.append(restoration_words(verdict, language))
    for condition in verdict.conditions:
        if not condition.met:
            if language == "en":
                said.append(f"Not met: {condition.text_en} {condition.remedy_en} ({condition.article}.)")
            else:
                said.append(f"未满足：{condition.text_zh}{condition.remedy_zh}（{condition.article_zh}）")
    if verdict.decides is not None:
        said.append(verdict.decides.text_en if language == "en" else verdict.decides.text_zh)
    said += _DEADLINES[language].of(verdict.deadlines)
    said += undated.notes
    return said


def class_words(verdict: Verdict, language: Language) -> str:
    """The class of the record, in one sentence."""
    words = WORDS[language]
    if verdict.classification.severity is None:
        return words["information"]
    severity = verdict.severity_en if language == "en" else verdict.severity_zh
    return words["class"].format(severity=severity, found=DAY[language](verdict.facts.found_on))


def publication_words(verdict: Verdict, language: Language) -> list[str]:
    """What the law says of its publication on the day asked about, and the marks it carries."""
    adverse = verdict.classification.severity is not None
    return _publication(verdict, _UNDATED[language].of(verdict.trace) if adverse else None, language)


def _publication(verdict: Verdict, undated: Undated | None, language: Language) -> list[str]:
    words, day = WORDS[language], DAY[language]
    state, until = verdict.publication, verdict.classification.publish_until
    if undated is None:
        if state != "not_yet":
            return []
        return [words["not_yet"].format(on=day(verdict.on), found=day(verdict.facts.found_on))]
    if state == "not_published":
        return [words["not_published"]]
    if state == "ended" and until is not None:
        return [words["ended"].format(until=day(until), why=words[_why_ended(verdict, undated)])]
    said = []
    if state == "not_yet":
        said.append(words["not_yet"].format(on=day(verdict.on), found=day(verdict.facts.found_on)))
    elif state == "shielded":
        said.append(words["shielded"])
    if not verdict.clock_started:
        said.append(words["clock_not_started"].format(missing=_missing(verdict, language)))
    elif until is not None:
        said.append(words["until"].format(until=day(until)))
    elif undated.exemption:
        said.append(words["exempt"].format(text=undated.exemption))
    else:
        said.append(words["held" if undated.ends else "no_end"])
    for row in verdict.marks:
        said.append(words["mark"].format(text=row.text_en if language == "en" else row.text_zh))
    return said


def restoration_words(verdict: Verdict, language: Language) -> str:
    """Whether and when an application can succeed, in one sentence."""
    words, day = WORDS[language], DAY[language]
    if verdict.eligible:
        return words["eligible"]
    if verdict.earliest_on is None:
        return words["excluded" if verdict.facts.excluded_by_law else "never"]
    earliest = day(verdict.earliest_on)
    if not verdict.clock_started:
        return words["earliest_if_started"].format(day=earliest, on=day(verdict.on))
    for condition in verdict.conditions:
        if condition.met_from is None and not condition.met:
            return words["earliest_if_done"].format(day=earliest)
    return words["earliest"].format(day=earliest)


def _missing(verdict: Verdict, language: Language) -> str:
    """The days from which the periods may count and which are not known."""
    which = 0 if language == "en" else 1
    unknown = [name for name in ("ended_on", "performed_on") if getattr(verdict.facts, name) is None]
    return (" or ", "或者")[which].join(FACT_NAMES[name][which] for name in unknown)


def _why_ended(verdict: Verdict, undated: Undated) -> str:
    """Which of the days on which publication can end it was; the maximum where none of them is."""
    facts, until = verdict.facts, verdict.classification.publish_until
    if undated.events and facts.set_aside_on == until:
        return "ended_set_aside_on"
    if undated.events and facts.plan_completed_on == until:
        return "ended_plan_completed_on"
    if facts.performed_on == until:
        return "ended_performed_on"
    if facts.limitation_ends_on == until:
        return "ended_limitation_ends_on"
    return "ended_maximum"


def _undated(trace: tuple[TraceStep, ...], language: Language) -> Undated:
    english = language == "en"
    exempt = next((step for step in trace if step.table == "exemptions"), None)
    return Undated(
        notes=tuple(
            WORDS[language]["note"].format(text=step.note_en if english else step.note_zh)
            for step in trace
            if step.assumed or step.contested
        ),
        ends=any(step.table == "at_maximum" for step in trace),
        events=any(step.table == "events" for step in trace),
        exemption="" if exempt is None else exempt.note_en if english else exempt.note_zh,
    )


def deadline_words(rule: DeadlineRule, language: Language) -> str:
    """A deadline in one sentence: what, how long, from when, and by how much it may be extended."""
    words, english = WORDS[language], language == "en"
    text = rule.text_en if english else rule.text_zh
    length = length_words(rule.length, language)
    if not length:
        said = words["deadline_unset"]
    else:
        said = words["deadline"].format(length=length, since=FROM[language][rule.from_])
    if rule.extension is not None:
        more = length_words(rule.extension.length, language)
        ground = rule.extension.ground_en if english else rule.extension.ground_zh
        said += words["extension" if more else "extension_unset"].format(
            length=more, ground=ground.rstrip(".。")
        )
    return f"{text} ({said}.)" if english else f"{text}（{said}）"


_UNDATED: Final[dict[Language, Kept[TraceStep, Undated]]] = {
    "en": Kept(lambda trace: _undated(trace, "en")),
    "zh": Kept(lambda trace: _undated(trace, "zh")),
}
_DEADLINES: Final[dict[Language, Kept[DeadlineRule, tuple[str, ...]]]] = {
    "en": Kept(lambda rules: tuple(deadline_words(rule, "en") for rule in rules)),
    "zh": Kept(lambda rules: tuple(deadline_words(rule, "zh") for rule in rules)),
}
