"""Where a case stands for whoever waits for it, and whether its success has reached those who held the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from goodstanding.casework import queries
from goodstanding.casework.chart import State, chart_of
from goodstanding.casework.models import Case, Kind
from goodstanding.casework.outcomes import INSTITUTIONS, Followed, followed, law_of, opening_of
from goodstanding.exchange.models import Subscriber
from goodstanding.exchange.queries import Holder, holders
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Outcome, Reading, Record
from goodstanding.registry.queries import readings_of

from .language import language, said
from .ways import ShownCase

#: A record in one of these states is shown to nobody, so nobody should hold it.
OFF = (Record.State.RESTORED, Record.State.WITHDRAWN, Record.State.REDACTED, Record.State.SHIELDED)
_HELPS = (Kind.RESTORATION, Kind.OBJECTION, Kind.REORGANISATION, Kind.OWN_MOTION)


@dataclass(frozen=True, slots=True)
class Progress:
    """An open case: whom it lies with (a role), what is next, and the day by which something is due or why none is."""

    shown: ShownCase
    lies_with: str
    following: str
    due_on: date | None
    no_day: str


def progress_of(case: Case, *, actor: Actor, on: date) -> Progress | None:
    """Where an open case stands; None for one that has ended.

    What is next is what the reader can do, where the case lies with it, else the next stage of the usual way.
    """
    if not case.is_open:
        return None
    chart = chart_of(case.kind)
    state = chart.state(case.state)
    following = ""
    if state.lies_with == "entity" and actor.role == "entity":
        moves = queries.moves_for(actor, case, on=on)
        following = " · ".join(said(move, "name") for move in moves if move.code != "withdraw")
    if not following:
        ahead = _ahead(chart.states, state)
        # Which way it ends is not said before it has.
        following = (str(_("the decision")) if ahead.final else getattr(ahead, language())) if ahead else ""
    no_day = said(state, "no_clock") if case.due_on is None and state.no_clock_en else ""
    return Progress(ShownCase(case, chart), state.lies_with or "", following, case.due_on, no_day)


def _ahead(states: tuple[State, ...], state: State) -> State | None:
    """The next stage of the usual way after a state, in the order of the chart."""
    later = states[states.index(state) + 1 :]
    return next((item for item in later if item.usual), None)


@dataclass(frozen=True, slots=True)
class Held:
    """What one holder did since a record went off, and after how many days (so far, where it still holds it)."""

    holder: Holder
    days: int


@dataclass(frozen=True, slots=True)
class Row:
    """One part of what followed a removal: ``named`` is whose it is (an authority or a subscriber; None where only the
    ``role`` is known), ``answer`` what it said last (None while it lags), ``due_on`` None where the law sets no day.
    """

    named: Authority | Subscriber | None
    role: str
    name_en: str
    name_zh: str
    answer: Outcome | None
    days: int
    due_on: date | None


def rows_of(record: Record, *, actor: Actor, on: date) -> tuple[Row, ...]:
    """What followed a removal or correction, with the holders that have said nothing, as far as the reader may know."""
    opening = opening_of(record)
    found = followed(record, actor=actor, on=on)
    if opening is None or not record.adverse or not (found or _sees_all(actor, record)):
        return ()
    named = [row.body.pk for row in found if isinstance(row.body, Account)]
    known = {each.account_id: each for each in Subscriber.objects.filter(account_id__in=named)}
    reporting = {
        row.body.pk for row in found if isinstance(row.body, Account) and row.answer and not row.asked
    }
    rows = [_row(row, known) for row in found]
    if not _sees_all(actor, record):
        return tuple(rows)
    law = law_of(record, INSTITUTIONS, since=opening)
    days = max(0, (on - opening.on).days)
    for holder in holders(record, on) if record.state in OFF else ():
        if holder.state in ("holds", "dropped") and holder.subscriber.account_id not in reporting:
            due_on = law.due_on if law else None
            rows.append(Row(holder.subscriber, "subscriber", *_EVALUATION, None, days, due_on))
    return tuple(rows)


_EVALUATION = ("credit evaluation", "信用评价")


def _row(row: Followed, known: dict[int, Subscriber]) -> Row:
    body = row.body
    named = body if isinstance(body, Authority) else known.get(body.pk)
    role = "authority" if isinstance(body, Authority) else body.role
    due_on = row.law.due_on if row.law else None
    return Row(named, role, row.name_en, row.name_zh, row.answer, row.days, due_on)


def _sees_all(actor: Actor, record: Record) -> bool:
    return actor.is_operator or (actor.role == "entity" and actor.entity_id == record.entity_id)


@dataclass(frozen=True, slots=True)
class Help:
    """What came of a success: since when, the record now, its holders while it is off, who looked at it since, and
    what bodies did.

    ``readings`` is None for a reader who does not see them.
    """

    since: date
    off: bool
    held: tuple[Held, ...]
    readings: tuple[Reading, ...] | None
    followed: tuple[Row, ...]

    @property
    def lagging(self) -> tuple[Held, ...]:
        """Those that still hold what nobody should."""
        return tuple(item for item in self.held if item.holder.state == "holds")


def help_of(case: Case, *, actor: Actor, on: date) -> Help | None:
    """Whether it helped; None where nothing was granted."""
    if case.state != "granted" or case.kind not in _HELPS or case.ended_at is None:
        return None
    since, off = timezone.localdate(case.ended_at), case.record.state in OFF
    held = [item for item in holders(case.record, on) if item.state != "out_of_scope"] if off else []
    readings = None
    if actor.is_operator or (actor.role == "entity" and actor.entity_id == case.entity_id):
        found = readings_of(case.entity)
        readings = tuple(
            item for item in found if item.at >= case.ended_at and item.record_id in (None, case.record_id)
        )
    days = tuple(Held(item, _days(item, since=since, on=on)) for item in held)
    if actor.role == "entity" and actor.entity_id == case.entity_id:
        actor = replace(
            actor, entity_id=case.record.entity_id
        )  # it may be another of those that are one with it
    return Help(since, off, days, readings, rows_of(case.record, actor=actor, on=on))


def _days(holder: Holder, *, since: date, on: date) -> int:
    until = on if holder.state == "holds" or holder.since is None else timezone.localdate(holder.since)
    return max(0, (until - since).days)
