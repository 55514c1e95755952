"""The reference page names every field that a pack, its situations and its choices have."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

from goodstanding.law import Facts, Pack, all_packs
from goodstanding.law.attested import Confidence
from goodstanding.law.rows import Test as ConditionTest

PAGE = (Path(__file__).parents[2] / "docs/reference/law-packs.md").read_text(encoding="utf-8")


def test_every_field_of_packs_and_facts_is_documented() -> None:
    for name, field in Pack.model_fields.items():
        assert f"`{field.alias or name}`" in PAGE, name
    for fact in fields(Facts):
        assert f"`{fact.name}`" in PAGE, fact.name
    for test in get_args(ConditionTest):
        assert f"`{test}`" in PAGE, test
    for mark in get_args(Confidence):
        assert f"| {mark} |" in PAGE, mark


def test_every_shipped_pack_and_every_choice_is_documented() -> None:
    for pack in all_packs():
        assert f"`{pack.id}`" in PAGE
        for switch in pack.switches:
            assert f"| `{switch.code}` | `{switch.default}` |" in PAGE
        for parameter in pack.parameters:
            assert parameter.code in PAGE
