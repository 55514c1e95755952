"""Credit commitments."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from goodstanding.law.months import add_months
from goodstanding.world.city import AUTHORITIES, AuthorityEntry
from goodstanding.world.entities import Entity, Population
from goodstanding.world.rows import Cell, Layout

COLUMNS: Final = tuple(
    [
        "CNBH",
        "MC",
        "LB",
        "DM",
        "CNLX",
        "CNSY",
        "CNNR",
        "WYZR",
        "ZCRQ",
        "YXQZ",
        "LXZT",
        "WLXNR",
        "ZRZJ",
        "RDRQ",
        "RDDW",
        "RDDWDM",
        "SLDW",
        "SLDWDM",
        "GKLX",
        "BZ",
    ]
)

LAYOUT: Final = Layout(
    contract="credit-commitments",
    columns=COLUMNS,
    name="MC",
    code="DM",
    date="ZCRQ",
    required=("CNBH", "MC", "ZCRQ"),
    listed=(("CNLX", "口头型"), ("LXZT", "不详"), ("GKLX", "公开")),
    text="CNNR",
    long=("CNSY", 600),
    corrected="CNNR",
    remark="BZ",
)

KINDS: Final = {
    "审批替代型": "以信用承诺替代审批事项",
    "容缺受理型": "申请材料暂缺，承诺限期补齐",
    "证明事项型": "以信用承诺替代证明材料",
    "信用修复型": "申请信用修复",
    "行业自律型": "遵守行业自律公约",
    "主动型": "主动向社会作出诚信经营承诺",
}
_KINDS: Final = tuple(KINDS.items())
PERFORMANCE: Final = {"全部履行": 85, "部分履行": 10, "全部未履行": 5}
_PERFORMANCE: Final = tuple(state for state, weight in PERFORMANCE.items() for _ in range(weight))
_ACCEPTING: Final = tuple(authority for authority in AUTHORITIES.values() if authority.field != "credit")


def clean(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean row."""
    if entity is None:
        raise ValueError("commitments are made by entities only")
    rnd = random.random
    kind, reason = _KINDS[int(rnd() * len(_KINDS))]
    state = _PERFORMANCE[int(rnd() * 100)]
    accepting = _ACCEPTING[int(rnd() * len(_ACCEPTING))]
    failed = state != "全部履行"
    looked_at = min(found + timedelta(days=30 + int(rnd() * 300)), population.on)
    return [
        f"{entity.division}{found:%Y%m%d}{number % 1_000_000:06d}",
        entity.name,
        entity.subject_class,
        entity.uscc,
        kind,
        reason,
        "本单位承诺所提供的材料真实、合法、有效，严格依法从事生产经营活动，自愿接受监督",
        "如违反承诺，自愿承担违约责任，并同意将违约情况依法记入信用记录",
        found.isoformat(),
        add_months(found, 36).isoformat() if rnd() < 0.6 else "",
        state,
        "未在承诺期限内补齐全部材料" if failed else "",
        "责令限期改正，按最长期限公示" if failed else "",
        looked_at.isoformat(),
        accepting.name_zh,
        accepting.code,
        accepting.name_zh,
        accepting.code,
        "可向社会公开" if rnd() < 0.9 else "特定范围内公开",
        "",
    ]
