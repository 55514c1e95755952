"""Keyed fingerprints of findings: telling that two reports speak of one finding, without keeping what they say.

    prints = fingerprints(finding, subject=entity, key=key)
    compare(reported, prints, near=...)      # "same", "alike" or None

Everything kept is a keyed digest under the subject, so nobody without the key can try out contents, and equal words
about two subjects give unequal digests. What is compared has lost everything that a new format changes: case, width,
blanks, signs, brackets, 字, 第 and 号, leading noughts, numbers in Chinese, marks of a later copy such as （补） or -1,
and the order and number of columns. Numbers of documents are read by ``document_numbers``. Pure.
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
from functools import partial
from typing import Final, Literal

from .document_numbers import digits_of, document_cores, form_of, in_digits, slips
from .simplified import simplified

Likeness = Literal["same", "alike"]

MARK: Final = 16
#: The most shingles of a text that are kept, those with the smallest digests.
SKETCH: Final = 128
#: Days by which a report without a document number may be off and still be looked at.
NEAR_DAYS: Final = 31
#: Shingles of a text that is long enough to tell a finding by itself, and digits in a shorter one that does.
LONG: Final = 40
DIGITS: Final = 8


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
    one cell, ``numbers`` only their digits, and the form of the number without them. ``sketch`` holds the smallest
    digests of the words' shingles, sorted. The last three are of what is reported now; a tombstone has no need of them:
    the form, whether the words tell one finding from all others, and what the digits would be but for one slip.
    """

    day: bytes
    document: bytes | None
    variants: frozenset[bytes]
    numbers: frozenset[bytes]
    amount: bytes | None
    sketch: tuple[int, ...]
    form: bytes | None = None
    telling: bool = False
    slips: Callable[[], frozenset[bytes]] = frozenset


def fingerprints(finding: Finding, *, subject: uuid.UUID, key: bytes) -> Fingerprints:
    """The fingerprints of a finding on a subject.

    Args:
        finding: what was reported.
        subject: public id of the entity that it is about.
        key: the installation's secret, 32 bytes.
    """
    own = hmac.digest(key, b"goodstanding/tombstone\0" + subject.bytes, "sha256")
    whole, variants = document_cores(finding.document_no)
    numbers = frozenset().union(*(digits_of(core) for core in variants))
    form = _mark(own, "form", form_of(whole)) if whole else None
    amount = (
        None if finding.amount_yuan is None else format(finding.amount_yuan.quantize(Decimal("0.01")), "f")
    )
    return Fingerprints(
        day=_mark(own, "day", finding.found_on.isoformat()),
        document=_mark(own, "document", whole) if whole else None,
        variants=frozenset(_mark(own, "document", core) for core in variants),
        numbers=_marks(own, numbers) | ({form} if form else frozenset()),
        amount=None if amount is None else _mark(own, "amount", amount),
        sketch=(sketch := _sketch(finding.texts, own)),
        form=form,
        telling=len(sketch) >= LONG or sum(map(str.isdigit, "".join(finding.texts))) >= DIGITS,
        slips=partial(_marks_of_slips, own, numbers),
    )


def _marks(own: bytes, numbers: Iterable[str]) -> frozenset[bytes]:
    return frozenset(_mark(own, "numbers", digits) for digits in numbers)


def _marks_of_slips(own: bytes, numbers: Iterable[str]) -> frozenset[bytes]:
    return _marks(own, {other for digits in numbers for other in slips(digits)})


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
        if (given.numbers - {given.form}) & held.numbers and (same_day or smaller >= 0.5 or wordless):
            return "alike"
        # Another number altogether. Two decisions of one day are often worded alike; so it is alike only where a
        # telling text is the same to the letter, where a longer row contains the whole of a long one, or where the
        # number itself is no other decision's: written with a slip, or of a form that the body does not use.
        again = jaccard >= 0.95 and same_amount
        merged = (
            len(held.sketch) >= LONG and held_inside >= 0.95 and len(given.sketch) >= 1.3 * len(held.sketch)
        )
        if same_day and (merged or (again and given.telling)):
            return "alike"
        near_enough = (same_amount and smaller >= 0.9) or (given.telling and smaller >= 0.8)
        when = same_day or (again and given.telling and held.day in near())
        if near_enough and when and (given.form not in held.numbers or given.slips() & held.numbers):
            return "alike"
        return None
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


def _squash(text: str) -> str:
    """Letters and digits only, in one width, case and script, numbers in digits."""
    plain = in_digits(simplified(unicodedata.normalize("NFKC", text)))
    return "".join(filter(str.isalnum, plain.casefold()))


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
