"""Finding out in which encoding a text file is written: all of it must decode, and where it decodes in several
ways, the characters of each reading are weighed."""

from __future__ import annotations

import codecs
import math
from dataclasses import dataclass
from typing import Literal

from .errors import FileError
from .plausible import Evidence
from .source import Source

_BLOCK = 1 << 20
_BEFORE_A_CELL = ("\n", "\r", ",", ";", "\t", "|", '"', ":", ": ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
#: The codec that reads an encoding as it is met: Windows' forms hold what the standards' forms hold, and more.
CODECS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
}
#: So many characters of well-formed UTF-8 are no accident.
_NO_ACCIDENT = 16
#: Evidence is taken from so many bytes; a reading wins when it is so many times as likely as the next.
_WEIGHED = 4 * _BLOCK
_ODDS = math.log(1_000)

#: How an encoding was decided. mark: byte order mark. ascii: nothing but ASCII. structure: well-formed UTF-8. only:
#: no other decodes all. evidence: by the characters. order: the first of the contract's, as nothing tells them
#: apart. stated: the sender said so.
Decided = Literal["mark", "ascii", "structure", "only", "evidence", "order", "stated"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text file's encoding, whether any cell may begin with an equals sign, and how the encoding was decided.

    ``encoding`` is a codec of Python. ``candidates`` are the encodings that decode all of the file, the likeliest
    first, each with how many times less likely it is than the first, as a power of ten.
    """

    encoding: str
    may_hold_formulas: bool
    decided: Decided
    candidates: tuple[tuple[str, float], ...] = ()

    def as_json(self) -> dict[str, object]:
        """How the encoding was found, as it is kept with the batch."""
        return {"decided": self.decided, "candidates": [list(item) for item in self.candidates]}


def find_encoding(source: Source, *, encodings: tuple[str, ...], stated: str | None = None) -> Text:
    """The encoding of a file.

    A byte order mark decides; then whole and well-formed UTF-8; then, among those of the contract's encodings that
    decode all of the file, the characters that each gives (``plausible``); then the contract's order.

    Args:
        source: the file.
        encodings: those that the contract takes, the likeliest first.
        stated: the encoding that the sender states; then no other is tried.

    Raises:
        FileError: the file is in none of them, or holds NUL bytes; with the row.
    """
    if stated is not None and stated not in encodings:
        raise _not_taken(source, encodings)
    with source.open() as file:
        start = file.read(4)
    marked = [
        codec
        for mark, codec, plain in _MARKS
        if start.startswith(mark) and plain in encodings and stated in (None, plain)
    ]
    if marked:
        return _only(source, marked[0], "mark")
    if stated is not None:
        return _only(source, CODECS[stated], "stated")
    if any(start.startswith(mark) for mark, _, _ in _MARKS):
        raise _not_taken(source, encodings)
    return _by_reading(source, [CODECS[name] for name in encodings if name != "utf-16"], encodings)


def _only(source: Source, codec: str, decided: Decided) -> Text:
    try:
        return Text(codec, _scan(source, codec, None), decided)
    except UnicodeDecodeError as error:
        raise _undecodable(source, codec, error) from error


def _by_reading(source: Source, tried: list[str], encodings: tuple[str, ...]) -> Text:
    fault: FileError | None = None
    readings: list[tuple[str, bool, Evidence]] = []
    # UTF-8 first: where it is well formed, nothing else need be tried.
    for codec in sorted(tried, key=lambda codec: codec != "utf-8"):
        evidence = Evidence()
        try:
            formulas = _scan(source, codec, evidence)
        except UnicodeDecodeError as error:
            fault = fault or _undecodable(source, codec, error)
            continue
        if evidence.count == 0:
            return Text(codec, formulas, "ascii")
        if codec == "utf-8" and evidence.count >= _NO_ACCIDENT:
            return Text(codec, formulas, "structure")
        readings.append((codec, formulas, evidence))
    if not readings:
        raise fault or _not_taken(source, encodings)
    if len(readings) == 1:
        return Text(readings[0][0], readings[0][1], "only")
    chances = {codec: evidence.chance(codec) for codec, _, evidence in readings}
    best = max(chances.values())
    near = [codec for codec in tried if codec in chances and best - chances[codec] < _ODDS]
    listed = sorted(chances.items(), key=lambda item: -item[1])
    return Text(
        near[0],
        next(formulas for codec, formulas, _ in readings if codec == near[0]),
        "evidence" if len(near) == 1 else "order",
        tuple((codec, round((best - chance) / math.log(10), 1)) for codec, chance in listed),
    )


def _not_taken(source: Source, encodings: tuple[str, ...]) -> FileError:
    return FileError(
        code="file.encoding",
        en=f"the file is in an encoding that the contract does not take ({', '.join(encodings)}).",
        zh=f"文件的编码不在契约接收范围内（{'、'.join(encodings)}）。",
        file=source.name,
    )


def _undecodable(source: Source, codec: str, error: UnicodeDecodeError) -> FileError:
    shown = f"0x{error.object[0]:02X}, byte {error.start + 1}"
    named = next((name for name, used in CODECS.items() if used == codec), codec.removesuffix("-sig")).upper()
    return FileError(
        code="file.encoding",
        en=f"the bytes are not {named} from here on ({shown}). Save the file as UTF-8.",
        zh=f"自此处起不是{named}编码（{shown}）。请将文件另存为UTF-8。",
        file=source.name,
        row=_line_of(source, error.start),
    )


def _scan(source: Source, codec: str, evidence: Evidence | None) -> bool:
    """Decode the whole file. Returns whether a cell may begin with an equals sign."""
    decoder = codecs.getincrementaldecoder(codec)()
    found, before, position, line, weighed = False, "\n", 0, 1, 0
    with source.open() as file:
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                at = position - pending + error.start
                bad = error.object[error.start : error.start + 1]
                raise UnicodeDecodeError(codec, bad, at, at + 1, error.reason) from None
            if "\x00" in text:
                raise FileError(
                    code="file.nul",
                    en="the file holds a NUL byte. Export it again as text.",
                    zh="文件含有空字符（NUL）。请重新导出为文本。",
                    file=source.name,
                    row=line + text[: text.index("\x00")].count("\n"),
                    column=_column(text, text.index("\x00")),
                )
            if evidence is not None and weighed < _WEIGHED and not text.isascii():
                evidence.add(text)
                weighed += len(block)
            found = found or any(sign + "=" in before + text for sign in _BEFORE_A_CELL)
            before = text[-2:] or before
            line += text.count("\n")
            position += len(block)
            if not block:
                return found


def _column(text: str, at: int) -> str:
    """The number of the cell, counting separators on its line as far as this block shows it."""
    start = text.rfind("\n", 0, at) + 1
    return str(text.count(",", start, at) + 1)


def _line_of(source: Source, position: int) -> int:
    line = 1
    with source.open() as file:
        while position > 0 and (block := file.read(min(_BLOCK, position))):
            line += block.count(b"\n")
            position -= len(block)
    return line
