"""The least that must be done for a restoration to succeed, and the earliest day on which it then can.

Each condition that is not met and has no date asks for one action of its own, and each action serves no other
condition that another action could serve; so the set is the smallest there is. What is only a matter of time is
waited for. Nothing here advises anyone to be punished less: where a law keeps a record from restoration, what is
left is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from goodstanding.law.decide import Verdict, decide
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.plan import Condition
from goodstanding.law.receipts.plain import plain_day
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.words import DAY, FACT_NAMES
from goodstanding.law.rows import EventRow, Test

Deed = Literal["perform_duty", "commit", "complete_training", "meet_further", "end_act", "wait"]
Status = Literal["nothing_to_restore", "ready", "possible", "impossible"]

_ACTIONS: Final[dict[Test, Deed]] = {
    "duty_performed": "perform_duty",
    "committed": "commit",
    "trained": "complete_training",
    "nothing_further": "meet_further",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. condition: the condition that it meets, or whose day is waited for; on: the day on
    which it is taken to be done, for "wait" the day that is waited for.
    """

    code: Deed
    condition: str
    on: date
    text_en: str
    text_zh: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What makes a restoration succeed.

    status: "ready" (an application can succeed on the day asked about), "possible" (after the actions, on
    earliest_on), "impossible" (nothing that the subject does makes it succeed) or "nothing_to_restore".
    verdict: as it stands; after: the decision on earliest_on once the actions are done. blocked_by: the
    conditions that no action meets. publication_ends_on: when publication ends by itself if nothing is
    done; ends_when_done: when it ends once the actions are done, where they change that. by_performing: what
    performing the duty on the day asked about brings without an application (removal or a mark).
    """

    status: Status
    actions: tuple[Action, ...]
    earliest_on: date | None
    verdict: Verdict
    after: Verdict | None
    blocked_by: tuple[Condition, ...]
    publication_ends_on: date | None
    ends_when_done: date | None
    by_performing: tuple[EventRow, ...]


def repair(facts: Facts, *, pack: Pack, on: date) -> Repair:
    """The smallest set of actions, done on the day asked about, and the earliest day on which an application
    then succeeds.

    Arguments: facts of the record; pack in force; on, the day asked about.
    Raises FactsRefused for a kind, measure or other code that the pack does not list.
    """
    verdict = decide(facts, pack=pack, on=on)
    ends = verdict.classification.publish_until
    if verdict.classification.severity is None:
        return Repair("nothing_to_restore", (), None, verdict, None, (), None, None, ())
    events = _by_performing(verdict, pack)
    if verdict.eligible:
        return Repair("ready", (), on, verdict, verdict, (), ends, None, events)
    deeds, blocked = _deeds(verdict, pack)
    changed = _done(facts, deeds, on)
    then = decide(changed, pack=pack, on=on)
    if blocked or then.earliest_on is None:
        return Repair("impossible", (), None, verdict, None, blocked, ends, None, events)
    earliest = max(then.earliest_on, on)
    after = decide(changed, pack=pack, on=earliest)
    actions = [
        Action(deed, condition.code, on, condition.remedy_en, condition.remedy_zh)
        if deed != "end_act"
        else Action(deed, condition.code, on, *_END_ACT)
        for deed, condition in deeds
    ]
    if earliest > on:
        actions.append(_wait(then, earliest))
    ends_when_done = after.classification.publish_until
    return Repair(
        status="possible",
        actions=tuple(actions),
        earliest_on=earliest,
        verdict=verdict,
        after=after,
        blocked_by=(),
        publication_ends_on=ends,
        ends_when_done=ends_when_done if ends_when_done != ends else None,
        by_performing=events,
    )


_END_ACT = (
    "End the act, or show the day on which it ended: the period counts from that day.",
    "请终止该行为，或者证明行为终了之日：期限自该日起算。",
)


def _deeds(verdict: Verdict, pack: Pack) -> tuple[tuple[tuple[Deed, Condition], ...], tuple[Condition, ...]]:
    """The actions that the unmet conditions ask for, and the conditions that no action meets."""
    tests = {row.id: row.test for row in pack.conditions}
    deeds: dict[Deed, Condition] = {}
    blocked = []
    for condition in verdict.conditions:
        if condition.met or condition.met_from is not None:
            continue
        test = tests[condition.code]
        if test == "minimum_reached" and not verdict.clock_started:
            deeds.setdefault(_start_of_clock(verdict, pack), condition)
        elif test in _ACTIONS:
            deeds[_ACTIONS[test]] = condition
        else:
            blocked.append(condition)
    return tuple(deeds.items()), tuple(blocked)


def _by_performing(verdict: Verdict, pack: Pack) -> tuple[EventRow, ...]:
    """The event rows that performing the duty on the day asked about would bring into effect."""
    facts, found = verdict.facts, verdict.classification
    if facts.performed_on is not None or found.severity is None or verdict.publication == "ended":
        return ()
    then = decide(replace(facts, performed_on=verdict.on), pack=pack, on=verdict.on)
    removed = then.publication == "ended"
    return tuple(
        row
        for row in pack.events
        if row.event == "performed_on"
        and row.when.applies(kind=facts.kind, severity=found.severity)
        and (row.effect == "removed" if removed else row in then.marks)
    )


def _start_of_clock(verdict: Verdict, pack: Pack) -> Deed:
    rows = set(verdict.classification.rows)
    anchor = next(row.anchor for row in pack.publication if row.id in rows)
    return "perform_duty" if anchor == "performed_on" else "end_act"


def _done(facts: Facts, deeds: tuple[tuple[Deed, Condition], ...], on: date) -> Facts:
    """The facts once the actions are done."""
    changes: dict[Deed, dict[str, Any]] = {
        "perform_duty": {"performed_on": on},
        "commit": {"committed": True},
        "complete_training": {"trained": True},
        "meet_further": {"further_condition_open": False},
        "end_act": {"ended_on": on},
    }
    return replace(facts, **{name: value for deed, _ in deeds for name, value in changes[deed].items()})


def _wait(then: Verdict, earliest: date) -> Action:
    """Waiting for the last of the days on which a condition is met."""
    for condition in then.conditions:
        if condition.met_from == earliest and not condition.met:
            return Action("wait", condition.code, earliest, condition.remedy_en, condition.remedy_zh)
    en, zh = DAY["en"](earliest), DAY["zh"](earliest)
    return Action("wait", "", earliest, f"Apply on {en} or later.", f"请于 {zh}及以后申请。")


def repair_words(found: Repair, language: Language) -> list[str]:
    """A repair in sentences."""
    english = language == "en"
    day = DAY[language]
    if found.status == "nothing_to_restore":
        return ["There is nothing to restore." if english else "无需修复。"]
    said = []
    if found.status == "ready":
        said.append("An application can succeed now." if english else "现在即可申请信用修复。")
    elif found.status == "impossible":
        said.append(
            "Nothing that the subject does makes an application succeed."
            if english
            else "信用主体无论采取何种行动，申请均不能获准。"
        )
        for condition in found.blocked_by:
            said.append(
                f"{condition.text_en} {condition.remedy_en}"
                if english
                else f"{condition.text_zh}{condition.remedy_zh}"
            )
    elif found.earliest_on is not None:
        when = day(found.earliest_on)
        said.append(
            f"An application can succeed on {when}, once this is done:"
            if english
            else f"完成下列事项后，最早可于 {when}申请修复："
        )
        for number, action in enumerate(found.actions, start=1):
            said.append(f"{number}. {action.text_en if english else action.text_zh}")
    return said + _what_is_left(found, language)


def _what_is_left(found: Repair, language: Language) -> list[str]:
    """The end of publication without an application, and the way to object."""
    english = language == "en"
    day = DAY[language]
    said = []
    ends, done = found.publication_ends_on, found.ends_when_done
    over = ends is not None and ends <= found.verdict.on
    if ends is not None and over:
        said.append(
            f"Its publication has ended by itself on {day(ends)}."
            if english
            else f"已于 {day(ends)}自动停止公示。"
        )
    elif ends is not None:
        said.append(
            f"Without an application its publication ends by itself on {day(ends)}."
            if english
            else f"不申请的，自 {day(ends)}起自动停止公示。"
        )
    for row in found.by_performing:
        said.append(
            f"Performing the duty by {day(found.verdict.on)}: {row.text_en}"
            if english
            else f"于 {day(found.verdict.on)}前履行义务的：{row.text_zh}"
        )
    if done is not None and not over:
        said.append(
            f"Once this is done its publication ends by itself on {day(done)}."
            if english
            else f"上述事项完成后，自 {day(done)}起自动停止公示。"
        )
    if found.status == "impossible":
        found_on = FACT_NAMES["found_on"][0 if english else 1]
        said.append(
            f"If the finding, {found_on} or the exclusion is wrong, an objection can be made."
            if english
            else f"如认为认定、{found_on}或者不予修复的规定适用有误，可提出异议。"
        )
    return said


def plain_repair(found: Repair) -> dict[str, Any]:
    """A repair as data."""
    return {
        "status": found.status,
        "earliest_on": plain_day(found.earliest_on),
        "actions": [
            {
                "code": action.code,
                "condition": action.condition,
                "on": action.on.isoformat(),
                "text_en": action.text_en,
                "text_zh": action.text_zh,
            }
            for action in found.actions
        ],
        "blocked_by": [condition.code for condition in found.blocked_by],
        "by_performing": [
            {"id": row.id, "effect": row.effect, "text_en": row.text_en, "text_zh": row.text_zh}
            for row in found.by_performing
        ],
        "publication": found.verdict.publication,
        "publication_ends_on": plain_day(found.publication_ends_on),
        "ends_when_done": plain_day(found.ends_when_done),
    }
