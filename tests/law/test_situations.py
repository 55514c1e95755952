"""Every situation beside a pack comes out as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodstanding.law import FactsRefused, Pack, load_pack
from goodstanding.law.load import pack_files
from goodstanding.law.situations import Situation, read_situations, situation_files

CASES = [
    pytest.param(situation, load_pack(found.pack), id=f"{found.pack}:{situation.id}")
    for found in (read_situations(path) for path in situation_files())
    for situation in found.situations
]


@pytest.mark.parametrize(("situation", "pack"), CASES)
def test_the_situation_comes_out_as_written(situation: Situation, pack: Pack) -> None:
    if situation.expected.refused is not None:
        with pytest.raises(FactsRefused) as refused:
            situation.verdict(pack)
        assert refused.value.code == situation.expected.refused
        assert refused.value.message_zh and refused.value.remedy_en and refused.value.remedy_zh
        return
    verdict = situation.verdict(pack)
    assert situation.differences(verdict) == []
    assert verdict.explain("en") and verdict.explain("zh")


def test_every_pack_has_situations_and_every_row_of_its_tables_is_met_by_one() -> None:
    assert [path.with_suffix("").name for path in pack_files()] == [
        Path(path.name.removesuffix(".situations.yaml")).name for path in situation_files()
    ]
    for path in situation_files():
        found = read_situations(path)
        pack = load_pack(found.pack)
        assert len(found.situations) >= 3
        used: set[str] = set()
        for situation in found.situations:
            if situation.expected.refused is None:
                used.update(step.row for step in situation.verdict(pack).trace)
        tables = (pack.publication, pack.exemptions, pack.events)
        rows = {row.id for table in tables for row in table}
        if not pack.example:
            rows |= {row.id for row in pack.classification}
        assert rows - used <= {"unlisted-minor", "unlisted-serious", "confiscation-of-gains"}, pack.id
