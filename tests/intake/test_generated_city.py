"""A whole generated city, with the true outcome of every row as the oracle."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from goodstanding.intake.models import Batch
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority, Event, Record
from goodstanding.world import generate
from tests.intake.files import outcomes, take_in

ON = date(2026, 6, 1)


@pytest.fixture(scope="module")
def by_rows() -> Iterator[None]:
    """Everything goes into the registry row by row, mass facts too, as where the columns are not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "BULK_ENGINE", "rows")
        yield


@pytest.fixture(scope="module")
def city(
    module_database: str, by_rows: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[tuple[Any, Batch]]]:
    """A city of 1,500 entities, taken in once. Its folder, and each file's manifest entry with its batch."""
    folder = tmp_path_factory.mktemp("city")
    generate(folder, entities=1_500, seed=20260601, on=ON)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    taken = []
    for file in manifest["files"]:
        sender = Authority.objects.get(code=file["authority"])
        taken.append((file, take_in(folder / file["path"], file["contract"], sender, today=ON, chunk=700)))
    return folder, taken


def first_row(file: dict[str, Any]) -> int:
    """The number of the first row of data: a header stands before it but for JSON Lines."""
    return 1 if file["format"] == "jsonl" else 2


def test_every_row_of_the_city_ends_as_it_must(city: tuple[Path, list[tuple[Any, Batch]]]) -> None:
    folder, taken = city
    wrong = []
    for file, batch in taken:
        assert batch.state == "done", (file["path"], batch.error)
        expected = file["expected"]
        got = dict(zip(("committed", "unchanged", "superseding", "rejected"), outcomes(batch), strict=True))
        rejected = {row.row: row.reasons[0] for row in batch.rejected_rows.all()}
        with (folder / file["truth"]).open(encoding="utf-8", newline="") as truth:
            for row in csv.DictReader(truth):
                why = rejected.get(int(row["row"]) - 1 + first_row(file))
                code, column = (why["code"], why["column"] or "") if why else ("", "")
                if (code, column if code else "") != (row["reason"], row["column"]):
                    wrong.append((file["path"], row, code, column))
        assert got == expected, (file["path"], wrong[:5])
    assert not wrong, wrong[:20]


def test_the_journal_tells_each_change_once(city: tuple[Path, list[tuple[Any, Batch]]]) -> None:
    _, taken = city
    changes = sum(batch.committed + batch.superseding for _, batch in taken)
    persons = Event.objects.filter(kind="entity.registered", content__entity_kind="natural_person").count()
    assert Event.objects.count() == changes + persons
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, changes + persons + 1)
    )
    records = sum(batch.committed for file, batch in taken if file["contract"] != "registration")
    assert Record.objects.count() == records


def test_the_city_sent_again_changes_nothing(city: tuple[Path, list[tuple[Any, Batch]]]) -> None:
    """Not even where a row and its correction stand in one file."""
    folder, taken = city
    for file, batch in taken:
        before = Event.objects.count()
        again = take_in(folder / file["path"], file["contract"], batch.authority, today=ON)
        assert outcomes(again) == (0, batch.rows - batch.rejected, 0, batch.rejected), file["path"]
        assert Event.objects.count() == before
