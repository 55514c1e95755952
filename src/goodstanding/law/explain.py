"""A verdict in plain words, in English and Simplified Chinese.

What no date enters (who decides, the deadlines, what is assumed or contested) is said once for each set of
rows used and kept; the rest is said anew for each record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from goodstanding.law.words import DAY, FACT_NAMES, FROM, WORDS, day_en, day_zh, length_words

if TYPE_CHECKING:
    from goodstanding.law.decide import Verdict
    from goodstanding.law.rows import DeadlineRule

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

    last: the last sentences; ends: there is a maximum; events: an event has happened; exemption: in words.
    """

    last: tuple[str, ...]
    ends: bool
    events: bool
    exemption: str
    kept: tuple[object, ...]
    """The objects whose identities are the key: as long as they are kept, no other object has them."""


_KEPT: Final[dict[tuple[object, ...], Undated]] = {}
_MOST: Final = 20_000


def explain(verdict: Verdict, language: Language) -> list[str]:
    """The sentences of one verdict: class, publication, conditions, what follows, what is assumed or
    unset.
    """
    said = [class_words(verdict, language)]
    if verdict.classification.severity is None:
        return said + _publication(verdict, None, language)
    undated = _undated(verdict, language)
    said += _publication(verdict, undated, language)
    said.append(restoration_words(verdict, language))
    for condition in verdict.conditions:
        if not condition.met:
            if language == "en":
                said.append(f"Not met: {condition.text_en} {condition.remedy_en} ({condition.article}.)")
            else:
                said.append(f"未满足：{condition.text_zh}{condition.remedy_zh}（{condition.article_zh}）")
    said += undated.last
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
    return _publication(verdict, _undated(verdict, language) if adverse else None, language)


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


def _undated(verdict: Verdict, language: Language) -> Undated:
    """What the rows used say without dates. The rows of one pack with the same choices are the same objects,
    so their identities name the sentences.
    """
    key = (language, id(verdict.deadlines), *map(id, verdict.trace))
    found = _KEPT.get(key)
    if found is None:
        if len(_KEPT) >= _MOST:
            _KEPT.clear()
        found = _KEPT[key] = _say_undated(verdict, language)
    return found


def _say_undated(verdict: Verdict, language: Language) -> Undated:
    words, english = WORDS[language], language == "en"
    said = []
    if verdict.decides is not None:
        said.append(verdict.decides.text_en if english else verdict.decides.text_zh)
    said += [deadline_words(rule, language) for rule in verdict.deadlines]
    said += [
        words["note"].format(text=step.note_en if english else step.note_zh)
        for step in verdict.trace
        if step.assumed or step.contested
    ]
    exempt = next((step for step in verdict.trace if step.table == "exemptions"), None)
    return Undated(
        last=tuple(said),
        ends=any(step.table == "at_maximum" for step in verdict.trace),
        events=any(step.table == "events" for step in verdict.trace),
        exemption="" if exempt is None else exempt.note_en if english else exempt.note_zh,
        kept=(verdict.deadlines, verdict.trace),
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
