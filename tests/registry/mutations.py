"""Reformatting a report as its senders might, written without a look at how the firewall compares. Seeded.

Each mutation takes what a row says and gives it back in another shape that means the same. ``Said`` is all that a
sender can shape; who sends it, under which contract and key, the caller varies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says of a finding."""

    document: str
    found_on: date
    columns: tuple[tuple[str, str], ...]
    amount: Decimal | None


_CONDUCTS = (
    "超范围经营", "无照经营", "虚假宣传", "未按规定公示年度报告", "销售不合格产品", "未按规定明码标价",
    "侵犯注册商标专用权",
    "未取得许可从事餐饮服务", "安全生产条件不符合规定", "超标排放污染物", "拖欠劳动者工资", "违反消防管理规定",
)  # fmt: skip
_FACTS = (
    "{day}，执法人员在{place}检查时发现当事人{conduct}，涉及货物{number}件，货值{value}元，当事人未能提供合法凭证。",
    "经查，当事人自{day}起在{place}{conduct}，至案发共取得收入{value}元，涉案{number}批次，以上事实有笔录和票据为证。",
    "根据举报线索，本局于{day}对位于{place}的经营场所进行现场检查，查明其{conduct}，数量为{number}，金额{value}元。",
    "当事人于{day}因{conduct}被举报，现场查获{number}件相关物品，账面记载{value}元，地点为{place}。",
)
_STREETS = ("湖滨路", "人民大道", "工业园三街", "解放北路", "东风巷", "科技园西区", "港口新村", "文昌阁")


def finding(chance: random.Random, number: int) -> Said:
    """A penalty as an authority words it."""
    day = date(2025, 1, 1) + timedelta(days=chance.randrange(480))
    conduct = chance.choice(_CONDUCTS)
    seen = day - timedelta(days=chance.randrange(5, 60))
    facts = chance.choice(_FACTS).format(
        day=f"{seen.year}年{seen.month}月{seen.day}日",
        place=f"{chance.choice(_STREETS)}{chance.randrange(1, 400)}号",
        conduct=conduct,
        number=chance.randrange(1, 900),
        value=chance.randrange(100, 90_000),
    )
    amount = Decimal(chance.choice((500, 1000, 2000, 5000, 10_000, chance.randrange(100, 60_000))))
    columns = (
        ("CF_WFXW", conduct),
        ("CF_SY", facts),
        ("CF_NR", f"罚款{amount}元"),
        ("CF_XDR_LB", "法人及非法人组织"),
    )
    return Said(f"临市监罚〔{day.year}〕{number}号", day, columns, amount)


Mutation = Callable[[random.Random, Said], Said]


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def brackets(chance: random.Random, said: Said) -> Said:
    left, right = chance.choice(("()", "（）", "[]", "【】", "［］", "﹝﹞", "《》"))
    return replace(said, document=said.document.replace("〔", left).replace("〕", right))


def width(chance: random.Random, said: Said) -> Said:
    return replace(said, document=_wide(said.document), columns=tuple((n, _wide(t)) for n, t in said.columns))


def spacing(chance: random.Random, said: Said) -> Said:
    def spaced(text: str) -> str:
        blanks = ("", "", "", "", " ", "\u3000", "\u200b", "\n")
        return "".join(c + chance.choice(blanks) for c in text)

    return replace(
        said, document=spaced(said.document), columns=tuple((n, spaced(t)) for n, t in said.columns)
    )


def suffix(chance: random.Random, said: Said) -> Said:
    ends = (
        "-1",
        "（补）",
        "(更正)",
        "之一",
        "-01",
        "—2",
        "补",
        "（1）",
        "A",
        "（重报）",
        "_2",
        "[续]",
        "－１",
        "（副本）",
    )
    return replace(said, document=said.document + chance.choice(ends))


def inner_suffix(chance: random.Random, said: Said) -> Said:
    return replace(said, document=said.document.replace("号", chance.choice(("-1号", "之二号", "（补）号"))))


def no_sign(chance: random.Random, said: Said) -> Said:
    return replace(said, document=said.document.replace("号", ""))


def wordy(chance: random.Random, said: Said) -> Said:
    return replace(
        said, document=said.document.replace("罚〔", "罚字〔").replace("〕", "〕第").replace("罚〔", "罚字〔")
    )


def noughts(chance: random.Random, said: Said) -> Said:
    return replace(said, document=said.document.replace("〕", "〕00"))


def signs(chance: random.Random, said: Said) -> Said:
    def signed(text: str) -> str:
        return text.replace("，", chance.choice((",", "、", ";", " "))).replace(
            "。", chance.choice((".", "", "！"))
        )

    return replace(said, columns=tuple((n, signed(t)) for n, t in said.columns))


def other_columns(chance: random.Random, said: Said) -> Said:
    return replace(said, columns=tuple((f"field_{at}", text) for at, (_, text) in enumerate(said.columns)))


def one_column(chance: random.Random, said: Said) -> Said:
    joined = chance.choice(("；", " ", "\n", "")).join(text for _, text in said.columns)
    return replace(said, columns=(("all", joined),))


def many_columns(chance: random.Random, said: Said) -> Said:
    parts = []
    for _, text in said.columns:
        at = chance.randrange(1, max(2, len(text)))
        parts += [text[:at], text[at:]]
    return replace(said, columns=tuple((f"c{n}", text) for n, text in enumerate(parts)))


def no_document(chance: random.Random, said: Said) -> Said:
    return replace(said, document=chance.choice(("", "无", "/", "N/A")))


def other_prefix(chance: random.Random, said: Said) -> Said:
    prefixes = ("临湖市市场监管局罚〔", "LHSJ〔", "行政处罚〔", "临综执罚〔")
    return replace(said, document=said.document.replace("临市监罚〔", chance.choice(prefixes)))


def split_row(chance: random.Random, said: Said) -> Said:
    if not said.columns:
        return said
    name, text = max(said.columns, key=lambda column: len(column[1]))
    middle = len(text) // 2
    half = text[:middle] if chance.random() < 0.5 else text[middle:]
    amount = None if said.amount is None else said.amount / 2
    return replace(
        said, columns=((name, half),), amount=amount, document=said.document + chance.choice(("", "-1", "-2"))
    )


def fewer_words(chance: random.Random, said: Said) -> Said:
    def shorter(text: str) -> str:
        at = chance.randrange(0, max(1, len(text) * 4 // 5))
        return text[:at] + text[at + max(1, len(text) // 8) :]

    return replace(said, columns=tuple((n, shorter(t)) for n, t in said.columns))


def no_words(chance: random.Random, said: Said) -> Said:
    return replace(said, columns=())


def later_day(chance: random.Random, said: Said) -> Said:
    return replace(said, found_on=said.found_on + timedelta(days=chance.randrange(1, 15)))


def other_amount(chance: random.Random, said: Said) -> Said:
    return replace(said, amount=chance.choice((None, (said.amount or Decimal(0)) / 10_000, Decimal(1))))


MUTATIONS: tuple[Mutation, ...] = (
    brackets, width, spacing, suffix, inner_suffix, no_sign, wordy, noughts, signs, other_columns, one_column,
    many_columns, no_document, other_prefix, split_row, fewer_words, no_words, later_day, other_amount,
)  # fmt: skip
#: Together these leave nothing by which one finding could be told from another.
_NOTHING_LEFT = (
    {no_document, no_words, later_day},
    {no_document, split_row, later_day, fewer_words},
)


def mutated(chance: random.Random, said: Said) -> Said:
    """One to three mutations, one after another, that leave something to tell the finding by."""
    while True:
        chosen = chance.sample(MUTATIONS, chance.randrange(1, 4))
        if not any(nothing <= set(chosen) for nothing in _NOTHING_LEFT):
            break
    # What changes the number's letters goes before what changes their shape.
    for mutation in sorted(chosen, key=MUTATIONS.index, reverse=True):
        said = mutation(chance, said)
    return said


def merged(chance: random.Random, one: Said, other: Said) -> Said:
    """One row that holds two findings."""
    sign = chance.choice(("、", "，", "; ", "和", "\n"))
    texts = zip(one.columns, other.columns, strict=False)
    return Said(
        one.document + sign + other.document,
        chance.choice((one.found_on, one.found_on, other.found_on)),
        tuple((name, f"{text}{sign}{more}") for (name, text), (_, more) in texts),
        (one.amount or Decimal(0)) + (other.amount or Decimal(0)),
    )


def different(chance: random.Random, said: Said, number: int) -> Said:
    """Another finding of the same entity, as like the first as honest ones get."""
    other = finding(chance, number)
    kind = chance.randrange(6)
    if kind == 0:  # another finding altogether
        return other
    if kind == 1:  # the same conduct again, in the same words but for its facts, for the same fine
        return replace(other, amount=said.amount)
    if kind == 2:  # word for word the same, on another day
        other_day = said.found_on + timedelta(days=chance.randrange(40, 200))
        return replace(said, document=other.document, found_on=other_day)
    if kind == 3:  # another decision of the same day
        return replace(other, found_on=said.found_on)
    if kind == 4:  # another decision of the same day on the same conduct, for the same fine
        conduct = dict(said.columns)["CF_WFXW"]
        facts = dict(other.columns)["CF_SY"].replace(dict(other.columns)["CF_WFXW"], conduct)
        columns = (("CF_WFXW", conduct), ("CF_SY", facts), *said.columns[2:])
        return replace(other, found_on=said.found_on, columns=columns, amount=said.amount)
    # from a source that gives no numbers, on another day
    return replace(other, document="", found_on=said.found_on + timedelta(days=chance.randrange(1, 30)))
