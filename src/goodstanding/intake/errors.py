"""What can go wrong before a row is looked at: a contract that is not one, a file that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass


class IntakeError(Exception):
    """Base of the family. ``code`` is for machines, ``en`` and ``zh`` are for people."""

    def __init__(self, *, code: str, en: str, zh: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.en, self.zh = code, en, zh


class FileError(IntakeError):
    """A file that cannot be taken in as a whole. Nothing of it reaches the registry.

    ``row`` counts as a spreadsheet shows it (the header is row 1; in JSON Lines the first line is row 1) and
    ``column`` is the name in the header, or its letters or number where it has none. Both are None where the
    fault has no place.
    """

    def __init__(
        self, *, code: str, en: str, zh: str, file: str, row: int | None = None, column: str | None = None
    ) -> None:
        place_en = f"{file}" + (f", row {row}" if row else "") + (f", column {column}" if column else "")
        place_zh = f"{file}" + (f"第{row}行" if row else "") + (f"“{column}”列" if column else "")
        super().__init__(code=code, en=f"{place_en}: {en}", zh=f"{place_zh}：{zh}")
        self.file, self.row, self.column = file, row, column

    def as_json(self) -> dict[str, object]:
        """The error as it is kept with the batch."""
        return {
            "code": self.code,
            "en": self.en,
            "zh": self.zh,
            "file": self.file,
            "row": self.row,
            "column": self.column,
        }


@dataclass(frozen=True, slots=True)
class ContractProblem:
    """One reason why a contract is refused, with its line."""

    line: int
    reason: str


class ContractRefused(IntakeError):
    """A contract breaks the standard's format or contradicts itself; ``problems`` names lines and reasons."""

    def __init__(self, *, file: str, problems: tuple[ContractProblem, ...]) -> None:
        listed = "; ".join(f"{file}:{problem.line}: {problem.reason}" for problem in problems)
        super().__init__(
            code="contract.refused",
            en=f"The data contract is refused: {listed}. Correct the lines named and load it again.",
            zh=f"数据契约未通过检查：{listed}。请更正所列各行后重新加载。",
        )
        self.file, self.problems = file, problems


class ContractNotFound(IntakeError):
    """No contract has this id."""

    def __init__(self, contract: str, known: tuple[str, ...]) -> None:
        super().__init__(
            code="contract.not_found",
            en=f"There is no data contract {contract!r}. Known contracts: {', '.join(known)}.",
            zh=f"没有名为“{contract}”的数据契约。现有契约：{'、'.join(known)}。",
        )


class SourceNotAllowed(IntakeError):
    """The catalogue does not let this kind of source provide the contract's item."""

    def __init__(self, *, item: str, source_kind: str, providers: tuple[str, ...]) -> None:
        super().__init__(
            code="catalogue.source_kind",
            en=f"A {source_kind} may not provide {item}; the catalogue allows: {', '.join(providers)}."
            " Send it under another contract, or have the operator correct the kind of the source.",
            zh=f"类别为{source_kind}的单位不得提供“{item}”，目录允许：{'、'.join(providers)}。"
            "请按其他契约报送，或者请运营方更正单位类别。",
        )


class ContractNotActive(IntakeError):
    """A version of a contract under which nothing is taken in yet, with what is missing."""

    def __init__(self, *, contract: str, missing_en: str, missing_zh: str) -> None:
        super().__init__(
            code="contract.not_active",
            en=f"Version {contract} of the contract is not active: {missing_en}",
            zh=f"契约{contract}尚未生效：{missing_zh}",
        )


class ContractStep(IntakeError):
    """A step on the way of a contract version that cannot be taken."""


class FactRefused(IntakeError):
    """A fact is not there for this reader, cannot be promoted by this actor, or the lake does not answer.

    Codes: ``fact.not_found``, ``fact.not_yours``, ``facts.unavailable``, and those of ``lake_batches.promote``.
    """
