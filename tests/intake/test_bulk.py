"""The bulk pipeline against the row code, against the registry, and against the truth of a generated city."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from goodstanding.intake.build import KnownAuthority
from goodstanding.intake.bulk.outcome import BulkOutcome
from goodstanding.intake.bulk.registry import authorities, export_held, export_known
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority, Record
from goodstanding.world import generate
from tests.intake.bulk_runs import accepted, assert_same, job, rejected, take
from tests.intake.files import take_in

ON = date(2026, 6, 1)
#: Of each contract, form and encoding one file.
FILES = (
    *("penalties-market.csv", "penalties-ecology.csv", "penalties-transport.csv", "permits-market.xlsx"),
    *("commitments.jsonl", "abnormal-list.csv", "serious-list.xlsx"),
)
City = tuple[Path, dict[str, Any], dict[str, KnownAuthority]]


@pytest.fixture(scope="module")
def city(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city whose register is in the registry and nothing else; its folder, manifest and authorities."""
    folder = tmp_path_factory.mktemp("city")
    generate(folder, entities=1_000, seed=20261122, on=ON, records=4_000)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    register = manifest["files"].pop(0)
    manifest["files"] = [file for file in manifest["files"] if file["path"] in FILES]
    sender = Authority.objects.get(code=register["authority"])
    take_in(folder / register["path"], register["contract"], sender, today=ON)
    export_known(folder / "known.parquet")
    return folder, manifest, authorities()


@pytest.fixture(scope="module")
def taken(city: City) -> dict[str, BulkOutcome]:
    """Every file of the city through the columns."""
    folder, manifest, known = city
    found = {}
    for file in manifest["files"]:
        made = job(file["contract"], known, file["authority"], today=ON)
        found[file["path"]] = take(
            folder / file["path"], made, folder / "known.parquet", folder / f"{file['path']}.columns"
        )
    return found


def test_every_row_ends_as_the_city_says(city: City, taken: dict[str, BulkOutcome]) -> None:
    folder, manifest, _ = city
    for file in manifest["files"]:
        outcome = taken[file["path"]]
        assert outcome.counts == file["expected"], file["path"]
        first = 1 if file["format"] == "jsonl" else 2
        got = {row["row"]: json.loads(row["reasons"])[0] for row in rejected(outcome)}
        with (folder / file["truth"]).open(encoding="utf-8", newline="") as truth:
            for row in csv.DictReader(truth):
                why = got.get(int(row["row"]) - 1 + first)
                assert (why["code"] if why else "") == row["reason"], (file["path"], row)


def test_columns_say_what_the_row_code_says(city: City, taken: dict[str, BulkOutcome]) -> None:
    folder, manifest, known = city
    for file in manifest["files"]:
        made = job(file["contract"], known, file["authority"], today=ON, columns=False)
        one_by_one = take(
            folder / file["path"], made, folder / "known.parquet", folder / f"{file['path']}.rows"
        )
        assert one_by_one.plain == 0
        assert_same(taken[file["path"]], one_by_one)


def test_what_is_clean_or_merely_written_differently_is_plain(
    city: City, taken: dict[str, BulkOutcome]
) -> None:
    folder, manifest, _ = city
    formatting = {"date_spelling", "extra_spaces", "lower_case_code", "full_width_code", "leading_sign"}
    for file in manifest["files"]:
        with (folder / file["truth"]).open(encoding="utf-8", newline="") as truth:
            usual = sum(
                row["disposition"] != "rejected" and row["dirt"] in {"", *formatting}
                for row in csv.DictReader(truth)
            )
        assert taken[file["path"]].plain >= 0.94 * usual, file["path"]


def test_the_registry_holds_the_same_records(city: City, taken: dict[str, BulkOutcome]) -> None:
    """The same files taken in row by row: every field of every record that is not about a natural person."""
    folder, manifest, known = city
    codes = {found.pk: code for code, found in known.items()}
    compared = 0
    for file in manifest["files"]:
        sender = Authority.objects.get(code=file["authority"])
        batch = take_in(folder / file["path"], file["contract"], sender, today=ON)
        assert batch.rejected == taken[file["path"]].rejected
        last = {row["natural_key"]: row for row in accepted(taken[file["path"]])}
        records = Record.objects.filter(batch=batch.pk).select_related("entity")
        for record in records.exclude(entity__kind="natural_person"):
            row = last[bytes(record.natural_key)]
            assert row["content_digest"] == bytes(record.content_digest)
            assert json.loads(row["content"]) == record.content
            for name in (
                *(
                    "kind",
                    "contract",
                    "document_no",
                    "legal_basis",
                    "found_on",
                    "measures",
                    "amount_yuan",
                    "pack",
                ),
                *("severity", "publish_from", "restorable_from", "publish_until", "restorable", "version"),
            ):
                assert row[name] == getattr(record, name), (file["path"], record.row, name)
            assert row["entity"] == str(record.entity.public_id)
            assert row["item"] == record.item_id
            assert (row["issuer"], row["source"]) == (codes[record.authority_id], codes[record.source_id])
            compared += 1
    assert compared > 2_000


def test_what_the_registry_holds_changes_nothing_again(city: City, taken: dict[str, BulkOutcome]) -> None:
    """After the test above every record is in the registry: sent again, no row commits."""
    folder, manifest, known = city
    export_held(folder / "held.parquet")
    for file in manifest["files"][:1]:
        made = job(
            file["contract"],
            known,
            file["authority"],
            today=ON,
            repeated=True,
        )
        export_known(folder / "known-now.parquet")
        again = take(
            folder / file["path"],
            made,
            folder / "known-now.parquet",
            folder / f"{file['path']}.again",
            held=folder / "held.parquet",
        )
        first = taken[file["path"]]
        assert (again.committed, again.superseding, again.rejected) == (0, 0, first.rejected)
        assert again.unchanged == first.rows - first.rejected
