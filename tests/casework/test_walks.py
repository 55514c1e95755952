"""Random lives of cases of every kind: whatever people do, in whatever order, what must hold holds after every step."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest

from goodstanding.casework import commands, desk, queries
from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import FINAL, Case, Clock, Kind, Step
from goodstanding.registry import journal
from goodstanding.registry import queries as registry_queries
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.models import Event, Record

from .stories import AT, REASONS, TODAY, Town, appeal, apply, ask_shield, object_to, officer, reopen, take

#: Walks of this run; the issue's 10,000 with GOODSTANDING_WALKS=10000.
WALKS = int(os.environ.get("GOODSTANDING_WALKS", "40"))
LENGTH = 30
#: All that the journal says of a step.
TOLD = {"at", "kind", "position", "case", "case_kind", "case_state", "record"}

pytestmark = pytest.mark.usefixtures("module_database")


class Life:
    """A town with three records whose people do what comes to their minds."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.town = Town()
        self.third_officer = officer(self.town.market)
        self.records = [
            self.town.record(),
            self.town.record(self.town.tax),
            self.town.record(severity="serious"),
        ]
        self.people = [
            self.town.firm,
            self.town.market_officer,
            self.town.second_officer,
            self.third_officer,
            self.town.tax_officer,
            self.town.operator,
        ]

    @property
    def cases(self) -> list[Case]:
        return list(Case.objects.filter(record__in=self.records).order_by("pk"))

    def begin(self) -> None:
        """Somebody opens a case."""
        record, firm = self.chance.choice(self.records), self.town.firm
        ended = [case for case in self.cases if not case.is_open]
        doing = self.chance.choice(["apply", "object", "appeal", "shield", "reopen", "find"])
        if doing == "apply":
            apply(firm, record)
        elif doing == "object":
            new = {"CF_WFXW": "另一违法行为"} if self.chance.random() < 0.5 else {}
            object_to(firm, record, claim=new)
        elif doing == "shield":
            ask_shield(firm, record)
        elif doing == "find":
            commands.find(record=record, at=AT, today=TODAY)
        elif ended and doing == "appeal":
            appeal(firm, self.chance.choice(ended))
        elif ended:
            case = self.chance.choice(ended)
            reopen(
                self.town.market_officer
                if case.authority_id == self.town.market.pk
                else self.town.tax_officer,
                case,
            )

    def blunder(self) -> None:
        """Somebody tries any step on any case, allowed or not."""
        if self.cases:
            case = self.chance.choice(self.cases)
            event = self.chance.choice(chart_of(case.kind).events)
            take(event.code, self.chance.choice(self.people), case, town=self.town)

    def step(self) -> None:
        """Somebody takes a step that the page offers; it is never refused."""
        meetings = [(actor, case) for case in self.cases if case.is_open for actor in self.people]
        self.chance.shuffle(meetings)
        for actor, case in meetings:
            offers = queries.moves_for(actor, case, on=TODAY)
            if offers:
                take(self.chance.choice(offers).code, actor, case, town=self.town)
                return


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_random_life_never_breaks_what_must_hold(seed: int) -> None:
    life = Life(seed)
    for _ in range(LENGTH):
        head = journal.head()
        doing = life.chance.random()
        if doing < 0.65:
            life.step()
        else:
            try:
                life.begin() if doing < 0.9 else life.blunder()
            except CaseworkError as error:
                assert error.en and error.zh
                assert journal.head() == head, "what is refused leaves nothing"
        check(life.records)


def check(records: list[Record]) -> None:
    """What must hold of these records and of all that hangs on them."""
    keys = [record.pk for record in records]
    now = Record.objects.in_bulk(keys)
    public = set(
        registry_queries.records_visible_to(PUBLIC, on=TODAY).filter(pk__in=keys).values_list("pk", flat=True)
    )
    cases = list(Case.objects.filter(record__in=keys).prefetch_related("steps", "clocks").order_by("pk"))
    events = Event.objects.filter(record__in=keys, kind__startswith="case.").in_bulk(field_name="position")
    for record in now.values():
        of_record(record, [case for case in cases if case.record_id == record.pk], public=record.pk in public)
    for case in cases:
        trail(case, events)
    assert set(events) == {step.position for case in cases for step in case.steps.all()}


def of_record(record: Record, cases: list[Case], *, public: bool) -> None:
    """A record is published, or what the last decision made of it; never both, and disputed while it is."""
    assert public == (record.state == Record.State.PUBLISHED)
    gone = last_word(cases)
    assert (record.state == Record.State.RESTORED) == (gone == "restored"), gone
    assert (record.state == Record.State.WITHDRAWN) == (gone == "withdrawn"), gone
    shielded = any(case.state == "shielded" for case in cases)
    assert (record.state == Record.State.SHIELDED) == shielded
    disputed = any(case.kind == Kind.OBJECTION and case.is_open for case in cases)
    assert record.disputed == (disputed and gone is None)
    for kind in KINDS:
        assert sum(case.is_open for case in cases if case.kind == kind) <= 1


def last_word(cases: list[Case]) -> str | None:
    """What the decisions so far, in the order of the journal, leave of a record: restored, withdrawn or None."""
    found: str | None = None
    steps = [(step.position, case.kind, step.event) for case in cases for step in case.steps.all()]
    for _, kind, event in sorted(steps):
        effect = chart_of(kind).event(event).record
        if effect == "restore":
            found = "restored"
        elif effect == "withdraw" and found is None:
            found = "withdrawn"
        elif effect == "republish":
            found = None
    return found


def trail(case: Case, events: dict[int, Event]) -> None:
    """The trail of a case is a way through its chart, each step with the journal event that the chart names."""
    chart = chart_of(case.kind)
    state, running = "", set[str]()
    steps = sorted(case.steps.all(), key=lambda step: step.number)
    for number, step in enumerate(steps, start=1):
        move = chart.event(step.event)
        assert step.number == number and step.from_state == state and step.to_state == move.after(state)
        assert state in move.from_ or (number == 1 and not move.from_)
        assert step.role in move.who
        assert set(step.detail) == set(move.needs)
        told = events[step.position]
        assert told.kind == move.journal and told.content["case"] == str(case.public_id)
        assert told.content["case_state"] == step.to_state
        assert set(told.content) == TOLD, "nothing else is told"
        running = (running - set(move.stops)) | {start.clock for start in move.starts}
        state = step.to_state
    assert (case.state, case.version) == (state, len(steps)), "replayed, the trail gives the same state"
    ticking = [clock for clock in case.clocks.all() if clock.stopped_on is None]
    assert {clock.code for clock in ticking} == running, "no clock is lost"
    assert case.is_open == (state not in FINAL)
    assert case.is_open or not running, "every end stops every clock"
    days = [day for clock in ticking if (day := clock.due_on or clock.earliest_on)]
    assert case.due_on == min(days, default=None)


def test_a_step_sent_again_with_its_key_is_taken_once() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    key = town.record().public_id
    for _ in range(2):
        commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY, key=key)
    assert case.steps.filter(event="accept").count() == 1
    with pytest.raises(CaseworkError, match=r"step\.key_reused"):
        commands.move("withdraw", actor=town.firm, case=case, at=AT, today=TODAY, key=key)


def test_time_alone_writes_nothing() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    before = Step.objects.count(), Clock.objects.count(), Event.objects.count()
    for days in (1, 10, 100):
        items = desk.work_list(actor=town.market_officer, on=TODAY + timedelta(days=days)).items
        assert [item.case.pk for item in items] == [case.pk]
    assert items[0].mark == "late"
    assert (Step.objects.count(), Clock.objects.count(), Event.objects.count()) == before


def test_after_an_upheld_appeal_others_decide() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    case = take("accept", town.market_officer, case)
    take("deny", town.market_officer, case)
    plea = appeal(town.firm, case)
    plea = take("accept", town.operator, plea)
    take("grant", town.operator, plea)
    again = Case.objects.get(about=case, kind=Kind.RESTORATION)
    again = take("accept", town.market_officer, again)
    with pytest.raises(CaseworkError, match=r"case\.same_officer"):
        take("grant", town.market_officer, again)
    assert take("grant", town.second_officer, again).state == "granted"
    with pytest.raises(CaseworkError, match=r"appeal\.again"):
        appeal(town.firm, case)


def test_two_officers_decide_on_serious_dishonesty() -> None:
    town = Town()
    case = apply(town.firm, town.record(severity="serious")).cases.get()
    case = take("accept", town.market_officer, case)
    with pytest.raises(CaseworkError, match=r"case\.second_look"):
        take("grant", town.market_officer, case)
    case = take("propose_grant", town.market_officer, case)
    with pytest.raises(CaseworkError, match=r"case\.same_officer"):
        take("confirm_grant", town.market_officer, case)
    assert take("confirm_grant", town.second_officer, case).state == "granted"


def test_a_case_that_is_handed_over_keeps_its_clocks() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    due = [(clock.code, clock.due_on) for clock in case.clocks.order_by("pk")]
    case = take("hand_over", town.market_officer, case, town=town, reasons=REASONS)
    assert [(clock.code, clock.due_on) for clock in case.clocks.order_by("pk")] == due
    assert case.authority == town.tax and queries.case_for(town.market_officer, case.public_id) == case
    assert queries.moves_for(town.market_officer, case, on=TODAY) == ()
    assert take("accept", town.tax_officer, case).state == "accepted"
