"""What a change of a contract breaks."""

from __future__ import annotations

import pytest

from goodstanding.intake.contract import SHIPPED, Contract, parse_contract
from goodstanding.intake.contract_diff import differences, required_version

SOURCE = (SHIPPED / "double-publicity-penalties.yaml").read_text(encoding="utf-8")
BILLS = (SHIPPED / "utility-payments.yaml").read_text(encoding="utf-8")


def contract(text: str) -> Contract:
    return parse_contract(text, file="c.yaml")


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def column_block(text: str, name: str) -> str:
    """The lines of one column."""
    start = text.index(f"      - name: {name}\n")
    ends = [
        place for mark in ("\n      - name: ", "\n\nslaProperties") if (place := text.find(mark, start)) > 0
    ]
    return text[start : min(ends) + 1]


def test_equal_contracts_differ_in_nothing() -> None:
    assert differences(contract(SOURCE), contract(SOURCE)) == ()


def test_a_column_removed_breaks_and_an_optional_one_added_does_not() -> None:
    block = column_block(SOURCE, "CF_NR_ZKDX")
    without = SOURCE.replace(block, "", 1)
    (removed,) = differences(contract(SOURCE), contract(without))
    assert (removed.code, removed.place, removed.effect) == ("column.removed", "CF_NR_ZKDX", "breaking")
    (added,) = differences(contract(without), contract(SOURCE))
    assert (added.code, added.effect) == ("column.added", "compatible")
    required = SOURCE.replace(
        block, block.replace("        classification", "        required: true\n        classification", 1), 1
    )
    (forced,) = differences(contract(without), contract(required))
    assert (forced.code, forced.effect) == ("column.required_added", "breaking")


@pytest.mark.parametrize(
    ("text", "old", "new", "code", "effect"),
    [
        (BILLS, "{maxLength: 64}", "{maxLength: 32}", "column.narrowed", "breaking"),
        (BILLS, "{maxLength: 64}", "{maxLength: 99}", "column.widened", "compatible"),
        (BILLS, "        logicalTypeOptions: {maxLength: 64}\n", "", "column.widened", "compatible"),
        (BILLS, "{minimum: 0}", "{minimum: 1}", "column.narrowed", "breaking"),
        (BILLS, "        logicalType: number\n", "        logicalType: string\n", "column.type", "breaking"),
        (BILLS, "        required: true\n", "", "column.required_dropped", "breaking"),
        (BILLS, "businessName: 账单编号", "businessName: 单据编号", "column.renamed", "breaking"),
        (BILLS, "classification: on_request", "classification: restricted", "column.shown", "breaking"),
        (BILLS, "{property: unit, value: 元}", "{property: unit, value: 万元}", "column.meaning", "breaking"),
        (BILLS, "{property: scheme, value: uscc}", "{property: scheme, value: org_code}", "column.meaning", "breaking"),
        (BILLS, "          - {property: notInFuture, value: true}\n", "", "column.widened", "compatible"),
        (BILLS, "          - {property: codeList, value: supply}\n", "", "column.widened", "compatible"),
        (BILLS, "primaryKeyPosition: 2", "primaryKeyPosition: 0", "key.changed", "breaking"),
        (BILLS, "supply: {水: water, ", "supply: {", "code.removed", "breaking"),
        (BILLS, "supply: {水: water", "supply: {油: oil, 水: water", "code.added", "compatible"),
        (BILLS, "supply: {水: water", "supply: {水: rain", "code.meaning", "breaking"),
        (BILLS, "      - {format: jsonl}\n", "", "clause.removed", "breaking"),
        (BILLS, "{format: jsonl}\n", "{format: jsonl}\n      - {format: tsv}\n", "clause.added", "compatible"),
        (BILLS, "unit: m\n", "unit: w\n", "frequency.raised", "compatible"),
        (BILLS, "frequency: \"monthly\"", "frequency: yearly", "frequency.lowered", "breaking"),
        (BILLS, "frequency: \"monthly\"", "frequency: daily", "frequency.raised", "compatible"),
        (BILLS, "frequency: \"monthly\"", "frequency: now and then", "frequency.lowered", "breaking"),
        (BILLS, "withinWorkingDays: 10", "withinWorkingDays: 20", "term.loosened", "breaking"),
        (BILLS, "withinWorkingDays: 10", "withinWorkingDays: 5", "term.tightened", "compatible"),
        (BILLS, "    value: 10\n", "    value: 30\n", "term.loosened", "breaking"),
        (BILLS, "      purpose: \"financing", "      purpose: \"other", "clause.changed", "breaking"),
        (BILLS, "      provider: \"the utility\"", "      provider: \"a utility\"", "text.changed", "wording"),
        (BILLS, "      documentNo: ZDBH\n", "      documentNo: YHBH\n", "clause.changed", "breaking"),
        (BILLS, "name: Utility payments", "name: Utility bills", "text.changed", "wording"),
        (SOURCE, "decided: by_law\n", "decided: not_published\n", "clause.changed", "breaking"),
        (SOURCE, "{property: keep, value: drop}", "{property: keep, value: key}", "column.personal", "breaking"),
        (SOURCE, "自然人: natural_person, 个", "个", "code.removed", "breaking"),
        (SOURCE, "description: One row", "description: One line", "text.changed", "wording"),
    ],
)  # fmt: skip
def test_each_change_is_classed(text: str, old: str, new: str, code: str, effect: str) -> None:
    found = differences(contract(text), contract(changed(text, old, new)))
    assert [(change.code, change.effect) for change in found] == [(code, effect)]
    (change,) = found
    assert change.en and any("\u4e00" <= character <= "\u9fff" for character in change.zh)


def test_another_code_to_find_the_subject_by_breaks_nothing_unless_it_comes_first() -> None:
    line = "        - {column: TYSHXYDM, scheme: uscc}\n"
    more = "        - {column: YHBH, scheme: registration_no}\n"
    (added,) = differences(contract(BILLS), contract(changed(BILLS, line, line + more)))
    assert (added.code, added.effect) == ("clause.added", "compatible")
    (first,) = differences(contract(BILLS), contract(changed(BILLS, line, more + line)))
    assert (first.code, first.effect) == ("clause.changed", "breaking")


def test_what_breaks_comes_first_and_sets_the_number() -> None:
    old = contract(BILLS)
    wording = differences(old, contract(BILLS.replace("name: Utility payments", "name: Utility bills", 1)))
    assert required_version(old, wording) == "1.0.1"
    compatible = BILLS.replace("name: Utility payments", "name: Utility bills", 1).replace(
        "{maxLength: 64}", "{maxLength: 99}"
    )
    assert required_version(old, differences(old, contract(compatible))) == "1.1.0"
    both = differences(old, contract(compatible.replace("supply: {水: water, ", "supply: {", 1)))
    assert [change.effect for change in both] == ["breaking", "compatible", "compatible", "wording"]
    assert required_version(old, both) == "2.0.0"
