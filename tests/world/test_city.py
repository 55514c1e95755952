"""What the city is like: its codes, names, files and distributions."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from stdnum.cn import ric
from stdnum.cn import uscc as stdnum_uscc

from goodstanding.identity import Scheme, has_lost_characters, parse
from goodstanding.law.months import add_months
from goodstanding.world import AUTHORITIES, DISTRICTS, Population, describe, generate
from goodstanding.world.generate import plan, share_out
from goodstanding.world.penalties import amount_in_wan

ON = date(2026, 11, 22)
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "generated-city.md"


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(entities=20_000, seed=5, on=ON)


def test_every_code_is_valid_unique_and_of_the_fictional_province(population: Population) -> None:
    codes = [population.entity(number).uscc for number in range(20_000)]
    assert len(set(codes)) == 20_000
    for code in codes:
        assert stdnum_uscc.is_valid(code) and code[2:4] == "98"
    for authority in AUTHORITIES.values():
        assert stdnum_uscc.is_valid(authority.code) and authority.code.startswith("1198")
        assert authority.name_en and authority.name_zh.startswith("临湖市")
    assert len({authority.code for authority in AUTHORITIES.values()}) == 13


def test_older_codes_are_valid_and_shared_by_twins_only(population: Population) -> None:
    organisation, registration = Counter[str](), Counter[str]()
    for number in range(20_000):
        entity = population.entity(number)
        if entity.organisation_code:
            parse(entity.organisation_code, scheme=Scheme.ORG_CODE)
            organisation[entity.organisation_code] += 1
        if entity.registration_no:
            parse(entity.registration_no, scheme=Scheme.REGISTRATION_NO)
            registration[entity.registration_no] += 1
    assert max(registration.values()) == 1
    shared = [code for code, times in organisation.items() if times > 1]
    assert len(shared) == 20_000 // 500
    first, second = population.entity(498), population.entity(499)
    assert first.organisation_code == second.organisation_code and first.name == second.name
    assert first.uscc != second.uscc


def test_an_unknown_code_is_valid_and_nobodys(population: Population) -> None:
    codes = {population.entity(number).uscc for number in range(20_000)}
    for number in range(0, 1_000_000, 997):
        code = population.unknown_code(number)
        assert stdnum_uscc.is_valid(code) and code not in codes


def test_persons_are_fictional_and_have_numbers_of_their_own(population: Population) -> None:
    persons = [population.person(number) for number in range(population.persons)]
    assert len({person.citizen_no for person in persons}) == len(persons)
    for person in persons:
        assert person.citizen_no.startswith("98")
        assert ric.calc_check_digit(person.citizen_no) == person.citizen_no[-1]
        parse(person.citizen_no, scheme=Scheme.CITIZEN_NO)


def test_names_are_mostly_unique_and_whole(population: Population) -> None:
    names = [population.entity(number).name for number in range(20_000)]
    assert len(set(names)) > 0.98 * len(names)
    assert not any(has_lost_characters(name) for name in names)


def test_the_shares_of_the_register_are_as_described(population: Population) -> None:
    entities = [population.entity(number) for number in range(20_000)]
    said = describe()["entities"]
    for key, found in (
        ("body_class_per_mille", Counter(entity.uscc[:2] for entity in entities)),
        ("status_per_mille", Counter(entity.status for entity in entities)),
    ):
        for name, share in said[key].items():
            assert found[name] / 20 == pytest.approx(share, rel=0.15, abs=4), name
    districts = Counter(entity.division for entity in entities)
    for district in DISTRICTS:
        assert districts[district.code] / 200 == pytest.approx(district.weight, abs=1.5)
    ages = [(ON - entity.registered_on).days for entity in entities]
    assert min(ages) > 30 and max(ages) < 42 * 366
    weights = said["age_weight_by_whole_year"]
    below_ten = sum(age < 31 + 3650 for age in ages) / len(ages)
    assert below_ten == pytest.approx(sum(weights[:10]) / sum(weights), abs=0.02)
    assert {
        entity.registration_no == "" for entity in entities if entity.registered_on >= date(2015, 10, 1)
    } == {True}


def test_findings_lie_on_every_side_of_every_period(tmp_path: Path) -> None:
    generate(tmp_path, entities=2_000, seed=3, on=ON, records=20_000)
    ages: list[date] = []
    kinds, encodings = Counter[str](), set()
    for feed in plan(20_000):
        if feed.layout.contract != "double-publicity-penalties":
            continue
        encodings.add(feed.encoding)
        with (tmp_path / feed.path).open(encoding=feed.encoding, newline="") as file:
            for row in csv.DictReader(file):
                for kind in row["CF_CFLB"].replace("；", ";").replace("、", ";").split(";"):
                    kinds[kind] += 1
                if len(row["CF_JDRQ"]) == 10 and row["CF_JDRQ"][4::3] == "--" and row["CF_JDRQ"].isascii():
                    try:
                        ages.append(date.fromisoformat(row["CF_JDRQ"]))
                    except ValueError:
                        continue
    assert encodings == {"utf-8", "utf-8-sig", "gb18030"}
    assert len([kind for kind in kinds if kind not in ("", "罚金", "多出一列")]) == 12
    for months in (3, 12, 36):
        assert add_months(ON, -months) in ages
    past = [day for day in ages if day <= ON]
    for low, high, share in ((0, 89, 0.20), (90, 364, 0.42), (365, 1094, 0.28), (1095, 1600, 0.08)):
        found = sum(ON - timedelta(days=high) <= day <= ON - timedelta(days=low) for day in past)
        assert found / len(past) == pytest.approx(share, abs=0.04), (low, high)


def test_amounts_are_written_in_ten_thousands() -> None:
    assert [amount_in_wan(yuan) for yuan in (2000, 10_000, 123_400, 100)] == ["0.2", "1", "12.34", "0.01"]


def test_shares_sum_up_to_the_whole() -> None:
    for total in (0, 1, 7, 100, 99_999):
        assert sum(share_out(total, [55, 25, 12, 6, 2])) == total
        assert sum(feed.rows for feed in plan(total)) == total


def test_every_described_table_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    said = describe()
    for name, kind in said["dirt_of_10000"].items():
        reason = f"`{kind['reason']}`" if kind["reason"] else ""
        assert f"| `{name}` | {kind['share']} | {kind['disposition']} | {reason} |" in text, name
    for name, share in said["entities"]["oddities_of_10000"].items():
        assert f"| `{name}` | {share} |" in text, name
    for code, name in said["authorities"].items():
        assert f"| `{code}` | {name} |" in text
    for row in said["penalties"]["decisions_percent"]:
        simple = "yes" if row["simple_procedure"] else ""
        assert f"| {'、'.join(row['kinds'])} | {row['percent']} | {simple} |" in text
