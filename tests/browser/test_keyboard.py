"""Objecting, appealing and giving a mandate by keyboard alone.

Applying itself by keyboard stands in test_stories.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding.casework import commands as casework
from goodstanding.casework.chart import chart_of
from goodstanding.casework.models import Case
from tests.portal.stories import apply_for

from .conftest import Site
from .walking import REASONS, Walk, tab_to


def enter(page: Page, role: str, name: str) -> None:
    """Go to a link or a button with the Tab key and press Enter."""
    tab_to(page, page.get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def choose(page: Page, name: str) -> None:
    """Go to a radio button of a group and take it: the Tab key enters the group, the arrows move in it."""
    wanted = page.get_by_role("radio", name=name, exact=True)
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    for _ in range(20):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys never reach {name}")


def test_an_objection_needs_nothing_but_a_keyboard(site: Site) -> None:
    record = site.town.records["open"]
    firm = site.user("firm")
    firm.goto(f"/record/{record.public_id}")
    enter(firm, "link", "Object to this record")
    enter(firm, "button", "Send the objection")
    expect(firm.get_by_role("alert")).to_be_visible()
    tab_to(
        firm, firm.get_by_role("alert").get_by_role("link").first
    )  # the summary leads to what must be mended
    firm.keyboard.press("Enter")
    choose(firm, "The facts in the record are wrong")
    tab_to(firm, firm.locator("[name=claim_CF_WFXW]"))
    firm.keyboard.type("something else")
    tab_to(firm, firm.locator("[name=statement]"))
    firm.keyboard.type("The number of the report is wrong.")
    enter(firm, "button", "Send the objection")
    expect(firm.get_by_role("status")).to_be_visible()
    assert Case.objects.get().application.claim[0]["new"] == "something else"


def test_an_appeal_needs_nothing_but_a_keyboard(site: Site) -> None:
    (case,) = apply_for(site.town, "open")
    more = {"at": timezone.now(), "today": timezone.localdate(), "reasons": REASONS}
    casework.move("refuse", actor=site.town.actor("market"), case=case, **more)
    firm = site.user("firm")
    enter(firm, "link", case.record.document_no)
    firm.goto(f"/case/{case.public_id}")
    enter(firm, "link", "Appeal")
    choose(firm, "Facts or evidence were overlooked")
    tab_to(firm, firm.locator("[name=statement]"))
    firm.keyboard.type("The proof of payment came with the application.")
    enter(firm, "button", "Send the appeal")
    expect(firm.get_by_role("status")).to_be_visible()
    assert Case.objects.filter(kind="appeal").count() == 1
    enter(firm, "button", chart_of("appeal").event("withdraw").name_en)
    expect(firm.get_by_role("status")).to_be_visible()
    assert not Case.objects.get(kind="appeal").is_open


def test_a_mandate_is_given_and_taken_back_with_a_keyboard(walk: Walk) -> None:
    firm = walk.person("firm", "/my/agents")
    tab_to(firm, firm.locator("[name=agent]"))
    firm.keyboard.type("galaxy")
    tab_to(firm, firm.get_by_role("radio").first)
    firm.keyboard.press("Space")
    until = firm.locator("[name=until]")
    tab_to(firm, until)
    last = timezone.localdate() + timedelta(days=30)
    firm.keyboard.type(f"{last:%m%d%Y}")
    assert until.input_value() == last.isoformat()
    enter(firm, "button", walk.say("Give the mandate"))
    revoke = firm.locator("form[action$='/revoke'] button")
    tab_to(firm, revoke)
    firm.keyboard.press("Enter")
    expect(firm.get_by_text(walk.say("revoked")).first).to_be_visible()
