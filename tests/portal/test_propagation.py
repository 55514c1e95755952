"""The board of a record, the page of a recipient, and the league table: who reads what, and what they say."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange import canaries, probe_places, probes
from goodstanding.exchange.models import Agreement, Subscriber, Suspension

from ..showcase import showing
from .late import canary_of, corrected_and_late, found_keeping, removed_and_late
from .stories import Town, signed_in


@pytest.fixture
def late(town: Town) -> Town:
    removed_and_late(town, "open", "others")
    return town


def test_the_entity_reads_who_is_late_since_when_and_what_follows(late: Town) -> None:
    address = f"/record/{late.records['open'].public_id}/propagation"
    page = signed_in("firm").get(address).content.decode()
    assert "1 of 2 recipients has shown that it is gone." in page and "1 is late." in page
    assert "Mingjian Credit Service" in page and "Its suspension is proposed" in page and "临湖银行" in page
    shown = signed_in("firm", language="zh-hans").get(address).content.decode()
    assert "2 家接收方中已有 1 家证明删除。" in shown and "1 家逾期。" in shown
    for stranger in (None, "galaxy", "environment", "mirror", "bank"):
        assert signed_in(stranger).get(address).status_code == 404
    for reader in ("firm", "market"):
        record = signed_in(reader).get(f"/record/{late.records['open'].public_id}").content.decode()
        assert address in record


def test_who_keeps_a_record_after_its_receipt_is_shown_with_what_it_signed(town: Town) -> None:
    name, claim = found_keeping(town, "open")
    record = town.records["open"]
    address = f"/record/{record.public_id}/propagation"
    page = signed_in("firm").get(address).content.decode()
    assert name in page and "it has to answer again." in page and "was found to keep it" in page
    assert "0 of 2 recipients have shown" in page and json.loads(claim)["claim"]["digest"] in page
    shown = signed_in("firm", language="zh-hans").get(address).content.decode()
    assert "被发现仍持有" in shown and "须重新确认" in shown
    recipient = Subscriber.objects.get(name_en=name)
    for reader in ("operator", "lantern"):
        own = signed_in(reader).get(f"/feed/{recipient.public_id}").content.decode()
        assert "Found by reconciliation" in own and str(record.public_id) in own
        assert record.document_no not in own
    assert signed_in("mirror").get(address).status_code == 404


def test_who_has_not_taken_over_a_correction_is_named_to_the_entity_and_sees_it_itself(town: Town) -> None:
    silent, record = corrected_and_late(town, "open"), town.records["open"]
    address = f"/record/{record.public_id}/propagation"
    page = signed_in("firm").get(address).content.decode()
    assert (
        "It was corrected on" in page and "1 recipient has not shown yet that it has the new content." in page
    )
    assert "1 is late." in page and "may still have the old one" in page and "We reminded it on" in page
    assert "has the new content" in page and silent.name_en in page
    shown = signed_in("firm", language="zh-hans").get(address).content.decode()
    assert "1 家接收方尚未证明已有更正后的内容。" in shown and "应于此日前更新" in shown
    assert f'href="{address}"' in signed_in("firm").get(f"/record/{record.public_id}").content.decode()
    for reader in ("operator", "mirror"):
        own = signed_in(reader).get(f"/feed/{silent.public_id}").content.decode()
        assert "1 corrected record is not taken over yet." in own and "on the feed" in own
        assert str(record.public_id) in own and record.document_no not in own
        status = signed_in(reader).get("/feed-status").content.decode()
        assert "Corrections due" in status and "1 late" in status and "asks too seldom" in status
    status = signed_in("operator", language="zh-hans").get("/feed-status").content.decode()
    assert "读取过少" in status and "约定：每 60 分钟" in status and "1 条逾期" in status
    assert signed_in("lantern").get("/feed-status").content.decode().count("asks too seldom") == 0


def test_a_receipt_is_given_byte_for_byte_to_whom_the_record_concerns(town: Town) -> None:
    receipt = removed_and_late(town, "open", "others")
    address = f"/record/{town.records['open'].public_id}/receipt/{receipt.position}.json"
    for reader in ("firm", "market", "operator"):
        answer = signed_in(reader).get(address)
        assert answer.content.decode() == receipt.signed and "attachment" in answer["Content-Disposition"]
    signed = proof.SignedReceipt.from_json(signed_in("firm").get(address).content)
    proof.verify_receipt(signed, public_key=bytes(receipt.subscriber.public_key))
    for stranger in (None, "galaxy", "environment", "mirror"):
        assert signed_in(stranger).get(address).status_code == 404
    other = f"/record/{town.records['others'].public_id}/receipt/{receipt.position}.json"
    assert signed_in("operator").get(other).status_code == 404, "it belongs to another record"


def test_the_operator_declines_with_a_reason_and_confirms(late: Town) -> None:
    silent = Subscriber.objects.get(account__user__username="mirror")
    address = f"/feed/{silent.public_id}"
    operator = signed_in("operator")
    page = operator.get(address).content.decode()
    assert "2 removals are not answered yet." in page and "2 are past their last day." in page
    assert f"/record/{late.records['open'].public_id}/propagation" in page
    refused = operator.post(f"{address}/suspension", {"decision": "decline", "reason": "no"})
    assert refused.status_code == 422 and "Say why in 4 to 500 characters." in refused.content.decode()
    assert signed_in("mirror").post(f"{address}/suspension", {"decision": "confirm"}).status_code == 403
    assert operator.post(f"{address}/suspension", {"decision": "maybe"}).status_code == 404
    assert Suspension.objects.get().state == "proposed"
    operator.post(f"{address}/suspension", {"decision": "confirm"})
    assert Suspension.objects.get().state == "suspended"
    assert Agreement.objects.get(subscriber=silent).suspended_on is not None
    again = operator.post(f"{address}/suspension", {"decision": "decline", "reason": "too late now"})
    assert again.status_code == 422
    assert "Resume its agreements" in operator.get(address).content.decode()
    operator.post(f"{address}/suspension", {"decision": "resume", "reason": "it is being mended"})
    assert Agreement.objects.get(subscriber=silent).suspended_on is None
    assert "Propose its suspension" in operator.get(address).content.decode()
    operator.post(f"{address}/suspension", {"decision": "propose", "reason": "PROPOSED by hand"})
    page = operator.get(address).content.decode()
    assert "PROPOSED by hand" in page and "Suspend its agreements" not in page
    refused = operator.post(f"{address}/suspension", {"decision": "confirm"})
    assert (
        refused.status_code == 422
        and "Another operator than the one who proposed it confirms." in refused.content.decode()
    )


def test_a_recipient_reads_its_own_page_without_contents_and_no_other(late: Town) -> None:
    own, other = Subscriber.objects.order_by("account__user__username").all()[::-1]
    mirror = signed_in("mirror")
    page = mirror.get(f"/feed/{own.public_id}").content.decode()
    assert "past their last day" in page and "Suspension is proposed" in page
    assert "Suspend its agreements" not in page and late.records["open"].document_no not in page
    assert mirror.get(f"/feed/{other.public_id}").status_code == 404


def test_who_still_shows_a_removed_record_is_seen_by_its_entity_the_recipient_and_the_operator(
    late: Town, private_allowed: None
) -> None:
    record, quick = late.records["open"], Subscriber.objects.get(account__user__username="lantern")
    with showing() as site:
        site.else_ = record.document_no
        now = timezone.now()
        place = probe_places.add(
            subscriber=quick, address=f"{site.url}/{{code}}", marker="{document_no}", at=now
        )
        (looked,) = probes.look([place], at_clock=timezone.now, record=record, pause=0)
    assert looked.finding is not None
    address = f"/record/{record.public_id}/propagation"
    for reader in ("firm", "market", "operator"):
        page = signed_in(reader).get(address).content.decode()
        assert "saw that it still shows the record" in page and "Its signed receipt says" in page
    assert "仍在向公众展示该信息" in signed_in("firm", language="zh-hans").get(address).content.decode()
    for reader in ("operator", "lantern"):
        page = signed_in(reader).get(f"/feed/{quick.public_id}").content.decode()
        assert "1 removed record was seen" in page and "says that it is gone" in page
        assert place.address in page and str(record.public_id) in page
        assert record.document_no not in page and str(looked.due.asked) not in page
    assert (
        "外部查看"
        in signed_in("lantern", language="zh-hans").get(f"/feed/{quick.public_id}").content.decode()
    )
    silent = Subscriber.objects.get(account__user__username="mirror")
    assert (
        "Looked at from outside" not in signed_in("mirror").get(f"/feed/{silent.public_id}").content.decode()
    )


def test_only_the_operator_sees_what_is_known_of_canaries(late: Town) -> None:
    quick = Subscriber.objects.get(account__user__username="lantern")
    made = canary_of(quick)
    address = f"/feed/{quick.public_id}"
    page = signed_in("operator").get(address).content.decode()
    assert made.name in page and made.code in page and "not known yet" in page
    assert "标识信息" in signed_in("operator", language="zh-hans").get(address).content.decode()
    canaries.remove(canary=made.public_id, at=timezone.now())
    page = signed_in("lantern").get(address).content.decode()
    assert made.name not in page and "Canaries" not in page and str(made.record_id) not in page
    reference = quick.agreements.latest("pk").reference
    assert (
        "see where copies come out" in signed_in("lantern").get(f"/agreements/{reference}/").content.decode()
    )


def test_the_league_table_is_open_and_its_figures_are_the_same_in_every_form(late: Town) -> None:
    page = signed_in().get("/league")
    text = page.content.decode()
    assert page.status_code == 200 and "1 hour" not in text and "60 minutes" in text
    assert text.index("Lantern Credit") < text.index("Mingjian Credit Service")
    assert signed_in().get("/league", headers={"If-None-Match": page["ETag"]}).status_code == 304
    rows = list(csv.DictReader(io.StringIO(signed_in().get("/league.csv").content.decode("utf-8-sig"))))
    figures = signed_in().get("/league.json").json()
    same = [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in figures["recipients"]
    ]
    assert rows == same
    assert figures == signed_in().get("/api/v1/league").json()
    quick, silent = figures["recipients"]
    assert (quick["ninety_within_seconds"], quick["trend"], quick["removals"]) == ("3600", "faster", "45")
    assert (silent["ninety_within_seconds"], silent["late"], silent["late_for"]) == (
        "over",
        "35",
        "under_a_week",
    )
    for record in late.records.values():
        assert str(record.public_id) not in text and record.document_no not in text
