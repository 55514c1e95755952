"""The chart of each kind of case: which states there are, who may move a case, and what each move does.

Charts are data (``charts/<kind>.yaml``) that a jurist can read. Commands take what is allowed from here and
from nowhere else. Loading is strict: unknown fields, states that nobody reaches or leaves, moves that nobody
may make, ends of which the entity is not told and clocks that would go on running after the end are refused.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from goodstanding.law.yaml_lines import read

CHARTS = Path(__file__).parent / "charts"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Kind = Literal["restoration", "objection", "appeal", "reorganisation", "reopening", "own_motion"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Role = Literal["entity", "authority", "operator"]
#: ``consulted``: an authority that was asked for its opinion. ``by_itself``: what follows without anybody's move.
Mover = Literal["entity", "authority", "operator", "consulted", "by_itself"]
ClockCode = Literal["accept", "decide", "feedback"]
RecordEffect = Literal[
    "restore", "withdraw", "correct", "dispute", "undispute", "shield", "unshield", "republish"
]
#: Conditions of a move beyond state and mover; each is a function of ``guards``.
Guard = Literal[
    "alone_decides",
    "second_looks",
    "other_officer",
    "other_deciders",
    "extendable",
    "pausable",
    "paused",
    "not_asked",
    "correctable",
    "eligible",
]
#: What a move says beyond its reasons; each is checked by a function of ``details``.
Need = Literal["officer", "authority", "ground", "document", "correction", "sanction"]


class ChartRefused(Exception):
    """A chart file breaks the format or contradicts itself. ``problems`` says how."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__(f"{file}: {'; '.join(problems)}")
        self.problems = problems


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(_Strict):
    """A ground on which one may object or appeal."""

    code: Code
    en: Text
    zh: Text


class State(_Strict):
    """A state of a case. A state that is not final says with whom the case lies, and which clocks run in it or why
    none does. ``usual`` marks the stages of the usual way.
    """

    code: Code
    en: Text
    zh: Text
    lies_with: Role | None = None
    usual: bool = False
    final: bool = False
    clocks: tuple[ClockCode, ...] = ()
    no_clock_en: Text | None = None
    no_clock_zh: Text | None = None


class Start(_Strict):
    """A clock that an event starts, and the deadline rule of the law pack that it follows."""

    clock: ClockCode
    rule: Code


class Event(_Strict):
    """A move of a case. Without ``to`` the case stays in its state.

    ``tells``: who is told of it. ``pauses``, ``resumes``: the running clocks stand still, or go on. ``extends``: the
    clock that is extended, once, by the law pack's extension. ``files``: evidence may come with it. ``again``: the case
    that this one is about is taken up again as a new one.
    """

    code: Code
    from_: tuple[Code, ...] = Field(alias="from")
    to: Code | None = None
    who: tuple[Mover, ...] = Field(min_length=1)
    journal: Annotated[str, StringConstraints(pattern=r"^case\.[a-z_]+$")]
    guards: tuple[Guard, ...] = ()
    needs: tuple[Need, ...] = ()
    starts: tuple[Start, ...] = ()
    stops: tuple[ClockCode, ...] = ()
    pauses: bool = False
    resumes: bool = False
    extends: ClockCode | None = None
    reasons: Literal["none", "optional", "required"] = "none"
    record: RecordEffect | None = None
    files: bool = False
    again: bool = False
    tells: tuple[Role, ...] = ()
    name_en: Text
    name_zh: Text
    en: Text
    zh: Text
    then_en: Text | None = None
    then_zh: Text | None = None
    article_en: Text
    article_zh: Text

    def after(self, state: str) -> str:
        """The state in which it leaves a case that is in a state."""
        return self.to or state


class Chart(_Strict):
    """A whole chart. The event without ``from`` opens a case."""

    kind: Kind
    name_en: Text
    name_zh: Text
    open_article_en: Text
    open_article_zh: Text
    grounds: tuple[Ground, ...] = ()
    states: tuple[State, ...]
    events: tuple[Event, ...]

    def state(self, code: str) -> State:
        """The state with a code. Raises KeyError."""
        return {state.code: state for state in self.states}[code]

    def event(self, code: str) -> Event:
        """The event with a code. Raises KeyError."""
        return {event.code: event for event in self.events}[code]

    @property
    def opening(self) -> Event:
        """The event that opens a case."""
        return next(event for event in self.events if not event.from_)

    def moves(self, state: str, mover: str | None) -> tuple[Event, ...]:
        """What a mover may do with a case in a state, in the order of the chart, if no guard forbids it."""
        return tuple(event for event in self.events if state in event.from_ and mover in event.who)


def problems(chart: Chart) -> list[str]:
    """What contradicts itself in a chart; empty for a sound one."""
    found = _event_problems(chart)
    if found:
        return found
    running = _running(chart)
    for state in chart.states:
        reached = running.get(state.code)
        if reached is None:
            found.append(f"state {state.code}: nothing leads to it")
            continue
        if reached != {frozenset(state.clocks)}:
            said = sorted(sorted(clocks) for clocks in reached)
            found.append(f"state {state.code}: says clocks {sorted(state.clocks)}, the events leave {said}")
        found += _state_problems(chart, state)
    return found


def _event_problems(chart: Chart) -> list[str]:
    found: list[str] = []
    states = {state.code: state for state in chart.states}
    if len(states) != len(chart.states) or len({e.code for e in chart.events}) != len(chart.events):
        found.append("a code is used twice")
    if sum(not event.from_ for event in chart.events) != 1:
        found.append("exactly one event opens a case")
    for event in chart.events:
        if not event.from_ and event.to is None:
            found.append(f"event {event.code}: opens a case in no state")
        for code in (*event.from_, *([event.to] if event.to else [])):
            if code not in states:
                found.append(f"event {event.code}: unknown state {code}")
            elif code in event.from_ and states[code].final:
                found.append(f"event {event.code}: leaves the final state {code}")
        ends = event.to in states and states[event.to].final
        if ends and "entity" not in event.tells:
            found.append(f"event {event.code}: ends the case and does not tell the entity")
        if event.to is None and (event.starts or event.stops):
            found.append(f"event {event.code}: stays in its state, yet starts or stops a clock")
    return found


def _state_problems(chart: Chart, state: State) -> list[str]:
    found: list[str] = []
    if state.final:
        return [f"state {state.code}: is final, yet a clock runs"] if state.clocks else []
    out = [
        event for event in chart.events if state.code in event.from_ and event.after(state.code) != state.code
    ]
    if not any(set(event.who) != {"by_itself"} for event in out):
        found.append(f"state {state.code}: no way out")
    if not state.clocks and not (state.no_clock_en and state.no_clock_zh):
        found.append(f"state {state.code}: has neither a clock nor a reason for having none")
    if state.lies_with is None:
        found.append(f"state {state.code}: lies with nobody")
    return found


def _running(chart: Chart) -> dict[str, set[frozenset[str]]]:
    """Every set of clocks with which each state can be reached."""
    reached: dict[str, set[frozenset[str]]] = {}
    waiting: list[tuple[str, frozenset[str]]] = []

    def reach(event: Event, state: str, clocks: frozenset[str]) -> None:
        after = frozenset((clocks - set(event.stops)) | {start.clock for start in event.starts})
        known = reached.setdefault(state, set())
        if after not in known:
            known.add(after)
            waiting.append((state, after))

    reach(chart.opening, chart.opening.after(""), frozenset())
    while waiting:
        state, clocks = waiting.pop()
        for event in chart.events:
            if state in event.from_:
                reach(event, event.after(state), clocks)
    return reached


def load(path: Path) -> Chart:
    """Read and check one chart file. Raises ChartRefused, or law.PackRefused for broken YAML."""
    value, _ = read(path.read_text(encoding="utf-8"), file=path.name)
    try:
        chart = Chart.model_validate(value)
    except ValidationError as error:
        raise ChartRefused(
            path.name,
            [f"{'.'.join(str(step) for step in item['loc'])}: {item['msg']}" for item in error.errors()],
        ) from error
    found = problems(chart)
    if chart.kind != path.stem:
        found.append(f"the file is named {path.stem}, the chart is of {chart.kind}")
    if found:
        raise ChartRefused(path.name, found)
    return chart


@cache
def chart_of(kind: str) -> Chart:
    """The shipped chart of a kind of case, one of ``KINDS``."""
    return load(CHARTS / f"{kind}.yaml")
