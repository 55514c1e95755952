"""Makers of authorities' files and batches for tests of intake."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from goodstanding.intake import commands
from goodstanding.intake.contract import load_contract
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority

TODAY = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def clock() -> datetime:
    return AT


def penalty(number: int, code: str, name: str, bureau: Authority, **more: str) -> dict[str, str]:
    """A clean row of the penalties layout."""
    return {
        "CF_XDR_MC": name,
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": code,
        "CF_FRDB": "李四光",
        "CF_FR_ZJHM": "11010519491231002X",
        "CF_WSH": f"临市监罚〔2026〕{number}号",
        "CF_WFXW": "超范围经营",
        "CF_SY": "当事人超出登记的经营范围从事经营活动。",
        "CF_YJ": "《中华人民共和国市场主体登记管理条例》第四十六条",
        "CF_CFLB": "罚款",
        "CF_NR": "罚款2000元",
        "CF_NR_FK": "0.2",
        "CF_JDRQ": "2026-05-01",
        "CF_YXQ": "2099-12-31",
        "CF_CFJG": bureau.name_zh,
        "CF_CFJGDM": bureau.code,
        "CF_SJLY": bureau.name_zh,
        "CF_SJLYDM": bureau.code,
    } | more


def registration(code: str, name: str, **more: str) -> dict[str, str]:
    """A clean row of the registration layout."""
    return {
        "TYSHXYDM": code,
        "MC": name,
        "ZTLB": "法人及非法人组织",
        "LX": "有限责任公司",
        "ZCRQ": "2015-03-02",
        "XZQH": "980102",
        "DZ": "临湖市湖滨路1号",
        "ZCZB": "100万人民币",
        "ZT": "存续",
    } | more


def header_of(contract: str) -> list[str]:
    return [column.name for column in load_contract(contract).columns]


def write_csv(
    path: Path,
    contract: str,
    rows: Iterable[Mapping[str, str]],
    *,
    encoding: str = "utf-8",
    header: list[str] | None = None,
) -> Path:
    names = header or header_of(contract)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def receive(path: Path, contract: str, authority: Authority) -> Batch:
    return commands.receive(
        path=path, name=path.name, contract=contract, authority_id=authority.pk, account_id=None, at=AT
    )


def take_in(
    path: Path, contract: str, authority: Authority, *, today: date = TODAY, chunk: int = 10_000
) -> Batch:
    batch = receive(path, contract, authority)
    return commands.run(batch.pk, today=today, at_clock=clock, chunk=chunk)


def outcomes(batch: Batch) -> tuple[int, int, int, int]:
    return batch.committed, batch.unchanged, batch.superseding, batch.rejected


def reasons(batch: Batch) -> dict[int, list[str]]:
    return {row.row: [why["code"] for why in row.reasons] for row in batch.rejected_rows.order_by("row")}
