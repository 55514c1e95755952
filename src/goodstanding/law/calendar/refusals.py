"""What cannot be counted, and why: every refusal with its code, in both languages, with the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import pairwise

from goodstanding.law.calendar.terms import LONGEST, Extension, Pause, Unit
from goodstanding.law.errors import LawError


def check(
    start: date | datetime,
    length: int,
    *,
    unit: Unit,
    extensions: Sequence[Extension],
    pauses: Sequence[Pause],
    cut_off: time | None,
) -> None:
    """Raises LawError: "negative_length", "length_too_long", "second_extension", "extension_without_length",
    "ground_missing", "pause_without_days", "pauses_overlap", "instant_without_zone", "cut_off_without_instant".
    """
    if length < 0:
        raise LawError(
            code="negative_length",
            en=f"A deadline cannot be {length} units long.",
            zh=f"期限长度不能为 {length}。",
            remedy_en="Give zero or more.",
            remedy_zh="请填写零或正整数。",
        )
    for number, counted in ((length, unit), *((each.length, each.unit or unit) for each in extensions)):
        if number > LONGEST[counted]:
            raise LawError(
                code="length_too_long",
                en=f"A deadline of {number} is longer than any law's; {LONGEST[counted]} is the most.",
                zh=f"期限 {number} 过长，最多为 {LONGEST[counted]}。",
                remedy_en="Check the number and its unit.",
                remedy_zh="请核对数值与单位。",
            )
    _check_extensions(extensions)
    _check_pauses(pauses)
    instant = isinstance(start, datetime)
    if isinstance(start, datetime) and start.utcoffset() is None:
        raise LawError(
            code="instant_without_zone",
            en=f"The instant {start.isoformat()} has no time zone, so its day is not certain.",
            zh=f"时刻 {start.isoformat()} 未注明时区，无法确定所属日期。",
            remedy_en="Give an instant with its offset, or a plain day.",
            remedy_zh="请提供带时区的时刻，或仅提供日期。",
        )
    if cut_off is not None and not instant:
        raise LawError(
            code="cut_off_without_instant",
            en="A cut-off time needs the time of receipt; only a day was given.",
            zh="设定截止时刻时须提供收到的时刻，现仅有日期。",
            remedy_en="Give the instant of receipt, or no cut-off.",
            remedy_zh="请提供收到的时刻，或不设截止时刻。",
        )


def _check_extensions(extensions: Sequence[Extension]) -> None:
    if len(extensions) > 1:
        raise LawError(
            code="second_extension",
            en="A deadline is extended once only.",
            zh="期限只能延长一次。",
            remedy_en="Keep to the deadline as it was extended.",
            remedy_zh="请按已延长的期限办理。",
        )
    for extension in extensions:
        if extension.length < 1:
            raise LawError(
                code="extension_without_length",
                en=f"An extension cannot be {extension.length} units long.",
                zh=f"延长的期限不能为 {extension.length}。",
                remedy_en="Give one or more.",
                remedy_zh="请填写正整数。",
            )
        _check_ground(extension.ground_en, extension.ground_zh, "extension", "延长期限")


def _check_pauses(pauses: Sequence[Pause]) -> None:
    for pause in pauses:
        if pause.until is not None and pause.until <= pause.from_:
            raise LawError(
                code="pause_without_days",
                en=f"A pause from {pause.from_} that ends before {pause.until} has no day.",
                zh=f"自 {pause.from_} 起、至 {pause.until} 之前的中止不含任何一日。",
                remedy_en="Let the pause end after it begins.",
                remedy_zh="中止的结束日期须晚于开始日期。",
            )
        _check_ground(pause.ground_en, pause.ground_zh, "pause", "中止计算")
    for one, two in pairwise(sorted(pauses, key=lambda pause: pause.from_)):
        if one.until is None or two.from_ < one.until:
            raise LawError(
                code="pauses_overlap",
                en=f"The pause from {two.from_} begins before the one from {one.from_} has ended.",
                zh=f"自 {two.from_} 起的中止与自 {one.from_} 起的中止重叠。",
                remedy_en="End the first pause, or join the two.",
                remedy_zh="请先结束前一中止，或将二者合并。",
            )


def _check_ground(en: str, zh: str, what_en: str, what_zh: str) -> None:
    if not en.strip() or not zh.strip():
        raise LawError(
            code="ground_missing",
            en=f"The {what_en} has no ground in both languages.",
            zh=f"{what_zh}未同时以中英文说明理由。",
            remedy_en="State the ground in English and in Chinese.",
            remedy_zh="请以中英文说明理由。",
        )
