"""Corrections with a moving clock: who is to take them over, what shows that it has, who is told that it has not."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError

from goodstanding.casework.models import Notice
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import (
    agreed_files,
    agreements,
    awaiting,
    commands,
    corrections_due,
    queries,
    recipients,
    staying_behind,
    suspensions,
)
from goodstanding.exchange.agreed_reads import read_record
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import AwaitedCorrection, AwaitedReceipt, PropagationFollower, Subscriber
from goodstanding.exchange.staying_behind import Escalated
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.corrections import correct
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_authority, make_entity, make_record
from .clock import MONDAY, day, later, seal_at
from .stage import last_position, live_record, make_subscriber, now, seal_all, token_of
from .test_propagation import board_of, states
from .test_staying_behind import sweep

pytestmark = pytest.mark.usefixtures("database")


def a_record(number: int = 0, **more: object) -> Record:
    return make_record(make_entity(f"临湖市第{number}贸易有限公司"), make_authority(), **more)


def correct_at(record: Record, days: float, word: str = "right") -> int:
    """Correct a record so many days after the Monday, and seal it. The position of the correction."""
    correct(record_id=record.pk, changes={"word": word}, document="更正决定", at=later(days))
    seal_at(later(days))
    return last_position(record)


def published(**more: object) -> Record:
    """A record that is on the feed since the Friday before the Monday."""
    record = a_record(public={"word": "wrong"}, **more)
    seal_at(later(-3))
    return record


def row() -> AwaitedCorrection:
    return AwaitedCorrection.objects.get()


def events(*kinds: str) -> list[str]:
    found = Event.objects.filter(kind__in=kinds).order_by("position")
    return list(found.values_list("kind", flat=True))


def confirm(subscriber: Subscriber, position: int, days: float) -> None:
    commands.confirm(subscriber=subscriber, position=position, at=later(days))


def test_a_correction_is_reminded_of_marked_told_and_gone_once_it_is_taken_over() -> None:
    subscriber, _ = make_subscriber(duties=(3, 5, 10))
    stranger, _ = make_subscriber(kinds=["permit"])
    record = published()
    confirm(subscriber, last_position(record), -2)
    position = correct_at(record, 0)
    assert (row().subscriber, row().record, row().position) == (subscriber, record, position)
    assert (row().corrected_at, row().sealed_at, row().door) == (MONDAY, MONDAY, "feed")
    # Three working days after Monday is Thursday; the reminder goes on the working day before.
    assert (row().working_days, row().due_on, row().remind_on) == (3, day(3), day(2))
    assert sweep(1) == Escalated()
    assert sweep(2) == Escalated(corrections_reminded=1)
    assert [sweep(2.1), sweep(3)] == [Escalated()] * 2
    assert sweep(4) == Escalated(corrections_late=1)
    assert [sweep(4.1), sweep(30)] == [Escalated()] * 2, "once, and nobody is suspended for it"
    late = Event.objects.get(kind="correction.late")
    assert (late.record, late.entity, late.content["correction"]) == (record, record.entity, position)
    for _ in range(2):
        follow(recipients=queries.accounts())

    def notices(actor: Actor) -> list[str]:
        found = notices_visible_to(actor).filter(event__regex="^(correction|recipient)")
        return [notice.event for notice in found.order_by("pk")]

    late_kind = "recipient.correction_late"
    assert notices(actor_of(subscriber.account)) == ["recipient.correction_reminded", late_kind]
    assert notices(Actor(role="operator")) == [late_kind]
    assert notices(Actor(role="entity", entity_id=record.entity_id)) == ["correction.late"]
    assert notices(actor_of(stranger.account)) == []
    for words in told(list(Notice.objects.filter(event__regex="^(correction|recipient)"))):
        for text in (words.name_en, words.name_zh, words.text_en, words.text_zh):
            assert text and "{" not in text and "None" not in text
    confirm(subscriber, position - 1, 31)
    assert AwaitedCorrection.objects.exists(), "it has confirmed what lies before"
    confirm(subscriber, position, 31)
    assert not AwaitedCorrection.objects.exists()
    assert sweep(32) == Escalated()


def test_the_shipped_mirror_takes_a_correction_over_and_thereby_answers_it(url: str, tmp_path: Path) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "wrong"})
    subscriber, key = make_subscriber()
    seal_all()
    mirror = Mirror(url, token_of(subscriber), tmp_path / "mirror.sqlite3", key)
    mirror.follow_once()
    correct(record_id=record.pk, changes={"word": "right"}, document="更正决定", at=now())
    seal_all()
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass
    assert row().subscriber == subscriber
    assert mirror.follow_once().updated == 1
    assert not AwaitedCorrection.objects.exists()


def test_who_could_not_have_an_earlier_state_has_nothing_to_correct() -> None:
    make_subscriber(kinds=["permit"])
    make_subscriber(divisions=["110000"])
    make_subscriber(valid_from=day(1))
    reads, _ = make_subscriber(methods=["api"])
    record = published()
    correct_at(record, 0)
    assert not AwaitedCorrection.objects.exists()
    read_record(subscriber=reads, public_id=record.public_id, at=later(0.1))
    assert not AwaitedCorrection.objects.exists(), "what it read is the newer state"


def test_what_was_confirmed_before_the_follower_came_is_not_awaited() -> None:
    subscriber, _ = make_subscriber()
    record = published()
    position = correct_at(record, 0)
    AwaitedCorrection.objects.all().delete()
    confirm(subscriber, position, 0.1)
    PropagationFollower.objects.update(position=0)
    seal_at(later(0.2))
    assert not AwaitedCorrection.objects.exists()


def test_a_second_correction_wins_no_time() -> None:
    subscriber, _ = make_subscriber()
    record = published()
    correct_at(record, 0)
    assert sweep(2) == Escalated(corrections_reminded=1)
    second = correct_at(record, 3, "more right")
    assert (row().position, row().corrected_at) == (second, later(3))
    assert (row().due_on, row().sealed_at) == (day(3), MONDAY), "the older last day"
    assert sweep(3.5) == Escalated(), "and no second reminder"
    assert sweep(4) == Escalated(corrections_late=1)
    third = correct_at(record, 10, "most right")
    assert sweep(11) == Escalated(), "nor is it told twice that it is late"
    confirm(subscriber, second, 11)
    assert row().position == third
    confirm(subscriber, third, 11.1)
    correct_at(record, 14, "right again")
    assert row().due_on == day(17), "what was taken over counts no more"


def test_two_corrections_in_one_portion_are_one_row_with_the_older_last_day() -> None:
    make_subscriber()
    record = published()
    first = correct_at(record, 0)
    second = correct_at(record, 4, "more right")
    for confirmed, due_on in ((0, day(3)), (first, day(9))):
        AwaitedCorrection.objects.all().delete()
        Subscriber.objects.update(position=confirmed)
        PropagationFollower.objects.update(position=first - 1)
        seal_at(later(4.1))
        assert (row().position, row().due_on) == (second, due_on)


def test_the_removal_of_the_record_ends_the_wait_for_its_correction() -> None:
    make_subscriber()
    record, other = published(), published(number=1)
    correct_at(record, 0)
    correct_at(other, 0)
    registry.restore(record_id=record.pk, at=later(1))
    seal_at(later(1))
    assert row().record == other
    assert AwaitedReceipt.objects.get().record == record
    PropagationFollower.objects.update(position=0)
    AwaitedReceipt.objects.all().delete()
    seal_at(later(2))
    assert row().record == other, "and in one portion too"


def test_a_follower_that_is_killed_has_done_a_portion_wholly_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_subscriber()
    record, removed = published(), published(number=1)
    with monkeypatch.context() as killed:

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        killed.setattr("goodstanding.exchange.corrections.write", die)
        registry.restore(record_id=removed.pk, at=MONDAY)
        with pytest.raises(KeyboardInterrupt):
            correct_at(record, 0)
    before = PropagationFollower.objects.get().position
    assert not AwaitedReceipt.objects.exists() and not AwaitedCorrection.objects.exists()
    seal_at(later(0.1))
    assert (AwaitedReceipt.objects.get().record, row().record) == (removed, record)
    PropagationFollower.objects.update(position=before)
    AwaitedReceipt.objects.all().delete()
    seal_at(later(0.2))
    assert row().record == record, "a portion that is followed again makes no second row"


def test_the_sweep_that_is_killed_tells_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_subscriber()
    correct_at(published(), 0)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(corrections_due, "append", die)
        with pytest.raises(KeyboardInterrupt):
            sweep(4)
    assert row().late_at is None
    assert sweep(4.1) == Escalated(corrections_late=1)
    assert events("correction.late", "recipient.correction_late") == [
        "correction.late",
        "recipient.correction_late",
    ]


def test_who_reads_record_by_record_reads_it_anew() -> None:
    subscriber, _ = make_subscriber(methods=["api"])
    record, unread = published(), published(number=1)
    read_record(subscriber=subscriber, public_id=record.public_id, at=later(-2))
    position = correct_at(record, 0)
    correct_at(unread, 0)
    assert (row().record, row().door) == (record, "api")
    confirm(subscriber, position, 1)
    assert AwaitedCorrection.objects.exists(), "the feed brings it no content"
    assert sweep(4) == Escalated(corrections_late=1)
    read_record(subscriber=subscriber, public_id=record.public_id, at=later(5))
    assert not AwaitedCorrection.objects.exists()


def test_who_gets_files_fetches_a_set_that_was_made_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    record = live_record(make_entity(), make_authority(), public={"word": "wrong"})
    subscriber, _ = make_subscriber(methods=["file"])
    reference, at = subscriber.agreements.get().reference, now()

    def fetch(instant: int) -> None:
        moment = at + timedelta(hours=instant)
        agreed_files.work(at_clock=lambda: moment)
        newest = agreed_files.sets(subscriber=subscriber, reference=reference, at=moment)[0]
        for each in newest.files:
            assert agreed_files.give(newest, each["sha256"], at=moment) is not None

    seal_all()
    fetch(0)
    correct(record_id=record.pk, changes={"word": "right"}, document="更正决定", at=now())
    position = seal_all()
    while awaiting.follow(at=now(), calendar=known_calendar()):
        pass
    commands.confirm(subscriber=subscriber, position=position, at=now())
    assert (row().door, row().version.agreement.reference) == ("file", reference)
    fetch(1)
    assert not AwaitedCorrection.objects.exists()


def test_the_strictest_of_the_agreements_that_bring_it_counts() -> None:
    subscriber, _ = make_subscriber(duties=(5, 3, 10))
    given = {"kinds": ["penalty"], "purpose": "more", "legal_basis": "b", "valid_from": date(2026, 1, 1)}
    agreements.agree(subscriber=subscriber, duties=(1, 3, 10), at=later(-4), **given)  # type: ignore[arg-type]
    correct_at(published(), 0)
    assert (row().working_days, row().due_on, row().remind_on) == (1, day(1), day(1))


def test_a_correction_counts_though_nothing_changed_that_the_recipient_sees() -> None:
    make_subscriber(fields=["other"])
    record = a_record(public={"word": "wrong", "other": "right"})
    seal_at(later(-3))
    position = correct_at(record, 0)
    assert row().position == position, "its entry is another one, and the older may not be held"


def test_who_is_sent_nothing_any_more_is_not_reminded_and_not_late() -> None:
    subscriber, _ = make_subscriber()
    narrowed, _ = make_subscriber()
    correct_at(published(), 0)
    assert AwaitedCorrection.objects.count() == 2
    (agreement,) = subscriber.agreements.all()
    agreements.suspend(reference=agreement.reference, reason="for the test", at=later(1))
    assert sweep(1.1) == Escalated()
    assert row().subscriber == narrowed
    (agreement,) = narrowed.agreements.all()
    agreements.end(reference=agreement.reference, on=day(2), reason="for the test", at=later(1))
    assert sweep(4) == Escalated()
    assert not AwaitedCorrection.objects.exists()


def test_a_late_correction_lets_nobody_propose_a_suspension() -> None:
    subscriber, _ = make_subscriber(suspension_days=1)
    correct_at(published(), 0)
    assert sweep(30) == Escalated(corrections_late=1)
    assert suspensions.begin(subscriber.pk, by_clause=True, at=later(30)) is None
    assert subscriber.agreements.get().suspended_on is None


def test_days_that_no_notice_had_arranged_are_counted_later() -> None:
    make_subscriber(duties=(4, 3, 10))
    correct_at(published(), 0)
    AwaitedCorrection.objects.update(due_on=None, remind_on=None)
    assert sweep(30) == Escalated()
    assert awaiting.redate(calendar=known_calendar()) == 1
    assert row().due_on == day(4)
    assert awaiting.redate(calendar=known_calendar()) == 0


def test_the_database_keeps_one_row_for_a_record_and_no_lateness_without_a_day() -> None:
    make_subscriber()
    correct_at(published(), 0)
    with pytest.raises(IntegrityError, match="correction_is_late_after_its_day"):
        AwaitedCorrection.objects.update(due_on=None, late_at=later(1))


def test_two_records_under_one_row_are_refused_by_the_database() -> None:
    make_subscriber()
    correct_at(published(), 0)
    known = row()
    known.pk = None
    with pytest.raises(IntegrityError, match="one_awaited_correction_per_record"):
        known.save(force_insert=True)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_what_is_awaited_is_what_was_not_confirmed(seed: int) -> None:
    """Random corrections, removals, confirmations and sweeps against a plain account of who has what."""
    rng = random.Random(seed)
    everyone = [make_subscriber(duties=(days, 3, 10))[0] for days in (0, 1, 3)]
    records = [published(number=number) for number in range(4)]
    open_: dict[tuple[int, int], tuple[int, date]] = {}
    late: set[tuple[int, int, int]] = set()
    for number in range(20):
        record = rng.choice(records)
        record.refresh_from_db()
        if rng.random() < 0.5 and record.state == "published":
            position = correct_at(record, number, f"word {number}")
            for subscriber in everyone:
                key = (subscriber.pk, record.pk)
                due = AwaitedCorrection.objects.get(subscriber=subscriber, record=record).due_on
                assert due is not None
                assert key not in open_ or due == open_[key][1], "the older last day"
                open_[key] = (position, due)
        elif rng.random() < 0.1 and record.state == "published":
            registry.restore(record_id=record.pk, at=later(number))
            seal_at(later(number))
            open_ = {key: value for key, value in open_.items() if key[1] != record.pk}
        if rng.random() < 0.4:
            subscriber = rng.choice(everyone)
            head = Event.objects.order_by("position").last()
            assert head is not None
            confirm(subscriber, head.position, number + 0.1)
            open_ = {
                key: value
                for key, value in open_.items()
                if key[0] != subscriber.pk or value[0] > Subscriber.objects.get(pk=key[0]).position
            }
        if rng.random() < 0.5:
            staying_behind.escalate(
                on=day(number), at=later(number + 0.2), calendar=known_calendar(), propose_after=None
            )
            late = {(*key, due.toordinal()) for key, (_, due) in open_.items() if due < day(number)}
            marked = AwaitedCorrection.objects.filter(late_at__isnull=False)
            assert {(one.subscriber_id, one.record_id) for one in marked} == {one[:2] for one in late}
        found = AwaitedCorrection.objects.all()
        assert {(one.subscriber_id, one.record_id): one.position for one in found} == {
            key: position for key, (position, _) in open_.items()
        }
    told_late = [
        (event.content["subscriber"], event.content["correction"])
        for event in Event.objects.filter(kind="correction.late")
    ]
    assert len(told_late) == len(set(told_late))


def test_the_board_of_a_corrected_record_says_who_has_the_new_content_and_who_has_not() -> None:
    quick, _ = make_subscriber()
    slow, _ = make_subscriber()
    reads, _ = make_subscriber(methods=["api"])
    make_subscriber(kinds=["permit"])
    record = published()
    published_at = last_position(record)
    for each in (quick, slow):
        confirm(each, published_at, -2)
    read_record(subscriber=reads, public_id=record.public_id, at=later(-2))
    before = board_of(record, 0)
    assert before.corrected_at is None and set(states(before).values()) == {"holds"}
    correct(record_id=record.pk, changes={"word": "right"}, document="更正决定", at=MONDAY)
    assert set(states(board_of(record, 0)).values()) == {"not_corrected"}, "not on the feed yet"
    seal_at(MONDAY)
    confirm(quick, last_position(record), 1)
    sweep(2)
    found = board_of(record, 4)
    assert (found.off, found.corrected_at, found.corrected, found.not_corrected) == (False, MONDAY, 1, 2)
    assert states(found) == {
        quick.name_zh: "corrected",
        slow.name_zh: "not_corrected",
        reads.name_zh: "not_corrected",
    }
    line = next(line for line in found.late if line.subscriber == slow)
    assert (line.days_late, line.suspension_on, line.came) == (1, None, None)
    assert line.correction is not None
    assert (line.correction.due_on, line.correction.reminded_at) == (day(3), later(2))
    read_record(subscriber=reads, public_id=record.public_id, at=later(4))
    confirm(slow, last_position(record), 4)
    done = board_of(record, 4)
    assert (done.corrected, done.not_corrected, done.late) == (3, 0, ())
    registry.restore(record_id=record.pk, at=later(5))
    gone = board_of(record, 5)
    assert gone.corrected_at is None and set(states(gone).values()) == {"waiting"}


def test_how_many_corrections_a_recipient_owes_is_counted_for_it_and_the_operator() -> None:
    subscriber, _ = make_subscriber()
    records = [published(number=number) for number in range(3)]
    for number, record in enumerate(records):
        correct_at(record, number)
    sweep(4)
    found = recipients.recipient(subscriber.public_id, on=day(4), at=later(4))
    # Due on Thursday, Friday and the Monday after it; on Friday it is reminded of the last two.
    each = found.corrections
    assert (each.all, each.late, each.due_today, each.reminded) == (3, 1, 1, 2)
    assert [row.record for row in found.to_correct] == records
    (status,) = queries.subscriber_status(of=subscriber, at=later(4))
    assert status.corrections == each
