"""The tutorial and the how-to pages are run as they stand, in one city, in a data folder of their own."""

from __future__ import annotations

import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import resolve
from django.utils import translation

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.site import embedded_postgres

from .pages import DOCS, ROOT, Reader


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader with an empty folder, who leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-docs-"))
    folder.chmod(0o755)
    reader = Reader(folder)
    yield reader
    home = folder / "tutorial" / "home"
    cluster = embedded_postgres.cluster_in(home / "postgres").folder
    reader.leave()
    shutil.rmtree(cluster, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_tutorial_does_what_it_says(reader: Reader) -> None:
    assert reader.follow(DOCS / "tutorial.md") >= 20


def test_the_mirrors_tutorial_does_what_it_says(reader: Reader) -> None:
    reader.follow(DOCS / "tutorial.md")
    assert reader.follow(DOCS / "tutorial-mirror.md") >= 20


HOW_TO = ["operator", "authority", "entity", "subscriber", "public", "lawmaker", "federation", "leaks"]


@pytest.mark.parametrize("name", HOW_TO)
def test_a_how_to_page_does_what_it_says(reader: Reader, name: str) -> None:
    # In the tutorial's city, beside its server; the operator's page makes the token that the authority's uses.
    reader.follow(DOCS / "tutorial.md")
    reader.follow(DOCS / "howto" / "operator.md")
    assert reader.follow(DOCS / "howto" / f"{name}.md") >= 1


def test_every_how_to_page_is_run() -> None:
    assert {page.stem for page in (DOCS / "howto").glob("*.md")} == set(HOW_TO)


@pytest.mark.parametrize("name", HOW_TO)
def test_every_address_in_a_how_to_page_exists(name: str) -> None:
    text = (DOCS / "howto" / f"{name}.md").read_text(encoding="utf-8")
    addresses = set(re.findall(r"`(/(?!var/)[^`\s?]*)", text))
    assert addresses
    for address in addresses:
        resolve(re.sub(r"\{\w+\}", "00000000-0000-4000-8000-000000000000", address))


#: The names of kinds of case and of their steps, which pages take from the charts.
_STEPS = {(chart.name_en, chart.name_zh) for chart in map(chart_of, KINDS)} | {
    (event.name_en, event.name_zh) for chart in map(chart_of, KINDS) for event in chart.events
}


@pytest.mark.parametrize("name", HOW_TO)
def test_every_word_of_a_page_that_a_how_to_names_is_on_it_in_both_languages(name: str) -> None:
    text = (DOCS / "howto" / f"{name}.md").read_text(encoding="utf-8")
    named = re.findall(r"\*\*([^*]+)\*\*\s*\(?([\u4e00-\u9fff，：“”？]+)", text)
    bold = re.findall(r"\*\*[^*]+\*\*", text)
    assert len(named) == len(bold), "a bold word is what stands on a page, with its Chinese beside it"
    with translation.override("zh-hans"):
        for english, chinese in named:
            label = " ".join(english.split())
            assert translation.gettext(label) == chinese or (label, chinese) in _STEPS


def test_the_testing_page_names_every_folder_and_marker() -> None:
    page = (DOCS / "testing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/\w+)`", page))
    assert named == {f"tests/{folder.parent.name}" for folder in ROOT.glob("tests/*/*.py")}
    markers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    for marker in markers:
        assert f"`{marker.partition(':')[0]}`" in page
