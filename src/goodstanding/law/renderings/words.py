"""The words in which the law room speaks, in English and Simplified Chinese: sentences, days, lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from goodstanding.law.attested import Quantity

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def day_en(day: date) -> str:
    """A date as English readers write it, for example 1 April 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def day_zh(day: date) -> str:
    """A date as Chinese readers write it, for example 2026年4月1日."""
    return f"{day.year}年{day.month}月{day.day}日"


DAY: Final[Mapping[str, Callable[[date], str]]] = {"en": day_en, "zh": day_zh}

#: What each fact is called, in English and Chinese.
FACT_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "kind": ("kind of record", "信息类别"),
    "measures": ("measures", "处罚措施"),
    "amount_yuan": ("amount of the fine in yuan", "罚款数额（元）"),
    "simple_procedure": ("penalty by simple procedure", "适用简易程序"),
    "found_on": ("the day of the finding", "认定之日"),
    "performed_on": ("the day on which the duty was fully performed", "义务全部履行完毕之日"),
    "ended_on": ("the day on which the act ended", "行为终了之日"),
    "limitation_ends_on": ("the end of the limitation period", "时效届满之日"),
    "set_aside_on": ("the day on which the finding was set aside", "认定被撤销之日"),
    "committed": ("a public credit commitment was made", "已公开作出信用承诺"),
    "trained": ("training on credit restoration was completed", "已参加信用修复培训"),
    "publication_necessary": (
        "the sector authority found publication truly necessary",
        "行业主管部门认为确有必要公示",
    ),
    "excluded_by_law": ("a law expressly excludes it from restoration", "法律法规明确规定不可修复"),
    "further_condition_open": ("a further condition of another law is open", "尚有法律规定的其他条件未满足"),
    "false_commitment_on": ("the last finding of a false commitment", "最近一次认定虚假承诺之日"),
    "plan_approved_on": ("the day on which the court approved the plan", "法院批准计划或者认可协议之日"),
    "plan_completed_on": ("the day on which the plan was completed", "计划执行完毕之日"),
    "plan_failed_on": ("the day on which the plan failed", "计划终止执行之日"),
    "stated": ("the class that the authority stated", "认定单位注明的类别"),
    "conduct": ("what was done", "违法行为"),
    "subject": ("subject", "主体"),
    "sector": ("sector", "行业领域"),
    "use": ("what the record is read for", "查询用途"),
    "use_amount": ("amount of that use in the pack's currency", "该用途所涉金额"),
}

#: From when a deadline runs.
FROM: Final = {
    "en": {
        "receipt": "receipt",
        "acceptance": "acceptance",
        "decision": "the decision",
        "objection": "receipt of the objection",
        "completion": "completion",
    },
    "zh": {
        "receipt": "收到",
        "acceptance": "受理",
        "decision": "作出决定",
        "objection": "收到异议",
        "completion": "执行完毕",
    },
}

_UNITS = {
    "working_days": ("{} working day", "{} working days", "{} 个工作日"),
    "calendar_days": ("{} calendar day", "{} calendar days", "{} 个自然日"),
    "months": ("{} month", "{} months", "{} 个月"),
    "years": ("{} year", "{} years", "{} 年"),
}


def length_words(length: Quantity, language: str) -> str:
    """A length with its unit, for example "3 working days"; empty while its number is unset."""
    value, unit = length.value, str(getattr(length, "unit", "months"))
    return "" if value is None else count_words(value, unit, language)


def count_words(value: int, unit: str, language: str) -> str:
    """A number of units, for example "1 year" or "3 个月"."""
    one, many, zh = _UNITS[unit]
    return (zh if language == "zh" else one if value == 1 else many).format(value)


#: How well a text is attested.
CONFIDENCE: Final[Mapping[str, tuple[str, str]]] = {
    "V": ("seen verbatim", "见到原文"),
    "T": ("seen in a translation", "见到译文"),
    "N": ("seen in a secondary source", "见于二手来源"),
    "F": ("seen as a fragment", "见到片段"),
    "C": ("seen in source code of the standard", "见于标准的源代码"),
    "X": ("not seen", "未见到"),
    "R": ("only recalled", "仅凭记忆"),
}

#: The tables of a pack, as a trace names them.
TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "kinds": ("kind of record", "信息类别"),
    "classification": ("classification", "分类"),
    "publication": ("publication", "公示期限"),
    "exemptions": ("exemption", "不适用最长期限的用途"),
    "at_maximum": ("at the maximum", "最长期限届满"),
    "conditions": ("condition of restoration", "修复条件"),
    "materials": ("material", "申请材料"),
    "decides": ("who decides", "办理单位"),
    "events": ("event", "事由"),
    "shield": ("shield", "临时屏蔽"),
}

_EN = {
    "information": "This record is not adverse. It is shown as information and there is nothing to restore.",
    "class": "The law puts this record in the class “{severity}”; it was found on {found}.",
    "not_yet": "On {on} it had not been found yet: the finding is of {found}.",
    "not_published": "Records of this class are in principle not published.",
    "shielded": "Its publication is shielded while the reorganisation plan or settlement is carried out.",
    "ended": "Its publication ended by itself on {until}, {why}.",
    "ended_maximum": "when the maximum was reached",
    "ended_performed_on": "when the duty was fully performed",
    "ended_set_aside_on": "when the finding was set aside",
    "ended_plan_completed_on": "when the plan was completed",
    "ended_limitation_ends_on": "when the limitation period ended",
    "until": "It is published at the longest to the day before {until}; then publication ends by itself.",
    "clock_not_started": "Its periods have not begun to run: they count from {missing}, which is not known.",
    "exempt": "The maximum does not apply to the use stated: {text}",
    "held": "At the maximum its publication does not end: it goes on until the duty is fully performed.",
    "no_end": "The law sets no end to its publication.",
    "mark": "It carries a mark: {text}",
    "eligible": "Every condition is met: an application for restoration can succeed now.",
    "excluded": "A law expressly excludes it from restoration.",
    "never": "This law knows no restoration of it on application.",
    "earliest": "The earliest day on which an application can succeed is {day}.",
    "earliest_if_done": (
        "The earliest day on which an application can succeed is {day}, if what is still open is done by then."
    ),
    "earliest_if_started": (
        "The earliest day on which an application can succeed is {day}, if its periods begin to run on {on}."
    ),
    "deadline": "{length} from {since}",
    "deadline_unset": "The length is unset: not seen in the official text",
    "extension": "; once {length} more: {ground}",
    "extension_unset": "; may be extended once, by a length that is unset: {ground}",
    "note": "Note: {text}",
}

_ZH = {
    "information": "该信息不属于失信信息，仅作信息公示，无需修复。",
    "class": "该信息依法归为{severity}，认定之日为 {found}。",
    "not_yet": "截至 {on}尚未认定：认定之日为 {found}。",
    "not_published": "该类信息原则上不予公示。",
    "shielded": "重整计划或者和解协议执行期间，该信息暂时屏蔽，不予公示。",
    "ended": "{why}，自 {until}起自动停止公示。",
    "ended_maximum": "最长公示期已届满",
    "ended_performed_on": "义务已全部履行完毕",
    "ended_set_aside_on": "认定已被撤销",
    "ended_plan_completed_on": "计划已执行完毕",
    "ended_limitation_ends_on": "时效已届满",
    "until": "最长公示至 {until}的前一日，届满自动停止公示。",
    "clock_not_started": "期限尚未开始计算：自{missing}起算，该日期尚不明确。",
    "exempt": "最长期限不适用于所述用途：{text}",
    "held": "达到最长公示期限后仍继续公示，至义务全部履行完毕为止。",
    "no_end": "法律未规定停止公示的期限。",
    "mark": "该信息附有标注：{text}",
    "eligible": "各项条件均已满足，现在即可申请信用修复。",
    "excluded": "法律法规明确规定不予修复。",
    "never": "本规定没有依申请修复该信息的程序。",
    "earliest": "最早可于 {day}申请修复。",
    "earliest_if_done": "届时尚缺事项均已完成的，最早可于 {day}申请修复。",
    "earliest_if_started": "期限自 {on}起算的，最早可于 {day}申请修复。",
    "deadline": "自{since}之日起 {length}",
    "deadline_unset": "期限未设定：尚未见到官方文本中的数字",
    "extension": "；可延长一次，延长 {length}：{ground}",
    "extension_unset": "；可延长一次，延长期限未设定：{ground}",
    "note": "说明：{text}",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"en": _EN, "zh": _ZH}
