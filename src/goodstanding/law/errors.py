"""The closed family of things that can go wrong in the law room.

Every error carries a machine code, one sentence in English and one in Chinese, the place and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass


class LawError(Exception):
    """Base of the family. `str(error)` is the English sentence with place and remedy."""

    def __init__(
        self, *, code: str, en: str, zh: str, place: str = "", remedy_en: str = "", remedy_zh: str = ""
    ) -> None:
        self.code = code
        self.message_en = en
        self.message_zh = zh
        self.place = place
        self.remedy_en = remedy_en
        self.remedy_zh = remedy_zh
        where = f"{place}: " if place else ""
        super().__init__(f"{where}{en}{' ' + remedy_en if remedy_en else ''}")


@dataclass(frozen=True)
class Problem:
    """One reason why a pack or a situations file is refused, with its place in the file."""

    file: str
    line: int
    row: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.row}: {self.reason}" if self.row else self.where

    @property
    def where(self) -> str:
        """File, line and reason, for a problem that belongs to no row."""
        return f"{self.file}:{self.line}: {self.reason}"


class PackRefused(LawError):
    """A pack or situations file breaks the format or contradicts itself. `problems` names file, line,
    reason.
    """

    def __init__(self, *, file: str, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        listed = "; ".join(str(problem) for problem in problems)
        super().__init__(
            code="pack_refused",
            en=f"The law pack is refused: {listed}.",
            zh=f"规则包未通过检查：{listed}。",
            place=file,
            remedy_en="Correct the lines named and load it again.",
            remedy_zh="请更正所列各行后重新加载。",
        )


class PackNotFound(LawError):
    """No pack has this id or path, or none is in force for the question asked."""


class FactsRefused(LawError):
    """The facts of a case name a kind or measure that the pack does not list, or that cannot be."""


class SettingRefused(LawError):
    """An operator's choice (switch or parameter) does not exist in the pack or is out of its options."""


class CalendarUnknown(LawError):
    """No official notice of working days is known for a year. `year` says which one."""

    def __init__(self, *, year: int, version: str, known_until: str) -> None:
        self.year = year
        super().__init__(
            code="calendar_unknown",
            en=f"The official notice of working days for {year} is not in the calendar (known to {known_until}).",
            zh=f"工作日历中尚无 {year} 年的节假日安排通知（现有数据截至 {known_until}）。",
            place=version,
            remedy_en="Update to a release whose law/calendars holds the notice of that year.",
            remedy_zh="请升级到 law/calendars 已收录该年度通知的版本。",
        )
