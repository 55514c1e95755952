"""How good a source's data are: five measures, each a fraction of exact counts, and their plain mean.

Scores are about sources, which are organisations, and never about persons or about the entities that are reported.
Every figure that is shown can be worked out by hand from the counts beside it; docs/reference/quality.md defines
them for readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Literal

from .clauses import Hold

MeasureCode = Literal["timeliness", "completeness", "validity", "uniqueness", "consistency"]

#: A row that replaces what its source said before counts a tenth of a contradiction, so that correcting an error
#: never costs a source more than leaving it would.
SUPERSEDING_WEIGHS: Final = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one batch, or of several together.

    Of the file before anything enters: ``rows``; ``faulty``, refused by the contract alone; ``optional_cells`` of
    columns that may be empty, and how many are ``filled``; ``repeated``, whose key stood before in the same file;
    ``out_of_order``, whose days contradict each other. Of the finished batch: ``rejected`` rows, of which
    ``disagreeing`` by code and name; ``superseding`` ones; new ones with a day of finding (``dated``), and how many
    of these came within the agreed working days (``on_time``). ``due`` and ``kept`` are the periods in which
    something was to be sent and was; a single batch has none.
    """

    rows: int = 0
    faulty: int = 0
    optional_cells: int = 0
    optional_filled: int = 0
    repeated: int = 0
    out_of_order: int = 0
    rejected: int = 0
    disagreeing: int = 0
    superseding: int = 0
    dated: int = 0
    on_time: int = 0
    due: int = 0
    kept: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def as_json(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: ``good`` of ``of``. ``score`` is None where there was nothing to measure."""

    code: MeasureCode
    good: int
    of: int
    en: str
    zh: str

    @property
    def score(self) -> Decimal | None:
        """0 to 100 with one decimal, rounded down: only what is perfect is 100."""
        if self.of == 0:
            return None
        share = Decimal(100) * max(self.good, 0) / self.of
        return share.quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd about a sending. ``code`` is for machines, the sentences are for people."""

    code: str
    en: str
    zh: str

    def as_json(self) -> dict[str, str]:
        """As it is kept with the batch."""
        return {"code": self.code, "en": self.en, "zh": self.zh}


def measures(counts: Counts) -> tuple[Measure, ...]:
    """The five measures of some counts, in the order in which they are shown, each explained."""
    contradictions = SUPERSEDING_WEIGHS * (counts.disagreeing + counts.out_of_order) + counts.superseding
    of = SUPERSEDING_WEIGHS * counts.rows
    rows, taken = f"{counts.rows:,}", f"{counts.rows - counts.rejected:,}"
    return (
        _timeliness(counts),
        Measure(
            "completeness",
            counts.optional_filled,
            counts.optional_cells,
            f"{counts.optional_filled:,} of {counts.optional_cells:,} cells that may be left empty are filled.",
            f"可选项共{counts.optional_cells:,}个，已填写{counts.optional_filled:,}个。",
        ),
        Measure(
            "validity",
            counts.rows - counts.rejected,
            counts.rows,
            f"{taken} of {rows} rows passed every check; {counts.rejected:,} did not.",
            f"共{rows}行，通过全部检查{taken}行，未通过{counts.rejected:,}行。",
        ),
        Measure(
            "uniqueness",
            counts.rows - counts.repeated,
            counts.rows,
            f"Rows that repeat the key of an earlier row of the same file: {counts.repeated:,} of {rows}.",
            f"共{rows}行，其中{counts.repeated:,}行的主键在同一文件中重复出现。",
        ),
        Measure(
            "consistency",
            max(of - contradictions, 0),
            of,
            f"Of {rows} rows: code and name disagree in {counts.disagreeing:,}, days are out of order in"
            f" {counts.out_of_order:,}, what was said before is replaced by {counts.superseding:,} (counts a tenth).",
            f"共{rows}行，其中{counts.disagreeing:,}行代码与名称不一致，{counts.out_of_order:,}行日期先后矛盾，"
            f"{counts.superseding:,}行更正此前报送的内容（按十分之一计）。",
        ),
    )


def _timeliness(counts: Counts) -> Measure:
    rows_en = f"{counts.on_time:,} of {counts.dated:,} new records came within the agreed working days"
    rows_zh = f"新入库{counts.dated:,}条，其中{counts.on_time:,}条在约定工作日内报送"
    periods_en = f"something came in {counts.kept:,} of {counts.due:,} periods in which it was due"
    periods_zh = f"应报送{counts.due:,}期，实际报送{counts.kept:,}期"
    if counts.dated and counts.due:
        good, of = counts.on_time * counts.kept, counts.dated * counts.due
        return Measure("timeliness", good, of, f"{rows_en}, and {periods_en}.", f"{rows_zh}；{periods_zh}。")
    if counts.due:
        return Measure(
            "timeliness",
            counts.kept,
            counts.due,
            f"{periods_en[0].upper()}{periods_en[1:]}.",
            f"{periods_zh}。",
        )
    if counts.dated:
        return Measure("timeliness", counts.on_time, counts.dated, f"{rows_en}.", f"{rows_zh}。")
    return Measure(
        "timeliness",
        0,
        0,
        "Not measured: nothing new with a day, and no period is agreed.",
        "未评价：没有带日期的新记录，也未约定报送周期。",
    )


def total(found: Iterable[Measure]) -> Decimal | None:
    """The plain mean of the measures that could be measured, with one decimal, rounded down."""
    scores = [measure.score for measure in found if measure.score is not None]
    if not scores:
        return None
    return (sum(scores, Decimal(0)) / len(scores)).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


def below(counts: Counts, hold: Hold) -> list[Finding]:
    """Where a file is below the thresholds of its contract, before anything of it has entered.

    Args:
        counts: of the file; its rejected rows are those that the contract alone refuses.
        hold: the contract's thresholds.
    """
    found = []
    for measure in measures(counts):
        threshold = getattr(hold, measure.code, None)
        if threshold is None or measure.score is None or measure.score >= threshold:
            continue
        name_en, name_zh = NAMES[measure.code]
        found.append(
            Finding(
                f"quality.{measure.code}",
                f"{name_en} is {measure.score}, and the contract holds a file below {threshold}. {measure.en}",
                f"{name_zh}为{measure.score}，低于契约规定的{threshold}。{measure.zh}",
            )
        )
    return found


#: The measures' names.
NAMES: Final[dict[MeasureCode, tuple[str, str]]] = {
    "timeliness": ("Timeliness", "及时性"),
    "completeness": ("Completeness", "完整性"),
    "validity": ("Validity", "有效性"),
    "uniqueness": ("Uniqueness", "唯一性"),
    "consistency": ("Consistency", "一致性"),
}
