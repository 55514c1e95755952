"""What followed a removal, on pages and over the API: bodies report it, the entity reads it, the operator chases it."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from goodstanding.casework import notice_hooks
from goodstanding.casework.models import NoticeHook
from goodstanding.casework.notices import follow
from goodstanding.registry import commands
from goodstanding.registry.models import Account, Event, Outcome, Record

from .stories import Town, signed_in
from .test_progress import granted, text_of


def program(username: str, *scopes: str) -> Client:
    """A client with a token of an account."""
    account = Account.objects.get(user__username=username)
    token = commands.create_token(
        account=account, name=str(uuid.uuid4()), scopes=[*scopes], at=timezone.now()
    )
    return Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})


def forms_in(page: str) -> list[dict[str, str]]:
    """The hidden fields of each form that reports something owed."""
    found = []
    for form in re.findall(r"<form.*?</form>", page, re.S):
        if 'name="owed"' in form or 'name="use"' in form:
            inputs = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form)]
            found.append(
                {each["name"]: each.get("value", "") for each in inputs if each.get("type") == "hidden"}
            )
    return found


def test_a_body_without_a_system_answers_on_its_page_and_the_entity_reads_it(town: Town) -> None:
    case = granted(town)
    market, today = signed_in("market"), timezone.localdate()
    page = market.get("/outcomes").content.decode()
    assert "临市监罚〔2026〕11号" in page and "解除惩戒措施" not in page and "lift the measures" in page
    forms = forms_in(page)
    assert [form["about"] for form in forms] == ["measure:fine", "evaluation"]
    firm = text_of(signed_in("firm").get(f"/case/{case.public_id}").content.decode())
    assert firm.count("still lagging") == 3, "two parts of the body, and the subscriber that holds it"
    done = forms[0] | {"result": "done", "on": today.isoformat()}
    assert market.post("/outcomes", done).status_code == 302
    assert market.post("/outcomes", done).status_code == 302 and Outcome.objects.count() == 1
    refused = forms[1] | {"result": "refused", "reasons": "短"}
    assert market.post("/outcomes", refused).status_code == 422
    refused["reasons"] = "信用评价按年度进行，待下一年度更新。"
    assert market.post("/outcomes", refused).status_code == 302
    assert "Nothing is owed" in market.get("/outcomes").content.decode()
    for path in (f"/case/{case.public_id}", f"/record/{case.record.public_id}"):
        shown = signed_in("firm").get(path).content.decode()
        assert refused["reasons"] in shown and text_of(shown).count("still lagging") == 1
    chinese = signed_in("firm", language="zh-hans").get(f"/record/{case.record.public_id}").content.decode()
    assert "罚款" in chinese and "尚未报告" in chinese


def test_a_bank_reports_on_a_record_that_was_public_and_reads_nothing_by_it(town: Town) -> None:
    case = granted(town)
    bank = signed_in("bank")
    page = bank.get("/outcomes").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None and "临市监罚" not in page and "credit reopened" in page
    form: dict[str, Any] = {
        "record": case.record.public_id,
        "about": "credit",
        "result": "done",
        "on": timezone.localdate().isoformat(),
        "key": key[1],
    }
    assert bank.post("/outcomes", form).status_code == 302
    for wrong in (
        form | {"record": uuid.uuid4(), "key": uuid.uuid4()},
        form | {"record": town.records["unpublished"].public_id, "key": uuid.uuid4()},
    ):
        answer = bank.post("/outcomes", wrong)
        assert answer.status_code == 422 and "There is no such record" in answer.content.decode()
    assert (
        "credit reopened" not in signed_in("market").get(f"/record/{case.record.public_id}").content.decode()
    )
    shown = text_of(signed_in("firm").get(f"/record/{case.record.public_id}").content.decode())
    assert re.search(r"Bank credit done \d", shown)
    assert bank.get(f"/record/{case.record.public_id}").status_code == 404


def test_the_operator_sees_who_lags_and_reminds(town: Town) -> None:
    granted(town)
    operator = signed_in("operator")
    assert "Linhu Market Regulation" in operator.get("/outcomes").content.decode()
    answer = operator.post("/outcomes", {"authority": town.market.code}, follow=True)
    assert "Records of which it was reminded: 1" in answer.content.decode()
    assert Event.objects.filter(kind="outcome.reminded").count() == 1
    assert operator.post("/outcomes", {"authority": "nobody"}).status_code == 422
    follow()
    notices = signed_in("market").get("/notices").content.decode()
    assert "Reminder: say what followed a removal" in notices and 'href="/outcomes"' in notices


def test_programs_report_and_read_over_the_api(town: Town) -> None:
    case = granted(town)
    path = f"/api/v1/records/{case.record.public_id}/outcomes"
    body = {
        "part": "measure",
        "measure": "fine",
        "result": "done",
        "on": timezone.localdate().isoformat(),
        "key": str(uuid.uuid4()),
    }

    def post(who: str, **more: Any) -> Any:
        return program(who, "outcomes:write").post(path, data=body | more, content_type="application/json")

    first, again = post("market"), post("market")
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert post("market", on=None).json()["code"] == "outcome.day"
    assert post("environment").json()["code"] == "outcome.part", "the measure is another body's"
    about = {"part": "exclusion", "measure": "", "key": str(uuid.uuid4())}
    assert post("mirror", **about).status_code == 200
    for stranger in ("firm", "galaxy", "operator"):
        assert post(stranger).status_code == 404
    assert (
        program("market", "records:read").post(path, data=body, content_type="application/json").status_code
        == 403
    )
    own = program("firm", "records:read").get(path).json()["followed"]
    said = {(row["part"], row["authority"], row["result"]) for row in own}
    assert said == {
        ("measure", town.market.code, "done"),
        ("evaluation", town.market.code, None),
        ("exclusion", None, "done"),
    }
    assert len(program("market", "records:read").get(path).json()["followed"]) == 2
    for stranger in ("galaxy", "environment", "bank", "mirror"):
        assert program(stranger, "records:read").get(path).status_code == 404
    standing = town.records["too_early"].public_id
    assert (
        program("firm", "records:read").get(f"/api/v1/records/{standing}/outcomes").json()["followed"] == []
    )
    assert program("bank", "records:read").get(f"/api/v1/records/{standing}/outcomes").status_code == 404


def test_the_reasons_of_a_withdrawal_stand_with_the_record_for_its_entity(town: Town) -> None:
    record = town.records["open"]
    form = {
        "act": "withdraw",
        "withdraw-document": "临市监撤〔2026〕9号",
        "withdraw-reasons": "经复核，认定事实不清，决定撤销。",
    }
    assert signed_in("market").post(f"/record/{record.public_id}/decision", form).status_code == 302
    assert Record.objects.get(pk=record.pk).state == "withdrawn"
    for reader in ("firm", "colleague", "operator"):
        page = signed_in(reader).get(f"/record/{record.public_id}").content.decode()
        assert form["withdraw-reasons"] in page and form["withdraw-document"] in page
    for stranger in (None, "galaxy", "environment", "bank"):
        assert signed_in(stranger).get(f"/record/{record.public_id}").status_code == 404


def test_notices_are_pushed_where_the_account_says_and_read_over_the_api(town: Town) -> None:
    firm = signed_in("firm")
    assert firm.post("/notices/push", {"url": "not an address"}).status_code == 422
    assert firm.post("/notices/push", {"url": "https://firm.example/hook"}).status_code == 302
    assert "Each notice is pushed to https://firm.example/hook" in firm.get("/notices").content.decode()
    NoticeHook.objects.update(off_at=timezone.now(), failing_since=timezone.now(), failures=9)
    assert notice_hooks.is_off(town.actor("firm"))
    page = firm.get("/notices").content.decode()
    assert "was switched off on" in page and "Switch it on again" in page
    assert firm.post("/notices/push", {"url": "https://firm.example/hook"}).status_code == 302
    assert "switched off" not in firm.get("/notices").content.decode()
    follow()
    listed = program("firm", "notices:read").get("/api/v1/notices?limit=3").json()
    assert len(listed["notices"]) == 3 and listed["total"] >= 4
    one = listed["notices"][0]
    path = f"/api/v1/notices/{one['id']}"
    assert (
        program("firm", "notices:read").get(path).json() == one and one["name_zh"] and one["read_at"] is None
    )
    for stranger in ("galaxy", "market", "operator", "bank"):
        assert program(stranger, "notices:read").get(path).status_code == 404
    assert firm.post("/notices/push", {"end": "yes"}).status_code == 302 and not NoticeHook.objects.exists()


def test_a_decision_that_used_a_record_is_looked_at_again(town: Town) -> None:
    record, today = town.records["open"], timezone.localdate()
    body = {
        "record": str(record.public_id),
        "kind": "credit",
        "on": today.isoformat(),
        "reference": "贷审2026-17",
    }

    def post(who: str, **more: Any) -> Any:
        given = {"key": str(uuid.uuid4())} | body | more
        return program(who, "outcomes:write").post(
            "/api/v1/uses", data=given, content_type="application/json"
        )

    key = str(uuid.uuid4())
    first, again = post("bank", key=key), post("bank", key=key)
    assert first.status_code == 200 and first.json() == again.json() and not first.json()["look_again"]
    assert post("bank", kind="score").json()["code"] == "use.kind"
    assert post("bank", record=str(town.records["unpublished"].public_id)).status_code == 404
    assert post("firm").status_code == 404
    assert program("bank", "outcomes:write").get("/api/v1/uses").json() == {"uses": [], "more": False}
    case = granted(town)
    assert case.record == record
    while follow():
        pass
    bank = signed_in("bank")
    notices = bank.get("/notices").content.decode()
    assert "Look again" in notices and record.document_no not in notices and 'href="/uses"' in notices
    (waiting,) = program("bank", "outcomes:write").get("/api/v1/uses").json()["uses"]
    assert waiting["look_again"] and waiting["reference"] == "贷审2026-17" and waiting["answer"] is None
    assert post("mirror", kind="tender", on=today.isoformat()).json()["look_again"]
    assert 'href="/uses"' in bank.get("/outcomes").content.decode()
    page = bank.get("/uses").content.decode()
    assert "Decisions to look at again" in page and "贷审2026-17" in page and town.firm.name not in page
    shown = signed_in("operator").get("/uses").content.decode()
    assert re.search(r"Bank bank 1 0 1", text_of(shown)) and "贷审2026-17" not in shown
    assert 'name="reasons"' not in shown and text_of(shown).count("unanswered") >= 2
    (theirs, mirrors) = program("operator", "outcomes:write").get("/api/v1/uses").json()["uses"]
    assert (theirs["maker"], theirs["reference"], mirrors["maker"]) == ("bank", "", "mirror")
    assert len(program("operator", "outcomes:write").get("/api/v1/uses?kind=tender").json()["uses"]) == 1
    firm = text_of(signed_in("firm").get(f"/record/{record.public_id}").content.decode())
    assert f"credit decision of {today}" in firm and "贷审2026-17" not in firm
    (form,) = forms_in(page)
    sent = form | {"result": "done", "on": today.isoformat(), "reasons": "短"}
    assert bank.post("/uses", sent).status_code == 422
    assert (
        signed_in("mirror").post("/uses", sent | {"reasons": "不是我们的决定，应被拒绝。"}).status_code == 422
    )
    assert bank.post("/uses", sent | {"reasons": "已重新审批，授信额度恢复。"}).status_code == 302
    assert "贷审2026-17" not in bank.get("/uses").content.decode()
    answered = bank.get("/uses?state=answered").content.decode()
    assert "贷审2026-17" in answered and "已重新审批，授信额度恢复。" in answered and "made anew" in answered
    shown = signed_in("bank", language="zh-hans").get("/uses?state=all").content.decode()
    assert "使用过信息的决定" in shown and "重新作出" in shown
    (done,) = program("bank", "outcomes:write").get("/api/v1/uses?state=answered").json()["uses"]
    assert done["answer"]["result"] == "done" and not done["look_again"]
    assert program("bank", "outcomes:write").get("/api/v1/uses?state=some").status_code == 422
    firm = text_of(signed_in("firm").get(f"/record/{record.public_id}").content.decode())
    assert "made anew" in firm and "已重新审批，授信额度恢复。" in firm
