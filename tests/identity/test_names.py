"""Names: one key per name, lost characters seen, and disagreement whenever there is doubt."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.identity import disagree, has_lost_characters, latin, names, normalise
from goodstanding.identity.names import CHINESE_COMPANY_FORMS

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
messy = st.text(st.one_of(han, st.characters(), st.sampled_from("()（）[]【】·・.,;&#x0123456789; -—'\"A?")))


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("one", "two"),
    (
        ("假日酒店（中国）有限公司", "假日酒店[中国]有限公司"),
        ("福建省嘉泉拍卖有限公司", "福建省嘉泉拍卖有限公司."),
        ("东风 贸易\u3000有限公司", "东风贸易有限公司"),
        ("ＡＢＣ科技", "abc科技"),
        ("甲·乙", "甲•乙"),
        ("第ㄧ工程行", "第一工程行"),
        ("二○一五", "二〇一五"),
        ("&#20316;业公司", "作业公司"),
        ("Foo Co., Ltd.", "FOO CO LTD"),
        ("Foo  Trading", "foo trading"),
        ("红旗厂（从属名称：木材厂）", "红旗厂(从属名称:木材厂)"),
        ("“东风”厂", "《东风》厂"),
        ("东风\u200b厂", "东风厂"),
    ),
)
def test_spellings_of_one_name_have_one_key(one: str, two: str) -> None:
    assert normalise(one) == normalise(two)


@pytest.mark.parametrize(("one", "two"), (("3.5公里", "35公里"), ("Foo Bar", "Foobar"), ("甲厂", "乙厂")))
def test_different_names_keep_different_keys(one: str, two: str) -> None:
    assert normalise(one) != normalise(two)


@given(messy)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    key = normalise(text)
    assert normalise(key) == key


@pytest.mark.parametrize(
    "name",
    (
        "枞阳县\ue000山镇",
        "?亭停車",
        "俥？停車",
        "甲?",
        "甲\ufffd乙",
        "&#2013268056;師傅",
        "&#xE000;亭",
        "甲□乙",
    ),
)
def test_lost_characters_are_seen(name: str) -> None:
    assert has_lost_characters(name)


@pytest.mark.parametrize("name", ("俥亭停車", "What? Ltd", "&#20316;业公司", "R&D中心", "𠮷野家", "甲〇乙"))
def test_whole_names_are_not_suspected(name: str) -> None:
    assert not has_lost_characters(name)


@pytest.mark.parametrize(
    ("one", "two"),
    (
        ("东风贸易有限公司", "东风贸易有限责任公司"),
        ("东风贸易有限公司", "东风贸易股份有限公司"),
        ("东风（中国）有限公司上海分公司", "东风[中国]股份有限公司上海分公司"),
        ("正大会计师事务所（普通合伙）", "正大会计师事务所（特殊普通合伙）"),
        ("正大会计师事务所（普通合伙）", "正大会计师事务所"),
        ("Foo Co., Ltd.", "FOO LIMITED"),
        ("Foo Inc.", "Foo Incorporated"),
        ("Foo L.L.C.", "Foo LLC"),
    ),
)
def test_a_change_of_legal_form_is_no_disagreement(one: str, two: str) -> None:
    assert not disagree(one, two)
    assert not disagree(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    (
        ("东风贸易有限公司", "东方贸易有限公司"),
        ("东风贸易有限公司", "东风贸易"),
        ("东风贸易有限公司", "东风贸易集团有限公司"),
        ("东风贸易有限公司", "东风贸易有限公司上海分公司"),
        ("中国电信集团有限公司甘南分公司", "中国电信股份有限公司甘南分公司"),
        ("玉环县工星机械厂", "玉环工星机械厂"),
        ("Foo Inc", "Foo Ltd"),
        ("Foo Ltd", "Foo"),
        ("有限公司", "股份有限公司"),
        ("?亭停車", "俥亭停車"),
        ("枞阳县\ue000山镇", "枞阳县\ue000山镇"),
        ("", ""),
        ("东风贸易有限公司", ""),
        ("东风贸易有限公司", "Dongfeng Maoyi Youxian Gongsi"),
    ),
)
def test_in_doubt_names_disagree(one: str, two: str) -> None:
    assert disagree(one, two)
    assert disagree(two, one)


@given(messy, messy)
def test_disagreement_does_not_depend_on_the_order(one: str, two: str) -> None:
    assert disagree(one, two) == disagree(two, one)


stems = st.text(han, min_size=2, max_size=8).filter(lambda text: "股份" not in text and "公司" not in text)
forms = st.sampled_from(CHINESE_COMPANY_FORMS)


@given(stems, stems, forms, forms)
def test_names_agree_with_another_form_exactly_when_their_stems_are_equal(
    stem: str, other: str, form: str, other_form: str
) -> None:
    assert not disagree(stem + form, stem + other_form)
    assert disagree(stem + form, other + other_form) == (normalise(stem) != normalise(other))


@pytest.mark.parametrize(
    ("name", "expected"),
    (
        ("上海飞腾贸易有限公司", "Shanghai Fei Teng Maoyi Youxian Gongsi"),
        ("重庆市长寿区厦门路", "Chongqing Shi Changshou Qu Xiamen Lu"),
        ("中国银行股份有限公司长沙分行", "Zhongguo Yinhang Gufen Youxian Gongsi Changsha Fenhang"),
        ("常州市天宁区市场", "Changzhou Shi Tianning Qu Shichang"),
        ("ＡＢＣ科技（集团）", "ABC Keji (Jituan)"),
        ("Foo Co., Ltd.", "Foo Co., Ltd."),
        ("", ""),
    ),
)
def test_names_read_as_a_person_would_type_them(name: str, expected: str) -> None:
    assert latin(name) == expected


@given(messy)
def test_any_name_has_a_latin_form(text: str) -> None:
    assert latin(text) == latin(text).strip()
