"""Why a list of the catalogue is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogueProblem:
    """One reason, with its line in the file."""

    line: int
    reason: str


class CatalogueRefused(Exception):
    """A list breaks its format, or a supplement goes beyond what it may. ``code`` is for machines, ``en`` and
    ``zh`` are for people; ``problems`` names lines and reasons."""

    code = "catalogue.refused"

    def __init__(self, *, file: str, problems: tuple[CatalogueProblem, ...]) -> None:
        listed = "; ".join(f"{file}:{problem.line}: {problem.reason}" for problem in problems)
        self.en = (
            f"The list of the catalogue is refused: {listed}. Correct the lines named and load it again."
        )
        self.zh = f"目录清单未通过检查：{listed}。请更正所列各行后重新加载。"
        super().__init__(f"{self.code}: {self.en}")
        self.file, self.problems = file, problems
