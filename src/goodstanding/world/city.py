"""The fictional city of Linhu (临湖市): its divisions and its authorities.

Division codes begin with 98, which no province has, so that no code made here can be a real body's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodstanding.identity import org_code_from, uscc_from_parts

PROVINCE_ZH: Final = "澜江省"
CITY_ZH: Final = "临湖市"
CITY_CODE: Final = "980100"


@dataclass(frozen=True, slots=True)
class District:
    """A district or county of the city. `weight` is its share of the entities, in percent."""

    code: str
    zh: str
    en: str
    weight: int


DISTRICTS: Final = (
    District("980102", "望湖区", "Wanghu District", 30),
    District("980103", "青石区", "Qingshi District", 25),
    District("980104", "东桥区", "Dongqiao District", 18),
    District("980105", "南渡区", "Nandu District", 13),
    District("980121", "云溪县", "Yunxi County", 8),
    District("980181", "柳泉市", "Liuquan City", 6),
)


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """An authority of the city. Its code is the same in every city that is generated.

    short: how its document numbers begin; field: which offences and permits it deals with. source_kind: what it may
    provide by the catalogue of record kinds.
    """

    code: str
    name_zh: str
    name_en: str
    division: str
    short: str
    field: str
    source_kind: str = "government"


def _authority(
    number: int, division: str, zh: str, en: str, short: str, field: str
) -> tuple[str, AuthorityEntry]:
    code = uscc_from_parts(prefix2="11", region6=division, org_code9=org_code_from(f"{98000000 + number}"))
    return field, AuthorityEntry(code, CITY_ZH + zh, en, division, short, field)


AUTHORITIES: Final[dict[str, AuthorityEntry]] = dict(
    (
        _authority(
            11,
            CITY_CODE,
            "市场监督管理局",
            "Linhu Administration for Market Regulation",
            "临市监",
            "market",
        ),
        _authority(12, CITY_CODE, "税务局", "Linhu Tax Service", "临税", "tax"),
        _authority(13, CITY_CODE, "生态环境局", "Linhu Bureau of Ecology and Environment", "临环", "ecology"),
        _authority(
            14,
            CITY_CODE,
            "人力资源和社会保障局",
            "Linhu Bureau of Human Resources and Social Security",
            "临人社",
            "labour",
        ),
        _authority(
            15, CITY_CODE, "应急管理局", "Linhu Bureau of Emergency Management", "临应急", "emergency"
        ),
        _authority(16, CITY_CODE, "交通运输局", "Linhu Bureau of Transport", "临交", "transport"),
        _authority(
            17,
            CITY_CODE,
            "住房和城乡建设局",
            "Linhu Bureau of Housing and Urban-Rural Development",
            "临建",
            "housing",
        ),
        _authority(18, CITY_CODE, "卫生健康委员会", "Linhu Health Commission", "临卫", "health"),
        _authority(
            19, CITY_CODE, "文化广电和旅游局", "Linhu Bureau of Culture and Tourism", "临文旅", "culture"
        ),
        _authority(20, CITY_CODE, "地方金融管理局", "Linhu Local Financial Office", "临金", "finance"),
        _authority(21, CITY_CODE, "社会信用管理办公室", "Linhu City Credit Office", "临信", "credit"),
        _authority(
            22,
            "980102",
            "望湖区市场监督管理局",
            "Wanghu District Administration for Market Regulation",
            "望市监",
            "wanghu",
        ),
        _authority(
            23,
            "980103",
            "青石区综合行政执法局",
            "Qingshi District Bureau of Administrative Enforcement",
            "青综执",
            "qingshi",
        ),
    )
)
"""The public bodies of the city by field."""

WATER: Final = AuthorityEntry(
    code=uscc_from_parts(prefix2="91", region6=CITY_CODE, org_code9=org_code_from("98000024")),
    name_zh=CITY_ZH + "自来水有限公司",
    name_en="Linhu Waterworks",
    division=CITY_CODE,
    short="临水",
    field="water",
    source_kind="utility",
)
"""The utility that sends its bills."""

SENDERS: Final = (*AUTHORITIES.values(), WATER)
"""All who send files."""
