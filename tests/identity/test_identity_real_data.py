"""Real registries, vectors and odd codes, read where they lie and skipped where they are absent."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
import stdnum.cn.uscc

from goodstanding.identity import (
    Identifier,
    IdentifierError,
    Problem,
    Scheme,
    disagree,
    has_lost_characters,
    is_division_code,
    is_uscc,
    latin,
    normalise,
    organisation_code_of,
    parse,
    province_of,
    recognise,
)

pytestmark = pytest.mark.realdata

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> Callable[[str], Rows]:
    """Rows of a CSV file below the folder of real data."""

    def read(path: str) -> Rows:
        with (shared_data / path).open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    return read


def outcome(text: str) -> Identifier | Problem:
    try:
        return recognise(text)
    except IdentifierError as error:
        return error.code


def test_all_published_vectors_hold(rows: Callable[[str], Rows]) -> None:
    vectors = rows("identifier_check_vectors/vectors.csv")
    reasons = {
        "InvalidLength": {Problem.LENGTH},
        "InvalidFormat": {Problem.ALPHABET, Problem.CHECK_CHARACTER},  # stdnum has no letters in the prefix
        "InvalidChecksum": {Problem.CHECK_CHARACTER},
    }
    for row in vectors:
        scheme = Scheme(row["kind"])
        if row["expected"] == "valid":
            assert parse(row["value"], scheme=scheme) == recognise(row["value"])
        else:
            with pytest.raises(IdentifierError) as caught:
                parse(row["value"], scheme=scheme)
            assert caught.value.code in reasons[row["error"]], row
    counts = Counter((row["kind"], row["expected"]) for row in vectors)
    print(f"{len(vectors)} vectors: {dict(counts)}")
    assert len(vectors) == 307


EXPECTED = {
    "15regno": Counter({"registration_no": 6596}),
    # one has a letter in its region, and one is a citizen number in the place of a code
    "18badcheck": Counter({"check_character": 189, "region": 1, "person_number": 1}),
    "18badchar": Counter({"unknown_shape": 1}),  # H-4601043500387-21 has 16 characters without its dashes
    "18ok": Counter({"uscc": 1216}),
    "empty": Counter({"empty": 6}),
    "other10": Counter({"org_code": 6}),  # an organisation code written with its dash
    "other11": Counter({"unknown_shape": 17}),
    "other12": Counter({"unknown_shape": 3}),
    "other13": Counter({"unknown_shape": 497}),
    "other15": Counter({"alphabet": 701}),  # co-operatives: 320506NA000043X
    "other16": Counter({"alphabet": 2}),  # （A）460002300000- has 15 without its dash
    "other17": Counter({"unknown_shape": 1}),
}


def test_every_odd_code_of_the_registry_is_told_apart(rows: Callable[[str], Rows]) -> None:
    anomalies = rows("cn_enterprise_registry/code_anomalies.csv")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in anomalies:
        result = outcome(row["uscc"])
        found[row["code_class"]][str(result.scheme if isinstance(result, Identifier) else result)] += 1
        assert is_uscc(row["uscc"]) == (row["why"] != "not_valid_uscc") == (row["code_class"] == "18ok"), row
        if row["why"] == "valid_uscc_bad_embedded_orgcode":
            assert isinstance(outcome(organisation_code_of(row["uscc"])), Problem)
        if row["why"] == "private_use_char_in_name":
            assert has_lost_characters(row["name"])
    for code_class, counts in sorted(found.items()):
        print(f"{code_class}: {dict(counts)}")
    print(f"{len(anomalies)} odd codes")
    assert len(anomalies) == 9237
    assert found == EXPECTED


def test_all_codes_of_the_registry_are_valid_and_their_provinces_known(shared_data: Path) -> None:
    with gzip.open(shared_data / "cn_enterprise_registry/valid_usccs_codes_only.txt.gz", "rt") as lines:
        codes = [line.strip() for line in lines]
    assert all(map(is_uscc, codes))
    assert all(province_of(code[2:8]) or code.startswith("10", 2) for code in codes)
    sample = codes[::20]
    assert all(stdnum.cn.uscc.is_valid(code) for code in sample)
    print(f"{len(codes)} codes valid, {len(sample)} of them by stdnum too")


def test_every_single_wrong_character_in_real_codes_is_caught(shared_data: Path) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    with gzip.open(shared_data / "cn_enterprise_registry/valid_usccs_codes_only.txt.gz", "rt") as lines:
        codes = [line.strip().upper() for line in lines][::1000]
    tried = 0
    for code in codes:
        for place in range(18):
            for other in alphabet.replace(code[place], ""):
                assert not is_uscc(code[:place] + other + code[place + 1 :])
                tried += 1
    print(f"{tried} substitutions in {len(codes)} codes, all caught")


def test_regions_that_no_list_knows_stay_acceptable(rows: Callable[[str], Rows]) -> None:
    seen = rows("cn_admin_divisions/uscc_region_codes_seen.csv")
    assert all(is_division_code(row["region_code"]) for row in seen)
    unlisted = [r for r in seen if r["in_gb2260_2002_2014"] == "0" and r["in_nbs_2023"] == "0"]
    assert len(unlisted) == 251


def test_provinces_have_their_official_names(rows: Callable[[str], Rows]) -> None:
    listed = rows("cn_admin_divisions/provinces_2023.csv")
    assert len(listed) == 31
    for row in listed:
        division = province_of(row["code"].ljust(6, "0"))
        assert division is not None and division.zh == row["name"]


def test_homonyms_have_equal_names_and_different_codes(rows: Callable[[str], Rows]) -> None:
    """A name alone must never merge: within these 27 groups no name speaks against another."""
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows("cn_enterprise_registry/homonyms_different_uscc.csv"):
        groups[row["norm_name"].strip(".")].append(row)
    for group in groups.values():
        keys = {normalise(row["name"]) for row in group}
        assert len(keys) == 1, keys
        assert not disagree(group[0]["name"], group[-1]["name"])
        assert len({parse(row["uscc"], scheme=Scheme.USCC).value for row in group}) == len(group)
    print(f"{sum(map(len, groups.values()))} homonyms in {len(groups)} groups")


def test_names_that_share_a_code_agree_only_when_they_are_spellings() -> None:
    """Seen in the real registry: one code, two names."""
    assert not disagree("双日(香港)有限公司深圳代表处", "双日（香港）有限公司深圳代表处")
    assert not disagree("澳门南光(集团)有限公司北京代表处", "澳门南光（集团）有限公司北京代表处")
    assert disagree("深圳南头大新村企业公司达成灯饰来料加工厂", "深圳市红光花木公司丝花塑料玩具厂")
    assert disagree("中国建设银行股份有限公司郫都支行", "中国建设银行股份有限公司郫县支行")
    assert disagree("玉环县工星机械厂", "玉环工星机械厂")


def test_real_names_normalise_once_and_have_a_latin_form(rows: Callable[[str], Rows]) -> None:
    lost = 0
    for row in rows("cn_enterprise_registry/code_anomalies.csv"):
        name = row["name"]
        key = normalise(name)
        assert normalise(key) == key and key
        assert not disagree(name, name) or has_lost_characters(name)
        lost += has_lost_characters(name)
    sample = [row["name"] for row in rows("cn_enterprise_registry/code_anomalies.csv")[::40]]
    assert all(latin(name).strip() for name in sample)
    print(f"{lost} names have lost characters; {latin(sample[0])!r}")
    assert lost >= 22


def test_lost_characters_of_a_penalty_feed_are_seen(rows: Callable[[str], Rows]) -> None:
    entities = [row["entity"] for row in rows("tw_labor_penalties_sample/penalties.csv")]
    lost = [name for name in entities if has_lost_characters(name)]
    print(lost)
    assert any("&#2013268056;" in name for name in lost)
    assert any("?" in name for name in lost)
