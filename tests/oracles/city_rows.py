"""A slow, obvious judge of the rows of a generated city, written from the contracts and not from the generator.

It reads the files as a person would, keeps what was taken in, and says of each row what becomes of it. It knows
nothing of how the rows were made.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import python_calamine
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_10

REQUIRED = {
    "registration": ("MC", "ZTLB"),
    "double-publicity-penalties": (
        *("CF_XDR_MC", "CF_XDR_LB", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_NR", "CF_JDRQ"),
        *("CF_YXQ", "CF_CFJG", "CF_CFJGDM", "CF_SJLY", "CF_SJLYDM"),
    ),
    "double-publicity-permits": (
        "XK_XDR_MC",
        "XK_XDR_LB",
        "XK_XKWS",
        "XK_WSH",
        "XK_XKLB",
        "XK_NR",
        "XK_XKJGDM",
    ),
    "credit-commitments": ("CNBH", "MC", "ZCRQ"),
    "abnormal-list": ("MC", "LRYJ", "LRRQ"),
    "serious-list": ("MC", "LRYJ", "LRRQ"),
    "utility-payments": ("MC", "ZDBH", "YWLX", "ZQ", "ZDRQ", "JE", "JFZT"),
}
DATES = {
    "registration": ("ZCRQ",),
    "double-publicity-penalties": ("CF_JDRQ", "CF_YXQ", "CF_GSJZQ"),
    "double-publicity-permits": ("XK_JDRQ", "XK_YXQZ", "XK_YXQZI"),
    "credit-commitments": ("ZCRQ", "YXQZ", "RDRQ"),
    "abnormal-list": ("LRRQ", "YCRQ"),
    "serious-list": ("LRRQ", "YCRQ"),
    "utility-payments": ("ZDRQ", "JZRQ", "JFRQ"),
}
NOT_AFTER_TODAY = ("ZCRQ", "CF_JDRQ", "XK_JDRQ", "LRRQ", "YCRQ", "RDRQ", "ZDRQ", "JFRQ")
AMOUNTS = ("CF_NR_FK", "CF_NR_WFFF", "JE")
CLASSES = {"法人及非法人组织", "个体工商户", "自然人"}
CODE_LISTS = {
    "YWLX": {"水", "电", "气", "热"},
    "JFZT": {"已缴", "逾期缴纳", "欠缴"},
    "ZTLB": {"法人及非法人组织", "个体工商户"},
    "ZT": {"存续", "注销", "吊销", "迁出"},
    "CF_XDR_LB": CLASSES,
    "XK_XDR_LB": CLASSES,
    "LB": CLASSES,
    "XK_XKLB": {"普通", "特许", "认可", "核准", "登记", "其他"},
    "CNLX": {"审批替代型", "容缺受理型", "证明事项型", "信用修复型", "行业自律型", "主动型", "其他"},
    "LXZT": {"全部履行", "部分履行", "全部未履行"},
    "GKLX": {"可向社会公开", "特定范围内公开", "不可公开"},
    "CF_CFLB": set(
        [
            "警告",
            "通报批评",
            "罚款",
            "没收违法所得",
            "没收非法财物",
            "暂扣许可证件",
            "降低资质等级",
            "吊销许可证件",
            "限制开展生产经营活动",
            "责令停产停业",
            "责令关闭",
            "限制从业",
            "行政拘留",
        ]
    ),
}
LENGTHS = {"YHBH": 64, "CF_WSH": 128, "CNSY": 512, "CF_XDR_MC": 200, "XK_XDR_MC": 200, "MC": 200}
NAME = {"double-publicity-penalties": "CF_XDR_MC", "double-publicity-permits": "XK_XDR_MC"}
CODE = {
    "double-publicity-penalties": "CF_XDR_SHXYM",
    "double-publicity-permits": "XK_XDR_SHXYM",
    "credit-commitments": "DM",
}
OLDER = {
    "double-publicity-penalties": ("CF_XDR_GSZC", "CF_XDR_ZZJG"),
    "double-publicity-permits": ("XK_XDR_GSZC", "XK_XDR_ZZJG"),
    "credit-commitments": (),
    "abnormal-list": ("ZCH",),
    "serious-list": ("ZCH",),
    "utility-payments": (),
}
DOCUMENT = {
    "double-publicity-penalties": "CF_WSH",
    "double-publicity-permits": "XK_WSH",
    "credit-commitments": "CNBH",
    "abnormal-list": "JDWSH",
    "serious-list": "JDWSH",
    "utility-payments": "ZDBH",
}
DATE_SHAPES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)


def read(folder: Path, entry: dict[str, Any]) -> Iterator[tuple[list[str], list[str]]]:
    """Header and cells of each row, as text."""
    path = folder / entry["path"]
    if entry["format"] == "csv":
        with path.open(encoding=entry["encoding"], newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            for row in rows:
                yield header, row
    elif entry["format"] == "jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            yield list(item), [value or "" for value in item.values()]
    else:
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        for row in sheet[1:]:
            texts = [
                cell.date().isoformat() if isinstance(cell, datetime) else
                cell.isoformat() if isinstance(cell, date) else str(cell)
                for cell in row
            ]  # fmt: skip
            yield [str(cell) for cell in sheet[0]], texts + [""] * (len(sheet[0]) - len(texts))


def day_of(text: str) -> date | None:
    """The day that a text says without ambiguity."""
    plain = unicodedata.normalize("NFKC", text).strip()
    for shape in DATE_SHAPES:
        if found := shape.fullmatch(plain):
            try:
                return date(*(int(part) for part in found.groups()))
            except ValueError:
                return None
    return None


def bare(code: str) -> str:
    """An identifier without its spelling."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", code)).upper()


def plain_name(name: str) -> str:
    """A name without spaces and without the difference between the two spellings of a company."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).replace("有限责任公司", "有限公司")


@dataclass
class Judge:
    """Keeps what was taken in, and judges row after row."""

    today: date
    names: dict[str, str] = field(default_factory=dict)
    older: dict[str, set[str]] = field(default_factory=dict)
    held: dict[object, list[str]] = field(default_factory=dict)

    def judge(self, contract: str, authority: str, header: list[str], cells: list[str]) -> tuple[str, str]:
        """(disposition, reason) of a row."""
        if len(header) != len(cells):
            return "rejected", "row.column_count"
        row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
        if reason := self._column_problem(contract, row):
            return "rejected", reason
        if contract == "registration":
            return self._register(row, cells)
        entity = self._link(contract, row)
        if entity.startswith("link."):
            return "rejected", entity
        return self._keep((contract, authority, entity, row[DOCUMENT[contract]]), cells)

    def _keep(self, key: object, cells: list[str]) -> tuple[str, str]:
        before = self.held.get(key)
        self.held[key] = cells
        if before is None:
            return "committed", ""
        return ("unchanged", "") if before == cells else ("superseding", "")

    def _column_problem(self, contract: str, row: dict[str, str]) -> str:
        for column, text in row.items():
            if text.startswith("="):
                return "row.formula"
            if not text:
                if column in REQUIRED[contract]:
                    return "column.missing_value"
                continue
            if len(text) > LENGTHS.get(column, 10_000):
                return "column.too_long"
            listed = CODE_LISTS.get(column)
            if listed and not set(re.split("[;；、]", text)) <= listed:
                return "column.not_in_code_list"
            if column in DATES[contract]:
                day = day_of(text)
                if day is None:
                    return "column.not_a_date"
                if column in NOT_AFTER_TODAY and day > self.today:
                    return "column.future_date"
            if column in AMOUNTS:
                try:
                    amount = Decimal(text)
                except InvalidOperation:
                    return "column.not_a_number"
                if amount < 0:
                    return "column.negative"
        return ""

    def _register(self, row: dict[str, str], cells: list[str]) -> tuple[str, str]:
        code = bare(row["TYSHXYDM"])
        if not code:
            return "rejected", "link.no_identifier"
        if not stdnum_uscc.is_valid(code):
            return "rejected", "link.invalid_identifier"
        held = self.names.get(code)
        if (
            held is not None
            and plain_name(held) != plain_name(row["MC"])
            and held not in row["CYM"].split("；")
        ):
            return "rejected", "link.code_and_name_disagree"
        self.names[code] = row["MC"]
        for column in ("ZCH", "ZZJGDM"):
            if row[column]:
                self.older.setdefault(row[column], set()).add(code)
        return self._keep(code, cells)

    def _link(self, contract: str, row: dict[str, str]) -> str:
        name = row[NAME.get(contract, "MC")]
        code = bare(row[CODE.get(contract, "TYSHXYDM")])
        if row.get("CF_XDR_LB") == "自然人":
            return row["CF_XDR_ZJHM"] or "link.no_identifier"
        older = [row[column] for column in OLDER[contract] if row[column]]
        if not code and not older:
            return "link.no_identifier"
        if "\ufffd" in name or "?" in name:
            return "link.name_lost_characters"
        if stdnum_uscc.is_valid(code):
            if code not in self.names:
                return "link.not_registered"
        else:
            good = [number for number in older if len(number) == 9 or mod_11_10.is_valid(number)]
            if not good:
                return "link.invalid_identifier"
            candidates = self.older.get(good[0], set())
            if len(candidates) > 1:
                return "link.ambiguous"
            if not candidates:
                return "link.not_registered"
            (code,) = candidates
        if plain_name(self.names[code]) != plain_name(name):
            return "link.code_and_name_disagree"
        return code
