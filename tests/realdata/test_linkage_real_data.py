"""Linkage on data whose truth others made; the whole measurement is `python -m bench linkage`."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import linkage as bench

from goodstanding.intake.linkage import cluster


@pytest.fixture(autouse=True)
def data() -> None:
    for path in (bench.REGISTRY, bench.HOMONYMS, bench.CHICAGO, bench.KVK, bench.PAIRS):
        if not path.exists():
            pytest.skip(f"../shared/data/{path.relative_to(bench.DATA)} is absent")


def test_damaged_registry_rows() -> None:
    sample = bench.registry_sample(many=1_500, where="province IN ('浙江', '河南')", seed="realdata")
    found, waiting = bench.ours(sample)
    linked = bench.quality(found, sample.present)
    baseline = bench.quality(bench.rapidfuzz_baseline(sample), sample.present)
    print(f"\ngoodstanding {linked}; {len(waiting)} more in review\nrapidfuzz    {baseline}")
    assert linked.precision >= 0.995
    assert linked.recall >= 0.96
    assert (linked.right + len(waiting)) / len(sample.present) >= 0.98
    assert linked.precision > baseline.precision
    assert linked.recall > baseline.recall


def test_namesakes_are_not_put_together() -> None:
    rows = bench.homonym_rows()
    assert len(rows) == 67
    assert len(set(cluster(rows)["cluster"].to_pylist())) == 67
    # Without the codes four pairs have name, address and division in common, and nothing can tell them apart.
    without = cluster(rows.drop_columns(["uscc"]))["cluster"].to_pylist()
    assert 67 - len(set(without)) <= 4


def test_chicagos_sites() -> None:
    table, truth = bench.chicago()
    found = bench.pairs_quality(cluster(table)["cluster"].to_pylist(), truth)
    baseline = bench.pairs_quality(bench.chicago_by_rapidfuzz(table), truth)
    print(f"\ngoodstanding {found}\nrapidfuzz    {baseline}")
    assert found.precision >= 0.93
    assert found.recall >= 0.75
    assert found.recall > baseline.recall


@pytest.mark.parametrize(("path", "precision", "recall"), [(bench.KVK, 0.5, 0.7), (bench.PAIRS, 0.95, 0.6)])
def test_pairs_of_names(path: Path, precision: float, recall: float) -> None:
    left, right, same = bench.name_pairs(path)
    found = bench.answers_quality(bench.compared(left, right), same)
    print(f"\n{path.stem}: {found}")
    assert found.precision >= precision
    assert found.recall >= recall
