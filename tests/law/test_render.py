"""What is said of a decision: to the entity, the officer and the court, in both languages, from the same trace."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import Facts, Pack, all_packs, decide, load_pack
from goodstanding.law.attested import Confidence, Period
from goodstanding.law.calendar import china_calendar
from goodstanding.law.receipts.receipt import digest_of, receipt
from goodstanding.law.renderings.explain import Language, deadline_words
from goodstanding.law.renderings.kept import Kept
from goodstanding.law.renderings.render import AUDIENCES, Audience, as_text, render
from goodstanding.law.renderings.words import CONFIDENCE, DAY, FACT_NAMES, FROM
from tests.law.any_case import DAYS, any_case

PACK = load_pack("cn-ndrc-36-2025")
FINE = Facts(kind="penalty", measures=frozenset({"fine"}), found_on=date(2026, 5, 31))
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@settings(deadline=None)
@given(st.data())
def test_every_decision_is_said_to_each_reader_in_both_languages(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(all_packs()))
    verdict = decide(data.draw(any_case(pack)), pack=pack, on=data.draw(DAYS))
    for audience in AUDIENCES:
        en = render(verdict, pack=pack, audience=audience, language="en")
        zh = render(verdict, pack=pack, audience=audience, language="zh")
        assert [section.code for section in en] == [section.code for section in zh]
        for section in (*en, *zh):
            assert section.paragraphs and section.title
            for line in section.paragraphs:
                assert "None" not in line and "{" not in line and ".." not in line, line
        for section in zh:
            assert not section.title.isascii()
            assert not any(line.isascii() for line in section.paragraphs), section
        for one, other in zip(en, zh, strict=True):
            assert len(one.paragraphs) == len(other.paragraphs)


@settings(deadline=None)
@given(st.data())
def test_the_court_is_told_every_day_every_row_and_both_digests(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from(all_packs()))
    verdict = decide(data.draw(any_case(pack)), pack=pack, on=data.draw(DAYS))
    found = {
        section.code: "\n".join(section.paragraphs)
        for section in render(verdict, pack=pack, audience="court", language="en")
    }
    for step in verdict.trace:
        assert f"“{step.row}”: {step.citation_en}" in found["law"]
    assert pack.digest in found["proof"]
    assert digest_of(receipt(verdict, pack=pack)) in found["proof"]
    known = verdict.classification
    for day in (known.restorable_from, known.publish_until, verdict.earliest_on):
        if day is not None:
            assert DAY["en"](day) in found["dates"], found["dates"]


def test_every_fact_confidence_and_start_has_its_words() -> None:
    assert list(FACT_NAMES) and set(FACT_NAMES) == {field.name for field in fields(Facts)}
    assert set(CONFIDENCE) == set(get_args(Confidence))
    assert set(FROM["en"]) == set(FROM["zh"])


def test_a_month_that_is_too_short_is_said() -> None:
    verdict = decide(replace(FINE, found_on=date(2026, 11, 30)), pack=PACK, on=date(2026, 12, 1))
    said = as_text(render(verdict, pack=PACK, audience="court", language="en"))
    assert (
        "Minimum: 30 November 2026 + 3 months = 28 February 2027 (that month has no day 30; its last day)."
        in said
    )


def test_the_checklist_shows_what_is_met_and_when_each_deadline_ends() -> None:
    verdict = decide(replace(FINE, committed=True), pack=PACK, on=date(2026, 9, 1))
    sections = render(
        verdict,
        pack=PACK,
        audience="officer",
        language="en",
        starts={"receipt": date(2026, 9, 28)},
        calendar=china_calendar(),
    )
    found = {section.code: section.paragraphs for section in sections}
    boxes = [line[:3] for line in found["checklist"]]
    assert boxes == ["[x]" if condition.met else "[ ]" for condition in verdict.conditions]
    assert found["result"] == ("Not yet: duty_performed; earliest on 1 September 2026.",)
    assert found["deadlines"][0].endswith("(3 working days), due on 8 October 2026")
    assert any(
        "the day on which the duty was fully performed: not stated" in line for line in found["checklist"]
    )


def said(facts: Facts, pack: Pack, on: date, language: Language) -> str:
    return "\n".join(decide(facts, pack=pack, on=on).explain(language))


@pytest.mark.parametrize(
    ("pack_id", "facts", "on", "en", "zh"),
    [
        (
            PACK.id,
            replace(FINE, plan_approved_on=date(2026, 7, 1)),
            date(2026, 8, 1),
            "shielded while the reorganisation plan",
            "暂时屏蔽",
        ),
        (
            PACK.id,
            replace(FINE, plan_completed_on=date(2026, 7, 1)),
            date(2026, 8, 1),
            "ended by itself on 1 July 2026, when the plan was completed",
            "计划已执行完毕，自 2026年7月1日起",
        ),
        (PACK.id, FINE, date(2026, 5, 1), "had not been found yet", "尚未认定"),
        (PACK.id, replace(FINE, excluded_by_law=True), date(2026, 8, 1), "expressly excludes it", "明确规定不予修复"),
        (PACK.id, FINE, date(2028, 8, 1), "31 May 2027, when the maximum was reached", "最长公示期已届满"),
        (
            "cn-credit-reporting-2013",
            Facts(kind="bad_credit", found_on=date(2020, 1, 1)),
            date(2021, 1, 1),
            "count from the day on which the act ended",
            "自行为终了之日",
        ),
    ],
)  # fmt: skip
def test_each_state_is_explained(pack_id: str, facts: Facts, on: date, en: str, zh: str) -> None:
    pack = load_pack(pack_id)
    if facts.kind == "bad_credit":
        facts = replace(facts, kind=next(kind.code for kind in pack.kinds if kind.adverse))
    assert en in said(facts, pack, on, "en"), said(facts, pack, on, "en")
    assert zh in said(facts, pack, on, "zh"), said(facts, pack, on, "zh")


def test_a_record_held_at_the_maximum_says_so_until_the_duty_is_performed() -> None:
    pack = load_pack(PACK.id, switches={"unperformed_at_maximum": "holds"})
    on = date(2028, 8, 1)
    assert "goes on until the duty is fully performed" in said(FINE, pack, on, "en")
    assert "继续公示，至义务全部履行完毕为止" in said(FINE, pack, on, "zh")
    done = replace(FINE, performed_on=date(2028, 7, 1))
    assert "ended by itself on 1 July 2028, when the duty was fully performed" in said(done, pack, on, "en")


def test_a_mark_and_a_law_without_restoration_are_explained() -> None:
    pack = load_pack("uk-register-of-judgments")
    kind = next(kind.code for kind in pack.kinds if kind.adverse)
    paid = Facts(kind=kind, found_on=date(2024, 3, 1), performed_on=date(2024, 9, 1))
    explained = said(paid, pack, date(2025, 1, 1), "en")
    assert "It carries a mark: " in explained and "knows no restoration" in explained
    assert "附有标注" in said(paid, pack, date(2025, 1, 1), "zh")


def test_a_use_to_which_the_maximum_does_not_apply_is_explained() -> None:
    pack = load_pack("us-fcra")
    row = pack.exemptions[0]
    bound = row.when.use_amount.at_least if row.when.use_amount else 0
    facts = Facts(
        kind=(row.when.kind or (pack.kinds[0].code,))[0],
        found_on=date(2010, 1, 1),
        ended_on=date(2010, 1, 1),
        use=row.when.use[0],
        use_amount=Decimal(int(pack.bound(bound) or 0)),
    )
    assert f"does not apply to the use stated: {row.text_en}" in said(facts, pack, date(2025, 1, 1), "en")
    assert "最长期限不适用于所述用途" in said(facts, pack, date(2025, 1, 1), "zh")


def test_a_deadline_says_its_unit_and_its_extension() -> None:
    decide_rule = load_pack(
        PACK.id, parameters={"decide_working_days": 1, "extension_working_days": 10}
    ).deadline("decide")
    assert deadline_words(decide_rule, "en").endswith(
        "(1 working day from acceptance; once 10 working days more: The case is complex or needs a check.)"
    )
    assert "自受理之日起 1 个工作日；可延长一次，延长 10 个工作日" in deadline_words(decide_rule, "zh")
    for unit, en, zh in (
        ("calendar_days", "20 calendar days", "20 个自然日"),
        ("months", "20 months", "20 个月"),
    ):
        length = Period.model_validate({"value": 20, "unit": unit, "source": ["S1"], "confidence": "V"})
        rule = decide_rule.model_copy(update={"length": length, "extension": None})
        assert en in deadline_words(rule, "en") and zh in deadline_words(rule, "zh")


def test_sentences_that_are_kept_are_those_of_the_pack_that_decided() -> None:
    chosen = load_pack(PACK.id, parameters={"decide_working_days": 17})
    for _ in range(2):
        assert "17 working days" in said(FINE, chosen, date(2026, 9, 1), "en")
        assert "17 working days" not in said(FINE, PACK, date(2026, 9, 1), "en")


def test_what_is_kept_is_made_once_for_each_set_of_objects_and_never_for_others() -> None:
    made: list[tuple[Facts, ...]] = []

    def make(parts: tuple[Facts, ...]) -> date:
        made.append(parts)
        return parts[0].found_on

    kept = Kept(make, most=2)
    first, equal = replace(FINE), replace(FINE)
    assert kept.of((first,)) == kept.of((first,)) == FINE.found_on
    assert kept.of((equal,)) == FINE.found_on and len(made) == 2
    for number in range(50):
        day = date(2026, 1, 1).replace(day=1 + number % 28)
        assert kept.of((replace(FINE, found_on=day),)) == day


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_finding_before_the_law_was_in_force_says_by_which_row_it_is_judged(audience: Audience) -> None:
    verdict = decide(replace(FINE, found_on=date(2026, 1, 31)), pack=PACK, on=date(2026, 9, 1))
    en = as_text(render(verdict, pack=PACK, audience=audience, language="en"))
    assert (
        "lies before it was in force (1 April 2026). A record found before 1 April 2026 is governed by this"
        in en
    )
    assert "认定之日早于施行之日（2026年4月1日）" in as_text(
        render(verdict, pack=PACK, audience=audience, language="zh")
    )
    inside = decide(FINE, pack=PACK, on=date(2026, 9, 1))
    assert "before it was in force" not in as_text(
        render(inside, pack=PACK, audience=audience, language="en")
    )


def test_whoever_commits_is_told_what_a_false_commitment_brings() -> None:
    pack = load_pack(PACK.id, parameters={"bar_months": 6})
    verdict = decide(FINE, pack=pack, on=date(2026, 9, 1))
    found = {one.code: one for one in render(verdict, pack=pack, audience="entity", language="en")}
    assert (
        found["sanctions"]
        .paragraphs[0]
        .endswith(
            "Published for a time that is unset (not seen in the official text); no new application for 6 months."
        )
    )
