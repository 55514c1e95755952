"""Walking through the portal as people do, each page looked at on the way: both sizes, one language, no barrier."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, expect

from goodstanding.casework.chart import chart_of
from goodstanding.casework.models import Case
from tests.portal.stories import PDF, Town

if TYPE_CHECKING:
    from .conftest import Site

REASONS = "经核查，现有材料不足以支持该主张。"
#: (language, width) of a walk; every page on its way is looked at in both sizes.
LOOKS = [("en-GB", 1440), ("zh-CN", 390)]
SIZES = (390, 1440)
#: What can have the focus and is no control: the page, its main part, what went wrong, an empty choice.
_NO_CONTROLS = ("RootWebArea", "main", "alert", "option")


@dataclass
class Walk:
    """People on their way through one site, in one language and at one size."""

    site: Site
    axe: Callable[..., list[str]]
    language: str
    width: int
    folder: Path

    @property
    def town(self) -> Town:
        return self.site.town

    @property
    def code(self) -> str:
        return "zh-hans" if self.language == "zh-CN" else "en"

    def say(self, text: str, **values: object) -> str:
        """What the portal says for an English text in the language of this walk."""
        with translation.override(self.code):
            return gettext(text) % values if values else gettext(text)

    def said(self, item: object, name: str = "name") -> str:
        """A text of a chart in the language of this walk."""
        found: str = getattr(item, f"{name}_{self.code[:2]}" if name else self.code[:2])
        return found

    def person(self, username: str | None = None, path: str | None = None) -> Page:
        """Somebody with a browser, signed in where there is a user name, standing on a page."""
        more: dict[str, Any] = {"language": self.language, "width": self.width}
        page = self.site.user(username, **more) if username else self.site.visitor(**more)
        if path is not None:
            page.goto(path)
        if path is not None or username:
            self.look(page)
        return page

    def go(self, page: Page, path: str) -> None:
        """Open an address and look at the page."""
        page.goto(path)
        self.look(page)

    def press(self, page: Page, name: str, *, role: Any = "button", exact: bool = True) -> None:
        """Press a button or follow a link by its English name, and look at what comes."""
        page.get_by_role(role, name=self.say(name), exact=exact).first.click()
        self.look(page)

    def look(self, page: Page) -> None:
        """Whatever stands on a page must stand so at both sizes, in the language of its reader, for everyone."""
        page.wait_for_load_state()
        where = page.url
        assert page.locator("h1").count() == 1, where
        language = "zh-Hans" if self.code == "zh-hans" else "en"
        assert page.evaluate("document.documentElement.lang") == language, where
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where} at {width}"
            assert small_targets(page) == [], f"{where} at {width}"
        page.set_viewport_size({"width": self.width, "height": 900})
        found = self.axe(page)
        assert found == [], f"{where}: {found}"

    def take(self, page: Page, case: Case, code: str, *, reasons: str = REASONS, **fields: str) -> None:
        """Take a step of a case through its page, as the chart names it; the page stands open on the case."""
        event = chart_of(case.kind).event(code)
        form = page.locator(f"form:has(input[name=event][value={code}])")
        if event.reasons != "none":
            form.locator("[name=reasons]").fill(reasons)
        for name, value in fields.items():
            field = form.locator(f"[name={name}]")
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            elif field.get_attribute("type") == "checkbox":
                field.check()
            else:
                field.fill(value)
        form.get_by_role("button", name=self.said(event), exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text(self.said(event))
        self.look(page)

    def paper(self, name: str = "缴款凭证.pdf") -> Path:
        """A file to hand in."""
        path = self.folder / name
        path.write_bytes(PDF)
        return path

    def open_case(self, page: Page, case: Case) -> None:
        self.go(page, f"/case/{case.public_id}")


def case_in(page: Page) -> Case:
    """The case on whose page somebody stands."""
    return Case.objects.get(public_id=uuid.UUID(page.url.rsplit("/", 1)[1]))


def tab_to(page: Page, target: Locator) -> None:
    """Walk with the Tab key until the target has the focus, and see that the focus is visible there."""
    for _ in range(160):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            style = target.evaluate("element => getComputedStyle(element).outlineStyle")
            assert style != "none", "the focus cannot be seen"
            return
    raise AssertionError(f"the Tab key never reaches {target}")


def small_targets(page: Page) -> list[str]:
    """Controls outside of running text that are smaller than 24 by 24 pixels (WCAG 2.2, 2.5.8)."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, nav a, .button')]
        .filter(element => element.offsetParent !== null)
        .filter(element => { const box = element.getBoundingClientRect(); return box.width < 24 || box.height < 24 })
        .map(element => element.outerHTML.slice(0, 120))"""
    )
    return found


def nameless(page: Page) -> list[str]:
    """What can have the focus and has no name, by Chromium's own accessibility tree."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = []
    for node in nodes:
        properties = {item["name"]: item["value"].get("value") for item in node.get("properties", [])}
        role = node.get("role", {}).get("value")
        if properties.get("focusable") and role not in _NO_CONTROLS:
            found.append((role, node.get("name", {}).get("value", "").strip()))
    assert found, "a page has at least its links"
    return [str(role) for role, name in found if not name]
