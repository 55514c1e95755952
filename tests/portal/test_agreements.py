"""The pages of sharing agreements, for the operator and for the recipient."""

from __future__ import annotations

from django.utils import timezone

from goodstanding.exchange import agreements
from goodstanding.exchange.agreement import agreement_of, checked
from goodstanding.exchange.models import Agreement

from .stories import Town, signed_in


def test_an_agreement_is_shown_with_what_waits_and_what_is_owed(town: Town) -> None:
    now, today = timezone.now(), timezone.localdate()
    agreement = Agreement.objects.get()
    document = agreement_of(agreement.versions.get().document).document
    terms = document["customProperties"][0]["value"]
    scope = terms["scope"] | {"masking": ["name"], "fields": ["CF_NR"]}
    changed = [{"property": "sharingAgreement", "value": terms | {"scope": scope}}]
    waiting = checked(document | {"version": "2.0.0", "customProperties": changed}, file="a")
    agreements.draft(waiting, at=now)
    agreements.sign_as_provider(reference=agreement.reference, at=now)
    path = f"/agreements/{agreement.reference}/"
    for reader in ("operator", "mirror"):
        listed = signed_in(reader).get("/agreements/").content.decode()
        assert path in listed and "in force" in listed and "the recipient" in listed
        page = signed_in(reader).get(path).content.decode()
        for expected in (
            "第三方信用服务",
            "not signed: the recipient",
            "what is masked",
            waiting.digest.hex(),
            "on paper: 共享协议",
            "3 working days",
        ):
            assert expected in page, expected
    agreements.sign_on_paper(reference=agreement.reference, paper="no. 9", at=now)
    agreements.suspend(reference=agreement.reference, reason="unanswered removals", at=now)
    page = signed_in("mirror").get(path).content.decode()
    assert "suspended" in page and "unanswered removals" in page and "CF_NR" in page
    agreements.end(reference=agreement.reference, on=today, reason="service closed", at=now)
    page = signed_in("operator", language="zh-hans").get(path).content.decode()
    assert "已终止，未证明删除" in page and "待签署" not in page
    assert signed_in("mirror").get("/agreements/nobodys/").status_code == 404
