"""The public self-check: it asks what the law asks, answers as the law answers, and takes any input in its stride."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django import forms
from django.test import Client
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import Facts, Pack, all_packs, decide, load_pack
from goodstanding.law.receipts.receipt import receipt
from goodstanding.law.renderings.render import AUDIENCES, Audience, as_text, render
from goodstanding.portal.asked import KNOWN, asked_of
from goodstanding.portal.language import day as in_words
from goodstanding.portal.self_check_form import CheckForm

from .stories import Town, signed_in

PACKS = all_packs()
LANGUAGES = ("en", "zh-hans")
FINE = {"kind": "penalty", "measures": "fine", "found_on": "2026-05-31", "on": "2026-11-22"}


def answer_to(given: dict[str, Any] | str, language: str = "en") -> str:
    query = given if isinstance(given, str) else urlencode(given, doseq=True)
    response = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=language).get(f"/check/?{query}")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def headline(page: str) -> str:
    (found,) = re.findall(r'<h2 id="answer">(.*?)</h2>', page, re.S)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", found)).strip()


def said_at(page: str, field: str) -> str:
    """What is said at a question that must be mended."""
    found = re.findall(rf'id="id_{field}_error">(.*?)</div>', page, re.S)
    return re.sub("<[^>]+>", "", found[0]) if found else ""


@pytest.mark.parametrize(
    ("more", "said", "zh"),
    [
        ({}, "You can apply as soon as what is missing is done.", "完成下列事项后即可申请。"),
        (
            {"performed_on": "2026-06-30", "committed": "on"},
            "You can apply now. Every condition is met.",
            "现在即可申请，各项条件均已满足。",
        ),
        (
            {"performed_on": "2026-06-30", "committed": "on", "on": "2026-06-30"},
            "You can apply from 31 August 2026 on.",
            "自2026年8月31日起可以申请。",
        ),
        (
            {"on": "2026-06-30"},
            "You can apply from 31 August 2026 on, if what is missing is done by then.",
            "届时完成下列事项的，自2026年8月31日起可以申请。",
        ),
        (
            {"excluded_by_law": "on"},
            "It cannot be restored by application. It leaves by itself on 31 May 2027.",
            "不可申请修复，将于2027年5月31日自动停止公示。",
        ),
        (
            {"on": "2027-05-31"},
            "Its publication ended on 31 May 2027. Nothing needs to be applied for.",
            "已于2027年5月31日停止公示，无需申请。",
        ),
        (
            {"kind": "permit", "measures": []},
            "This record is not adverse. There is nothing to restore.",
            "该信息不是失信信息，无需修复。",
        ),
    ],
)
def test_the_answer_to_a_plain_case(more: dict[str, Any], said: str, zh: str) -> None:
    assert headline(answer_to({**FINE, **more})) == said
    assert headline(answer_to({**FINE, **more}, "zh-hans")) == zh


def test_the_page_names_what_is_missing_with_its_article() -> None:
    page = answer_to(FINE)
    missing = page[page.index("What is missing") : page.index("Every condition")]
    assert re.findall(r"<li><strong>(.*?)</strong>", missing) == [
        "Perform what is still owed and hand in the proof.",
        "Sign the commitment letter in the application.",
    ]
    assert "NDRC Order 36, ch. 3, conditions of restoration (article number not seen)" in missing
    assert '/law/cn-ndrc-36-2025/#conditions-duty_performed"' in missing
    assert "unset: not seen in the official text" in page
    assert "<strong>3 working days</strong>" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_every_kind_of_every_law_is_answered_as_the_law_does(pack: Pack, language: str) -> None:
    on = date(2026, 11, 22)
    for kind in pack.kinds:
        facts = Facts(kind=kind.code, found_on=date(2026, 7, 31))
        page = answer_to(
            {"pack": pack.id, "kind": kind.code, "found_on": "2026-07-31", "on": on.isoformat()}, language
        )
        verdict = decide(facts, pack=pack, on=on)
        with translation.override(language):
            if verdict.earliest_on is not None and verdict.earliest_on > on:
                assert in_words(verdict.earliest_on) in headline(page)
            if verdict.classification.publish_until is not None:
                assert in_words(verdict.classification.publish_until) in page
        for step in verdict.trace:
            assert f"/law/{pack.id}/#{step.table}-{step.row}" in page


def test_an_older_record_is_judged_by_the_transition_rule() -> None:
    page = answer_to({**FINE, "found_on": "2024-05-31"})
    assert "A record found before 1 April 2026 is governed by this pack once it is in force." in page
    older = answer_to({**FINE, "found_on": "2024-05-31", "pack": "cn-ndrc-58-2023"})
    assert load_pack("cn-ndrc-58-2023").name_en in older


def test_a_sector_can_be_named_and_its_own_law_then_answers() -> None:
    page = answer_to({**FINE, "sector": "market_regulation"})
    assert '<a href="/law/cn-samr-107-2025/">' in page


@pytest.mark.parametrize(
    ("more", "field", "said", "zh"),
    [
        ({"kind": ""}, "kind", "Choose the kind of record.", "请选择信息类别。"),
        ({"kind": "x"}, "kind", "This law lists no such kind.", "该规则没有这一类别"),
        ({"measures": ["fine", "x"]}, "measures", "no such measure", "没有这一措施"),
        ({"kind": "permit"}, "measures", "carries no measures", "不包含处罚措施"),
        ({"measures": "detention"}, "measures", "never imposed on an organisation", "不适用于法人"),
        ({"amount_yuan": "much"}, "amount_yuan", "in figures only", "仅用数字"),
        ({"amount_yuan": "-1"}, "amount_yuan", "below zero", "不能为负"),
        ({"amount_yuan": "9" * 400}, "amount_yuan", "too large", "金额过大"),
        ({"found_on": ""}, "found_on", "Please give this day", "请填写日期"),
        ({"found_on": "31.5.2026"}, "found_on", "This is not a date.", "日期格式不正确"),
        ({"found_on": "2026-02-30"}, "found_on", "This is not a date.", "日期格式不正确"),
        ({"found_on": "9999-12-31"}, "found_on", "between 1900-01-01", "1900-01-01 至"),
        ({"found_on": "2100-01-01", "on": ""}, "found_on", "has not come yet", "尚未到来"),
        ({"on": "2026-05-30"}, "on", "lies before the date", "早于决定书日期"),
    ],
)
def test_what_is_wrong_is_said_at_its_question(more: dict[str, Any], field: str, said: str, zh: str) -> None:
    for language, words in (("en", said), ("zh-hans", zh)):
        page = answer_to({**FINE, **more}, language)
        assert words in said_at(page, field), (field, language)
        assert f'href="#id_{field}"' in page, "the summary leads to the question"
        assert 'id="answer"' not in page


def test_what_was_typed_wrongly_stays_to_be_mended() -> None:
    page = answer_to({**FINE, "found_on": "31.5.2026"})
    assert re.search(r'<input type="text" name="found_on" value="31.5.2026"', page)
    assert re.search(r'<input type="date" name="performed_on"', page)


def test_amounts_may_have_commas() -> None:
    assert headline(answer_to({**FINE, "amount_yuan": "1,250,000.50"})) == headline(answer_to(FINE))


def test_an_unknown_law_is_said_and_the_law_of_today_asked() -> None:
    for name in ("nothing", "../../etc/passwd", "pack.schema.json"):
        page = answer_to({**FINE, "pack": name})
        assert "There is no such law here." in page
        assert headline(page) == headline(answer_to(FINE))


def test_the_receipt_is_that_of_the_engine_and_replays() -> None:
    pack = load_pack("cn-ndrc-36-2025")
    response = Client(SERVER_NAME="localhost").get("/check/receipt.json", FINE)
    facts = Facts(kind="penalty", measures=frozenset({"fine"}), found_on=date(2026, 5, 31))
    assert response.content == receipt(decide(facts, pack=pack, on=date(2026, 11, 22)), pack=pack)
    assert json.loads(response.content)["pack"]["digest"] == pack.digest


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_answer_in_plain_text_is_that_of_the_law_room(audience: Audience) -> None:
    pack = load_pack("cn-ndrc-36-2025")
    facts = Facts(kind="penalty", measures=frozenset({"fine"}), found_on=date(2026, 5, 31))
    verdict = decide(facts, pack=pack, on=date(2026, 11, 22))
    for header, language in (("en", "en"), ("zh-hans", "zh")):
        client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=header)
        response = client.get(f"/check/{audience}.txt", FINE)
        sections = render(verdict, pack=pack, audience=audience, language=language)  # type: ignore[arg-type]
        assert response.content.decode() == as_text(sections) + "\n"
    assert Client(SERVER_NAME="localhost").get("/check/anyone.txt", FINE).status_code == 404


@pytest.mark.parametrize("name", ["receipt.json", "entity.txt", "court.txt"])
def test_the_receipt_of_a_wrong_question_leads_to_the_question(name: str) -> None:
    response = Client(SERVER_NAME="localhost").get(f"/check/{name}", {**FINE, "found_on": "x"})
    assert response.status_code == 302
    there = urlsplit(response.headers["Location"])
    assert there.path == "/check/"
    assert parse_qs(there.query)["found_on"] == ["x"]


def test_nothing_is_set_or_kept_for_the_public_and_nothing_of_a_reader_is_shared(town: Town) -> None:
    public = signed_in().get("/check/", FINE)
    assert not public.cookies
    assert public.headers["Cache-Control"] == "public, no-cache"
    assert "no-store" in signed_in("firm").get("/check/", FINE).headers["Cache-Control"]


def test_a_record_leads_to_its_law_and_to_the_self_check_with_its_facts(town: Town) -> None:
    record = town.records["open"]
    page = html.unescape(signed_in().get(f"/record/{record.public_id}").content.decode())
    assert f'href="/law/{record.pack}/"' in page
    (query,) = re.findall(r'href="/check/\?([^"]+)"', page)
    asked = answer_to(query)
    today = timezone.localdate()
    assert record.found_on <= today - timedelta(days=1)
    with translation.override("en"):
        assert record.publish_until is not None
        assert in_words(record.publish_until) in asked
    assert headline(asked)


def test_a_record_whose_law_no_longer_knows_its_measures_is_still_shown(town: Town) -> None:
    record = town.records["open"]
    record.measures = ["stocks_and_pillory"]
    record.save(update_fields=["measures"])
    for language, said in (("en", "The pack lists no measure"), ("zh-hans", "规则包中没有")):
        page = html.unescape(signed_in(language=language).get(f"/record/{record.public_id}").content.decode())
        assert said in page


NAMES = sorted(KNOWN | {"on", "pack", "x"})
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *(
                "penalty",
                "permit",
                "fine",
                "warning",
                "detention",
                "judgment",
                "spot_check",
                "on",
                "off",
                "1",
            ),
            *("2026-05-31", "0001-01-01", "9999-12-31", "2026-13-01", "NaN", "1e400", "-0", "Infinity"),
            *(pack.id for pack in PACKS),
            *(kind.code for pack in PACKS for kind in pack.kinds),
        ]
    ),
    st.dates().map(str),
    st.integers().map(str),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12), st.sampled_from(LANGUAGES))
def test_no_address_breaks_the_page(pairs: list[tuple[str, str]], language: str) -> None:
    query = urlencode(pairs, errors="surrogatepass")
    page = answer_to(query, language)
    assert "<h1>" in page


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PACKS),
    st.data(),
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
)
def test_every_set_of_facts_that_a_law_takes_is_answered(
    pack: Pack, data: st.DataObject, found_on: date, on: date
) -> None:
    given: dict[str, Any] = {
        "pack": pack.id,
        "kind": data.draw(st.sampled_from([kind.code for kind in pack.kinds])),
        "found_on": min(found_on, on),
        "on": on,
    }
    carries = next(kind.measures for kind in pack.kinds if kind.code == given["kind"])
    if carries and pack.measures:
        codes = [measure.code for measure in pack.measures if measure.on_organisations]
        given["measures"] = data.draw(st.lists(st.sampled_from(codes), unique=True))
    for name in sorted(asked_of(pack) - {"kind", "measures", "found_on", "subject"}):
        if name.endswith("_on") and data.draw(st.booleans()):
            given[name] = data.draw(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
        elif type(CheckForm.base_fields[name]) is forms.BooleanField and data.draw(st.booleans()):
            given[name] = "on"
    assert headline(answer_to(given))
