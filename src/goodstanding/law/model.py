"""What a law pack is: a set of decision tables with a citation on every row.

A pack is data that a jurist can read: rows with conditions and outcomes, no expression language. Unknown
is a value: a number that nobody has seen in the official text is null, and says so. The models here
refuse unknown fields and rows without citation; what rows must be to one another is checked in `check`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints, model_validator

from goodstanding.law.attested import (
    Citation,
    Code,
    Length,
    Named,
    Period,
    Quantity,
    SourceCode,
    Strict,
    Text,
)
from goodstanding.law.rows import (
    AtMaximumRow,
    ClassificationRow,
    ConditionRow,
    DeadlineRule,
    Decides,
    EventRow,
    ExemptionRow,
    HolderDuty,
    Instrument,
    Kind,
    Listed,
    MaterialRow,
    Measure,
    NoticeDuty,
    Parameter,
    Pause,
    PublicationRow,
    Reading,
    Sanction,
    Shield,
    Statement,
    Switch,
    TransitionRow,
)

if TYPE_CHECKING:
    from goodstanding.law.tables import Tables


class InForce(Strict):
    from_: date = Field(alias="from")
    to: date | None = Field(default=None, description="Last day in force; null while in force.")
    assumed: StrictBool = Field(default=False, description="True where no source shows the day itself.")
    note_en: Text | None = None
    note_zh: Text | None = None

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> InForce:
        if self.to is not None and self.to < self.from_:
            raise ValueError("dates out of order: `to` lies before `from`")
        if self.assumed and not (self.note_en and self.note_zh):
            raise ValueError("an assumed day must say in note_en and note_zh what it assumes")
        return self


class Severity(Named):
    code: Code
    citation: Citation


class Pack(Strict):
    """One instrument in force from a date, as decision tables. Severities are listed from mild to severe."""

    id: Code
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]+)*$")]
    sector: Code | None = None
    base: Code | None = Field(default=None, description="The pack than which this one may not be harsher.")
    readings: tuple[Reading, ...] = ()
    example: StrictBool = Field(default=False, description="True for a pack that is no law anywhere.")
    name_en: Text
    name_zh: Text
    in_force: InForce
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    natural_persons: Literal["never_scored"]
    month_rule: Literal["same-day-clamped"]
    classification_rule: Literal["first_row_per_measure_then_most_serious"]
    instruments: dict[Code, Instrument]
    sources: dict[SourceCode, Text]
    severities: tuple[Severity, ...] = Field(min_length=1)
    kinds: tuple[Kind, ...] = Field(min_length=1)
    measures: tuple[Measure, ...] = ()
    sectors: tuple[Listed, ...] = ()
    conducts: tuple[Listed, ...] = ()
    uses: tuple[Listed, ...] = ()
    switches: tuple[Switch, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    classification: tuple[ClassificationRow, ...]
    publication: tuple[PublicationRow, ...]
    exemptions: tuple[ExemptionRow, ...] = ()
    at_maximum: tuple[AtMaximumRow, ...] = Field(min_length=1)
    events: tuple[EventRow, ...] = ()
    shield: Shield | None = None
    conditions: tuple[ConditionRow, ...]
    materials: tuple[MaterialRow, ...]
    deadlines: tuple[DeadlineRule, ...]
    pauses: tuple[Pause, ...] = ()
    decides: Decides
    sanctions: tuple[Sanction, ...] = ()
    notices: tuple[NoticeDuty, ...] = ()
    holders: tuple[HolderDuty, ...] = ()
    transition: tuple[TransitionRow, ...] = Field(min_length=1)
    statements: tuple[Statement, ...] = ()
    chosen: dict[Code, Code] = Field(default_factory=dict, description="Switches as the operator chose them.")

    @cached_property
    def canonical(self) -> bytes:
        """The content as canonical JSON (sorted keys, no spaces, UTF-8): what `digest` is taken over.

        Defaults are left out, so that a field which a later release adds changes no earlier digest.
        """
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical content, with the operator's choices, in hexadecimal."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def tables(self) -> Tables:
        """The pack made ready for many lookups."""
        from goodstanding.law.tables import Tables

        return Tables(self)

    @cached_property
    def deadlines_as_set(self) -> tuple[DeadlineRule, ...]:
        """The deadlines, with the numbers that an operator has set for what the text does not show."""
        return tuple(
            rule.model_copy(
                update={
                    "length": self._as_set(rule.length),
                    "extension": rule.extension
                    and rule.extension.model_copy(update={"length": self._as_set(rule.extension.length)}),
                }
            )
            for rule in self.deadlines
        )

    def _as_set(self, period: Period) -> Period:
        return period.model_copy(update={"value": self.number(period)})

    @cached_property
    def _deadlines(self) -> Mapping[str, DeadlineRule]:
        return {rule.code: rule for rule in self.deadlines_as_set}

    def deadline(self, code: str) -> DeadlineRule:
        """The deadline with this code, for example "accept". Raises KeyError when the pack has none."""
        return self._deadlines[code]

    def switch(self, code: str) -> str:
        """The option in effect for a switch: the operator's choice, else the default. Raises KeyError."""
        if code in self.chosen:
            return self.chosen[code]
        return next(switch.default for switch in self.switches if switch.code == code)

    def number(self, quantity: Quantity) -> int | None:
        """The number of a quantity in its unit: as it was seen, else as the operator set it, else None."""
        if quantity.value is None and quantity.parameter is not None:
            return self.bound(quantity.parameter)
        return quantity.value

    def months(self, length: Length) -> int | None:
        """A length in months; None while it is unset."""
        number = self.number(length)
        return None if number is None else number * 12 if length.unit == "years" else number

    def bound(self, bound: int | str | None) -> int | None:
        """A bound: a number as it stands, a parameter by its value (None while unset)."""
        if isinstance(bound, str):
            return next(parameter.value for parameter in self.parameters if parameter.code == bound)
        return bound

    def cite(self, citation: Citation, language: str) -> str:
        """A short citation in words, "en" or "zh", saying when the article number has not been seen."""
        instrument = self.instruments[citation.instrument]
        if language == "zh":
            return f"{instrument.short_zh}，{citation.clause_zh}（{citation.article_zh}）"
        return f"{instrument.short_en}, {citation.clause_en} ({citation.article_en})"
