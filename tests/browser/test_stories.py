"""What people do, done in Chromium against the real server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding.registry.models import Record
from tests.portal.stories import PASSWORD, PDF

from .conftest import Site
from .walking import tab_to


def test_anyone_finds_a_firm_in_chinese_and_in_latin_letters(site: Site) -> None:
    for language, text, found in (
        ("zh-CN", "天成", "no cookie after a Chinese search"),
        ("en-GB", "tiancheng", "no cookie after a Latin search"),
    ):
        page = site.visitor(language=language)
        page.goto("/")
        page.get_by_role("searchbox").fill(text)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="临湖市天成商贸有限公司").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("临湖市天成商贸有限公司")
        expect(page.get_by_role("link", name="临市监罚〔2026〕11号")).to_be_visible()
        assert page.context.cookies() == [], found


def test_a_firm_applies_and_its_records_leave_publication(site: Site, tmp_path: Path) -> None:
    proof = tmp_path / "缴款凭证.pdf"
    proof.write_bytes(PDF)
    firm = site.user("firm")
    expect(firm.get_by_role("heading", name="Can be applied for now")).to_be_visible()
    firm.get_by_role("link", name="Apply for several at once").click()
    for number in ("临市监罚〔2026〕11号", "临环罚〔2026〕77号"):
        firm.get_by_role("checkbox", name=number).check()
    firm.get_by_role("button", name="Continue").click()
    performed = timezone.localdate() - timedelta(days=40)
    firm.get_by_label("On which day was every duty fully performed?").fill(performed.isoformat())
    firm.get_by_role("button", name="Continue").click()
    firm.get_by_role("checkbox", name="I make this commitment").check()
    firm.get_by_label("Signed by (full name)").fill("王小明")
    firm.get_by_label("Proof that the behaviour").set_input_files(proof)
    firm.get_by_role("button", name="Continue").click()
    expect(firm.get_by_role("rowheader", name="缴款凭证.pdf")).to_be_visible()
    firm.get_by_role("button", name="Send the application").click()
    expect(firm.get_by_role("heading", name="Your application is with the authorities")).to_be_visible()

    public = site.visitor()
    address = f"/entity/{site.town.firm.public_id}"
    for officer, number in (("market", "临市监罚〔2026〕11号"), ("environment", "临环罚〔2026〕77号")):
        public.goto(address)
        expect(public.get_by_role("link", name=number)).to_be_visible()
        decide(site.user(officer), number)
        public.goto(address)
        expect(public.get_by_role("link", name=number)).to_have_count(0)
    firm.goto("/my")
    expect(firm.get_by_role("heading", name="Restored or withdrawn 2")).to_be_visible()
    firm.get_by_role("row", name="临市监罚〔2026〕11号").get_by_role("link").click()
    expect(firm.get_by_text("义务已履行完毕，准予修复。")).to_be_visible()
    assert Record.objects.filter(state="restored").count() == 2


def decide(officer: Page, number: str) -> None:
    """An officer takes the case from the work list, reads the proof, accepts it and grants restoration."""
    officer.get_by_role("link", name=number).click()
    with officer.expect_download() as download:
        officer.get_by_role("link", name="缴款凭证.pdf").click()
    assert Path(download.value.path()).read_bytes() == PDF
    officer.get_by_role("button", name="Accept", exact=True).click()
    expect(officer.get_by_role("status")).to_contain_text("Done: Accept")
    officer.get_by_label("Reasons (optional").fill("义务已履行完毕，准予修复。")
    officer.get_by_role("button", name="Restore", exact=True).click()
    expect(officer.get_by_role("status")).to_contain_text("Done: Restore")


def test_an_objection_is_seen_by_everyone_until_it_is_decided(site: Site) -> None:
    record = site.town.records["too_early"]
    address = f"/record/{record.public_id}"
    firm, public = site.user("firm", language="zh-CN"), site.visitor(language="zh-CN")
    public.goto(address)
    expect(public.get_by_text("异议处理中")).to_have_count(0)
    firm.goto(address)
    firm.get_by_role("link", name="对该信息提出异议").click()
    firm.get_by_role("button", name="提交异议").click()
    expect(firm.get_by_role("alert")).to_be_visible()
    firm.get_by_role("radio", name="记录内容与事实不符").check()
    firm.get_by_label("请说明哪里有误").fill("检测报告编号有误，该批次产品并非本单位生产。")
    firm.get_by_role("button", name="提交异议").click()
    expect(firm.get_by_role("status")).to_contain_text("异议已提交")
    public.goto(address)
    expect(public.get_by_text("异议处理中")).to_be_visible()
    market = site.user("market", language="zh-CN")
    market.get_by_role("link", name=record.document_no).click()
    market.get_by_role("button", name="开始核查", exact=True).click()
    market.locator("#document-propose_denial").fill("临检〔2026〕5号检测报告")
    market.locator("#reasons-propose_denial").fill("经核查，检测报告与产品批次一致。")
    market.get_by_role("button", name="拟认定异议不成立").click()
    expect(market.get_by_role("status")).to_contain_text("已办理")
    public.goto(address)
    expect(public.get_by_text("异议处理中")).to_be_visible()
    second = site.user("colleague", language="zh-CN")
    second.get_by_role("link", name=record.document_no).click()
    second.locator("#reasons-deny").fill("独立复核后认为记录内容属实。")
    second.get_by_role("button", name="异议不成立", exact=True).click()
    expect(second.get_by_role("status")).to_contain_text("已办理")
    public.goto(address)
    expect(public.get_by_text("异议处理中")).to_have_count(0)


def test_an_applicant_needs_nothing_but_a_keyboard(site: Site, tmp_path: Path) -> None:
    proof = tmp_path / "proof.pdf"
    proof.write_bytes(PDF)
    page = site.visitor()
    # Chromium is told asynchronously that choosers are wanted; told only then, a busy one misses the key.
    page.on("filechooser", lambda _chooser: None)
    page.goto("/")
    tab_to(page, page.get_by_role("link", name="Skip to the content"))
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.goto("/sign-in")
    tab_to(page, page.get_by_label("User name"))
    page.keyboard.type("firm")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Apply for several at once"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("checkbox", name="临市监罚〔2026〕11号"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")
    day = page.get_by_label("On which day was every duty fully performed?")
    tab_to(page, day)
    performed = timezone.localdate() - timedelta(days=40)
    page.keyboard.type(f"{performed:%m%d%Y}")
    assert day.input_value() == performed.isoformat()
    tab_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("checkbox", name="I make this commitment"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Signed by (full name)"))
    page.keyboard.type("Wang Xiaoming")
    tab_to(page, page.get_by_label("Proof that the behaviour"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(proof)
    tab_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Send the application"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your application is with the authorities")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_citizen_asks_when_and_reads_the_law_without_javascript(shared_site: Site, width: int) -> None:
    page = shared_site.visitor(width=width, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Self-check").click()
    page.get_by_role("button", name="Show the answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the kind of record.")
    page.get_by_role("radio", name="administrative penalty").check()
    page.get_by_role("checkbox", name="fine", exact=False).check()
    page.get_by_label("What is the date of the decision?").fill("2026-05-31")
    page.get_by_text("More questions").click()
    page.get_by_label("For which day do you ask?").fill("2026-06-30")
    page.get_by_role("button", name="Show the answer").click()
    expect(page.get_by_role("heading", name="You can apply from 31 August 2026 on")).to_be_visible()
    assert "found_on=2026-05-31" in page.url
    assert page.context.cookies() == []
    page.get_by_text("Every row of the law that was used").first.click()
    page.get_by_role("link", name="ordinary-window").click()
    row = page.locator("tr:target")
    expect(row).to_contain_text("3 months")
    expect(row).to_contain_text("1 year")
    expect(row).to_contain_text("seen word for word")


def test_a_citizen_asks_another_law_in_chinese(shared_site: Site) -> None:
    page = shared_site.visitor(language="zh-CN", width=390)
    page.goto("/check/")
    page.get_by_text("依据哪部规则？").click()
    page.get_by_label("选择其他规则").select_option("us-fcra")
    page.get_by_role("button", name="选择").click()
    page.get_by_role("radio", name="刑事定罪记录").check()
    page.get_by_label("决定书的日期是哪一天？").fill("2024-05-01")
    page.get_by_role("button", name="查看结果").click()
    expect(page.get_by_role("heading", name="不可申请修复")).to_be_visible()
    expect(page.get_by_role("link", name="查看该行").first).to_be_visible()


def test_a_deadline_is_counted_with_the_keyboard(shared_site: Site) -> None:
    page = shared_site.visitor(width=390)
    page.goto("/calendar/")
    day = page.get_by_label("On which day was it received?")
    tab_to(page, day)
    page.keyboard.type("09302026")
    tab_to(page, page.get_by_role("button", name="Count"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The deadline is 20 October 2026")).to_be_visible()
    expect(page.get_by_text("1 October 2026 to 7 October 2026: public holiday: National Day")).to_be_visible()
