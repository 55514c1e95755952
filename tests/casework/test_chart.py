"""The shipped charts are sound, and an unsound one is refused. The checks here are written anew, not reused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goodstanding.casework.chart import CHARTS, Chart, ChartRefused, chart_of, load
from goodstanding.casework.eligibility import procedure_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case, Clock, Kind
from goodstanding.law import PackRefused, all_packs

KINDS = ["restoration", "objection"]


def walks(chart: Chart) -> list[list[str]]:
    """Every way through a chart, as event codes (the charts have no loops)."""
    found: list[list[str]] = []

    def go(state: str, way: list[str]) -> None:
        onward = [event for event in chart.events if state in event.from_]
        if not onward:
            found.append(way)
        for event in onward:
            assert event.code not in way
            go(event.to, [*way, event.code])

    for event in chart.events:
        if not event.from_:
            go(event.to, [event.code])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_ends_in_a_final_state_with_no_clock_running(kind: str) -> None:
    chart = chart_of(kind)
    events = {event.code: event for event in chart.events}
    passed: set[str] = set()
    for way in walks(chart):
        running: set[str] = set()
        for code in way:
            event = events[code]
            running -= set(event.stops)
            assert not running & {start.clock for start in event.starts}, "no clock is started twice"
            running |= {start.clock for start in event.starts}
            state = next(state for state in chart.states if state.code == event.to)
            assert running == set(state.clocks), (way, code)
            if not state.final:
                assert state.clocks or (state.no_clock_en and state.no_clock_zh)
            passed.add(state.code)
        assert state.final, way
    assert passed == {state.code for state in chart.states}, "no state is dead"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_moves_without_permission_and_the_operator_decides_nothing(kind: str) -> None:
    chart = chart_of(kind)
    for event in chart.events:
        assert event.who and "operator" not in event.who, event.code
        assert event.en and event.zh and event.article_en and event.article_zh
    for state in chart.states:
        assert chart.moves(state.code, "operator") == chart.moves(state.code, None) == ()
        if not state.final:
            assert chart.moves(state.code, "entity") and chart.moves(state.code, "authority")
    assert {event.code for event in chart.events if event.reasons == "required"} == {"refuse", "deny"}


@pytest.mark.parametrize("kind", KINDS)
def test_charts_models_and_packs_speak_of_the_same_things(kind: str) -> None:
    chart = chart_of(kind)
    assert {state.code for state in chart.states} == set(Case.State.values)
    assert set(chart.open_states) == set(Case.OPEN)
    assert {s.clock for event in chart.events for s in event.starts} <= set(Clock.Code.values)
    assert kind in Kind.values and len(list(CHARTS.glob("*.yaml"))) == len(Kind.values)
    for pack in all_packs():
        for event in chart.events:
            for start in event.starts:
                assert procedure_of(pack, start.rule).deadline(start.rule).text_zh


TEXT = (CHARTS / "restoration.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    who: [entity]\n    journal: case.submitted", "    who: []\n    journal: case.submitted", "who"),
        (
            "    who: [entity]\n    journal: case.submitted",
            "    who: [bank]\n    journal: case.submitted",
            "who",
        ),
        ("stops: [accept, decide, feedback]", "stops: [accept, decide]", "withdrawn"),
        ("to: denied", "to: refused", "denied: nothing leads to it"),
        (
            "from: [submitted, accepted]\n    to: withdrawn",
            "from: [granted]\n    to: withdrawn",
            "final state",
        ),
        ("to: accepted", "to: nowhere", "unknown state"),
        ("clocks: [accept, feedback]", "clocks: [accept]", "says clocks"),
        ("    zh: 不予受理\n    final: true", "    zh: 不予受理", "no way out"),
        ("from: [submitted]\n    to: refused", "from: []\n    to: refused", "exactly one event"),
        ("code: deny", "code: grant", "twice"),
        ("kind: restoration", "kind: objection", "the file is named"),
        ("name_zh: 信用修复", "nickname: x", "nickname"),
        ("    final: true\n  - code: granted", "    finished: true\n  - code: granted", "finished"),
    ],
)
def test_an_unsound_chart_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    (tmp_path / "restoration.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ChartRefused, match=said):
        load(tmp_path / "restoration.yaml")


def test_a_state_without_clock_needs_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "objection.yaml"
    bare = (CHARTS / "objection.yaml").read_text(encoding="utf-8")
    bare = bare.replace("    starts:\n      - {clock: decide, rule: objection}\n", "").replace(
        "clocks: [decide]", ""
    )
    file.write_text(bare, encoding="utf-8")
    with pytest.raises(ChartRefused, match="neither a clock nor a reason"):
        load(file)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "restoration.yaml"
    file.write_text(TEXT + "\nkind: restoration\n", encoding="utf-8")
    with pytest.raises(PackRefused):
        load(file)


def test_every_error_code_is_listed_where_readers_look() -> None:
    listed = set(re.findall(r"\b[a-z]+\.[a-z_]+(?=[,.]\s)", (CaseworkError.__doc__ or "").split("Codes:")[1]))
    sources = "".join(path.read_text(encoding="utf-8") for path in CHARTS.parent.glob("*.py"))
    raised = set(re.findall(r'CaseworkError\(\s*"([a-z_.]+)"', sources))
    assert listed == raised
