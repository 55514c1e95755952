"""The truth beside each file is what an independent judge finds in it."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import orjson
import pytest

from goodstanding.world import generate
from goodstanding.world.dirt import DIRT
from goodstanding.world.entities import REGISTRATION_DIRT
from tests.oracles.city_rows import Judge, read

ON = date(2026, 11, 22)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    generate(folder, entities=4_000, seed=20, on=ON, records=40_000)
    return folder


def truth_of(folder: Path, path: str) -> list[dict[str, str]]:
    with (folder / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_ends_as_an_independent_judge_says(city: Path) -> None:
    manifest = orjson.loads((city / "manifest.json").read_bytes())
    judge = Judge(today=ON)
    wrong, judged = [], 0
    for entry in manifest["files"]:
        rows = list(read(city, entry))
        truth = truth_of(city, entry["truth"])
        assert len(rows) == len(truth) == entry["rows"]
        for (header, cells), answer in zip(rows, truth, strict=True):
            judged += 1
            found = judge.judge(entry["contract"], entry["authority"], header, cells)
            if found != (answer["disposition"], answer["reason"]):
                wrong.append((entry["path"], answer, found, cells))
    assert not wrong, wrong[:5]
    assert judged > 44_000


def test_the_manifest_counts_what_the_truth_lists(city: Path) -> None:
    manifest = orjson.loads((city / "manifest.json").read_bytes())
    assert manifest["files"][0]["contract"] == "registration"
    for entry in manifest["files"]:
        truth = truth_of(city, entry["truth"])
        ends = Counter(answer["disposition"] for answer in truth)
        assert entry["expected"] == {
            end: ends[end] for end in ("committed", "unchanged", "superseding", "rejected")
        }
        assert sum(entry["expected"].values()) == entry["rows"]
        assert entry["reasons"] == dict(Counter(answer["reason"] for answer in truth if answer["reason"]))
        assert [int(answer["row"]) for answer in truth] == list(range(1, entry["rows"] + 1))


def test_every_kind_of_dirt_comes_about_as_often_as_documented(city: Path) -> None:
    manifest = orjson.loads((city / "manifest.json").read_bytes())
    seen: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    for entry in manifest["files"]:
        for answer in truth_of(city, entry["truth"]):
            (entities if entry["contract"] == "registration" else seen)[answer["dirt"]] += 1
    assert set(seen) == {kind.name for kind in DIRT} | {""}
    assert set(entities) == set(REGISTRATION_DIRT) | {""}
    everywhere = {
        "date_spelling",
        "extra_spaces",
        "lower_case_code",
        "wrong_check_character",
        "missing_value",
    }
    for kind in DIRT:
        if kind.name in everywhere:
            assert seen[kind.name] == pytest.approx(40_000 * kind.share / 10_000, rel=0.35), kind.name
    assert 0.01 < sum(seen[kind.name] for kind in DIRT if kind.disposition == "rejected") / 40_000 < 0.04


def test_a_row_carries_at_most_one_problem_and_names_its_column(city: Path) -> None:
    manifest = orjson.loads((city / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        header = next(iter(read(city, entry)))[0]
        for answer in truth_of(city, entry["truth"]):
            assert bool(answer["reason"]) == (answer["disposition"] == "rejected")
            if answer["reason"] and answer["reason"] != "row.column_count":
                assert answer["column"] in header
