"""Finding out in which encoding a text file is written, by decoding all of it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from .errors import FileError

_BLOCK = 1 << 20
_BEFORE_A_CELL = ("\n", "\r", ",", ";", "\t", "|", '"', ":", ": ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text file's encoding, and whether any cell may begin with an equals sign."""

    encoding: str
    may_hold_formulas: bool


def find_encoding(path: Path, *, name: str, encodings: tuple[str, ...]) -> Text:
    """The encoding of a file: by its byte order mark, else UTF-8 if all of it is, else GB18030.

    Args:
        path: the file.
        name: its name in messages.
        encodings: those that the contract takes.

    Raises:
        FileError: the file is in none of them, or holds NUL bytes; with the row.
    """
    with path.open("rb") as file:
        start = file.read(4)
    marked = [(encoding, plain) for mark, encoding, plain in _MARKS if start.startswith(mark)]
    if marked:
        tried = [encoding for encoding, plain in marked if plain in encodings]
    else:
        tried = [encoding for encoding in ("utf-8", "gb18030") if encoding in encodings]
    fault: FileError | None = None
    for encoding in tried:
        try:
            return Text(encoding, _scan(path, encoding, name))
        except UnicodeDecodeError as error:
            row = _line_of(path, error.start)
            fault = fault or FileError(
                code="file.encoding",
                en=f"the bytes are not {encoding.removesuffix('-sig').upper()} from here on"
                f" ({_shown(error)}). Save the file as UTF-8.",
                zh=f"自此处起不是{encoding.removesuffix('-sig').upper()}编码（{_shown(error)}）。请将文件另存为UTF-8。",
                file=name,
                row=row,
            )
    raise fault or FileError(
        code="file.encoding",
        en=f"the file is in an encoding that the contract does not take ({', '.join(encodings)}).",
        zh=f"文件的编码不在契约接收范围内（{'、'.join(encodings)}）。",
        file=name,
    )


def _shown(error: UnicodeDecodeError) -> str:
    return f"0x{error.object[0]:02X}, byte {error.start + 1}"


def _scan(path: Path, encoding: str, name: str) -> bool:
    """Decode the whole file. Returns whether a cell may begin with an equals sign."""
    decoder = codecs.getincrementaldecoder(encoding)()
    found, before, position, line = False, "\n", 0, 1
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                at = position - pending + error.start
                bad = error.object[error.start : error.start + 1]
                raise UnicodeDecodeError(encoding, bad, at, at + 1, error.reason) from None
            if "\x00" in text:
                raise FileError(
                    code="file.nul",
                    en="the file holds a NUL byte. Export it again as text.",
                    zh="文件含有空字符（NUL）。请重新导出为文本。",
                    file=name,
                    row=line + text[: text.index("\x00")].count("\n"),
                    column=_column(text, text.index("\x00")),
                )
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


def _line_of(path: Path, position: int) -> int:
    with path.open("rb") as file:
        return file.read(position).count(b"\n") + 1
