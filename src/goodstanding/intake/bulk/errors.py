"""What the pipeline does not take."""

from __future__ import annotations

from goodstanding.intake.contract import Contract
from goodstanding.intake.errors import IntakeError


class NotInBulk(IntakeError):
    """A contract whose rows only `intake.commands` takes in; ``contract`` is its id."""

    def __init__(self, contract: Contract, *, why: str, why_zh: str) -> None:
        super().__init__(
            code="bulk.contract",
            en=f"The contract {contract.id} is not taken in in bulk: {why}. Use `goodstanding take-in --engine rows`.",
            zh=f"契约{contract.id}不能批量接收：{why_zh}。请使用 goodstanding take-in --engine rows。",
        )
        self.contract = contract.id


def refuse_others(contract: Contract) -> None:
    """Raises NotInBulk unless the rows of a contract report records and nothing else."""
    clauses = contract.clauses
    if clauses.record is None:
        raise NotInBulk(contract, why="its rows register entities", why_zh="其数据行用于登记主体")
    if clauses.change is not None:
        raise NotInBulk(contract, why="its rows may take findings back", why_zh="其数据行可以撤销信息")
    if clauses.delivery.form == "snapshot":
        raise NotInBulk(contract, why="its files are full lists", why_zh="其文件为全量清单")
