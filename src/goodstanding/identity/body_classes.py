"""What a body is by the first two characters of its unified social credit code (GB 32100-2015 and its
amendment)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodstanding.identity.identifiers import Scheme, parse


@dataclass(frozen=True, slots=True)
class BodyClass:
    """One row of the prefix table: two characters, a name for programs, English and Chinese."""

    prefix: str
    name: str
    en: str
    zh: str


BODY_CLASSES: Final[dict[str, BodyClass]] = {
    row[0]: BodyClass(*row)
    for row in (
        ("11", "state_organ", "state organ", "机关"),
        ("12", "public_institution", "public institution", "事业单位"),
        (
            "13",
            "staffed_mass_organisation",
            "centrally staffed mass organisation",
            "编办直接管理机构编制的群众团体",
        ),
        ("19", "other_staffing", "other body of the staffing office", "其他（机构编制）"),
        ("21", "foreign_news_office", "resident foreign news office", "外国常驻新闻机构"),
        ("29", "other_foreign_affairs", "other body of foreign affairs", "其他（外交）"),
        ("31", "law_firm", "law firm", "律师执业机构"),
        ("32", "notary_office", "notary office", "公证处"),
        ("33", "grassroots_legal_service", "grassroots legal service", "基层法律服务所"),
        ("34", "forensic_institution", "forensic institution", "司法鉴定机构"),
        ("35", "arbitration_commission", "arbitration commission", "仲裁委员会"),
        ("39", "other_justice", "other body of justice administration", "其他（司法行政）"),
        ("41", "foreign_cultural_centre", "foreign cultural centre", "外国在华文化中心"),
        ("49", "other_culture", "other body of culture", "其他（文化）"),
        ("51", "association", "social association", "社会团体"),
        ("52", "private_non_enterprise_unit", "private non-enterprise unit", "民办非企业单位"),
        ("53", "foundation", "foundation", "基金会"),
        ("59", "other_civil_affairs", "other body of civil affairs", "其他（民政）"),
        ("61", "foreign_tourism_office", "foreign tourism office", "外国旅游部门常驻代表机构"),
        (
            "62",
            "regional_tourism_office",
            "tourism office of Hong Kong, Macao or Taiwan",
            "港澳台地区旅游部门常驻内地（大陆）代表机构",
        ),
        ("69", "other_tourism", "other body of tourism", "其他（旅游）"),
        ("71", "religious_site", "religious site", "宗教活动场所"),
        ("72", "religious_school", "religious school", "宗教院校"),
        ("79", "other_religion", "other body of religious affairs", "其他（宗教）"),
        ("81", "trade_union", "grassroots trade union", "基层工会"),
        ("89", "other_trade_union", "other body of the trade unions", "其他（工会）"),
        ("91", "enterprise", "enterprise", "企业"),
        ("92", "individual_business", "individual business", "个体工商户"),
        ("93", "farmers_cooperative", "farmers' cooperative", "农民专业合作社"),
        ("99", "other_market_regulation", "other body of market regulation", "其他（市场监管）"),
        ("A1", "military_institution", "military public institution", "军队事业单位"),
        ("A9", "other_military", "other military body", "其他（军队）"),
        ("N1", "group_collective", "rural collective of a group", "组级集体经济组织"),
        ("N2", "village_collective", "rural collective of a village", "村级集体经济组织"),
        ("N3", "township_collective", "rural collective of a township", "乡镇级集体经济组织"),
        ("N9", "other_agriculture", "other body of agriculture", "其他（农业）"),
        ("Y1", "other", "body without a registering department", "其他"),
    )
}

UNASSIGNED: Final = "unassigned"


def body_class(uscc: str) -> str:
    """The class of a body by its USCC, as the `name` of a row of `BODY_CLASSES`; "unassigned" when no row
    has it.

    A valid code whose class is unknown here is not refused: the departments add classes from time to time.

    Raises:
        IdentifierError: when `uscc` is not a valid USCC.
    """
    row = BODY_CLASSES.get(parse(uscc, scheme=Scheme.USCC).value[:2])
    return row.name if row else UNASSIGNED


def is_individual_business(uscc: str) -> bool:
    """Whether a USCC is an individual business's (个体工商户, prefix 92): a sole trader, hence a natural
    person.

    Raises:
        IdentifierError: when `uscc` is not a valid USCC.
    """
    return parse(uscc, scheme=Scheme.USCC).value.startswith("92")
