"""Whether cases ran as their charts say: every trail replayed from the database, every deviation named with article.

This shares no code with the commands that write trails. It reads what stands there, step after step, beside the chart
file, and takes nothing for granted that a command or the database should have seen to: a trail may have come from
another system, another version of a chart, or a hand in the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final

from goodstanding.registry.models import Event as JournalEvent

from .chart import Chart, chart_of
from .models import Case, Clock, Step

#: Cases that are read in one go.
_AT_ONCE: Final = 500
#: What each effect on a record is told as in the journal.
_TOLD: Final = {
    "restore": "record.restored",
    "withdraw": "record.withdrawn",
    "correct": "record.corrected",
    "dispute": "record.disputed",
    "undispute": "record.dispute_ended",
    "shield": "record.shielded",
    "unshield": "record.unshielded",
    "republish": "record.republished",
}
#: Effects of which nothing is told where the record had come to that by another way.
_MAY_BE_DONE: Final = frozenset({"withdraw", "undispute", "unshield"})


@dataclass(frozen=True, slots=True)
class Deviation:
    """What in a trail is not as the chart has it. ``code`` is for machines; ``step`` counts from 1, 0 for the whole."""

    code: str
    step: int
    en: str
    zh: str
    article_en: str = ""
    article_zh: str = ""


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One step as it was written down. ``journal``: the kind of event at its position, empty where there is none."""

    number: int
    event: str
    from_state: str
    to_state: str
    role: str
    by: int | None
    on: date
    reasons: str
    said: frozenset[str]
    position: int
    journal: str
    journal_state: str


@dataclass(frozen=True, slots=True)
class TrailClock:
    """One clock as it was kept."""

    code: str
    started_on: date
    due_on: date | None
    stopped_on: date | None
    article_en: str
    article_zh: str


@dataclass(frozen=True, slots=True)
class Trail:
    """A case as it lies in the database. ``told`` are the record's own events: their positions by kind."""

    case: str
    kind: str
    state: str
    ended: bool
    version: int
    steps: tuple[TrailStep, ...]
    clocks: tuple[TrailClock, ...]
    told: dict[str, tuple[int, ...]] = field(default_factory=dict)


def trails(*, only_ended: bool = True) -> Iterator[Trail]:
    """Every case's trail, read in portions in the order of the cases."""
    cases = Case.objects.order_by("pk")
    if only_ended:
        cases = cases.filter(ended_at__isnull=False)
    found = cases.iterator(chunk_size=_AT_ONCE)
    while some := list(islice(found, _AT_ONCE)):
        yield from _read(some)


def _read(cases: list[Case]) -> Iterator[Trail]:
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(case__in=cases).order_by("case_id", "number"):
        steps.setdefault(step.case_id, []).append(step)
    clocks: dict[int, list[Clock]] = {}
    for clock in Clock.objects.filter(case__in=cases).order_by("pk"):
        clocks.setdefault(clock.case_id, []).append(clock)
    positions = [step.position for held in steps.values() for step in held]
    journal = JournalEvent.objects.in_bulk(positions)
    told: dict[int, dict[str, list[int]]] = {}
    records = JournalEvent.objects.filter(
        record__in={case.record_id for case in cases}, kind__in=_TOLD.values()
    )
    for record, kind, position in records.values_list("record_id", "kind", "position"):
        told.setdefault(record, {}).setdefault(kind, []).append(position)
    for case in cases:
        yield Trail(
            case=str(case.public_id),
            kind=case.kind,
            state=case.state,
            ended=case.ended_at is not None,
            version=case.version,
            steps=tuple(_step(step, journal.get(step.position)) for step in steps.get(case.pk, [])),
            clocks=tuple(_clock(clock) for clock in clocks.get(case.pk, [])),
            told={kind: tuple(at) for kind, at in told.get(case.record_id, {}).items()},
        )


def _step(step: Step, event: JournalEvent | None) -> TrailStep:
    content: dict[str, Any] = event.content if event is not None else {}
    return TrailStep(
        number=step.number,
        event=step.event,
        from_state=step.from_state,
        to_state=step.to_state,
        role=step.role,
        by=step.by_id,
        on=step.on,
        reasons=step.note,
        said=frozenset(step.detail),
        position=step.position,
        journal=event.kind if event is not None else "",
        journal_state=str(content.get("case_state", "")),
    )


def _clock(clock: Clock) -> TrailClock:
    return TrailClock(
        clock.code, clock.started_on, clock.due_on, clock.stopped_on, clock.article_en, clock.article_zh
    )


def deviations(trail: Trail) -> list[Deviation]:
    """Everything in a trail that is not as the chart of its kind has it, in the order of the steps."""
    chart = chart_of(trail.kind)
    found: list[Deviation] = []
    state, last = "", -1
    for place, step in enumerate(trail.steps, start=1):
        found += _of_step(chart, trail, step, place=place, state=state)
        if step.position <= last:
            found.append(
                _plain("step.order", place, "The step stands before an earlier one.", "步骤顺序有误。")
            )
        state, last = step.to_state, step.position
    if not trail.steps or state != trail.state or trail.version != len(trail.steps):
        found.append(_plain("case.state", 0, "The case is not where its steps lead.", "案件状态与步骤不符。"))
    final = {item.code for item in chart.states if item.final}
    if trail.ended != (state in final):
        found.append(
            _plain("case.end", 0, "The case's end is not that of its chart.", "案件终结与流程不符。")
        )
    return [*found, *_of_clocks(chart, trail)]


def _of_step(chart: Chart, trail: Trail, step: TrailStep, *, place: int, state: str) -> Iterator[Deviation]:
    event = {item.code: item for item in chart.events}.get(step.event)
    if event is None:
        yield _plain(
            "step.unknown", place, f"The chart knows no {step.event!r}.", f"流程中没有“{step.event}”。"
        )
        return

    def deviation(code: str, en: str, zh: str) -> Deviation:
        return Deviation(code, place, en, zh, event.article_en, event.article_zh)

    if step.number != place:
        yield deviation("step.missing", "A step before this one is missing.", "此前缺少步骤。")
    if step.from_state != state or (state not in event.from_ if event.from_ else place != 1):
        yield deviation(
            "step.place", f"{event.name_en} cannot follow here.", f"此处不能进行“{event.name_zh}”。"
        )
    if step.to_state != (event.to or step.from_state):
        yield deviation("step.result", "It leads elsewhere than the chart says.", "结果与流程不符。")
    if step.role not in event.who or (step.by is None) != (event.who == ("by_itself",)):
        yield deviation("step.who", "It was taken by someone who may not.", "由无权者作出。")
    if event.reasons == "required" and len(step.reasons) < 10:
        yield deviation("step.reasons", "It has no reasons.", "未说明理由。")
    if step.said != frozenset(event.needs):
        yield deviation(
            "step.says", "It does not say what it must, or more.", "未载明应载明的内容，或者多载。"
        )
    if "other_officer" in event.guards and step.by == _who_brought_it(trail, place, state):
        yield deviation(
            "step.same_officer", "Proposed and decided by one officer.", "提出与决定为同一经办人。"
        )
    if step.journal != event.journal or step.journal_state != step.to_state:
        yield deviation("step.journal", "The journal tells something else.", "与日志记载不符。")
    if (
        event.record is not None
        and event.record not in _MAY_BE_DONE
        and not _is_told(trail, step, event.record)
    ):
        yield deviation("step.record", "The record was not changed with it.", "信息未随之变更。")


def _who_brought_it(trail: Trail, place: int, state: str) -> int | None:
    into = [s for s in trail.steps[: place - 1] if s.to_state == state and s.from_state != state]
    return into[-1].by if into else None


def _is_told(trail: Trail, step: TrailStep, effect: str) -> bool:
    """Whether the record's own event stands right before the step's, as one transaction writes them."""
    return any(0 < step.position - position <= 3 for position in trail.told.get(_TOLD[effect], ()))


def _of_clocks(chart: Chart, trail: Trail) -> Iterator[Deviation]:
    started: dict[str, int] = {}
    for step in trail.steps:
        event = {item.code: item for item in chart.events}.get(step.event)
        for start in event.starts if event is not None else ():
            started[start.clock] = started.get(start.clock, 0) + 1
    kept: dict[str, int] = {}
    for clock in trail.clocks:
        kept[clock.code] = kept.get(clock.code, 0) + 1
        article = clock.article_en, clock.article_zh
        if trail.ended and clock.stopped_on is None:
            yield Deviation("clock.runs", 0, "A clock runs on after the end.", "终结后仍在计时。", *article)
        if clock.due_on and clock.stopped_on and clock.stopped_on > clock.due_on:
            days = (clock.stopped_on - clock.due_on).days
            yield Deviation(
                "clock.late",
                0,
                f"{clock.code}: {days} days late.",
                f"{clock.code}：逾期 {days} 天。",
                *article,
            )
    for code in sorted(started.keys() | kept.keys()):
        if started.get(code, 0) != kept.get(code, 0):
            yield _plain(
                "clock.count",
                0,
                f"The clock {code} is missing or one too many.",
                f"时限 {code} 缺失或者多余。",
            )


def _plain(code: str, step: int, en: str, zh: str) -> Deviation:
    return Deviation(code, step, en, zh)
