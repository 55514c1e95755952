"""The single-case evaluator: monotone, consistent with itself, and never surer than its pack."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.law import Facts, FactsRefused, Pack, classify, decide, load_pack
from goodstanding.law.load import with_choices
from tests.oracles.month_arithmetic import months_after

PACK = load_pack("cn-ndrc-36-2025")
SET = load_pack(
    PACK.id,
    switches={"suspension_class": "serious"},
    parameters={"large_fine_from_yuan": 50_000, "huge_fine_from_yuan": 1_000_000},
)
RANK = {severity.code: place for place, severity in enumerate(PACK.severities)}
LENGTHS = {"minor": (0, 3), "ordinary": (3, 12), "serious": (12, 36)}
MEASURES = [measure.code for measure in PACK.measures if measure.on_organisations]
ADVERSE = [kind.code for kind in PACK.kinds if kind.adverse]


@st.composite
def cases(draw: st.DrawFn) -> Facts:
    kind = draw(st.sampled_from([kind.code for kind in PACK.kinds]))
    penalty = kind == "penalty"
    found = draw(st.dates(min_value=date(2020, 1, 1), max_value=date(2032, 12, 31)))
    later = st.integers(-10, 1500).map(lambda days: found + timedelta(days=days))
    return Facts(
        kind=kind,
        measures=draw(st.frozensets(st.sampled_from(MEASURES), max_size=4)) if penalty else frozenset(),
        amount_yuan=draw(st.none() | st.decimals(0, 10**9, places=2)) if penalty else None,
        simple_procedure=draw(st.booleans()),
        found_on=found,
        performed_on=draw(st.none() | later),
        committed=draw(st.booleans()),
        publication_necessary=draw(st.booleans()),
        excluded_by_law=draw(st.booleans()),
        further_condition_open=draw(st.booleans()),
    )


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2037, 12, 31))
PACKS = st.sampled_from([PACK, SET])


def severity_by_hand(facts: Facts, *, thresholds: bool) -> str | None:
    """The classes of Order 36 written out again, independently of the pack's rows."""
    if facts.kind not in ADVERSE:
        return None
    if facts.kind != "penalty":
        return {"serious_list": "serious", "abnormal_list": "minor", "other": "ordinary"}[facts.kind]
    if facts.simple_procedure:
        return "minor"
    classes = {"ordinary"} if not facts.measures else set()
    for measure in facts.measures:
        if measure in ("warning", "criticism"):
            classes.add("minor")
        elif measure in ("revocation", "restriction_on_employment"):
            classes.add("serious")
        elif measure in ("suspension", "downgrading"):
            classes.add("serious" if thresholds else "ordinary")
        elif measure == "fine" and thresholds and facts.amount_yuan is not None:
            huge, large = facts.amount_yuan >= 1_000_000, facts.amount_yuan >= 50_000
            classes.add("serious" if huge else "ordinary" if large else "minor")
        else:
            classes.add("ordinary")
    return max(classes, key=lambda code: RANK[code])


@given(facts=cases(), thresholds=st.booleans())
def test_class_and_window_agree_with_the_slow_oracle(facts: Facts, thresholds: bool) -> None:
    found = classify(facts, pack=SET if thresholds else PACK)
    severity = severity_by_hand(facts, thresholds=thresholds)
    assert found.severity == severity
    if severity is None:
        assert (found.published, found.restorable_from, found.publish_until) == (True, None, None)
        return
    shortest, longest = LENGTHS[severity]
    published = severity != "minor" or facts.publication_necessary
    assert found.published is published
    assert found.publish_from == (facts.found_on if published else None)
    assert found.publish_until == (months_after(facts.found_on, longest) if published else None)
    wait = None if facts.excluded_by_law else months_after(facts.found_on, shortest)
    assert found.restorable_from == wait


@given(facts=cases(), pack=PACKS, more=st.sampled_from(MEASURES))
def test_one_measure_more_is_never_milder_nor_shorter(facts: Facts, pack: Pack, more: str) -> None:
    if facts.kind != "penalty" or not facts.measures:
        return
    harder = Facts(
        **{name: getattr(facts, name) for name in facts.__slots__ if name != "measures"},
        measures=facts.measures | {more},
    )
    before, after = classify(facts, pack=pack), classify(harder, pack=pack)
    assert RANK[after.severity or ""] >= RANK[before.severity or ""]
    if before.publish_until and after.publish_until:
        assert after.publish_until >= before.publish_until
    if before.restorable_from and after.restorable_from:
        assert after.restorable_from >= before.restorable_from


@given(facts=cases(), on=DAYS, pack=PACKS)
def test_the_answer_does_not_contradict_itself(facts: Facts, on: date, pack: Pack) -> None:
    verdict = decide(facts, pack=pack, on=on)
    assert verdict.classification == classify(facts, pack=pack)
    assert verdict.pack_digest == pack.digest
    assert verdict.eligible == (
        facts.kind in ADVERSE
        and on >= facts.found_on
        and all(condition.met for condition in verdict.conditions)
    )
    if verdict.eligible:
        assert verdict.earliest_on is not None and verdict.earliest_on <= on
        assert decide(facts, pack=pack, on=on + timedelta(days=400)).eligible
        assert (
            verdict.earliest_on == facts.found_on
            or not decide(facts, pack=pack, on=verdict.earliest_on - timedelta(days=1)).eligible
        )
    elif facts.kind in ADVERSE and not facts.excluded_by_law:
        assert verdict.earliest_on is not None and verdict.earliest_on >= min(on, facts.found_on)
    for condition in verdict.conditions:
        assert condition.text_en and condition.text_zh and condition.remedy_en and condition.remedy_zh
        assert "{" not in condition.remedy_en + condition.remedy_zh
        if condition.met_from is not None:
            assert condition.met == (on >= condition.met_from)
    used = {step.row for step in verdict.trace}
    assert set(verdict.classification.rows) <= used
    assert all(step.citation_en and step.citation_zh for step in verdict.trace)


@given(facts=cases(), on=DAYS)
def test_doing_all_that_is_missing_on_the_earliest_day_makes_it_eligible(facts: Facts, on: date) -> None:
    verdict = decide(facts, pack=PACK, on=on)
    if verdict.earliest_on is None:
        assert facts.kind not in ADVERSE or facts.excluded_by_law
        return
    performed = facts.performed_on or on
    done = Facts(
        kind=facts.kind,
        measures=facts.measures,
        amount_yuan=facts.amount_yuan,
        simple_procedure=facts.simple_procedure,
        found_on=facts.found_on,
        performed_on=performed,
        committed=True,
        publication_necessary=facts.publication_necessary,
    )
    assert decide(done, pack=PACK, on=verdict.earliest_on).eligible


@given(facts=cases(), on=DAYS)
def test_every_adverse_record_has_an_end_or_is_not_published(facts: Facts, on: date) -> None:
    found = classify(facts, pack=PACK)
    if facts.kind in ADVERSE:
        assert (found.publish_until is None) == (not found.published)
        assert decide(facts, pack=PACK, on=on).materials


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_explanation_says_what_is_unset_contested_and_assumed(language: str) -> None:
    facts = Facts(
        kind="penalty",
        measures=frozenset({"suspension", "fine", "order_to_close"}),
        amount_yuan=Decimal(8000),
        found_on=date(2026, 4, 30),
    )
    said = "\n".join(
        decide(facts, pack=PACK, on=date(2026, 5, 6)).explain("en" if language == "en" else "zh")
    )
    for words in {
        "en": ("30 July 2026", "day before 30 April 2027", "unset: not seen", "Contested between sources",
               "No source states the class", "Unset, so not applied: threshold of a huge fine", "3 working days"),
        "zh": ("2026年7月30日", "2027年4月30日的前一日", "期限未设定", "来源不一致",
               "各来源均未说明", "尚未设定，未适用：巨额罚款标准", "3 个工作日"),
    }[language]:  # fmt: skip
        assert words in said, said


def test_no_word_of_the_chinese_explanation_is_left_in_english() -> None:
    for kind in ADVERSE:
        facts = Facts(kind=kind, found_on=date(2026, 4, 30), excluded_by_law=True)
        for sentence in decide(facts, pack=PACK, on=date(2026, 5, 6)).explain("zh"):
            assert not sentence.isascii()


def test_facts_that_the_catalogue_does_not_list_are_refused_in_both_languages() -> None:
    for facts, code in (
        (Facts(kind="gossip", found_on=date(2026, 4, 1)), "unknown_kind"),
        (
            Facts(kind="penalty", measures=frozenset({"shaming"}), found_on=date(2026, 4, 1)),
            "unknown_measure",
        ),
        (
            Facts(kind="permit", measures=frozenset({"fine"}), found_on=date(2026, 4, 1)),
            "measures_not_expected",
        ),
    ):
        with pytest.raises(FactsRefused) as refused:
            classify(facts, pack=PACK)
        assert refused.value.code == code
        assert refused.value.message_en and refused.value.message_zh


def test_the_outcome_does_not_depend_on_what_was_asked_before() -> None:
    """A threshold is inclusive, and amounts between thresholds do not share an answer by accident."""
    expected = {0: "minor", 49_999: "minor", 50_000: "ordinary", 999_999: "ordinary", 1_000_000: "serious"}
    for amounts in (list(expected), list(expected)[::-1]):
        for amount in amounts:
            facts = Facts(
                kind="penalty",
                measures=frozenset({"fine"}),
                amount_yuan=Decimal(amount),
                found_on=date(2026, 4, 1),
            )
            assert classify(facts, pack=SET).severity == expected[amount]


def test_questions_of_strangers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goodstanding.law.tables.MOST_KEPT", 8)
    pack = with_choices(PACK, switches={}, parameters={})
    measures = sorted(measure.code for measure in pack.measures if measure.on_organisations)
    for number in range(100):
        some = frozenset(code for place, code in enumerate(measures) if number >> place & 1)
        facts = Facts(kind="penalty", measures=some, found_on=date(2026, 4, 1))
        assert decide(facts, pack=pack, on=date(2026, 5, 1)) == decide(facts, pack=PACK, on=date(2026, 5, 1))
        assert len(pack.tables._known) <= 8 and len(pack.tables._plans) <= 8
