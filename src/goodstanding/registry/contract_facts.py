"""What columns of a record mean by the contract under which it was reported: its day, its measures, its amount.

Only intake can read a contract, and this room may not ask it; so intake leaves its reader here when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from .commands import RegistryError


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of the law among some columns; None for a fact that none of them states. The amount is in yuan."""

    found_on: date | None = None
    measures: tuple[str, ...] | None = None
    amount_yuan: Decimal | None = None

    def __bool__(self) -> bool:
        return any(fact is not None for fact in (self.found_on, self.measures, self.amount_yuan))


#: The facts among columns (by name) of a record's contract (``id@version``), read as a file's cells are on a day.
Reader = Callable[[str, Mapping[str, str], date], Facts]
_READERS: Final[list[Reader]] = []


def read_by(reader: Reader) -> None:
    """Have columns read by ``reader`` from now on. It raises RegistryError for what it cannot read."""
    _READERS[:] = [reader]


def facts_in(contract: str, columns: Mapping[str, str], *, today: date) -> Facts:
    """The facts of the law among some columns of a record.

    Args:
        contract: as the record names it, ``id@version``.
        columns: their names and what they are to say.
        today: the day on which they are read; a day of finding after it is refused.

    Raises:
        RegistryError: correction.value (a value that the contract does not allow there), correction.contract (the
            contract is no longer here, so nobody can say what its columns mean).
    """
    if not _READERS:
        raise RegistryError(
            "correction.contract", "no contract can be read here", "本平台未加载数据合同，无法更正"
        )
    return _READERS[0](contract, columns, today)
