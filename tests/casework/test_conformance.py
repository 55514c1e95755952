"""Trails replayed against the charts: none of ours deviates, and every deviation that is put into one is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.conformance import Trail, deviations, trails

from .test_walks import Life

pytestmark = pytest.mark.usefixtures("module_database")


@pytest.fixture(scope="module")
def lived(module_database: str) -> list[Trail]:
    """The trails of what people did in ten towns, of every kind of case."""
    for seed in range(1_000, 1_010):
        life = Life(seed)
        for _ in range(40):
            try:
                life.step() if life.chance.random() < 0.7 else life.begin()
            except CaseworkError:
                continue
    return list(trails(only_ended=False))


def test_what_the_commands_write_is_what_the_charts_say(lived: list[Trail]) -> None:
    assert {trail.kind for trail in lived} == set(KINDS)
    assert sum(trail.ended for trail in lived) > 40
    for trail in lived:
        assert deviations(trail) == [], trail


def _with_step(trail: Trail, at: int, **changes: object) -> Trail:
    steps = list(trail.steps)
    steps[at] = replace(steps[at], **changes)  # type: ignore[arg-type]
    return replace(trail, steps=tuple(steps))


def _needing(trail: Trail, what: Callable[[object], bool]) -> int | None:
    chart = chart_of(trail.kind)
    return next((at for at, step in enumerate(trail.steps) if what(chart.event(step.event))), None)


def _injected(trail: Trail) -> dict[str, Trail]:
    """Every deviation that can be put into a trail, by the code under which it must be found."""
    last = len(trail.steps) - 1
    found = {
        "step.unknown": _with_step(trail, last, event="forget"),
        "step.who": _with_step(trail, last, role="bank"),
        "step.journal": _with_step(trail, last, journal="case.else"),
        "step.says": _with_step(trail, last, said=trail.steps[last].said | {"more"}),
        "step.result": _with_step(trail, last, to_state="elsewhere"),
        "case.state": replace(trail, state="elsewhere"),
        "case.end": replace(trail, ended=not trail.ended),
    }
    if last > 0:
        found["step.missing"] = replace(trail, steps=trail.steps[1:])
        found["step.place"] = _with_step(trail, last, from_state="elsewhere")
        found["step.order"] = _with_step(trail, last, position=trail.steps[0].position)
    if (at := _needing(trail, lambda event: event.reasons == "required")) is not None:  # type: ignore[attr-defined]
        found["step.reasons"] = _with_step(trail, at, reasons="")
    if (at := _needing(trail, lambda event: "other_officer" in event.guards)) is not None:  # type: ignore[attr-defined]
        state = trail.steps[at].from_state
        brought = [s.by for s in trail.steps[:at] if s.to_state == state and s.from_state != state]
        found["step.same_officer"] = _with_step(trail, at, by=brought[-1])
    if (at := _needing(trail, lambda event: event.record in ("restore", "dispute", "shield"))) is not None:  # type: ignore[attr-defined]
        found["step.record"] = replace(trail, told={})
    if trail.clocks:
        clock = trail.clocks[0]
        found["clock.count"] = replace(trail, clocks=trail.clocks[1:])
        if trail.ended:
            found["clock.runs"] = replace(trail, clocks=(replace(clock, stopped_on=None), *trail.clocks[1:]))
        if clock.due_on and clock.stopped_on:
            late = replace(clock, stopped_on=clock.due_on + timedelta(days=1))
            found["clock.late"] = replace(trail, clocks=(late, *trail.clocks[1:]))
    return found


def test_every_deviation_put_into_a_trail_is_found(lived: list[Trail]) -> None:
    put: dict[str, int] = {}
    for trail in lived:
        for code, changed in _injected(trail).items():
            assert code in {item.code for item in deviations(changed)}, (code, changed)
            put[code] = put.get(code, 0) + 1
    assert len(put) == 16, put
    named = [item for trail in lived for item in deviations(_with_step(trail, 0, role="bank"))]
    assert all(item.article_en and item.article_zh for item in named if item.code == "step.who")
