"""The 34 provincial-level divisions (GB/T 2260), and what may count as a division code.

A division code in a USCC names the body that registered it, not where the firm is: in 2019 the two agreed
to the district in 39% of registrations. Jurisdiction needs the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Division:
    """A provincial-level division.

    Attributes:
        code: six digits, the last four zero.
        zh: full official Chinese name. zh_short: as used in names and addresses.
        en: English name.
    """

    code: str
    zh: str
    zh_short: str
    en: str


PROVINCES: Final[tuple[Division, ...]] = tuple(
    Division(*row)
    for row in (
        ("110000", "北京市", "北京", "Beijing"),
        ("120000", "天津市", "天津", "Tianjin"),
        ("130000", "河北省", "河北", "Hebei"),
        ("140000", "山西省", "山西", "Shanxi"),
        ("150000", "内蒙古自治区", "内蒙古", "Inner Mongolia"),
        ("210000", "辽宁省", "辽宁", "Liaoning"),
        ("220000", "吉林省", "吉林", "Jilin"),
        ("230000", "黑龙江省", "黑龙江", "Heilongjiang"),
        ("310000", "上海市", "上海", "Shanghai"),
        ("320000", "江苏省", "江苏", "Jiangsu"),
        ("330000", "浙江省", "浙江", "Zhejiang"),
        ("340000", "安徽省", "安徽", "Anhui"),
        ("350000", "福建省", "福建", "Fujian"),
        ("360000", "江西省", "江西", "Jiangxi"),
        ("370000", "山东省", "山东", "Shandong"),
        ("410000", "河南省", "河南", "Henan"),
        ("420000", "湖北省", "湖北", "Hubei"),
        ("430000", "湖南省", "湖南", "Hunan"),
        ("440000", "广东省", "广东", "Guangdong"),
        ("450000", "广西壮族自治区", "广西", "Guangxi"),
        ("460000", "海南省", "海南", "Hainan"),
        ("500000", "重庆市", "重庆", "Chongqing"),
        ("510000", "四川省", "四川", "Sichuan"),
        ("520000", "贵州省", "贵州", "Guizhou"),
        ("530000", "云南省", "云南", "Yunnan"),
        ("540000", "西藏自治区", "西藏", "Tibet"),
        ("610000", "陕西省", "陕西", "Shaanxi"),
        ("620000", "甘肃省", "甘肃", "Gansu"),
        ("630000", "青海省", "青海", "Qinghai"),
        ("640000", "宁夏回族自治区", "宁夏", "Ningxia"),
        ("650000", "新疆维吾尔自治区", "新疆", "Xinjiang"),
        ("710000", "台湾省", "台湾", "Taiwan"),
        ("810000", "香港特别行政区", "香港", "Hong Kong"),
        ("820000", "澳门特别行政区", "澳门", "Macao"),
    )
)

_BY_FIRST_TWO: Final = {division.code[:2]: division for division in PROVINCES}


def is_division_code(text: str) -> bool:
    """Whether a text can be a division code: six ASCII digits, not all 0.

    No list is asked. Of the region codes in real, valid USCCs 251 (2.8% of companies: development zones and
    abolished counties) are in no edition of GB/T 2260 nor in the statistics bureau's list; to refuse them
    would refuse real firms. 100000 is the national registering body.
    """
    return len(text) == 6 and text.isascii() and text.isdigit() and text != "000000"


def province_of(code6: str) -> Division | None:
    """The provincial-level division of a division code, by its first two digits.

    Args:
        code6: a six-digit division code; the last four digits may be unknown to every list.
    Returns:
        The division, or None: not a division code, the national body (10xxxx), or no such province.
    """
    return _BY_FIRST_TWO.get(code6[:2]) if is_division_code(code6) else None
