"""A town whose bodies make findings about its firms: what is planted, and other findings very near to it.

Everything is fictional and made from a seed. Bodies number their decisions as Chinese bodies do, and say in their own
words what was found: mostly at length, with a day, a place, goods and quantities, and sometimes in one short sentence
that fits hundreds of firms.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from goodstanding.identity import org_code_from, registration_no_from, uscc_from_parts
from goodstanding.identity.check_characters import citizen_check
from goodstanding.registry.commands import create_authority
from goodstanding.registry.models import Authority

Row = dict[str, str]
PENALTIES = "double-publicity-penalties"
ABNORMAL, SERIOUS, DEBTORS = "abnormal-list", "serious-list", "judgment-debtors"
#: Where each form keeps what every finding has.
COLUMNS: dict[str, Mapping[str, str]] = {
    PENALTIES: {
        "name": "CF_XDR_MC",
        "code": "CF_XDR_SHXYM",
        "no": "CF_WSH",
        "day": "CF_JDRQ",
        "facts": "CF_SY",
    }
    | {"basis": "CF_YJ", "body": "CF_CFJG", "body_code": "CF_CFJGDM", "remarks": "BZ"},
    ABNORMAL: {
        "name": "MC",
        "code": "TYSHXYDM",
        "no": "JDWSH",
        "day": "LRRQ",
        "facts": "LRSY",
        "basis": "LRYJ",
    }
    | {"body": "JDJG", "body_code": "JDJGDM", "remarks": "BZ"},
    SERIOUS: {
        "name": "MC",
        "code": "TYSHXYDM",
        "no": "JDWSH",
        "day": "LRRQ",
        "facts": "LRSY",
        "basis": "LRYJ",
    }
    | {"body": "JDJG", "body_code": "JDJGDM", "remarks": "BZ"},
    DEBTORS: {"name": "MC", "code": "TYSHXYDM", "no": "AH", "day": "LARQ", "facts": "YW", "basis": "ZXYJ"}
    | {"body": "ZXFY", "body_code": "ZXFYDM"},
}
GOODS = (
    "电动自行车 食用植物油 一次性口罩 儿童玩具 消防水带 烟花爆竹 散装白酒 农药残留超标芹菜 预包装糕点 化妆品"
)
PLACES = "湖滨路 人民南路 工业大道 科技园三路 码头街 东城大道 解放路 新港路 文昌巷 柳林街"
STREAMS = "挥发性有机物 喷漆废气 电镀废水 切削液废桶 养殖污水 锅炉烟尘"
PLATES = "ABCDEFGHJK"


@dataclass(frozen=True)
class Subject:
    """A firm, a shop or a person with everything under which it may be named."""

    name: str
    code: str = ""
    org_code: str = ""
    registration_no: str = ""
    former: str = ""
    person_number: str = ""

    @property
    def kind(self) -> str:
        return "自然人" if self.person_number else "法人及非法人组织"


@dataclass(frozen=True)
class Body:
    """A body with the forms of its decisions' numbers; ``{y}`` is the year, ``{n}`` the serial."""

    authority: Authority
    number: str
    topics: tuple[int, ...]


@dataclass(frozen=True)
class Finding:
    """One finding as its own body first sends it."""

    contract: str
    subject: Subject
    body: Body
    serial: int
    day: date
    row: Row

    def at(self, part: str) -> str:
        return self.row[COLUMNS[self.contract][part]]

    def with_(self, **parts: str) -> Row:
        """Its row with other values of common parts."""
        return self.row | {COLUMNS[self.contract][part]: value for part, value in parts.items()}


#: type of violation, facts, basis, (kind of penalty, its words) ...; short facts have no slots.
TOPICS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "经营不合格产品",
        "{d}，执法人员对当事人位于{place}{m}号的经营场所进行检查，发现当事人销售的{goods}共{q}件经抽样检验不合格，"
        "货值金额{money}元，违法所得{gain}元。",
        "《中华人民共和国产品质量法》第四十九条",
        ("罚款", "没收违法所得"),
    ),
    ("未按规定报送年度报告", "未按规定报送年度报告。", "《企业信息公示暂行条例》第十七条", ("警告",)),
    (
        "超标排放污染物",
        "{d}，监测人员对当事人{place}{m}号厂区排放口取样，{stream}浓度为{q}毫克/升，超过排放标准{x}倍。",
        "《中华人民共和国水污染防治法》第八十三条",
        ("罚款", "责令停产停业"),
    ),
    (
        "未如实记录安全生产教育和培训情况",
        "经查，当事人{place}厂区{q}名从业人员{d}前未接受安全生产教育和培训，且未如实记录培训情况。",
        "《中华人民共和国安全生产法》第九十七条",
        ("罚款",),
    ),
    ("超限运输", "车辆超限运输行驶公路。", "《公路安全保护条例》第六十四条", ("罚款",)),
    (
        "货运车辆超限超载",
        "{d}，当事人所属的临{plate}{q}{m}号货车在{place}治超站经检测，车货总质量超过限定标准{x}吨。",
        "《中华人民共和国公路法》第七十六条",
        ("罚款",),
    ),
    (
        "使用未经登记的特种设备",
        "当事人自{d}起在{place}{m}号车间使用未办理使用登记的{q}号叉车，至检查之日仍在使用，从业人员{x}人。",
        "《中华人民共和国特种设备安全法》第八十三条",
        ("罚款", "警告"),
    ),
    (
        "无照经营",
        "当事人未取得营业执照从事经营活动。",
        "《无证无照经营查处办法》第十三条",
        ("罚款", "没收违法所得"),
    ),
    (
        "发布虚假广告",
        "当事人于{d}在其网店页面宣称所售{goods}“销量第一”“国家级推荐”，累计展示{q}次，无法提供证明材料，广告费用{money}元。",
        "《中华人民共和国广告法》第五十五条",
        ("罚款",),
    ),
)
ABNORMAL_REASONS = (
    "通过登记的住所或者经营场所（{place}{m}号）无法联系，{d}实地核查未发现该企业。",
    "未依照《企业信息公示暂行条例》第八条规定的期限公示{year}年度报告。",
    "公示企业信息隐瞒真实情况、弄虚作假：{d}公示的资产总额比实际少{money}元。",
)
SERIOUS_REASONS = (
    "拖欠{q}名农民工工资共{money}元，经{d}责令限期支付，逾期未支付。",
    "生产销售不符合食品安全标准的{goods}{q}公斤，{d}被吊销食品生产许可证。",
)
DEBT = "支付申请人货款{money}元及自{d}起至付清之日止的利息，并负担案件受理费{q}元。"


def facts(chance: random.Random, text: str, near: date) -> str:
    """A text of a body with its slots filled."""
    seen = near - timedelta(days=chance.randrange(3, 60))
    return text.format(
        d=f"{seen.year}年{seen.month}月{seen.day}日",
        place=chance.choice(PLACES.split()),
        m=chance.randrange(2, 990),
        goods=chance.choice(GOODS.split()),
        stream=chance.choice(STREAMS.split()),
        plate=chance.choice(PLATES),
        q=chance.randrange(11, 9_000),
        x=f"{chance.randrange(2, 90)}.{chance.randrange(1, 10)}",
        money=chance.randrange(1_200, 900_000),
        gain=chance.randrange(120, 9_000),
        year=chance.choice((2023, 2024, 2025)),
    )


@dataclass
class Town:
    """Bodies, subjects, and findings made one by one. ``serials`` never repeat a number of a body and a year."""

    chance: random.Random
    subjects: list[Subject] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    court: Body = field(init=False)
    bureau: Authority = field(init=False)
    registry: Authority = field(init=False)
    serials: Iterator[int] = field(default_factory=lambda: itertools.count(1_017, 37))

    def __post_init__(self) -> None:
        numbers = itertools.count(1)

        def authority(name: str, kind: str = "government") -> Authority:
            code = uscc_from_parts(
                prefix2="11", region6="980100", org_code9=org_code_from(f"{next(numbers):08d}")
            )
            return create_authority(code=code, name_zh=name, name_en="A body of Linhu", source_kind=kind)

        self.registry = authority("临湖市行政审批局")
        self.bureau = authority("临湖市大数据管理局")
        made = (
            ("临湖市市场监督管理局", "临市监罚〔{y}〕{n}号", (0, 1, 6, 7, 8)),
            ("临湖市东城区市场监督管理局", "临东市监罚字〔{y}〕第{n}号", (0, 1, 6, 8)),
            ("临湖市生态环境局", "临环罚〔{y}〕{n}号", (2,)),
            ("临湖市应急管理局", "（临）应急罚〔{y}〕执-{n}号", (3, 6)),
            ("临湖市交通运输局", "临交执罚〔{y}〕98{n:06d}号", (4, 5)),
        )
        self.bodies = [Body(authority(name), number, topics) for name, number, topics in made]
        self.court = Body(authority("临湖市人民法院", "court"), "（{y}）临98执{n}号", ())
        for number in range(70):
            self.subjects.append(self._firm(number))
        for number in range(10):
            first17 = f"1101011980{number + 1:02d}15{number + 101:03d}"
            name = "赵钱孙李周吴郑王冯陈"[number] + "建国明华"[number % 4] + "安"
            self.subjects.append(Subject(name, person_number=first17 + citizen_check(first17)))

    def _firm(self, number: int) -> Subject:
        chance = self.chance
        brand = "".join(chance.sample("安邦博昌诚达德鼎丰富冠海和恒宏华汇吉佳嘉建金锦景康乐隆茂美明", 3))
        trade = chance.choice(("商贸", "食品", "机械制造", "物流", "环保科技", "建筑工程"))
        form = chance.choice(("有限公司", "有限公司", "有限责任公司", "股份有限公司"))
        org_code = org_code_from(f"{20_000_000 + number * 37}")
        former = f"临湖市{brand[::-1]}{trade}{form}" if number % 2 == 0 else ""
        return Subject(
            f"临湖市{brand}{trade}{form}",
            code=uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code),
            org_code=org_code,
            registration_no=registration_no_from(f"980102{number + 10_000_000:08d}"),
            former=former,
        )

    def registrations(self) -> list[Row]:
        """The firms as the registering body reports them."""
        fixed = {
            "ZTLB": "法人及非法人组织",
            "LX": "有限责任公司",
            "ZCRQ": "2015-03-02",
            "XZQH": "980102",
            "ZT": "存续",
        }
        return [
            fixed
            | {
                "TYSHXYDM": s.code,
                "MC": s.name,
                "ZCH": s.registration_no,
                "ZZJGDM": s.org_code,
                "CYM": s.former,
            }
            for s in self.subjects
            if s.code
        ]

    def penalty(self, subject: Subject, body: Body, *, day: date, serial: int, topic: int) -> Finding:
        """A penalty of a body: one of its topics, with its own facts."""
        chance = self.chance
        kind, text, basis, measures = TOPICS[topic]
        fine = (
            chance.choice((500, 1000, 2000, 3000, 5000, 8000, 12000, 26500, 50000))
            if "罚款" in measures
            else 0
        )
        gain = chance.randrange(120, 9_000) if "没收违法所得" in measures else 0
        words = [f"罚款人民币{fine}元"] * bool(fine) + [f"没收违法所得{gain}元"] * bool(gain)
        words += [m for m in measures if m not in ("罚款", "没收违法所得")]
        row = {
            "CF_XDR_MC": subject.name,
            "CF_XDR_LB": subject.kind,
            "CF_XDR_SHXYM": subject.code,
            "CF_FRDB": "" if subject.person_number else "李四光",
            "CF_XDR_ZJHM": subject.person_number,
            "CF_WSH": body.number.format(y=day.year, n=serial),
            "CF_WFXW": kind,
            "CF_SY": facts(chance, text, day),
            "CF_YJ": basis,
            "CF_CFLB": "；".join(measures),
            "CF_NR": "；".join(words) + "。",
            "CF_NR_FK": f"{fine / 10_000:g}" if fine else "",
            "CF_NR_WFFF": f"{gain / 10_000:g}" if gain else "",
            "CF_JDRQ": day.isoformat(),
            "CF_YXQ": "2099-12-31",
            "CF_CFJG": body.authority.name_zh,
            "CF_CFJGDM": body.authority.code,
            "CF_SJLY": body.authority.name_zh,
            "CF_SJLYDM": body.authority.code,
        }
        return Finding(PENALTIES, subject, body, serial, day, row)

    def listed(self, subject: Subject, contract: str, *, day: date, serial: int, text: str) -> Finding:
        """An entry of a list, or a case of the court."""
        body = self.court if contract == DEBTORS else self.bodies[0]
        number = {ABNORMAL: "临市监异列〔{y}〕{n}号", SERIOUS: "临市监严列字〔{y}〕{n}号"}.get(
            contract, body.number
        )
        body = replace(body, number=number)
        basis = {
            ABNORMAL: "《企业经营异常名录管理暂行办法》第四条",
            SERIOUS: "《市场监督管理严重违法失信名单管理办法》第二条",
            DEBTORS: f"（{day.year}）临98民初{self.chance.randrange(100, 9_999)}号民事判决书",
        }[contract]
        bare = Finding(contract, subject, body, serial, day, {})
        row = bare.with_(
            name=subject.name,
            code=subject.code,
            no=number.format(y=day.year, n=serial),
            day=day.isoformat(),
            facts=facts(self.chance, text, day),
            basis=basis,
            body=body.authority.name_zh,
            body_code=body.authority.code,
        )
        if contract == DEBTORS:
            row |= {"LXQK": "全部未履行", "WLXJE": str(self.chance.randrange(2_000, 900_000))}
        return replace(bare, row=row)

    def planted(self) -> list[Finding]:
        """What is taken in: four penalties a subject, and entries of three lists."""
        chance, made = self.chance, []
        for subject in self.subjects:
            for _ in range(4):
                body = chance.choice(self.bodies)
                day = date(2026, 4, 1) + timedelta(days=chance.randrange(75))
                made.append(
                    self.penalty(
                        subject, body, day=day, serial=next(self.serials), topic=chance.choice(body.topics)
                    )
                )
        for at, subject in enumerate(self.subjects[:60]):
            contract = (ABNORMAL, SERIOUS, DEBTORS)[at % 3]
            texts = {ABNORMAL: ABNORMAL_REASONS, SERIOUS: SERIOUS_REASONS, DEBTORS: (DEBT,)}[contract]
            day = date(2026, 4, 1) + timedelta(days=chance.randrange(75))
            text = chance.choice(texts)
            made.append(self.listed(subject, contract, day=day, serial=next(self.serials), text=text))
        return made

    def others(self, planted: list[Finding], many: int) -> Iterator[Finding]:
        """Findings that are none of the planted ones, each as near to one as two findings really are.

        The next numbers of the same body, about the same subject, on the same day or in the same week; half of
        them of the same topic, so that with a short topic even the words are the same.
        """
        chance = self.chance
        steps = {id(finding): itertools.count(1) for finding in planted}
        while many:
            near = chance.choice(planted)
            step = next(steps[id(near)])
            if step > 36:  # the next planted number of some body
                continue
            day = near.day + timedelta(days=chance.choice((0, 0, 0, 1, 2, 4, 6)))
            serial = near.serial + step
            if near.contract == PENALTIES:
                kinds = [topic[0] for topic in TOPICS]
                same = kinds.index(near.row["CF_WFXW"])
                topic = same if chance.random() < 0.5 else chance.choice(near.body.topics)
                yield self.penalty(near.subject, near.body, day=day, serial=serial, topic=topic)
            else:
                texts = {ABNORMAL: ABNORMAL_REASONS, SERIOUS: SERIOUS_REASONS, DEBTORS: (DEBT,)}[
                    near.contract
                ]
                yield self.listed(
                    near.subject, near.contract, day=day, serial=serial, text=chance.choice(texts)
                )
            many -= 1
