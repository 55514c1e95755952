"""The shipped form of corrections: the penalties' own columns and one more, and what its rows do to penalties."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodstanding.intake.contract import load_contract
from goodstanding.registry.models import Record
from tests.intake.change_files import key_of, send
from tests.intake.files import outcomes, penalty, reasons
from tests.registry.factories import make_authority, make_entity, uscc

PENALTIES, CHANGES = "double-publicity-penalties", "double-publicity-changes"


def test_it_has_the_columns_and_the_key_of_the_penalties() -> None:
    penalties, changes = load_contract(PENALTIES), load_contract(CHANGES)
    assert changes.columns[1:] == penalties.columns and changes.key_columns == penalties.key_columns
    for clause in ("item", "formats", "subject", "record", "publication"):
        assert getattr(changes.clauses, clause) == getattr(penalties.clauses, clause)
    lists = dict(changes.clauses.code_lists)
    assert set(lists.pop("change").values()) == {"correct", "annul", "redact"}
    assert lists == penalties.clauses.code_lists


@pytest.mark.usefixtures("database")
def test_penalties_are_corrected_annulled_and_erased_under_it(tmp_path: Path) -> None:
    bureau, code = make_authority(), uscc()
    firm = make_entity(identifiers=(("uscc", code),))
    rows = [penalty(number, code, firm.name, bureau) for number in range(4)]
    assert outcomes(send(tmp_path / "1.csv", rows, bureau, contract=PENALTIES)) == (4, 0, 0, 0)
    changes = [
        rows[0] | {"BGLX": "更正", "CF_NR_FK": "0.3"},
        rows[0] | {"BGLX": "更正", "CF_NR_FK": "0.4"},
        key_of(rows[1], "撤销"),
        key_of(rows[2], "删除"),
        rows[3] | {"BGLX": ""},
    ]
    batch = send(tmp_path / "2.csv", changes, bureau, contract=CHANGES)
    assert outcomes(batch) == (0, 0, 4, 1) and reasons(batch) == {6: ["column.missing_value"]}
    states = list(Record.objects.order_by("pk").values_list("state", "version", "amount_yuan"))
    assert [(state, version) for state, version, _ in states] == [
        ("published", 3),
        ("withdrawn", 1),
        ("redacted", 1),
        ("published", 1),
    ]
    assert states[0][2] == 4_000 and states[2][2] is None
    again = send(tmp_path / "3.csv", rows, bureau, contract=PENALTIES)
    assert outcomes(again) == (0, 4, 0, 0), "what its own source took back stays so, and nothing is new"
    assert Record.objects.filter(state__in=("withdrawn", "redacted")).count() == 2
