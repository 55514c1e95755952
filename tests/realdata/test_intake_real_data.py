"""Real feeds: how many rows of each are committed, superseding, unchanged, and rejected for which reason."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from goodstanding.identity import is_uscc
from goodstanding.intake import queries
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority, Entity, Identifier, Record, RecordVersion
from tests.intake.files import outcomes, take_in
from tests.registry.factories import make_authority

ON = date(2026, 11, 22)


def tell(batch: Batch) -> None:
    committed, unchanged, superseding, rejected = outcomes(batch)
    print(
        f"\n{batch.contract} ({batch.name}): {batch.rows:,} rows: {committed:,} committed,"
        f" {superseding:,} superseding, {unchanged:,} unchanged, {rejected:,} rejected"
        f" {queries.counts_by_reason(batch) or ''}"
    )


def enterprises(shared_data: Path, path: Path, *, every: int) -> tuple[Path, int]:
    """Every so-manyth row of the registry file as CSV."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow reads the registry file")
    source = parquet.ParquetFile(shared_data / "cn_enterprise_registry" / "enterprises_sample.parquet")
    written = at = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(source.schema_arrow.names)
        for part in source.iter_batches(batch_size=50_000):
            chosen = part.slice((-at) % every).to_pylist()[::every]
            writer.writerows([["" if cell is None else cell for cell in row.values()] for row in chosen])
            written += len(chosen)
            at += part.num_rows
    return path, written


def test_chinese_registrations(database: str, shared_data: Path, tmp_path: Path) -> None:
    bureau = make_authority()
    path, count = enterprises(shared_data, tmp_path / "enterprises.csv", every=16)
    batch = take_in(path, "cn_enterprise_registry", bureau, today=ON)
    tell(batch)
    assert batch.state == "done", batch.error
    assert batch.rows == count > 60_000
    assert set(queries.counts_by_reason(batch)) <= {
        "link.code_and_name_disagree",
        "link.name_lost_characters",
    }
    assert batch.committed == Entity.objects.count() == Identifier.objects.filter(scheme="uscc").count()
    again = take_in(path, "cn_enterprise_registry", bureau, today=ON)
    assert outcomes(again) == (0, count - batch.rejected, 0, batch.rejected)


def test_odd_codes_end_quarantined_with_the_right_reason(database: str, shared_data: Path) -> None:
    """Lower-case letters, unusual prefixes and a wrong inner organisation code are still valid codes."""
    path = shared_data / "cn_enterprise_registry" / "code_anomalies.csv"
    batch = take_in(path, "cn_enterprise_registry", make_authority(), today=ON)
    tell(batch)
    assert batch.state == "done", batch.error
    rejected = {row.row: row for row in batch.rejected_rows.all()}
    assert all(row.quarantined for row in rejected.values())
    seen: Counter[tuple[str, str, str]] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            code = rejected[number].reasons[0]["code"] if number in rejected else "committed"
            seen[row["why"], row["code_class"], code] += 1
            match row["why"]:
                case "not_valid_uscc":
                    expected = (
                        "link.no_identifier" if row["code_class"] == "empty" else "link.invalid_identifier"
                    )
                    assert code == expected, row
                case "private_use_char_in_name":
                    assert code == "link.name_lost_characters", row
                case _:
                    assert code in (
                        "committed",
                        "link.code_and_name_disagree",
                        "link.name_lost_characters",
                    ), row
                    assert code != "committed" or is_uscc(row["uscc"].upper())
    for (why, code_class, code), count in sorted(seen.items()):
        print(f"  {why:34} {code_class:12} {code:30} {count:,}")


def test_homonyms_are_never_merged(database: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "cn_enterprise_registry" / "homonyms_different_uscc.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = tmp_path / "homonyms.csv"
    names = [name for name in rows[0] if name != "norm_name"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    batch = take_in(path, "cn_enterprise_registry", make_authority(), today=ON)
    tell(batch)
    assert batch.committed == len(rows) == Entity.objects.count()


@pytest.fixture
def site(database: str) -> Authority:
    return make_authority("公开来源", code="X-SOURCE")


def test_taiwanese_penalties(site: Authority, shared_data: Path) -> None:
    path = shared_data / "tw_labor_penalties_sample" / "penalties.csv"
    batch = take_in(path, "tw_labor_penalties_sample", site, today=ON)
    tell(batch)
    assert batch.state == "done", batch.error
    assert set(queries.counts_by_reason(batch)) == {"link.name_lost_characters"}
    lost = {row.values[2] for row in batch.rejected_rows.all()}
    assert lost == {"&#2013268056;師傅企業股份有限公司", "?亭停車事業股份有限公司"}
    (doubled,) = Record.objects.filter(version=2)
    assert doubled.document_no == "107年府勞條字1070005768號"
    assert RecordVersion.objects.get().content["public"]["announced_roc"] == "2019-05-05"
    # A line break inside a number does not make another number, a letter at its end does.
    assert Record.objects.filter(document_no__contains="10333583700").count() == 1
    assert Record.objects.filter(document_no__contains="1100071848").count() == 3
    # ㄧ for 一: one name. Another county: another entity known by name only.
    threads = Entity.objects.filter(name_key="一五一絲綢織品有限公司")
    assert sorted(threads.values_list("address", flat=True)) == ["台北市", "宜蘭縣"]
    assert all(Entity.objects.values_list("known_by_name_only", flat=True))
    assert set(Record.objects.values_list("state", "publish_until")) == {("unpublished", None)}
    assert Record.objects.filter(amount_yuan__isnull=False).count() == 0
    assert outcomes(take_in(path, "tw_labor_penalties_sample", site, today=ON)) == (0, 50, 0, 2)


def test_japanese_list(site: Authority, shared_data: Path) -> None:
    path = shared_data / "jp_labor_violation_timeline" / "appearances.csv"
    batch = take_in(path, "jp_labor_violation_timeline", site, today=ON)
    tell(batch)
    assert batch.state == "done", batch.error
    by_reason = queries.counts_by_reason(batch)
    assert by_reason["column.missing_value"] == 108
    assert set(Record.objects.values_list("state", flat=True)) == {"ended"}
    assert set(Record.objects.values_list("pack", flat=True)) == {
        "contract:jp_labor_violation_timeline@1.0.0"
    }
    record = Record.objects.get(entity__name="（有）曾野木商事", entity__address="新潟県新潟市")
    assert (record.publish_from, record.publish_until) == (date(2016, 12, 1), date(2017, 6, 2))
    assert outcomes(take_in(path, "jp_labor_violation_timeline", site, today=ON))[2] == 0


def test_a_source_that_names_entities_in_free_text_only(site: Authority, shared_data: Path) -> None:
    path = shared_data / "us_ma_dep_enforcement" / "enforcement_actions.csv"
    batch = take_in(path, "us_ma_dep_enforcement", site, today=ON)
    tell(batch)
    assert batch.state == "done", batch.error
    assert batch.rejected == batch.rows == 3_072
    assert Entity.objects.count() == Record.objects.count() == 0
    assert all(row.quarantined for row in batch.rejected_rows.all() if len(row.reasons) == 1)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    kept = {row.row: row.values for row in batch.rejected_rows.all()}
    assert all(kept[number] == row for number, row in enumerate(rows, start=2))
