"""Writing a whole city into a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, Literal

from goodstanding.world import commitments, found, lists, penalties, permits, registration, utilities
from goodstanding.world.city import AUTHORITIES, SENDERS, WATER
from goodstanding.world.entities import MOST_ENTITIES, Population
from goodstanding.world.errors import out_of_range
from goodstanding.world.feeds import rows_of
from goodstanding.world.manifest import Expected, FileEntry, Manifest
from goodstanding.world.rows import Feed
from goodstanding.world.writers import write

LEAST_ENTITIES: Final = 100
MOST_RECORDS: Final = 1_000_000_000
RECORDS_PER_ENTITY: Final = 3
MOST_ROWS_IN_SPREADSHEET: Final = 20_000
"""Rows of a spreadsheet; what is more of the same kind goes into a CSV file."""

PENALTY_FILES: Final = (
    ("market", 26, "utf-8"),
    ("wanghu", 8, "utf-8"),
    ("qingshi", 6, "utf-8"),
    ("tax", 12, "utf-8"),
    ("ecology", 9, "utf-8-sig"),
    ("labour", 8, "utf-8-sig"),
    ("emergency", 7, "utf-8"),
    ("transport", 10, "gb18030"),
    ("housing", 6, "gb18030"),
    ("health", 4, "utf-8"),
    ("culture", 2, "utf-8-sig"),
    ("finance", 2, "utf-8"),
)
"""Field of the authority, its share of 100 penalties, and the encoding of its file."""

PERMIT_FILES: Final = (
    ("market", 55),
    ("transport", 15),
    ("housing", 15),
    ("health", 7),
    ("ecology", 5),
    ("culture", 3),
)
"""Field of the authority and its share of 100 permits."""

KINDS: Final = {
    "penalties": 55,
    "permits": 24,
    "commitments": 12,
    "abnormal-list": 6,
    "serious-list": 2,
    "utility-payments": 1,
}
"""Kinds of record, of 100."""

PERSONS_SHARE: Final = 0.04
"""Share of penalties on natural persons, but for authorities that deal with firms only."""


def generate(
    folder: Path | str,
    *,
    entities: int,
    seed: int,
    on: date,
    records: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Write the files of a city, their truth and their manifest.

    The same arguments and version give the same bytes. Files of an earlier run with these names are replaced.

    Args:
        folder: made when it is not there.
        entities: rows of the register, 100 to 80 million (a few more rows repeat or correct some).
        seed: any whole number.
        on: the day on which the city is looked at; findings lie before it.
        records: rows of all other files together; three for each entity unless said otherwise.
        progress: told from time to time how many rows have been written in all.
    Returns:
        The manifest, also written to `manifest.json`.
    Raises:
        WorldError: a number out of range. OSError: the folder cannot be written.
    """
    if not LEAST_ENTITIES <= entities <= MOST_ENTITIES:
        raise out_of_range("entities", entities, LEAST_ENTITIES, MOST_ENTITIES)
    records = entities * RECORDS_PER_ENTITY if records is None else records
    if not 0 <= records <= MOST_RECORDS:
        raise out_of_range("records", records, 0, MOST_RECORDS)
    folder = Path(folder)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    population = Population(entities=entities, seed=seed, on=on)
    done = 0

    def wrote(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done)

    market = AUTHORITIES["market"]
    name = "registration.csv"
    truth = _truth_of(name)
    counts = write(
        registration.rows(population, seed=seed),
        path=folder / name,
        truth=folder / truth,
        columns=registration.COLUMNS,
        file_format="csv",
        encoding="utf-8",
        wrote=wrote,
    )
    files = [_entry(name, registration.CONTRACT, market.code, truth, "csv", "utf-8", counts)]
    for feed in plan(records):
        truth = _truth_of(feed.path)
        counts = write(
            rows_of(feed, seed=seed, population=population),
            path=folder / feed.path,
            truth=folder / truth,
            columns=feed.layout.columns,
            file_format=feed.format,
            encoding=feed.encoding,
            wrote=wrote,
        )
        contract = feed.layout.contract
        files.append(
            _entry(feed.path, contract, feed.authority.code, truth, feed.format, feed.encoding, counts)
        )
    manifest = Manifest(seed, on, entities, SENDERS, tuple(files))
    manifest.save(folder)
    return manifest


def _truth_of(path: str) -> str:
    return f"truth/{Path(path).stem}.csv"


def _entry(
    path: str,
    contract: str,
    authority: str,
    truth: str,
    file_format: str,
    encoding: str,
    counts: Counter[tuple[str, str]],
) -> FileEntry:
    ends: Counter[str] = Counter()
    reasons: dict[str, int] = {}
    for (disposition, reason), number in sorted(counts.items()):
        ends[disposition] += number
        if reason:
            reasons[reason] = number
    expected = Expected(ends["committed"], ends["unchanged"], ends["superseding"], ends["rejected"])
    return FileEntry(
        path, contract, authority, counts.total(), expected, reasons, truth, file_format, encoding
    )


def share_out(total: int, weights: list[int]) -> list[int]:
    """Whole numbers in proportion to the weights that sum up to the total, the largest remainders rounded up."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def plan(records: int) -> Iterator[Feed]:
    """The files of records of a city, empty ones left out, in the order in which they are taken in."""
    kinds = dict(zip(KINDS, share_out(records, list(KINDS.values())), strict=True))
    shares = share_out(kinds["penalties"], [weight for _, weight, _ in PENALTY_FILES])
    feeds = [
        Feed(
            path=f"penalties-{field}.csv",
            layout=penalties.LAYOUT,
            authority=AUTHORITIES[field],
            rows=rows,
            format="csv",
            encoding=encoding,
            clean=penalties.clean,
            found=found.adverse,
            persons=0.0 if field in ("finance", "housing") else PERSONS_SHARE,
        )
        for (field, _, encoding), rows in zip(PENALTY_FILES, shares, strict=True)
    ]
    for (field, _), rows in zip(
        PERMIT_FILES, share_out(kinds["permits"], [weight for _, weight in PERMIT_FILES]), strict=True
    ):
        feeds.extend(_permits(field, rows))
    feeds.append(
        Feed(
            path="commitments.jsonl",
            layout=commitments.LAYOUT,
            authority=AUTHORITIES["credit"],
            rows=kinds["commitments"],
            format="jsonl",
            encoding="utf-8",
            clean=commitments.clean,
            found=found.favourable,
        )
    )
    feeds.append(_list("abnormal-list", kinds["abnormal-list"], "csv"))
    in_sheet = min(kinds["serious-list"], MOST_ROWS_IN_SPREADSHEET)
    feeds.append(_list("serious-list", in_sheet, "xlsx"))
    feeds.append(_list("serious-list", kinds["serious-list"] - in_sheet, "csv", suffix="-2"))
    feeds.append(
        Feed(
            path="utility-payments.csv",
            layout=utilities.LAYOUT,
            authority=WATER,
            rows=kinds["utility-payments"],
            format="csv",
            encoding="utf-8",
            clean=utilities.clean,
            found=found.favourable,
        )
    )
    return (feed for feed in feeds if feed.rows)


def _permits(field: str, rows: int) -> Iterator[Feed]:
    in_sheet = min(rows, MOST_ROWS_IN_SPREADSHEET)
    for path, part, file_format, clean in (
        (f"permits-{field}.xlsx", in_sheet, "xlsx", permits.clean_in_spreadsheet),
        (f"permits-{field}-2.csv", rows - in_sheet, "csv", permits.clean),
    ):
        yield Feed(
            path=path,
            layout=permits.LAYOUT,
            authority=AUTHORITIES[field],
            rows=part,
            format="xlsx" if file_format == "xlsx" else "csv",
            encoding="utf-8",
            clean=clean,
            found=found.favourable,
        )


def _list(contract: str, rows: int, file_format: Literal["csv", "xlsx"], suffix: str = "") -> Feed:
    abnormal = contract == "abnormal-list"
    return Feed(
        path=f"{contract}{suffix}.{file_format}",
        layout=lists.ABNORMAL if abnormal else lists.SERIOUS,
        authority=AUTHORITIES["market"],
        rows=rows,
        format=file_format,
        encoding="utf-8",
        clean=lists.abnormal if abnormal else lists.serious,
        found=found.adverse,
    )
