"""A contract may be narrower than its item of the catalogue, never wider; and only who may provide an item does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from goodstanding.intake import commands
from goodstanding.intake.contract import SHIPPED, load_contract, read_contract
from goodstanding.intake.errors import ContractRefused, SourceNotAllowed
from goodstanding.intake.models import Batch
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.models import Authority, Record
from tests.intake.files import AT, clock, outcomes, penalty, reasons, take_in, write_csv
from tests.registry.factories import make_authority, make_entity, uscc

BILLS = (SHIPPED / "utility-payments.yaml").read_text(encoding="utf-8")
DEBTORS = (SHIPPED / "judgment-debtors.yaml").read_text(encoding="utf-8")
PENALTIES = (SHIPPED / "double-publicity-penalties.yaml").read_text(encoding="utf-8")
NAME = "临湖市天成商贸有限公司"


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (BILLS, "value: utility-payment\n", "value: gossip\n", "no item gossip in force"),
        (BILLS, "classification: on_request", "classification: public", "MC is public"),
        (BILLS, "classification: on_request", "classification: shared", "may at most be on_request"),
        (BILLS, "kind: fact", "kind: permit", "are of the kind fact, not permit"),
        (BILLS, "decided: not_published", "decided: by_law", "shown not_published, not by_law"),
        (BILLS, "jurisdiction: CN", "jurisdiction: JP", "an item of CN, not of JP"),
        (BILLS, "      name: MC\n", "      name: MC\n      personNumber: YHBH\n", "not collected on a natural_person"),
        (DEBTORS, "      legalBasis: ZXYJ\n", "", "needs legalBasis"),
        (DEBTORS, "kind: other", "kind: penalty", "are of the kind other, not penalty"),
        (PENALTIES, "value: penalty\n", "value: abnormal-list\n", "are of the kind abnormal_list"),
        (PENALTIES, "value: penalty\n", "value: registration\n", "are of the kind None"),
    ],
)  # fmt: skip
def test_a_contract_that_is_wider_than_its_item_is_refused_with_its_line(
    tmp_path: Path, text: str, old: str, new: str, said: str
) -> None:
    assert old in text
    path = tmp_path / "c.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractRefused, match=said) as refused:
        read_contract(path)
    assert all(problem.line > 1 for problem in refused.value.problems)


def test_adverse_records_without_an_end_are_refused(tmp_path: Path) -> None:
    """What a source states needs a last day or a number of months; an item shown by law takes neither."""
    stated = DEBTORS.replace("decided: by_law", "decided: as_stated").replace(
        "endsOn: JARQ", "from: LARQ\n      until: JARQ\n      severity: ordinary"
    )
    path = tmp_path / "c.yaml"
    path.write_text(stated, encoding="utf-8")
    with pytest.raises(ContractRefused, match="monthsAtMost"):
        read_contract(path)
    path.write_text(
        stated.replace("      until: JARQ", "      until: JARQ\n      monthsAtMost: 12"), encoding="utf-8"
    )
    with pytest.raises(ContractRefused, match="shown by_law, not as_stated"):
        read_contract(path)


def test_a_contract_is_held_against_the_catalogue_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_contract("utility-payments", on=date(2026, 11, 22)).clauses.item == "utility-payment"
    with pytest.raises(ContractRefused, match="no item utility-payment in force"):
        load_contract("utility-payments", on=date(2024, 2, 17))


@pytest.fixture
def supplement() -> Iterator[Path]:
    """The example city's supplement as this installation's own, so that only organisations have utility bills."""
    folder = Path(settings.INTAKE_FOLDER).parent / "catalogue"
    folder.mkdir()
    source = Path(settings.PACKAGE) / "registry/catalogue/lists/cn-example/city.yaml"
    path = folder / "city.yaml"
    path.write_text(source.read_text(encoding="utf-8").replace("cn-example-city", "city"), encoding="utf-8")
    yield path
    path.unlink()
    folder.rmdir()


def test_a_local_supplement_binds_contracts(supplement: Path, tmp_path: Path) -> None:
    kinds = "      name: MC\n      kindColumn: JFZT\n      kinds: {已缴: individual_business}\n"
    path = tmp_path / "c.yaml"
    path.write_text(BILLS.replace("      name: MC\n", kinds, 1), encoding="utf-8")
    assert read_contract(path, catalogue=catalogue_on(date(2026, 6, 30))).id == "utility-payments"
    with pytest.raises(ContractRefused, match="not collected on a individual_business"):
        read_contract(path, catalogue=catalogue_on(date(2026, 7, 1)))


def bill(number: int, code: str, **more: str) -> dict[str, str]:
    row = {
        "MC": NAME,
        "TYSHXYDM": code,
        "ZDBH": f"B{number:06d}",
        "YWLX": "水",
        "ZQ": "2026-04",
        "ZDRQ": "2026-05-03",
        "JE": "120.50",
        "JFZT": "已缴",
    }
    return row | more


def test_bills_enter_as_facts_that_nobody_sees_unasked(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BULK_ENGINE", "rows")  # into the registry, not into the lake
    code = uscc(71)
    make_entity(NAME, identifiers=(("uscc", code),))
    water = make_authority("临湖市自来水公司")
    Authority.objects.filter(pk=water.pk).update(source_kind="utility")
    rows = [bill(1, code), bill(1, code), bill(2, code, JFZT="欠缴"), bill(3, code, ZQ="2026-13")]
    path = write_csv(tmp_path / "bills.csv", "utility-payments", rows)
    batch = take_in(path, "utility-payments", water)
    assert outcomes(batch) == (2, 1, 0, 1), reasons(batch)
    assert Record.objects.count() == 2
    for record in Record.objects.all():
        assert (record.kind, record.item_id, record.state) == ("fact", "utility-payment", "unpublished")
        assert record.severity is None and not record.adverse
        assert record.content["public"]["ZDBH"] == record.document_no
        assert record.amount_yuan is not None


def test_a_source_provides_only_what_it_may(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    path = write_csv(tmp_path / "bills.csv", "utility-payments", [bill(1, uscc(72))])
    with pytest.raises(SourceNotAllowed, match="A government may not provide"):
        commands.receive(
            path=path,
            name="b.csv",
            contract="utility-payments",
            authority_id=bureau.pk,
            account_id=None,
            at=AT,
        )
    assert Batch.objects.count() == 0


def test_a_row_whose_source_may_not_provide_it_comes_back(database: str, tmp_path: Path) -> None:
    code = uscc(73)
    make_entity(NAME, identifiers=(("uscc", code),))
    bureau, platform = make_authority(), make_authority("某市场化征信公司")
    Authority.objects.filter(pk=platform.pk).update(source_kind="market_institution")
    rows = [penalty(1, code, NAME, bureau), penalty(2, code, NAME, bureau, CF_SJLYDM=platform.code)]
    path = write_csv(tmp_path / "p.csv", "double-publicity-penalties", rows)
    batch = commands.receive(
        path=path,
        name="p.csv",
        contract="double-publicity-penalties",
        authority_id=bureau.pk,
        account_id=None,
        at=AT,
    )
    batch = commands.run(batch.pk, today=date(2026, 6, 1), at_clock=clock)
    assert outcomes(batch) == (1, 0, 0, 1)
    assert reasons(batch) == {3: ["column.source_may_not_provide"]}


def test_judgment_debtors_are_published_as_long_as_the_law_says(database: str, tmp_path: Path) -> None:
    code = uscc(74)
    make_entity(NAME, identifiers=(("uscc", code),))
    court = make_authority("临湖市人民法院")
    Authority.objects.filter(pk=court.pk).update(source_kind="court")
    row = {
        "MC": NAME,
        "TYSHXYDM": code,
        "AH": "（2026）澜0102执123号",
        "LARQ": "2026-05-01",
        "ZXYJ": "（2025）澜0102民初45号民事判决书",
        "YW": "支付货款10万元",
        "LXQK": "全部未履行",
        "WLXJE": "100000",
        "ZXFY": court.name_zh,
        "ZXFYDM": court.code,
    }
    path = write_csv(
        tmp_path / "d.csv", "judgment-debtors", [row, row | {"LXQK": "全部履行", "JARQ": "2026-05-20"}]
    )
    batch = take_in(path, "judgment-debtors", court)
    assert outcomes(batch) == (1, 0, 1, 0), reasons(batch)
    record = Record.objects.get()
    assert (record.item_id, record.severity, record.state) == ("judgment-debtor", "ordinary", "ended")
    assert record.publish_until == date(2026, 5, 20)
