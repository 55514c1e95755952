"""How a removed finding may come again: each mutation is one habit of bodies, programs and people that write rows.

A mutation takes a finding on its way to being sent again and changes one thing of it. Written from how such data
look, without regard to how the firewall compares.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tests.intake.adversary_town import ABNORMAL, COLUMNS, DEBTORS, PENALTIES, SERIOUS, Finding, Row, Town


@dataclass(frozen=True)
class Sent:
    """A row as it is sent: under which contract, and by whom (the code of an authority)."""

    contract: str
    sender: str
    row: Row


@dataclass(frozen=True)
class Attempt:
    """A finding under way to being sent again; a mutation changes one thing of it."""

    finding: Finding
    sent: Sent

    def put(self, **parts: str) -> Attempt:
        columns = COLUMNS[self.finding.contract]
        return self.cells(**{columns[part]: value for part, value in parts.items() if part in columns})

    def cells(self, **cells: str) -> Attempt:
        return replace(self, sent=replace(self.sent, row=self.sent.row | cells))

    def at(self, part: str) -> str:
        return self.sent.row.get(COLUMNS[self.finding.contract].get(part, ""), "")


Mutation = Callable[[random.Random, Attempt, Town], Attempt]
SINGLE: dict[str, Mutation] = {}


def mutation(function: Mutation) -> Mutation:
    SINGLE[function.__name__] = function
    return function


WIDE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
HAN = "〇一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"
SIMPLE = "罚号临东监环执应业经营发现车检验产规进销货违显对当单厂区电时间员训记录处广页称总额无种设备与为"
COMPLEX = "罰號臨東監環執應業經營發現車檢驗產規進銷貨違顯對當單廠區電時間員訓記錄處廣頁稱總額無種設備與為"
TRADITIONAL = str.maketrans(SIMPLE, COMPLEX)
SIGNS = str.maketrans("，。；：（）“”《》、", ',.;:()""<>,')


def brackets(text: str, pair: str) -> str:
    return re.sub(r"[〔（(\[【](\d{4})[〕）)\]】]", lambda m: f"{pair[0]}{m[1]}{pair[1]}", text)


def chinese(number: int, *, formal: bool = False) -> str:
    """A number in Chinese, as cheques and old registers write it."""
    digits, units = (FORMAL, ("", "拾", "佰", "仟")) if formal else ("零" + HAN[1:], ("", "十", "百", "千"))
    if number >= 10_000:
        rest = number % 10_000
        gap = digits[0] if 0 < rest < 1_000 else ""
        return (
            chinese(number // 10_000, formal=formal)
            + "万"
            + gap
            + (chinese(rest, formal=formal) if rest else "")
        )
    text = "".join(
        digits[int(c)] + units[3 - at] if c != "0" else "0" for at, c in enumerate(f"{number:04d}")
    )
    return re.sub("0+", digits[0], text.strip("0"))


def with_serial(text: str, change: Callable[[str], str]) -> str:
    """A number whose serial is written otherwise."""
    return re.sub(r"(\d+)(?=号|$)", lambda m: change(m[0]), text, count=1)


def head_of(text: str) -> str:
    """What stands before the year."""
    return re.split(r"[〔（]\d", text)[0]


def typo(chance: random.Random, text: str) -> str:
    """One character lost or doubled, or two changed over."""
    if len(text) < 2:
        return text * 2
    at = chance.randrange(len(text) - 1)
    lost, doubled = text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]
    return chance.choice((lost, doubled, text[:at] + text[at + 1] + text[at] + text[at + 2 :]))


# The number of the decision.


@mutation
def number_full_width(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(no=a.at("no").translate(WIDE))


@mutation
def number_brackets(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    pairs = (
        "[]",
        "()",
        "（）",
        "【】",
        "〔〕",
        "［］",
        "﹝﹞",
        "{}",
        "<>",
        "〈〉",
        "《》",
        "「」",
        "  ",
        "--",
        "//",
    )
    return a.put(no=brackets(a.at("no"), chance.choice(pairs)))


@mutation
def number_forms_of_di_and_hao(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    text = a.at("no")
    forms = (
        text.replace("罚〔", "罚字〔"),
        re.sub(r"〕第?", "〕第", text),
        text.replace("第", "").replace("字", ""),
        text.removesuffix("号"),
        text.replace("号", "號"),
        text.replace("号", "#"),
        re.sub(r"罚字?〔", "罚决字〔", text),
        re.sub(r"〕第?", "〕No.", text).removesuffix("号"),
    )
    return a.put(no=chance.choice(forms))


@mutation
def number_leading_noughts(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    more = chance.randrange(1, 4)
    return a.put(no=with_serial(a.at("no"), lambda serial: "0" * more + serial))


@mutation
def number_year_in_chinese(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    nought, year = chance.choice("〇零○O0oＯ"), str(a.finding.day.year)
    said = "".join(nought if c == "0" else HAN[int(c)] for c in year)
    return a.put(no=a.at("no").replace(year, said + chance.choice(("", "年")), 1))


@mutation
def number_year_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    year = str(a.finding.day.year)
    return a.put(no=a.at("no").replace(year, chance.choice((year[2:], f"{year}年", f"{year}年度")), 1))


@mutation
def number_serial_in_chinese(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    def said(serial: str) -> str:
        plainly = "".join(HAN[int(c)] for c in serial)
        return chance.choice((chinese(int(serial)), plainly, chinese(int(serial), formal=True)))

    return a.put(no=with_serial(a.at("no"), said))


@mutation
def number_suffix(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    ends = "-1 -01 _2 /1 （补） （更正） (重新报送) 之一 之二 (副本) 复件 号 A 【补】 ．1 （1） （二） ① 补 *"
    return a.put(no=a.at("no") + chance.choice(ends.split()))


@mutation
def number_prefix(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    starts = "行政处罚决定书 文号： 编号: 行政处罚决定书文号： 《行政处罚决定书》 处罚决定书- 补： No. 1、"
    return a.put(no=chance.choice(starts.split()) + a.at("no"))


@mutation
def number_traditional(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(no=a.at("no").translate(TRADITIONAL))


@mutation
def number_body_spelled_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    text, body = a.at("no"), a.at("body")
    head = head_of(text)
    rest = text[len(head) :]
    forms = (
        body + "行政处罚决定书" + rest,
        body + rest,
        "湖" + text,
        head.removeprefix("（").removeprefix("临").removeprefix("）") + rest,
        head.replace("临", "临湖", 1) + rest,
        head.replace("监罚", "监处罚").replace("环罚", "环境罚").replace("执罚", "罚") + rest,
    )
    return a.put(no=chance.choice(forms))


@mutation
def number_typo_in_words(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    head = head_of(a.at("no"))
    return a.put(no=typo(chance, head) + a.at("no")[len(head) :]) if head else a


@mutation
def number_typo_in_digits(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(no=with_serial(a.at("no"), lambda serial: typo(chance, serial)))


@mutation
def number_letters_for_digits(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    swaps = {"0": "O", "1": chance.choice("lI")}
    return a.put(no="".join(swaps.get(c, c) for c in a.at("no")))


@mutation
def number_year_moved(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    text = a.at("no")
    year = re.search(r"[〔（]\d{4}[〕）]", text)
    return a.put(no=year[0] + text.replace(year[0], "", 1)) if year else a


@mutation
def number_missing(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    words = ("无", "/", "-", "—", "暂无", "详见决定书", "不详", "N/A", "0", "当场处罚", "未编号")
    return a.put(no=chance.choice(words))


@mutation
def number_of_the_source_itself(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    own = chance.choice(("XZCF{:08d}", "980100{:010d}", "CF-2026-{:05d}", "双公示2026{:06d}"))
    return a.put(no=own.format(chance.randrange(10**7)))


@mutation
def number_blanks(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    blank = chance.choice((" ", "\u3000", "\u00a0", "\u200b", "\ufeff", "\u00ad", "\t", "\n", "  "))
    text = a.at("no")
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(1, max(2, len(text)))
        text = text[:at] + blank + text[at:]
    return a.put(no=text)


# The day.


@mutation
def day_written_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    day = a.finding.day
    forms = (f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y.%m.%d}")
    return a.put(day=chance.choice(forms).translate(WIDE if chance.random() < 0.3 else {}))


@mutation
def day_of_service(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    day = a.finding.day + timedelta(days=chance.choice((1, 2, 3, 5, 7, 10, 15, 30, 45, 60)))
    return a.put(day=day.isoformat())


@mutation
def day_with_a_slip(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    day = a.finding.day
    if day.day <= 11 and chance.random() < 0.4:
        return a.put(day=date(day.year, day.day, day.month).isoformat())
    return a.put(
        day=(day.replace(year=2025) if chance.random() < 0.5 else day - timedelta(days=1)).isoformat()
    )


# What is said.


@mutation
def text_signs_and_blanks(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    text = a.at("facts").translate(SIGNS)
    text = "".join(c + chance.choice(("", "", "", "", " ", "\u3000", "\n")) for c in text)
    return a.put(facts=text, basis=a.at("basis").translate(SIGNS))


@mutation
def text_traditional(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(facts=a.at("facts").translate(TRADITIONAL))


@mutation
def text_shortened(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    parts = [part for part in re.split("[，。；]", a.at("facts")) if part]
    half = max(1, len(parts) // 2)
    return a.put(facts="，".join(parts[:half] if chance.random() < 0.5 else parts[-half:]))


@mutation
def text_longer(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    before = chance.choice(("经查明，", "本机关查明：", "根据群众举报，我局依法立案调查。", ""))
    after = "以上事实，有现场检查笔录、询问笔录、照片等证据证明。当事人的行为违反了有关规定，本机关责令其立即改正。"
    return a.put(facts=before + a.at("facts") + after)


@mutation
def text_with_slips(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    text = a.at("facts")
    for _ in range(chance.randrange(1, 5)):
        text = typo(chance, text)
    return a.put(facts=text)


@mutation
def text_numbers_in_chinese(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    a = a.put(facts=re.sub(r"\d+", lambda m: chinese(int(m[0])) or m[0], a.at("facts")))
    if a.finding.contract != PENALTIES:
        return a
    said = a.sent.row["CF_NR"]
    return a.cells(CF_NR=re.sub(r"\d+", lambda m: chinese(int(m[0]), formal=True) or m[0], said))


@mutation
def text_reworded(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    swaps = {"执法人员": "我局检查人员", "当事人": "该单位", "经查": "现查明", "发现": "查见", "销售": "售卖"}
    swaps |= {
        "未": "没有",
        "不合格": "不符合标准",
        "共": "合计",
        "从业人员": "员工",
        "逾期": "到期",
        "通过": "在",
    }
    text = a.at("facts")
    for before, after in swaps.items():
        text = text.replace(before, after)
    parts = [part for part in re.split("[，。；]", text) if part]
    chance.shuffle(parts)
    return a.put(facts="，".join(parts) + "。")


@mutation
def text_replaced_by_a_formula(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(
        facts=chance.choice(("详见行政处罚决定书", "见附件", "/", "违法事实清楚，证据确凿。", a.at("basis")))
    )


@mutation
def columns_changed_over(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    row = a.sent.row
    if a.finding.contract != PENALTIES:
        return a.put(facts=a.at("basis"), basis=a.at("facts"))
    one, other = chance.choice((("CF_SY", "CF_NR"), ("CF_WFXW", "CF_SY"), ("CF_SY", "CF_YJ")))
    return a.cells(**{one: row[other], other: row[one]})


@mutation
def basis_and_kind_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    a = a.put(basis="依据" + a.at("basis") + "第一款第（二）项之规定")
    if a.finding.contract != PENALTIES:
        return a
    return a.cells(CF_WFXW="其他违法行为", CF_YXQ="2027-06-30", CF_GSJZQ="2028-01-01")


# The amount and the measures; of penalties only.


@mutation
def amount_in_yuan(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    amount = a.sent.row.get("CF_NR_FK", "")
    return a.cells(CF_NR_FK=str(int(Decimal(amount) * 10_000))) if amount else a


@mutation
def amount_left_out(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.cells(CF_NR_FK="", CF_NR_WFFF="", CF_NR="罚款") if a.sent.row.get("CF_NR_FK") else a


@mutation
def amount_in_another_column(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    row = a.sent.row
    if not row.get("CF_NR_FK"):
        return a
    if chance.random() < 0.5:
        return a.cells(CF_NR_FK=row["CF_NR_WFFF"], CF_NR_WFFF=row["CF_NR_FK"])
    both = sum(Decimal(row[name] or 0) for name in ("CF_NR_FK", "CF_NR_WFFF"))
    return a.cells(CF_NR_FK=f"{both:f}", CF_NR_WFFF="")


@mutation
def measure_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    if a.finding.contract != PENALTIES:
        return a
    return a.cells(CF_CFLB=chance.choice(("其他", "罚款", "警告", "罚款；其他-责令改正")))


# The subject.


@mutation
def subject_by_its_other_code(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    subject = a.finding.subject
    if not subject.code:
        return a
    if a.finding.contract == PENALTIES and chance.random() < 0.5:
        return a.cells(CF_XDR_SHXYM="", CF_XDR_ZZJG=subject.org_code)
    column = {PENALTIES: "CF_XDR_GSZC", ABNORMAL: "ZCH", SERIOUS: "ZCH"}.get(a.finding.contract)
    if column is None:
        return a.put(code=subject.registration_no)
    return a.put(code="").cells(**{column: subject.registration_no})


@mutation
def subject_by_its_former_name(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(name=a.finding.subject.former or a.finding.subject.name)


@mutation
def subject_written_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    name, code = a.finding.subject.name, a.finding.subject.code
    names = [name.replace("有限公司", "有限责任公司"), name.replace("有限责任公司", "有限公司"), name + " "]
    names += [name.replace("临湖市", "（临湖市）"), " ".join(name), name.translate(TRADITIONAL)]
    codes = (code.lower(), code.translate(WIDE), f"{code[:8]} {code[8:]}", f"{code[:2]}-{code[2:]}", code)
    return a.put(name=chance.choice(names), code=chance.choice(codes) if code else "")


# The sender and the body.


@mutation
def sent_by_another(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    if a.finding.contract == DEBTORS:  # courts only
        return a
    other = chance.choice((town.bureau, town.registry, *(body.authority for body in town.bodies)))
    a = replace(a, sent=replace(a.sent, sender=other.code))
    return a.cells(CF_SJLY=other.name_zh, CF_SJLYDM=other.code) if a.finding.contract == PENALTIES else a


@mutation
def body_is_another(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    other = chance.choice([b.authority for b in town.bodies if b.authority.code != a.at("body_code")])
    return a.put(body=other.name_zh, body_code=other.code)


@mutation
def body_named_otherwise(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    name = a.at("body")
    return a.put(
        body=chance.choice((name.removeprefix("临湖市"), "市场监管局", name + "执法大队", " " + name))
    )


# The file and the form.


@mutation
def under_a_contract_of_changes(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    if a.finding.contract != PENALTIES:
        return a
    a = a.cells(BGLX=chance.choice(("", "新增", "更正")))
    return replace(a, sent=replace(a.sent, contract="changes"))


@mutation
def under_another_form(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    """The same decision as another kind of record: an entry of a list as a penalty, a penalty as an entry."""
    if not a.finding.subject.code:
        return a
    other = chance.choice([c for c in (ABNORMAL, SERIOUS, PENALTIES) if c != a.finding.contract])
    parts = {part: a.at(part) for part in COLUMNS[PENALTIES] if part != "remarks"}
    row = {COLUMNS[other][part]: value for part, value in parts.items()}
    sender = town.bureau.code if a.finding.contract == DEBTORS else a.sent.sender
    if other == PENALTIES:
        row |= {"CF_XDR_LB": "法人及非法人组织", "CF_WFXW": "其他", "CF_CFLB": "其他", "CF_NR": "列入"}
        row |= {"CF_YXQ": "2099-12-31", "CF_SJLY": parts["body"], "CF_SJLYDM": sender}
    return replace(a, sent=Sent(other, sender, row))


@mutation
def with_remarks(chance: random.Random, a: Attempt, town: Town) -> Attempt:
    return a.put(remarks=chance.choice(("补报", "历史数据重新归集", "2026年6月补录", "原文号有误，重报")))


# One finding in several rows, several in one.


def split_by_measure(chance: random.Random, a: Attempt, town: Town) -> list[Attempt]:
    """A penalty with two measures sent as two rows, each with its own amount and words, or twice with two marks."""
    row = a.sent.row
    measures = row["CF_CFLB"].split("；")
    if len(measures) < 2:
        ends = chance.choice((("-1", "-2"), ("(一)", "(二)"), ("A", "B")))
        return [a.put(no=a.at("no") + end) for end in ends]
    ends = chance.choice((("-1", "-2"), ("之一", "之二"), ("", ""), ("（1）", "（2）"), ("a", "b")))
    words = row["CF_NR"].rstrip("。").split("；")
    sentences = [part for part in re.split("(?<=[，。])", a.at("facts")) if part]
    half = max(1, len(sentences) // 2)
    texts = ("".join(sentences[:half]), "".join(sentences[half:]) or a.at("facts"))
    whole = chance.random() < 0.5
    found = []
    for at in range(2):
        part = a.put(no=a.at("no") + ends[at], facts=a.at("facts") if whole else texts[at])
        fine = row["CF_NR_FK"] if measures[at] == "罚款" else ""
        gain = row["CF_NR_WFFF"] if measures[at] == "没收违法所得" else ""
        found.append(part.cells(CF_CFLB=measures[at], CF_NR=words[at], CF_NR_FK=fine, CF_NR_WFFF=gain))
    return found


def merged(chance: random.Random, a: Attempt, town: Town, other: Finding) -> Attempt:
    """Two findings about one subject in one row: both numbers in the cell, the words joined, the fines added."""
    sign = chance.choice(("、", "；", ",", " ", "\n", "/", "和", "及", "&"))
    pair = [(a.at("no"), a.at("facts")), (other.at("no"), other.at("facts"))]
    if chance.random() < 0.5:
        pair.reverse()
    facts = chance.choice(("", "1.", "一、")) + "".join(text for _, text in pair)
    fine = sum(Decimal(row.get("CF_NR_FK") or 0) for row in (a.sent.row, other.row))
    made = a.put(no=sign.join(no for no, _ in pair), facts=facts).cells(CF_NR_FK=f"{fine:f}" if fine else "")
    return made.put(day=other.day.isoformat()) if chance.random() < 0.5 else made


def first(finding: Finding) -> Attempt:
    """The row as its own body sent it at first."""
    return Attempt(finding, Sent(finding.contract, finding.body.authority.code, dict(finding.row)))


#: Mutations of form only; several of them may come together with any one other.
FORMAT = (
    number_full_width,
    number_brackets,
    number_blanks,
    number_forms_of_di_and_hao,
    number_leading_noughts,
    number_year_in_chinese,
    number_suffix,
    number_traditional,
    day_written_otherwise,
    text_signs_and_blanks,
    text_traditional,
    subject_by_its_other_code,
    subject_by_its_former_name,
    subject_written_otherwise,
    sent_by_another,
    body_named_otherwise,
    under_a_contract_of_changes,
    with_remarks,
    basis_and_kind_otherwise,
)
