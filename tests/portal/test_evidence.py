"""Files in the portal: what is fetched is not asked for, and each reader and each principal gets its own."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from goodstanding.casework.fetching import fetch_due
from goodstanding.casework.models import Application, Case, Evidence, EvidenceContent, Mandate
from goodstanding.portal.models import Draft, DraftFile
from goodstanding.registry import commands

from .stories import PDF, Town, apply_for, signed_in
from .test_agents import acting, give

BLACKENED = PDF + b"%blackened\n"


def move(client: Client, case: Case, event: str, **more: str) -> None:
    case.refresh_from_db()
    body = {"event": event, "version": str(case.version), "reasons": "需要另一单位核实罚款缴纳情况。"} | more
    assert client.post(f"/case/{case.public_id}/move", body).status_code == 302


def redact(client: Client, case: Case, file: Evidence, content: bytes, name: str = "遮盖.pdf") -> int:
    version = SimpleUploadedFile(name, content, "application/pdf")
    body = {"case": str(case.public_id), "files": version}
    return int(client.post(f"/evidence/{file.public_id}/redact", body).status_code)


def test_a_file_comes_down_as_it_was_handed_in_with_its_digest(town: Town) -> None:
    apply_for(town, "open")
    file = Evidence.objects.get()
    answer = signed_in("market").get(f"/evidence/{file.public_id}")
    digest = base64.b64encode(hashlib.sha256(PDF).digest()).decode()
    assert (answer.content, answer.headers["Repr-Digest"]) == (PDF, f"sha-256=:{digest}:")


def test_a_damaged_file_is_not_handed_out_and_its_page_says_so(town: Town) -> None:
    apply_for(town, "open")
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE casework_evidencecontent DROP CONSTRAINT content_has_its_digest,"
            " DISABLE TRIGGER content_never_changed"
        )
        cursor.execute("UPDATE casework_evidencecontent SET content = %s", [PDF + b"X"])
    client = signed_in("market")
    client.raise_request_exception = False
    answer = client.get(f"/evidence/{Evidence.objects.get().public_id}")
    page = answer.content.decode()
    assert answer.status_code == 500 and hashlib.sha256(PDF).hexdigest() in page and "backup" in page


def test_a_body_that_is_asked_gets_the_redacted_version(town: Town) -> None:
    (case,) = apply_for(town, "open")
    file = Evidence.objects.get()
    market, firm, asked = signed_in("market"), signed_in("firm"), signed_in("environment")
    move(market, case, "accept")
    move(market, case, "consult", authority=town.environment.code)
    page = asked.get(f"/case/{case.public_id}").content.decode()
    assert "You may know that this file exists" in page and file.digest in page
    assert f"/evidence/{file.public_id}" not in page
    assert asked.get(f"/evidence/{file.public_id}").status_code == 404
    assert redact(asked, case, file, BLACKENED) == 404
    assert redact(signed_in("galaxy"), case, file, BLACKENED) == 404
    assert "Redact it for other readers" in firm.get(f"/case/{case.public_id}").content.decode()
    assert redact(firm, case, file, BLACKENED) == 302
    version = Evidence.objects.get(redacts=file)
    page = asked.get(f"/case/{case.public_id}").content.decode()
    assert "redacted for you" in page
    assert asked.get(f"/evidence/{version.public_id}").content == BLACKENED
    assert asked.get(f"/evidence/{file.public_id}").status_code == 404
    assert market.get(f"/evidence/{file.public_id}").content == PDF
    page = market.get(f"/case/{case.public_id}").content.decode()
    assert page.count("遮盖.pdf") == 1 and "other readers get" in page


def test_what_is_wrong_with_a_redacted_version_is_said(town: Town) -> None:
    (case,) = apply_for(town, "open")
    file, firm = Evidence.objects.get(), signed_in("firm")
    for content, says in ((PDF, "nothing in it is redacted"), (b"MZ\x90\x00", "is not a PDF")):
        assert redact(firm, case, file, content) == 302
        assert says in firm.get(f"/case/{case.public_id}").content.decode()
    assert firm.post(f"/evidence/{file.public_id}/redact", {"case": str(case.public_id)}).status_code == 302
    assert "Choose one file" in firm.get(f"/case/{case.public_id}").content.decode()
    assert Evidence.objects.count() == 1


@pytest.fixture
def finance(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the finance bureau keeps the receipts of the market authority's fines."""
    path = tmp_path / "connectors.yaml"
    item = {
        "material": "proof_of_performance",
        "holder_en": "Linhu Finance Bureau",
        "holder_zh": "临湖市财政局",
        "authorities": [town.market.code],
        "file": f"{tmp_path}/held/{{code}}.pdf",
    }
    path.write_text(yaml.safe_dump({"connectors": [item]}), encoding="utf-8")
    monkeypatch.setattr(settings, "CONNECTORS", str(path))
    (tmp_path / "held").mkdir()
    return tmp_path / "held"


def begin(client: Client, town: Town, *names: str) -> str:
    response = client.post("/apply", {"records": [str(town.records[name].public_id) for name in names]})
    return str(response.headers["Location"]).removesuffix("conditions")


def test_what_the_government_holds_is_not_asked_for_but_fetched(town: Town, finance: Path) -> None:
    client = signed_in("firm")
    steps = begin(client, town, "open")
    for step in ("conditions", "commitment"):
        page = client.get(steps + step).content.decode()
        assert "Linhu Finance Bureau" in page and 'name="file_proof_of_performance"' not in page
    performed = timezone.localdate() - timedelta(days=60)
    client.post(steps + "conditions", {"performed_on": performed})
    client.post(steps + "commitment", {"agreed": "on", "commitment_name": "王小明"})
    page = client.get(steps + "review").content.decode()
    assert "Linhu Finance Bureau" in page and "no file is here for it" not in page
    client.post(steps + "review")
    case = Case.objects.get()
    assert "being fetched" in client.get(f"/case/{case.public_id}").content.decode()
    code = town.firm.identifiers.get(scheme="uscc").value
    (finance / f"{code}.pdf").write_bytes(PDF)
    assert fetch_due(at_clock=timezone.now) == 1
    for reader in ("firm", "market"):
        page = signed_in(reader).get(f"/case/{case.public_id}").content.decode()
        assert "fetched from Linhu Finance Bureau" in " ".join(page.split())
    assert signed_in("market").get(f"/evidence/{Evidence.objects.get().public_id}").content == PDF


def test_what_does_not_come_is_asked_for_with_the_reason(town: Town, finance: Path) -> None:
    (case,) = apply_for_without_proof(town)
    fetch_due(at_clock=timezone.now)
    for reader in ("firm", "market"):
        page = signed_in(reader).get(f"/case/{case.public_id}").content.decode()
        assert "The holder has no such document." in page and "the entity is asked for it" in page
        assert "missing" in page


def apply_for_without_proof(town: Town) -> list[Case]:
    client = signed_in("firm")
    steps = begin(client, town, "open")
    client.post(steps + "conditions", {"performed_on": timezone.localdate() - timedelta(days=60)})
    client.post(steps + "commitment", {"agreed": "on", "commitment_name": "王小明"})
    client.post(steps + "review")
    return list(Case.objects.all())


def test_a_record_of_another_authority_keeps_the_form_asking(town: Town, finance: Path) -> None:
    client = signed_in("firm")
    steps = begin(client, town, "open", "open_too")
    page = client.get(steps + "commitment").content.decode()
    assert 'name="file_proof_of_performance"' in page and "Linhu Finance Bureau" not in page


def test_drafts_for_two_principals_stay_apart(town: Town) -> None:
    agent = signed_in("galaxy")
    commands.create_account(username="shop", password=None, role="entity", entity=town.shop)
    for_firm = give(town)
    until = timezone.localdate() + timedelta(days=30)
    signed_in("shop").post("/my/agents", {"agent": "galaxy", "scope": "all", "until": until})
    for_shop = Mandate.objects.get(entity=town.shop)
    client = acting(for_firm)
    steps = begin(client, town, "open")
    proof = SimpleUploadedFile("缴款凭证.pdf", PDF, "application/pdf")
    form = {"agreed": "on", "commitment_name": "王", "file_proof_of_performance": proof, "more": "yes"}
    client.post(steps + "commitment", form)
    file = DraftFile.objects.get()
    assert "not sent it" in client.get("/my").content.decode()
    for mandate in (for_shop, None):
        client = acting(mandate) if mandate else agent
        assert "not sent it" not in client.get("/my").content.decode()
        for step in ("conditions", "commitment", "review"):
            assert client.get(steps + step).status_code == client.post(steps + step).status_code == 404
        assert client.post(f"{steps}file/{file.pk}/remove").status_code == 404
    assert signed_in("firm").get(steps + "commitment").status_code == 404, "nor does the principal see it"
    client = acting(for_firm)
    assert "缴款凭证.pdf" in client.get(steps + "commitment").content.decode()
    assert Draft.objects.get().entity == town.firm


def test_the_files_of_a_draft_are_stored_once_and_go_with_it(town: Town) -> None:
    client = signed_in("firm")
    steps = begin(client, town, "open")
    for name in ("a.pdf", "b.pdf"):
        proof = SimpleUploadedFile(name, PDF, "application/pdf")
        form = {"agreed": "on", "commitment_name": "王", "file_proof_of_performance": proof, "more": "yes"}
        client.post(steps + "commitment", form)
    first, second = DraftFile.objects.order_by("pk")
    assert EvidenceContent.objects.count() == 1
    client.post(f"{steps}file/{first.pk}/remove")
    assert EvidenceContent.objects.count() == 1
    client.post(f"{steps}file/{second.pk}/remove")
    assert EvidenceContent.objects.count() == 0
    proof = SimpleUploadedFile("c.pdf", PDF, "application/pdf")
    client.post(steps + "commitment", form | {"file_proof_of_performance": proof})
    Draft.objects.update(changed_at=timezone.now() - timedelta(days=31))
    begin(client, town, "open_too")
    assert EvidenceContent.objects.count() == 0, "a forgotten draft takes its files along"


def test_an_infected_file_does_not_enter_a_draft(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SCANNER", "sh -c 'cat >/dev/null; echo Bad-Thing; exit 1'")
    client = signed_in("firm")
    steps = begin(client, town, "open")
    proof = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    form = {"agreed": "on", "commitment_name": "王", "file_proof_of_performance": proof}
    assert "Bad-Thing" in client.post(steps + "commitment", form).content.decode()
    assert not DraftFile.objects.exists() and not EvidenceContent.objects.exists()
    assert not Application.objects.exists()


def test_the_operator_sees_whether_files_are_scanned_and_what_is_fetched(
    town: Town, finance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("operator")
    page = client.get("/overview").content.decode()
    assert "No virus scanner is set" in page and "Linhu Finance Bureau" in page
    monkeypatch.setattr(settings, "SCANNER", "tcp://127.0.0.1:3310")
    assert "shown to the virus scanner" in client.get("/overview").content.decode()
