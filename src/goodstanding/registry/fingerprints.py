"""Keyed fingerprints of findings: telling that two reports speak of one finding, without keeping what they say.

    prints = fingerprints(finding, subject=entity, key=key)
    compare(reported, prints, near=...)      # "same", "alike" or None

Everything kept is a keyed digest under the subject, so nobody without the key can try out contents, and equal words
about two subjects give unequal digests. What is compared has lost everything that a new format changes: case, width,
blanks, signs, brackets, 字, 第 and 号, leading noughts, marks of a later copy such as （补） or -1, and the order and
number of columns. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
import uuid
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

Likeness = Literal["same", "alike"]

MARK: Final = 16
#: The most shingles of a text that are kept, those with the smallest digests.
SKETCH: Final = 128
#: Days by which a report without a document number may be off and still be looked at.
NEAR_DAYS: Final = 31
#: Shingles of a text that is long enough to tell a finding by itself.
LONG: Final = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """What tells one finding on a subject from another: its day, document, words and amount in yuan."""

    found_on: date
    document_no: str
    texts: tuple[str, ...]
    amount_yuan: Decimal | None


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The keyed digests of a finding.

    ``document`` is the number as a whole, ``variants`` also without marks of a copy and each of several numbers in
    one cell, ``numbers`` only their digits. ``sketch`` holds the smallest digests of the words' shingles, sorted.
    """

    day: bytes
    document: bytes | None
    variants: frozenset[bytes]
    numbers: frozenset[bytes]
    amount: bytes | None
    sketch: tuple[int, ...]


def fingerprints(finding: Finding, *, subject: uuid.UUID, key: bytes) -> Fingerprints:
    """The fingerprints of a finding on a subject.

    Args:
        finding: what was reported.
        subject: public id of the entity that it is about.
        key: the installation's secret, 32 bytes.
    """
    own = hmac.digest(key, b"goodstanding/tombstone\0" + subject.bytes, "sha256")
    whole, variants = document_cores(finding.document_no)
    numbers = {digits for core in variants if (digits := _digits(core))}
    amount = (
        None if finding.amount_yuan is None else format(finding.amount_yuan.quantize(Decimal("0.01")), "f")
    )
    return Fingerprints(
        day=_mark(own, "day", finding.found_on.isoformat()),
        document=_mark(own, "document", whole) if whole else None,
        variants=frozenset(_mark(own, "document", core) for core in variants),
        numbers=frozenset(_mark(own, "numbers", digits) for digits in numbers),
        amount=None if amount is None else _mark(own, "amount", amount),
        sketch=_sketch(finding.texts, own),
    )


def compare(
    given: Fingerprints, held: Fingerprints, *, near: Callable[[], frozenset[bytes]]
) -> Likeness | None:
    """Whether a reported finding is one whose fingerprints are held, and how surely.

    Args:
        given: fingerprints of what is reported now, under the subject and key of ``held``.
        held: fingerprints of a removed record.
        near: gives the marks of the days around the reported one (``days_around``), where they are asked for.

    Returns:
        ``same``: it is that finding. ``alike``: it may be, a person must look. None: it is another one.
    """
    same_day = given.day == held.day
    smaller, jaccard, held_inside = overlap(given.sketch, held.sketch)
    wordless = not given.sketch or not held.sketch
    same_amount = given.amount == held.amount
    if given.document is not None and held.document is not None:
        if given.document == held.document:
            return "same" if same_day else "alike"
        if given.variants & held.variants:
            return "same" if same_day and (smaller >= 0.5 or wordless) else "alike"
        if given.numbers & held.numbers and (same_day or smaller >= 0.5 or wordless):
            return "alike"
        # Another number altogether. Two decisions of one day are often worded alike; so it is alike only where a
        # long text is the same to the letter, or where a longer row contains the whole of it.
        long = len(held.sketch) >= LONG
        again = long and jaccard >= 0.95 and same_amount
        merged = long and held_inside >= 0.95 and len(given.sketch) >= 1.3 * len(held.sketch)
        return "alike" if same_day and (again or merged) else None
    if same_day and same_amount and jaccard >= 0.95:
        return "same"
    if same_day and (smaller >= 0.5 or wordless or (given.amount and same_amount and smaller >= 0.2)):
        return "alike"
    one_has_a_number = (given.document is None) != (held.document is None)
    if one_has_a_number and smaller >= 0.8 and held.day in near():
        return "alike"
    return None


def days_around(day: date, *, subject: uuid.UUID, key: bytes) -> frozenset[bytes]:
    """The marks of a day and of those up to ``NEAR_DAYS`` before and after it."""
    own = hmac.digest(key, b"goodstanding/tombstone\0" + subject.bytes, "sha256")
    days = (day + timedelta(days=off) for off in range(-NEAR_DAYS, NEAR_DAYS + 1))
    return frozenset(_mark(own, "day", other.isoformat()) for other in days)


def name_mark(name_key: str, *, key: bytes) -> bytes:
    """The keyed digest of an entity's name, by which a source that knows only names is caught."""
    return _mark(key, "name", name_key)


def _mark(key: bytes, what: str, value: str) -> bytes:
    return hmac.digest(key, f"{what}\0{value}".encode(), "sha256")[:MARK]


_COPY: Final = (
    "补正|补充|补发|补报|补录|补|補|更正|更|修正|修订|修改|修|改|变更|重新报送|重报|重新|重|复印件|复|副本|副|续|新|再次|再"
    "|正本"
)
_SMALL: Final = r"\d{1,2}[A-Z]?|[一二三四五六七八九十]{1,2}|[A-Z]|[IVX]{1,4}"
_BRACKETS: Final = str.maketrans("〔［【﹝「『(《<{〈〖", "[" * 12) | str.maketrans(
    "〕］】﹞」』)》>}〉〗", "]" * 12
)
_COPY_IN_BRACKETS: Final = re.compile(rf"\[(?:{_COPY}|{_SMALL}|第?(?:{_SMALL})[次份版])\]")
_COPY_AT_END: Final = re.compile(
    rf"(?:[-‐‑‒–—―−_./:#*~·]+(?:{_COPY}|{_SMALL}|V\d)|之(?:{_SMALL})|(?<=号).{{1,3}}|(?:{_COPY}))号?$"
)
_NO_NUMBER: Final = re.compile(
    r"(?:暂?无|没有|未知|不详|空|NONE|NULL|NIL|N/?A)(?:文号|编号)?[\W_]*\w{0,3}[\W_]*"
)
_PARTS: Final = re.compile(r"[、,;&+|\n\r]|(?<=[号號])[及和与]")
_TOKENS: Final = re.compile(r"\d+|[^\W\d_]+")
_FILLERS: Final = re.compile("[字第号號年]")
_ONLY_A_NUMBER: Final = re.compile(r"\[?第?(\d+)[号號]?\]?")


def document_cores(text: str) -> tuple[str, frozenset[str]]:
    """The core of a document number as a whole, and every core under which it may be known.

    >>> document_cores("临市监罚字〔2026〕第012号")[0] == document_cores("临市监罚（2026）12 号")[0]
    True

    Returns:
        The core, empty where the text is no number; and the cores of the whole and of its parts, with and without
        the marks of a copy.
    """
    text = unicodedata.normalize("NFKC", text).upper().translate(_BRACKETS).replace("號", "号")
    text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    joined = "".join(text.split())
    whole = _core(joined)
    if not whole or _NO_NUMBER.fullmatch(joined):
        return "", frozenset()
    found = {whole, _core(_without_copy(joined))}
    parts = [part for raw in _PARTS.split(text) if (part := "".join(raw.split()))]
    before = ""
    for part in parts if len(parts) > 1 else ():
        if before and (alone := _ONLY_A_NUMBER.fullmatch(part)):  # 〔2026〕12号、13号
            part = re.sub(r"\d+(?!.*\d)", alone[1], before)
        found |= {_core(part), _core(_without_copy(part))}
        before = part
    return whole, frozenset(found - {""})


def _core(text: str) -> str:
    """Letters run together, each number apart; nothing where there is no number."""
    tokens = [_FILLERS.sub("", token) for token in _TOKENS.findall(text)]
    core = "".join(f"#{token.lstrip('0')}#" if token.isdigit() else token for token in tokens)
    digits = sum(len(token) for token in tokens if token.isdigit())
    return core if digits and len(core) >= 4 else ""


def _without_copy(text: str) -> str:
    """The number without the marks of a later copy. A part of the number itself is never taken for one."""
    text = _COPY_IN_BRACKETS.sub("", text)
    for _ in range(3):
        shorter = _COPY_AT_END.sub("", text)
        serial = (
            "号" in shorter or len(re.findall(r"\d+", shorter)) >= 2 or len(re.findall(r"\d", shorter)) >= 7
        )
        if shorter == text or not serial:
            break
        text = shorter
    return text


def _digits(core: str) -> str:
    """The numbers of a core, where they are telling: a year and a serial, or five digits."""
    numbers = re.findall(r"\d+", core)
    return "-".join(numbers) if len(numbers) > 1 or (numbers and len(numbers[0]) >= 5) else ""


def _squash(text: str) -> str:
    """Letters and digits only, in one width and case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


_CLASS_WORDS: Final = frozenset(
    map(
        _squash,
        (
            *(
                "法人及非法人组织",
                "自然人",
                "个体工商户",
                "通报批评",
                "没收违法所得",
                "没收非法财物",
                "吊销许可证件",
            ),
            *("暂扣许可证件", "降低资质等级", "限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业"),
            "行政拘留",
        ),
    )
)
_WORDS: Final = re.compile(r"[A-Za-z]{3,}")


def squashed(texts: Iterable[str]) -> frozenset[str]:
    """Texts as letters and digits only: how ``telling_texts`` knows what everybody says."""
    return frozenset(map(_squash, texts))


def telling_texts(
    public: Mapping[str, object], *, besides: Iterable[str], known: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The words of a record that tell its finding: conduct, facts and content, whatever their columns are called.

    Args:
        public: a record's public content.
        besides: words that every record of the subject shares or that are compared by themselves: names of the
            subject, the legal basis, the document number.
        known: words that many records share, ``squashed``: names of authorities.

    Returns:
        The values that hold at least four letters other than Latin or three Latin words.
    """
    shared = {_squash(text) for text in besides} | _CLASS_WORDS
    found = []
    for value in public.values():
        if not isinstance(value, str) or (plain := _squash(value)) in shared or plain in known:
            continue
        others = sum(1 for character in value if character.isalpha() and character > "ʯ")
        if others >= 4 or len(_WORDS.findall(value)) >= 3:
            found.append(value)
    return tuple(found)


def _sketch(texts: Iterable[str], own: bytes) -> tuple[int, ...]:
    shingles: set[str] = set()
    for text in texts:
        plain = _squash(text)
        shingles.update(plain[at : at + 3] for at in range(max(1, len(plain) - 2)) if plain)
    key = hmac.digest(own, b"sketch", "sha256")
    digests = {
        int.from_bytes(hashlib.blake2b(shingle.encode(), key=key, digest_size=4).digest(), "big")
        for shingle in shingles
    }
    return tuple(sorted(digests)[:SKETCH])


def overlap(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[float, float, float]:
    """How much two sketches share: of the smaller one, of both together (Jaccard), and of ``b``. 0 where one is empty.

    Where a sketch was cut, only digests below its greatest are compared, so that both are seen through one window.
    """
    if not a or not b:
        return 0.0, 0.0, 0.0
    until = min((held[-1] for held in (a, b) if len(held) == SKETCH), default=max(a[-1], b[-1]))
    seen_a = {digest for digest in a if digest <= until}
    seen_b = {digest for digest in b if digest <= until}
    if not seen_a or not seen_b:
        return 0.0, 0.0, 0.0
    both = len(seen_a & seen_b)
    return both / min(len(seen_a), len(seen_b)), both / len(seen_a | seen_b), both / len(seen_b)


def packed(marks: Iterable[bytes]) -> bytes:
    """Marks one after another, as a tombstone keeps them."""
    return b"".join(sorted(marks))


def unpacked(marks: bytes) -> frozenset[bytes]:
    """The marks of ``packed``."""
    return frozenset(marks[at : at + MARK] for at in range(0, len(marks), MARK))


def sketch_bytes(sketch: tuple[int, ...]) -> bytes:
    """A sketch as a tombstone keeps it: four bytes a shingle."""
    return b"".join(digest.to_bytes(4, "big") for digest in sketch)


def sketch_of(kept: bytes) -> tuple[int, ...]:
    """The sketch of ``sketch_bytes``."""
    digests = array("I")
    assert digests.itemsize == 4
    digests.frombytes(kept)
    digests.byteswap()
    return tuple(digests)
