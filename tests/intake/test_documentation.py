"""The reference of contracts names everything that a reader can meet."""

from __future__ import annotations

import re
from pathlib import Path

from goodstanding.intake import clauses, contract
from goodstanding.intake.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reference" / "contracts.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "goodstanding" / "intake"


def test_every_reason_and_every_error_of_a_file_is_documented() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("*.py"))
    errors = set(re.findall(r'"(file\.[a-z_]+)"', code))
    missing = {name for name in errors | set(REASONS) if f"`{name}`" not in TEXT}
    assert errors and not missing


def test_every_clause_is_documented() -> None:
    models = (
        contract.Contract,
        clauses.Column,
        clauses.Options,
        clauses.ColumnClauses,
        clauses.Clauses,
        clauses.FileFormat,
        clauses.Subject,
        clauses.Record,
        clauses.Registration,
        clauses.Publication,
        clauses.Sharing,
    )
    unnamed = {"apiVersion", "kind"}
    for model in models:
        for name, field in model.model_fields.items():
            alias = field.alias or name
            if (alias.endswith("Zh") and model is clauses.Sharing) or alias in unnamed:
                continue
            assert f"`{alias}`" in TEXT, (model.__name__, alias)


def test_every_shipped_contract_is_documented() -> None:
    for path in contract.SHIPPED.glob("*.yaml"):
        shipped = contract.read_contract(path)
        assert f"`{shipped.id}`" in TEXT and shipped.name_zh in TEXT
