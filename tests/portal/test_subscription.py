"""Pages by which a subscriber asks for items, and the operator answers and leads agreements."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from goodstanding.casework.notices import follow
from goodstanding.exchange import agreed_files, agreements
from goodstanding.exchange.models import Agreement, AgreementVersion, SubscriptionRequest
from goodstanding.exchange.queries import accounts
from goodstanding.registry import journal

from ..exchange.stage import seal_all
from .stories import Town, signed_in

FORM = {
    "items": ["penalty"],
    "purpose": "third-party credit service",
    "legal_basis": "licence no. 7",
    "divisions": "330100, 330200",
    "methods": ["feed", "api"],
}


def hidden(page: str) -> dict[str, str]:
    """The hidden inputs of the second look."""
    panel = page[page.index('id="second"') :]
    return dict(re.findall(r'name="(step|words|seen)" value="([^"]*)"', panel))


def test_a_subscriber_asks_and_the_operator_drafts_signs_and_leads(town: Town) -> None:
    mirror, operator = signed_in("mirror"), signed_in("operator")
    assert "/catalogue/request" in mirror.get("/catalogue/").content.decode()
    assert (
        "/catalogue/request" not in Client(headers={"host": "localhost"}).get("/catalogue/").content.decode()
    )
    page = mirror.get("/catalogue/request").content.decode()
    assert 'value="penalty"' in page and 'value="registration"' not in page
    refused = mirror.post("/catalogue/request", FORM | {"divisions": "33", "items": []})
    assert refused.status_code == 422 and not SubscriptionRequest.objects.exists()
    assert mirror.post("/catalogue/request", FORM | {"divisions": "33"}).status_code == 422
    assert mirror.post("/catalogue/request", FORM).status_code == 302
    asked = SubscriptionRequest.objects.get()
    assert asked.divisions == ["330100", "330200"]
    assert "waiting for the operator" in mirror.get("/agreements/").content.decode()
    path = f"/agreements/requests/{asked.public_id}"
    page = operator.get("/agreements/").content.decode()
    assert path in page and FORM["purpose"] in page
    assert f'{path}"' not in mirror.get("/agreements/").content.decode(), "only the operator answers"
    assert operator.post(path, {"decision": "turn_down", "reasons": "no"}).status_code == 422
    assert operator.post(path, {}).status_code == 422
    done = operator.post(path, {"decision": "draft"})
    agreement = Agreement.objects.get(requests=asked)
    assert done.headers["Location"] == f"/agreements/{agreement.reference}/"
    assert operator.post(path, {"decision": "draft"}).status_code == 409
    lead(operator, agreement)


def lead(operator: Client, agreement: Agreement) -> None:
    """Every step from the draft to the end, each looked at twice."""
    path = f"/agreements/{agreement.reference}/step"
    for step, words, state in (
        ("sign", "", "draft"),
        ("paper", "no. 7 of 2026", "in force"),
        ("suspend", "unanswered removals", "suspended"),
        ("resume", "", "in force"),
        ("end", "service closed", "ended, deletion not shown"),
    ):
        before = journal.head()
        second = operator.post(path, {"step": step, "words": words})
        page = second.content.decode()
        assert second.status_code == 200 and "Yes, do it" in page and words in page
        assert journal.head() == before, f"{step} is looked at a second time first"
        answers = hidden(page)
        assert answers["step"] == step
        assert operator.post(path, answers).status_code == 302, step
        page = operator.get(f"/agreements/{agreement.reference}/").content.decode()
        assert state in page, (step, state)
        again = operator.post(path, answers)
        assert again.status_code in (200, 422) and journal.head() > before
    assert "What you can do" not in page
    version = AgreementVersion.objects.get(agreement=agreement)
    assert version.provider_signature and version.paper == "no. 7 of 2026"


def test_a_step_that_lacks_its_words_or_does_not_fit_is_refused(town: Town) -> None:
    operator, agreement = signed_in("operator"), Agreement.objects.get()
    path, before = f"/agreements/{agreement.reference}/step", journal.head()

    def sent(**form: Any) -> tuple[int, str]:
        response = operator.post(path, form)
        return response.status_code, response.content.decode()

    assert sent()[0] == sent(step="resume")[0] == sent(step="sign")[0] == sent(step="burn")[0] == 422
    answers = hidden(sent(step="end", words="no")[1])
    status, page = sent(**answers)
    assert status == 422 and "4 to 500 characters" in page
    status, page = sent(step="end", words="service closed", seen="end/draft/1.0.0/")
    assert status == 200 and "Yes, do it" in page, "what was looked at has changed: look again"
    assert journal.head() == before
    assert operator.post("/agreements/nobodys/step", {"step": "end"}).status_code == 404
    assert signed_in("mirror").post(path, {"step": "end"}).status_code == 403


def test_a_request_is_turned_down_and_its_subscriber_reads_why(town: Town) -> None:
    mirror, operator = signed_in("mirror", language="zh-hans"), signed_in("operator")
    mirror.post("/catalogue/request", FORM)
    asked = SubscriptionRequest.objects.get()
    reasons = "The purpose does not need penalties."
    done = operator.post(
        f"/agreements/requests/{asked.public_id}", {"decision": "turn_down", "reasons": reasons}
    )
    assert done.status_code == 302
    page = mirror.get("/agreements/").content.decode()
    assert reasons in page and "不予同意" in page


def test_a_request_is_withdrawn_on_the_page_until_it_is_answered(town: Town) -> None:
    mirror, operator = signed_in("mirror"), signed_in("operator")
    mirror.post("/catalogue/request", FORM)
    asked = SubscriptionRequest.objects.get()
    path = f"/agreements/requests/{asked.public_id}/withdraw"
    assert path in mirror.get("/agreements/").content.decode()
    assert path not in operator.get("/agreements/").content.decode()
    assert operator.post(path).status_code == 403
    assert "Your request is withdrawn." in mirror.post(path, follow=True).content.decode()
    assert "has been answered already" in mirror.post(path, follow=True).content.decode()
    assert SubscriptionRequest.objects.get().state == "withdrawn"
    assert f"/agreements/requests/{asked.public_id}" not in operator.get("/agreements/").content.decode()
    follow(recipients=accounts())
    page = operator.get("/notices").content.decode()
    assert "asks for items of the catalogue" in page and "has withdrawn its request" in page


def test_the_pages_show_who_leaves_files_unfetched(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path)
    subscriber = Agreement.objects.get().subscriber
    given: dict[str, Any] = {"kinds": ["penalty"], "purpose": "p", "legal_basis": "no. 8"}
    agreements.agree(
        subscriber=subscriber, methods=["file"], valid_from=date(2026, 1, 1), at=timezone.now(), **given
    )
    seal_all()
    at = timezone.now()
    agreed_files.work(at_clock=lambda: at - timedelta(days=2))
    assert agreed_files.work(at_clock=lambda: at).stale == 1
    mirror, operator = signed_in("mirror"), signed_in("operator")
    for reader in (mirror, operator):
        for address in ("/feed-status", f"/feed/{subscriber.public_id}"):
            assert "not fetched in time" in reader.get(address).content.decode(), address
    follow(recipients=accounts())
    for reader in (mirror, operator):
        assert "files were not fetched in time" in reader.get("/notices").content.decode()
