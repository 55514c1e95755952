"""Contracts and the official tooling of the Open Data Contract Standard: read, written, read again, they are equal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from goodstanding.intake.contract import SHIPPED, parse_contract

official = pytest.importorskip(
    "open_data_contract_standard.model",
    reason="open-data-contract-standard, the official models of the standard, is not installed",
)
CONTRACTS = sorted(SHIPPED.glob("*.yaml"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_a_contract_survives_the_official_models(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ours = parse_contract(text, file=path.name)
    written = official.OpenDataContractStandard.from_string(text).to_yaml()
    assert parse_contract(written, file=path.name) == ours


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_what_we_write_is_read_by_the_official_models(path: Path) -> None:
    ours = parse_contract(path.read_text(encoding="utf-8"), file=path.name)
    document = ours.model_dump(mode="json", by_alias=True, exclude_unset=True)
    read = official.OpenDataContractStandard.from_string(json.dumps(document))
    assert parse_contract(read.to_yaml(), file=path.name) == ours


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_a_contract_is_valid_by_the_official_schema(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema checks against the official schema")
    schema = json.loads(official.OpenDataContractStandard.json_schema())
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []
    del document["version"]
    assert [error.message for error in validator.iter_errors(document)], "the schema refuses what is not one"
