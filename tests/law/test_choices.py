"""The operator's choices: one file, refused with line and reason, and nothing chosen that a pack does not offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodstanding.law import PackRefused, SettingRefused, all_packs, load_pack
from goodstanding.law.choices import apply_choices, read_choices

GOOD = """
cn-ndrc-36-2025:
  switches: {suspension_class: serious}
  parameters:
    decide_working_days: 7
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "law.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_choices_of_the_file_are_in_the_packs_and_in_no_other(tmp_path: Path) -> None:
    packs = {pack.id: pack for pack in apply_choices(all_packs(), read_choices(written(tmp_path, GOOD)))}
    chosen = packs.pop("cn-ndrc-36-2025")
    assert chosen.switch("suspension_class") == "serious"
    assert chosen.deadline("decide").working_days == 7
    assert chosen.digest != load_pack(chosen.id).digest
    assert all(pack in all_packs() for pack in packs.values()) and chosen not in all_packs()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (GOOD.replace("parameters:", "thresholds:"), 4, "Extra inputs"),
        (GOOD.replace("decide_working_days: 7", "decide_working_days: soon"), 5, "valid integer"),
        (GOOD + "cn-ndrc-36-2025: {}\n", 6, "twice"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(PackRefused, match=reason) as refused:
        read_choices(written(tmp_path, text))
    assert refused.value.problems[0].line == line


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("cn-ndrc-36-2025", "cn-ndrc-37"),
        GOOD.replace("suspension_class: serious", "suspension_class: grave"),
        GOOD.replace("decide_working_days: 7", "decide_working_days: -1"),
    ],
)
def test_what_no_pack_offers_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingRefused):
        apply_choices(all_packs(), read_choices(written(tmp_path, text)))
