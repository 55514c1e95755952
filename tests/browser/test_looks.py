"""How pages stand at both sizes, in both languages, in light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from .walking import small_targets


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


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_no_page_scrolls_sideways(
    shared_site: Site, cases: dict[str, str], width: int, language: str
) -> None:
    for username, paths in pages(shared_site.town, cases):
        more = {"language": language, "width": width}
        page = shared_site.user(username, **more) if username else shared_site.visitor(**more)
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate("document.documentElement.lang") == (
                "zh-Hans" if language == "zh-CN" else "en"
            )
            assert page.locator("h1").count() == 1, path
            assert small_targets(page) == [], path


def test_every_control_has_a_name(shared_site: Site, cases: dict[str, str]) -> None:
    for username, paths in pages(shared_site.town, cases):
        page = shared_site.user(username) if username else shared_site.visitor()
        for path in paths:
            page.goto(path)
            for control in page.locator(
                "button, a, input:not([type=hidden]), select, textarea, summary"
            ).all():
                if control.is_visible():
                    expect(control).to_have_accessible_name(re.compile(r"\S"))


@pytest.mark.parametrize("language, width", [("en-GB", 1440), ("zh-CN", 390)])
def test_axe_finds_nothing(
    shared_site: Site, cases: dict[str, str], axe: Axe, language: str, width: int
) -> None:
    found = []
    for username, paths in pages(shared_site.town, cases):
        more = {"language": language, "width": width}
        page = shared_site.user(username, **more) if username else shared_site.visitor(**more)
        for path in paths:
            page.goto(path)
            found += [(path, what) for what in axe(page)]
    assert found == []


def test_dark_pages_have_contrast(shared_site: Site, cases: dict[str, str], axe: Axe) -> None:
    found = []
    for username, paths in pages(shared_site.town, cases):
        more = {"language": "en-GB", "width": 1440, "color_scheme": "dark"}
        page = shared_site.user(username, **more) if username else shared_site.visitor(**more)
        for path in paths:
            page.goto(path)
            found += [(path, what) for what in axe(page, "color-contrast")]
    assert found == []


def test_pages_work_without_javascript_and_print(shared_site: Site, cases: dict[str, str]) -> None:
    page = shared_site.user("firm", java_script_enabled=False)
    for path in ("/my", "/apply", cases["case"], *LAW):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
