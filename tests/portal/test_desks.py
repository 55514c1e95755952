"""The desks of each role: applying, objecting, deciding, delivering, watching."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from goodstanding.casework.models import Application, Case, Evidence
from goodstanding.intake import commands as intake
from goodstanding.intake.models import Batch
from goodstanding.portal.models import Draft, DraftFile
from goodstanding.registry.models import Record

from .stories import PASSWORD, PDF, Town, apply_for, signed_in

ROLES = ["firm", "market", "operator", "bank", "mirror"]
#: Who may open which page; the public is sent to sign in instead.
PAGES = {
    "/my": {"firm"},
    "/my/readings": {"firm"},
    "/apply": {"firm"},
    "/work": {"market", "operator"},
    "/deliveries": {"market", "operator"},
    "/overview": {"operator"},
    "/feed-status": {"operator", "mirror"},
    "/agreements/": {"operator", "mirror"},
}


def test_each_page_opens_for_its_roles_only(town: Town) -> None:
    for path, allowed in PAGES.items():
        response = signed_in().get(path)
        assert (response.status_code, response.headers["Location"]) == (302, f"/sign-in?next={path}")
        for username in ROLES:
            expected = 200 if username in allowed else 403
            assert signed_in(username).get(path).status_code == expected, (path, username)


def give_password(username: str) -> None:
    user = User.objects.get(username=username)
    user.set_password(PASSWORD)
    user.save()


@pytest.mark.parametrize(
    ("username", "landing"),
    [
        ("firm", "/my"),
        ("market", "/work"),
        ("operator", "/overview"),
        ("bank", "/"),
        ("mirror", "/feed-status"),
    ],
)
def test_each_role_lands_on_its_own_page(town: Town, username: str, landing: str) -> None:
    give_password(username)
    response = signed_in().post("/sign-in", {"username": username, "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, landing)


def test_a_wrong_password_is_said_at_the_fields(town: Town) -> None:
    page = signed_in().post("/sign-in", {"username": "firm", "password": "wrong"}).content.decode()
    assert 'role="alert"' in page
    assert page.count('aria-invalid="true"') == 2


def test_forms_need_their_token(town: Town) -> None:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert client.post("/sign-in", {"username": "firm", "password": PASSWORD}).status_code == 403
    client.force_login(User.objects.get(username="firm"))
    (case,) = apply_for(town, "open")
    for path in ("/apply", f"/case/{case.public_id}/move", "/sign-out"):
        assert client.post(path).status_code == 403, path


def test_signing_out_needs_a_post(town: Town) -> None:
    client = signed_in("firm")
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 302
    assert client.get("/my").status_code == 302


def test_my_desk_sorts_records_by_what_can_be_done(town: Town) -> None:
    page = signed_in("firm").get("/my").content.decode()
    now, later = page.index('id="now"'), page.index('id="later"')
    assert now < page.index("临市监罚〔2026〕11号") < later
    assert later < page.index("临市监罚〔2026〕12号")
    record = town.records["too_early"]
    assert record.restorable_from is not None
    assert f'datetime="{record.restorable_from.isoformat()}"' in page
    assert "临市监罚〔2026〕13号" not in page


def begin(client: Client, town: Town, *names: str) -> str:
    response = client.post("/apply", {"records": [str(town.records[name].public_id) for name in names]})
    assert response.status_code == 302
    return str(response.headers["Location"]).removesuffix("conditions")


def test_one_application_for_records_of_two_authorities(town: Town) -> None:
    client = signed_in("firm")
    steps = begin(client, town, "open", "open_too")
    performed = timezone.localdate() - timedelta(days=60)
    assert client.get(steps + "conditions").status_code == 200
    assert (
        client.post(steps + "conditions", {"performed_on": performed}).headers["Location"]
        == steps + "commitment"
    )
    form = {
        "agreed": "on",
        "commitment_name": "王小明",
        "statement": "已缴清",
        "file_proof_of_performance": SimpleUploadedFile("缴款凭证.pdf", PDF, "application/pdf"),
    }
    assert client.post(steps + "commitment", form).headers["Location"] == steps + "review"
    review = client.get(steps + "review").content.decode()
    assert "缴款凭证.pdf" in review
    assert "Linhu Environment Bureau" in review
    done = client.post(steps + "review").headers["Location"]
    assert client.post(steps + "review").headers["Location"] == done, "sending twice makes one application"
    assert Application.objects.count() == 1
    assert Case.objects.count() == 2
    assert Evidence.objects.get().name == "缴款凭证.pdf"
    assert not DraftFile.objects.exists()
    assert client.get(done).status_code == 200
    assert client.get(steps + "conditions").headers["Location"] == done


def test_each_step_of_the_wizard_names_what_is_missing(town: Town) -> None:
    client = signed_in("firm")
    assert "Choose at least one record" in client.post("/apply").content.decode()
    theirs = client.post("/apply", {"records": [str(town.records["others"].public_id), "nonsense"]})
    assert "Choose at least one record" in theirs.content.decode()
    steps = begin(client, town, "open")
    tomorrow = timezone.localdate() + timedelta(days=1)
    page = client.post(steps + "conditions", {"performed_on": tomorrow}).content.decode()
    assert "This day has not come yet" in page
    assert 'href="#id_performed_on"' in page
    page = client.post(steps + "commitment", {"commitment_name": ""}).content.decode()
    assert "Without the commitment nothing can be restored" in page
    assert 'aria-describedby="id_commitment_name_helptext id_commitment_name_error"' in page
    program = SimpleUploadedFile("virus.pdf", b"MZ\x90\x00\x03", "application/pdf")
    form = {"agreed": "on", "commitment_name": "王", "file_proof_of_performance": program}
    assert "virus.pdf" in client.post(steps + "commitment", form).content.decode()
    page = client.post(steps + "review").content.decode()
    assert "Please mend this" in page
    assert not Application.objects.exists()


def test_a_file_can_be_taken_out_of_a_draft(town: Town) -> None:
    client = signed_in("firm")
    steps = begin(client, town, "open")
    file = SimpleUploadedFile("缴款凭证.pdf", PDF, "application/pdf")
    form = {"agreed": "on", "commitment_name": "王", "file_proof_of_performance": file, "more": "yes"}
    assert client.post(steps + "commitment", form).headers["Location"] == steps + "commitment"
    kept = DraftFile.objects.get()
    key = Draft.objects.get().key
    assert signed_in("galaxy").post(f"/apply/{key}/file/{kept.pk}/remove").status_code == 404
    assert client.post(f"/apply/{key}/file/{kept.pk}/remove").status_code == 302
    assert not DraftFile.objects.exists()


def test_a_draft_belongs_to_its_account(town: Town) -> None:
    steps = begin(signed_in("firm"), town, "open")
    for step in ("conditions", "commitment", "review"):
        assert signed_in("galaxy").get(steps + step).status_code == 404
        assert signed_in("galaxy").post(steps + step).status_code == 404
    assert signed_in("firm").get(steps + "nonsense").status_code == 404
    assert "not sent it" in signed_in("firm").get("/my").content.decode()


def test_an_objection_marks_the_record_at_once(town: Town) -> None:
    client, record = signed_in("firm"), town.records["too_early"]
    path = f"/record/{record.public_id}/object"
    key = re.search(r'name="key" value="([0-9a-f-]+)"', client.get(path).content.decode())
    assert key is not None
    page = client.post(path, {"key": key[1], "statement": "short"}).content.decode()
    assert "Please mend this" in page
    form = {"key": key[1], "grounds": "facts_wrong", "statement": "检测数据有误，请予核查更正。"}
    location = client.post(path, form).headers["Location"]
    assert client.post(path, form).headers["Location"] == location, "sending twice makes one objection"
    assert "Disputed" in signed_in().get(f"/record/{record.public_id}").content.decode()
    assert signed_in("galaxy").get(path).status_code == 404
    assert signed_in("firm").get(f"/record/{town.records['others'].public_id}/object").status_code == 404


def move(client: Client, case: Case, event: str, reasons: str = "", version: int | None = None):  # type: ignore[no-untyped-def]
    case.refresh_from_db()
    return client.post(
        f"/case/{case.public_id}/move",
        {"event": event, "reasons": reasons, "version": version or case.version},
    )


def test_an_authority_decides_and_publication_ends(town: Town) -> None:
    (case,) = apply_for(town, "open")
    client = signed_in("market")
    assert case.record.document_no in client.get("/work").content.decode()
    page = client.get(f"/case/{case.public_id}").content.decode()
    assert "缴款凭证.pdf" in page
    assert "day 1" in page
    assert move(client, case, "accept").status_code == 302
    assert move(client, case, "grant", "义务已履行完毕，予以修复。").status_code == 302
    assert Record.objects.get(pk=case.record_id).state == "restored"
    assert signed_in().get(f"/record/{case.record.public_id}").status_code == 404
    assert "义务已履行完毕" in signed_in("firm").get(f"/case/{case.public_id}").content.decode()


def test_a_refusal_needs_reasons_and_keeps_what_was_typed(town: Town) -> None:
    (case,) = apply_for(town, "open")
    response = move(signed_in("market"), case, "refuse", "太短")
    assert response.status_code == 422
    assert "太短" in response.content.decode()
    assert 'aria-describedby="refusal"' in response.content.decode()


def test_a_decision_on_a_case_that_changed_meanwhile_is_refused(town: Town) -> None:
    (case,) = apply_for(town, "open")
    old = case.version
    move(signed_in("market"), case, "accept")
    response = move(signed_in("market"), case, "grant", version=old)
    assert response.status_code == 409
    assert Record.objects.get(pk=case.record_id).state == "published"


def test_a_case_and_its_evidence_are_for_its_parties(town: Town) -> None:
    mine, theirs = apply_for(town, "open", "open_too")
    file = Evidence.objects.get()
    for username in ("galaxy", "lisi"):
        assert signed_in(username).get(f"/case/{mine.public_id}").status_code == 404
        assert signed_in(username).get(f"/evidence/{file.public_id}").status_code == 404
        assert move(signed_in(username), mine, "withdraw").status_code == 404
    assert signed_in("environment").get(f"/case/{mine.public_id}").status_code == 404
    assert move(signed_in("environment"), mine, "accept").status_code == 404
    assert signed_in("environment").get(f"/case/{theirs.public_id}").status_code == 200
    for username in ("bank", "mirror"):
        assert signed_in(username).get(f"/case/{mine.public_id}").status_code == 403
    response = signed_in("market").get(f"/evidence/{file.public_id}")
    assert response.content == PDF
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert move(signed_in("firm"), mine, "grant").status_code in (409, 422)
    assert move(signed_in("firm"), mine, "withdraw").status_code == 302


def test_a_delivery_shows_its_four_counts_and_returns_rows(town: Town) -> None:
    client = signed_in("market")
    header = "MC,TYSHXYDM,ZCH,JDWSH,LRSY,LRYJ,LRRQ,JDJG,JDJGDM,YCRQ,BZ\r\n"
    issuer = f"临湖市市场监督管理局,{town.market.code}"
    row = f"没有的公司,NOT-A-CODE,,临列〔2026〕1号,年报未报,条例,2026-01-01,{issuer},,\r\n"
    file = SimpleUploadedFile("abnormal.csv", (header + row).encode(), "text/csv")
    response = client.post("/deliveries", {"contract": "abnormal-list", "file": file})
    assert response.status_code == 302
    batch = Batch.objects.get()
    assert "Look again" in client.get(response.headers["Location"]).content.decode()
    intake.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    page = client.get(response.headers["Location"]).content.decode()
    assert "Download the rows that came back" in page
    returned = client.get(response.headers["Location"] + "/returned.csv")
    assert "NOT-A-CODE" in b"".join(returned.streaming_content).decode()
    assert "abnormal.csv" in client.get("/deliveries").content.decode()
    for path in (response.headers["Location"], response.headers["Location"] + "/returned.csv"):
        assert signed_in("environment").get(path).status_code == 404
        assert signed_in("operator").get(path).status_code == 200
    assert signed_in("operator").get(f"/deliveries/{uuid.uuid4()}").status_code == 404


def test_the_operator_sees_the_whole_platform(town: Town) -> None:
    apply_for(town, "open")
    page = signed_in("operator").get("/overview").content.decode()
    for expected in ("Mingjian Credit Service", "Records by state", "Journal position"):
        assert expected in page
    assert "Mingjian Credit Service" in signed_in("mirror").get("/feed-status").content.decode()


def test_the_holders_of_a_record_are_shown_to_those_it_concerns(town: Town) -> None:
    path = f"/record/{town.records['open'].public_id}"
    assert "Who holds this record" not in signed_in().get(path).content.decode()
    assert "Who holds this record" not in signed_in("bank").get(path).content.decode()
    for username in ("firm", "market", "operator"):
        assert "Mingjian" in signed_in(username).get(path).content.decode()
