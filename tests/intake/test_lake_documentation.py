"""The reference of the lake names every column, error and function."""

from __future__ import annotations

import re
from pathlib import Path

from goodstanding.intake import lake
from goodstanding.intake.lake.schema import CHANGES, PROPERTIES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reference" / "lake.md").read_text(encoding="utf-8")


def test_every_column_change_and_error_is_documented() -> None:
    source = (ROOT / "src" / "goodstanding" / "intake" / "lake" / "errors.py").read_text(encoding="utf-8")
    errors = set(re.findall(r'"(lake\.[a-z_]+)"', source))
    assert len(errors) == 6
    missing = {name for name in errors | set(lake.SCHEMA.names) | set(CHANGES) if f"`{name}`" not in TEXT}
    assert not missing


def test_every_function_is_documented() -> None:
    functions = {name for name in lake.__all__ if name[0].islower()}
    assert {name for name in functions if not re.search(rf"\b{name}\b", TEXT)} == set()


def test_the_columns_with_bounds_are_those_that_the_reference_names() -> None:
    bounded = {
        name.rsplit(".", 1)[1] for name in PROPERTIES if name.startswith("write.metadata.metrics.column.")
    }
    said = TEXT.split("Manifests keep lower and upper bounds of")[1].split(", so that")[0]
    assert set(re.findall(r"`(\w+)`", said)) == bounded
