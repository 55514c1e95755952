"""Entities and natural persons of the city, each derived from its number alone.

Any entity can be made again at any time without state: its bytes are BLAKE2b of its number under a key made from
the seed. Codes come from a permutation of the numbers, so no two entities share one (but for the twins, which
share an organisation code on purpose).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from struct import unpack
from typing import Final, NamedTuple

from goodstanding.identity.check_characters import (
    USCC_ALPHABET,
    citizen_check,
    organisation_check,
    registration_check,
    uscc_check,
)
from goodstanding.world import words
from goodstanding.world.city import CITY_CODE, CITY_ZH, DISTRICTS, PROVINCE_ZH
from goodstanding.world.errors import WorldError

MOST_ENTITIES: Final = 80_000_000
"""Numbers from here to 90 million are never registered; codes made from them are valid and unknown."""

REFORM: Final = date(2015, 10, 1)
"""Before this day a registration number of 15 digits was given out, and organisation codes were eight digits."""

PREFIXES: Final = {"91": 795, "92": 150, "93": 30, "52": 15, "12": 10}
"""Registering department and class of body, per mille of the entities."""

STATUSES: Final = {"存续": 860, "注销": 90, "吊销": 30, "迁出": 20}
"""Status in the register, per mille."""

REGISTRATION_DIRT: Final = {
    "wrong_check_character": 20,
    "old_number_as_code": 10,
    "missing_code": 10,
    "missing_name": 10,
    "unknown_subject_class": 10,
    "lower_case_code": 30,
    "full_width_code": 20,
    "extra_spaces": 40,
    "date_spelling": 200,
    "impossible_date": 10,
    "roc_date": 10,
    "formula": 5,
    "exact_duplicate": 40,
    "corrected_row": 40,
    "renamed": 20,
    "code_of_another": 20,
}
"""What is odd about an entity's row in the register, per 10,000. One at most."""

UNREGISTERED: Final = frozenset(
    [
        "wrong_check_character",
        "old_number_as_code",
        "missing_code",
        "missing_name",
        "unknown_subject_class",
        "impossible_date",
        "roc_date",
        "formula",
    ]
)
"""Oddities for which the row is rejected, so that the entity is never registered."""

AGE_WEIGHTS: Final = (
    *(62, 70, 74, 72, 66, 70, 74, 72, 68, 62, 56, 48, 36, 28, 24, 21, 18, 15, 13, 11),
    *(9, 8, 7, 6, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1),
)
"""Relative number of entities by age in whole years, youngest first."""

TWIN_EVERY: Final = 500
_CAPITAL_AMOUNTS: Final = (
    1,
    3,
    5,
    10,
    10,
    20,
    30,
    50,
    50,
    100,
    100,
    100,
    200,
    300,
    500,
    500,
    1000,
    2000,
    5000,
)
_CAPITAL_IN_WORDS: Final = {10: "壹拾", 50: "伍拾", 100: "壹佰", 500: "伍佰", 1000: "壹仟"}
_BASE31: Final = tuple(a + b for a in USCC_ALPHABET for b in USCC_ALPHABET)


def _table(weights: dict[str, int], size: int) -> tuple[str, ...]:
    return tuple(
        name for name, weight in weights.items() for _ in range(weight * size // sum(weights.values()))
    )


def _age_table() -> tuple[int, ...]:
    """4,096 ages in days, as often as their weight; within a year of age evenly spread."""
    cumulative = [sum(AGE_WEIGHTS[: i + 1]) for i in range(len(AGE_WEIGHTS))]
    ages = []
    for step in range(4096):
        at = step * cumulative[-1] // 4096
        year = bisect_right(cumulative, at)
        before = cumulative[year - 1] if year else 0
        ages.append(31 + year * 365 + (at - before) * 365 // AGE_WEIGHTS[year])
    return tuple(ages)


_PREFIX_TABLE: Final = _table(PREFIXES, 1000)
_STATUS_TABLE: Final = _table(STATUSES, 1000)
_AGE_TABLE: Final = _age_table()
_DISTRICT_TABLE: Final = tuple(district for district in DISTRICTS for _ in range(district.weight))
_DIRT_NAMES: Final = tuple(REGISTRATION_DIRT)
_DIRT_EDGES: Final = tuple(sum(list(REGISTRATION_DIRT.values())[: i + 1]) for i in range(len(_DIRT_NAMES)))


class Entity(NamedTuple):
    """What the register truly says of an entity. Dirt is put on later, on rows.

    `name` is the current name; `former_name` is not empty when it was renamed. `registration_no` is empty for
    those registered after the reform, `organisation_code` for individual businesses. `oddity` is a key of
    `REGISTRATION_DIRT` or empty.
    """

    number: int
    uscc: str
    registration_no: str
    organisation_code: str
    name: str
    former_name: str
    name_en: str
    type: str
    division: str
    address: str
    registered_on: date
    capital: str
    status: str
    representative: str
    oddity: str

    @property
    def is_individual_business(self) -> bool:
        """Whether it is a sole trader (个体工商户)."""
        return self.uscc.startswith("92")

    @property
    def subject_class(self) -> str:
        """Its class in the code list of double publicity."""
        return "个体工商户" if self.uscc.startswith("92") else "法人及非法人组织"

    @property
    def is_twin(self) -> bool:
        """Whether another entity has the same organisation code and name."""
        return self.number % TWIN_EVERY >= TWIN_EVERY - 2


class Person(NamedTuple):
    """A fictional natural person, who appears only where a penalty names him."""

    name: str
    citizen_no: str


class Population:
    """The entities and persons of one city.

    Args:
        entities: how many; numbers are 0 to entities - 1.
        seed: any whole number. on: the day on which the city is looked at.
    """

    def __init__(self, *, entities: int, seed: int, on: date) -> None:
        self.size = entities
        self.persons = entities // 20 + 10
        self.on = on
        self._key = hashlib.blake2b(f"linhu/{seed}".encode(), digest_size=32).digest()
        self._shift = int.from_bytes(self._key[:6], "little")
        self.entity = lru_cache(maxsize=32_768)(self._entity)
        self.person = lru_cache(maxsize=8_192)(self._person)

    def _digits(self, number: int, *, person: bytes) -> tuple[int, ...]:
        digest = hashlib.blake2b(number.to_bytes(8, "little"), key=self._key, person=person).digest()
        return unpack("<32H", digest)

    def _entity(self, number: int) -> Entity:
        last_of_twins = number % TWIN_EVERY == TWIN_EVERY - 1
        twin = number % TWIN_EVERY >= TWIN_EVERY - 2
        origin = number - 1 if last_of_twins else number
        r = self._digits(origin, person=b"entity")
        oddity_at = bisect_right(_DIRT_EDGES, (r[0] * 65536 + r[1]) % 10_000)
        oddity = "" if twin or oddity_at == len(_DIRT_NAMES) else _DIRT_NAMES[oddity_at]
        prefix = "91" if twin else _PREFIX_TABLE[r[2] % 1000]
        registered_on = self.on - timedelta(days=_AGE_TABLE[r[3] % 4096])
        district = _DISTRICT_TABLE[r[4] % 100]
        region = CITY_CODE if r[5] % 10 < 4 else district.code
        if twin:
            district = DISTRICTS[1 if last_of_twins else 0]
            region = district.code
        old = registered_on < REFORM
        body8 = self._body8(origin, old=old)
        organisation_code = body8 + organisation_check(body8)
        first17 = prefix + region + organisation_code
        name, name_en, kind = _name(prefix, DISTRICTS[0].zh if twin else district.zh, r)
        former_name = _name(prefix, district.zh, r[16:] + r[:16])[0] if oddity == "renamed" else ""
        return Entity(
            number=number,
            uscc=first17 + uscc_check(first17),
            registration_no=self._registration_no(number, region) if old and prefix != "12" else "",
            organisation_code="" if prefix == "92" else organisation_code,
            name=name,
            former_name=former_name if former_name != name else "",
            name_en=name_en,
            type=kind,
            division=district.code,
            address=f"{PROVINCE_ZH}{CITY_ZH}{district.zh}{words.ROADS[r[6] % len(words.ROADS)]}{r[7] % 998 + 1}号",
            registered_on=registered_on,
            capital=_capital(prefix, r[8]),
            status=_STATUS_TABLE[r[9] % 1000],
            representative=_person_name(r[10], r[11], r[12]),
            oddity=oddity,
        )

    def _body8(self, number: int, *, old: bool) -> str:
        if old:
            return str(10_000_000 + (number * 61_803_397 + self._shift) % 90_000_000)
        rest = (number * 500_000_003 + self._shift) % 887_503_681  # 31 ** 6
        high, rest = divmod(rest, 923_521)
        middle, low = divmod(rest, 961)
        return "MA" + _BASE31[high] + _BASE31[middle] + _BASE31[low]

    def _registration_no(self, number: int, region: str) -> str:
        first14 = region + str(10_000_000 + (number * 32_452_843 + self._shift) % 90_000_000)
        return first14 + registration_check(first14)

    def unknown_code(self, number: int) -> str:
        """A valid unified social credit code that no entity of the register has."""
        return self._entity(MOST_ENTITIES + number % 10_000_000 // TWIN_EVERY * TWIN_EVERY).uscc

    def registered(self, random: Random, wanted: Callable[[Entity], bool]) -> Entity:
        """An entity that the register has and that is as wanted; low numbers come more often.

        The number falls as the square of a uniform one, so the first hundredth of the entities has a tenth of the
        records. Where the number drawn does not suit, the next ones are tried.

        Raises:
            WorldError: no entity of the city is as wanted.
        """
        drawn = random.random()
        number = int(self.size * drawn * drawn)
        for step in range(self.size):
            entity = self.entity((number + step) % self.size)
            if entity.oddity not in UNREGISTERED and wanted(entity):
                return entity
        raise WorldError(
            code="entities.none_suits",
            en="The city is too small for what was asked; generate more entities.",
            zh="城市规模过小，无法满足要求；请增加主体数量。",
        )

    def _person(self, number: int) -> Person:
        r = self._digits(number, person=b"person")
        place, sequence = divmod(
            (number * 7_368_787 + self._shift) % 63_936_000, 999
        )  # 16,000 days, 4 places
        born = date(1960, 1, 1) + timedelta(days=place // 4)
        first17 = f"{DISTRICTS[place % 4].code}{born:%Y%m%d}{sequence + 1:03d}"
        return Person(_person_name(r[0], r[1], r[2]), first17 + citizen_check(first17))


def _person_name(a: int, b: int, c: int) -> str:
    name = words.SURNAMES[a % len(words.SURNAMES)] + words.GIVEN_CHARACTERS[b % len(words.GIVEN_CHARACTERS)]
    return name + words.GIVEN_CHARACTERS[c % len(words.GIVEN_CHARACTERS)] if c % 5 else name


def _capital(prefix: str, value: int) -> str:
    """Registered capital in one of the spellings that registers use; empty for bodies that have none."""
    if prefix in ("92", "12"):
        return ""
    amount = _CAPITAL_AMOUNTS[value % len(_CAPITAL_AMOUNTS)]
    style = value // len(_CAPITAL_AMOUNTS) % 10
    if style < 5:
        return f"{amount}万元"
    if style < 7:
        return f"{amount}万元人民币"
    if style < 8:
        return f"{amount}.000000万人民币"
    if style < 9:
        return f"人民币{amount * 10_000}元"
    return f"{_CAPITAL_IN_WORDS[amount]}万元整" if amount in _CAPITAL_IN_WORDS else f"{amount}万元整"


def _name(prefix: str, district: str, r: tuple[int, ...]) -> tuple[str, str, str]:
    """Chinese name, English name (empty for most) and type of a body."""
    characters = words.TRADE_CHARACTERS
    chosen = [characters[r[13] % len(characters)], characters[r[14] % len(characters)]]
    if r[15] % 10 < 4:
        chosen.append(characters[r[15] // 10 % len(characters)])
    trade = "".join([zh for zh, _ in chosen])
    if prefix == "91":
        industry, industry_en = words.INDUSTRIES[r[16] % len(words.INDUSTRIES)]
        form, form_en, kind = words.COMPANY_FORMS[words.FORM_TABLE[r[17] % 16]]
        place = r[18] % 10
        if place < 5:
            name = f"{CITY_ZH}{trade}{industry}{form}"
        elif place < 7:
            name = f"临湖{trade}{industry}{form}"
        elif place < 8:
            name = f"{CITY_ZH}{district}{trade}{industry}{form}"
        elif place < 9:
            name = f"澜江{trade}{industry}{form}"
        else:
            name = f"{trade}（临湖）{industry}{form}"
        english = ""
        if r[19] % 100 < 12 and form_en != "Works":
            english = f"Linhu {''.join([en for _, en in chosen]).capitalize()} {industry_en} {form_en}"
        return name, english, kind
    if prefix == "92":
        return f"{CITY_ZH}{district}{trade}{words.SHOPS[r[16] % len(words.SHOPS)]}", "", "个体工商户"
    if prefix == "93":
        return f"{CITY_ZH}{trade}{words.CROPS[r[16] % len(words.CROPS)]}种植专业合作社", "", "农民专业合作社"
    if prefix == "52":
        return (
            f"{CITY_ZH}{district}{trade}{words.CIVIC_BODIES[r[16] % len(words.CIVIC_BODIES)]}",
            "",
            "民办非企业单位",
        )
    return (
        f"{CITY_ZH}{district}{trade}{words.PUBLIC_BODIES[r[16] % len(words.PUBLIC_BODIES)]}",
        "",
        "事业单位",
    )
