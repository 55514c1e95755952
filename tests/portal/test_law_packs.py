"""The pages of the law packs: every pack, every row, every cell that is unset, in both languages."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation
from pydantic import BaseModel

from goodstanding.law import Facts, Pack, all_packs, decide, load_pack
from goodstanding.law.attested import Citation, Quantity
from goodstanding.law.load import pack_files

PACKS = all_packs()
LANGUAGES = ("en", "zh-hans")
#: Tables of a pack whose rows have places of their own on its page.
TABLES = (
    *("severities", "kinds", "measures", "sectors", "conducts", "uses", "switches", "parameters"),
    *("classification", "publication", "exemptions", "at_maximum", "events", "conditions", "materials"),
    *("deadlines", "pauses", "sanctions", "notices", "holders", "transition", "statements"),
)


def page_of(path: str, language: str = "en") -> str:
    response = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=language).get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def rows_on(page: str) -> dict[str, str]:
    """The rows of the page's tables by their anchor."""
    found = re.findall(r'<tr id="([^"]+)">(.*?)</tr>', page, re.S)
    assert len(dict(found)) == len(found), "an anchor stands twice"
    return dict(found)


def rows_in(pack: Pack) -> Iterator[tuple[str, BaseModel]]:
    for table in TABLES:
        for row in getattr(pack, table):
            yield f"{table}-{getattr(row, 'id', None) or row.code}", row
    yield f"decides-{pack.decides.body}", pack.decides
    if pack.shield is not None:
        yield "shield-shield", pack.shield


def is_unset(row: object, pack: Pack) -> bool:
    """Whether anything in a row is not known: a number, a bound, part of a rule, the deadline it names."""
    if isinstance(row, Quantity):
        return row.value is None and pack.number(row) is None
    if isinstance(row, tuple):
        return any(is_unset(part, pack) for part in row)
    if not isinstance(row, BaseModel) or isinstance(row, Citation):
        return False
    fields = {name: getattr(row, name) for name in type(row).model_fields}
    if fields.get("unset_en") or ("unit" in fields and fields.get("value", 0) is None):
        return True
    if type(row).__name__ == "Amount":
        bounds = [bound for bound in fields.values() if bound is not None]
        return any(pack.bound(bound) is None for bound in bounds)
    if type(row).__name__ == "HolderDuty" and fields["deadline"]:
        return is_unset(pack.deadline(fields["deadline"]).length, pack)
    return any(is_unset(value, pack) for value in fields.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_every_row_is_shown_and_every_unset_cell_is_seen(pack: Pack, language: str) -> None:
    page = page_of(f"/law/{pack.id}/", language)
    shown = rows_on(page)
    for anchor, row in rows_in(pack):
        assert anchor in shown, anchor
        assert ('class="unset"' in shown[anchor]) == is_unset(row, pack), anchor
        assert "<td></td>" not in shown[anchor].replace(" ", ""), anchor
        citation = row.citation  # type: ignore[attr-defined]
        words = pack.cite(citation, "zh" if language == "zh-hans" else "en")
        assert words in html.unescape(shown[anchor]), anchor
        assert f"<b>{citation.confidence}</b>" in shown[anchor]
        for code in citation.source:
            assert f"<code>{code}</code>" in shown[anchor]
        for weak in ("contested", "assumed"):
            if table_marks(row):
                assert (f"mark {weak}" in shown[anchor]) == bool(getattr(row, weak, False)), (anchor, weak)
    assert pack.digest in page


def table_marks(row: BaseModel) -> bool:
    return {"contested", "assumed"} <= set(type(row).model_fields)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_a_trace_leads_to_rows_of_the_page(pack: Pack) -> None:
    shown = rows_on(page_of(f"/law/{pack.id}/"))
    for kind in pack.kinds:
        facts = Facts(
            kind=kind.code,
            measures=frozenset({pack.measures[0].code} if kind.measures else ()),
            found_on=pack.in_force.from_,
            plan_approved_on=pack.in_force.from_,
            performed_on=pack.in_force.from_,
        )
        for step in decide(facts, pack=pack, on=pack.in_force.from_).trace:
            assert f"{step.table}-{step.row}" in shown, step


def test_links_within_a_page_lead_somewhere() -> None:
    for pack in PACKS:
        page = page_of(f"/law/{pack.id}/")
        targets = set(re.findall(r'id="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= targets, pack.id


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_the_files_of_a_pack_are_its_own_bytes(pack: Pack) -> None:
    client = Client(SERVER_NAME="localhost")
    canonical = client.get(f"/law/{pack.id}/pack.json")
    assert hashlib.sha256(canonical.content).hexdigest() == pack.digest
    path = pack_files()[PACKS.index(pack)]
    written = client.get(f"/law/{pack.id}/pack.yaml")
    assert written.content == path.read_bytes()
    assert f'filename="{pack.id}.yaml"' in written.headers["Content-Disposition"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_names_every_pack_with_its_days_and_marks_examples(language: str) -> None:
    page = page_of("/law/", language)
    for pack in PACKS:
        assert f'href="/law/{pack.id}/"' in page
        (row,) = re.findall(rf'<th scope="row"><a href="/law/{pack.id}/">.*?</tr>', page, re.S)
        assert ("mark example" in row) == pack.example
        assert pack.in_force.from_.isoformat() in row
        assert pack.in_force.to is None or pack.in_force.to.isoformat() in row
        assert ("mark ok" in row) == (pack.in_force.to is None and not pack.example)


def test_an_example_says_on_its_own_page_that_it_is_no_law() -> None:
    for pack in PACKS:
        assert ("It is no law anywhere" in page_of(f"/law/{pack.id}/")) == pack.example


@pytest.mark.parametrize("name", ["nothing", "..", "cn", "CN-NDRC-36-2025", "pack.schema.json", "a" * 3000])
@pytest.mark.parametrize("ending", ["", "pack.json", "pack.yaml"])
def test_nothing_but_a_pack_of_the_installation_is_read(name: str, ending: str) -> None:
    response = Client(SERVER_NAME="localhost").get(f"/law/{name}/{ending}")
    assert response.status_code == 404


def test_an_unchanged_page_is_not_sent_twice() -> None:
    client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE="en")
    first = client.get("/law/cn-ndrc-36-2025/")
    again = client.get("/law/cn-ndrc-36-2025/", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    chinese = client.get(
        "/law/cn-ndrc-36-2025/", HTTP_IF_NONE_MATCH=first.headers["ETag"], HTTP_ACCEPT_LANGUAGE="zh-hans"
    )
    assert chinese.status_code == 200
    assert {"Cookie", "Accept-Language"} <= set(first.headers["Vary"].split(", "))


def test_the_window_chart_keeps_the_order_of_the_lengths() -> None:
    from goodstanding.portal.pack_chart import windows

    with translation.override("en"):
        drawn = {window.anchor: window for window in windows(load_pack("cn-ndrc-36-2025"))}
    ordinary, serious = drawn["publication-ordinary-window"], drawn["publication-serious-window"]
    assert "shortest 3 months, longest 1 year" in ordinary.words
    # 3 of 12 months, and 12 of 36.
    assert float(ordinary.locked[:-1]) / float((ordinary.end or "")[:-1]) == pytest.approx(1 / 4, abs=0.001)
    assert float(serious.locked[:-1]) / float((serious.end or "")[:-1]) == pytest.approx(1 / 3, abs=0.001)
    assert float((serious.end or "")[:-1]) == pytest.approx(3 * float((ordinary.end or "")[:-1]), abs=0.02)
