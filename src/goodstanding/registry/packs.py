"""The law packs of this installation, as its operator has set what the law text leaves open."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from goodstanding import law
from goodstanding.law.choices import apply_choices, read_choices


def packs() -> tuple[law.Pack, ...]:
    """Every pack, with the choices of the file that the setting LAW_CHOICES names, where it exists.

    Raises law.PackRefused or law.SettingRefused when that file is wrong.
    """
    return _packs(Path(settings.LAW_CHOICES))


@cache
def _packs(path: Path) -> tuple[law.Pack, ...]:
    return apply_choices(law.all_packs(), read_choices(path)) if path.exists() else law.all_packs()


def pack(code: str) -> law.Pack:
    """The pack with this id. Raises law.PackNotFound."""
    for found in packs():
        if found.id == code:
            return found
    return law.load_pack(code)
