"""The columns of a record's content with the business names that its data contract gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from goodstanding.intake.contract import load_contract
from goodstanding.intake.errors import ContractNotFound, ContractRefused


class Reported(Protocol):
    """A record or a fact: what was reported, and under which data contract."""

    @property
    def content(self) -> Mapping[str, Any]: ...

    @property
    def contract(self) -> str: ...


def labelled(record: Reported, part: str) -> list[tuple[str, str, str]]:
    """The filled columns of one part of a record's content.

    Args:
        record: the record or fact.
        part: ``public``, or ``personal`` for those who may see it.

    Returns:
        (column, business name, value), in the order of the contract; the column's own name where the contract
        is no longer shipped.
    """
    content: Mapping[str, Any] = record.content.get(part) or {}
    names = _business_names(record.contract.split("@")[0])
    order = {column: number for number, column in enumerate(names)}
    columns = sorted(content, key=lambda column: order.get(column, len(order)))
    return [
        (column, names.get(column, column), _text(content[column]))
        for column in columns
        if content[column] not in (None, "", [])
    ]


def _text(value: object) -> str:
    return "；".join(map(str, value)) if isinstance(value, list) else str(value)


def _business_names(contract: str) -> dict[str, str]:
    try:
        return {column.name: column.business_name for column in load_contract(contract).columns}
    except (ContractNotFound, ContractRefused):
        return {}
