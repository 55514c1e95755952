"""Masking: of a natural person's name only the surname or the initials are left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.identity import mask_person

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@pytest.mark.parametrize(
    ("name", "masked"),
    (
        ("张三", "张＊"),
        ("张 三", "张＊"),
        ("王小明", "王＊＊"),
        ("欧阳小明", "欧阳＊＊"),
        ("歐陽小明", "歐陽＊＊"),
        ("欧阳", "欧＊"),
        ("张", "＊"),
        ("买买提·艾力", "买＊＊·＊＊"),
        ("John Smith", "J＊＊＊ S＊＊＊＊"),
        ("Jean-Luc O'Neil", "J＊＊＊-L＊＊ O'N＊＊＊"),
        ("Иван Петров", "И＊＊＊ П＊＊＊＊＊"),
        ("김철수", "김＊＊"),
        ("", ""),
        ("  ", ""),
    ),
)
def test_known_names_are_masked(name: str, masked: str) -> None:
    assert mask_person(name) == masked


@given(st.text(han, min_size=1, max_size=6))
def test_of_a_chinese_name_at_most_the_surname_is_left(name: str) -> None:
    masked = mask_person(name)
    shown = masked.rstrip("＊")
    assert len(masked) == len(name)
    assert len(shown) < len(name) and len(shown) <= 2 and name.startswith(shown)


@given(st.text())
def test_masking_a_masked_name_changes_nothing(name: str) -> None:
    assert mask_person(mask_person(name)) == mask_person(name)


@given(st.lists(st.text("abcdefgh", min_size=2, max_size=9), min_size=1, max_size=4))
def test_every_word_keeps_its_initial_only(words: list[str]) -> None:
    assert mask_person(" ".join(words)).split() == [word[0] + "＊" * (len(word) - 1) for word in words]
