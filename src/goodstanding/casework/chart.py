"""The chart of each kind of case: which states there are, who may move a case, and what each move does.

Charts are data (``charts/<kind>.yaml``) that a jurist can read. Commands take what is allowed from here and
from nowhere else. Loading is strict: unknown fields, states that nobody reaches or leaves, moves that nobody
may make and clocks that would go on running after the end are refused.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from goodstanding.law.yaml_lines import read

CHARTS = Path(__file__).parent / "charts"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Kind = Literal["restoration", "objection"]
Role = Literal["entity", "authority", "operator"]
ClockCode = Literal["accept", "decide", "feedback"]
RecordEffect = Literal["restore", "withdraw", "dispute", "undispute"]


class ChartRefused(Exception):
    """A chart file breaks the format or contradicts itself. ``problems`` says how."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__(f"{file}: {'; '.join(problems)}")
        self.problems = problems


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(_Strict):
    """A ground on which one may object."""

    code: Code
    en: Text
    zh: Text


class State(_Strict):
    """A state of a case. A state that is not final says which clocks run in it, or why none does."""

    code: Code
    en: Text
    zh: Text
    final: bool = False
    clocks: tuple[ClockCode, ...] = ()
    no_clock_en: Text | None = None
    no_clock_zh: Text | None = None


class Start(_Strict):
    """A clock that an event starts, and the deadline rule of the law pack that it follows."""

    clock: ClockCode
    rule: Code


class Event(_Strict):
    """A move of a case. ``consequence`` marks one that only follows from another case's decision."""

    code: Code
    from_: tuple[Code, ...] = Field(alias="from")
    to: Code
    who: tuple[Role, ...] = Field(min_length=1)
    journal: Annotated[str, StringConstraints(pattern=r"^case\.[a-z]+$")]
    starts: tuple[Start, ...] = ()
    stops: tuple[ClockCode, ...] = ()
    reasons: Literal["none", "optional", "required"] = "none"
    record: RecordEffect | None = None
    consequence: bool = False
    en: Text
    zh: Text
    article_en: Text
    article_zh: Text


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

    def moves(self, state: str, role: str | None) -> tuple[Event, ...]:
        """What a role may do with a case in a state, in the order of the chart."""
        return tuple(
            event
            for event in self.events
            if state in event.from_ and role in event.who and not event.consequence
        )

    @property
    def open_states(self) -> tuple[str, ...]:
        """Codes of the states that are not final."""
        return tuple(state.code for state in self.states if not state.final)


def problems(chart: Chart) -> list[str]:
    """What contradicts itself in a chart; empty for a sound one."""
    found: list[str] = []
    states = {state.code: state for state in chart.states}
    if len(states) != len(chart.states) or len({e.code for e in chart.events}) != len(chart.events):
        found.append("a code is used twice")
    if sum(not event.from_ for event in chart.events) != 1:
        found.append("exactly one event opens a case")
    for event in chart.events:
        for code in (*event.from_, event.to):
            if code not in states:
                found.append(f"event {event.code}: unknown state {code}")
            elif code in event.from_ and states[code].final:
                found.append(f"event {event.code}: leaves the final state {code}")
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
        if state.final and state.clocks:
            found.append(f"state {state.code}: is final, yet a clock runs")
        if not state.final and not any(state.code in e.from_ and not e.consequence for e in chart.events):
            found.append(f"state {state.code}: no way out")
        if not state.final and not state.clocks and not (state.no_clock_en and state.no_clock_zh):
            found.append(f"state {state.code}: has neither a clock nor a reason for having none")
    return found


def _running(chart: Chart) -> dict[str, set[frozenset[str]]]:
    """Every set of clocks with which each state can be reached."""
    reached: dict[str, set[frozenset[str]]] = {}
    waiting: list[tuple[Event, frozenset[str]]] = [(chart.opening, frozenset())]
    while waiting:
        event, clocks = waiting.pop()
        after = frozenset((clocks - set(event.stops)) | {start.clock for start in event.starts})
        known = reached.setdefault(event.to, set())
        if after not in known:
            known.add(after)
            waiting += [(following, after) for following in chart.events if event.to in following.from_]
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
    """The shipped chart of a kind of case: ``restoration`` or ``objection``."""
    return load(CHARTS / f"{kind}.yaml")
