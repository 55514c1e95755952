"""The least that makes a restoration succeed, against trying every set of actions on every day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.law import Facts, Pack, all_packs, decide, load_pack
from goodstanding.law.repair import repair, repair_words
from tests.law.any_case import any_case

PACKS = [*all_packs(), load_pack("cn-ndrc-36-2025", parameters={"bar_months": 2})]
DAYS = 130
ACTIONS: dict[str, Any] = {
    "perform_duty": lambda facts, day: replace(facts, performed_on=day),
    "commit": lambda facts, day: replace(facts, committed=True),
    "complete_training": lambda facts, day: replace(facts, trained=True),
    "meet_further": lambda facts, day: replace(facts, further_condition_open=False),
    "end_act": lambda facts, day: replace(facts, ended_on=day),
}


def every_way(facts: Facts, on: date) -> Iterator[tuple[frozenset[str], Facts]]:
    """Every set of actions, the smaller first, with the facts once it is done on the day asked about."""
    for size in range(len(ACTIONS) + 1):
        for names in combinations(ACTIONS, size):
            changed = facts
            for name in names:
                changed = ACTIONS[name](changed, on)
            yield frozenset(names), changed


def by_trying(facts: Facts, pack: Pack, on: date) -> tuple[list[frozenset[str]], date | None]:
    """The smallest sets by which an application succeeds within the days tried, and its earliest day."""
    found: list[tuple[frozenset[str], date]] = []
    for names, changed in every_way(facts, on):
        if found and len(names) > len(found[0][0]):
            break
        for number in range(DAYS):
            day = on + timedelta(days=number)
            if decide(changed, pack=pack, on=day).eligible:
                found.append((names, day))
                break
    if not found:
        return [], None
    return [names for names, _ in found], min(day for _, day in found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_repair_is_the_smallest_and_the_earliest(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(PACKS))
    facts = data.draw(any_case(pack))
    on = facts.found_on + timedelta(days=data.draw(st.integers(-20, 420)))
    # A future day of performance or of the end of the act would be a promise, which no action betters.
    facts = replace(
        facts,
        performed_on=facts.performed_on and min(facts.performed_on, on),
        ended_on=facts.ended_on and min(facts.ended_on, on),
    )
    found = repair(facts, pack=pack, on=on)
    deeds = frozenset(action.code for action in found.actions if action.code != "wait")
    smallest, earliest = by_trying(facts, pack, on)
    if earliest is not None:
        assert found.status == ("ready" if not deeds and earliest == on else "possible")
        assert (smallest, earliest) == ([deeds], found.earliest_on)
    elif found.earliest_on is None:
        assert found.status in ("impossible", "nothing_to_restore") and found.actions == ()
    else:
        assert found.earliest_on >= on + timedelta(days=DAYS)
        assert found.after is not None and found.after.eligible
    assert (found.earliest_on is not None and found.earliest_on > on) == any(
        action.code == "wait" and action.on == found.earliest_on for action in found.actions
    )
    for language in ("en", "zh"):
        assert repair_words(found, "en" if language == "en" else "zh")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_doing_it_later_never_succeeds_earlier(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(PACKS))
    facts = replace(data.draw(any_case(pack)), performed_on=None)
    on = facts.found_on + timedelta(days=data.draw(st.integers(0, 420)))
    found = repair(facts, pack=pack, on=on)
    if found.status != "possible" or found.earliest_on is None:
        return
    for number in range(0, (found.earliest_on - on).days + 20, 7):
        later = on + timedelta(days=number)
        changed = facts
        for action in found.actions:
            if action.code != "wait":
                changed = ACTIONS[action.code](changed, later)
        day = on
        while day < found.earliest_on:
            assert not decide(changed, pack=pack, on=day).eligible
            day += timedelta(days=3)


FINE = Facts(kind="penalty", measures=frozenset({"fine"}), found_on=date(2026, 4, 10))
PACK = load_pack("cn-ndrc-36-2025")


def test_an_unpaid_fine_is_paid_promised_and_waited_for() -> None:
    found = repair(FINE, pack=PACK, on=date(2026, 4, 20))
    assert [action.code for action in found.actions] == ["perform_duty", "commit", "wait"]
    assert (found.earliest_on, found.publication_ends_on) == (date(2026, 7, 10), date(2027, 4, 10))
    assert repair_words(found, "en") == [
        "An application can succeed on 10 July 2026, once this is done:",
        "1. Perform what is still owed and hand in the proof.",
        "2. Sign the commitment letter in the application.",
        "3. Apply on 2026-07-10 or later.",
        "Without an application its publication ends by itself on 10 April 2027.",
    ]
    assert repair_words(found, "zh")[0] == "完成下列事项后，最早可于 2026年7月10日申请修复："


def test_what_a_law_excludes_says_what_is_left() -> None:
    found = repair(replace(FINE, excluded_by_law=True), pack=PACK, on=date(2026, 4, 20))
    assert (found.status, found.actions, found.earliest_on) == ("impossible", (), None)
    assert [condition.code for condition in found.blocked_by] == ["not_excluded"]
    said = repair_words(found, "en")
    assert said[0] == "Nothing that the subject does makes an application succeed."
    assert "ends by itself on 10 April 2027" in said[-2] and "objection" in said[-1]


@pytest.mark.parametrize("pack_id", ["cn-ndrc-2017", "uk-register-of-judgments", "cn-credit-reporting-2013"])
def test_where_the_law_knows_no_restoration_nothing_makes_it_succeed(pack_id: str) -> None:
    pack = load_pack(pack_id)
    kind = next(kind.code for kind in pack.kinds if kind.adverse)
    found = repair(Facts(kind=kind, found_on=date(2024, 3, 1)), pack=pack, on=date(2024, 6, 1))
    assert found.status == "impossible" and found.blocked_by
    assert repair_words(found, "zh")[0].startswith("信用主体无论采取何种行动")


def test_payment_that_removes_or_marks_a_judgment_is_said() -> None:
    pack = load_pack("uk-register-of-judgments")
    kind = next(kind.code for kind in pack.kinds if kind.adverse)
    judgment = Facts(kind=kind, found_on=date(2024, 3, 1))
    within = repair(judgment, pack=pack, on=date(2024, 4, 1))
    assert (within.status, within.publication_ends_on) == ("impossible", date(2030, 3, 1))
    assert [(row.event, row.effect) for row in within.by_performing] == [("performed_on", "removed")]
    assert "entry is cancelled" in repair_words(within, "en")[-2]
    later = repair(judgment, pack=pack, on=date(2024, 4, 2))
    assert [row.effect for row in later.by_performing] == ["marked"]
    paid = repair(replace(judgment, performed_on=date(2024, 4, 1)), pack=pack, on=date(2024, 4, 2))
    assert paid.by_performing == ()
