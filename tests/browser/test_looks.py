"""How pages stand at both sizes, in both languages, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from goodstanding.intake import contract_versions
from goodstanding.portal import drafts
from tests.portal.batches import a_year_of_deliveries
from tests.portal.contract_stage import ID, waiting_version
from tests.portal.linked import links_and_reviews
from tests.portal.sent_again import sent_again
from tests.portal.stories import Town, apply_for

from .conftest import Axe, Site
from .walking import LOOKS, Walk, nameless


@pytest.fixture(scope="module")
def cases(shared_site: Site) -> Iterator[dict[str, str]]:
    """Addresses of what is under way: two open cases, a draft, deliveries of a year; and what waits beside them."""
    town = shared_site.town
    sent = a_year_of_deliveries(town, on=timezone.localdate())
    mine, _theirs = apply_for(town, "open", "open_too")
    records = [town.records["unpublished"].public_id]
    draft = drafts.begin(actor=town.actor("firm"), records=records, at=timezone.now())
    links_and_reviews(town.market, bank="bank", operator="operator")
    with waiting_version(town.market) as version:
        refuses = {"reason": "Our ledger reads this value every night.", "at": timezone.now()}
        contract_versions.object_to(version, actor=town.actor("mirror"), **refuses)
    with sent_again(town.market):
        yield {
            "case": f"/case/{mine.public_id}",
            "done": f"/apply/done/{mine.application.public_id}",
            "draft": str(draft.key),
            **{name: f"/deliveries/{batch.public_id}" for name, batch in sent.items()},
        }


VERSION = f"/contracts/{ID}/2.0.0/"
LAW = [
    "/check/",
    "/check/?kind=penalty&measures=fine&found_on=2026-05-31&stated=",
    "/check/?pack=us-fcra&kind=criminal_conviction&found_on=2024-05-01",
    "/check/?kind=permit&measures=fine&found_on=31.5.2026&amount_yuan=much&plan_failed_on=x",
    "/law/",
    "/law/cn-ndrc-36-2025/",
    "/law/uk-register-of-judgments/",
    "/calendar/",
    "/calendar/?jurisdiction=CN&start=2026-12-20&number=15&unit=working_days&at=18:00&cut_off=17:00",
    "/calendar/?jurisdiction=XX&start=1&number=x&unit=years&at=25:00",
]


def pages(town: Town, cases: dict[str, str]) -> list[tuple[str, list[str]]]:
    firm, record = f"/entity/{town.firm.public_id}", f"/record/{town.records['too_early'].public_id}"
    deliveries = [cases[name] for name in ("mixed", "held", "unreadable", "registration")]
    return [
        ("", ["/", "/?q=临湖", firm, record, "/verify", "/catalogue/", "/sign-in", "/nowhere", *LAW]),
        ("firm", [f"/apply/{cases['draft']}/{step}" for step in ("conditions", "commitment", "review")]),
        ("firm", ["/my", "/my/readings", "/apply", f"{record}/object", cases["case"], cases["done"], record]),
        ("market", ["/work", "/deliveries", cases["case"], firm, cases["mixed"], cases["held"]]),
        ("operator", ["/overview", "/feed-status", "/deliveries", "/deliveries?state=held", *deliveries]),
        ("operator", ["/findings/", "/findings/early/", "/lists/", "/links/", "/links/review/"]),
        ("operator", ["/links/review/?state=linked", "/contracts/", f"/contracts/{ID}/", VERSION]),
        ("market", ["/contracts/", f"/contracts/{ID}/", VERSION]),
        ("mirror", ["/contracts/", VERSION]),
        ("bank", ["/notices"]),
        ("", ["/quality/", f"/quality/{town.market.code}/", f"/quality/{town.environment.code}/"]),
    ]


@pytest.mark.parametrize("language, width", LOOKS)
def test_every_page_is_for_everyone(
    shared_site: Site, cases: dict[str, str], axe: Axe, language: str, width: int, tmp_path: Path
) -> None:
    """Each page is opened once in each language; what depends on size and colours is seen by changing them there."""
    walk = Walk(shared_site, axe, language, width, tmp_path)
    for username, paths in pages(shared_site.town, cases):
        page = walk.person(username or None)
        for path in paths:
            walk.go(page, path)
            assert nameless(page) == [], path
            page.emulate_media(color_scheme="dark")
            assert axe(page, "color-contrast") == [], f"{path} in the dark"
            page.emulate_media(color_scheme="light")


def test_pages_work_without_javascript_and_print(shared_site: Site, cases: dict[str, str]) -> None:
    page = shared_site.user("firm", java_script_enabled=False)
    for path in ("/my", "/apply", cases["case"], *LAW):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
