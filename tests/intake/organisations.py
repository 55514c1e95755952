"""Organisations that nobody registered, made from a seed, to link damaged copies to."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

BRAND = (
    "安邦博昌诚达德鼎丰富冠广海航和恒宏华汇吉佳嘉建江金锦景凯康乐联龙隆茂美明铭鹏启庆"
    "荣瑞润森盛世顺泰腾天通旺伟祥欣鑫信兴旭亚阳益永友宇元源越云泽展正志中众"
)
TRADE = (
    "科技",
    "贸易",
    "商贸",
    "建筑工程",
    "机械设备",
    "电子科技",
    "食品",
    "医药",
    "运输",
    "物业管理",
    "环保科技",
    "纺织",
)
PLACES = (
    ("浙江省", "杭州市", ("西湖区", "余杭区", "萧山区")),
    ("江苏省", "苏州市", ("吴中区", "昆山市")),
    ("广东省", "深圳市", ("南山区", "福田区", "龙岗区")),
    ("四川省", "成都市", ("锦江区", "武侯区")),
    ("山东省", "青岛市", ("崂山区", "黄岛区")),
)
ROADS = ("人民路", "解放大道", "建设路", "文一西路", "科技园路", "中山北路", "工业大道", "长江路")


def organisations(*, many: int, seed: str) -> list[dict[str, Any]]:
    """Rows with `key`, `name`, `address` and `former_names`; no two have one name."""
    chance = random.Random(seed)
    rows: dict[str, dict[str, Any]] = {}
    while len(rows) < many:
        province, city, districts = chance.choice(PLACES)
        name = city[:2] + "".join(chance.sample(BRAND, k=chance.choice((2, 3, 3, 4))))
        name += chance.choice(TRADE) + "有限公司"
        road = f"{chance.choice(ROADS)}{chance.randrange(1, 900)}号{chance.randrange(1, 30)}幢"
        rows[name] = {
            "key": f"E{len(rows):06d}",
            "name": name,
            "address": f"{province}{city}{chance.choice(districts)}{road}",
            "former_names": [],
        }
    return list(rows.values())


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table of text."""
    columns = [name for name in rows[0] if name not in ("damages", "former_names")]
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
