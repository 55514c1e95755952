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

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, model_validator

if TYPE_CHECKING:
    from goodstanding.law.tables import Tables

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
SourceCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Confidence = Literal["V", "T", "N", "F", "C", "X", "R"]
"""V seen verbatim, T in translation, N in a secondary source, F as a fragment, C in source code of the
standard, X not seen, R recollection only."""
SEEN: frozenset[str] = frozenset("VTNFC")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(Strict):
    """Where a row comes from, and how well that is attested."""

    instrument: Code
    article: Annotated[str, StringConstraints(pattern=r"^(item )?\d+(\(\d+\))?$")] | None = Field(
        default=None, description="As numbered: 4, 9(2), item 6; null where not seen."
    )
    clause_en: Text
    clause_zh: Text
    source: tuple[SourceCode, ...] = Field(
        description="Codes of `sources`; empty only where nothing was seen."
    )
    confidence: Confidence

    @property
    def article_en(self) -> str:
        if self.article is None:
            return "article number not seen"
        return self.article if self.article.startswith("item") else f"Art. {self.article}"

    @property
    def article_zh(self) -> str:
        if self.article is None:
            return "条号未见"
        if self.article.startswith("item "):
            return f"第{self.article.removeprefix('item ')}项"
        number, _, point = self.article.rstrip(")").partition("(")
        return f"第{number}条第{point}项" if point else f"第{number}条"

    @model_validator(mode="after")
    def _a_seen_clause_names_its_source(self) -> Citation:
        if self.confidence in SEEN and not self.source:
            raise ValueError("a citation that was seen must name at least one source")
        return self


class Quantity(Strict):
    """A number of the law with its unit and attestation; `value: null` means that nobody has seen it."""

    value: StrictInt | None
    source: tuple[SourceCode, ...] = ()
    confidence: Confidence

    @model_validator(mode="after")
    def _unknown_is_a_value(self) -> Quantity:
        if self.value is not None and self.confidence in ("X", "R"):
            raise ValueError("a number that was not seen (X) or only recalled (R) must stay null")
        if self.value is not None and self.value < 0:
            raise ValueError("a number of the law cannot be negative")
        if self.value is not None and not self.source:
            raise ValueError("a number must name the source in which it was seen")
        if self.value is None and self.confidence in ("V", "T", "C"):
            raise ValueError("a number that was seen cannot be null")
        return self


class Length(Quantity):
    """A calendar length in months or years."""

    unit: Literal["months", "years"]

    @property
    def months(self) -> int | None:
        if self.value is None:
            return None
        return self.value * 12 if self.unit == "years" else self.value


class WorkingDays(Quantity):
    """A length in working days of the pack's jurisdiction."""

    unit: Literal["working_days"]


class Named(Strict):
    name_en: Text
    name_zh: Text


class Instrument(Named):
    short_en: Text
    short_zh: Text
    dated: date | None = None


class Kind(Named):
    """A kind of record. Only the kinds listed here can enter."""

    code: Code
    adverse: StrictBool
    measures: StrictBool = Field(default=False, description="Whether records of this kind carry measures.")
    citation: Citation


class Measure(Named):
    """A measure that an adverse record may carry."""

    code: Code
    on_organisations: StrictBool = True
    citation: Citation


class Option(Named):
    code: Code


class Switch(Strict):
    """A question on which the sources disagree or are silent; the operator may choose, the default is
    stated.
    """

    code: Code
    question_en: Text
    question_zh: Text
    options: tuple[Option, ...] = Field(min_length=2)
    default: Code
    contested: Literal[True]
    reason_en: Text
    reason_zh: Text
    citation: Citation


class Parameter(Named):
    """A threshold that an operator may set; null until he does, unless the text states it."""

    code: Code
    unit: Literal["yuan"]
    value: StrictInt | None
    not_below: Code | None = Field(
        default=None, description="A parameter that must not be greater, once both are set."
    )
    citation: Citation


class Amount(Strict):
    """A band of the fine in yuan; a bound is a number or the code of a parameter."""

    at_least: StrictInt | Code | None = None
    below: StrictInt | Code | None = None


class ClassificationWhen(Strict):
    kind: tuple[Code, ...]
    measure: tuple[Code, ...] | None = None
    simple_procedure: StrictBool | None = None
    amount_yuan: Amount | None = None
    switch: dict[Code, Code] = Field(default_factory=dict)


class ClassificationRow(Strict):
    """One row of the classification table: rows are read from the top for every measure; the first that
    fits holds.
    """

    id: Code
    when: ClassificationWhen
    severity: Code
    contested: StrictBool = False
    assumed: StrictBool = Field(
        default=False, description="True where no source states the class and the row only fills the gap."
    )
    note_en: Text | None = None
    note_zh: Text | None = None
    citation: Citation

    @model_validator(mode="after")
    def _an_assumed_row_says_so(self) -> ClassificationRow:
        if self.assumed and not (self.note_en and self.note_zh):
            raise ValueError("an assumed row must say in note_en and note_zh what it assumes")
        if self.citation.confidence == "X" and not self.assumed:
            raise ValueError("a row that rests on nothing seen must be marked assumed")
        return self


class PublicationWhen(Strict):
    severity: tuple[Code, ...]
    publication_necessary: StrictBool | None = None


class PublicationRow(Strict):
    """From when and until when a class is published. Exactly one row fits each class."""

    id: Code
    when: PublicationWhen
    published: StrictBool
    anchor: Literal["found_on"]
    minimum: Length
    maximum: Length | None = None
    note_en: Text | None = None
    note_zh: Text | None = None
    citation: Citation


Test = Literal["not_excluded", "minimum_reached", "duty_performed", "committed", "nothing_further"]


class AdverseWhen(Strict):
    kind: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None


class ConditionRow(Strict):
    """One condition of restoration. All that fit must be met. {date} in a remedy is the end of the
    minimum.
    """

    id: Code
    when: AdverseWhen = AdverseWhen()
    test: Test
    text_en: Text
    text_zh: Text
    remedy_en: Text
    remedy_zh: Text
    citation: Citation


class MaterialRow(Named):
    """One kind of material asked for with an application."""

    id: Code
    when: AdverseWhen = AdverseWhen()
    required: StrictBool
    citation: Citation


class DeadlineRule(Strict):
    """A statutory deadline. `working_days` is None where the number has not been seen."""

    code: Code
    actor_en: Text
    actor_zh: Text
    text_en: Text
    text_zh: Text
    length: WorkingDays
    from_: Literal["receipt", "acceptance", "decision", "objection"] = Field(alias="from")
    citation: Citation

    @property
    def working_days(self) -> int | None:
        return self.length.value

    @property
    def confidence(self) -> Confidence:
        return self.length.confidence


class Decides(Strict):
    """Who decides on restoration."""

    body: Code
    text_en: Text
    text_zh: Text
    citation: Citation


class Statement(Strict):
    """A rule that the pack states for readers and other rooms and that no table computes."""

    code: Code
    text_en: Text
    text_zh: Text
    unset_en: Text | None = Field(default=None, description="What is not seen of it.")
    unset_zh: Text | None = None
    citation: Citation


class InForce(Strict):
    from_: date = Field(alias="from")
    to: date | None = Field(default=None, description="Last day in force; null while in force.")

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> InForce:
        if self.to is not None and self.to < self.from_:
            raise ValueError("dates out of order: `to` lies before `from`")
        return self


class Severity(Named):
    code: Code
    citation: Citation


class Pack(Strict):
    """One instrument in force from a date, as decision tables. Severities are listed from mild to severe."""

    id: Code
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]+)*$")]
    sector: Code | None = None
    name_en: Text
    name_zh: Text
    in_force: InForce
    natural_persons: Literal["never_scored"]
    month_rule: Literal["same-day-clamped"]
    classification_rule: Literal["first_row_per_measure_then_most_serious"]
    instruments: dict[Code, Instrument]
    sources: dict[SourceCode, Text]
    severities: tuple[Severity, ...] = Field(min_length=1)
    kinds: tuple[Kind, ...] = Field(min_length=1)
    measures: tuple[Measure, ...]
    switches: tuple[Switch, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    classification: tuple[ClassificationRow, ...]
    publication: tuple[PublicationRow, ...]
    conditions: tuple[ConditionRow, ...]
    materials: tuple[MaterialRow, ...]
    deadlines: tuple[DeadlineRule, ...]
    decides: Decides
    statements: tuple[Statement, ...] = ()
    chosen: dict[Code, Code] = Field(default_factory=dict, description="Switches as the operator chose them.")

    @cached_property
    def canonical(self) -> bytes:
        """The content as canonical JSON (sorted keys, no spaces, UTF-8): what `digest` is taken over."""
        content = self.model_dump(mode="json", by_alias=True)
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
    def _deadlines(self) -> Mapping[str, DeadlineRule]:
        return {rule.code: rule for rule in self.deadlines}

    def deadline(self, code: str) -> DeadlineRule:
        """The deadline with this code, for example "accept". Raises KeyError when the pack has none."""
        return self._deadlines[code]

    def switch(self, code: str) -> str:
        """The option in effect for a switch: the operator's choice, else the default. Raises KeyError."""
        if code in self.chosen:
            return self.chosen[code]
        return next(switch.default for switch in self.switches if switch.code == code)

    def bound(self, bound: int | str | None) -> int | None:
        """An amount bound in yuan: a number as it stands, a parameter by its value (None while unset)."""
        if isinstance(bound, str):
            return next(parameter.value for parameter in self.parameters if parameter.code == bound)
        return bound

    def cite(self, citation: Citation, language: str) -> str:
        """A short citation in words, "en" or "zh", saying when the article number has not been seen."""
        instrument = self.instruments[citation.instrument]
        if language == "zh":
            return f"{instrument.short_zh}，{citation.clause_zh}（{citation.article_zh}）"
        return f"{instrument.short_en}, {citation.clause_en} ({citation.article_en})"
