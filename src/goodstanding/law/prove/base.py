"""How the facts of a sector's or a place's pack look to its base: kinds mapped, unknown codes left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.prove.errors import NotComparable
from goodstanding.law.prove.result import Note
from goodstanding.law.rows import Kind


class Counterpart:
    """A pack beside its base. kinds: by kind of the base, the kinds of the pack that it stands for."""

    def __init__(self, local: Pack, base: Pack) -> None:
        self.local = local
        self.base = base
        self._base_kinds = {kind.code: kind for kind in base.kinds}
        self._as_in_base = {
            kind.code: code
            for kind in local.kinds
            if (code := kind.as_in_base or kind.code) in self._base_kinds
        }
        self.kinds: dict[str, list[str]] = {}
        for own, code in self._as_in_base.items():
            self.kinds.setdefault(code, []).append(own)
        compared = [kind for kind in local.kinds if kind.adverse and kind.code in self._as_in_base]
        if not compared:
            raise NotComparable(
                code="not_comparable",
                en=f"No adverse kind of {local.id} has a counterpart in {base.id}.",
                zh=f"“{local.id}”的失信信息类别在“{base.id}”中均无对应类别。",
                place=local.id,
                remedy_en="Name the counterparts by as_in_base, or choose another base.",
                remedy_zh="请用 as_in_base 标明对应类别，或选择其他基准规则包。",
            )

    def adverse_here_only(self) -> list[Kind]:
        """Kinds that are adverse in the pack and mere information in its base."""
        return [
            kind
            for kind in self.local.kinds
            if kind.adverse
            and kind.code in self._as_in_base
            and not self._base_kinds[self._as_in_base[kind.code]].adverse
        ]

    def measures_here_only(self) -> list[str]:
        """Measures that the base does not list."""
        known = {measure.code for measure in self.base.measures}
        return [measure.code for measure in self.local.measures if measure.code not in known]

    def measures_on_persons(self) -> list[str]:
        """Measures that the base refuses for organisations."""
        return [measure.code for measure in self.base.measures if not measure.on_organisations]

    def bars_not_compared(self) -> list[str]:
        """Sanctions whose bar the pack states and the base leaves unset: there is nothing to compare with."""
        unset = {row.code for row in self.base.sanctions if self.base.months(row.bar) is None}
        return [
            row.code
            for row in self.local.sanctions
            if row.code in unset and self.local.months(row.bar) is not None
        ]

    def facts_in_base(self, facts: Facts) -> Facts:
        """The facts as the base is asked them."""
        kind = self._as_in_base.get(facts.kind, facts.kind)
        listed = {
            "conduct": [row.code for row in self.base.conducts],
            "use": [row.code for row in self.base.uses],
            "stated": [row.code for row in self.base.severities],
        }
        known: dict[str, Any] = {
            name: value if (value := getattr(facts, name)) in codes else None
            for name, codes in listed.items()
        }
        carries = kind in self._base_kinds and self._base_kinds[kind].measures
        measures = facts.measures if carries else frozenset[str]()
        return dataclasses.replace(facts, kind=kind, measures=measures, **known)

    def assumptions(self, *, readings: bool) -> Iterator[Note]:
        """What the comparison takes as given, in words."""
        if readings:
            for reading in self.local.readings:
                en, zh = (self.local.cite(reading.citation, language) for language in ("en", "zh"))
                yield Note(
                    en=f"{reading.fact} is taken as {str(reading.value).lower()}: {reading.reason_en} ({en})",
                    zh=f"{reading.fact} 视为“{'是' if reading.value else '否'}”：{reading.reason_zh}（{zh}）",
                )
        left_out = [kind for kind in self.local.kinds if kind.adverse and kind.code not in self._as_in_base]
        for kind in left_out:
            yield Note(
                en=f"The kind {kind.code} has no counterpart in {self.base.id} and is left out.",
                zh=f"“{kind.name_zh}”在“{self.base.id}”中没有对应类别，不作比较。",
            )
        for measure in self.measures_here_only():
            yield Note(
                en=f"The measure {measure} is unknown to {self.base.id} and is left out.",
                zh=f"措施 {measure} 在“{self.base.id}”中不存在，不作比较。",
            )
        for code in self.bars_not_compared():
            yield Note(
                en=f"{self.base.id} leaves the bar of {code} unset; that of {self.local.id} is not compared.",
                zh=f"“{self.base.id}”未设定 {code} 的禁止申请期限，“{self.local.id}”的该期限不作比较。",
            )
