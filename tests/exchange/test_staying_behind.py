"""Recipients that stay behind, with a moving clock: reminded, marked as late, suspended, resumed, each once."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError

from goodstanding.exchange import agreements, awaiting, queries, staying_behind, suspensions
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.models import AwaitedReceipt, PropagationFollower, Receipt, Subscriber, Suspension
from goodstanding.exchange.staying_behind import Escalated
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Event

from ..registry.factories import make_authority, make_entity, make_record
from .clock import MONDAY, answer_at, day, later, remove_at, seal_at
from .stage import make_subscriber

pytestmark = pytest.mark.usefixtures("database")


def sweep(days: float, *, propose_after: int | None = 5) -> Escalated:
    """What the worker does so many days after the Monday."""
    at = later(days)
    seal_at(at)
    return staying_behind.escalate(
        on=day(int(days)), at=at, calendar=known_calendar(), propose_after=propose_after
    )


def operator(username: str = "operator") -> Actor:
    account = registry.create_account(
        username=username, password=None, role="operator", authority=make_authority("临湖市信用中心")
    )
    return actor_of(account)


def kinds(*wanted: str) -> list[str]:
    found = Event.objects.filter(kind__in=wanted).order_by("position")
    return list(found.values_list("kind", flat=True))


def test_a_removal_is_awaited_from_whoever_could_have_got_it_until_its_receipt() -> None:
    inside, key = make_subscriber()
    make_subscriber(kinds=["permit"])
    record, position = remove_at(make_entity(), make_authority(), MONDAY)
    (row,) = AwaitedReceipt.objects.all()
    assert (row.subscriber, row.record, row.position) == (inside, record, position)
    # Three working days after Monday is Thursday; the reminder goes on the working day before.
    assert (row.due_on, row.remind_on, row.suspend_after) == (day(3), day(2), None)
    receipt = answer_at(inside, key, record, position, later(0.5))
    assert not AwaitedReceipt.objects.exists()
    assert (receipt.removed_at, receipt.sealed_at, receipt.due_on) == (MONDAY, MONDAY, day(3))
    assert answer_at(inside, key, record, position, later(9)) == receipt


def test_a_receipt_that_comes_before_the_follower_is_not_awaited_afterwards() -> None:
    subscriber, key = make_subscriber()
    record, position = remove_at(make_entity(), make_authority(), MONDAY)
    AwaitedReceipt.objects.all().delete()
    answer_at(subscriber, key, record, position, later(0.1))
    PropagationFollower.objects.update(position=0)
    seal_at(later(0.2))
    assert not AwaitedReceipt.objects.exists()
    assert Receipt.objects.get().due_on == day(3)


def test_two_followers_write_a_portion_once() -> None:
    make_subscriber()
    _, position = remove_at(make_entity(), make_authority(), MONDAY)
    found = awaiting._awaited(0, position, at=MONDAY, calendar=known_calendar())
    assert found.receipts and not awaiting._write(found, after=0, until=position), "the other one was first"
    assert AwaitedReceipt.objects.count() == 1


def test_reminder_late_mark_proposal_and_its_lapse() -> None:
    subscriber, key = make_subscriber()
    record, position = remove_at(make_entity(), make_authority(), MONDAY)
    assert sweep(1) == Escalated()
    assert sweep(2) == sweep_once_more(2, Escalated(reminded=1))
    assert sweep(3) == Escalated()
    assert sweep(4) == Escalated(late=1)
    assert sweep(4.2) == Escalated()
    reminded = Event.objects.get(kind="recipient.reminded")
    assert reminded.content["removals"] == 1 and reminded.content["due_on"] == str(day(3))
    late = Event.objects.get(kind="removal.late")
    assert (late.record, late.entity) == (record, record.entity)
    assert late.content["removal"] == position
    assert Event.objects.get(kind="recipient.late").content["removals"] == 1
    # Five working days after Thursday is Thursday of the next week.
    assert sweep(9) == Escalated()
    assert sweep(10) == Escalated(proposed=1)
    assert sweep(11) == Escalated()
    answer_at(subscriber, key, record, position, later(11.1))
    assert sweep(11.2) == Escalated()
    assert Suspension.objects.get().state == "lapsed"
    assert kinds("recipient.suspended", "recipient.resumed") == []


def sweep_once_more(days: float, first: Escalated) -> Escalated:
    assert sweep(days) == Escalated(), "a second sweep of the same day finds nothing"
    return first


def test_the_operator_confirms_and_what_was_suspended_is_resumed_once_all_is_answered() -> None:
    subscriber, key = make_subscriber()
    entity, authority = make_entity(), make_authority()
    first, second = remove_at(entity, authority, MONDAY), remove_at(entity, authority, later(0.1))
    sweep(4)
    sweep(10)
    me = operator()
    confirmed = suspensions.confirm_suspension(actor=me, subscriber=subscriber.public_id, at=later(10))
    (agreement,) = subscriber.agreements.all()
    assert agreement.suspended_on == day(10) and confirmed.agreements == [agreement.reference]
    assert (
        queries.scope_for(Subscriber.objects.get()).view(
            kind="penalty", item="penalty", division="980101", on=day(10)
        )
        is None
    )
    answer_at(subscriber, key, *first, later(11))
    assert sweep(11) == Escalated()
    answer_at(subscriber, key, *second, later(11.5))
    assert sweep(11.6) == Escalated(resumed=1)
    agreement.refresh_from_db()
    assert agreement.suspended_on is None and Suspension.objects.get().state == "resumed"
    assert kinds("recipient.suspended", "recipient.resumed") == ["recipient.suspended", "recipient.resumed"]
    assert sweep(12) == Escalated()


def test_a_suspended_recipient_still_owes_the_receipts_of_what_it_got_before() -> None:
    subscriber, key = make_subscriber(suspension_days=1)
    entity, authority = make_entity(), make_authority()
    kept = make_record(entity, authority)
    first = remove_at(entity, authority, MONDAY)
    sweep(4)
    assert sweep(4.5) == Escalated()
    # The clause gives one working day past Thursday: Friday. On Monday it is suspended by itself.
    assert sweep(7) == Escalated(suspended=1)
    found = Suspension.objects.get()
    assert (found.state, found.by_clause, found.decided_by) == ("suspended", True, None)
    registry.restore(record_id=kept.pk, at=later(7.1))
    seal_at(later(7.1))
    (row,) = AwaitedReceipt.objects.filter(record=kept)
    assert row.due_on == day(10)
    answer_at(subscriber, key, *first, later(7.2))
    assert sweep(7.3) == Escalated(resumed=1), "what is not yet due does not keep it suspended"
    assert sweep(7.4) == Escalated()


def test_a_declined_proposal_is_not_made_again_for_the_same_removals() -> None:
    subscriber, key = make_subscriber()
    found = remove_at(make_entity(), make_authority(), MONDAY)
    sweep(4)
    sweep(10)
    me = operator()
    with pytest.raises(ExchangeError) as error:
        suspensions.decline_suspension(
            actor=Actor(role="subscriber"), subscriber=subscriber.public_id, reason="no reason", at=later(10)
        )
    assert error.value.code == "recipient.forbidden"
    suspensions.decline_suspension(
        actor=me, subscriber=subscriber.public_id, reason="its server burnt down", at=later(10)
    )
    assert sweep(14) == Escalated()
    with pytest.raises(ExchangeError) as error:
        suspensions.confirm_suspension(actor=me, subscriber=subscriber.public_id, at=later(14))
    assert error.value.code == "suspension.none"
    answer_at(subscriber, key, *found, later(15))
    sweep(15)
    assert Suspension.objects.get().state == "lapsed"


def test_what_an_operator_proposes_another_one_confirms() -> None:
    subscriber, key = make_subscriber()
    found = remove_at(make_entity(), make_authority(), MONDAY)
    first, second = operator("first"), operator("second")

    def decide(
        decision: suspensions.Decision, actor: Actor, reason: str = "no answer by telephone"
    ) -> Suspension:
        return suspensions.decide(
            decision, actor=actor, subscriber=subscriber.public_id, reason=reason, at=later(4.1)
        )

    def refused(decision: suspensions.Decision, actor: Actor, reason: str = "no answer") -> str:
        with pytest.raises(ExchangeError) as error:
            decide(decision, actor, reason)
        return error.value.code

    assert refused("propose", first) == "suspension.not_late", "it has time"
    sweep(4)
    assert refused("propose", first, "no") == "agreement.reason"
    assert refused("propose", Actor(role="subscriber")) == "recipient.forbidden"
    assert decide("propose", first).state == "proposed"
    assert refused("propose", second) == "suspension.open"
    assert refused("confirm", first) == "suspension.same_operator"
    assert sweep(10) == Escalated(), "what is proposed is not proposed again"
    assert decide("confirm", second).state == "suspended"
    (agreement,) = subscriber.agreements.all()
    assert agreement.suspended_on is not None
    assert refused("propose", first) == "suspension.open"
    assert decide("resume", first, "it is being mended").state == "declined"
    agreement.refresh_from_db()
    assert agreement.suspended_on is None
    assert sweep(14) == Escalated(), "the same removals are not proposed again by themselves"
    assert refused("resume", first) == "suspension.not_suspended"
    assert decide("propose", second).state == "proposed", "but an operator may change his mind"
    decide("decline", second)
    answer_at(subscriber, key, *found, later(15))
    sweep(15)
    assert Suspension.objects.get().state == "lapsed"


def test_the_database_lets_nobody_confirm_his_own_proposal() -> None:
    subscriber, _ = make_subscriber()
    account = operator().account_id
    with pytest.raises(IntegrityError, match="nobody_confirms_his_own_suspension"):
        Suspension.objects.create(
            subscriber=subscriber,
            state="suspended",
            since=day(0),
            removals=1,
            began_at=MONDAY,
            proposed_by_id=account,
            proposed_because="because",
            decided_by_id=account,
            decided_at=MONDAY,
        )


def test_what_the_clause_suspended_only_answers_resume() -> None:
    subscriber, _ = make_subscriber(suspension_days=1)
    remove_at(make_entity(), make_authority(), MONDAY)
    assert sweep(7) == Escalated(late=1, suspended=1)
    with pytest.raises(ExchangeError) as error:
        suspensions.resume_recipient(
            actor=operator(), subscriber=subscriber.public_id, reason="because", at=later(7.1)
        )
    assert error.value.code == "suspension.by_clause"
    assert Suspension.objects.get().state == "suspended"


def test_without_a_setting_nothing_is_proposed() -> None:
    make_subscriber()
    remove_at(make_entity(), make_authority(), MONDAY)
    assert sweep(4, propose_after=None) == Escalated(late=1)
    assert sweep(40, propose_after=None) == Escalated()


def test_the_strictest_of_several_agreements_counts() -> None:
    subscriber, _ = make_subscriber(duties=(3, 5, 10))
    agreements.agree(
        subscriber=subscriber,
        kinds=["penalty"],
        purpose="more",
        legal_basis="《社会信用体系建设条例》",
        duties=(3, 1, 10),
        valid_from=date(2026, 1, 1),
        at=MONDAY,
    )
    remove_at(make_entity(), make_authority(), MONDAY)
    (row,) = AwaitedReceipt.objects.all()
    assert (row.working_days, row.due_on, row.remind_on) == (1, day(1), day(1))


def test_a_day_that_no_notice_has_arranged_stays_unset_and_is_dated_later() -> None:
    make_subscriber(duties=(3, 60, 10))
    at = datetime(2026, 6, 1, 1, tzinfo=MONDAY.tzinfo)
    remove_at(make_entity(), make_authority(), at)
    AwaitedReceipt.objects.update(due_on=None, remind_on=None)
    assert sweep(30) == Escalated()
    assert awaiting.redate(calendar=known_calendar()) == 1
    assert AwaitedReceipt.objects.get().due_on is not None
    assert awaiting.redate(calendar=known_calendar()) == 0


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_each_removal_is_reminded_of_once_and_marked_once(seed: int) -> None:
    """Random removals, answers and sweeps; a plain recomputation says who must have been told of what."""
    rng = random.Random(seed)
    entity, authority = make_entity(), make_authority()
    everyone = [make_subscriber(duties=(3, days, 10)) for days in (0, 1, 3, 5)]
    open_: dict[tuple[int, int], Any] = {}
    reminded: set[tuple[int, int]] = set()
    late: set[tuple[int, int]] = set()
    for number in range(20):
        if rng.random() < 0.5:
            record, position = remove_at(entity, authority, later(number))
            open_ |= {(found.pk, position): (found, key, record) for found, key in everyone}
        for pair in [pair for pair in sorted(open_) if rng.random() < 0.3]:
            found, key, record = open_.pop(pair)
            answer_at(found, key, record, pair[1], later(number + 0.2))
        for _ in range(rng.randrange(3)):
            sweep(number + 0.3)
            for row in AwaitedReceipt.objects.all():
                pair = (row.subscriber_id, row.position)
                assert pair in open_
                assert row.due_on is not None and row.remind_on is not None
                if row.due_on < day(number):
                    late.add(pair)
                elif row.remind_on <= day(number):
                    reminded.add(pair)
                assert (row.late_at is not None) == (pair in late)
                assert (row.reminded_at is not None) == (pair in reminded)
    told = Event.objects.filter(kind="removal.late")
    pairs = [(event.content["subscriber"], event.content["removal"]) for event in told]
    names = {str(found.public_id): found.pk for found, _ in everyone}
    assert len(pairs) == len(set(pairs))
    assert {(names[one], position) for one, position in pairs} == late
    for kind, expected in (("recipient.reminded", reminded), ("recipient.late", late)):
        said = Event.objects.filter(kind=kind).values_list("content", flat=True)
        assert sum(content["removals"] for content in said) == len(expected)
