"""An organisation's name taken apart: division, brand, trade, legal form, branch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from goodstanding.intake.linkage import words
from goodstanding.intake.linkage.text import LOST, is_han, plain


@dataclass(frozen=True, slots=True)
class NameParts:
    """What a name says.

    Attributes:
        whole: the whole name without signs.
        core: the name without division and legal form, brand and trade together; what names are compared by.
        brand: the part that tells it from others of its trade.
        trade: words of its trade; may be empty.
        form: legal form or kind of body, one spelling for each; may be empty.
        branch: what follows the legal form (上海分公司), without the kind of the branch's own form; may be empty.
        divisions: the divisions the name begins with or holds in brackets, short, largest first.
        latin: whether the name has no Chinese character.
    """

    whole: str
    core: str
    brand: str
    trade: str
    form: str
    branch: str
    divisions: tuple[str, ...]
    latin: bool


_ENDS: Final = "特别行政区|自治区|自治州|自治县|地区|林区|新区|[省市州盟县区旗]"
_NAMED: Final = "|".join(
    sorted({*words.PROVINCE_OF_NAME, *words.PREFECTURES}, key=lambda name: (-len(name), name))
)
_DIVISION: Final = re.compile(
    rf"(?P<named>{_NAMED})(?!区(?!域))(?:{_ENDS})?|(?P<own>[\u4e00-\u9fff]{{2,9}}?)自治[县旗]|(?P<other>(?!.?[超夜门]市|城市|.?城市[场政])[\u4e00-\u9fff_]{{1,3}})(?:市|县|区(?!域)|自治旗|旗(?!舰))"
)
_COMPANY: Final = re.compile("|".join(words.COMPANY_FORMS))
_BODY: Final = re.compile(f"(?:{'|'.join(words.BODY_FORMS)})$")
_INNER_BODY: Final = re.compile(
    "(.{2,}?(?:合作社|供销社|信用社|联社|联合社|学校|医院|研究所|研究院|厂)(?:联合社|联社)?)([^办区房].+)"
)
_PARTNERSHIP: Final = re.compile(rf"\((?:{'|'.join(words.PARTNERSHIP_FORMS)})\)")
_BRACKETS: Final = re.compile(r"\(([^()]*)\)?|\)")
_ORDINAL: Final = re.compile("第?([0-9一二三四五六七八九十]+)")
_FORM_OF_BRANCH: Final = re.compile("有限公司|股份|公司")
_KIND_OF_BRANCH: Final = re.compile("(?:分公司|支公司|分店|支行|分行|分|支)$")
_NUMERALS: Final = str.maketrans("一二三四五六七八九", "123456789")
_SHORTEST: Final = 2


def take_apart(name: str) -> NameParts:
    """The parts of a name as it was written. A name that is all signs has an empty core."""
    text = plain(name)
    return _han(text.replace(" ", "")) if any(map(is_han, text)) else _latin(text)


def _han(text: str) -> NameParts:
    whole = text.replace("(", "").replace(")", "")
    if "(" in text or ")" in text:
        text = _PARTNERSHIP.sub("", text)
    divisions: list[str] = []

    def bracketed(match: re.Match[str]) -> str:
        inside = match[1] or ""
        found = _DIVISION.fullmatch(inside)
        if inside == "中国" or found:
            divisions.append(_short(found) if found else inside)
            return "" if found else inside
        return inside

    if "(" in text or ")" in text:
        text = _BRACKETS.sub(bracketed, text)
    head, form, branch = text, "", ""
    company = _COMPANY.search(text, _SHORTEST)
    if company:
        head, form, branch = text[: company.start()], "公司", text[company.end() :]
    leading: list[str] = []
    while (match := _DIVISION.match(head)) and len(head) - match.end() >= _SHORTEST:
        leading.append(_short(match))
        head = head[match.end() :]
    if not company and (inner := _INNER_BODY.match(head)):
        head, branch = inner[1], inner[2]
    if not company:
        body = _BODY.search(head)
        if body and body.start() >= _SHORTEST:
            form = body[0]
    core = head.replace("股份", "") if company and len(head) > 4 else head
    at = len(core) - (len(form) if not company else 0)
    brand_end = _trade_start(core[:at])
    return NameParts(
        whole=whole,
        core=core,
        brand=core[:brand_end] or core,
        trade=core[brand_end:] if brand_end else "",
        form=form,
        branch=_branch(branch) if branch else "",
        divisions=tuple(leading + divisions),
        latin=False,
    )


def _short(match: re.Match[str]) -> str:
    named: str | None = match["named"]
    return words.SHORT_PROVINCE.get(named, named) if named else match["own"] or match["other"]


def _trade_start(core: str) -> int:
    """Where the words of the trade begin: the longest run of them at the end that leaves a brand."""
    end = len(core)
    while True:
        for length in range(min(words.LONGEST_TRADE, end - 1), 1, -1):
            if core[end - length : end] in words.TRADES:
                break
        else:
            return end
        if end - length < _SHORTEST:
            return end
        end -= length


def _branch(text: str) -> str:
    """A branch's own name with its numbers in digits, without 第 and the kind of branch."""
    text = _FORM_OF_BRANCH.sub("", text)
    text = _KIND_OF_BRANCH.sub("", text) or text
    return _ORDINAL.sub(lambda match: match[1].translate(_NUMERALS), text)


_LATIN_WORD: Final = re.compile(r"[^\s()&]+|&")
_LONGEST_FORM: Final = max(spelling.count(" ") + 1 for spelling in words.LATIN_FORMS)


def _latin(text: str) -> NameParts:
    tokens = [
        "and" if token == "&" else words.LATIN_SHORT.get(token, token) for token in _LATIN_WORD.findall(text)
    ]
    tokens, form = _without_form(tokens)
    if len(tokens) > 1 and tokens[0] == "the":
        tokens = tokens[1:]
    tokens = _joined_initials(tokens)
    brand = [token for token in tokens if token not in words.LATIN_TRADES]
    return NameParts(
        whole=" ".join(tokens),
        core=" ".join(tokens),
        brand=" ".join(brand or tokens),
        trade=" ".join(token for token in tokens if token in words.LATIN_TRADES) if brand else "",
        form=form,
        branch="",
        divisions=(),
        latin=True,
    )


def _without_form(tokens: list[str]) -> tuple[list[str], str]:
    for length in range(min(_LONGEST_FORM, len(tokens) - 1), 0, -1):
        form = words.LATIN_FORMS.get(" ".join(tokens[-length:]))
        if form:
            return tokens[:-length], form
    first = words.LATIN_FORMS.get(tokens[0]) if len(tokens) > 1 else None
    return (tokens[1:], first) if first in ("stichting", "maatschap") else (tokens, "")


def _joined_initials(tokens: list[str]) -> list[str]:
    """Single letters that stand together become one word: I B M, IBM."""
    joined: list[str] = []
    run = ""
    for token in [*tokens, ""]:
        if len(token) == 1 and token.isalpha():
            run += token
            continue
        if run:
            joined.append(run)
            run = ""
        if token:
            joined.append(token)
    return joined


@lru_cache(maxsize=4096)
def province_code(division: str) -> str:
    """First two digits of the province of a division's short name, or empty."""
    return words.PROVINCE_OF_NAME.get(division) or words.PREFECTURES.get(division, "")


def initials(parts: NameParts) -> str:
    """First letters of a Latin name's words, from three words on; else empty."""
    tokens = parts.core.split() if parts.latin else []
    tokens = [token for token in tokens if token not in ("and", "of", "the")]
    return "".join(token[0] for token in tokens) if len(tokens) > 2 and LOST not in parts.core else ""
