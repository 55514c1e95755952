"""Documentation holds: links lead somewhere, every setting and option is there, the drawing is the contract."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
from django.urls import resolve

from goodstanding.cli import group

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_setting_is_documented() -> None:
    sources = [*ROOT.glob("src/**/*.py"), ROOT / "tests" / "conftest.py"]
    used = {
        name
        for source in sources
        for name in re.findall(
            r"""environ[^\n]*?["'](GOODSTANDING_\w+|DATABASE_URL)["']""", source.read_text()
        )
    }
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/reference/settings.md").read_text(), re.M))
    assert len(used) >= 9
    assert used == documented


def test_every_option_is_documented() -> None:
    text = (ROOT / "docs/reference/commands.md").read_text()
    for name, command in group.commands.items():
        assert f"| `{name}" in text, f"docs/reference/commands.md does not name {name}"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for option in parameter.opts + parameter.secondary_opts:
                    assert f"`{option}`" in text, f"{name} {option} is not documented"


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_command_shows_an_example(name: str) -> None:
    assert f"goodstanding {name}" in (group.commands[name].help or "")


def test_the_drawing_is_the_import_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    drawing = (ROOT / "docs/architecture.md").read_text().split("<!-- drawing:")[1].split("```")[1].strip()
    assert drawing.splitlines() == contract["layers"]


def test_every_decision_is_listed_and_the_other_way_round() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {page.name for page in folder.glob("0*.md")}


def test_every_page_that_answers_a_complaint_is_there() -> None:
    text = (ROOT / "docs/answers.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|", text, re.M)
    assert rows == [str(number) for number in range(1, 16)]
    pages = set(re.findall(r"`(/[\w/-]*)`", text))
    assert len(pages) >= 8
    for page in pages:
        resolve(page)
