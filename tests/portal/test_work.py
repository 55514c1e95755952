"""The work list's page: filters, pages, many cases at once."""

from __future__ import annotations

import uuid

from goodstanding.casework.models import Case, Note, ReasonsTemplate, Step

from .stories import Town, apply_for, signed_in


def test_the_list_is_narrowed_by_its_filters(town: Town) -> None:
    (case,) = apply_for(town, "open")
    number = case.record.document_no
    market, operator = signed_in("market"), signed_in("operator")
    for query in (
        "kind=restoration",
        "state=submitted",
        f"text={number}",
        "whose=unassigned",
        "kind=nothing",
    ):
        assert number in market.get(f"/work?{query}").content.decode(), query
    for query in (
        "kind=objection",
        "state=accepted",
        "whose=mine",
        "mark=late",
        "before=2020-01-01",
        "asked=on",
    ):
        page = market.get(f"/work?{query}").content.decode()
        assert "No open case is like that." in page, query
    assert number in operator.get(f"/work?authority={town.market.code}").content.decode()
    assert number not in operator.get(f"/work?authority={town.environment.code}").content.decode()
    assert 'name="chosen"' not in operator.get("/work").content.decode()


def test_many_cases_are_decided_and_the_page_says_what_became_of_each(town: Town) -> None:
    (case,) = apply_for(town, "open")
    (theirs,) = apply_for(town, "open_too")
    client = signed_in("market")
    chosen = [f"{case.public_id}.{case.version}", f"{theirs.public_id}.{theirs.version}", "nonsense"]
    assert chosen[0] in client.get("/work").content.decode()
    page = client.post("/work/decide", {"event": "accept", "chosen": chosen})
    text = page.content.decode()
    assert page.status_code == 200 and "1 of 2 cases" in text and "There is no such case." in text
    assert theirs.record.document_no not in text
    again = client.post("/work/decide", {"event": "accept", "chosen": chosen[:1]}).content.decode()
    assert "0 of 1 cases" in again and "has changed meanwhile" in again
    assert client.post("/work/decide", {"event": "deny", "chosen": chosen}).status_code == 422
    assert client.post("/work/decide", {}).status_code == 404
    assert "No case was chosen." in client.post("/work/decide", {"event": "accept"}).content.decode()
    states = {found.pk: found.state for found in Case.objects.all()}
    assert states == {case.pk: "accepted", theirs.pk: "submitted"}


def test_supervision_lists_authorities_and_leads_to_their_cases(town: Town) -> None:
    apply_for(town, "open")
    page = signed_in("operator").get("/supervision").content.decode()
    assert f"/work?authority={town.market.code}" in page and "No case is late." in page
    assert signed_in("market").get("/supervision").status_code == 403


def test_an_officer_says_when_he_is_absent_and_gives_his_cases_on(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client = signed_in("market")
    days = {"from_on": "2020-01-01", "until_on": "2999-01-01"}
    move = {"event": "assign", "chosen": [f"{case.public_id}.{case.version}"], "officer": "market"}
    assert "1 of 1 cases" in client.post("/work/decide", move).content.decode()
    assert client.post("/work/absence", {"doing": "absent", "stand_in": "market", **days}).status_code == 422
    assert (
        client.post("/work/absence", {"doing": "absent", "stand_in": "colleague", **days}).status_code == 302
    )
    assert "colleague stands in for you" in client.get("/work/absence").content.decode()
    assert "you stand in" in signed_in("colleague").get("/work?whose=mine").content.decode()
    given = client.post("/work/absence", {"doing": "reassign", "officer": "market", "to": "colleague"})
    assert "1 of 1 cases" in given.content.decode()
    assert client.post("/work/absence", {"doing": "back"}).status_code == 302
    assert "stands in for you" not in client.get("/work/absence").content.decode()
    case.refresh_from_db()
    assert case.officer is not None and case.officer.user.get_username() == "colleague"


TEMPLATE = {
    "step": "restoration.deny",
    "name": "义务未履行",
    "text_zh": "经核查，{文书号}所定义务尚未履行完毕。",
    "text_en": "The duties under {number} are not performed yet.",
}


def test_templates_are_kept_changed_and_ended_on_their_page(town: Town) -> None:
    client = signed_in("market")
    assert "No template is kept yet." in client.get("/work/templates").content.decode()
    wrong = client.post("/work/templates", TEMPLATE | {"text_zh": "经核查，{文号}所定义务尚未履行完毕。"})
    assert wrong.status_code == 422 and "{文号}" in wrong.content.decode()
    assert "line 1, character 5" in wrong.content.decode()
    assert client.post("/work/templates", TEMPLATE).status_code == 302
    kept = ReasonsTemplate.objects.get()
    changed = f"/work/templates?change={kept.public_id}"
    assert "{文书号}所定义务尚未履行完毕。" in client.get(changed).content.decode()
    assert client.post(changed, TEMPLATE | {"name": "义务未履行完毕"}).status_code == 302
    page = client.get("/work/templates").content.decode()
    assert "义务未履行完毕" in page and page.count("{number} are not performed") == 1
    assert "义务未履行" not in signed_in("environment").get("/work/templates").content.decode()
    last = ReasonsTemplate.objects.get(ended_at__isnull=True)
    assert client.post("/work/templates", {"end": str(last.public_id)}).status_code == 302
    assert client.post("/work/templates", {"end": str(last.public_id)}).status_code == 422
    assert "No template is kept yet." in client.get("/work/templates").content.decode()


def test_the_officer_begins_with_a_template_edits_it_and_sends_it(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client = signed_in("market")
    client.post("/work/templates", TEMPLATE)
    template = ReasonsTemplate.objects.get()
    client.post(f"/case/{case.public_id}/move", {"event": "accept", "version": case.version})
    link = f"?template={template.public_id}#reasons-deny"
    assert link in client.get(f"/case/{case.public_id}").content.decode()
    filled = f"经核查，{case.record.document_no}所定义务尚未履行完毕。"
    page = client.get(f"/case/{case.public_id}?template={template.public_id}").content.decode()
    assert filled in page and page.count(filled) == 1
    for stranger in ("firm", "operator", "environment"):
        answer = signed_in(stranger).get(f"/case/{case.public_id}?template={template.public_id}")
        assert filled not in answer.content.decode()
    case.refresh_from_db()
    assert case.state == "accepted", "picking a template decides nothing"
    body = {"event": "deny", "version": case.version, "reasons": f"{filled}请缴清后再申请。"}
    assert client.post(f"/case/{case.public_id}/move", body).status_code == 302
    assert Step.objects.get(case=case, event="deny").note == f"{filled}请缴清后再申请。"


def test_a_template_for_many_is_filled_for_each(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client = signed_in("market")
    text = {"step": "restoration.grant", "name": "已履行", "text_zh": "{文书号}所定义务已履行完毕。"}
    client.post("/work/templates", text)
    template = ReasonsTemplate.objects.get()
    client.post(f"/case/{case.public_id}/move", {"event": "accept", "version": case.version})
    case.refresh_from_db()
    page = client.get(f"/work?kind=restoration&template={template.public_id}").content.decode()
    assert "{文书号}所定义务已履行完毕。</textarea>" in page
    body = {
        "event": "grant",
        "chosen": [f"{case.public_id}.{case.version}"],
        "reasons": template.text_zh,
    }
    assert "1 of 1 cases" in client.post("/work/decide", body).content.decode()
    case.refresh_from_db()
    assert case.reasons == f"{case.record.document_no}所定义务已履行完毕。"


def test_notes_are_written_on_the_case_and_counted_on_the_list_for_colleagues_only(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client, key = signed_in("market"), str(uuid.uuid4())
    note = {"note-text": "与财政票据核对。", "note-key": key}
    for _ in range(2):
        assert client.post(f"/case/{case.public_id}/note", note).status_code == 302
    assert client.post(f"/case/{case.public_id}/note", note | {"note-text": ""}).status_code == 422
    assert Note.objects.count() == 1
    for colleague in ("market", "colleague"):
        assert "与财政票据核对。" in signed_in(colleague).get(f"/case/{case.public_id}").content.decode()
        assert "notes: 1" in signed_in(colleague).get("/work").content.decode()
    for stranger in ("firm", "operator"):
        page = signed_in(stranger).get(f"/case/{case.public_id}").content.decode()
        assert "与财政票据核对。" not in page and "Internal notes" not in page
        assert signed_in(stranger).post(f"/case/{case.public_id}/note", note).status_code == 403
    assert signed_in("environment").post(f"/case/{case.public_id}/note", note).status_code == 404
    assert "notes: 1" not in signed_in("operator").get("/work").content.decode()


def test_notes_go_along_with_a_hand_over_where_the_officer_ticks_it(town: Town) -> None:
    for ticked in (True, False):
        (case,) = apply_for(town, "open")
        client = signed_in("market")
        note = {"note-text": f"备注{ticked}", "note-key": str(uuid.uuid4())}
        client.post(f"/case/{case.public_id}/note", note)
        body = {
            "event": "hand_over",
            "version": case.version,
            "authority": town.environment.code,
            "reasons": "该处罚由生态环境部门作出，移送办理。",
        }
        assert (
            client.post(
                f"/case/{case.public_id}/move", body | ({"notes": "yes"} if ticked else {})
            ).status_code
            == 302
        )
        page = signed_in("environment").get(f"/case/{case.public_id}").content.decode()
        assert (f"备注{ticked}" in page) == ticked
        case.refresh_from_db()
        signed_in("firm").post(f"/case/{case.public_id}/move", {"event": "withdraw", "version": case.version})
