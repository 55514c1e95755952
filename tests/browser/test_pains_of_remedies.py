"""Complaints about remedies, by use: 4 agents and forged papers, 13 reorganisation, 14 another's record, 15 appeal.

The numbers are those of docs/answers.md.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding.casework.chart import chart_of
from goodstanding.casework.models import Case, Kind
from goodstanding.registry.models import Record
from tests.portal.linked import NAMES, links_and_reviews
from tests.portal.stories import apply_for

from .walking import REASONS, Walk, case_in


def test_14_an_objection_is_marked_for_all_answered_by_two_and_leaves_a_statement(walk: Walk) -> None:
    record = walk.town.records["open"]
    address = f"/record/{record.public_id}"
    firm, public, bank = walk.person("firm", address), walk.person(path=address), walk.person("bank", address)
    walk.press(firm, "Object to this record", role="link")
    walk.press(firm, "Send the objection")
    expect(firm.get_by_role("alert")).to_be_visible()
    ground = next(item for item in chart_of("objection").grounds if item.code == "not_ours")
    firm.get_by_role("radio", name=walk.said(ground, ""), exact=True).check()
    firm.locator("[name=claim_CF_WFXW]").fill("与本单位无关")
    firm.locator("[name=statement]").fill("决定书所载单位并非本单位，请予核查。")
    firm.locator("[name=proof]").set_input_files(walk.paper("营业执照.pdf"))
    walk.press(firm, "Send the objection")
    case = case_in(firm)
    disputed = walk.say("Disputed: an objection is being checked")
    for reader in (public, bank):
        reader.reload()
        expect(reader.get_by_text(disputed)).to_be_visible()
        walk.look(reader)

    market = walk.person("market")
    walk.open_case(market, case)
    expect(market.locator("ins")).to_have_text("与本单位无关")
    expect(market.get_by_role("link", name="营业执照.pdf")).to_be_visible()
    walk.take(market, case, "accept", reasons="")
    walk.take(market, case, "propose_denial", document="临检〔2026〕5号检测报告")
    expect(market.get_by_role("button", name=walk.said(chart_of("objection").event("deny")))).to_have_count(0)
    second = walk.person("colleague")
    walk.open_case(second, case)
    walk.take(second, case, "deny")
    public.reload()
    expect(public.get_by_text(disputed)).to_have_count(0)

    walk.go(firm, address)
    walk.press(firm, "Attach a statement", role="link")
    firm.locator("[name=text]").fill("本单位与该决定书所载单位不是同一主体。")
    walk.press(firm, "Attach the statement")
    public.reload()
    expect(public.get_by_text("本单位与该决定书所载单位不是同一主体。")).to_be_visible()
    walk.look(public)
    walk.press(firm, "Take the statement off")
    public.reload()
    expect(public.get_by_text("本单位与该决定书所载单位不是同一主体。")).to_have_count(0)


def test_14_whoever_read_two_entities_as_one_is_told_when_they_are_parted(walk: Walk) -> None:
    links_and_reviews(walk.town.market, bank="bank", operator="operator")
    bank = walk.person("bank", "/notices")
    expect(bank.get_by_role("link", name=NAMES[2]).first).to_be_visible()
    walk.press(bank, "Mark all as read")
    operator = walk.person("operator", "/links/")
    expect(operator.get_by_text("两家门店，经营者不同")).to_be_visible()


def test_15_a_refusal_has_reasons_and_is_appealed_against_before_another_body(walk: Walk) -> None:
    (case,) = apply_for(walk.town, "open")
    market = walk.person("market")
    walk.open_case(market, case)
    walk.take(market, case, "accept", reasons="")
    walk.take(market, case, "deny")
    firm = walk.person("firm")
    walk.open_case(firm, case)
    expect(firm.get_by_text(REASONS).first).to_be_visible()
    walk.press(firm, "Appeal", role="link")
    walk.press(firm, "Send the appeal")
    expect(firm.get_by_role("alert")).to_be_visible()
    ground = next(item for item in chart_of("appeal").grounds if item.code == "facts_overlooked")
    firm.get_by_role("radio", name=walk.said(ground, ""), exact=True).check()
    firm.locator("[name=statement]").fill("缴款凭证已随申请提交，决定未予考虑。")
    walk.press(firm, "Send the appeal")
    plea = case_in(firm)
    walk.open_case(market, plea)
    walk.take(market, plea, "state", reasons="申请材料中的缴款凭证日期不清。")
    operator = walk.person("operator", "/work")
    operator.get_by_role("link", name=case.record.document_no).first.click()
    walk.look(operator)
    walk.take(operator, plea, "accept", reasons="")
    walk.take(operator, plea, "grant", reasons="缴款凭证清楚，应当重新办理。")
    anew = Case.objects.get(kind=Kind.RESTORATION, ended_at__isnull=True)
    walk.open_case(market, anew)
    walk.take(market, anew, "accept", reasons="")
    grant = walk.said(chart_of("restoration").event("grant"))
    expect(market.get_by_role("button", name=grant, exact=True)).to_have_count(0)
    second = walk.person("colleague")
    walk.open_case(second, anew)
    walk.take(second, anew, "grant", reasons="经重新办理，准予修复。")
    walk.go(operator, "/supervision")
    row = operator.get_by_role("row").filter(
        has_text=walk.town.market.name_en if walk.code == "en" else walk.town.market.name_zh
    )
    expect(row.last).to_contain_text("1 / 1")
    walk.open_case(firm, plea)
    expect(firm.get_by_role("heading", name=walk.say("Cases that belong together"))).to_be_visible()


def test_4_an_agent_acts_only_while_its_mandate_lives(walk: Walk) -> None:
    (case,) = apply_for(walk.town, "open")
    firm = walk.person("firm")
    walk.press(firm, "Agents", role="link")
    walk.press(firm, "Give the mandate")
    expect(firm.get_by_role("alert")).to_be_visible()
    firm.locator("[name=agent]").fill("galaxy")
    firm.locator("[name=scope][value=all]").check()
    firm.locator("[name=until]").fill((timezone.localdate() + timedelta(days=30)).isoformat())
    walk.press(firm, "Give the mandate")

    agent = walk.person("galaxy", "/my/agents")
    agent.locator("form[action$='/act'] button").click()
    walk.look(agent)
    expect(agent.get_by_text(walk.say("You act for"))).to_be_visible()
    walk.open_case(agent, case)
    walk.take(agent, case, "withdraw", reasons="")
    walk.open_case(firm, case)
    expect(firm.get_by_text(walk.say("by the agent")).first).to_be_visible()

    walk.go(firm, "/my/agents")
    firm.locator("form[action$='/revoke'] button").click()
    walk.look(firm)
    expect(firm.get_by_text(walk.say("revoked")).first).to_be_visible()
    answer = agent.goto(f"/case/{case.public_id}")
    assert answer is not None and answer.status == 404
    walk.look(agent)


def test_4_forged_papers_undo_a_restoration_and_the_entity_is_heard(walk: Walk) -> None:
    (case,) = apply_for(walk.town, "open")
    address = f"/record/{case.record.public_id}"
    market, public = walk.person("market"), walk.person()
    walk.open_case(market, case)
    walk.take(market, case, "accept", reasons="")
    walk.take(market, case, "grant", reasons="义务已履行完毕，准予修复。")
    assert _status(public, address) == 404
    walk.press(market, "Reopen: the commitment or the papers were false", role="link")
    walk.press(market, "Reopen")
    expect(market.get_by_role("alert")).to_be_visible()
    market.locator("[name=document]").fill("临市监核〔2026〕2号")
    market.locator("[name=reasons]").fill("经核查，所提交的缴款凭证系伪造。")
    walk.press(market, "Reopen")
    again = case_in(market)

    firm = walk.person("firm")
    expect(firm.locator("#cases ~ *").get_by_text(walk.say("you"), exact=True).first).to_be_visible()
    walk.open_case(firm, again)
    expect(firm.get_by_text("经核查，所提交的缴款凭证系伪造。").first).to_be_visible()
    walk.take(firm, again, "answer", reasons="缴款凭证为财务人员误传，正本见附件。")
    second = walk.person("colleague")
    walk.open_case(second, again)
    sanction = second.locator("select[name=sanction] option").first.get_attribute("value") or ""
    walk.take(second, again, "revoke", document="临市监核〔2026〕2号", sanction=sanction)
    assert _status(public, address) == 200, "published again"
    walk.look(public)
    walk.open_case(firm, again)
    walk.go(firm, "/my")


def test_13_records_are_shielded_while_a_plan_is_carried_out(walk: Walk) -> None:
    firm, public = walk.person("firm"), walk.person()
    walk.press(firm, "Reorganisation or settlement?", role="link")
    walk.press(firm, "Ask for the shield")
    expect(firm.get_by_role("alert")).to_be_visible()
    shielded = [walk.town.records[name] for name in ("open", "too_early")]
    for record in shielded:
        firm.get_by_role("checkbox", name=record.document_no).check()
    firm.locator("[name=statement]").fill("临湖市中级人民法院已于2026年10月8日裁定批准重整计划。")
    firm.locator("[name=proof]").set_input_files(walk.paper("裁定书.pdf"))
    walk.press(firm, "Ask for the shield")
    first, other = (Case.objects.get(record=record) for record in shielded)
    market = walk.person("market")
    walk.open_case(market, first)
    walk.take(market, first, "shield", document="（2026）临01破1号", together="yes")
    for record in shielded:
        assert _status(public, f"/record/{record.public_id}") == 404
    walk.go(firm, f"/record/{first.record.public_id}")
    walk.open_case(firm, first)
    walk.open_case(market, other)
    walk.take(market, other, "fail", document="（2026）临01破1号之二")
    assert _status(public, f"/record/{other.record.public_id}") == 200, "shown again"
    walk.open_case(market, first)
    walk.take(market, first, "complete", document="（2026）临01破1号之三")
    assert _status(public, f"/record/{first.record.public_id}") == 404
    assert Record.objects.get(pk=first.record_id).state == "restored"
    walk.go(firm, "/my")


def _status(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer is not None
    return answer.status
