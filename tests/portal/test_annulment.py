"""A body corrects and withdraws its decision in the portal; of the withdrawn one nothing public remains."""

from __future__ import annotations

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
