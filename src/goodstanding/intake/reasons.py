"""Why a row was not taken in: a closed family of codes, each with a sentence in both languages.

Codes that begin with ``link.`` put the row in quarantine: the row is well formed, and the platform does not know
safely whom it is about. So do those on which the operator decides (``WAITING``). Every other code means that the
authority must mend the row itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REASONS: Final[dict[str, tuple[str, str]]] = {
    "row.column_count": (
        "The row has {found} cells, the header {expected}. Check separators and quotes.",
        "该行有{found}个单元格，表头有{expected}个。请检查分隔符和引号。",
    ),
    "row.formula": (
        "The cell holds a formula. Send its value.",
        "单元格内容是公式。请改为数值或者文本。",
    ),
    "column.missing_value": ("The cell is empty, and the contract requires it.", "必填项为空。"),
    "column.not_a_date": (
        "This is not a date of the {calendar} calendar in a form that the contract knows.",
        "不是契约所规定格式的日期（{calendar_zh}）。",
    ),
    "column.not_a_number": (
        "This is not a decimal number with at most {places} places.",
        "不是数字，或者小数超过{places}位。",
    ),
    "column.too_long": (
        "The text has {found} characters, the contract allows {expected}.",
        "文本有{found}个字符，最多允许{expected}个。",
    ),
    "column.not_in_code_list": (
        "This is not in the code list: {expected}.",
        "不在代码表内：{expected}。",
    ),
    "column.negative": ("A number here cannot be negative.", "数值不能为负。"),
    "column.future_date": ("The day lies in the future.", "日期晚于今天。"),
    "column.source_may_not_provide": (
        "This source is no {providers}; the catalogue lets nobody else provide {item}.",
        "该数据来源单位不属于目录规定可以提供“{item}”的单位类别（{providers}）。",
    ),
    "link.no_identifier": (
        "No column holds an identifier by which the subject could be found safely.",
        "没有可以安全识别主体的代码。",
    ),
    "link.invalid_identifier": ("The identifier is not valid: {why}", "代码无效：{why_zh}"),
    "link.not_registered": (
        "The identifier is valid, but nobody is registered under it here.",
        "代码有效，但本平台没有以该代码登记的主体。",
    ),
    "link.code_and_name_disagree": (
        "The name disagrees with the name registered under this code.",
        "名称与该代码登记的名称不一致。",
    ),
    "link.code_reserved": (
        "No entity is registered under this code; ask the operator of the platform about it.",
        "该代码不予登记任何主体；请联系平台运营方核实。",
    ),
    "link.ambiguous": (
        "Several entities are registered under this older code.",
        "该旧代码对应多个主体。",
    ),
    "link.name_lost_characters": (
        "Characters of the name were lost on its way; send the name whole.",
        "名称中有字符在传输中丢失，请报送完整名称。",
    ),
    "tombstone.restored": (
        "This record was restored. It is not taken in again, and nothing was changed.",
        "该信息已修复，不再接收，平台未作任何变更。",
    ),
    "tombstone.withdrawn": (
        "This record was withdrawn. It is not taken in again, and nothing was changed.",
        "该信息已撤回，不再接收，平台未作任何变更。",
    ),
    "tombstone.redacted": (
        "The content of this record was erased. It is not taken in again, and nothing was changed.",
        "该信息的内容已屏蔽，不再接收，平台未作任何变更。",
    ),
    "tombstone.alike": (
        "This looks like a record that was removed. It waits until the operator has looked at it.",
        "与已移除的信息疑似同一条，待平台运营方核查。",
    ),
    "tombstone.early": (
        "Its source took this finding back before it was reported. It waits until the operator has looked at it.",
        "该信息在报送之前已由来源单位撤销，待平台运营方核查。",
    ),
    "tombstone.corrected": (
        "A decision corrected this in the record. What it said before is not taken in again, and nothing was changed.",
        "该内容已裁定更正，更正前的内容不再接收，平台未作任何变更。",
    ),
    "change.unknown": (
        "There is no such record to correct or to take back.",
        "没有可以更正或者撤销的对应信息。",
    ),
    "change.not_yours": (
        "Only the authority or the source that reported a record may correct it or take it back.",
        "只有认定单位或者数据来源单位可以更正或者撤销该信息。",
    ),
}
#: Refusals on which the operator decides (``registry.source_findings``).
WAITING: Final = frozenset({"tombstone.alike", "tombstone.early"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the column and the value as it was sent (hidden where it may be a person's)."""

    code: str
    column: str | None
    value: str | None
    en: str
    zh: str

    def as_json(self) -> dict[str, str | None]:
        """As it is kept with the rejected row."""
        return {"code": self.code, "column": self.column, "value": self.value, "en": self.en, "zh": self.zh}


def reason(code: str, *, column: str | None = None, value: str | None = None, **more: object) -> Reason:
    """Make a reason from its code and what its sentence names. Values are cut at 200 characters."""
    en, zh = REASONS[code]
    return Reason(code, column, value[:200] if value else value, en.format(**more), zh.format(**more))


def law_refusal(*, column: str | None, value: str | None, en: str, zh: str) -> Reason:
    """The law pack refuses the row's facts, such as a measure that cannot be imposed on an organisation."""
    return Reason("column.not_in_code_list", column, value[:200] if value else value, en, zh)


def is_quarantine(reasons: list[Reason]) -> bool:
    """Whether a row waits for its subject to be known or for the operator, rather than for a correction."""
    return all(item.code.startswith("link.") or item.code in WAITING for item in reasons)


def is_removed(reasons: list[Reason]) -> bool:
    """Whether a row is a removed record: then nothing of what it says is kept."""
    return any(item.code.startswith("tombstone.") and item.code not in WAITING for item in reasons)
