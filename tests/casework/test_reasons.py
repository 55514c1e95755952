"""Templates of reasons: kept by the authority for its officers, filled from the case, and never deciding anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from goodstanding.casework import placeholders, queries, reasons
from goodstanding.casework.chart import chart_of
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.many import Chosen, move_many
from goodstanding.casework.models import Case, ReasonsTemplate, Step
from goodstanding.registry.actor import PUBLIC, Actor

from .stories import AT, REASONS, TODAY, Town, apply, take

pytestmark = pytest.mark.usefixtures("database")
ZH = "经审查，{文书号}所附材料缺少：{所缺材料}。依据：{条款}。{日期}"
EN = "On {day}: {missing} is missing for {number}, {article}."


def keep(actor: Actor, **more: Any) -> ReasonsTemplate:
    values: dict[str, Any] = {
        "kind": "restoration",
        "event": "refuse",
        "name": "材料不全",
        "text_zh": ZH,
        "text_en": EN,
        "at": AT,
    }
    return reasons.keep(actor=actor, **(values | more))


def accepted(town: Town, **more: Any) -> Case:
    return take("accept", town.market_officer, apply(town.firm, town.record(), **more).cases.get())


def test_a_template_is_filled_from_the_case_each_placeholder_in_its_own_language() -> None:
    town = Town()
    template = keep(town.market_officer)
    case = apply(town.firm, town.record(), evidence=[]).cases.get()
    event = chart_of("restoration").event("refuse")
    moves = queries.moves_for(town.market_officer, case, on=TODAY)
    assert reasons.fitting(town.market_officer, case, moves) == {"refuse": [template]}
    text = reasons.filled(reasons.raw(template), actor=town.market_officer, case=case, event=event, on=TODAY)
    number = case.record.document_no
    assert f"经审查，{number}所附材料缺少：已纠正失信行为、履行完毕相关义务的证明材料" in text
    assert "2026年9月21日" in text and event.article_zh in text
    assert "On 21 September 2026: proof that the behaviour is corrected" in text
    assert f"is missing for {number}, {event.article_en}." in text
    refused = take("refuse", town.market_officer, case, reasons=text + "（经办人补充）")
    assert Step.objects.get(case=refused, event="refuse").note == text + "（经办人补充）"


def test_what_has_no_value_stays_and_is_never_sent() -> None:
    town = Town()
    template = keep(town.market_officer)
    case = apply(town.firm, town.record()).cases.get()
    event = chart_of("restoration").event("refuse")
    text = reasons.filled(reasons.raw(template), actor=town.market_officer, case=case, event=event, on=TODAY)
    assert "{所缺材料}" in text and "{missing}" in text and "{day}" not in text
    with pytest.raises(CaseworkError) as refused:
        take("refuse", town.market_officer, case, reasons=text)
    assert (refused.value.code, refused.value.place) == ("reasons.placeholder", "reasons")
    case.refresh_from_db()
    assert case.state == "submitted"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("材料不全，详见{文号}。请补齐。", "text_zh:1:8"),
        ("第一行。\n第二行：{missing", "text_zh:2:5"),
        ("多出一个括号}，请补齐材料。", "text_zh:1:7"),
        ("全角｛number｝也不是占位符。", "text_zh:1:3"),
        ("{Number} 大小写不同，不是占位符。", "text_zh:1:1"),
    ],
)
def test_an_unknown_placeholder_is_refused_with_its_place(text: str, place: str) -> None:
    town = Town()
    with pytest.raises(CaseworkError) as refused:
        keep(town.market_officer, text_zh=text)
    assert (refused.value.code, refused.value.place) == ("template.placeholder", place)
    assert "{number}" in refused.value.remedy_en and "{文书号}" in refused.value.remedy_zh
    assert not ReasonsTemplate.objects.exists()


def test_a_change_is_the_next_version_and_what_was_decided_stays() -> None:
    town = Town()
    me = town.market_officer
    first = keep(me, event="deny", text_zh="经核查，义务尚未履行完毕。", text_en="")
    case = take("deny", me, accepted(town), reasons=first.text_zh)
    second = keep(
        me,
        event="deny",
        text_zh="经核查，罚款尚未缴清。",
        text_en="",
        instead_of=first.public_id,
        at=AT + timedelta(days=1),
    )
    assert (second.series, second.version) == (first.series, 2)
    assert reasons.templates_of(town.second_officer) == [second]
    assert Step.objects.get(case=case, event="deny").note == "经核查，义务尚未履行完毕。"
    assert keep(me, event="deny", text_zh=second.text_zh, text_en="", instead_of=second.public_id) == second
    for broken in (
        lambda: ReasonsTemplate.objects.filter(pk=first.pk).update(text_zh="改写过去的文字是不行的。"),
        lambda: ReasonsTemplate.objects.filter(pk=first.pk).update(ended_at=None),
        lambda: ReasonsTemplate.objects.filter(pk=second.pk).update(name="另一名称"),
        lambda: ReasonsTemplate.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="stays as it was written"), transaction.atomic():
            broken()
    reasons.end(actor=me, template=second.public_id, at=AT + timedelta(days=2))
    assert reasons.templates_of(me) == []
    assert ReasonsTemplate.objects.count() == 2


def test_nobody_but_the_authoritys_officers_keeps_or_reads_them() -> None:
    town = Town()
    template = keep(town.market_officer)
    for stranger in (town.firm, town.operator, PUBLIC, town.tax_officer):
        assert reasons.templates_of(stranger) == []
        with pytest.raises(CaseworkError) as refused:
            reasons.end(actor=stranger, template=template.public_id, at=AT)
        assert refused.value.code == "template.not_found"
    for stranger in (town.firm, town.operator, PUBLIC):
        with pytest.raises(CaseworkError) as refused:
            keep(stranger)
        assert refused.value.code == "template.forbidden"
    keep(town.tax_officer)
    assert ReasonsTemplate.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"event": "accept"}, "template.event"),
        ({"event": "withdraw"}, "template.event"),
        ({"kind": "nothing"}, "template.event"),
        ({"name": "材料不全"}, "template.name"),
        ({"name": "一"}, "text.length"),
        ({"name": "另一名称", "text_zh": "太短"}, "text.length"),
        ({"name": "另一名称", "text_en": "short"}, "text.length"),
        ({"name": "另一名称", "instead_of": "7d8e1c1e-0000-4000-8000-000000000000"}, "template.not_found"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(wrong: dict[str, Any], code: str) -> None:
    town = Town()
    keep(town.market_officer)
    with pytest.raises(CaseworkError) as refused:
        keep(town.market_officer, **wrong)
    assert refused.value.code == code


def test_one_text_for_many_cases_names_each_of_them() -> None:
    town = Town()
    cases = [accepted(town), accepted(town)]
    chosen = [Chosen(case.public_id, case.version) for case in cases]
    step: dict[str, Any] = {"actor": town.market_officer, "chosen": chosen, "at": AT, "today": TODAY}
    with pytest.raises(CaseworkError, match=r"template\.placeholder"):
        move_many("grant", reasons="准予修复{文号}。", **step)
    outcomes = move_many("grant", reasons="{文书号}：义务已履行完毕，准予修复。", **step)
    assert [outcome.refused for outcome in outcomes] == [None, None]
    for case in cases:
        case.refresh_from_db()
        assert case.reasons == f"{case.record.document_no}：义务已履行完毕，准予修复。"
    late = accepted(town)
    (left,) = move_many(
        "grant", reasons="尚缺{missing}。", **(step | {"chosen": [Chosen(late.public_id, late.version)]})
    )
    assert left.refused is not None and left.refused.code == "reasons.placeholder"


def test_every_step_with_reasons_of_an_officer_can_have_templates() -> None:
    known = {(kind, event.code) for kind, event in reasons.steps_with_reasons()}
    assert {("restoration", "deny"), ("objection", "deny"), ("restoration", "opine")} <= known
    assert not any(event in ("withdraw", "supply", "submit", "lapse") for _, event in known)
    assert placeholders.fill("{number} {other}", {"number": "1"}) == "1 {other}"
    assert placeholders.fill(REASONS, {}) == REASONS
