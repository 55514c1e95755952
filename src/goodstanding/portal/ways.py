"""What an entity can do about each of its records, and how its cases are named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from goodstanding.casework.chart import Chart
from goodstanding.casework.eligibility import RESTORABLE_STATES
from goodstanding.casework.models import Case
from goodstanding.casework.queries import Prospect
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .explained import Explained, explain
from .language import day, language, said
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

    @property
    def line(self) -> str:
        """The way back in one line."""
        record, case = self.prospect.record, self.prospect.open_case
        if self.closed:
            return _("Nothing is left to do.")
        if record.state == Record.State.SHIELDED:
            return _("Shielded while the plan is carried out; then it is restored.")
        if case is not None and case.due_on is not None:
            return _("Applied for; an answer is due by {day}.").format(day=day(case.due_on))
        if case is not None:
            return _("Applied for; no day is set for the answer.")
        if self.prospect.can_apply:
            return _("You can apply today.")
        return f"{self._when} {self._why}".strip()

    @property
    def _when(self) -> str:
        """From which day one may apply, if any."""
        until, earliest = self.prospect.record.publish_until, self.prospect.verdict.earliest_on
        if earliest is not None:
            return _("You can apply from {day}.").format(day=day(earliest))
        if until is not None:
            return _("It cannot be applied for; publication ends by itself on {day}.").format(day=day(until))
        return _("It cannot be applied for.")

    @property
    def _why(self) -> str:
        """The condition that stands in the way, with its article."""
        if not self.prospect.blocking:
            return ""
        first = self.prospect.blocking[0]
        article = first.article_zh if language() == "zh" else first.article
        return _("Not met yet: {condition} ({article})").format(
            condition=said(first, "text"), article=article
        )


def way_back(prospect: Prospect, *, on: date, axis: Axis | None, reader: Actor) -> Way:
    """The way back of one record, ready for a page."""
    false_commitment = prospect.verdict.facts.false_commitment_on
    explained = explain(prospect.record, on=on, axis=axis, reader=reader, false_commitment=false_commitment)
    return Way(prospect, explained)


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
