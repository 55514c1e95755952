"""Every deadline's receipt is accepted by an independent checker, and every one-day change to it is rejected."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law.calendar import UNITS, Deadline, Extension, Pause, deadline, receipt, working_calendar
from goodstanding.law.calendar.notices import FOLDER
from tests.oracles.deadline_receipts import fault

CALENDAR = working_calendar("CN")
YEARS: list[dict[str, Any]] = [
    yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for path in sorted((FOLDER / "cn").glob("*.yaml"))
]
FIRST, LAST = date(2004, 1, 2), date(2027, 3, 1)
DAY_KEYS = ("start", "base_due_on", "due_on", "earliest_due_on", "latest_due_on")


def drawn(chance: random.Random) -> Deadline:
    """A deadline at random: near the last notice in a third of the cases."""
    span = (LAST - FIRST).days
    start = FIRST + timedelta(days=chance.randrange(span))
    if chance.random() < 0.3:
        start = CALENDAR.known_until + timedelta(days=chance.randint(-60, 30))
    when: date | datetime = start
    cut_off = None
    if chance.random() < 0.5:
        when = datetime(
            start.year, start.month, start.day, chance.randrange(24), chance.choice([0, 30]), tzinfo=UTC
        )
        cut_off = chance.choice([None, time(17, 0), time(8, 30)])
    unit = chance.choice(UNITS)
    extensions = []
    if chance.random() < 0.4:
        own = chance.choice([None, *UNITS])
        extensions = [
            Extension(chance.randint(1, 4 if own == "months" else 25), "complex case", "案情复杂", own)
        ]
    pauses, day = [], start + timedelta(days=chance.randint(-3, 20))
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        until = day + timedelta(days=chance.randint(1, 15))
        still = chance.random() < 0.1
        pauses.append(Pause(day, None if still else until, "expert appraisal", "专家鉴定"))
        if still:
            break
        day = until + timedelta(days=chance.randint(0, 12))
    length = chance.randint(0, 6 if unit == "months" else 40)
    chance.shuffle(pauses)
    return deadline(
        when, length, calendar=CALENDAR, unit=unit, extensions=extensions, pauses=pauses, cut_off=cut_off
    )


def mutants(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every receipt that differs in one day: moved by one, removed, stood twice, or counted otherwise."""
    for key in DAY_KEYS:
        if found[key] is not None:
            for step in (-1, 1):
                yield f"{key} {step:+}", found | {key: _moved(found[key], step)}
            if key != "start":
                yield f"{key} removed", found | {key: None}
    for name in ("days", "received"):
        days = found["days"] if name == "days" else (found["received"] or {}).get("days", [])
        for number, day in enumerate(days):
            changes = {
                "flipped": [day | {"counted": not day["counted"]}],
                "removed": [],
                "twice": [day, day],
                "moved": [day | {"day": _moved(day["day"], 1)}],
                "numbered": [day | {"ordinal": (day["ordinal"] or 0) + 1}],
                "otherwise": [day | {"why": "weekend" if day["why"] != "weekend" else "holiday"}],
                "notice": [day | {"notice": "cn-1999"}],
            }
            for what, instead in changes.items():
                changed = {"days": [*days[:number], *instead, *days[number + 1 :]]}
                instead_of = changed if name == "days" else {"received": found["received"] | changed}
                yield f"{name}[{number}] {what}", found | instead_of


def _moved(day: str, step: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=step)).isoformat()


def plain(found: Deadline) -> dict[str, Any]:
    """The receipt as another reads it from JSON."""
    read: dict[str, Any] = json.loads(json.dumps(receipt(found), ensure_ascii=False))
    return read


def test_the_checker_accepts_every_receipt_and_rejects_every_one_day_change() -> None:
    chance = random.Random(36)
    seen = {"open": 0, "extended": 0, "paused": 0, "late": 0, "mutants": 0}
    for number in range(700):
        found = drawn(chance)
        given = plain(found)
        assert fault(given, YEARS) is None, (fault(given, YEARS), given)
        seen["open"] += found.due_on is None
        seen["extended"] += found.extension is not None
        seen["paused"] += any(day.why == "paused" for day in found.days)
        seen["late"] += found.received is not None and found.received.late
        if number % 25 == 0:
            for what, changed in mutants(given):
                assert fault(changed, YEARS) is not None, (what, given)
                seen["mutants"] += 1
    assert min(seen.values()) > 30 and seen["mutants"] > 3000, seen


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_deadline_is_borne_out_by_the_notices(chance: random.Random) -> None:
    found = drawn(chance)
    given = plain(found)
    assert fault(given, YEARS) is None, given
    what, changed = chance.choice(list(mutants(given)))
    assert fault(changed, YEARS) is not None, (what, given)
    assert (found.due_on is None) == bool(found.reason_en) == bool(found.reason_zh)
    assert found.latest_due_on is None or found.earliest_due_on <= found.latest_due_on


@pytest.mark.parametrize("known_on", [date(2018, 11, 30), date(2019, 12, 1), date(2025, 11, 3)])
def test_the_receipt_of_a_calendar_as_it_was_known_rests_on_those_notices_only(known_on: date) -> None:
    then = working_calendar("CN", known_on=known_on)
    held = [
        year | {"notices": notices}
        for year in YEARS
        if (notices := [notice for notice in year["notices"] if notice["id"] in then.notices])
    ]
    for back in range(0, 60, 3):
        found = deadline(then.known_until - timedelta(days=back), 25, calendar=then)
        assert fault(plain(found), held) is None
        assert {day.notice for day in found.days} <= set(then.notices)
