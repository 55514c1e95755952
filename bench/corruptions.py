"""Rows of a registry as they arrive from elsewhere: damaged from a seed, the truth known."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any, Final

LOST: Final = "?□＊\ufffd？"
_FORM: Final = re.compile("(股份有限责任公司|股份有限公司|有限责任公司|有限公司|公司)$")
_PLACE: Final = re.compile(r"^(.{2,3}省)?(.{2,3}[市县区])")
_COMMON: Final = "华金鑫泰安宏达盛隆兴源丰德美佳润天海东方明星瑞祥和顺利通博大洋龙凤春晓光辉"
_SHORT_PLACE_LIST: Final = """
北京 上海 天津 重庆 深圳 广州 杭州 南京 苏州 武汉 成都 西安 大连 青岛 厦门 宁波 长沙 郑州
济南 沈阳 福州 合肥 昆明 石家庄 太原 长春 哈尔滨 南昌 南宁 海口 贵阳 兰州 西宁 银川 乌鲁木齐
江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 四川 云南 贵州 陕西 甘肃 青海 河北 山西
辽宁 黑龙江
"""
_SHORT_PLACES: Final = _SHORT_PLACE_LIST.split()


def lose_characters(chance: random.Random, row: dict[str, Any]) -> None:
    """One or two characters of the name become a stand-in."""
    characters = list(row["name"])
    for at in chance.sample(range(len(characters)), k=1 if len(characters) < 8 else chance.choice((1, 1, 2))):
        characters[at] = chance.choice(LOST)
    row["name"] = "".join(characters)


def traditional(chance: random.Random, row: dict[str, Any]) -> None:
    """Name and address in traditional characters."""
    converter = _converter()
    row["name"] = converter.convert(row["name"])
    row["address"] = row["address"] and converter.convert(row["address"])


_CONVERTERS: dict[str, Any] = {}


def _converter() -> Any:
    if not _CONVERTERS:
        from opencc import OpenCC

        _CONVERTERS["s2t"] = OpenCC("s2t")
    return _CONVERTERS["s2t"]


def full_width(chance: random.Random, row: dict[str, Any]) -> None:
    """Letters, digits and signs in full width, a blank somewhere in the name."""
    at = chance.randrange(len(row["name"]))
    row["name"] = row["name"][:at] + "　" + row["name"][at:]
    for column in ("name", "address"):
        row[column] = row[column] and "".join(
            chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in row[column]
        )


def drop_form(chance: random.Random, row: dict[str, Any]) -> None:
    """The legal form is left out."""
    shorter = _FORM.sub("", row["name"])
    row["name"] = shorter if len(shorter) >= 3 and not shorter.endswith(("分", "支", "总")) else row["name"]


def drop_division(chance: random.Random, row: dict[str, Any]) -> None:
    """The division at the beginning of the name is left out."""
    shorter = _PLACE.sub("", row["name"])
    if shorter == row["name"]:
        place = next((place for place in _SHORT_PLACES if shorter.startswith(place)), "")
        shorter = re.sub("^[省市]", "", shorter.removeprefix(place))
    row["name"] = shorter if len(shorter) >= 4 else row["name"]


def abbreviate(chance: random.Random, row: dict[str, Any]) -> None:
    """The short name that people use of a company: no legal form, and behind the division four characters."""
    shorter = _FORM.sub("", row["name"])
    if shorter != row["name"] and "公司" not in shorter:
        rest = shorter
        while match := _PLACE.match(rest):
            rest = rest[match.end() :]
        rest = rest.removeprefix(next((place for place in _SHORT_PLACES if rest.startswith(place)), ""))
        kept = len(shorter) - len(rest) + (4 if rest != shorter else 6)
        short = shorter[:kept]
        good = (
            len(rest) >= 4 and not short.endswith(("区", "县", "市")) and short.count("(") == short.count(")")
        )
        row["name"] = short if good and short.count("（") == short.count("）") else shorter


def wrong_character(chance: random.Random, row: dict[str, Any]) -> None:
    """One character of the name is another, is missing, is there twice, or is swapped with the next."""
    name = row["name"]
    at = chance.randrange(len(name) - 1)
    row["name"] = chance.choice(
        (
            name[:at] + chance.choice(_COMMON) + name[at + 1 :],
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        )
    )


def drop_address(chance: random.Random, row: dict[str, Any]) -> None:
    """There is no address."""
    row["address"] = None


def reformat_address(chance: random.Random, row: dict[str, Any]) -> None:
    """The address without its divisions, or with other signs, or without what follows the first number."""
    address = row["address"]
    if address:
        row["address"] = chance.choice(
            (
                re.sub(r"^.{2,8}?省|^.{2,4}自治区", "", address),
                re.sub(r"^.*?市", "", address, count=1) or address,
                address.replace("号", "號 ").replace("室", ""),
                re.sub(r"(\d+号).*", r"\1", address),
            )
        )


def former_name(chance: random.Random, row: dict[str, Any]) -> None:
    """The row names the organisation by a former name, where the registry knows one."""
    if row.get("former_names"):
        row["name"] = chance.choice(row["former_names"])


DAMAGES: Final[dict[str, Callable[[random.Random, dict[str, Any]], None]]] = {
    damage.__name__: damage
    for damage in (
        lose_characters,
        traditional,
        full_width,
        drop_form,
        drop_division,
        abbreviate,
        wrong_character,
        drop_address,
        reformat_address,
        former_name,
    )
}


def damaged(row: dict[str, Any], *, seed: str, many: int = 1, kind: str | None = None) -> dict[str, Any]:
    """A copy of a row with damages.

    Args:
        row: `key`, `name`, `address`, and `former_names` where there are any.
        seed: with the row's key it decides everything.
        many: how many kinds of damage, one after the other.
        kind: the one kind to do, instead of some.
    Returns:
        `key`, `name`, `address`, and `damages`, the kinds done.
    """
    chance = random.Random(f"{seed} {row['key']}")
    copy = dict(row)
    kinds = [kind] if kind else chance.sample(list(DAMAGES), k=many)
    for one in kinds:
        DAMAGES[one](chance, copy)
    return {"key": copy["key"], "name": copy["name"], "address": copy["address"], "damages": kinds}
