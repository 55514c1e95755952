"""The work list: whose cases it holds, in which order, how it is filtered, and that its pages miss nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from goodstanding.casework import absence, desk
from goodstanding.casework.desk import Wanted, WorkItem, work_list
from goodstanding.casework.models import Case
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from .stories import TODAY, Town, apply, object_to, take

pytestmark = pytest.mark.usefixtures("database")


def pages(actor: Actor, *, limit: int, wanted: Wanted | None = None) -> Iterator[WorkItem]:
    after = ""
    while True:
        page = work_list(actor=actor, on=TODAY, wanted=wanted, after=after, limit=limit)
        yield from page.items
        if not page.after:
            return
        assert len(page.items) == limit
        after = page.after


def seen(actor: Actor, **wanted: object) -> list[Case]:
    return [item.case for item in work_list(actor=actor, on=TODAY, wanted=Wanted(**wanted)).items]  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_follow_each_other_without_gap_or_repetition(limit: int) -> None:
    town = Town()
    apply(town.firm, *[town.record() for _ in range(3)])
    apply(town.firm, *[town.record() for _ in range(2)], today=TODAY + timedelta(days=20))
    undated = [object_to(town.firm, town.record()) for _ in range(2)]
    Case.objects.filter(pk__in=[case.pk for case in undated]).update(due_on=None)
    found = [item.case.pk for item in pages(town.market_officer, limit=limit)]
    whole = [item.case.pk for item in work_list(actor=town.market_officer, on=TODAY).items]
    assert found == whole and len(found) == 7 and found[-2:] == [case.pk for case in undated]


def test_what_is_no_key_gives_the_first_page_and_a_strangers_key_tells_nothing() -> None:
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    key = f"{case.due_on}.{case.public_id}"
    for after in ("nonsense", "2026-13-01.x", f"2026-09-24.{town.entity.public_id}"):
        assert [i.case for i in work_list(actor=town.market_officer, on=TODAY, after=after).items] == [case]
    assert not work_list(actor=town.market_officer, on=TODAY, after=key).items
    other = apply(town.firm, town.record(town.tax)).cases.get()
    assert [i.case for i in work_list(actor=town.tax_officer, on=TODAY, after=key).items] == [other]


def test_filters_narrow_to_what_they_say() -> None:
    town = Town()
    first, second = apply(town.firm, town.record(), town.record()).cases.order_by("pk")
    objection = object_to(town.firm, town.record())
    theirs = apply(town.firm, town.record(town.tax)).cases.get()
    me = town.market_officer
    first = take("assign", me, first, town=town, given={"officer": desk_name(me)})
    second = take("accept", me, second)
    assert set(seen(me)) == {first, second, objection}
    assert seen(me, kind="objection") == [objection]
    assert seen(me, kind="restoration", state="accepted") == [second]
    assert seen(me, whose="mine") == seen(me, officer=desk_name(me)) == [first]
    assert set(seen(me, whose="unassigned")) == {second, objection}
    assert seen(me, before=date(2026, 9, 25)) == [first]
    number = first.record.document_no
    assert seen(me, text=number) == [first]
    assert first in seen(me, text=number[:-2])
    assert seen(me, text=f"{number}甲") == []
    assert set(seen(me, text=town.entity.name)) == {first, second, objection}
    assert seen(me, text="没有这个名字") == []
    assert seen(town.operator, authority=town.tax.code) == [theirs]
    assert theirs not in seen(me, authority=town.tax.code)


def desk_name(actor: Actor) -> str:
    return Account.objects.get(pk=actor.account_id).user.get_username()


def test_cases_of_others_that_ask_for_an_opinion_are_a_list_of_their_own() -> None:
    town = Town()
    case = take("accept", town.market_officer, apply(town.firm, town.record()).cases.get())
    take("consult", town.market_officer, case, town=town)
    assert seen(town.tax_officer) == []
    assert seen(town.tax_officer, asked=True) == [case]
    assert seen(town.market_officer, asked=True) == []


@pytest.mark.parametrize(
    ("on", "late", "soon"),
    [("2026-09-22", 0, 0), ("2026-09-23", 0, 1), ("2026-09-24", 0, 1), ("2026-09-25", 1, 0)],
)
def test_marks_are_counted_as_the_items_are_marked(on: str, late: int, soon: int) -> None:
    town = Town()
    apply(town.firm, town.record())
    day = date.fromisoformat(on)
    counts = desk.pressing(actor=town.market_officer, on=day)
    assert (counts.late, counts.soon) == (late, soon)
    for mark, number in (("late", late), ("soon", soon)):
        items = work_list(actor=town.market_officer, on=day, wanted=Wanted(mark=mark)).items
        assert [item.mark for item in items] == [mark] * number


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(kind="restoration"),
        Wanted(state="submitted"),
        Wanted(kind="objection", state="accepted"),
        Wanted(whose="mine"),
        Wanted(whose="unassigned"),
        Wanted(whose="unassigned", state="submitted", mark="late"),
        Wanted(officer="officer-of-nobody"),
        Wanted(mark="late"),
        Wanted(mark="soon", kind="restoration"),
        Wanted(before=TODAY + timedelta(days=3)),
    ],
    ids=str,
)
@pytest.mark.parametrize("after", ["", "2026-09-24", "none"])
def test_every_filter_is_one_range_of_one_index_in_its_order(wanted: Wanted, after: str) -> None:
    """With a day, without one, and behind a case: the database reads one index alone and sorts nothing."""
    town = Town()
    case = apply(town.firm, town.record()).cases.get()
    key = f"{after if after != 'none' else ''}.{case.public_id}" if after else ""
    with CaptureQueriesContext(connection) as queries:
        work_list(actor=town.market_officer, on=TODAY, wanted=wanted, after=key)
    asked = [q["sql"] for q in queries.captured_queries if "ended_at" in q["sql"] and "LIMIT" in q["sql"]]
    assert len(asked) == (1 if after == "none" else 2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Index Only Scan using case_" in plan and "Sort" not in plan, plan


def test_a_page_costs_the_same_statements_however_many_cases_it_has() -> None:
    town = Town()
    asked = []
    for _ in range(2):
        apply(town.firm, *[town.record() for _ in range(4)])
        with CaptureQueriesContext(connection) as queries:
            items = work_list(actor=town.market_officer, on=TODAY).items
            assert [
                (item.case.record.document_no, item.case.entity.name, item.case.officer) for item in items
            ]
        asked.append(len(queries.captured_queries))
    assert len(items) == 8 and asked[0] == asked[1] <= 6
    assert not any('"content"' in q["sql"] or '"text_en"' in q["sql"] for q in queries.captured_queries)


def test_a_stand_in_sees_the_absent_officers_cases_and_nobodys_in_one_order() -> None:
    town = Town()
    me, other = town.market_officer, town.second_officer
    records = [town.record() for _ in range(6)]
    cases = [
        apply(town.firm, record, today=TODAY + timedelta(days=n % 3)).cases.get()
        for n, record in enumerate(records)
    ]
    owners = [me, other, None, other, None, me]
    for case, owner in zip(cases, owners, strict=True):
        if owner is not None:
            take("assign", me, case, town=town, given={"officer": desk_name(owner)})
    assert seen(me, whose="mine") == [cases[0], cases[5]]
    days = {"from_on": TODAY, "until_on": TODAY + timedelta(days=9)}
    absence.set_absence(actor=other, stand_in=desk_name(me), **days)
    expected = sorted(cases, key=lambda case: (case.due_on or date.max, case.pk))
    assert seen(me, whose="mine") == expected
    for limit in (1, 2, 4):
        found = [item.case for item in pages(me, limit=limit, wanted=Wanted(whose="mine"))]
        assert found == expected
    assert desk.pressing(actor=me, on=TODAY, wanted=Wanted(whose="mine")).late == 0
