"""Counting a file's quality before anything of it enters: one pass over all rows through the contract's checks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

from .checks import Checker, Chunk
from .contract import Contract
from .quality import Counts
from .readers import Inspected, rows

_CHUNK = 10_000


def measure(found: Inspected, *, contract: Contract, today: date) -> Counts:
    """Count what the file alone shows: refused rows, filled cells, repeated keys, contradicting days.

    Args:
        found: the file.
        contract: its contract.
        today: the day of intake.
    """
    meter = Meter(contract, found.places)
    checker = Checker(contract, found, today=today)
    source = rows(found, contract=contract)
    for part in iter(lambda: list(itertools.islice(source, _CHUNK)), []):
        meter.count(checker.check(part))
    return meter.counts


class Meter:
    """Adds up the counts of checked chunks. Keeps a 64-bit hash of each row's key."""

    def __init__(self, contract: Contract, places: tuple[int | None, ...]) -> None:
        self.counts = Counts()
        self._key = [contract.places[name] for name in key_columns(contract)]
        self._optional = [at for at, column in enumerate(contract.columns) if not column.required]
        self._present = [at for at in self._optional if places[at] is not None]
        self._ordered = [(contract.places[a], contract.places[b]) for a, b in ordered_days(contract)]
        self._seen: set[int] = set()

    def count(self, chunk: Chunk) -> None:
        """Count one chunk. Cells of a row that is no row (``unfit``) are not counted as filled."""
        rows = len(chunk.numbers)
        faulty = len(chunk.reasons)
        self.counts += Counts(
            rows=rows,
            faulty=faulty,
            rejected=faulty,
            optional_cells=rows * len(self._optional),
            optional_filled=sum(rows - chunk.texts[at].count("") for at in self._present),
            repeated=self._repeated(chunk) if self._key else 0,
            out_of_order=len({at for pair in self._ordered for at in _against(chunk, *pair)}),
        )

    @property
    def has_key(self) -> bool:
        """Whether rows can be known to have come before."""
        return bool(self._key)

    def keys(self, chunk: Chunk) -> list[tuple[str, ...]]:
        """The keys of a chunk's rows, but for those that are no rows (``unfit``)."""
        keys = [*zip(*(chunk.texts[at] for at in self._key), strict=True)]
        return [key for at, key in enumerate(keys) if at not in chunk.unfit] if chunk.unfit else keys

    def _repeated(self, chunk: Chunk) -> int:
        before, fit = len(self._seen), self.keys(chunk)
        self._seen.update(map(hash, fit))
        return len(fit) - (len(self._seen) - before)


def ordered_days(contract: Contract) -> list[tuple[str, str]]:
    """Pairs of columns whose days cannot come the other way round: those that follow from the contract's own
    clauses, then those that its clause ``quality`` names."""
    clauses = contract.clauses
    pairs: list[tuple[str | None, str | None]] = []
    if clauses.record is not None and clauses.publication is not None:
        pairs.append((clauses.record.found_on, clauses.publication.ends_on))
        pairs.append((clauses.publication.from_, clauses.publication.until))
    pairs += [(item.first, item.then) for item in clauses.quality.in_order]
    return list(dict.fromkeys((a, b) for a, b in pairs if a and b))


def key_columns(contract: Contract) -> list[str]:
    """The natural key and whoever the row is about: one decision against two parties is two findings."""
    subject = contract.clauses.subject
    about = [subject.name, *(code.column for code in subject.codes), subject.person_number, *subject.columns]
    if contract.clauses.registration is not None and not contract.key_columns:
        # An entity is registered once, whatever is said of it.
        return [name for name in dict.fromkeys(about) if name]
    return [name for name in dict.fromkeys([*contract.key_columns, *about]) if name]


def _against(chunk: Chunk, first: int, then: int) -> Iterator[int]:
    """The rows whose later day comes before the earlier one."""
    pairs = zip(chunk.values[first], chunk.values[then], strict=True)
    for at, (a, b) in enumerate(pairs):
        if a is not None and b is not None and b < a:
            yield at
