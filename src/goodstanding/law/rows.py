"""The rows of a pack's tables. Each has its citation; conditions and outcomes are data, no expression language."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from goodstanding.law.attested import Citation, Code, Confidence, Length, Named, Period, Strict, Text


class Instrument(Named):
    short_en: Text
    short_zh: Text
    dated: date | None = None


class Kind(Named):
    """A kind of record. Only the kinds listed here can enter. `as_in_base` is its code in the base pack."""

    code: Code
    as_in_base: Code | None = None
    adverse: StrictBool
    measures: StrictBool = Field(default=False, description="Whether records of this kind carry measures.")
    citation: Citation


class Listed(Named):
    """A value that rows ask for: a sector, a conduct or a use of the record."""

    code: Code
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
    """A number that an operator may set; null until he does, unless the text states it."""

    code: Code
    unit: Literal["yuan", "months", "working_days"]
    value: StrictInt | None
    not_below: Code | None = Field(
        default=None, description="A parameter that must not be greater, once both are set."
    )
    citation: Citation


class Amount(Strict):
    """A band of an amount of money; a bound is a number or the code of a parameter."""

    at_least: StrictInt | Code | None = None
    below: StrictInt | Code | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Amount:
        if self.at_least is None and self.below is None:
            raise ValueError("a band of amounts needs at_least, below or both")
        return self


class ClassificationWhen(Strict):
    kind: tuple[Code, ...]
    measure: tuple[Code, ...] | None = None
    simple_procedure: StrictBool | None = None
    amount_yuan: Amount | None = None
    sector: tuple[Code, ...] | None = None
    conduct: tuple[Code, ...] | None = None
    stated: tuple[Code, ...] | None = Field(
        default=None, description="The class that the authority stated with the record."
    )
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
    kind: tuple[Code, ...] | None = None
    publication_necessary: StrictBool | None = None


Anchor = Literal["found_on", "ended_on", "performed_on"]


class PublicationRow(Strict):
    """From when and until when a class is published. Exactly one row fits each kind in each class.

    Periods count from the anchor; while its day is unknown the clock has not started. `or_until`: the
    record stays until that day where it is later (whichever is longer). `never_ends` says that the law
    sets no end.
    """

    id: Code
    when: PublicationWhen
    published: StrictBool
    anchor: Anchor
    minimum: Length | None = Field(description="Null only where nothing can be restored.")
    maximum: Length | None = None
    or_until: Literal["limitation_ends_on"] | None = None
    never_ends: StrictBool = False
    note_en: Text | None = None
    note_zh: Text | None = None
    citation: Citation


class AdverseWhen(Strict):
    kind: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None

    def applies(self, *, kind: str, severity: str) -> bool:
        """Whether the row fits a kind in a class."""
        return (self.kind is None or kind in self.kind) and (
            self.severity is None or severity in self.severity
        )


class ExemptionWhen(Strict):
    kind: tuple[Code, ...] | None = None
    use: tuple[Code, ...]
    use_amount: Amount | None = None


class ExemptionRow(Strict):
    """A use of the record to which the maximum does not apply (amounts in the pack's currency)."""

    id: Code
    when: ExemptionWhen
    text_en: Text
    text_zh: Text
    citation: Citation


class SwitchWhen(Strict):
    switch: dict[Code, Code] = Field(default_factory=dict)


class AtMaximumRow(Strict):
    """What happens at the maximum when the duty is not performed; the first row that fits holds.

    ends: publication stops all the same. holds: it goes on until the duty is performed.
    """

    id: Code
    when: SwitchWhen = SwitchWhen()
    effect: Literal["ends", "holds"]
    text_en: Text
    text_zh: Text
    contested: StrictBool = False
    assumed: StrictBool = False
    citation: Citation


class EventRow(Strict):
    """What an event does to a record without an application.

    removed: from the day of the event it is no longer published. marked: it stays and carries the mark.
    `within`: only when the event comes no later than so long after the finding.
    """

    id: Code
    when: AdverseWhen = AdverseWhen()
    event: Literal["performed_on", "set_aside_on", "plan_completed_on"]
    within: Length | None = None
    effect: Literal["removed", "marked"]
    text_en: Text
    text_zh: Text
    citation: Citation


class Shield(Strict):
    """Publication pauses while a reorganisation plan or settlement is being carried out.

    From `plan_approved_on` until the plan is completed or fails.
    """

    text_en: Text
    text_zh: Text
    unset_en: Text | None = Field(default=None, description="What is not seen of it.")
    unset_zh: Text | None = None
    citation: Citation


Test = Literal[
    "not_excluded",
    "minimum_reached",
    "duty_performed",
    "committed",
    "nothing_further",
    "trained",
    "not_barred",
    "never",
]
"""never: the law knows no restoration here; the record leaves by itself at its end."""


class ConditionRow(Strict):
    """One condition of restoration. All that fit must be met. {date} in a remedy is the day from which it
    is met.
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


class Extension(Strict):
    """By how much a deadline may be extended, once, and on which ground."""

    length: Period
    ground_en: Text
    ground_zh: Text
    notice_first: StrictBool = Field(description="Whether the applicant must be told beforehand.")
    citation: Citation


class DeadlineRule(Strict):
    """A statutory deadline. `working_days` is None where the number is unset or in another unit."""

    code: Code
    actor_en: Text
    actor_zh: Text
    text_en: Text
    text_zh: Text
    length: Period
    from_: Literal["receipt", "acceptance", "decision", "objection", "completion"] = Field(alias="from")
    extension: Extension | None = None
    citation: Citation

    @property
    def working_days(self) -> int | None:
        return self.length.value if self.length.unit == "working_days" else None

    @property
    def confidence(self) -> Confidence:
        return self.length.confidence


class Pause(Strict):
    """A ground on which a deadline stands still; the days of the pause do not count."""

    code: Code
    deadlines: tuple[Code, ...] = Field(min_length=1)
    ground_en: Text
    ground_zh: Text
    citation: Citation


class Sanction(Strict):
    """What a false commitment or false material brings, and how long it bars a new application."""

    code: Code
    grounds_en: Text
    grounds_zh: Text
    published: Length = Field(description="How long the sanction itself is published.")
    bar: Length = Field(description="How long no new application can be made.")
    citation: Citation


class NoticeDuty(Strict):
    """Who must tell whom what, and on which occasion."""

    code: Code
    at: Literal[
        "finding", "receipt", "acceptance", "refusal", "extension", "decision", "removal", "objection"
    ]
    actor_en: Text
    actor_zh: Text
    text_en: Text
    text_zh: Text
    citation: Citation


class HolderDuty(Strict):
    """Who must stop using a removed record; `deadline` is the code of the deadline by which."""

    code: Code
    holder_en: Text
    holder_zh: Text
    text_en: Text
    text_zh: Text
    deadline: Code | None = None
    citation: Citation


class TransitionRow(Strict):
    """Which pack governs a record found before this one was in force; the first row that fits holds.

    this_pack: this one, once it is in force. pack_at_finding: the one in force on the day of the finding.
    milder: of these two the one whose publication ends earlier, then whose minimum ends earlier.
    """

    id: Code
    when: SwitchWhen = SwitchWhen()
    rule: Literal["this_pack", "pack_at_finding", "milder"]
    text_en: Text
    text_zh: Text
    contested: StrictBool = False
    assumed: StrictBool = False
    citation: Citation


class Reading(Strict):
    """A fact taken as given when this pack is held against its base, and why."""

    fact: Literal["publication_necessary", "committed", "simple_procedure"]
    value: StrictBool
    reason_en: Text
    reason_zh: Text
    citation: Citation


class Decides(Strict):
    """Who decides on restoration, or where there is none, on objections."""

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
