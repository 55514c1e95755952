"""``goodstanding contract`` and ``goodstanding catalogue``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from goodstanding.intake.contract import SHIPPED, load_contract, parse_contract
from goodstanding.intake.models import ContractVersion
from tests.cli.conftest import Run
from tests.exchange.stage import make_subscriber
from tests.own_contracts import contracts_folder

ID = "double-publicity-penalties"
SOURCE = (SHIPPED / f"{ID}.yaml").read_text(encoding="utf-8")
BREAKING = SOURCE.replace("version: 1.0.0", "version: 2.0.0", 1).replace("通报批评: criticism, ", "", 1)


@pytest.fixture
def own() -> Iterator[Path]:
    """The installation's own version of the contract, removed afterwards."""
    with contracts_folder() as folder:
        yield folder / f"{ID}.yaml"


def test_what_is_shown_and_exported_is_the_contract(database: str, run: Run, tmp_path: Path) -> None:
    shown = run("contract", "show", ID)
    assert shown.status == 0 and parse_contract(shown.out, file="shown.yaml") == load_contract(ID)
    as_json = run("contract", "show", ID, "--json")
    assert as_json.document["id"] == ID
    said = run("contract", "export", tmp_path / "out")
    files = sorted((tmp_path / "out").iterdir())
    assert len(said.out.splitlines()) == len(files) >= 12
    for path in files:
        assert parse_contract(path.read_text(encoding="utf-8"), file=path.name) == load_contract(path.stem)


def test_lint_names_file_line_and_reason(database: str, run: Run, tmp_path: Path) -> None:
    assert run("contract", "lint").status == 0
    path = tmp_path / "c.yaml"
    path.write_text(SOURCE.replace("value: penalty\n", "value: gossip\n", 1), encoding="utf-8")
    said = run("contract", "lint", path)
    line = SOURCE.splitlines().index("  - property: item") + 2
    assert said.status == 1 and f"c.yaml:{line}: item: the catalogue has no item gossip" in said.out
    assert run("contract", "lint", path, "--json").document["faults"][0]["line"] == line


def test_diff_says_what_breaks(database: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(BREAKING, encoding="utf-8")
    said = run("contract", "diff", ID, path)
    assert said.status == 1 and "the value 通报批评 is gone" in said.out and "1 breaking" in said.out
    assert "删除了通报批评" in run("contract", "diff", ID, path, "--lang", "zh").out
    document = run("contract", "diff", ID, path, "--json").document
    assert (document["breaking"], document["least_version"]) == (1, "2.0.0")
    assert run("contract", "diff", ID, SHIPPED / f"{ID}.yaml").status == 0


def test_a_breaking_version_is_led_to_its_use(database: str, run: Run, own: Path) -> None:
    subscriber, _ = make_subscriber(kinds=["penalty"])
    assert run("contract", "propose", ID, "--json").document["active"] is True
    own.write_text(BREAKING, encoding="utf-8")
    proposed = run("contract", "propose", ID, "--json").document
    name = subscriber.account.user.username
    assert (proposed["active"], proposed["missing"]) == (False, [name])
    early = run("contract", "activate", f"{ID}@2.0.0")
    assert early.status == 2 and name in early.errors and "尚缺签认" in early.errors
    assert run("contract", "sign-off", f"{ID}@2.0.0", "--account", "nobody").status == 2
    why = "We read that value every night."
    objected = run("contract", "object", f"{ID}@2.0.0", "--account", name, "--reason", why)
    assert objected.status == 0 and f"{name} objects: {why}" in objected.out
    assert run("contract", "object", f"{ID}@2.0.0", "--account", name, "--reason", "no").status == 2
    signed = run("contract", "sign-off", f"{ID}@2.0.0", "--account", name, "--json").document
    assert (signed["missing"], signed["objections"]) == ([], [])
    assert run("contract", "activate", f"{ID}@2.0.0", "--json").document["active"] is True
    assert ContractVersion.objects.filter(accepted_at__isnull=False).count() == 2
    old = yaml.safe_load(run("contract", "show", f"{ID}@1.0.0").out)
    assert old["version"] == "1.0.0"
    assert run("contract", "show", f"{ID}@3.0.0").status == 1


def test_the_catalogue_is_listed(database: str, run: Run) -> None:
    said = run("catalogue", "--on", "2026-11-22")
    assert said.status == 0 and "utility-payment" in said.out and "(cn-market, X)" in said.out
    rows = json.loads(run("catalogue", "--json").out)
    assert {row["list"] for row in rows} == {"cn-national-2024", "cn-market"}
    assert json.loads(run("catalogue", "--schema").out)["title"] == "Goodstanding catalogue list"
