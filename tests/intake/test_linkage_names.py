"""Names and addresses taken apart."""

from __future__ import annotations

import pytest

from goodstanding.intake.linkage import addresses, names
from goodstanding.intake.linkage.text import plain


@pytest.mark.parametrize(
    ("name", "divisions", "brand", "trade", "form", "branch"),
    [
        ("天津市彦彩恒业科技发展有限公司", ("天津",), "彦彩恒业", "科技发展", "公司", ""),
        ("余姚市顺达机械厂", ("余姚",), "顺达", "机械厂", "厂", ""),
        ("丰宁满族自治县永顺贸易有限公司", ("丰宁满族",), "永顺", "贸易", "公司", ""),
        ("佳能(中国)有限公司", ("中国",), "佳能中国", "", "公司", ""),
        ("宝安康电子（北京）有限公司", ("北京",), "宝安康", "电子", "公司", ""),
        ("中国农业银行股份有限公司海城惠海支行", (), "中国", "农业银行", "公司", "海城惠海"),
        ("北京四通搬家有限公司第二分公司", ("北京",), "四通搬家", "", "公司", "2"),
        ("宜兴市分水供销合作社农资经营部", ("宜兴",), "分水供销", "合作社", "合作社", "农资经营部"),
        ("上海鼎信會計師事務所（特殊普通合夥）", ("上海",), "鼎信会计师", "事务所", "事务所", ""),
        ("华联超市有限公司", (), "华联", "超市", "公司", ""),
    ],
)
def test_chinese_names(
    name: str, divisions: tuple[str, ...], brand: str, trade: str, form: str, branch: str
) -> None:
    parts = names.take_apart(name)
    assert (parts.divisions, parts.brand, parts.trade, parts.form, parts.branch) == (
        divisions,
        brand,
        trade,
        form,
        branch,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海飛騰貿易有限公司", "上海飞腾贸易有限公司"),
        ("ＡＢＣ（上海）貿易　有限公司", "abc(上海)贸易有限公司"),
        ("Société Générale S.A.", "SOCIETE GENERALE SA"),
        ("I.B.M. Corp.", "IBM Corporation"),
        ("Müller & Söhne GmbH & Co. KG", "MULLER UND SOHNE gmbh co kg".replace("UND", "and")),
        ("Stichting Rijswijk Wonen", "rijswijk wonen"),
    ],
)
def test_spellings_of_one_name_have_one_core(one: str, other: str) -> None:
    assert names.take_apart(one).core == names.take_apart(other).core != ""


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("飞？贸易", "飞_贸易"),
        ("飞□贸易", "飞_贸易"),
        ("飞�贸易", "飞_贸易"),
        ("飞＊贸易", "飞_贸易"),
        ("\ue000鑫", "_鑫"),
        ("Children?s House", "childrens house"),
        ("○一〇", "〇一〇"),
    ],
)
def test_lost_characters_stand_for_any(text: str, form: str) -> None:
    assert plain(text) == form


@pytest.mark.parametrize("text", ["", "  ", "（）", "?", "···", "_"])
def test_what_is_no_name_has_no_core(text: str) -> None:
    assert names.take_apart(text).core in ("", "_")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("浙江省杭州市西湖区文一西路998号5幢", ("33", "杭州", "西湖", "文1西路", "998 5")),
        ("杭州市文一西路998号", ("33", "杭州", "", "文1西路", "998")),
        ("北京市北京市海淀区阜成路22号", ("11", "北京", "海淀", "阜成路", "22")),
        ("銀川市金鳳區通達南街頤和城府42-2-901", ("64", "银川", "金凤", "通达南街", "42 2 901")),
        ("内蒙古自治区呼和浩特市托克托县乃只盖乡", ("15", "呼和浩特", "托克托", "乃只盖乡", "")),
    ],
)
def test_chinese_addresses(address: str, expected: tuple[str, ...]) -> None:
    parts = addresses.take_apart(address)
    assert (parts.province, parts.prefecture, parts.district, parts.road, parts.numbers) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("501 East 32nd Street", "501 E. 32nd St."), ("316 N Pulaski Rd", "316 North PULASKI Road 60624")],
)
def test_latin_addresses(one: str, other: str) -> None:
    left, right = addresses.take_apart(one), addresses.take_apart(other)
    assert (left.road, left.numbers) == (right.road, right.numbers)
    assert left.road
