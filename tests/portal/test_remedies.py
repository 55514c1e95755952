"""What an entity does when it does not agree: object field by field, appeal, attach a statement, ask for a shield."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from goodstanding.casework import commands as casework
from goodstanding.casework.models import Case
from goodstanding.registry.models import Record

from .stories import PDF, Town, apply_for, signed_in

REASONS = "经核查，现有材料不足以支持该主张。"


def key_in(client: Client, path: str) -> str:
    """The key that a form carries."""
    found = re.search(r'name="key" value="([0-9a-f-]+)"', client.get(path).content.decode())
    assert found is not None
    return found[1]


def step(client: Client, case: Case, event: str, **more: Any) -> None:
    """One step of a case through its page."""
    case.refresh_from_db()
    body = {"event": event, "version": case.version, "reasons": REASONS} | more
    assert client.post(f"/case/{case.public_id}/move", body).status_code == 302, event
    case.refresh_from_db()


def object_to(town: Town, name: str, **more: Any) -> Case:
    """The firm objects to one of its records through the page."""
    client, path = signed_in("firm"), f"/record/{town.records[name].public_id}/object"
    form = {
        "key": key_in(client, path),
        "grounds": "facts_wrong",
        "statement": "记载的内容有误，请予核查更正。",
    }
    assert client.post(path, form | more).status_code == 302
    return Case.objects.get(kind="objection", ended_at__isnull=True)


def test_an_objection_claims_what_fields_should_say(town: Town) -> None:
    path = f"/record/{town.records['open'].public_id}/object"
    page = signed_in("firm").get(path).content.decode()
    assert "The period of publication is wrong" in page
    assert "It should say" in page
    assert "超范围经营" in page
    case = object_to(town, "open", claim_CF_WFXW="未按规定公示年报")
    (item,) = case.application.claim
    assert (item["field"], item["old"], item["new"]) == ("CF_WFXW", "超范围经营", "未按规定公示年报")
    shown = signed_in("market").get(f"/case/{case.public_id}").content.decode()
    assert "<ins>未按规定公示年报</ins>" in shown
    step(signed_in("market"), case, "accept")
    step(signed_in("market"), case, "correct", document="临市监核〔2026〕1号")
    assert Record.objects.get(pk=case.record_id).content["public"]["CF_WFXW"] == "未按规定公示年报"


def test_a_claim_that_says_what_the_record_says_is_refused(town: Town) -> None:
    client, path = signed_in("firm"), f"/record/{town.records['open'].public_id}/object"
    form = {
        "key": str(uuid.uuid4()),
        "grounds": "facts_wrong",
        "statement": "记载的内容有误，请予核查更正。",
        "claim_CF_WFXW": "超范围经营",
    }
    page = client.post(path, form).content.decode()
    assert "The claim says what the record says." in page
    assert not Case.objects.exists()


def deny_objection(town: Town, case: Case) -> None:
    """The market authority does not uphold an objection, by two officers."""
    step(signed_in("market"), case, "accept")
    step(signed_in("market"), case, "propose_denial", document="临市监核〔2026〕1号")
    step(signed_in("colleague"), case, "deny")


def test_a_refused_application_is_appealed_against_once(town: Town) -> None:
    (case,) = apply_for(town, "open")
    firm, path = signed_in("firm"), f"/case/{case.public_id}/appeal"
    assert firm.get(path).status_code == 404, "nothing has been decided yet"
    step(signed_in("market"), case, "refuse")
    assert f'href="{path}"' in firm.get(f"/case/{case.public_id}").content.decode()
    assert f'href="{path}"' not in signed_in("market").get(f"/case/{case.public_id}").content.decode()
    page = firm.get(path).content.decode()
    assert REASONS in page
    assert "Facts or evidence were overlooked" in page
    form = {"key": key_in(firm, path), "grounds": "facts_overlooked", "statement": "短"}
    assert "Please mend this" in firm.post(path, form).content.decode()
    form |= {"statement": "缴款凭证已随申请提交，决定未予考虑。"}
    ruling = SimpleUploadedFile("凭证.pdf", PDF, "application/pdf")
    made = firm.post(path, form | {"proof": ruling}).headers["Location"]
    shown = firm.get(made).content.decode()
    assert "凭证.pdf" in shown
    assert f'href="/case/{case.public_id}"' in shown, "the appeal leads to the case that it is about"
    assert f'href="{made}"' in firm.get(f"/case/{case.public_id}").content.decode()
    assert f'href="{made}"' in firm.get("/my").content.decode()
    assert firm.get(path).status_code == 404
    again = firm.post(path, form | {"key": str(uuid.uuid4())}).content.decode()
    assert "This result was appealed against before" in again
    assert Case.objects.filter(kind="appeal").count() == 1
    for stranger in ("galaxy", "lisi"):
        assert signed_in(stranger).post(path, form).status_code == 404
    appealed = Case.objects.get(kind="appeal")
    step(signed_in("operator"), appealed, "accept")
    step(signed_in("operator"), appealed, "grant")
    anew = Case.objects.get(kind="restoration", ended_at__isnull=True)
    assert f'href="/case/{anew.public_id}"' in firm.get(f"/case/{case.public_id}").content.decode()


def test_a_statement_stands_beside_a_record_whose_objection_was_not_upheld(town: Town) -> None:
    record, firm = town.records["open"], signed_in("firm")
    path = f"/record/{record.public_id}/statement"
    assert firm.get(path).status_code == 404, "nothing was objected to"
    case = object_to(town, "open")
    assert firm.post(path, {"text": "我方已履行全部义务。"}).status_code == 200
    assert not Record.objects.get(pk=record.pk).statement, "the objection is not answered yet"
    deny_objection(town, case)
    assert f'href="{path}"' in firm.get(f"/record/{record.public_id}").content.decode()
    assert "Please mend this" in firm.post(path, {"text": " "}).content.decode()
    assert "U+202E" in firm.post(path, {"text": "我方\u202e已履行。"}).content.decode()
    assert firm.post(path, {"text": "我方已履行全部义务。"}).status_code == 302
    assert "我方已履行全部义务。" in signed_in().get(f"/record/{record.public_id}").content.decode()
    for stranger in ("galaxy", "lisi"):
        assert signed_in(stranger).post(path, {"text": "与我无关。"}).status_code == 404
        assert signed_in(stranger).post(f"{path}/remove").status_code == 404
    assert signed_in("market").post(f"{path}/remove").status_code == 403
    assert firm.post(f"{path}/remove").status_code == 302
    assert "我方已履行全部义务。" not in signed_in().get(f"/record/{record.public_id}").content.decode()
    assert firm.post(f"{path}/remove").status_code == 404


def test_a_shield_is_asked_for_with_the_courts_ruling(town: Town) -> None:
    firm = signed_in("firm")
    assert 'href="/shield"' in firm.get("/my").content.decode()
    form: dict[str, Any] = {
        "key": key_in(firm, "/shield"),
        "records": [str(town.records[name].public_id) for name in ("open", "open_too")],
        "statement": "临湖市中级人民法院已于2026年10月8日裁定批准重整计划。",
    }
    assert 'href="#id_proof"' in firm.post("/shield", form).content.decode(), "the ruling is missing"
    ruling = SimpleUploadedFile("裁定书.pdf", PDF, "application/pdf")
    theirs = form | {"records": [str(town.records["others"].public_id)], "proof": ruling}
    assert "Please mend this" in firm.post("/shield", theirs).content.decode()
    assert not Case.objects.exists()
    ruling.seek(0)
    done = firm.post("/shield", form | {"proof": ruling}).headers["Location"]
    assert "临市监罚〔2026〕11号" in firm.get(done).content.decode()
    case = Case.objects.get(record=town.records["open"])
    step(signed_in("market"), case, "shield", document="（2026）临破1号")
    assert signed_in().get(f"/record/{case.record.public_id}").status_code == 404
    page = firm.get("/shield").content.decode()
    assert "临市监罚〔2026〕11号" not in page
    assert "临市监罚〔2026〕12号" in page
    assert firm.post(f"/record/{case.record.public_id}/statement/remove").status_code == 404


def test_a_reopening_is_answered_by_the_entity(town: Town) -> None:
    (case,) = apply_for(town, "open")
    step(signed_in("market"), case, "accept")
    step(signed_in("market"), case, "grant")
    reopened = casework.reopen(
        actor=town.actor("market"),
        case=case.public_id,
        reasons="经核查，所提交的缴款凭证系伪造。",
        document="临市监核〔2026〕2号",
        key=uuid.uuid4(),
        at=timezone.now(),
        today=timezone.localdate(),
    )
    firm = signed_in("firm")
    page = firm.get(f"/case/{reopened.public_id}").content.decode()
    assert "经核查，所提交的缴款凭证系伪造。" in page
    assert 'id="files-answer"' in page
    file = SimpleUploadedFile("银行回单.pdf", PDF, "application/pdf")
    step(firm, reopened, "answer", files=file)
    assert "银行回单.pdf" in signed_in("market").get(f"/case/{reopened.public_id}").content.decode()
    assert f'href="/case/{reopened.public_id}"' in firm.get(f"/case/{case.public_id}").content.decode()
