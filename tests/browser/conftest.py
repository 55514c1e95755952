"""A real server, a real database and a real Chromium for every test of this folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.portal.stories import PASSWORD, Town, build_town

from .walking import LOOKS, Walk

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",  # the order in which a date field takes its parts
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium() -> str:
    """The Chromium of the system, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium here (apt-get install chromium, or name one in CHROMIUM)")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's synchronous face keeps an event loop in this thread, which Django takes for an async caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Site:
    """A running portal and the town in its database."""

    url: str
    town: Town
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visitor(self, *, language: str = "en-GB", width: int = 1440, **more: Any) -> Page:
        """A visitor with nothing but a fresh browser; what its console complains of is kept."""
        context = self.browser.new_context(
            base_url=self.url, locale=language, viewport={"width": width, "height": 900}, **more
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def user(self, username: str, **more: Any) -> Page:
        """A visitor that signed in through the page."""
        page = self.visitor(**more)
        page.goto("/sign-in")
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        page.click("main form button")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 on purpose is reported by Chromium as a failed resource.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _served(log: Path) -> Iterator[str]:
    port = _free_port()
    command = [
        *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1", "--blocking-threads", "4"),
        "goodstanding.site.wsgi:application",
    ]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ.copy())
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/verify", timeout=5, trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _site(browser: Browser, scratch: Path) -> Iterator[Site]:
    town = build_town(password=PASSWORD)
    with _served(scratch / "portal.log") as url:
        site = Site(url, town, browser)
        yield site
        for context in site.contexts:
            context.close()
    assert site.complaints == []


@pytest.fixture
def site(database: str, browser: Browser, scratch: Path) -> Iterator[Site]:
    """A portal with a database for one test. Whatever the console complains of fails it."""
    yield from _site(browser, scratch)


@pytest.fixture(scope="module")
def shared_site(module_database: str, browser: Browser, scratch: Path) -> Iterator[Site]:
    """A portal for the tests of a module that only look."""
    yield from _site(browser, scratch)


#: axe-core by Deque Systems (MPL-2.0), from the package of the tests; it is no part of what is shipped.
AXE = resources.files("axe_playwright_python") / "axe.min.js"


#: What a page is built of, as one text.
SHAPE = """() => document.documentElement.lang + [...document.querySelectorAll(
    "h1, h2, h3, label, legend, button, input, select, textarea, summary, th[scope=col], [role], nav a"
)].map(e => e.tagName + (e.name || "") + (e.getAttribute("role") || "") + e.className + e.innerText).join("|")"""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: A folder that gets a picture of every page that is checked, to be looked at.
PICTURES = os.environ.get("GOODSTANDING_PICTURES", "")
#: Checks a page, by one rule or by all, and returns what it finds wrong.
Axe = Callable[..., list[str]]


@pytest.fixture(scope="session")
def axe() -> Axe:
    """Check a page with axe-core by WCAG 2.2, AA.

    A page that is built as one that was checked before (the same headings, labels, buttons and columns, at the same
    width and in the same language) is not checked again: axe takes a second for a large one.
    """
    source = AXE.read_text(encoding="utf-8")
    built: set[str] = set()

    def check(page: Page, rule: str = "") -> list[str]:
        page.wait_for_function("document.documentElement && document.readyState === 'complete'")
        shape = page.evaluate(SHAPE) + f" {page.viewport_size} {rule}"
        if shape in built:
            return []
        # Evaluated by the debugger, so the page's own policy stays as strict as it is.
        page.evaluate(source)
        found = page.evaluate(
            "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})",
            [rule] if rule else [*WCAG],
        )
        wrong = [
            f"{item['id']} ({item['impact']}): {node['target']} {node.get('failureSummary', '')}"
            for item in found["violations"]
            for node in item["nodes"]
        ]
        if PICTURES:
            width = page.evaluate("innerWidth")
            path = Path(PICTURES, f"{len(list(Path(PICTURES).glob('*.png'))):03d}-{width}.png")
            page.screenshot(path=path, full_page=True)
        if not wrong:
            built.add(shape)
        return wrong

    return check


@pytest.fixture(params=LOOKS, ids=["en-1440", "zh-390"])
def walk(request: pytest.FixtureRequest, site: Site, axe: Axe, tmp_path: Path) -> Walk:
    """People on their way, once in English on a wide screen and once in Chinese on a narrow one."""
    return Walk(site, axe, *request.param, tmp_path)
