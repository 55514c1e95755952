"""After a correction the law judges the record again: day, measures and amount, as the evaluator does by itself."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from goodstanding import law
from goodstanding.casework import annulment
from goodstanding.casework.eligibility import facts_of, pack_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.guards import needs_second_look
from goodstanding.registry.models import Record

from .stories import AT, TODAY, Town, object_to, take

pytestmark = pytest.mark.usefixtures("database")
NAMES = {
    "警告": "warning",
    "罚款": "fine",
    "没收非法财物": "confiscation_of_goods",
    "暂扣许可证件": "suspension",
    "吊销许可证件": "revocation",
    "限制从业": "restriction_on_employment",
}
PUBLIC = {"CF_WFXW": "超范围经营", "CF_JDRQ": "2026-05-01", "CF_CFLB": "罚款", "CF_NR_FK": "5"}


def penalty(town: Town, **more: Any) -> Record:
    """A fine of 50,000 yuan, as its contract writes it."""
    return town.record(public=PUBLIC, amount_yuan=Decimal(50_000), **more)


def correct(town: Town, record: Record, **changes: str) -> Record:
    """Correct a decision of the market authority: of a serious record, one officer proposes and another confirms."""
    said: dict[str, Any] = {"changes": changes, "document": "临市监更〔2026〕1号", "at": AT}
    if needs_second_look(record):
        proposed = annulment.propose(
            actor=town.second_officer, record=record.public_id, act="correct", **said
        )
        annulment.confirm(actor=town.market_officer, annulment=proposed.public_id, at=AT, today=TODAY)
    else:
        annulment.correct_decision(actor=town.market_officer, record=record.public_id, **said)
    return Record.objects.select_related("entity").get(pk=record.pk)


def thresholds(folder: Path, **numbers: int) -> override_settings:
    path = folder / f"law-{len(numbers)}.yaml"
    lines = "".join(f"    {name}: {number}\n" for name, number in numbers.items())
    path.write_text(f"cn-ndrc-36-2025:\n  parameters:\n{lines}")
    return override_settings(LAW_CHOICES=str(path))


def test_a_heavier_measure_makes_the_record_serious_and_its_window_longer() -> None:
    town = Town()
    record = correct(town, penalty(town), CF_CFLB="罚款、吊销许可证件")
    assert (record.measures, record.severity) == (["fine", "revocation"], "serious")
    assert (record.restorable_from, record.publish_until) == (date(2027, 5, 1), date(2029, 5, 1))
    assert record.state == Record.State.PUBLISHED


def test_a_lighter_measure_takes_the_record_out_of_publication() -> None:
    town = Town()
    record = correct(town, penalty(town), CF_CFLB="警告")
    assert (record.measures, record.severity) == (["warning"], "minor")
    assert (record.publish_from, record.publish_until) == (None, None)
    assert (record.restorable_from, record.state) == (date(2026, 5, 1), Record.State.UNPUBLISHED)


def test_the_amount_counts_in_the_unit_of_the_contract(tmp_path: Path) -> None:
    town = Town()
    with thresholds(tmp_path, large_fine_from_yuan=100_000, huge_fine_from_yuan=1_000_000):
        record = penalty(town, severity="minor", published=False, publish_from=None, publish_until=None)
        record = correct(town, record, CF_NR_FK="150")
        assert (record.amount_yuan, record.severity) == (Decimal(1_500_000), "serious")
        assert record.state == Record.State.PUBLISHED, "what was minor and hidden is serious and shown"
        record = correct(town, record, CF_NR_FK="20")
        assert (record.amount_yuan, record.severity) == (Decimal(200_000), "ordinary")
        record = correct(town, record, CF_NR_FK="0.5")
        assert (record.amount_yuan, record.severity) == (Decimal(5_000), "minor")
        assert record.state == Record.State.UNPUBLISHED


def test_an_upheld_objection_judges_by_what_it_claimed() -> None:
    town = Town()
    record = penalty(town)
    case = object_to(town.firm, record, claim={"CF_CFLB": "警告"})
    case = take("accept", town.market_officer, case)
    take("correct", town.market_officer, case)
    record.refresh_from_db()
    assert (record.measures, record.severity) == (["warning"], "minor")


def test_what_the_law_does_not_ask_leaves_the_window_alone() -> None:
    town = Town()
    before = penalty(town)
    after = correct(town, before, CF_WFXW="无证经营")
    for name in ("found_on", "measures", "amount_yuan", "severity", "publish_from", "publish_until"):
        assert getattr(after, name) == getattr(before, name), name


def test_what_its_source_keeps_from_publication_stays_so() -> None:
    town = Town()
    record = penalty(town, published=False, publish_from=None, publish_until=None)
    record = correct(town, record, CF_CFLB="吊销许可证件")
    assert (record.severity, record.publish_from, record.state) == ("serious", None, "unpublished")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CF_JDRQ": "五月"}, "correction.value"),
        ({"CF_JDRQ": "2027-01-01"}, "correction.value"),
        ({"CF_CFLB": "罚酒三杯"}, "correction.value"),
        ({"CF_NR_FK": "-1"}, "correction.value"),
        ({"CF_NR_FK": "五万"}, "correction.value"),
        ({"CF_CFLB": "行政拘留"}, "correction.facts"),
    ],
)
def test_a_value_that_the_contract_or_the_law_does_not_know_is_refused(
    changes: dict[str, str], code: str
) -> None:
    town = Town()
    before = penalty(town)
    with pytest.raises(CaseworkError) as refused:
        correct(town, before, **changes)
    assert refused.value.code == code and refused.value.zh
    assert Record.objects.get(pk=before.pk).version == before.version


def test_a_record_whose_contract_is_gone_is_not_corrected_blindly() -> None:
    town = Town()
    record = penalty(town, contract="no-longer-here@1.0.0")
    with pytest.raises(CaseworkError) as refused:
        correct(town, record, CF_CFLB="警告")
    assert refused.value.code == "correction.contract"


def test_any_corrections_lead_where_the_evaluator_leads(tmp_path: Path) -> None:
    """200 corrections at random, each compared with the law asked of the corrected facts from the start."""
    dice = random.Random(20261122)
    town = Town()
    with thresholds(tmp_path, large_fine_from_yuan=100_000, huge_fine_from_yuan=1_000_000):
        record = penalty(town)
        pack = pack_of(record)
        classes = set()
        for _ in range(200):
            words = dice.sample(sorted(NAMES), dice.randint(1, 3))
            day = date(2026, 4, 1) + timedelta(days=dice.randrange(170))
            fine = dice.choice(["0.5", "9.99", "10", "12.34", "100", "250"])
            changes = {
                "CF_CFLB": dice.choice("、；").join(words),
                "CF_JDRQ": day.isoformat(),
                "CF_NR_FK": fine,
            }
            some = dict(dice.sample(sorted(changes.items()), dice.randint(1, 3)))
            said = record.content["public"]
            if all(said[name] == value for name, value in some.items()):
                continue
            facts = replace(
                facts_of(record),
                found_on=day if "CF_JDRQ" in some else record.found_on,
                measures=frozenset(NAMES[word] for word in words)
                if "CF_CFLB" in some
                else frozenset(record.measures),
                amount_yuan=Decimal(fine) * 10_000 if "CF_NR_FK" in some else record.amount_yuan,
            )
            record = correct(town, record, **some)
            verdict = law.decide(facts, pack=pack, on=TODAY)
            window = verdict.classification
            assert (record.severity, record.restorable_from) == (window.severity, window.restorable_from)
            assert (record.publish_from, record.publish_until) == (window.publish_from, window.publish_until)
            shown = {"published": "published", "ended": "ended", "not_published": "unpublished"}
            assert record.state == shown[verdict.publication]
            classes.add((record.severity, record.state))
    assert len(classes) == 3, classes
