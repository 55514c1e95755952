"""The worker re-dates open clocks by the notices that this release knows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from goodstanding.casework.models import Clock, ClockMove
from goodstanding.casework.redating import redate_clocks
from goodstanding.law.calendar import china_calendar, working_calendar
from goodstanding.site import worker

from ..casework.stories import Town, apply

pytestmark = pytest.mark.usefixtures("database")


def test_the_worker_dates_open_clocks_anew_once() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    Clock.objects.filter(case=case).update(started_on=date(2025, 12, 26))
    then = working_calendar("CN", known_on=date(2025, 11, 3))
    redate_clocks(calendar=then, at=datetime(2025, 12, 26, tzinfo=UTC))
    assert set(Clock.objects.values_list("due_on", flat=True)) == {None}
    written = ClockMove.objects.count()
    worker.redate()
    clocks = list(Clock.objects.all())
    assert {clock.calendar_version for clock in clocks} == {china_calendar().version}
    assert all(clock.due_on is not None for clock in clocks)
    assert ClockMove.objects.count() == written + len(clocks)
    worker.redate()
    assert ClockMove.objects.count() == written + len(clocks)
