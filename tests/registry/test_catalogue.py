"""The catalogue: shipped lists are whole, supplements cannot go too far, and nothing enters without an item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from goodstanding.law.attested import SEEN
from goodstanding.registry.catalogue import CatalogueRefused, all_lists, catalogue_on, read_list, schema
from goodstanding.registry.catalogue.load import SHIPPED
from goodstanding.registry.catalogue.model import ADVERSE_KINDS, CatalogueList, Instrument, Item
from goodstanding.registry.catalogue.sync import sync
from goodstanding.registry.models import CatalogueItem, CatalogueItemVersion, Record
from tests.registry.factories import make_authority, make_entity, make_record, reported, take_in

ON = date(2026, 11, 22)
CITY = (SHIPPED / "cn-example" / "city.yaml").read_text(encoding="utf-8")
NATIONAL = (SHIPPED / "cn" / "national-2024.yaml").read_text(encoding="utf-8")
MARKET = (SHIPPED / "cn" / "market.yaml").read_text(encoding="utf-8")


@pytest.fixture
def own() -> Iterator[Path]:
    """The folder of the installation's own lists, removed afterwards."""
    folder = Path(settings.INTAKE_FOLDER).parent / "catalogue"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_shipped_lists_hold_what_the_field_collects() -> None:
    found = catalogue_on(ON)
    groups = {entry.item.group for entry in found.listed}
    assert groups == {
        "registration", "administrative", "judicial", "social_insurance", "tax", "utility",
        "intellectual_property", "commitment", "commercial",
    }  # fmt: skip
    for entry in found.listed:
        item = entry.item
        assert (item.law_kind in ADVERSE_KINDS) == item.adverse
        assert "natural_person" not in item.scored_on
        assert item.name_zh and item.what_zh and item.citation.clause_zh
        assert (item.citation.confidence in SEEN) == bool(item.citation.source)
        assert item.adverse <= (item.disclosure != "published" or item.shown == "by_law")


def test_commercial_data_is_in_one_catalogue_and_never_public() -> None:
    commercial = [entry for entry in catalogue_on(ON).listed if entry.list.level == "market"]
    assert {entry.item.id for entry in commercial} == {
        "contract-performance",
        "payment-performance",
        "rating",
    }
    for entry in commercial:
        assert entry.item.shown == "not_published" and entry.item.record_kind == "fact"
        assert entry.item.providers == ("market_institution",)


def test_the_catalogue_is_that_of_the_day() -> None:
    assert catalogue_on(date(2024, 2, 17)).find("penalty") is None
    assert catalogue_on(date(2024, 2, 18)).item("penalty").record_kind == "penalty"


def test_an_item_has_one_version_a_day(tmp_path: Path) -> None:
    """A second version of an item begins where the first ends."""
    at = MARKET.index("  - id: rating")
    rating = MARKET[at:]
    path = tmp_path / "list.yaml"
    path.write_text(MARKET + rating, encoding="utf-8")
    with pytest.raises(CatalogueRefused, match="twice in force"):
        read_list(path)
    first = rating + "    in_force: {from: 2024-02-18, to: 2025-12-31}\n"
    second = rating.replace("disclosure: shared", "disclosure: on_request")
    path.write_text(
        MARKET[:at] + first + second + "    in_force: {from: 2026-01-01, to: null}\n", encoding="utf-8"
    )
    assert len(read_list(path).items) == 4


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (NATIONAL, "    polarity: adverse\n", "    polarity: neutral\n", "adverse item needs a kind"),
        (NATIONAL, "scored_on: [organisation, individual_business]", "scored_on: [natural_person]", "scored_on"),
        (NATIONAL, "instrument: order-36, article", "instrument: order-99, article", "no instrument order-99"),
        (NATIONAL, "source: [S40], confidence: V", "source: [], confidence: V", "name at least one source"),
        (NATIONAL, "source: [S40], confidence: V", "source: [S41], confidence: V", "no source S41"),
        (NATIONAL, "    disclosure: on_request\n", "    disclosure: published\n", "does not go with shown"),
        (NATIONAL, "providers: [court]", "providers: [market_institution]", "of a market list only"),
        (NATIONAL, "  - id: penalty\n", "  - id: permit\n", "twice in force"),
        (NATIONAL, "level: national\n", "level: local\n", "names the division"),
        (NATIONAL, "    group: judicial\n", "    group: gossip\n", "group"),
        (NATIONAL, "kept_months: {value: null, confidence: X}", "kept_months: {value: 60, confidence: X}", "stay null"),
        (CITY, "rank: local_regulation", "rank: policy_document", "rests on local_regulation"),
        (CITY, "source: [], confidence: X", "source: [S1], confidence: V", "never seen"),
        (CITY, "shown: not_published", "shown: as_stated", "does not go with"),
        (
            MARKET,
            "subjects: [organisation, individual_business]",
            "subjects: [organisation, individual_business, natural_person]",
            "natural persons",
        ),
        (MARKET, "providers: [market_institution]", "providers: [government]", "market institutions only"),
        (MARKET, "items:\n", "items: [\n", "YAML"),
    ],
)  # fmt: skip
def test_a_faulty_list_is_refused_with_its_line(
    tmp_path: Path, text: str, old: str, new: str, said: str
) -> None:
    assert old in text
    path = tmp_path / "list.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueRefused, match=said.replace("(", r"\(")) as refused:
        read_list(path)
    assert all(problem.line >= 1 for problem in refused.value.problems)
    assert "list.yaml:" in refused.value.en and "list.yaml:" in refused.value.zh


def test_a_supplement_narrows_and_adds(own: Path) -> None:
    (own / "city.yaml").write_text(CITY.replace("id: cn-example-city", "id: city", 1), encoding="utf-8")
    found = catalogue_on(ON)
    assert found.item("utility-payment").subjects == ("organisation",)
    assert found.item("housing-fund-contribution").record_kind == "fact"
    before = catalogue_on(date(2026, 6, 30))
    assert before.item("utility-payment").subjects == ("organisation", "individual_business")
    assert before.find("housing-fund-contribution") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "subjects: [organisation]",
            "subjects: [organisation, natural_person]",
            "subjects has natural_person",
        ),
        ("providers: [utility]", "providers: [utility, government]", "providers has government"),
        ("disclosure: on_request", "disclosure: shared", "it is on_request, not shared"),
        ("group: utility", "group: tax", "group is utility"),
        ("supplements: cn-national-2024", "supplements: cn-national-1999", "no national list"),
        ("jurisdiction: CN", "jurisdiction: JP", "no national list"),
    ],
)
def test_a_supplement_cannot_widen_a_national_item(own: Path, old: str, new: str, said: str) -> None:
    text = new.join(CITY.rsplit(old, 1))
    (own / "city.yaml").write_text(text.replace("id: cn-example-city", "id: city", 1), encoding="utf-8")
    with pytest.raises(CatalogueRefused, match=said) as refused:
        catalogue_on(ON)
    assert refused.value.problems[0].line > 1


def test_a_supplement_cannot_loosen_publication(own: Path) -> None:
    at = CITY.index("  - id: utility-payment")
    loose = CITY[at:].replace("disclosure: on_request", "disclosure: published").replace(
        "shown: not_published", "shown: as_stated"
    )  # fmt: skip
    (own / "city.yaml").write_text(CITY[:at] + loose, encoding="utf-8")
    with pytest.raises(CatalogueRefused, match="by law or not at all"):
        catalogue_on(ON)


def test_a_market_list_changes_no_national_item(own: Path) -> None:
    text = MARKET.replace("id: cn-market", "id: mine", 1).replace("  - id: rating", "  - id: penalty")
    (own / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueRefused, match="no market list changes"):
        catalogue_on(ON)


def test_the_example_supplement_is_in_use_only_where_it_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cn-example-city" in {one.id for one in all_lists()}
    assert catalogue_on(ON).find("housing-fund-contribution") is None
    monkeypatch.setattr(settings, "CATALOGUE_SUPPLEMENTS", ["cn-example-city"])
    assert catalogue_on(ON).find("housing-fund-contribution") is not None
    monkeypatch.setattr(settings, "CATALOGUE_SUPPLEMENTS", ["no-such-city"])
    with pytest.raises(CatalogueRefused, match="no-such-city"):
        catalogue_on(ON)


def test_the_database_holds_the_catalogue(database: str, own: Path) -> None:
    assert set(CatalogueItem.objects.values_list("code", flat=True)) == {
        item.id for one in all_lists() if one.level != "local" for item in one.items
    }
    assert sync() == 0
    (own / "city.yaml").write_text(CITY.replace("id: cn-example-city", "id: city", 1), encoding="utf-8")
    assert sync() == 3, "one new item, two versions"
    assert CatalogueItemVersion.objects.filter(item_id="utility-payment").count() == 2
    (own / "city.yaml").unlink()
    assert sync() == 2
    assert CatalogueItem.objects.filter(code="housing-fund-contribution").exists()
    assert not CatalogueItemVersion.objects.filter(item_id="housing-fund-contribution").exists()


def test_an_item_keeps_its_kind_for_ever(database: str, own: Path) -> None:
    text = CITY.replace("id: cn-example-city", "id: city", 1)
    (own / "city.yaml").write_text(text, encoding="utf-8")
    sync()
    at = text.index("  - id: utility-payment")
    changed = text[:at].replace("law_kind: null", "law_kind: permit")
    (own / "city.yaml").write_text(changed + text[at:], encoding="utf-8")
    with pytest.raises(CatalogueRefused, match="another kind of record"):
        sync()


def held_by(error: pytest.ExceptionInfo[IntegrityError]) -> str | None:
    """The name of the constraint that refused."""
    assert isinstance(error.value.__cause__, psycopg.Error)
    return error.value.__cause__.diag.constraint_name


def test_a_kind_that_is_not_in_the_catalogue_cannot_enter(database: str) -> None:
    entity, authority = make_entity(), make_authority()
    for wrong in ({"item": "gossip"}, {"item": "permit", "kind": "penalty"}):
        with pytest.raises(IntegrityError) as refused:
            take_in(reported(entity, authority, **wrong))
        assert held_by(refused) == "record_kind_is_in_catalogue"
    assert Record.objects.count() == 0
    record = make_record(entity, authority)
    assert record.item_id == "penalty"
    for change in ({"kind": "permit"}, {"item_id": "permit"}):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Record.objects.filter(pk=record.pk).update(**change)
        assert held_by(refused) == "record_kind_is_in_catalogue"


def test_the_schema_is_json_schema() -> None:
    document = json.loads(schema())
    assert document["$schema"].endswith("2020-12/schema")
    assert document["$defs"]["Item"]["additionalProperties"] is False


def test_every_field_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "catalogue.md").read_text(
        encoding="utf-8"
    )
    for model in (CatalogueList, Instrument, Item):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in text, (model.__name__, name)
    for one in all_lists():
        assert f"`{one.id}`" in text
