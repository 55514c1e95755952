"""A body corrects and withdraws its decision in the portal; of the withdrawn one nothing public remains."""

from __future__ import annotations

from goodstanding.casework.models import Annulment
from goodstanding.registry.models import Record

from .stories import Town, signed_in

CORRECTION = {
    "act": "correct",
    "correct-field": "CF_WFXW",
    "correct-value": "未按规定公示年报",
    "correct-document": "临市监更〔2026〕1号",
}
WITHDRAWAL = {
    "act": "withdraw",
    "withdraw-document": "临市监撤〔2026〕1号",
    "withdraw-reasons": "经复查，认定事实有误，予以撤销。",
}


def test_the_record_page_offers_it_to_the_body_that_found_it_only(town: Town) -> None:
    record = town.records["open"]
    address = f"/record/{record.public_id}/decision"
    for username, offered in (("market", True), ("environment", False), ("firm", False), ("operator", False)):
        page = signed_in(username).get(f"/record/{record.public_id}").content.decode()
        assert (address in page) == offered, username
    assert signed_in("environment").get(address).status_code == 404
    assert signed_in("firm").get(address).status_code == 403


def test_a_correction_is_seen_by_everyone(town: Town) -> None:
    record = town.records["open"]
    market = signed_in("market")
    for language, word in (("en", "Correct this decision"), ("zh-hans", "更正本决定")):
        page = market.get(f"/record/{record.public_id}/decision", headers={"accept-language": language})
        assert word in page.content.decode()
    sent = market.post(f"/record/{record.public_id}/decision", CORRECTION)
    assert sent.headers["Location"] == f"/record/{record.public_id}"
    assert "未按规定公示年报" in signed_in().get(f"/record/{record.public_id}").content.decode()


def test_of_a_withdrawn_decision_nothing_public_remains(town: Town) -> None:
    record, public = town.records["open"], signed_in()
    places = (
        f"/entity/{town.firm.public_id}",
        f"/?q={town.firm.name}",
        f"/api/v1/entities/{town.firm.public_id}",
        f"/api/v1/entities/{town.firm.public_id}/records",
    )
    before = [public.get(place) for place in places]
    assert any(record.document_no in answer.content.decode() for answer in before)
    signed_in("market").post(f"/record/{record.public_id}/decision", WITHDRAWAL)
    record.refresh_from_db()
    assert record.state == Record.State.WITHDRAWN
    for place in places:
        page = public.get(place).content.decode()
        assert record.document_no not in page and str(record.public_id) not in page, place
    assert public.get(f"/record/{record.public_id}").status_code == 404
    assert public.get(f"/api/v1/records/{record.public_id}").status_code == 404
    assert signed_in("market").post(f"/record/{record.public_id}/decision", WITHDRAWAL).status_code == 404


def test_what_is_wrong_is_said_and_nothing_happens(town: Town) -> None:
    record = town.records["open"]
    answer = signed_in("market").post(
        f"/record/{record.public_id}/decision", WITHDRAWAL | {"withdraw-reasons": "错"}
    )
    assert answer.status_code == 200 and 'role="alert"' in answer.content.decode()
    record.refresh_from_db()
    assert record.state == Record.State.PUBLISHED


def test_a_serious_decision_waits_on_the_page_and_the_work_list_for_a_second_officer(town: Town) -> None:
    record = town.records["open"]
    Record.objects.filter(pk=record.pk).update(severity="serious")
    address = f"/record/{record.public_id}/decision"
    market, colleague = signed_in("market"), signed_in("colleague")
    assert "what you send here is a proposal" in market.get(address).content.decode()
    assert market.post(address, WITHDRAWAL).headers["Location"] == address
    record.refresh_from_db()
    assert record.state == Record.State.PUBLISHED
    own, other = market.get(address).content.decode(), colleague.get(address).content.decode()
    reasons = WITHDRAWAL["withdraw-reasons"]
    assert 'value="confirm"' not in own and reasons in own
    assert 'value="confirm"' in other and reasons in other
    for page in (market.get("/work"), colleague.get("/work")):
        assert address in page.content.decode()
    assert address not in signed_in("environment").get("/work").content.decode()
    waits = str(Annulment.objects.get().public_id)
    answer = market.post(address, {"act": "confirm", "annulment": waits})
    assert "Another officer than the one who proposed it decides." in answer.content.decode()
    assert colleague.post(address, {"act": "confirm", "annulment": str(record.public_id)}).status_code == 404
    assert colleague.post(address, {"act": "confirm", "annulment": waits}).headers["Location"] == "/work"
    record.refresh_from_db()
    assert record.state == Record.State.WITHDRAWN


def test_a_proposed_correction_is_turned_down_or_agreed_to(town: Town) -> None:
    record = town.records["open"]
    Record.objects.filter(pk=record.pk).update(severity="serious")
    address = f"/record/{record.public_id}/decision"
    market, colleague = signed_in("market"), signed_in("colleague", language="zh-hans")
    for act in ("drop", "confirm"):
        market.post(address, CORRECTION)
        assert "拟更正本决定" in colleague.get(address).content.decode()
        waits = Annulment.objects.get(ended_at__isnull=True).public_id
        assert colleague.post(address, {"act": act, "annulment": waits}).status_code == 302
        corrected = act == "confirm"
        assert (
            "未按规定公示年报" in signed_in().get(f"/record/{record.public_id}").content.decode()
        ) == corrected
