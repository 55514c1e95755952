"""A certificate verified in the browser: offline, by nothing but the page, and every tampering is found."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from goodstanding import proof
from goodstanding.casework.certified import decision_of
from goodstanding.casework.models import Case
from goodstanding.exchange.certificate_paper import paper
from goodstanding.exchange.certificates import make
from tests.portal.certified import certified
from tests.proof import certificates as made_up

from .conftest import Axe, Site
from .walking import LOOKS

VECTORS = Path(__file__).parents[3] / "shared/data/std_rfc8785_jcs"


@pytest.fixture(scope="module")
def case(shared_site: Site) -> Case:
    return certified(shared_site.town)


@pytest.fixture(scope="module")
def file(case: Case) -> bytes:
    decision = decision_of(case)
    assert decision is not None
    return make(decision, at=timezone.now())


@pytest.fixture
def page(shared_site: Site) -> Iterator[Page]:
    """The page, loaded, and then without any network. Whatever it asks for after that fails the test."""
    page = shared_site.visitor()
    page.goto("/certificate")
    expect(page.locator("#check")).to_be_visible()
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert asked == []


def choose(page: Page, data: bytes, name: str = "certificate.json") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": data})


HOLDS, REFUSED = "The certificate holds", "The certificate does not hold"
NONE, ITSELF = "This is no certificate, or it was changed", "The certificate agrees with itself, no more"


def test_a_certificate_holds_offline_as_file_and_as_paper(page: Page, file: bytes) -> None:
    for data, name in ((file, "c.json"), (paper(file), "c.pdf")):
        choose(page, data, name)
        expect(page.locator("#result .notice h2")).to_have_text(HOLDS)
        said = page.locator("#result").inner_text()
        assert "临湖市天成商贸有限公司" in said and "Mingjian Credit Service" in said
        assert "has not answered yet" in said and "does not hold" not in said
        page.locator("#result").evaluate("element => element.replaceChildren()")


@pytest.mark.parametrize(("language", "width"), [look[:2] for look in LOOKS])
def test_the_firm_takes_the_paper_from_its_case_and_verifies_it(
    shared_site: Site, case: Case, axe: Axe, language: str, width: int
) -> None:
    page = shared_site.user("firm", language=language, width=width)
    page.goto(f"/case/{case.public_id}")
    assert axe(page) == []
    with page.expect_download() as download:
        page.locator(f'a[href="/case/{case.public_id}/certificate.pdf"]').click()
    page.goto("/certificate")
    page.set_input_files("#file", download.value.path())
    expect(page.locator("#result .notice.success")).to_be_visible()


def test_the_readers_own_key_decides(page: Page, file: bytes) -> None:
    other = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=bytes(32)).verifier.encode()
    for key, wanted in ((other, REFUSED), ("", ITSELF)):
        page.fill("#key", key)
        choose(page, file)
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.locator("#result .notice h2")).to_have_text(wanted)


CHECK = """async ([text, key, witnesses]) => {
    const { check } = await import("/static/portal/certificate/certificate.js");
    try {
        const data = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        const found = await check(data, key, witnesses);
        return found.findings.filter(item => item.status === "refused").map(item => item.check);
    } catch (error) { return error.code ?? String(error); }
}"""


def refused(page: Page, data: bytes, *, key: str = "", witnesses: list[str] | None = None) -> Any:
    return page.evaluate(CHECK, [b64encode(data).decode(), key, witnesses or []])


TRUE = made_up.signed(made_up.make_certificate())
KEY = made_up.SIGNER.verifier.encode()
WITNESS = made_up.WITNESS.verifier.encode()


def test_it_finds_what_the_command_line_finds(page: Page) -> None:
    """Every 40th byte changed by one bit, byte for byte the same verdict on both sides."""
    assert refused(page, TRUE, key=KEY, witnesses=[WITNESS]) == []
    for at in range(0, len(TRUE), 40):
        changed = bytearray(TRUE)
        changed[at] ^= 1
        try:
            checked = proof.check_certificate(bytes(changed), key=made_up.SIGNER.verifier)
            wanted: Any = [item.check for item in checked.findings if item.status == "refused"]
            assert wanted
        except proof.ProofError as error:
            wanted = error.code
        assert refused(page, bytes(changed), key=KEY) == wanted, at


def test_it_finds_a_recipient_left_out_and_what_the_platform_itself_signed_wrongly(page: Page) -> None:
    told = json.loads(TRUE)
    told["certificate"]["recipients"].pop()
    assert refused(page, proof.canonical(told), key=KEY) == ["signature", "recipients"]
    true = made_up.make_certificate()
    late, dropped, _ = true.recipients
    other = proof.CosignerKey(name="w", private_key=bytes(32)).verifier.encode()
    assert refused(page, TRUE, key=KEY, witnesses=[other]) == ["witnesses"]
    for part, wanted in (
        ({"recipients": (late, dropped)}, ["recipients"]),
        ({"absence": proof.Absence("penalty", b"\0\0\1", true.absence.event)}, ["absence"]),  # type: ignore[union-attr]
        ({"decision": true.removal}, ["decision"]),
        (
            {"origin": "another.test/log"},
            ["checkpoint", "decision", "removal", "absence", *["journaled"] * 3],
        ),
    ):
        assert refused(page, made_up.signed(made_up.replaced(true, **part)), key=KEY) == wanted


@pytest.mark.skipif(not VECTORS.is_dir(), reason="no vectors of RFC 8785 beside the repository")
def test_canonical_json_is_that_of_the_vectors(page: Page) -> None:
    names = sorted(path.name for path in (VECTORS / "input").iterdir())
    assert len(names) > 3
    for name in names:
        text = (VECTORS / "input" / name).read_text(encoding="utf-8")
        written = page.evaluate(
            """async text => (await import("/static/portal/certificate/canonical.js")).canonical(JSON.parse(text))""",
            text,
        )
        assert written.encode() == (VECTORS / "output" / name).read_bytes(), name


def test_the_printed_code_is_compared_with_the_file(shared_site: Site, file: bytes) -> None:
    digest = proof.check_certificate(file).digest
    for printed, wanted in ((digest, HOLDS), ("00" * 32, REFUSED)):
        page = shared_site.visitor()
        page.goto(f"/certificate#sha256={printed}")
        expect(page.locator("#check")).to_be_visible()
        choose(page, file)
        expect(page.locator("#result .notice h2")).to_have_text(wanted)


def test_what_is_no_certificate_is_said_to_be_none(page: Page) -> None:
    for data in (b"{}", b"%PDF-1.7 nothing", b"\xff\xfe", TRUE + b"\n"):
        choose(page, data)
        expect(page.locator("#result .notice h2")).to_have_text(NONE)
        page.locator("#result").evaluate("element => element.replaceChildren()")


def test_without_a_script_the_page_names_the_command(shared_site: Site) -> None:
    page = shared_site.visitor(java_script_enabled=False)
    page.goto("/certificate")
    expect(page.get_by_text("This page checks by JavaScript, which is off or has not come.")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("goodstanding certificate verify")
    expect(page.locator("#check")).to_be_hidden()


@pytest.mark.parametrize(("language", "width"), [look[:2] for look in LOOKS])
def test_it_is_for_everyone_to_use(
    shared_site: Site, file: bytes, axe: Axe, language: str, width: int
) -> None:
    page = shared_site.visitor(language=language, width=width)
    page.goto("/certificate")
    expect(page.locator("#check")).to_be_visible()
    assert axe(page) == []
    for data, rows in ((file, 2), (TRUE, 5)):
        choose(page, data)
        expect(page.locator("#result tbody tr")).to_have_count(rows)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    nation = page.locator("#result tbody tr", has_text="全国信用平台")
    expect(nation).to_contain_text(f"{'转发自' if language == 'zh-CN' else 'had it from'} 第1征信机构")
