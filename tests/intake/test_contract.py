"""Contracts: the shipped ones are whole, faulty ones are refused with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodstanding import law
from goodstanding.intake.contract import SHIPPED, all_contracts, load_contract, read_contract
from goodstanding.intake.errors import ContractNotFound, ContractRefused
from tests.own_contracts import contracts_folder

BY_LAW = {
    "abnormal-list",
    "credit-commitments",
    "double-publicity-penalties",
    "double-publicity-permits",
    "judgment-debtors",
    "serious-list",
}
FACTS = {
    "contract-performance",
    "payment-performance",
    "social-insurance-contributions",
    "tax-payments",
    "utility-payments",
}
SOURCE = (SHIPPED / "double-publicity-penalties.yaml").read_text(encoding="utf-8")


def test_the_shipped_contracts_are_whole() -> None:
    assert {contract.id for contract in all_contracts()} >= {*BY_LAW, *FACTS, "registration"}
    for contract in map(load_contract, sorted({*BY_LAW, *FACTS, "registration"})):
        assert contract.name_zh
        for column in contract.columns:
            assert column.clauses.name_en and column.clauses.description_zh and column.business_name
            assert any("\u4e00" <= character <= "\u9fff" for character in column.business_name)


def test_records_of_shipped_contracts_are_classed_by_law_or_never_published() -> None:
    kinds = {kind.code for pack in law.all_packs() for kind in pack.kinds}
    for contract in map(load_contract, sorted(BY_LAW)):
        assert contract.clauses.sharing.within_working_days == 7
        assert contract.clauses.record is not None and contract.clauses.record.kind in kinds
    for contract in map(load_contract, sorted(FACTS)):
        assert contract.clauses.record is not None and contract.clauses.record.kind == "fact"
        assert contract.clauses.publication is not None
        assert contract.clauses.publication.decided == "not_published"
        assert {column.classification for column in contract.columns} == {"on_request"}


def test_penalty_kinds_are_those_of_the_law_pack() -> None:
    kinds = load_contract("double-publicity-penalties").clauses.code_lists["penalty_kind"]
    for pack in [pack for pack in law.all_packs() if pack.jurisdiction == "CN" and pack.measures]:
        names = {measure.code: measure.name_zh for measure in pack.measures}
        for value, code in kinds.items():
            assert code in names
            assert value.endswith("*") or names[code] == value


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("apiVersion: v3.1.0", "apiVersion: v2.0.0", "apiVersion"),
        ("        required: true\n", "        obligatory: true\n", "obligatory"),
        ("value: subject_class}", "value: no_such_list}", "no code list no_such_list"),
        ("foundOn: CF_JDRQ", "foundOn: CF_TAG", "no column CF_TAG"),
        ("decided: by_law", "decided: by_taste", "decided"),
        ("{property: personal, value: name}", "{property: personal, value: nobody}", "personal"),
        ("      - name: CF_XDR_LB\n", "      - name: CF_XDR_MC\n", "stands twice"),
        ("  - property: subject\n", "  - property: subjects\n", "subject"),
        ("status: active\n", "status: active\nstatus: active\n", "stands twice"),
        ("kind: DataContract", "kind: [", "YAML"),
    ],
)
def test_a_faulty_contract_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(SOURCE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractRefused) as refused:
        read_contract(path)
    assert said in str(refused.value)
    assert all(problem.line >= 1 for problem in refused.value.problems)
    assert "c.yaml:" in refused.value.en and "c.yaml:" in refused.value.zh


def test_a_personal_column_cannot_be_public(tmp_path: Path) -> None:
    at = SOURCE.index("- name: CF_FRDB")
    path = tmp_path / "c.yaml"
    path.write_text(
        SOURCE[:at] + SOURCE[at:].replace("classification: restricted", "classification: public", 1),
        encoding="utf-8",
    )
    with pytest.raises(ContractRefused, match="CF_FRDB is personal"):
        read_contract(path)


def test_an_own_contract_stands_before_a_shipped_one_and_a_faulty_one_beside_it_does_no_harm() -> None:
    with contracts_folder() as folder:
        (folder / "double-publicity-penalties.yaml").write_text(
            SOURCE.replace("version: 1.0.0", "version: 1.0.1", 1), encoding="utf-8"
        )
        (folder / "broken.yaml").write_text("id: [", encoding="utf-8")
        assert load_contract("double-publicity-penalties").version == "1.0.1"
        with pytest.raises(ContractRefused):
            load_contract("broken")
        (folder / "broken.yaml").write_text(SOURCE, encoding="utf-8")
        with pytest.raises(ContractRefused, match="named broken"):
            all_contracts()


def test_an_unknown_contract_is_not_found() -> None:
    with pytest.raises(ContractNotFound, match="registration"):
        load_contract("no-such-contract")
