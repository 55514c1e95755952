"""Many at once: one decision per case, one open case per record, one application per key, and no deadlock."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from goodstanding.casework import commands
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import Application, Case, Step
from goodstanding.registry.models import Event, Record

from ..registry.factories import reported, take_in
from .stories import AT, REASONS, TODAY, Town, apply, entity_actor, object_to, officer, take

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.concurrency]


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Run actions at the same moment, each on a connection of its own; their results or errors in order."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(number: int, action: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(30)
            results[number] = action()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, action)) for n, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_of_two_officers_who_decide_at_once_exactly_one_decides() -> None:
    town = Town()
    second = officer(town.market)
    for _ in range(8):
        record = town.record()
        case = apply(town.firm, record).cases.get()
        case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
        mine, yours = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
        results = together(
            lambda mine=mine: commands.move(
                "grant", actor=town.market_officer, case=mine, reasons=REASONS, at=AT, today=TODAY
            ),
            lambda yours=yours: commands.move(
                "deny", actor=second, case=yours, reasons=REASONS, at=AT, today=TODAY
            ),
        )
        won = [result for result in results if isinstance(result, Case)]
        lost = [result for result in results if isinstance(result, CaseworkError)]
        assert len(won) == 1 and [error.code for error in lost] == ["case.changed"], results
        case.refresh_from_db()
        record.refresh_from_db()
        assert case.state == won[0].state
        assert (record.state == Record.State.RESTORED) == (case.state == "granted")
        assert case.steps.count() == 3


def test_one_record_gets_one_open_case_however_many_apply_at_once() -> None:
    town = Town()
    first, second = town.record(), town.record()
    colleague = entity_actor(town.entity)
    results = together(
        lambda: apply(town.firm, first, second),
        lambda: apply(colleague, second, first),
        lambda: apply(town.firm, second),
        lambda: apply(colleague, first),
    )
    assert all(isinstance(r, Application) or r.code == "case.open" for r in results), results
    for record in (first, second):
        assert Case.objects.filter(record=record, ended_at__isnull=True).count() == 1


def test_one_key_makes_one_application_however_often_it_is_sent() -> None:
    town = Town()
    record, other, key = town.record(), town.record(), uuid.uuid4()
    results = together(*[lambda: apply(town.firm, record, key=key)] * 6)
    assert len({result.pk for result in results}) == 1, results
    assert Case.objects.count() == Step.objects.count() == 1
    key = uuid.uuid4()
    results = together(
        lambda: apply(town.firm, other, key=key), lambda: object_to(town.firm, record, key=key)
    )
    assert sorted(type(result).__name__ for result in results) in (
        ["Application", "CaseworkError"],
        ["Case", "CaseworkError"],
    ), results


def test_upholding_restoring_and_a_new_report_of_one_record_never_deadlock() -> None:
    town = Town()
    for number in range(900, 908):
        record = town.record(number=number)
        restoration = apply(town.firm, record).cases.get()
        restoration = commands.move("accept", actor=town.market_officer, case=restoration, at=AT, today=TODAY)
        objection = object_to(town.firm, record)
        objection = commands.move("accept", actor=town.market_officer, case=objection, at=AT, today=TODAY)
        again = reported(town.entity, town.market, number=number, public={"CF_WFXW": "另一表述"})

        def decide(case: Case) -> Case:
            return take("grant", town.market_officer, case)

        results = together(
            lambda case=restoration: decide(case),
            lambda case=objection: decide(case),
            lambda again=again: take_in(again),
        )
        errors = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(e, CaseworkError) and e.code == "case.changed" for e in errors), results
        record.refresh_from_db()
        restoration.refresh_from_db()
        assert record.state in (Record.State.RESTORED, Record.State.WITHDRAWN)
        expected = "granted" if record.state == Record.State.RESTORED else "lapsed"
        assert restoration.state == expected
    assert Event.objects.filter(kind__startswith="case.").count() == Step.objects.count()


def test_an_application_for_many_records_and_a_file_with_the_same_records_never_deadlock() -> None:
    town = Town()
    numbers = range(2000, 2040)
    records = [town.record(number=number) for number in numbers]

    def hold_one_back() -> None:
        """Make both sides stop with half of the rows in hand."""
        with transaction.atomic():
            Record.objects.select_for_update().get(pk=records[20].pk)
            time.sleep(0.5)

    def after_a_moment(action: Callable[[], Any]) -> Any:
        time.sleep(0.15)
        return action()

    for turn in range(3):
        again = [
            reported(town.entity, town.market, number=number, public={"CF_WFXW": f"另一表述 {turn}"})
            for number in numbers
        ]
        _, application, taken = together(
            hold_one_back,
            lambda: after_a_moment(lambda: apply(town.firm, *records)),
            lambda again=again: after_a_moment(lambda: take_in(*again)),
        )
        assert isinstance(application, Application), application
        assert isinstance(taken, list), taken
        assert {outcome.disposition for outcome in taken} == {"superseding"}
        for case in application.cases.all():
            commands.move("withdraw", actor=town.firm, case=case, at=AT, today=TODAY)
