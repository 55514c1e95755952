"""The same arguments give the same bytes, in any process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from goodstanding.world import Population, WorldError, generate

ON = date(2026, 11, 22)
_SCRIPT = (
    "import sys, datetime; from goodstanding.world import generate; "
    "generate(sys.argv[1], entities=1000, seed=7, on=datetime.date(2026, 11, 22))"
)


def digest_of(folder: Path) -> str:
    """One hash over the names and bytes of all files."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    digests = set()
    for hash_seed in ("0", "4711"):
        folder = tmp_path / hash_seed
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", _SCRIPT, str(folder)], check=True, env=environment)
        digests.add(digest_of(folder))
    assert len(digests) == 1
    generate(tmp_path / "other", entities=1000, seed=8, on=ON)
    assert digest_of(tmp_path / "other") not in digests


def test_a_later_run_replaces_an_earlier_one(tmp_path: Path) -> None:
    generate(tmp_path / "twice", entities=200, seed=1, on=ON)
    generate(tmp_path / "twice", entities=200, seed=2, on=ON)
    generate(tmp_path / "once", entities=200, seed=2, on=ON)
    assert digest_of(tmp_path / "twice") == digest_of(tmp_path / "once")


def test_a_city_of_a_thousand_takes_a_few_seconds(tmp_path: Path) -> None:
    before = time.process_time()
    generate(tmp_path, entities=1000, seed=1, on=ON)
    assert time.process_time() - before < 5


def test_any_entity_can_be_made_again_alone() -> None:
    whole = Population(entities=2000, seed=3, on=ON)
    entities = [whole.entity(number) for number in range(2000)]
    assert Population(entities=2000, seed=3, on=ON).entity(1234) == entities[1234]
    assert Population(entities=70_000_000, seed=3, on=ON).entity(1234) == entities[1234]


def test_records_are_counted_as_asked_and_progress_ends_at_the_total(tmp_path: Path) -> None:
    told: list[int] = []
    manifest = generate(tmp_path, entities=100, seed=1, on=ON, records=2_345, progress=told.append)
    assert sum(file.rows for file in manifest.files[1:]) == 2_345
    assert told == sorted(told) and told[-1] == manifest.rows


@pytest.mark.parametrize(("entities", "records"), [(99, None), (80_000_001, None), (100, -1)])
def test_numbers_out_of_range_are_refused_in_both_languages(
    tmp_path: Path, entities: int, records: int | None
) -> None:
    with pytest.raises(WorldError) as refused:
        generate(tmp_path, entities=entities, seed=1, on=ON, records=records)
    assert refused.value.code.endswith(".out_of_range") and refused.value.en and refused.value.zh
    assert not list(tmp_path.iterdir())
