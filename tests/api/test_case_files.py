"""Files of a case over the API: listed with their digests, served as handed in, redacted for other readers."""

from __future__ import annotations

import base64
import hashlib
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.utils import timezone

from goodstanding.casework.fetching import fetch_due

from ..casework.stories import PDF
from .stage import Caller, Town, restoration

pytestmark = pytest.mark.usefixtures("database")
BLACKENED = PDF + b"%blackened\n"


def apply(callers: dict[str, Caller], town: Town, **more: Any) -> str:
    body = restoration(town.published, key=str(uuid.uuid4())) | more
    made = callers["firm"].post("/cases", json=body)
    assert made.status_code == 200, made.text
    return str(made.json()["cases"][0]["id"])


def redaction(content: bytes) -> dict[str, str]:
    return {
        "name": "redacted.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(content).decode(),
    }


def test_each_reader_gets_the_file_that_is_for_it(callers: dict[str, Caller], town: Town) -> None:
    case = apply(callers, town)
    market = callers["market"]
    market.post(f"/cases/{case}/moves/accept", json={})
    asked = {"given": {"authority": town.tax.code}, "reasons": "请就罚款缴纳情况提出意见。"}
    assert market.post(f"/cases/{case}/moves/consult", json=asked).status_code == 200
    (file,) = callers["tax"].get(f"/cases/{case}").json()["evidence"]
    assert (file["reading"], file["redaction"]) == ("named", None)
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert callers["tax"].get(f"/evidence/{file['id']}").status_code == 404
    for role, status in (("tax", 404), ("operator", 403), ("other", 404), ("bank", 404), ("public", 401)):
        answer = callers[role].post(f"/evidence/{file['id']}/redaction", json=redaction(BLACKENED))
        assert answer.status_code == status, (role, answer.text)
    made = callers["firm"].post(f"/evidence/{file['id']}/redaction", json=redaction(BLACKENED)).json()
    (file,) = callers["tax"].get(f"/cases/{case}").json()["evidence"]
    assert (file["reading"], file["redaction"]) == ("redacted", made["id"])
    assert callers["tax"].get(f"/evidence/{made['id']}").content == BLACKENED
    answer = market.get(f"/evidence/{file['id']}")
    digest = base64.b64encode(hashlib.sha256(PDF).digest()).decode()
    assert (answer.content, answer.headers["repr-digest"]) == (PDF, f"sha-256=:{digest}:")
    assert answer.headers["cache-control"] == "no-store"
    assert [item["reading"] for item in market.get(f"/cases/{case}").json()["evidence"]] == ["whole"]
    for role in ("other", "person", "bank", "subscriber"):
        assert callers[role].get(f"/evidence/{made['id']}").status_code in (403, 404), role
    again = callers["firm"].post(f"/evidence/{file['id']}/redaction", json=redaction(PDF))
    assert (again.status_code, again.json()["code"]) == (422, "evidence.unredacted")
    broken = redaction(BLACKENED) | {"content": "%%%"}
    answer = callers["firm"].post(f"/evidence/{file['id']}/redaction", json=broken)
    assert answer.json()["code"] == "evidence.base64"


def test_what_is_fetched_is_said_to_be(
    callers: dict[str, Caller], town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "connectors.yaml"
    item = {
        "material": "proof_of_performance",
        "holder_en": "Linhu Finance Bureau",
        "holder_zh": "临湖市财政局",
        "file": f"{tmp_path}/{{code}}.pdf",
    }
    path.write_text(yaml.safe_dump({"connectors": [item]}), encoding="utf-8")
    monkeypatch.setattr(settings, "CONNECTORS", str(path))
    case = apply(callers, town, evidence=[])
    (fetch,) = callers["firm"].get(f"/cases/{case}").json()["fetches"]
    assert (fetch["state"], fetch["holder_zh"]) == ("waiting", "临湖市财政局")
    (tmp_path / f"{town.firm.identifiers.get(scheme='uscc').value}.pdf").write_bytes(PDF)
    assert fetch_due(at_clock=timezone.now) == 1
    said = callers["market"].get(f"/cases/{case}").json()
    assert said["fetches"][0]["state"] == "found"
    (file,) = said["evidence"]
    assert file["holder_en"] == "Linhu Finance Bureau"
    assert callers["market"].get(f"/evidence/{file['id']}").content == PDF


def test_a_scanner_that_is_away_and_a_damaged_file_have_their_own_answers(
    callers: dict[str, Caller], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = apply(callers, town)
    (file,) = callers["firm"].get(f"/cases/{case}").json()["evidence"]
    monkeypatch.setattr(settings, "SCANNER", "sh -c 'exit 2'")
    answer = callers["firm"].post(f"/evidence/{file['id']}/redaction", json=redaction(BLACKENED))
    assert (answer.status_code, answer.json()["code"]) == (503, "evidence.scanner")
    assert answer.json()["remedy_zh"]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE casework_evidencecontent DROP CONSTRAINT content_has_its_digest,"
            " DISABLE TRIGGER content_never_changed"
        )
        cursor.execute("UPDATE casework_evidencecontent SET content = %s", [BLACKENED])
    answer = callers["market"].get(f"/evidence/{file['id']}")
    assert (answer.status_code, answer.json()["code"]) == (500, "evidence.damaged")
    assert hashlib.sha256(PDF).hexdigest() in answer.json()["title"]
