"""What can be wrong with the file of a sharing agreement: each fault with its place and remedy, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# kind of fault -> (sentence, sentence in Chinese); {detail} is what was expected.
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "not_utf8": ("the file is not UTF-8; save it as UTF-8", "文件不是 UTF-8 编码；请以 UTF-8 保存"),
    "yaml": ("{detail}", "YAML 无法读取：{detail}"),
    "missing": ("is missing; add it", "缺少该项；请补充"),
    "extra_forbidden": (
        "is not known here; remove it or correct its spelling",
        "此处没有这一项；请删除或更正拼写",
    ),
    "literal_error": ("must be {detail}", "只能是 {detail}"),
    "string_pattern_mismatch": (
        "does not have the form {detail}; correct it",
        "格式不符（{detail}）；请更正",
    ),
    "string_type": ("must be text; put it in quotes", "须为文本；请加引号"),
    "scope_empty": (
        "names neither kinds nor items; name at least one",
        "既未写信息类别也未写目录事项；请至少写一项",
    ),
    "scope_twice": ("names something twice; name it once", "同一内容重复出现；请只写一次"),
    "scope_divisions": (
        "has a division that is not a code of six digits; write 330100 in quotes",
        "行政区划须为六位数字代码；请加引号写作 330100",
    ),
    "method_none": (
        "names no method; name at least one of feed, push, api, file",
        "未写任何方式；请至少写 feed、push、api、file 之一",
    ),
    "method_twice": ("names a method twice; name it once", "同一方式重复出现；请只写一次"),
    "file_frequency": (
        "names the method file without a frequency of at least 10 minutes; add it to slaProperties",
        "方式含 file，但未在 slaProperties 中写明不短于 10 分钟的频率；请补充",
    ),
    "validity_backward": ("ends before it begins; correct one of the days", "终止日期早于起始日期；请更正"),
}
_OTHER: Final = ("is wrong: {detail}; correct it", "有误：{detail}；请更正")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its line (from 1), the path inside the document, and what to do."""

    line: int
    path: str
    en: str
    zh: str


def explained(kind: str, place: tuple[str | int, ...], *, line: int = 1, detail: str = "") -> Fault:
    """The fault of a kind at a place of the document."""
    en, zh = _TEXTS.get(kind, _OTHER)
    path = ".".join(str(step) for step in place)
    return Fault(line, path, en.format(detail=detail), zh.format(detail=detail))
