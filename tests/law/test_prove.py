"""The prover finds every harsher and every gapped mutant of the packs, and reports nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from goodstanding.law import Pack, all_packs, load_pack
from goodstanding.law.situations import Situation

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from goodstanding.law.prove import Check, Finding, checks_against, checks_of, harsher, sound
from tests.law import mutants
from tests.law.mutants import Mutant

LOCAL = [pack for pack in all_packs() if pack.base is not None]


def ids(mutant: Mutant) -> str:
    return f"{mutant.pack.id}: {mutant.name}".replace(" ", "_")


@pytest.mark.parametrize("pack", all_packs(), ids=lambda pack: pack.id)
def test_every_shipped_pack_is_sound(pack: Pack) -> None:
    proof = sound(pack)
    assert proof.proved, proof.findings[0].yaml()


@pytest.mark.parametrize("pack", LOCAL, ids=lambda pack: pack.id)
def test_no_shipped_pack_is_harsher_than_its_base_under_its_readings(pack: Pack) -> None:
    proof = harsher(pack, load_pack(str(pack.base)))
    assert proof.proved, proof.findings[0].yaml()


@pytest.mark.parametrize("mutant", list(mutants.harsher()), ids=ids)
def test_a_harsher_pack_is_caught_with_a_replayed_case(mutant: Mutant) -> None:
    finding = _first(checks_against(mutant.pack, mutant.base), mutant.expected)
    _is_readable(finding)
    assert [side.pack.id for side in finding.sides] == [mutant.pack.id, mutant.base.id]
    assert all(side.verdict is not None for side in finding.sides)


@pytest.mark.parametrize("mutant", list(mutants.gapped()), ids=ids)
def test_a_gapped_pack_is_caught_with_a_replayed_case(mutant: Mutant) -> None:
    _is_readable(_first(checks_of(mutant.pack), mutant.expected))


@pytest.mark.parametrize("mutant", list(mutants.milder()), ids=ids)
def test_a_pack_that_is_no_harsher_is_not_reported(mutant: Mutant) -> None:
    proof = harsher(mutant.pack, mutant.base)
    assert proof.proved, proof.findings[0].yaml()


def test_there_are_enough_mutants() -> None:
    assert len([*mutants.harsher(), *mutants.gapped()]) >= 100
    assert len([*mutants.milder()]) >= 40


def _first(checks: Iterable[Check], expected: str) -> Finding:
    """The finding that is expected; the checks after it are not made."""
    made = []
    for check in checks:
        for finding in check.findings:
            made.append(finding.code)
            if finding.code == expected:
                return finding
    raise AssertionError(f"{expected} was not found, but {made}")


def _is_readable(finding: Finding) -> None:
    """Both languages, a day, facts that a situation takes, and the rows on every side with their citations."""
    written = yaml.safe_load(finding.yaml())
    assert written["name_en"] and any("\u4e00" <= sign <= "\u9fff" for sign in written["name_zh"])
    case = {name: written[name] for name in ("id", "name_en", "name_zh", "facts", "on")}
    Situation.model_validate({**case, "expected": {}})
    for answer in written["answers"]:
        assert "failed" in answer or all(row["citation_en"] and row["citation_zh"] for row in answer["rows"])
