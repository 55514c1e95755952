"""Ways of writing one number of a decision, and numbers that are two."""

from __future__ import annotations

import pytest

from goodstanding.registry.document_numbers import digits_of, document_cores, form_of, in_digits, slips
from goodstanding.registry.simplified import _SIMPLIFIED, _TRADITIONAL, simplified

NUMBER = "临市监罚〔2026〕1203号"


@pytest.mark.parametrize(
    "written",
    [
        "臨市監罰〔2026〕1203號",
        "临市监罚字【二〇二六】第一千二百零三号",
        "临市监罚［二○二六年］壹仟贰佰零叁号",
        "临市监罚(2026) 第01203号",
        "临市监罚〔２０２６〕一二〇三号",
    ],
)
def test_one_number_in_other_writing_has_the_same_core(written: str) -> None:
    assert document_cores(written)[0] == document_cores(NUMBER)[0]


@pytest.mark.parametrize(
    "written",
    [
        "临市监罚〔2O26〕l2O3号",
        "临市监罚 2026 1203号",
        "临市监罚〔26〕1203号",
        "临市监罚〔2026〕1203号（补）",
        "临环罚〔2026〕7号 临市监罚〔2026〕1203号",
        "临市监罚〔2026〕1203号/临环罚〔2026〕7号",
        "临市监罚〔2026〕88号、1203号",
    ],
)
def test_one_number_is_found_among_the_readings_of_another_writing(written: str) -> None:
    assert document_cores(NUMBER)[0] in document_cores(written)[1]


@pytest.mark.parametrize(
    "other", ["临市监罚〔2026〕1204号", "临市监罚〔2026〕1303号", "临环罚〔2026〕1203号"]
)
def test_another_number_has_no_core_in_common(other: str) -> None:
    assert not document_cores(NUMBER)[1] & document_cores(other)[1]


@pytest.mark.parametrize("slip", ["1230", "123", "12203", "203", "11203"])
def test_a_lost_doubled_or_swapped_digit_is_a_slip(slip: str) -> None:
    (reported,) = (digits for digits in digits_of(f"临罚#2026##{slip}#") if "-" in digits)
    assert "2026-1203" in slips(reported)


@pytest.mark.parametrize("other", ["1204", "1303", "1320", "1230450"])
def test_another_digit_is_another_number(other: str) -> None:
    assert "2026-1203" not in slips(f"2026-{other}")


@pytest.mark.parametrize("year", ["2025", "20266", "206", "2062"])
def test_a_wrong_year_is_a_slip(year: str) -> None:
    assert "2026-1203" in slips(f"{year}-1203")


def test_the_form_of_a_number_is_what_a_bodys_numbers_share() -> None:
    form = form_of(document_cores(NUMBER)[0])
    assert form == form_of(document_cores("临市监罚字（2025）第7号")[0])
    assert form != form_of(document_cores("XZCF00012345")[0])


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("九千八百万四千六百零六", "98004606"),
        ("二〇二六年十二月三十一日", "2026年12月31日"),
        ("一万二千一百一十七号", "12117号"),
        ("98004六百四十三", "98004643"),
        ("一家三口", "一家三口"),
        ("第一分局", "第一分局"),
        ("万千气象", "万千气象"),
    ],
)
def test_chinese_numbers_become_digits(written: str, digits: str) -> None:
    assert in_digits(written) == digits


def test_traditional_characters_become_what_opencc_makes_of_them() -> None:
    opencc = pytest.importorskip("opencc", reason="the extra linkage is not installed")
    assert len(set(_TRADITIONAL)) == len(_TRADITIONAL) == len(_SIMPLIFIED) > 2_500
    convert = opencc.OpenCC("t2s").convert
    assert [convert(character) for character in _TRADITIONAL] == [*simplified(_TRADITIONAL)]
