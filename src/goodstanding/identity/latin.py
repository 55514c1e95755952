"""Chinese names in Latin letters, for search by people who cannot type Chinese."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_HAN_RUN: Final = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_LONGEST_WORD: Final = 4

_OWN_WORD_LIST: Final = """
有限 责任 公司 股份 集团 分公司 总公司 企业 合伙 普通 特殊 事务所 合作社 农民 专业
个体 工商户 经营部 门市部 营业部 服务部 市场 科技 技术 贸易 商贸 商务 实业 工业 农业
发展 投资 管理 咨询 服务 建筑 建设 工程 装饰 装修 设计 设备 机械 电子 电器 电气 信息
网络 软件 文化 传媒 传播 广告 教育 培训 医药 医疗 药业 药房 食品 餐饮 饭店 酒店 宾馆
超市 商店 商行 服装 服饰 纺织 家具 家居 建材 材料 化工 塑料 橡胶 印刷 包装 制品 制造
加工 加工厂 工厂 汽车 运输 物流 货运 快递 仓储 能源 电力 环保 环境 矿业 煤炭 石油
天然气 钢铁 金属 五金 房地产 置业 物业 保险 证券 银行 支行 分行 担保 小额 贷款 典当
拍卖 租赁 旅游 旅行社 养殖 种植 畜牧 水产 园林 绿化 生态 生物 健康 美容 美发 体育
健身 娱乐 网吧 国际 进出口 供应链 电商 学校 中学 小学 大学 医院 协会 学会 商会 基金会
委员会 律师 会计师 人民政府 街道 开发区 高新 新区 自治区 自治州 自治县 新能源 数据 智能
云计算
"""
_OWN_WORDS: Final = frozenset(_OWN_WORD_LIST.split())

# A single character that ends a division's name; it begins a word only where our own list says so (市场),
# never by the phrase list, which would read 重庆市长寿区 as 市长 "mayor".
_DIVISION_ENDS: Final = frozenset("省市县区州旗盟镇乡村")

# 常州市: two characters at the beginning, or after another division, are the name of the division that they precede.
_ENDS_OF_TWO_CHARACTER_NAMES: Final = frozenset("省市县区")


def latin(name: str) -> str:
    """A name in Latin letters: toneless pinyin, one capitalised word for each Chinese word, other text as
    it is.

    上海飞腾贸易有限公司 becomes "Shanghai Fei Teng Maoyi Youxian Gongsi". Words are found by a phrase list,
    so word breaks are a help to the eye and not a standard; compare with spaces removed. ü is written v, as
    it is typed. Characters that pypinyin does not know stay as they are.

    Args:
        name: an organisation's name in any script.
    Returns:
        The Latin form, NFKC, with single spaces.
    """
    parts: list[str] = []
    text = unicodedata.normalize("NFKC", name)
    end = 0
    for run in _HAN_RUN.finditer(text):
        parts.append(text[end : run.start()])
        parts.append(f" {_latin_run(run[0])} ")
        end = run.end()
    parts.append(text[end:])
    joined = " ".join("".join(parts).split())
    return re.sub(r"([(\[]) | ([)\],.])", r"\1\2", joined)


def _latin_run(run: str) -> str:
    """Our own words before the phrase list, longest first, from the left; other characters stand alone."""
    words = []
    at = 0
    while at < len(run):
        length = _word_length(run, at)
        words.append(_latin_word(run[at : at + length]))
        at += length
    return " ".join(words)


def _word_length(run: str, at: int) -> int:
    lengths = range(min(_LONGEST_WORD, len(run) - at), 1, -1)
    for length in lengths:
        if run[at : at + length] in _OWN_WORDS:
            return length
    if at > 0 and run[at] in _DIVISION_ENDS:
        return 1
    if (at == 0 or run[at - 1] in _DIVISION_ENDS) and run[at + 2 : at + 3] in _ENDS_OF_TWO_CHARACTER_NAMES:
        return 2
    phrases = _phrases()
    for length in lengths:
        if run[at : at + length] in phrases:
            return length
    return 1


@lru_cache(maxsize=1)
def _phrases() -> frozenset[str]:
    from pypinyin.constants import PHRASES_DICT

    return frozenset(phrase for phrase in PHRASES_DICT if len(phrase) <= _LONGEST_WORD)


@lru_cache(maxsize=65_536)
def _latin_word(word: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word)).capitalize()
