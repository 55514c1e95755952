"""``goodstanding generate``, as a person runs it."""

from __future__ import annotations

from pathlib import Path

from .conftest import Run


def test_a_number_out_of_range_is_refused_in_both_languages(run: Run, tmp_path: Path) -> None:
    refused = run("generate", "--entities", "60", tmp_path / "city")
    assert refused.status == 2
    assert "give a number from 100" in refused.errors and "请给出" in refused.errors
    assert not (tmp_path / "city").exists()
