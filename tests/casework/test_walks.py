"""Random lives of cases: whatever people try, in whatever order, what must hold holds after every try."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from goodstanding.casework import commands, queries
from goodstanding.casework.chart import chart_of
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import Case, Clock, Kind, Step
from goodstanding.registry import queries as registry_queries
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Event, Record

from .stories import AT, REASONS, TODAY, Town, apply, object_to

TRIES = st.tuples(
    st.sampled_from(["apply", "object", *["accept"] * 4, *["grant"] * 3, "refuse", "deny", "withdraw"]),
    st.sampled_from(["who may", "who may", "who may", "firm", "market_officer", "tax_officer", "operator"]),
    st.integers(0, 8),
    st.integers(0, 1),
)


def attempt(town: Town, records: list[Record], held: list[Case], what: str, who: str, n: int, r: int) -> None:
    case = held[n % len(held)] if held else None
    if who == "who may":
        who = "firm"
        if case and what in ("accept", "refuse", "grant", "deny"):
            who = "market_officer" if case.authority_id == town.market.pk else "tax_officer"
    actor: Actor = getattr(town, who)
    if what == "apply":
        held.extend(apply(actor, records[r]).cases.all())
    elif what == "object":
        held.append(object_to(actor, records[r]))
    elif case:
        if n % 3:
            case.refresh_from_db()
        if what in ("refuse", "grant", "deny"):
            getattr(commands, what)(actor=actor, case=case, reasons=REASONS, at=AT, today=TODAY)
        else:
            getattr(commands, what)(actor=actor, case=case, at=AT, today=TODAY)


def check(records: list[Record]) -> None:
    """What must hold of these records and of all that hangs on them."""
    for record in records:
        record.refresh_from_db()
        cases = list(Case.objects.filter(record=record))
        public = registry_queries.records_visible_to(PUBLIC, on=TODAY).filter(pk=record.pk).exists()
        restored = any(c.kind == Kind.RESTORATION and c.state == "granted" for c in cases)
        upheld = any(c.kind == Kind.OBJECTION and c.state == "granted" for c in cases)
        disputed = any(c.kind == Kind.OBJECTION and c.is_open for c in cases)
        assert public != (restored or upheld), "gone exactly when a decision says so, never both"
        assert (record.state == Record.State.RESTORED) == restored
        assert (record.state == Record.State.WITHDRAWN) == (upheld and not restored)
        assert record.disputed == (disputed and public)
        for kind in Kind.values:
            assert sum(c.is_open for c in cases if c.kind == kind) <= 1
        for case in cases:
            trail(case)
        told = Event.objects.filter(record=record, kind__startswith="case.")
        assert set(told.values_list("position", flat=True)) == set(
            Step.objects.filter(case__record=record).values_list("position", flat=True)
        )


def trail(case: Case) -> None:
    """The trail of a case is a way through its chart, each step with the journal event that the chart names."""
    chart = chart_of(case.kind)
    state, running = "", set[str]()
    for number, step in enumerate(case.steps.order_by("number"), start=1):
        move = chart.event(step.event)
        assert step.number == number and step.from_state == state and step.to_state == move.to
        assert state in move.from_ or (number == 1 and not move.from_)
        assert step.role in move.who
        told = Event.objects.get(position=step.position)
        assert told.kind == move.journal and told.content["case"] == str(case.public_id)
        assert told.content["case_state"] == move.to
        running = (running - set(move.stops)) | {start.clock for start in move.starts}
        state = move.to
    assert (case.state, case.version) == (state, number)
    ticking = Clock.objects.filter(case=case, stopped_on__isnull=True)
    assert set(ticking.values_list("code", flat=True)) == running
    assert case.is_open or not running, "every end stops every clock"


@pytest.mark.usefixtures("module_database")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tries=st.lists(TRIES, min_size=20, max_size=40))
def test_a_random_life_never_breaks_what_must_hold(tries: list[tuple[str, str, int, int]]) -> None:
    town = Town()
    records = [town.record(), town.record(town.tax)]
    held: list[Case] = []
    for what, who, n, r in tries:
        head = registry_queries.counts()["journal_position"]
        try:
            attempt(town, records, held, what, who, n, r)
        except CaseworkError as error:
            assert error.en and error.zh
            assert registry_queries.counts()["journal_position"] == head, "what is refused leaves nothing"
    check(records)
    for case in Case.objects.filter(pk__in=[case.pk for case in held]):
        event(f"{case.kind} {case.state}")


@pytest.mark.usefixtures("module_database")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_the_chart_offers_can_be_done(data: st.DataObject) -> None:
    """Walks that take only moves that ``moves_for`` offers: none of them is refused, and all come to an end."""
    town = Town()
    record = town.record()
    cases = [apply(town.firm, record).cases.get(), object_to(town.firm, record)]
    for _ in range(10):
        offers = []
        for case in cases:
            case.refresh_from_db()
            for actor in (town.firm, town.market_officer):
                offers += [(actor, case, event.code) for event in queries.moves_for(actor, case)]
        if not offers:
            break
        actor, case, code = data.draw(st.sampled_from(offers))
        more = {"reasons": REASONS} if code in ("refuse", "grant", "deny") else {}
        getattr(commands, code)(actor=actor, case=case, at=AT, today=TODAY, **more)
    assert not any(Case.objects.get(pk=case.pk).is_open for case in cases)
    check([record])
