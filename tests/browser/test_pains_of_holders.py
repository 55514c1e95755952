"""Complaints about what others still show, by use: 1 and 12 holders that lag, 3 out of step, 5 fees, 6 errands.

The numbers are those of docs/answers.md.
"""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding import proof
from goodstanding.exchange import commands as exchange
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import seal
from goodstanding.registry.models import Event, Record
from goodstanding.site.worker import seal_all
from tests.portal.sent_again import sent_again
from tests.portal.stories import apply_for

from .walking import Walk


def holds_everything() -> None:
    """The subscriber has followed the feed to its end."""
    seal_all()
    checkpoint = seal.latest()
    assert checkpoint is not None
    Subscriber.objects.update(position=checkpoint.size)


def receipt(record: Record, kind: str) -> None:
    """The subscriber follows the feed again and signs that it dropped a record."""
    seal_all()
    subscriber, key, checkpoint = Subscriber.objects.get(), proof.generate_private_key(), seal.latest()
    subscriber.public_key = proof.public_key(key)
    subscriber.save()
    assert checkpoint is not None
    exchange.confirm(subscriber=subscriber, position=checkpoint.size, at=timezone.now())
    position = Event.objects.get(kind=kind, record=record).position
    said = proof.Receipt(
        subscriber=str(subscriber.public_id),
        position=position,
        record=str(record.public_id),
        action="dropped",
        removed=1,
        onward=(),
        applied_at=timezone.now().isoformat(),
        checkpoint_size=position,
    )
    signed = proof.sign_receipt(said, private_key=key)
    exchange.take_receipt(subscriber=subscriber, signed=signed, at=timezone.now())


def holder(page: Page, walk: Walk) -> str:
    """What the page says of the subscriber's hold on the record."""
    name = "Mingjian Credit Service" if walk.code == "en" else "明鉴征信"
    return page.get_by_role("row").filter(has_text=name).first.inner_text()


def test_1_5_12_the_firm_sees_who_still_shows_a_restored_record_until_the_receipt_comes(walk: Walk) -> None:
    holds_everything()
    (case,) = apply_for(walk.town, "open")
    firm, market = (
        walk.person("firm", f"/record/{walk.town.records['open'].public_id}"),
        walk.person("market"),
    )
    expect(firm.get_by_role("heading", name=walk.say("Who holds this record"))).to_be_visible()
    walk.open_case(market, case)
    walk.take(market, case, "accept", reasons="")
    walk.take(market, case, "grant", reasons="义务已履行完毕，准予修复。")
    mirror = walk.person("mirror", "/feed-status")
    expect(mirror.get_by_role("table").first).to_be_visible()

    walk.open_case(firm, case)
    helped = firm.get_by_role("region", name=walk.say("Did it help?"))
    expect(helped).to_be_visible()
    assert walk.say("holds it") in holder(firm, walk), "it still lags, with the days it took so far"
    receipt(case.record, "record.restored")
    firm.reload()
    walk.look(firm)
    assert walk.say("has dropped it") in holder(firm, walk)
    walk.go(firm, f"/record/{case.record.public_id}")
    assert walk.say("yes") in holder(firm, walk), "a signed receipt, free of charge (pain 5)"
    operator = walk.person("operator", "/feed-status")
    expect(operator.get_by_role("table").first).to_be_visible()
    walk.go(operator, "/overview")


def test_6_a_correction_and_a_withdrawal_reach_every_holder_without_the_firm(walk: Walk) -> None:
    holds_everything()
    record = walk.town.records["open"]
    address = f"/record/{record.public_id}"
    market, public = walk.person("market", address), walk.person(path=address)
    walk.press(market, "Withdraw or correct this decision", role="link")
    walk.press(market, "Correct it")
    expect(market.get_by_role("alert")).to_be_visible()
    market.locator("[name=correct-field]").select_option("CF_WFXW")
    market.locator("[name=correct-value]").fill("未按规定公示年报")
    market.locator("[name=correct-document]").fill("临市监更〔2026〕1号")
    walk.press(market, "Correct it")
    public.reload()
    expect(public.get_by_text("未按规定公示年报").first).to_be_visible()
    walk.look(public)
    walk.press(market, "Withdraw or correct this decision", role="link")
    market.locator("[name=withdraw-document]").fill("临市监撤〔2026〕1号")
    market.locator("[name=withdraw-reasons]").fill("经复查，认定事实有误，予以撤销。")
    walk.press(market, "Withdraw it")
    answer = public.goto(address)
    assert answer is not None and answer.status == 404, "no trace in public"
    receipt(record, "record.withdrawn")
    firm = walk.person("firm", address)
    assert walk.say("has dropped it") in holder(firm, walk)


def test_3_a_source_that_sends_a_removed_record_again_is_stopped_and_named(walk: Walk) -> None:
    with sent_again(walk.town.market):
        operator = walk.person("operator", "/findings/")
        waiting = operator.locator("ul.records > li")
        before = waiting.count()
        assert before >= 2
        form = operator.locator("form[action$='/decide']").first
        form.locator("[name=reasons]").fill("与已撤销的决定为同一认定，不予收录。")
        form.locator("button[value=upheld]").click()
        walk.look(operator)
        expect(waiting).to_have_count(before - 1)
        walk.go(operator, "/findings/early/")
        public = walk.person(path="/quality/")
        public.get_by_role(
            "link", name=walk.town.market.name_en if walk.code == "en" else "市场监督"
        ).first.click()
        walk.look(public)
