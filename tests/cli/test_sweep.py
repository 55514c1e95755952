"""The sweep asked for by hand."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.test import override_settings
from django.utils import timezone

from goodstanding.registry.models import Record

from ..exchange.stage import today
from ..registry.factories import make_authority, make_entity, make_record, reported, take_in
from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")


def due_today() -> Record:
    day = today()
    row = reported(
        make_entity(),
        make_authority(),
        publish_from=day - timedelta(days=9),
        publish_until=day,
        restorable_from=day,
    )
    (outcome,) = take_in(row, today=day - timedelta(days=1))
    return Record.objects.get(pk=outcome.record_id)


def test_it_says_what_it_found_and_did(run: Run) -> None:
    record = due_today()
    said = run("sweep", "--json")
    assert said.status == 0
    found = said.document
    assert found.pop("seconds") >= 0
    assert found == {
        "on": timezone.localdate().isoformat(),
        "ending": 1,
        "overdue": 0,
        "restorable": 1,
        "ended": 1,
        "told": 1,
        "found": 0,
        "held_up": 0,
    }
    record.refresh_from_db()
    assert record.state == Record.State.ENDED
    again = run("sweep")
    assert again.status == 0 and "0 publications ended" in again.out


def test_it_does_not_end_tomorrows_publications(run: Run) -> None:
    due_today()
    said = run("sweep", "--on", today() + timedelta(days=2))
    assert said.status == 2 and "has not come" in said.errors
    assert Record.objects.get().state == Record.State.PUBLISHED


def test_it_says_so_when_others_hold_records(run: Run, database: str) -> None:
    due_today()
    with psycopg.connect(database) as other:
        other.execute("SELECT 1 FROM registry_record FOR UPDATE")
        said = run("sweep", "--json")
    assert said.status == 1 and said.document["held_up"] == 2


def test_it_opens_the_cases_of_restoration_without_applying_where_the_setting_says_so(
    run: Run,
) -> None:
    day = today()
    make_record(
        make_entity(),
        make_authority(),
        found_on=day - timedelta(days=100),
        publish_from=day - timedelta(days=100),
        publish_until=day + timedelta(days=200),
        restorable_from=day,
    )
    assert run("sweep", "--json").document["found"] == 0
    with override_settings(OWN_MOTION=True):
        assert run("sweep", "--json").document["found"] == 1
        assert "0 found for restoration without applying" in run("sweep").out
