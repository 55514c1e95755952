"""An installation uses the packs as its operator has set them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from goodstanding import law
from goodstanding.registry.packs import pack, packs


def test_without_a_file_of_choices_the_packs_are_the_shipped_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "LAW_CHOICES", str(tmp_path / "law.yaml"))
    assert packs() == law.all_packs()


def test_the_operators_choices_reach_every_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "law.yaml"
    path.write_text("cn-ndrc-36-2025: {parameters: {large_fine_from_yuan: 100000}}\n", encoding="utf-8")
    monkeypatch.setattr(settings, "LAW_CHOICES", str(path))
    assert pack("cn-ndrc-36-2025").bound("large_fine_from_yuan") == 100_000
    assert law.load_pack("cn-ndrc-36-2025").bound("large_fine_from_yuan") is None
    with pytest.raises(law.PackNotFound):
        pack("cn-ndrc-37")
