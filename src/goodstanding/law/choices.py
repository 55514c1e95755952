"""What the operator of an installation has chosen: switches and unseen numbers, by pack, in one YAML file.

cn-ndrc-36-2025:
  switches: {suspension_class: serious}
  parameters: {large_fine_from_yuan: 100000, decide_working_days: 7}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import Field, StrictInt, TypeAdapter, ValidationError

from goodstanding.law.attested import Code, Strict
from goodstanding.law.errors import PackRefused, Problem, SettingRefused
from goodstanding.law.load import with_choices
from goodstanding.law.model import Pack
from goodstanding.law.yaml_lines import line_of, read


class Choices(Strict):
    """The choices for one pack."""

    switches: dict[Code, Code] = Field(default_factory=dict)
    parameters: dict[Code, StrictInt | None] = Field(default_factory=dict)


_FILE = TypeAdapter(dict[Code, Choices])


def read_choices(path: Path) -> dict[str, Choices]:
    """The choices of one file, by pack. Raises PackRefused with file, line and reason."""
    value, lines = read(path.read_text(encoding="utf-8"), file=path.name)
    try:
        return _FILE.validate_python(value)
    except ValidationError as error:
        raise PackRefused(
            file=path.name,
            problems=tuple(
                Problem(path.name, line_of(item["loc"], lines), str(item["loc"][0]), item["msg"])
                for item in error.errors()
            ),
        ) from error


def apply_choices(packs: Iterable[Pack], choices: Mapping[str, Choices]) -> tuple[Pack, ...]:
    """The packs with the operator's choices in them.

    Raises SettingRefused for a pack that is not among them, or a choice that it does not offer.
    """
    packs = tuple(packs)
    for code in choices:
        if code not in {pack.id for pack in packs}:
            raise SettingRefused(
                code="setting_refused",
                en=f"Choices are given for {code!r}, which is no pack of this installation.",
                zh=f"为“{code}”设定了选项，但本系统没有该规则包。",
                place=code,
                remedy_en=f"Packs: {', '.join(pack.id for pack in packs)}.",
                remedy_zh=f"现有规则包：{'、'.join(pack.id for pack in packs)}。",
            )
    return tuple(
        with_choices(pack, switches=choices[pack.id].switches, parameters=choices[pack.id].parameters)
        if pack.id in choices
        else pack
        for pack in packs
    )
