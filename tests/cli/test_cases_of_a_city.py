"""``goodstanding cases check`` over the finished cases of a generated city: clean, then with deviations put into it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.models import Case, Clock, Step
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority
from goodstanding.world import generate

from ..casework.city_life import City
from ..intake.files import take_in
from .conftest import Run

ON, AT = date(2026, 6, 1), datetime(2026, 6, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def city(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city of 200 entities with some of its records taken in, and cases that were walked to their ends."""
    folder: Path = tmp_path_factory.mktemp("city")
    generate(folder, entities=200, seed=20260601, on=ON, records=600)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "BULK_ENGINE", "rows")
        for file in manifest["files"]:
            if "penalties" in file["path"] or file["contract"] == "registration":
                sender = Authority.objects.get(code=file["authority"])
                take_in(folder / file["path"], file["contract"], sender, today=ON)
    city = City(random.Random(20260601), AT, ON)
    city.live(records=90)
    yield city


def test_no_finished_case_of_the_city_deviates_from_its_chart(city: City, run: Run) -> None:
    found = run("cases", "check", "--json")
    said = json.loads(found.out.splitlines()[-1])
    assert (found.status, said["deviations"]) == (0, {}), found.out
    ended = Case.objects.filter(ended_at__isnull=False)
    assert said["cases"] == ended.count() > 60
    assert set(ended.values_list("kind", flat=True)) == set(KINDS)
    print(f"{said['cases']} cases, {Step.objects.count()} steps, no deviation")


def test_every_deviation_put_into_the_city_is_found_and_no_other(city: City, run: Run) -> None:
    """Each in a case of its own, by a hand in the database that its triggers do not hold."""
    put: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for code, sql, case, values in _hands():
            cursor.execute(sql, values)
            put[str(case.public_id)] = code
        cursor.execute("SET session_replication_role = DEFAULT")
    found = run("cases", "check", "--json")
    lines = [json.loads(line) for line in found.out.splitlines() if line.startswith("{")]
    named: dict[str, set[str]] = {}
    for line in lines:
        if "code" in line:
            named.setdefault(line["case"], set()).add(line["code"])
            whole = line["code"] in ("step.missing", "step.order", "step.unknown", "case.state", "case.end")
            assert whole or line["step"] == 0 or line["article"], line
    assert found.status == 1
    for case, code in put.items():
        assert code in named.get(case, set()), (code, named.get(case))
    assert set(named) == set(put), "exactly the cases that were tampered with"
    print(f"{len(put)} deviations of {len(set(put.values()))} kinds, all found")


def _hands() -> Iterator[tuple[str, str, Case, list[Any]]]:
    """What is done to which case, and the code under which it must be found. No case is given twice."""
    free = list(Case.objects.filter(ended_at__isnull=False).order_by("pk"))

    def some(fits: Any) -> Case:
        found = next(case for case in free if fits(case))
        free.remove(found)
        return found

    def last(case: Case) -> Step:
        return case.steps.order_by("-number")[0]

    def events(case: Case) -> set[str]:
        return set(case.steps.values_list("event", flat=True))

    step = "UPDATE casework_step SET {} WHERE id = %s".format
    for code, change in (
        ("step.who", step("role = 'bank'")),
        ("step.result", step("to_state = 'elsewhere'")),
        ("step.unknown", step("event = 'forget'")),
        ("step.says", step("""detail = detail || '{"more": 1}'""")),
        ("step.place", step("from_state = 'elsewhere'")),
    ):
        case = some(lambda case: last(case).by_id is not None)
        yield code, change, case, [last(case).pk]
    denying = ("refuse", "deny", "fail", "set_aside", "drop")
    case = some(lambda case: last(case).event in denying)
    yield "step.reasons", step("note = ''"), case, [last(case).pk]
    case = some(lambda case: {"propose_denial", "deny"} <= events(case) or "revoke" in events(case))
    into = case.steps.filter(to_state=last(case).from_state).exclude(from_state=last(case).from_state)
    before = into.order_by("-number")[0]
    yield "step.same_officer", step("by_id = %s"), case, [before.by_id, last(case).pk]
    case = some(lambda case: case.version > 2)
    yield "step.missing", "DELETE FROM casework_step WHERE id = %s", case, [case.steps.get(number=2).pk]
    case = some(lambda case: case.version > 1)
    sql = "UPDATE registry_event SET kind = 'case.else' WHERE position = %s"
    yield "step.journal", sql, case, [last(case).position]
    case = some(lambda case: chart_of(case.kind).event(last(case).event).record == "restore")
    sql = "UPDATE registry_event SET kind = 'record.else' WHERE kind = 'record.restored' AND record_id = %s"
    yield "step.record", sql, case, [case.record_id]
    case = some(lambda case: case.version > 1)
    yield "case.state", "UPDATE casework_case SET version = version + 1 WHERE id = %s", case, [case.pk]

    def clock(case: Case) -> Clock | None:
        return case.clocks.filter(due_on__isnull=False, stopped_on__isnull=False).first()

    for code, change in (
        ("clock.runs", "UPDATE casework_clock SET stopped_on = NULL WHERE id = %s"),
        ("clock.count", "DELETE FROM casework_clock WHERE id = %s"),
    ):
        case = some(clock)
        held = clock(case)
        assert held is not None
        yield code, change, case, [held.pk]
    case = some(clock)
    held = clock(case)
    assert held is not None and held.due_on is not None
    sql = "UPDATE casework_clock SET stopped_on = %s WHERE id = %s"
    yield "clock.late", sql, case, [held.due_on + timedelta(days=3), held.pk]
