"""Divisions: the 34 at provincial level, and no list that could refuse a real firm."""

from __future__ import annotations

import pytest

from goodstanding.identity import PROVINCES, is_division_code, province_of


def test_there_are_thirty_four_provincial_divisions_each_found_by_its_code() -> None:
    assert len(PROVINCES) == len({division.code for division in PROVINCES}) == 34
    for division in PROVINCES:
        assert province_of(division.code) is division
        assert division.zh.startswith(division.zh_short) and division.en.isascii()


@pytest.mark.parametrize(("code", "short"), (("110105", "北京"), ("320594", "江苏"), ("820000", "澳门")))
def test_a_province_is_known_by_any_code_inside_it(code: str, short: str) -> None:
    division = province_of(code)
    assert division is not None and division.zh_short == short


@pytest.mark.parametrize(
    "code", ("100000", "990000", "11010", "1101055", "", "1101A5", "１１０１０５", "011010")
)
def test_what_is_in_no_province_has_none(code: str) -> None:
    assert province_of(code) is None


def test_unknown_regions_stay_acceptable() -> None:
    assert is_division_code("610131") and is_division_code("099761") and is_division_code("100000")
    assert not is_division_code("１１０１０５") and not is_division_code("000000")
