"""Both languages are whole: every word has its translation, and no page mixes in the other language."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation

from goodstanding.casework.models import Notice
from goodstanding.casework.notices import follow
from goodstanding.exchange.models import Agreement
from goodstanding.portal import words
from goodstanding.portal.language import day
from goodstanding.registry import seal
from goodstanding.site.worker import seal_all

from .contract_stage import ID, waiting_version
from .sent_again import sent_again
from .stories import Town, apply_for, signed_in

LOCALE = Path(__file__).parents[2] / "src/goodstanding/portal/locale/zh_Hans/LC_MESSAGES"
#: Latin words that belong on a Chinese page: names of formats, standards, files, logins and the platform.
ADMITTED = frozenset(
    """
    Goodstanding English JY Cookie pdf csv
    PDF PNG JPEG TXT DOCX XLSX CSV TSV Excel xlsx JSON Lines Parquet gzip zstd MB KB
    UTF- GB Big Shift-JIS
    SHA-256 SP tlog tlog-tiles tlog-checkpoint
    firm market colleague operator mirror bank environment
    YAML SHA- CN CN-EXAMPLE US GB SI DCAT JSON-LD Turtle
    """.split()  # noqa: SIM905 (words are read more easily than a list of strings)
)


class Words(HTMLParser):
    """The words that a person sees or hears on a page, without codes, and labels that only assistive readers get."""

    SILENT = {"script", "style", "code", "pre"}

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.english: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        # A term that says of itself that it is English stands beside the Chinese one.
        if self.english or (dict(attrs).get("lang") == "en" and tag != "html"):
            self.english.append(tag)
        self.said += [
            value for name, value in attrs if name in ("aria-label", "title", "data-label") and value
        ]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT
        if self.english:
            assert self.english.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.english:
            self.said.append(data)


def words_of(page: str) -> str:
    parser = Words()
    parser.feed(page)
    return " ".join(parser.said)


def entries() -> list[tuple[str, str, str]]:
    """(flags, msgid, msgstr) of the catalogue, read without gettext."""
    text = (LOCALE / "django.po").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n")[1:]:
        flags = " ".join(line for line in block.splitlines() if line.startswith("#,"))
        msgid = re.search(r'^msgid "(.*)"$', block, re.M)
        msgstr = re.search(r'^msgstr(?:\[0\])? "(.*)"$', block, re.M)
        assert msgid and msgstr, block
        found.append((flags, msgid[1], msgstr[1]))
    return found


def test_no_word_is_untranslated_or_fuzzy() -> None:
    found = entries()
    assert len(found) > 300
    assert [msgid for flags, msgid, msgstr in found if not msgstr or "fuzzy" in flags] == []


def test_translations_keep_their_placeholders() -> None:
    pattern = re.compile(r"%\(\w+\)s|\{\w+\}")
    for _flags, msgid, msgstr in entries():
        assert sorted(set(pattern.findall(msgid))) == sorted(set(pattern.findall(msgstr))), msgid


def test_the_compiled_catalogue_is_the_written_one() -> None:
    data = (LOCALE / "django.mo").read_bytes()
    magic, _version, count = struct.unpack("<III", data[:12])
    assert magic == 0x950412DE
    assert count == len(entries()) + 1  # the header
    with translation.override("zh-hans"):
        for _flags, msgid, msgstr in entries():
            if "%" not in msgid:
                assert translation.gettext(msgid.replace('\\"', '"')) == msgstr.replace('\\"', '"')


def test_every_template_word_is_in_the_catalogue() -> None:
    known = {msgid.replace('\\"', '"') for _flags, msgid, _msgstr in entries()}
    templates = LOCALE.parents[2] / "templates"
    pattern = re.compile(r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")
    for path in templates.rglob("*.html"):
        for double, single in pattern.findall(path.read_text(encoding="utf-8")):
            assert (double or single) in known, f"{path.name}: {double or single}"


def test_every_label_is_in_the_catalogue() -> None:
    known = {msgid for _flags, msgid, _msgstr in entries()}
    with translation.override("en"):
        for family in words._LABELS.values():
            assert {str(label) for label in family.values()} <= known


def test_dates_are_written_as_readers_write_them() -> None:
    with translation.override("zh-hans"):
        assert day(date(2026, 5, 1)) == "2026年5月1日"
    with translation.override("en"):
        assert day(date(2026, 5, 1)) == "1 May 2026"


#: Pages of the law, for everyone.
LAW = (
    "/check/",
    "/check/?kind=penalty&measures=fine&found_on=2026-05-31",
    "/check/?kind=permit&measures=fine&found_on=31.5.2026&amount_yuan=much&on=2020-01-01",
    "/check/?pack=us-fcra&kind=collection&found_on=2026-01-31",
    "/law/",
    "/law/cn-ndrc-36-2025/",
    "/law/example-city-2026/",
    "/catalogue/",
    "/calendar/",
    "/calendar/?jurisdiction=CN&start=2026-12-20&number=15&unit=working_days&at=18:00&cut_off=17:00",
    "/calendar/?jurisdiction=XX&start=1&number=x&unit=years&at=25:00",
)


def pages_of(town: Town) -> list[tuple[str | None, str]]:
    mine, _theirs = apply_for(town, "open", "open_too")
    firm, record = f"/entity/{town.firm.public_id}", f"/record/{town.records['too_early'].public_id}"
    seal_all()
    assert seal.latest() is not None
    draft = signed_in("firm").post("/apply", {"records": [str(town.records["unpublished"].public_id)]})
    steps = str(draft.headers["Location"]).removesuffix("conditions")
    follow()
    letter = Notice.objects.filter(record=town.records["open"]).earliest("pk").public_id
    everyone = ["/", "/?q=天成", "/?q=没有这样的名称", firm, record, "/verify", "/sign-in", "/nowhere", *LAW]
    return [
        *((None, path) for path in everyone),
        ("firm", "/my"),
        ("firm", "/my/readings"),
        ("firm", record),
        ("firm", f"{record}/object"),
        ("firm", "/apply"),
        ("firm", "/shield"),
        ("firm", "/my/agents"),
        *(("firm", steps + step) for step in ("conditions", "commitment", "review")),
        ("firm", f"/apply/done/{mine.application.public_id}"),
        ("firm", f"/case/{mine.public_id}"),
        ("firm", "/work"),
        ("market", f"/case/{mine.public_id}"),
        ("market", firm),
        ("market", "/work"),
        ("market", "/deliveries"),
        ("operator", "/overview"),
        *(("operator", path) for path in ("/findings/", "/findings/early/", "/lists/")),
        ("operator", "/feed-status"),
        ("operator", "/agreements/"),
        ("mirror", f"/agreements/{Agreement.objects.get().reference}/"),
        ("operator", "/links/"),
        ("operator", "/links/review/"),
        ("bank", "/notices"),
        ("firm", "/notices"),
        ("firm", f"/notices/{letter}"),
        (None, "/notices/confirm/nonsense"),
        ("operator", "/contracts/"),
        *(
            (reader, f"/contracts/{ID}/{rest}")
            for reader in ("operator", "market")
            for rest in ("", "2.0.0/")
        ),
        ("bank", "/"),
    ]


@pytest.fixture
def busy(town: Town) -> Iterator[Town]:
    """The town while removed records are sent again and a list waits."""
    with waiting_version(town.market):
        pass  # the version goes on waiting without its file
    with sent_again(town.market):
        yield town


def test_no_english_is_left_on_chinese_pages(busy: Town) -> None:
    town = busy
    for username, path in pages_of(town):
        response = signed_in(username, language="zh-hans").get(path)
        assert response.status_code in (200, 403, 404), path
        page = response.content.decode()
        assert '<html lang="zh-Hans">' in page
        said = words_of(page)
        for name in (town.firm.name_latin, town.other_firm.name_latin):
            said = said.replace(name, "")
        said = re.sub(r"\w+_\w+", "", said)  # codes of the packs, such as the name of a switch
        left = {word for word in re.findall(r"[A-Za-z][A-Za-z-]+", said) if word not in ADMITTED}
        assert not left, (path, username, left)


def test_english_pages_speak_english(busy: Town) -> None:
    """Every catalogue word that appears on a Chinese page is absent from the English one, legal terms aside."""
    for username, path in pages_of(busy):
        page = signed_in(username, language="en").get(path).content.decode()
        assert '<html lang="en">' in page
        spoken = re.sub(r'<(\w+)[^>]*lang="zh-Hans"[^>]*>.*?</\1>', "", page, flags=re.S)
        for said in ("信用主体", "认定单位", "退出", "查询", "公示截止"):
            assert said not in words_of(spoken), (path, username, said)


@pytest.mark.parametrize("path", ["/", "/verify"])
def test_the_language_can_be_chosen(town: Town, path: str) -> None:
    client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE="en", enforce_csrf_checks=True)
    assert '<html lang="en">' in client.get(path).content.decode()
    response = client.post("/language", {"language": "zh-hans", "next": path})
    assert (response.status_code, response.headers["Location"]) == (302, path)
    assert '<html lang="zh-Hans">' in client.get(path).content.decode()
    away = client.post("/language", {"language": "en", "next": "https://example.com/"})
    assert away.headers["Location"] == "/"
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"
