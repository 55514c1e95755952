"""Packs by their digest: the shipped ones under any choices, and those that were put into an archive.

An archived pack is its canonical JSON in a file named `<digest>.json`; the digest is taken over these very
bytes, so it still holds when a later release has learnt to ask more of a pack.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from goodstanding.law.errors import LawError, SettingRefused
from goodstanding.law.load import with_choices
from goodstanding.law.model import Pack


class ArchiveRefused(LawError):
    """An archived pack is not what its name says, or no pack of this release."""


def archive_pack(pack: Pack, folder: Path) -> Path:
    """Write a pack, with the operator's choices in it, to `folder`/<digest>.json. Returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{pack.digest}.json"
    file.write_bytes(pack.canonical)
    return file


def archived_pack(digest: str, folder: Path) -> Pack | None:
    """The archived pack of a digest; None when the folder has none.

    Raises ArchiveRefused when the file holds other bytes or is no pack.
    """
    file = folder / f"{digest}.json"
    if not file.is_file():
        return None
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ArchiveRefused(
            code="archive_digest",
            en=f"The archived pack has the digest {found}, not that of its name.",
            zh=f"归档规则包的摘要为 {found}，与文件名不符。",
            place=str(file),
            remedy_en="Take the file from another copy of the archive.",
            remedy_zh="请从其他归档副本取得该文件。",
        )
    try:
        return Pack.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise ArchiveRefused(
            code="archive_unreadable",
            en=f"This release cannot read the archived pack: {field}: {first['msg']}.",
            zh=f"本版本无法读取该归档规则包：{field}。",
            place=str(file),
            remedy_en="Replay the receipt with the release that wrote it.",
            remedy_zh="请使用当时的版本重放。",
        ) from error


def shipped_pack(
    pack_id: str,
    digest: str,
    *,
    switches: Mapping[str, str],
    parameters: Mapping[str, int],
    packs: Iterable[Pack],
) -> Pack | None:
    """The pack among `packs` that has the digest once the choices are made in it; None when none has."""
    for pack in packs:
        if pack.id != pack_id:
            continue
        try:
            chosen = with_choices(
                pack,
                switches=switches,
                parameters={parameter.code: parameters.get(parameter.code) for parameter in pack.parameters},
            )
        except SettingRefused:
            continue
        if chosen.digest == digest:
            return chosen
    return None
