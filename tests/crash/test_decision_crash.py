"""Processes killed in the middle of casework: every case is wholly before a step or wholly after it."""

from __future__ import annotations

import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from goodstanding.casework import commands
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import Application, Case, Clock, Evidence, Step
from goodstanding.registry import queries as registry_queries
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.models import Event, JournalHead, Record

from ..casework.stories import AT, REASONS, TODAY, Town, apply, object_to, proof, take
from ..casework.test_walks import check
from ..processes import ended, forked, kill, settled

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.crash]


class KillAt:
    """Kills its own process just before its n-th SQL statement."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def all_agree() -> None:
    """Every case, its trail, its clocks, its record and the journal say the same; the journal has no hole."""
    check(list(Record.objects.all()))
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, JournalHead.objects.get().position + 1))
    told = Event.objects.filter(kind__startswith="case.").values_list("position", flat=True)
    assert sorted(told) == sorted(Step.objects.values_list("position", flat=True)), "nothing lost or doubled"
    for kind, state in (("record.restored", "restored"), ("record.withdrawn", "withdrawn")):
        of = list(Event.objects.filter(kind=kind).values_list("record_id", flat=True))
        assert sorted(of) == sorted(Record.objects.filter(state=state).values_list("pk", flat=True))
    for application in Application.objects.all():
        assert application.cases.exists() and application.evidence.count() == 1
    assert not Evidence.objects.filter(application__cases__isnull=True).exists()


def public(record: Record) -> bool:
    return registry_queries.records_visible_to(PUBLIC, on=TODAY).filter(pk=record.pk).exists()


@pytest.mark.parametrize("kind", ["restoration", "objection"])
def test_killed_before_any_statement_of_the_decision_nothing_has_happened(kind: str) -> None:
    town = Town()
    record = town.record()
    if kind == "restoration":
        case = apply(town.firm, record).cases.get()
    else:
        case = object_to(town.firm, record, evidence=[proof(material="proof_of_grounds")])
    case = commands.move("accept", actor=town.market_officer, case=case, at=AT, today=TODAY)
    head = registry_queries.counts()["journal_position"]

    def decide(number: int) -> None:
        connection.execute_wrappers.append(KillAt(number))
        take("grant", town.market_officer, case)

    number = 1
    while (status := ended(forked(partial(decide, number)))) == -signal.SIGKILL:
        settled()
        case.refresh_from_db()
        assert (case.state, case.version) == ("accepted", 2)
        assert public(record) and registry_queries.counts()["journal_position"] == head
        assert Clock.objects.filter(case=case, stopped_on__isnull=True).exists()
        number += 1
    assert status == 0 and number > 10
    case.refresh_from_db()
    assert case.state == "granted" and not public(record)
    assert registry_queries.counts()["journal_position"] == head + 2
    all_agree()


def test_killed_before_any_statement_of_an_application_nothing_was_handed_in() -> None:
    town = Town()
    records = [town.record(), town.record(town.tax)]
    before = registry_queries.counts()

    def hand_in(number: int) -> None:
        connection.execute_wrappers.append(KillAt(number))
        apply(town.firm, *records)

    number = 1
    while (status := ended(forked(partial(hand_in, number)))) == -signal.SIGKILL:
        settled()
        assert not Application.objects.exists() and not Case.objects.exists()
        assert not Evidence.objects.exists() and not Clock.objects.exists()
        assert registry_queries.counts() == before
        number += 1
    assert status == 0 and number > 8
    assert Case.objects.count() == 2
    all_agree()


def live(town: Town, seed: int) -> None:
    """Work through whatever is open, and open more, until somebody kills this process."""
    chance = random.Random(seed)
    while True:
        open_cases = list(Case.objects.filter(ended_at__isnull=True).order_by("pk"))
        free = Record.objects.filter(state=Record.State.PUBLISHED).exclude(
            cases__ended_at__isnull=True, cases__kind="restoration"
        )
        chosen = list(free.order_by("pk")[:40])
        try:
            if len(open_cases) < 6 and chosen:
                some = chance.sample(chosen, min(len(chosen), chance.randint(1, 3)))
                apply(town.firm, *some, key=uuid.UUID(int=chance.getrandbits(128)))
                continue
            case = chance.choice(open_cases)
            officer = town.market_officer if case.authority_id == town.market.pk else town.tax_officer
            if case.state == "submitted":
                commands.move("accept", actor=officer, case=case, at=AT, today=TODAY)
            elif chance.random() < 0.8:
                commands.move("grant", actor=officer, case=case, reasons=REASONS, at=AT, today=TODAY)
            else:
                commands.move(
                    "deny", actor=officer, case=case, reasons="整改情况与申请材料不符。", at=AT, today=TODAY
                )
        except CaseworkError as error:
            assert error.code == "case.open", error
            time.sleep(0)


def test_processes_killed_at_random_moments_lose_nothing_and_double_nothing() -> None:
    town = Town()
    for number in range(120):
        town.record(town.market if number % 2 else town.tax)
    chance = random.Random(36)
    steps, patience = 0, 1.0
    for seed in range(20):
        child = forked(partial(live, town, seed))
        time.sleep(patience * (0.15 + chance.random() * 0.35))
        assert kill(child), "the child worked until it was killed"
        if Record.objects.filter(state=Record.State.PUBLISHED).count() < 40:
            for number in range(60):
                town.record(town.market if number % 2 else town.tax)
        settled()
        now = Step.objects.count()
        assert now >= steps
        # On a busy machine a child gets longer until it has come a step further.
        patience = max(1.0, patience * (0.75 if now > steps else 1.5))
        steps = now
    all_agree()
    print(f"20 kills, {steps} steps of {Case.objects.count()} cases, all at one with the journal")
    assert steps > 60
