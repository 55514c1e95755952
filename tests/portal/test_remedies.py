"""What an entity does when it does not agree: object field by field, appeal, attach a statement, ask for a shield."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.test import Client

from goodstanding.casework.models import Case
from goodstanding.registry import commands
from goodstanding.registry.models import Record

from .stories import Town, signed_in

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


def second_officer(town: Town) -> Client:
    """Another officer of the market authority."""
    commands.create_account(username="market2", password=None, role="authority", authority=town.market)
    return signed_in("market2")


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
