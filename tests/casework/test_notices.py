"""Notices: every end of every case is told, exactly once, whatever is killed; a reminder comes once."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import date
from functools import partial

import pytest
from django.db import transaction

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.models import Case, Notice, NoticeFollower, Step
from goodstanding.casework.notice_tables import Party
from goodstanding.casework.notice_texts import restoration_notice, told
from goodstanding.casework.notices import (
    RECORD_EVENTS,
    follow,
    mark_read,
    notice_for,
    notices_visible_to,
    told_by_charts,
    unread,
)
from goodstanding.registry import journal, sweep
from goodstanding.registry.models import Event, Record
from goodstanding.registry.removals import ReportedRemoval, take_in_changes

from ..processes import forked, kill
from ..registry.factories import make_authority, make_entity, reported, take_in
from .stories import AT, TODAY, Town, apply, follow_all, object_to, staff, take

pytestmark = pytest.mark.usefixtures("database")


def due() -> Counter[tuple[int, str]]:
    """What has to be told by the journal, the trail and the charts, found one by one."""
    found: Counter[tuple[int, str]] = Counter()
    for event in Event.objects.select_related("record"):
        if event.kind in RECORD_EVENTS and event.record is not None and event.record.adverse:
            found[event.position, "entity"] += 1
    for step in Step.objects.select_related("case"):
        for party in chart_of(step.case.kind).event(step.event).tells:
            found[step.position, party] += 1
    return found


def told_now() -> Counter[tuple[int, str]]:
    return Counter(Notice.objects.values_list("position", "party"))


def test_a_listing_is_told_with_its_restoration_notice() -> None:
    town = Town()
    record = town.record()
    town.record(kind="permit", severity=None)
    follow_all()
    (notice,) = notices_visible_to(town.firm)
    assert (notice.event, notice.record) == ("record.committed", record)
    (said,) = told([notice])
    assert said.letter and "taken in" in said.name_en and "失信信息" in said.name_zh
    letter = restoration_notice(record, on=TODAY)
    assert letter.verdict is not None and letter.verdict.earliest_on is not None
    (duty,) = letter.duties
    assert "两书同达" in duty.row.text_zh + duty.cite_zh and "item 5" in duty.cite_en


def test_each_party_is_told_what_the_chart_tells_it_and_reads_only_that() -> None:
    town, rival = Town(), Town()
    case = apply(town.firm, town.record()).cases.get()
    case = take("accept", town.market_officer, case)
    take("withdraw", town.firm, case)
    follow_all()
    own = [notice.event for notice in notices_visible_to(town.firm)]
    assert own == ["case.withdrawn", "case.accepted", "case.submitted", "record.committed"]
    assert [notice.event for notice in notices_visible_to(town.market_officer)] == [
        "case.withdrawn",
        "case.submitted",
    ]
    assert unread(town.firm) == 4 and unread(town.market_officer) == 2
    strangers = [rival.firm, rival.market_officer, town.tax_officer, town.operator, staff("bank")]
    newest = notices_visible_to(town.firm)[0]
    for stranger in strangers:
        assert not notices_visible_to(stranger).exists() and unread(stranger) == 0
        assert mark_read(stranger, at=AT, public_id=newest.public_id) == 0
        with pytest.raises(Notice.DoesNotExist):
            notice_for(stranger, newest.public_id)
    assert mark_read(town.firm, at=AT, public_id=newest.public_id) == 1
    assert mark_read(town.firm, at=AT, until=newest.pk) == 3
    assert unread(town.firm) == 0 and unread(town.market_officer) == 2
    newest.refresh_from_db()
    assert newest.read_by_id == town.firm.account_id


def test_every_end_of_every_case_is_told_to_its_entity_in_both_languages() -> None:
    ends = {
        (kind, event.code)
        for kind in KINDS
        for event in chart_of(kind).events
        if event.to is not None and chart_of(kind).state(event.to).final
    }
    assert ends, "cases end"
    assert {(kind, code, "entity") for kind, code in ends} <= set(told_by_charts())
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    take("refuse", town.market_officer, case)
    objection = object_to(town.firm, town.record())
    objection = take("accept", town.market_officer, objection)
    take("grant", town.market_officer, objection)
    follow_all()
    assert told_now() == due()
    words = told(list(notices_visible_to(town.firm)))
    assert any(said.name_zh == "异议申诉：异议成立" for said in words)
    for said in words:
        assert said.name_en.isascii() and said.text_en.isascii(), said.name_en
        assert not said.name_zh.isascii() and not said.text_zh.isascii()
        assert said.notice.case is None or (said.article_en and said.article_zh)


def test_every_event_of_a_record_that_is_told_has_its_words() -> None:
    record = Town().record()
    for event in RECORD_EVENTS:
        (said,) = told([Notice(event=event, record=record, party=Party.ENTITY, position=1)])
        assert said.name_en and said.name_zh and said.text_en and said.text_zh


def test_a_reminder_comes_once_when_the_day_comes() -> None:
    town = Town()
    sweep.sweep(on=date(2026, 7, 31), at_clock=lambda: AT)
    town.record(restorable_from=date(2026, 8, 1))
    for day in (1, 1, 2, 3):
        sweep.sweep(on=date(2026, 8, day), at_clock=lambda: AT)
        follow_all()
    events = [notice.event for notice in notices_visible_to(town.firm)]
    assert events.count("record.restorable") == 1


def test_a_record_that_its_source_takes_back_is_told_with_the_end_of_its_case() -> None:
    from goodstanding.casework.lapsing import lapse_cases_of_removed_records

    town = Town()
    record = town.record()
    apply(town.firm, record)
    removal = ReportedRemoval(
        row=1,
        change="annul",
        entity_id=town.entity.pk,
        authority_id=town.market.pk,
        source_id=town.market.pk,
        natural_key=bytes(record.natural_key),
    )
    with transaction.atomic():
        take_in_changes([removal], batch=None, today=TODAY, at=AT, sender_id=town.market.pk)
    lapse_cases_of_removed_records(at=AT, today=TODAY)
    follow_all()
    events = {notice.event for notice in notices_visible_to(town.firm)}
    assert {"record.withdrawn", "case.lapsed"} <= events
    (said,) = told(list(notices_visible_to(town.firm).filter(event="record.withdrawn")))
    assert not said.letter


def test_what_was_there_before_is_told_only_where_it_still_stands() -> None:
    town = Town()
    standing, gone = town.record(), town.record()
    case = take("accept", town.market_officer, apply(town.firm, gone).cases.get())
    take("grant", town.market_officer, case)
    assert Record.objects.get(pk=gone.pk).state == "restored"
    NoticeFollower.objects.update(began=journal.head())
    later = town.record()
    follow_all()
    found = [(notice.event, notice.record_id) for notice in notices_visible_to(town.firm)]
    assert found == [("record.committed", later.pk), ("record.committed", standing.pk)]


def _follow_to_the_end(limit: int) -> None:
    while follow(limit=limit):
        pass


@pytest.mark.crash
def test_no_kill_makes_the_follower_forget_or_repeat_a_notice() -> None:
    town = Town()
    authority = make_authority()
    chance = random.Random(20261122)
    for _ in range(4):
        take_in(*(reported(make_entity(), authority) for _ in range(200)))
    for _ in range(10):
        case = apply(town.firm, town.record()).cases.get()
        take(chance.choice(["accept", "refuse"]), town.market_officer, case)
    killed = 0
    for _ in range(300):
        child = forked(partial(_follow_to_the_end, chance.randrange(2, 9)))
        time.sleep(0.01 + chance.random() * 0.08)
        killed += kill(child)
        if NoticeFollower.objects.get().position == journal.head():
            break
    assert killed > 5, "the follower was too fast for the kills to prove anything"
    follow_all()
    assert told_now() == due()
    NoticeFollower.objects.update(position=0)
    follow_all()
    assert told_now() == due(), "a replay makes no second notice"
    assert Case.objects.exists() and follow() == 0
