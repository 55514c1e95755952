"""The desk of a body with a system of its own: work list, notes, templates, absence, decisions taken back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from goodstanding.casework.models import Mandate
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Record

from ..exchange.stage import live_record, today
from .stage import Caller, Town, calling, restoration

REASONS = "经核查，义务已经履行完毕。"


@pytest.fixture
def callers(town: Town) -> Iterator[dict[str, Caller]]:
    account = registry.create_account(
        username="colleague", password=None, role="authority", authority=town.market
    )
    with calling(town, colleague=town.token(account)) as found:
        yield found


def applied(callers: dict[str, Caller], record: Record) -> dict[str, Any]:
    body = restoration(record, key=str(uuid.uuid4()))
    made = callers["firm"].post("/cases", json=body)
    assert made.status_code == 200, made.text
    (case,) = made.json()["cases"]
    found: dict[str, Any] = case
    return found


def test_the_work_list_is_filtered_and_paged(callers: dict[str, Caller], town: Town) -> None:
    records = [town.published, *(live_record(town.firm, town.market) for _ in range(2))]
    cases = [applied(callers, record) for record in records]
    officer = callers["market"]
    officer.post(f"/cases/{cases[0]['id']}/moves/assign", json={"given": {"officer": "colleague"}})
    page = officer.get("/cases/work").json()
    assert [case["id"] for case in page["cases"]] == [case["id"] for case in cases]
    assert (page["late"], page["after"]) == (0, "")
    first = page["cases"][0]
    assert first["officer"] == "colleague" and first["entity_name"] == town.firm.name
    assert first["mark"] in ("ok", "soon") and first["due_on"] >= today().isoformat() and first["notes"] == 0
    seen, after = [], ""
    while True:
        part = officer.get(f"/cases/work?limit=1&after={after}").json()
        seen += [case["id"] for case in part["cases"]]
        after = part["after"]
        if not after:
            break
    assert seen == [case["id"] for case in cases]

    def ids(query: str, who: str = "market") -> list[str]:
        return [case["id"] for case in callers[who].get(f"/cases/work?{query}").json()["cases"]]

    assert ids("whose=mine", "colleague") == ids("officer=colleague") == [cases[0]["id"]]
    assert ids("whose=unassigned") == [cases[1]["id"], cases[2]["id"]]
    assert ids("kind=objection") == ids("state=accepted") == ids("mark=late") == ids("asked=true") == []
    assert ids(f"text={cases[2]['document_no']}") == [cases[2]["id"]]
    assert ids("", "firm") == [case["id"] for case in cases] and ids("", "tax") == ids("", "bank") == []
    assert callers["operator"].get("/cases/work").json()["cases"][0]["officer"] is None
    assert ids(f"authority={town.market.code}", "operator") and not ids(
        f"authority={town.tax.code}", "operator"
    )
    assert callers["public"].get("/cases/work").status_code == 401
    assert officer.get("/cases/work?whose=somebody").status_code == 422


def test_one_step_is_taken_for_many_cases(callers: dict[str, Caller], town: Town) -> None:
    cases = [applied(callers, record) for record in (town.published, live_record(town.firm, town.market))]
    chosen = [{"id": case["id"], "version": case["version"]} for case in cases]
    done = callers["market"].post(
        "/cases/moves/accept", json={"cases": [*chosen, {"id": str(uuid.uuid4()), "version": 1}]}
    )
    assert [row["code"] for row in done.json()] == ["", "", "case.not_found"]
    again = callers["market"].post("/cases/moves/accept", json={"cases": chosen[:1]}).json()
    assert again[0]["code"] == "case.changed" and again[0]["title_zh"]
    granted = [{"id": case["id"], "version": 2} for case in cases]
    text = {"cases": granted, "reasons": "{文书号}：义务已履行完毕。"}
    assert [row["code"] for row in callers["market"].post("/cases/moves/grant", json=text).json()] == ["", ""]
    said = callers["firm"].get(f"/cases/{cases[0]['id']}").json()["reasons"]
    assert said == f"{cases[0]['document_no']}：义务已履行完毕。"
    assert (
        callers["market"].post("/cases/moves/deny", json={"cases": granted}).json()["code"]
        == "many.not_allowed"
    )
    assert callers["market"].post("/cases/moves/accept", json={"cases": []}).status_code == 422


def test_notes_are_the_bodys_own(callers: dict[str, Caller], town: Town) -> None:
    case = applied(callers, town.published)
    path, note = f"/cases/{case['id']}/notes", {"text": "与财政票据核对。", "key": str(uuid.uuid4())}
    for _ in range(2):
        written = callers["market"].post(path, json=note)
        assert written.status_code == 200 and written.json()["by"] == "market"
    assert [item["text"] for item in callers["colleague"].get(path).json()] == ["与财政票据核对。"]
    for role, status in (("public", 401), ("firm", 403), ("operator", 403), ("bank", 403), ("tax", 404)):
        assert callers[role].get(path).status_code == status, role
        assert callers[role].post(path, json=note).status_code == status, role
        assert "财政票据" not in callers[role].get(f"/cases/{case['id']}").text
    body = {"given": {"authority": town.tax.code}, "reasons": REASONS, "notes": True}
    moved = callers["market"].post(f"/cases/{case['id']}/moves/hand_over", json=body)
    assert moved.status_code == 200, moved.text
    assert [item["by"] for item in callers["tax"].get(path).json()] == ["market"]
    assert callers["market"].get(path).status_code == 404


def test_templates_are_kept_and_filled(callers: dict[str, Caller], town: Town) -> None:
    case, officer = applied(callers, town.published), callers["market"]
    body = {
        "kind": "restoration",
        "event": "refuse",
        "name": "材料不全",
        "text_zh": "{文书号}：材料不全，不予受理。",
    }
    kept = officer.post("/templates", json=body).json()
    assert officer.post("/templates", json=body).status_code == 409
    wrong = officer.post(
        "/templates", json=body | {"name": "另一名称", "text_zh": "{文号}：材料不全，不予受理。"}
    )
    assert (wrong.json()["code"], wrong.json()["detail"]) == ("template.placeholder", "text_zh:1:1")
    (filled,) = callers["colleague"].get(f"/cases/{case['id']}/templates?event=refuse").json()
    assert filled["text"] == f"{case['document_no']}：材料不全，不予受理。"
    assert officer.get(f"/cases/{case['id']}/templates?event=accept").json() == []
    changed = officer.post(
        "/templates", json=body | {"text_zh": "材料不全，详见清单。", "instead_of": kept["id"]}
    )
    assert changed.json()["version"] == 2 and changed.json()["series"] == kept["series"]
    assert callers["tax"].get("/templates").json() == []
    assert (
        callers["firm"].get("/templates").status_code
        == callers["operator"].get("/templates").status_code
        == 403
    )
    assert callers["tax"].post(f"/templates/{changed.json()['id']}/end").status_code == 404
    assert officer.post(f"/templates/{changed.json()['id']}/end").json() == []
    assert officer.get("/templates").json() == []


def test_absence_is_said_and_ended(callers: dict[str, Caller], town: Town) -> None:
    away = {"stand_in": "colleague", "from_on": today().isoformat(), "until_on": today().isoformat()}
    assert callers["market"].get("/absence").json() is None
    assert callers["market"].post("/absence", json=away).json() == away
    assert callers["market"].get("/absence").json() == away
    case = applied(callers, town.published)
    listed = callers["colleague"].get("/cases/work?whose=mine").json()["cases"]
    assert [item["id"] for item in listed] == [case["id"]]
    assert (
        callers["market"].post("/absence", json=away | {"stand_in": "tax"}).json()["code"]
        == "officer.unknown"
    )
    assert callers["firm"].post("/absence", json=away).status_code == 403
    assert callers["market"].post("/absence/end").json() is None
    assert callers["market"].get("/absence").json() is None


def test_a_decision_is_taken_back_and_a_serious_one_by_two(callers: dict[str, Caller], town: Town) -> None:
    body = {"document": "临市监撤〔2026〕3号", "reasons": REASONS}
    plain = live_record(town.firm, town.market, public={"CF_WFXW": "超范围经营"})
    serious = live_record(town.firm, town.market, public={"CF_WFXW": "超范围经营"}, severity="serious")
    correction = {"document": "临市监更〔2026〕1号", "changes": {"CF_WFXW": "无证经营"}}
    for role, status in (("public", 401), ("firm", 403), ("operator", 403), ("tax", 404)):
        for what, said in (("withdrawal", body), ("correction", correction)):
            assert callers[role].post(f"/records/{plain.public_id}/{what}", json=said).status_code == status
    done = callers["market"].post(f"/records/{plain.public_id}/correction", json=correction).json()
    assert done["proposed"] is None
    done = callers["market"].post(f"/records/{plain.public_id}/withdrawal", json=body).json()
    assert (done["state"], done["proposed"]) == ("withdrawn", None)
    waits = callers["market"].post(f"/records/{serious.public_id}/withdrawal", json=body).json()
    assert (waits["state"], bool(waits["proposed"])) == ("published", True)
    taken = callers["market"].post(f"/records/{serious.public_id}/correction", json=correction)
    assert (taken.status_code, taken.json()["code"]) == (409, "annulment.open")
    (listed,) = callers["colleague"].get("/annulments").json()
    assert (listed["id"], listed["act"], listed["by"]) == (waits["proposed"], "withdraw", "market")
    assert callers["tax"].get("/annulments").json() == []
    path = f"/annulments/{waits['proposed']}"
    assert callers["market"].post(f"{path}/confirm").json()["code"] == "case.same_officer"
    assert callers["tax"].post(f"{path}/confirm").status_code == 404
    assert callers["colleague"].post(f"{path}/confirm").json()["state"] == "withdrawn"
    assert callers["colleague"].post(f"{path}/drop").status_code == 404


def test_an_entity_gives_mandates_and_states_its_side(callers: dict[str, Caller], town: Town) -> None:
    given = {"agent": "other", "scope": "object", "until": today().isoformat()}
    mandate = callers["firm"].post("/mandates", json=given).json()
    assert (mandate["agent"], mandate["agent_name"], mandate["revoked_at"]) == (
        "other",
        town.other.name,
        None,
    )
    assert [item["id"] for item in callers["firm"].get("/mandates").json()] == [mandate["id"]]
    acting = {"Goodstanding-For": str(town.firm.public_id)}
    assert callers["other"].get("/mandates").json() == []
    assert callers["other"].get("/mandates", headers=acting).json() == [], "an agent sees no mandates"
    assert callers["market"].post("/mandates", json=given).status_code == 403
    path, text = f"/records/{town.published.public_id}/statement", {"text": "我公司对该认定有不同意见。"}
    early = callers["firm"].post(path, json=text)
    assert early.json()["code"] == "statement.forbidden"
    body = {
        "kind": "objection",
        "records": [str(town.published.public_id)],
        "key": str(uuid.uuid4()),
        "statement": "处罚决定书所载地址并非我公司地址。",
        "grounds": "facts_wrong",
    }
    (case,) = callers["firm"].post("/cases", json=body).json()["cases"]
    callers["market"].post(f"/cases/{case['id']}/moves/refuse", json={"reasons": REASONS})
    assert callers["other"].post(path, json=text).status_code == 404
    attached = callers["other"].post(path, json=text, headers=acting).json()
    assert attached["text"] == text["text"] and attached["position"]
    record = f"/records/{town.published.public_id}"
    assert callers["public"].get(record).json()["statement"]["text"] == text["text"]
    revoked = callers["firm"].post(f"/mandates/{mandate['id']}/revoke").json()
    assert revoked["revoked_at"] and Mandate.objects.get().revoked_at
    assert callers["other"].post(f"{path}/remove", headers=acting).status_code == 404
    assert callers["firm"].post(f"{path}/remove").json() is None
    assert callers["public"].get(record).json()["statement"] is None
