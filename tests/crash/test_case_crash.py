"""Every command of casework killed at every write, begun again with its key: as if nobody had killed it.

Each story is played twice. In one town each command, of those that no story before it had, is killed before each of its
writes in turn, sent again until it comes through, and once more as by a client who never got the answer; in its twin
nothing is killed. After every step both towns must read the same, and after every kill the town as before the step.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.conformance import deviations, trails
from goodstanding.casework.models import Case, Step
from goodstanding.registry.models import Event, JournalHead

from ..casework.test_walks import check, trail
from ..processes import ended, forked, settled
from .case_stories import STORIES, Stage, killed_in, outline, steps_of

pytestmark = [pytest.mark.usefixtures("module_database"), pytest.mark.crash]


class KillAtWrite:
    """Kills its own process just before its n-th write."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "WITH", "COPY")):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def killed_until_done(doing: Callable[[], None], unchanged: Callable[[], None]) -> int:
    """Do a command in processes that are killed before their first write, their second, ... How many were killed."""

    def attempt(number: int) -> None:
        connection.execute_wrappers.append(KillAtWrite(number))
        doing()

    number = 1
    while (status := ended(forked(partial(attempt, number)))) == -signal.SIGKILL:
        settled()
        unchanged()
        number += 1
    assert status == 0, "it fails without being killed"
    settled()
    return number - 1


@pytest.mark.parametrize("story", STORIES)
def test_killed_at_every_write_and_begun_again_a_case_is_as_if_nobody_had_killed_it(story: str) -> None:
    stage, twin = Stage().prepared(story), Stage().prepared(story)
    kills = 0
    for place, (what, who) in enumerate(steps_of(story)):
        key, before, head = uuid.uuid4(), outline(stage), JournalHead.objects.get().position

        def unchanged(before: dict[str, Any] = before, head: int = head, place: int = place) -> None:
            assert outline(stage) == before, f"step {place} left something behind"
            assert JournalHead.objects.get().position == head

        if killed_in(story)[place]:
            kills += killed_until_done(partial(stage.play, what, who, key), unchanged)
        stage.play(what, who, key)  # the answer was lost on its way: sent again with the same key
        twin.play(what, who, uuid.uuid4())
        assert outline(stage) == outline(twin), f"step {place}: {what}"
    assert kills >= sum(killed_in(story))
    events = Event.objects.filter(kind__startswith="case.").in_bulk(field_name="position")
    for case in Case.objects.filter(entity=stage.town.entity):
        trail(case, events)
    if "ANNUL" not in STORIES[story]:  # there the record's end comes from its source, not from a case
        assert stage.record is not None
        check([stage.record])
    journal = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert journal == list(range(1, JournalHead.objects.get().position + 1)), "the journal has no hole"
    print(f"{story}: {kills} kills, {len(steps_of(story))} commands")


def test_the_stories_take_every_step_of_every_chart() -> None:
    for story in STORIES:
        stage = Stage().prepared(story)
        for what, who in steps_of(story):
            stage.play(what, who, uuid.uuid4())
    taken = set(Step.objects.values_list("case__kind", "event"))
    assert taken == {(kind, event.code) for kind in KINDS for event in chart_of(kind).events}
    assert [found for trail in trails(only_ended=False) for found in deviations(trail)] == []
