"""The facts of the law among corrected columns, read by the record's contract as the cells of a file are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from goodstanding.registry.commands import RegistryError
from goodstanding.registry.contract_facts import Facts

from .checks import column_checker
from .contract import Contract, load_contract
from .errors import IntakeError
from .standardise import in_yuan


def facts_in_columns(reference: str, columns: Mapping[str, str], today: date) -> Facts:
    """What ``registry.contract_facts.facts_in`` says."""
    try:
        contract = load_contract(reference.partition("@")[0])
    except IntakeError as error:
        raise RegistryError(
            "correction.contract",
            f"the contract {reference} cannot be read here; its source takes the record back and reports it anew",
            f"数据合同 {reference} 已无法读取；应由来源单位撤销后重新报送",
        ) from error
    record = contract.clauses.record
    if record is None:
        return Facts()
    measures = _read(contract, record.measures, columns, today)
    amount = _read(contract, record.amount, columns, today)
    unit = (record.amount and contract.column(record.amount).clauses.unit) or "元"
    return Facts(
        found_on=_read(contract, record.found_on, columns, today),
        measures=None if measures is None else tuple(measures),
        amount_yuan=None if amount is None else in_yuan(amount, unit=unit),
    )


def _read(contract: Contract, name: str | None, columns: Mapping[str, str], today: date) -> Any:
    """What one column says; None where it is not among them. Raises RegistryError."""
    if name is None or name not in columns:
        return None
    values, _, faults = column_checker(contract, contract.column(name), today=today)([columns[name]])
    if faults:
        ((_, why),) = faults
        raise RegistryError("correction.value", f"{name}: {why.en}", f"{name}：{why.zh}")
    return values[0]
