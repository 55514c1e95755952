"""What an entity can do about each of its records, and how its cases are named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goodstanding.casework.chart import Chart
from goodstanding.casework.eligibility import RESTORABLE_STATES
from goodstanding.casework.models import Case
from goodstanding.casework.queries import Prospect
from goodstanding.registry.actor import Actor

from .explained import Explained, explain
from .language import language
from .timeline import Axis


@dataclass(frozen=True, slots=True)
class Way:
    """A record before its entity: the record explained, and what can be done about it."""

    prospect: Prospect
    row: Explained

    @property
    def closed(self) -> bool:
        """Nothing is left to do: restored or withdrawn."""
        return self.prospect.record.state not in RESTORABLE_STATES

    @property
    def later(self) -> bool:
        """Not yet, or never by application."""
        return not (self.closed or self.prospect.can_apply or self.prospect.open_case)


def way_back(prospect: Prospect, *, on: date, axis: Axis | None, reader: Actor) -> Way:
    """The way back of one record, ready for a page."""
    return Way(prospect, explain(prospect.record, on=on, axis=axis, reader=reader))


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A case with its names in the page's language."""

    case: Case
    chart: Chart

    @property
    def kind(self) -> str:
        """Restoration or objection."""
        return str(getattr(self.chart, f"name_{language()}"))

    @property
    def state(self) -> str:
        """The state in the chart's words."""
        return str(getattr(self.chart.state(self.case.state), language()))
