"""One difference between two versions of a contract, told in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

Effect = Literal["breaking", "compatible", "wording"]

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "column.removed": ("the column {place} is gone", "删除了{place}列"),
    "column.added": ("the optional column {place} is new", "新增可选列{place}"),
    "column.required_added": ("{place} must be filled from now on", "{place}改为必填"),
    "column.required_dropped": (
        "{place} may be empty from now on; readers may count on it",
        "{place}改为可以为空",
    ),
    "column.type": ("{place} is a {new}, no longer a {old}", "{place}的类型由{old}改为{new}"),
    "column.renamed": (
        "{place} is called {new}, no longer {old}; files name columns by it too",
        "{place}的名称由{old}改为{new}",
    ),
    "column.narrowed": (
        "{place}: {what} is narrower ({old} to {new})",
        "{place}的{what}收窄（{old}改为{new}）",
    ),
    "column.widened": ("{place}: {what} is wider ({old} to {new})", "{place}的{what}放宽（{old}改为{new}）"),
    "column.meaning": (
        "{place}: {what} changes what a value means ({old} to {new})",
        "{place}的{what}改变了含义（{old}改为{new}）",
    ),
    "column.shown": ("{place} is classified {new}, no longer {old}", "{place}的公开属性由{old}改为{new}"),
    "column.personal": (
        "{place}: what is kept of a person changes ({old} to {new})",
        "{place}的个人信息处理方式由{old}改为{new}",
    ),
    "key.changed": (
        "the natural key is {new}, no longer {old}: earlier records will not be found again",
        "主键由{old}改为{new}，已有记录将无法对应",
    ),
    "code.removed": ("{place}: the value {old} is gone", "代码表{place}删除了{old}"),
    "code.added": ("{place}: the value {new} is new", "代码表{place}新增{new}"),
    "code.meaning": (
        "{place}: {what} stands for {new}, no longer for {old}",
        "代码表{place}中{what}的含义由{old}改为{new}",
    ),
    "frequency.lowered": ("data comes {new}, no longer {old}", "报送频率由{old}降为{new}"),
    "frequency.raised": ("data comes {new}, no longer {old}", "报送频率由{old}提高为{new}"),
    "term.loosened": ("{place} is {new}, no longer {old}: data may come later", "{place}由{old}放宽为{new}"),
    "term.tightened": ("{place} is {new}, no longer {old}: data comes sooner", "{place}由{old}收紧为{new}"),
    "clause.removed": ("{place} no longer has {old}", "{place}删除了{old}"),
    "clause.added": ("{place} has {new} besides", "{place}新增{new}"),
    "clause.changed": ("{place} is {new}, no longer {old}", "{place}由{old}改为{new}"),
    "text.changed": ("{place} is worded anew", "{place}的文字有修改"),
}


#: What a clause of a column is called to people.
_CLAUSES: Final[dict[str, tuple[str, str]]] = {
    "maxLength": ("the greatest length", "最大长度"),
    "minimum": ("the least value", "最小值"),
    "pattern": ("the pattern", "格式要求"),
    "format": ("the way a date is written", "日期写法"),
    "codeList": ("the list of values", "代码表"),
    "notInFuture": ("the rule that no day lies in the future", "不得晚于当日的要求"),
    "scheme": ("the kind of code", "代码种类"),
    "unit": ("the unit", "计量单位"),
    "calendar": ("the calendar", "历法"),
    "separators": ("the separators", "分隔符"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its code, where it is, what it does, and a sentence in both languages."""

    code: str
    place: str
    effect: Effect
    en: str
    zh: str

    @property
    def breaking(self) -> bool:
        return self.effect == "breaking"

    def as_json(self) -> dict[str, str]:
        """For scripts, and as it is kept with the version."""
        return {
            "code": self.code, "place": self.place, "effect": self.effect, "en": self.en, "zh": self.zh
        }  # fmt: skip


def change(code: str, place: str, effect: Effect, **more: object) -> Change:
    """Make a change of one of the codes above; ``more`` is what its sentence names, None standing for nothing."""
    en, zh = _SENTENCES[code]
    shown = {key: "nothing" if value is None else _said(value) for key, value in more.items()}
    shown_zh = {key: "无" if value is None else _said(value) for key, value in more.items()}
    if code.startswith("column.") and "what" in more:
        shown["what"], shown_zh["what"] = _CLAUSES.get(shown["what"], (shown["what"], shown_zh["what"]))
    return Change(code, place, effect, en.format(place=place, **shown), zh.format(place=place, **shown_zh))


def _said(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (tuple, list)):
        return ", ".join(_said(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(item)}" for key, item in value.items())
    return str(value)
