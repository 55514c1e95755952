"""The page that shows the charts, drawn from the charts themselves: ``python -m goodstanding.casework.drawing``.

A table of states and one of moves for a jurist, and a picture in the language of Mermaid, which code hosts draw.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .chart import KINDS, Chart, Event, chart_of

PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "cases.md"

_HEAD: Final = """# Cases (案件)

Every kind of case runs by a chart: a file of data beside the code (`casework/charts/<kind>.yaml`). Commands, buttons
and the API take what is allowed from there and from nowhere else. A chart is checked when it is loaded: every state is
reached and has a way out that somebody can take, every open state has a clock or a reason for having none, no clock
runs on after the end, every end is told to the entity, and nobody moves without permission. This page is written from
the charts by `python -m goodstanding.casework.drawing`; a test holds it to them.

*Guards* are conditions of a move beyond its state (`casework/guards.py`), *says* is what it must state beyond its
reasons (`casework/details.py`), *record* is what happens to the record in the same transaction. Numbers of days come
from the law pack of the record; where the pack has none, the clock says that it is unset.
"""


def drawing(chart: Chart) -> str:
    """One chart as a state diagram (Mermaid)."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    for event in chart.events:
        if not event.from_:
            lines.append(f"    [*] --> {event.to}: {event.code}")
        lines += [f"    {state} --> {event.to}: {event.code}" for state in event.from_ if event.to]
    lines += [f"    {state.code} --> [*]" for state in chart.states if state.final]
    return "\n".join([*lines, "```"])


def tables(chart: Chart) -> str:
    """States and moves of one chart as tables."""
    lines = ["| state | | lies with | clocks |", "|---|---|---|---|"]
    for state in chart.states:
        clocks = ", ".join(state.clocks) or ("end" if state.final else f"none: {state.no_clock_en}")
        lines.append(f"| `{state.code}` | {state.en} {state.zh} | {state.lies_with or ''} | {clocks} |")
    lines += [
        "",
        "| move | from → to | who | guards; says | record; tells | article |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(event) for event in chart.events]
    return "\n".join(lines)


def _row(event: Event) -> str:
    way = f"{', '.join(event.from_) or 'new'} → {event.to or 'stays'}"
    says = [*event.needs, *(["reasons"] if event.reasons == "required" else [])]
    asked = "; ".join(part for part in (", ".join(event.guards), ", ".join(says)) if part)
    done = "; ".join(part for part in (event.record or "", ", ".join(event.tells)) if part)
    name = f"`{event.code}` {event.name_en} {event.name_zh}"
    return f"| {name} | {way} | {', '.join(event.who)} | {asked} | {done} | {event.article_en} |"


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for kind in KINDS:
        chart = chart_of(kind)
        parts.append(
            f"## {chart.name_en} ({chart.name_zh}), `{kind}`\n\n{drawing(chart)}\n\n{tables(chart)}\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
