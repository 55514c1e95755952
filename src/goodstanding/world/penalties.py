"""Penalties in the layout of double publicity (CF_)."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Final

from goodstanding.law.months import add_months
from goodstanding.world.city import AuthorityEntry
from goodstanding.world.entities import Entity, Population
from goodstanding.world.offences import DECISION_TABLE, OFFENCES
from goodstanding.world.rows import Cell, Layout

COLUMNS: Final = tuple(
    [
        "CF_XDR_MC",
        "CF_XDR_LB",
        "CF_XDR_SHXYM",
        "CF_XDR_GSZC",
        "CF_XDR_ZZJG",
        "CF_XDR_SWDJ",
        "CF_XDR_SYDW",
        "CF_XDR_SHZZ",
        "CF_FRDB",
        "CF_FR_ZJLX",
        "CF_FR_ZJHM",
        "CF_XDR_ZJLX",
        "CF_XDR_ZJHM",
        "CF_WSH",
        "CF_WFXW",
        "CF_SY",
        "CF_YJ",
        "CF_CFLB",
        "CF_NR",
        "CF_NR_FK",
        "CF_NR_WFFF",
        "CF_NR_ZKDX",
        "CF_JDRQ",
        "CF_YXQ",
        "CF_GSJZQ",
        "CF_CFJG",
        "CF_CFJGDM",
        "CF_SJLY",
        "CF_SJLYDM",
        "BZ",
    ]
)

LAYOUT: Final = Layout(
    contract="double-publicity-penalties",
    columns=COLUMNS,
    name="CF_XDR_MC",
    code="CF_XDR_SHXYM",
    registration_no="CF_XDR_GSZC",
    organisation_code="CF_XDR_ZZJG",
    date="CF_JDRQ",
    required=("CF_XDR_MC", "CF_WSH", "CF_WFXW", "CF_SY", "CF_YJ", "CF_CFLB", "CF_NR", "CF_JDRQ", "CF_CFJG"),
    listed=(("CF_XDR_LB", "企业"), ("CF_CFLB", "罚金")),
    amount="CF_NR_FK",
    text="CF_SY",
    long=("CF_WSH", 300),
    corrected="CF_NR",
    remark="BZ",
)

SIMPLE_PROCEDURE: Final = "简易程序"
_SEPARATORS: Final = (";", "；", "、")
_LONG_TERM: Final = "2099/12/31"


def amount_in_wan(yuan: int) -> str:
    """A sum in 万元 as the standard writes it: 2000 yuan is 0.2."""
    whole, rest = divmod(yuan, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def fine_in_yuan(random: Random) -> int:
    """A fine: evenly spread over the orders of magnitude from 200 to 2 million yuan, in round hundreds."""
    scale = (200, 2_000, 20_000, 200_000)[int(random.random() * 4)]
    return int(scale * (1 + 9 * random.random())) // 100 * 100


def clean(
    random: Random,
    number: int,
    entity: Entity | None,
    authority: AuthorityEntry,
    population: Population,
    found: date,
) -> list[Cell]:
    """A clean row. Without an entity it is a penalty on a natural person."""
    rnd = random.random
    offences = OFFENCES[authority.field]
    offence = offences[int(rnd() * len(offences))]
    decision = DECISION_TABLE[int(rnd() * 100)]
    kinds = decision.kinds
    content, fine, taken, document = [], "", "", ""
    for kind in kinds:
        if kind == "罚款":
            yuan = 100 * (1 + int(rnd() * 30)) if decision.simple else fine_in_yuan(random)
            fine = amount_in_wan(yuan)
            content.append(f"罚款人民币{yuan}元")
        elif kind in ("没收违法所得", "没收非法财物"):
            yuan = fine_in_yuan(random)
            taken = taken or amount_in_wan(yuan)
            content.append(f"{kind}，价值人民币{yuan}元")
        elif kind in ("暂扣许可证件", "吊销许可证件"):
            document = f"经营许可证，编号{authority.division}{number:08d}"
            content.append(f"{kind}（{document}）")
        else:
            content.append(kind)
    u = rnd()
    fact = f"当事人{offence.fact}，事实清楚，证据确凿"
    remark = ""
    if decision.simple:
        fact += f"，适用{SIMPLE_PROCEDURE}当场处罚"
        remark = SIMPLE_PROCEDURE if u < 0.5 else ""
    decided = found.isoformat()
    text = "；".join(content)
    who: list[Cell]
    if entity is None:
        person = population.person(int(rnd() * population.persons))
        who = [person.name, "自然人", "", "", "", "", "", "", "", "", "", "身份证", person.citizen_no]
    else:
        older = u < 0.15
        who = [
            entity.name,
            entity.subject_class,
            entity.uscc,
            entity.registration_no if older else "",
            entity.organisation_code if older else "",
            "",
            "",
            "",
            entity.representative,
            "",
            "",
            "",
            "",
        ]
    return [
        *who,
        f"{authority.short}罚〔{found.year}〕{number + 1}号",
        offence.kind,
        fact,
        offence.basis,
        _SEPARATORS[number % 3].join(kinds),
        f"责令改正；{text}" if u > 0.5 else text,
        fine,
        taken,
        document,
        decided,
        _LONG_TERM if u < 0.3 else f"{add_months(found, 36)}",
        "",
        authority.name_zh,
        authority.code,
        authority.name_zh,
        authority.code,
        remark,
    ]
