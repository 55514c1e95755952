"""Complaints about applying, answered by use: 2 counters, 7 late news, 8 forgotten, 9 papers, 10 when, 11 progress.

The numbers are those of docs/answers.md.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from goodstanding.casework import own_motion
from goodstanding.casework.models import Application, Case, Kind
from goodstanding.casework.notices import follow
from goodstanding.registry import sweep
from goodstanding.registry.models import Record

from .walking import Walk

MARKET, ENVIRONMENT = "临市监罚〔2026〕11号", "临环罚〔2026〕77号"


def test_2_9_11_one_commitment_goes_to_every_authority_and_each_step_is_seen(walk: Walk) -> None:
    firm = walk.person("firm")
    walk.press(firm, "Apply for several at once", role="link")
    for number in (MARKET, ENVIRONMENT):
        firm.get_by_role("checkbox", name=number).check()
    walk.press(firm, "Continue")
    day = walk.say("On which day was every duty fully performed?")
    firm.get_by_label(day).fill((timezone.localdate() - timedelta(days=40)).isoformat())
    walk.press(firm, "Continue")
    walk.press(firm, "Continue")
    expect(firm.get_by_role("alert")).to_contain_text(walk.say("Please mend this"))
    firm.get_by_role(
        "checkbox", name=walk.say("I make this commitment on behalf of the organisation.")
    ).check()
    firm.get_by_label(walk.say("Signed by (full name)")).fill("王小明")
    firm.locator("#id_file_proof_of_performance").set_input_files(walk.paper())
    walk.press(firm, "Continue")
    walk.press(firm, "Send the application")
    expect(firm.locator("tbody tr")).to_have_count(2)
    assert Application.objects.get().commitment_name == "王小明", "one commitment for both (pain 9)"
    mine, theirs = (Case.objects.get(record__document_no=number) for number in (MARKET, ENVIRONMENT))

    for officer, number, case in (("market", MARKET, mine), ("environment", ENVIRONMENT, theirs)):
        desk = walk.person(officer)
        expect(desk.get_by_role("link", name=number)).to_be_visible()
        desk.get_by_role("link", name=number).click()
        walk.look(desk)
        expect(desk.get_by_role("link", name="缴款凭证.pdf")).to_be_visible()
        expect(desk.get_by_text(MARKET if officer == "environment" else ENVIRONMENT)).to_have_count(0)
        walk.take(desk, case, "accept", reasons="")
    walk.take(desk, theirs, "grant", reasons="义务已履行完毕，准予修复。")

    public = walk.person(path=f"/entity/{walk.town.firm.public_id}")
    expect(public.get_by_role("link", name=MARKET)).to_be_visible()
    expect(public.get_by_role("link", name=ENVIRONMENT)).to_have_count(0)

    walk.open_case(firm, mine)  # pain 11: stage, who has it, what is next, the clock day by day, the article
    expect(firm.get_by_text(walk.say("Now with"), exact=True)).to_be_visible()
    expect(firm.locator("ol.steps [aria-current=step]")).to_have_count(1)
    expect(firm.get_by_role("heading", name=walk.say("The clock, day by day")).first).to_be_visible()
    expect(firm.locator("details[open] table").first).to_be_visible()
    assert firm.locator("ol.story li").count() == 2
    walk.open_case(firm, theirs)
    expect(firm.get_by_text("义务已履行完毕，准予修复。")).to_be_visible()


def test_10_the_earliest_day_stands_beside_each_record_with_its_article(walk: Walk) -> None:
    public = walk.person(path="/check/")
    public.locator("[name=kind][value=penalty]").check()
    public.locator("[name=measures][value=fine]").check()
    public.locator("[name=found_on]").fill("2026-05-31")
    walk.press(public, "Show the answer")
    expect(public.locator("section.answer h2")).to_be_visible()
    public.get_by_text(walk.say("Every row of the law that was used")).first.click()
    walk.look(public)
    assert public.context.cookies() == [], "without signing in, and without a trace"

    firm = walk.person("firm")
    record = walk.town.records["too_early"]
    entry = firm.locator("li.record", has=firm.get_by_role("link", name=record.document_no))
    expect(entry.get_by_text(walk.say("Earliest restoration")).first).to_be_visible()
    entry.get_by_text(walk.say("What is still needed")).click()
    expect(entry.locator("cite").first).to_be_visible()
    walk.look(firm)
    walk.go(firm, f"/record/{record.public_id}")
    expect(firm.get_by_text(walk.say("Earliest restoration")).first).to_be_visible()


def test_7_8_the_firm_is_told_with_the_listing_and_when_its_day_comes_and_need_not_even_apply(
    walk: Walk,
) -> None:
    record, today = walk.town.records["open"], timezone.localdate()
    Record.objects.filter(pk=record.pk).update(restorable_from=today)
    sweep.sweep(on=today, at_clock=timezone.now)
    follow()
    firm = walk.person("firm", path="/notices")
    told = firm.locator("ul.notices-list li", has=firm.get_by_role("link", name=record.document_no))
    expect(told.first).to_be_visible()
    assert told.count() >= 2, "the notice with the listing, and the reminder on the earliest day"
    told.get_by_role("link", name=walk.say("Restoration notice")).first.click()
    walk.look(firm)
    expect(firm.get_by_role("heading", name="信用修复告知书").first).to_be_visible()
    expect(firm.get_by_text(record.document_no).first).to_be_visible()
    walk.go(firm, "/notices")
    walk.press(firm, "Mark all as read")
    expect(firm.get_by_role("button", name=walk.say("Mark all as read"))).to_have_count(0)

    own_motion.sweep(on=today, at_clock=timezone.now)
    case = Case.objects.get(record=record, kind=Kind.OWN_MOTION)
    walk.go(firm, f"/record/{record.public_id}")
    firm.get_by_role("status").get_by_role("link", name=walk.say("Follow the case")).click()
    walk.look(firm)
    market = walk.person("market")
    market.get_by_role("link", name=record.document_no).click()
    walk.look(market)
    expect(market.get_by_role("heading", name=walk.say("One proof is missing"))).to_be_visible()
    walk.take(market, case, "ask_proof", reasons="请提供缴款凭证或者说明缴款日期。")
    walk.open_case(firm, case)
    walk.take(firm, case, "give_proof", reasons="缴款凭证见附件。")
    walk.open_case(market, case)
    walk.take(market, case, "confirm", reasons="条件均已满足，确认修复。")
    public = walk.person()
    assert public.goto(f"/record/{record.public_id}").status == 404
    walk.look(public)
    walk.open_case(firm, case)
    expect(firm.get_by_role("heading", name=walk.say("Did it help?")).first).to_be_visible()
