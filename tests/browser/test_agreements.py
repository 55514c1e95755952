"""A subscriber asks for items, the operator drafts, signs and ends; anybody reads how the log is anchored."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding.exchange.anchors import rounds
from goodstanding.exchange.models import Agreement, SubscriptionRequest
from goodstanding.site import worker

from .conftest import Axe, Site
from .walking import LOOKS


@pytest.fixture
def anchored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of anchors for the portal and for this test."""
    path = tmp_path / "anchors.yaml"
    path.write_text(
        f"anchors: [{{id: other-disk, kind: file, path: {tmp_path}/lines}}, {{id: later, kind: file, path: /none/x}}]"
    )
    monkeypatch.setenv("GOODSTANDING_ANCHORS", str(path))
    monkeypatch.setattr(settings, "ANCHORS", str(path))
    return path


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_asking_drafting_signing_and_ending(
    anchored: Path, site: Site, axe: Axe, language: str, width: int
) -> None:
    worker.seal_all()
    rounds.anchor_due(rounds.configured(), at=timezone.now())

    def looked_at(page: Page) -> None:
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def press(page: Page, value: str) -> None:
        page.locator(f'form:has(input[name=step][value="{value}"]) button').click()

    visitor = site.visitor(language=language, width=width)
    visitor.goto("/verify")
    expect(visitor.get_by_text("other-disk")).to_be_visible()
    looked_at(visitor)
    visitor.goto("/catalogue/")
    expect(visitor.get_by_role("link", name="Turtle")).to_be_visible()

    mirror = site.user("mirror", language=language, width=width)
    mirror.goto("/catalogue/request")
    mirror.click("main form button")
    looked_at(mirror)
    mirror.check('input[value="penalty"]')
    mirror.fill("#id_purpose", "第三方信用服务")
    mirror.fill("#id_legal_basis", "备案编号第 7 号")
    mirror.fill("#id_divisions", "330100")
    mirror.click("main form button")
    mirror.wait_for_url("**/agreements/")
    looked_at(mirror)

    operator = site.user("operator", language=language, width=width)
    operator.goto("/agreements/")
    looked_at(operator)
    operator.click("button[value=draft]")
    asked = SubscriptionRequest.objects.select_related("agreement").get()
    assert asked.agreement is not None
    looked_at(operator)
    press(operator, "sign")
    looked_at(operator)
    press(operator, "sign")
    operator.fill("#words-paper", "第 7 号")
    press(operator, "paper")
    press(operator, "paper")
    looked_at(operator)
    operator.fill("#words-end", "service closed")
    press(operator, "end")
    looked_at(operator)
    press(operator, "end")
    expect(operator.locator("#steps")).to_have_count(0)
    assert Agreement.objects.get(pk=asked.agreement_id).ended_on == timezone.localdate()
