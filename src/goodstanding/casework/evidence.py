"""Checking files that people hand in: what they are is read from their bytes, never believed from a name."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import CaseworkError

FILE_LIMIT = 10 * 1024 * 1024
TOTAL_LIMIT = 40 * 1024 * 1024
NUMBER_LIMIT = 20

_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = _OFFICE + "wordprocessingml.document"
XLSX = _OFFICE + "spreadsheetml.sheet"
_EXTENSIONS = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "text/plain": ("txt",),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
}
#: What the names of files may end with.
EXTENSIONS = tuple(end for ends in _EXTENSIONS.values() for end in ends)


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A file as handed in. ``media_type`` is what the client claims and is not believed.

    ``material`` is the code of the pack's list of materials that it serves (may be empty); ``record`` confines
    it to the case of one record, so that other authorities of the same application do not see it.
    """

    name: str
    media_type: str
    content: bytes
    material: str = ""
    record: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class CheckedEvidence:
    """A file that may be kept, with its name made safe and its type as sniffed."""

    name: str
    media_type: str
    content: bytes
    sha256: bytes
    material: str
    record: uuid.UUID | None


def check(files: Sequence[NewEvidence], *, materials: frozenset[str]) -> list[CheckedEvidence]:
    """Check files against the limits, the admitted types and the pack's list of materials.

    Raises:
        CaseworkError: codes evidence.*, naming the file.
    """
    check_sizes(files)
    return [_check(file, materials) for file in files]


def check_sizes(files: Sequence[NewEvidence]) -> None:
    """Check that files are neither too many nor too large, each and together.

    Raises:
        CaseworkError: evidence.number, evidence.size.
    """
    if len(files) > NUMBER_LIMIT:
        raise CaseworkError(
            "evidence.number",
            f"At most {NUMBER_LIMIT} files can be handed in at once; these are {len(files)}.",
            f"一次最多提交 {NUMBER_LIMIT} 个文件，现有 {len(files)} 个。",
        )
    if sum(len(file.content) for file in files) > TOTAL_LIMIT:
        raise CaseworkError(
            "evidence.size",
            f"Together the files exceed {TOTAL_LIMIT // 1024 // 1024} MB.",
            f"文件总大小超过 {TOTAL_LIMIT // 1024 // 1024} MB。",
        )
    for file in files:
        if len(file.content) > FILE_LIMIT:
            name = safe_name(file.name)
            raise CaseworkError(
                "evidence.size",
                f"The file {name} exceeds {FILE_LIMIT // 1024 // 1024} MB.",
                f"文件 {name} 超过 {FILE_LIMIT // 1024 // 1024} MB。",
                place=name,
            )


def _check(file: NewEvidence, materials: frozenset[str]) -> CheckedEvidence:
    name = safe_name(file.name)
    if not file.content:
        raise CaseworkError("evidence.empty", f"The file {name} is empty.", f"文件 {name} 为空。", place=name)
    media_type = sniff(file.content)
    extension = name.rpartition(".")[2].lower()
    if media_type is None or extension not in _EXTENSIONS[media_type]:
        raise CaseworkError(
            "evidence.type",
            f"The file {name} is not a PDF, PNG, JPEG, text, DOCX or XLSX file, or its name says otherwise.",
            f"文件 {name} 不是 PDF、PNG、JPEG、文本、DOCX 或 XLSX 文件，或与其扩展名不符。",
            place=name,
            remedy_en="Hand in one of these formats, without macros, under its usual extension.",
            remedy_zh="请使用上述格式（不含宏）及其常用扩展名重新提交。",
        )
    if file.material and file.material not in materials:
        raise CaseworkError(
            "evidence.material",
            f"The law asks for no material called {file.material!r}.",
            f"法定材料清单中没有“{file.material}”。",
            place=name,
            remedy_en=f"Use one of: {', '.join(sorted(materials))}.",
            remedy_zh=f"可选：{'、'.join(sorted(materials))}。",
        )
    digest = hashlib.sha256(file.content).digest()
    return CheckedEvidence(name, media_type, file.content, digest, file.material, file.record)


def safe_name(name: str) -> str:
    """The last part of a path without control and direction characters, at most 200 characters."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip()
    if not kept.strip("."):
        raise CaseworkError("evidence.name", "A file has no name.", "文件缺少名称。")
    stem, dot, extension = kept.rpartition(".")
    return kept if len(kept) <= 200 else f"{stem[: 199 - len(extension)]}{dot}{extension}"[:200]


def extension_of(media_type: str) -> str:
    """The usual extension of an admitted type."""
    return _EXTENSIONS[media_type][0]


def sniff(content: bytes) -> str | None:
    """The media type by the bytes, or None when it is not admitted."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return "text/plain" if _is_text(content) else None


def _office(content: bytes) -> str | None:
    # Only the directory of the archive is read; nothing is unpacked, so a bomb stays folded.
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(n.lower().endswith("vbaproject.bin") for n in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text)
    return False
