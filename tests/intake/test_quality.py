"""Quality is counted, each measure can be worked out by hand, and odd sendings are found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.intake import commands
from goodstanding.intake.models import Batch, BatchQuality
from goodstanding.intake.quality import Counts, measures, total
from goodstanding.intake.regularity import is_on_time, missing, periods, short
from goodstanding.intake.scoring import counts_of
from goodstanding.law.calendar import working_calendar
from goodstanding.registry.models import Authority
from tests.intake.files import TODAY, outcomes, penalty, take_in, write_csv
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"
CALENDAR = working_calendar("CN")


@pytest.fixture
def bureau(database: str) -> Authority:
    return make_authority()


def quality(batch: Batch) -> BatchQuality:
    return BatchQuality.objects.get(batch=batch)


def scores(counts: Counts) -> dict[str, Decimal | None]:
    return {measure.code: measure.score for measure in measures(counts)}


def test_every_count_of_a_batch_is_what_a_person_would_count(tmp_path: Path, bureau: Authority) -> None:
    """Ten rows made for it: two late, one faulty, one repeated, one of a wrong name, one superseding."""
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value

    def row(number: int, **more: str) -> dict[str, str]:
        return penalty(number, code, entity.name, bureau, **({"CF_JDRQ": "2026-05-28"} | more))

    assert outcomes(take_in(write_csv(tmp_path / "0.csv", PENALTIES, [row(9)]), PENALTIES, bureau))[0] == 1
    lines = [row(number) for number in range(3)]
    lines += [row(3, CF_JDRQ="2026-03-01"), row(4, CF_JDRQ="2026-04-01")]  # late
    lines += [row(5, CF_WSH="")]  # faulty
    lines += [row(0)]  # repeated
    lines += [row(6, CF_XDR_MC="临湖市别人商贸有限公司")]  # code and name disagree
    lines += [row(9, CF_SY="更正后的事实。")]  # superseding
    lines += [row(7)]
    batch = take_in(write_csv(tmp_path / "1.csv", PENALTIES, lines), PENALTIES, bureau)
    assert outcomes(batch) == (6, 1, 1, 2)
    found = counts_of(quality(batch))
    assert (found.rows, found.faulty, found.rejected, found.repeated) == (10, 1, 2, 1)
    assert (found.disagreeing, found.superseding, found.dated, found.on_time) == (1, 1, 6, 4)
    filled = sum(1 for line in lines for name in optional() if line.get(name))
    assert (found.optional_filled, found.optional_cells) == (filled, 10 * len(optional()))
    assert scores(found) == {
        "timeliness": Decimal("66.6"),
        "completeness": (Decimal(1000 * filled // (10 * len(optional()))) / 10).quantize(Decimal("0.1")),
        "validity": Decimal("80.0"),
        "uniqueness": Decimal("90.0"),
        "consistency": Decimal("89.0"),
    }
    assert quality(batch).total == total(measures(found)) and quality(batch).finished


def optional() -> list[str]:
    from goodstanding.intake.contract import load_contract

    return [column.name for column in load_contract(PENALTIES).columns if not column.required]


def test_a_crash_changes_no_count(tmp_path: Path, bureau: Authority) -> None:
    """Taken in by chunks of two and broken off after each, against taken in at once."""
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    lines = [penalty(n, code, entity.name, bureau, CF_JDRQ="2026-05-28") for n in range(7)]
    lines[2]["CF_JDRQ"] = "2026-01-05"
    path = write_csv(tmp_path / "a.csv", PENALTIES, lines)

    class Stop(Exception):
        pass

    def stop(_done: int, _of: int) -> None:
        raise Stop

    from tests.intake.files import clock, receive

    batch = receive(path, PENALTIES, bureau)
    for _ in range(4):
        with pytest.raises(Stop):
            commands.run(batch.pk, progress=stop, today=TODAY, at_clock=clock, chunk=2)
    commands.run(batch.pk, today=TODAY, at_clock=clock, chunk=2)
    found = counts_of(quality(batch))
    assert (found.rows, found.dated, found.on_time) == (7, 7, 6)


counts = st.integers(0, 10**9)


@given(st.lists(counts, min_size=8, max_size=8))
def test_scores_lie_between_0_and_100_and_only_the_perfect_is_100(numbers: list[int]) -> None:
    rows, cells, dated = numbers[0], numbers[1], numbers[2]
    rejected = numbers[3] % (rows + 1)
    found = Counts(
        rows=rows,
        optional_cells=cells,
        optional_filled=numbers[4] % (cells + 1),
        repeated=numbers[5] % (rows + 1),
        rejected=rejected,
        disagreeing=numbers[6] % (rejected + 1),
        dated=dated,
        on_time=numbers[7] % (dated + 1),
    )
    for measure in measures(found):
        if measure.score is not None:
            assert 0 <= measure.score <= 100
            assert (measure.score == 100) == (measure.good == measure.of)
            assert measure.en.endswith(".") and measure.zh.endswith("。")
    mean = total(measures(found))
    assert mean is None or 0 <= mean <= 100


def test_on_time_is_counted_in_working_days() -> None:
    """The National Day holiday of 2025 ran to 8 October; the contract gives seven working days."""
    asked = [(date(2025, 9, 30), date(2025, 10, 16)), (date(2025, 9, 30), date(2025, 10, 17))]
    verdicts = [is_on_time(a, b, days=7, calendar=CALENDAR) for a, b in asked]
    slow = [
        sum(CALENDAR.is_working(a + timedelta(n)) for n in range(1, (b - a).days + 1)) <= 7 for a, b in asked
    ]
    assert verdicts == slow and True in verdicts
    beyond = CALENDAR.known_until + timedelta(days=20)
    assert is_on_time(beyond - timedelta(days=12), beyond, days=7, calendar=CALENDAR) is None


def test_periods_are_whole_and_missing_ones_are_found() -> None:
    days = [*periods("daily", first=date(2026, 9, 28), last=date(2026, 10, 12), calendar=CALENDAR)]
    assert all(CALENDAR.is_working(period.first) for period in days)
    assert date(2026, 10, 1) not in {period.first for period in days}
    weeks = [*periods("weekly", first=date(2026, 5, 13), last=date(2026, 6, 1), calendar=CALENDAR)]
    assert [str(week.first) for week in weeks] == ["2026-05-11", "2026-05-18", "2026-05-25"]
    assert [str(week.first) for week in missing(weeks, [date(2026, 5, 24)])] == ["2026-05-11", "2026-05-25"]
    months = [*periods("monthly", first=date(2025, 12, 31), last=date(2026, 2, 27), calendar=None)]
    assert [(str(m.first), str(m.last)) for m in months] == [
        ("2025-12-01", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
    ]


@given(st.lists(st.integers(900, 1_100), min_size=5, max_size=30))
def test_short_is_found_and_ordinary_is_not(history: list[int]) -> None:
    assert short(min(history), history) is None
    assert short(max(history) * 50, history) is None
    found, empty = short(20, history), short(0, history)
    assert found is not None and found.code == "sending.short"
    assert empty is not None and empty.code == "sending.empty"
    assert short(20, history[:4]) is None


def test_one_wild_batch_does_not_hide_a_short_one() -> None:
    assert short(20, [1_000, 1_010, 990, 1_000_000, 1_005, 0]) is not None


def test_late_and_empty_sendings_are_noted_with_the_batch(tmp_path: Path, bureau: Authority) -> None:
    from tests.intake.files import registration

    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value

    def send(name: str, day: date, count: int) -> Batch:
        lines = [registration(code, entity.name, DZ=f"临湖市湖滨路{n}号") for n in range(count)]
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        batch = commands.receive(
            path=write_csv(tmp_path / name, "registration", lines),
            name=name,
            contract="registration",
            authority_id=bureau.pk,
            account_id=None,
            at=at,
        )
        return commands.run(batch.pk, today=day, at_clock=lambda: at)

    first = date(2026, 6, 1)
    sent = [send(f"{n}.csv", first + timedelta(days=n), 30) for n in range(5)]
    assert [quality(batch).findings for batch in sent] == [[]] * 5
    late = send("late.csv", first + timedelta(days=11), 2)
    assert [item["code"] for item in quality(late).findings] == ["sending.late", "sending.short"]
    assert "4 periods" in quality(late).findings[0]["en"]
    empty = send("empty.csv", first + timedelta(days=12), 0)
    assert empty.state == Batch.State.FAILED
    assert [item["code"] for item in quality(empty).findings] == ["sending.empty"]
