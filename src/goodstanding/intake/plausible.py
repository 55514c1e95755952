"""How plausible a text is as Chinese or Japanese: the evidence where several encodings decode the same bytes.

GB18030 decodes almost everything that Big5 or Shift-JIS is, into characters that nobody writes. So each reading is
weighed by the chance of its characters in three kinds of writing (simplified and traditional Chinese, Japanese):
a third to two thirds of running text are a few hundred characters, most of the rest stand on the first level of the
national character set, which lists the common ones, and anything else is rare. The levels are read from Python's
own codecs; only the frequent characters are listed here. Chances are natural logarithms, per character.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

Writing = Literal["hans", "hant", "ja"]

_HANS = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此"
    "已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代"
    "内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安"
    "少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光"
    "放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运省州县"
    "企营限责司股份罚款违处登码证照贸商服技投药食店厂镇村街号局厅委罚监督局房餐饮咨询有限责任信息科技贸易建筑工程咨询"
)
_HANT = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事"
    "成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此"
    "已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代"
    "內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安"
    "少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光"
    "放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運省州縣"
    "企營限責股份罰款違處登碼證照貿商服技投藥食店廠鎮村街號局廳委監督房餐飲諮詢勞雇鍰府臺灣條例勞基函字處分工作場所"
)
_JA = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電"
    "校語土木聞食車何南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強"
    "公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住真有口少町料工建空急止送切転研足究楽"
    "起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂"
    "株式会社有限区市県府都道労働安全衛生法違反事業場所在地公表局基準監督署送検罰金条項号令和平成期間措置機械防止製造建設"
)
#: Chances that a character of running text is of a class, and how many characters the class shares them among.
_FREQUENT, _COMMON, _RARE = 0.58, 0.26, 0.02
_OTHER_HAN, _KANA_IN_CHINESE, _PUNCTUATION, _FULLWIDTH, _LETTER, _SYMBOL, _JUNK = (
    math.log(p) for p in (4e-7, 2e-6, 1.2e-3, 2e-4, 2e-5, 2e-6, 1e-10)
)
_PUNCTUATION_SIGNS = frozenset("、。，．：；（）《》〈〉〔〕【】「」『』“”‘’—…·・！？　－／％＋～〜①②③④⑤¥￥")
_NARROW_KANA = re.compile("[\uff61-\uff9f]+")
_NARROW_BEGINS, _NARROW_GOES_ON = math.log(3e-5), math.log(0.9 / 60)
#: The writings that an encoding is used for, and how often.
_WRITINGS: dict[str, tuple[tuple[Writing, float], ...]] = {
    "utf-8": (("hans", 0.4), ("hant", 0.3), ("ja", 0.3)),
    "gb18030": (("hans", 0.94), ("hant", 0.05), ("ja", 0.01)),
    "cp950": (("hant", 0.99), ("ja", 0.01)),
    "cp932": (("ja", 1.0),),
}
#: Bytes that are no UTF-8 by intent pass as a character of it seldom: once in so many.
_UTF8_BY_ACCIDENT = math.log(8)


class Evidence:
    """Counts the characters of one reading, block by block."""

    def __init__(self) -> None:
        self.characters: Counter[str] = Counter()
        self.narrow_runs = 0
        self.narrow = 0

    def add(self, text: str) -> None:
        """Count what is not ASCII in a piece of the text."""
        runs = _NARROW_KANA.findall(text)
        self.narrow_runs += len(runs)
        self.narrow += sum(map(len, runs))
        self.characters.update(text)

    @property
    def count(self) -> int:
        """How many characters beyond ASCII were counted."""
        return sum(number for character, number in self.characters.items() if character > "\x7f")

    def chance(self, encoding: str) -> float:
        """The logarithm of the chance that a text of this encoding holds exactly these characters."""
        weighed = [self._chance(writing) + math.log(prior) for writing, prior in _WRITINGS[encoding]]
        best = max(weighed)
        total = best + math.log(sum(math.exp(max(value - best, -700)) for value in weighed))
        return total + (_UTF8_BY_ACCIDENT * self.count if encoding == "utf-8" else 0)

    def _chance(self, writing: Writing) -> float:
        known = _chances(writing)
        total = self.narrow_runs * (_NARROW_BEGINS - _NARROW_GOES_ON) + self.narrow * _NARROW_GOES_ON
        for character, number in self.characters.items():
            if character <= "\x7f" or "\uff61" <= character <= "\uff9f":
                continue
            chance = known.get(character)
            total += number * (_other(character) if chance is None else chance)
        return total


def _other(character: str) -> float:
    code = ord(character)
    if character in _PUNCTUATION_SIGNS:
        return _PUNCTUATION
    if 0x4E00 <= code <= 0x9FFF:
        return _OTHER_HAN
    if 0x3040 <= code <= 0x30FF:
        return _KANA_IN_CHINESE
    if 0xFF01 <= code <= 0xFF5E:
        return _FULLWIDTH
    if 0x00C0 <= code <= 0x024F:
        return _LETTER
    if 0x0080 <= code < 0x00A0 or 0xE000 <= code <= 0xF8FF or code >= 0x30000:
        return _JUNK
    return _SYMBOL


@lru_cache(maxsize=3)
def _chances(writing: Writing) -> dict[str, float]:
    if writing == "ja":
        table = _spread(_level("shift_jis", range(0x88, 0x99)), 0.12) | _spread(
            _level("shift_jis", [*range(0x99, 0xA0), *range(0xE0, 0xEB)]), 0.01
        )
        table |= _spread(_JA, 0.3)
        table |= _spread(map(chr, range(0x3041, 0x3094)), 0.28) | _spread(
            map(chr, range(0x30A1, 0x30F7)), 0.2
        )
        return table | {"ー": math.log(0.02)}
    if writing == "hans":
        common, rare, frequent = range(0xB0, 0xD8), range(0xD8, 0xF8), _HANS
        codec = "gb2312"
    else:
        common, rare, frequent = range(0xA4, 0xC7), range(0xC9, 0xFA), _HANT
        codec = "big5"
    table = _spread(_level(codec, common), _COMMON) | _spread(_level(codec, rare), _RARE)
    return table | _spread(frequent, _FREQUENT)


def _spread(characters: Iterable[str], share: float) -> dict[str, float]:
    """The same chance for each character of a class, its share in all."""
    found = set(characters)
    return dict.fromkeys(found, math.log(share / len(found)))


def _level(codec: str, leads: Iterable[int]) -> set[str]:
    """The Chinese characters of a character set whose codes begin with one of these bytes."""
    every = (
        bytes((lead, trail)).decode(codec, errors="ignore") for lead in leads for trail in range(0x40, 0xFF)
    )
    return {text for text in every if len(text) == 1 and text > "\u2e00"}
