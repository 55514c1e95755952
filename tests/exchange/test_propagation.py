"""The board of a record with real mirrors, what is told of it, and how one recipient does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from goodstanding import proof
from goodstanding.casework.models import Notice
from goodstanding.casework.notice_texts import told
from goodstanding.casework.notices import follow, notices_visible_to
from goodstanding.exchange import awaiting, queries, recipients
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import AwaitedReceipt, Subscriber
from goodstanding.exchange.propagation import Board, board
from goodstanding.registry import commands as registry
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .clock import MONDAY, answer_at, day, later, remove_at
from .stage import live_record, make_subscriber, now, seal_all, today, token_of
from .test_staying_behind import sweep

pytestmark = pytest.mark.usefixtures("database")


def board_of(record: Record, days: float | None = None) -> Board:
    record.refresh_from_db()
    on = today() if days is None else day(int(days))
    return board(record, on=on, calendar=known_calendar(), propose_after=5)


def states(found: Board) -> dict[str, str]:
    return {line.subscriber.name_zh: line.state for line in found.lines}


def test_a_removal_is_followed_with_real_mirrors_from_the_commit_to_the_signed_receipt(
    url: str, tmp_path: Path
) -> None:
    record = live_record(make_entity(), make_authority())
    quick, key = make_subscriber()
    slow, _ = make_subscriber()
    make_subscriber(kinds=["permit"])
    seal_all()
    mirror = Mirror(url, token_of(quick), tmp_path / "mirror.sqlite3", key)
    mirror.follow_once()
    assert states(board_of(record)) == {quick.name_zh: "holds", slow.name_zh: "not_fetched"}
    registry.restore(record_id=record.pk, at=now())
    before = board_of(record)
    assert before.off and states(before) == dict.fromkeys((quick.name_zh, slow.name_zh), "waiting")
    seal_all()
    awaiting.follow(at=now(), calendar=known_calendar())
    mirror.follow_once()
    awaiting.follow(at=now(), calendar=known_calendar())
    found = board_of(record)
    assert states(found) == {quick.name_zh: "gone", slow.name_zh: "waiting"}
    assert (found.answered, len(found.late), found.waiting) == (1, 0, 1)
    gone = next(line for line in found.lines if line.subscriber == quick)
    assert gone.receipt is not None and gone.receipt.removed_at <= gone.receipt.sealed_at <= now()
    proof.verify_receipt(
        proof.SignedReceipt.from_json(gone.receipt.signed), public_key=bytes(quick.public_key)
    )
    assert not AwaitedReceipt.objects.filter(subscriber=quick).exists()


def test_the_board_says_told_confirmed_late_and_gone_and_to_whom_it_was_passed_on() -> None:
    subscriber, key = make_subscriber()
    record, position = remove_at(make_entity(), make_authority(), MONDAY)
    assert [line.state for line in board_of(record, 0).lines] == ["waiting"]
    Subscriber.objects.update(pushed_position=position)
    awaiting.note_steps(at=later(0.1))
    assert [line.state for line in board_of(record, 0).lines] == ["told"]
    Subscriber.objects.update(position=position, position_at=later(0.2))
    awaiting.note_steps(at=later(0.3))
    (line,) = board_of(record, 0).lines
    assert line.state == "confirmed" and line.came is not None
    assert (line.came.told_at, line.came.confirmed_at) == (later(0.1), later(0.2))
    # Thursday is the last day; on the Monday after it two working days have passed.
    found = board_of(record, 7)
    (line,) = found.late
    assert (line.days_late, line.suspension_on) == (2, day(10))
    answer_at(subscriber, key, record, position, later(8), onward=("临湖银行",))
    found = board_of(record, 8)
    (line,) = found.lines
    assert (line.state, [each.name for each in line.onward], found.late) == ("gone", ["临湖银行"], ())
    assert line.receipt is not None and line.receipt.told_at == later(0.1)


def test_entity_recipient_and_operator_are_told_each_once() -> None:
    subscriber, key = make_subscriber(suspension_days=1)
    record, position = remove_at(make_entity(), make_authority(), MONDAY)
    for days in (2, 4, 7, 7.1):
        sweep(days)
    answer_at(subscriber, key, record, position, later(8))
    sweep(8.1)
    follow(recipients=queries.accounts())
    follow(recipients=queries.accounts())
    stranger, _ = make_subscriber()

    def events(actor: Actor) -> list[str]:
        found = notices_visible_to(actor).filter(event__regex="^(removal|recipient)")
        return [notice.event for notice in found.order_by("pk")]

    followed = ["recipient.reminded", "recipient.late", "recipient.suspended", "recipient.resumed"]
    assert events(actor_of(subscriber.account)) == followed
    assert events(actor_of(stranger.account)) == []
    assert events(Actor(role="operator")) == followed[1:]
    assert events(Actor(role="entity", entity_id=record.entity_id)) == ["removal.late"]
    said = told(list(Notice.objects.filter(event__regex="^(removal|recipient)")))
    for words in said:
        for text in (words.name_en, words.name_zh, words.text_en, words.text_zh):
            assert text and "{" not in text
        if words.notice.event != "removal.late":
            assert subscriber.name_zh in words.name_zh


def test_how_one_recipient_does_is_exact() -> None:
    subscriber, key = make_subscriber()
    entity, authority = make_entity(), make_authority()
    for hours in (1, 2, 3, 4, 30):
        record, position = remove_at(entity, authority, MONDAY)
        answer_at(subscriber, key, record, position, MONDAY + timedelta(hours=hours))
    remove_at(entity, authority, later(1.5))
    remove_at(entity, authority, later(5))
    found = recipients.recipient(subscriber.public_id, on=day(7), at=later(7))
    assert (found.times.answered, found.times.timed, found.times.in_time) == (5, 5, 5)
    assert found.times.half == 3 * 3600 and found.times.ninety == found.times.slowest == 30 * 3600
    each = found.unanswered
    # Removed on Tuesday: due on Friday; removed on Saturday: due on Wednesday, reminded on Tuesday.
    assert (each.all, each.late, each.due_today, each.due_soon, each.due_later) == (2, 1, 0, 0, 1)
    assert (each.an_hour, each.a_day, each.a_week, each.older) == (0, 0, 2, 0)
    assert [row.due_on for row in found.pressing] == [day(4), day(9)]
