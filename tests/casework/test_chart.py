"""The shipped charts are sound, and an unsound one is refused. The checks here are written anew, not reused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goodstanding.casework.chart import CHARTS, KINDS, Chart, ChartRefused, Event, chart_of, load
from goodstanding.casework.drawing import PAGE, page
from goodstanding.casework.eligibility import procedure_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import FINAL, Clock, Kind, Step
from goodstanding.law import PackRefused, all_packs


def ways(chart: Chart) -> list[list[tuple[str, Event]]]:
    """Every way through a chart on which no state is entered twice, as the states entered and by which event."""
    found: list[list[tuple[str, Event]]] = []

    def go(way: list[tuple[str, Event]]) -> None:
        state, seen = way[-1][0], {entered for entered, _ in way}
        onward = [e for e in chart.events if state in e.from_ and e.to is not None and e.to not in seen]
        if not onward:
            found.append(way)
        for event in onward:
            assert event.to is not None
            go([*way, (event.to, event)])

    for event in chart.events:
        if not event.from_:
            assert event.to is not None
            go([(event.to, event)])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_on_every_way_the_clocks_are_those_that_the_states_name(kind: str) -> None:
    chart = chart_of(kind)
    passed: set[str] = set()
    for way in ways(chart):
        running: set[str] = set()
        for entered, event in way:
            running -= set(event.stops)
            assert not running & {start.clock for start in event.starts}, "no clock is started twice"
            running |= {start.clock for start in event.starts}
            state = next(state for state in chart.states if state.code == entered)
            assert running == set(state.clocks), (entered, event.code)
            if state.final:
                assert not running and "entity" in event.tells, "every end stops every clock and is told"
            else:
                assert state.clocks or (state.no_clock_en and state.no_clock_zh)
                assert state.lies_with is not None
            passed.add(entered)
    assert passed == {state.code for state in chart.states}, "no state is dead"


@pytest.mark.parametrize("kind", KINDS)
def test_from_every_state_an_end_can_be_reached(kind: str) -> None:
    chart = chart_of(kind)
    ends = {state.code for state in chart.states if state.final}
    for _ in chart.states:
        ends |= {code for e in chart.events if e.after("") in ends for code in e.from_}
    assert ends == {state.code for state in chart.states}


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_moves_without_permission_and_the_operator_decides_appeals_alone(kind: str) -> None:
    chart = chart_of(kind)
    for event in chart.events:
        assert event.who and ("operator" not in event.who or kind == "appeal"), event.code
        assert event.en and event.zh and event.article_en and event.article_zh
    for state in chart.states:
        assert chart.moves(state.code, None) == ()
        if state.final:
            assert all(chart.moves(state.code, role) == () for role in ("entity", "authority", "operator"))
        else:
            assert state.lies_with is not None and chart.moves(state.code, state.lies_with), state.code
    against = {"refused", "denied", "failed", "revoked", "set_aside"}
    for event in chart.events:
        if event.to in against:
            assert event.reasons == "required", "whatever ends against the entity has reasons"
            assert event.who != ("by_itself",)


@pytest.mark.parametrize("kind", KINDS)
def test_charts_models_and_packs_speak_of_the_same_things(kind: str) -> None:
    chart = chart_of(kind)
    finals = {state.code for state in chart.states if state.final}
    assert finals == {state.code for state in chart.states} & set(FINAL)
    assert {s.clock for event in chart.events for s in event.starts} <= set(Clock.Code.values)
    assert kind in Kind.values and len(list(CHARTS.glob("*.yaml"))) == len(Kind.values)
    longest = {field: Step._meta.get_field(field).max_length for field in ("event", "to_state")}
    assert all(len(event.code) <= longest["event"] for event in chart.events)
    assert all(len(state.code) <= longest["to_state"] for state in chart.states)
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
        (
            "    tells: [entity]\n    en: The authority did not accept",
            "    en: The authority did not accept",
            "tell",
        ),
        ("to: denied", "to: refused", "denied: nothing leads to it"),
        ("from: [accepted]\n    to: granted", "from: [denied]\n    to: granted", "final state"),
        ("to: accepted", "to: nowhere", "unknown state"),
        ("clocks: [accept, feedback]", "clocks: [accept]", "says clocks"),
        ("    zh: 不予受理\n    final: true", "    zh: 不予受理", "no way out"),
        ("from: [submitted, supplement]\n    to: refused", "from: []\n    to: refused", "exactly one event"),
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
    raised = set(re.findall(r'(?:CaseworkError|Refusal)\(\s*"([a-z_.]+)"', sources))
    assert listed == raised


def test_the_page_of_charts_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m goodstanding.casework.drawing"
