"""The documents that the law room writes: a decision, and the receipt of a decision. Unknown fields are refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from goodstanding.law.attested import Code, Confidence, SourceCode, Strict
from goodstanding.law.facts import FactsDocument

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Publication = Literal["information", "not_yet", "not_published", "published", "shielded", "ended"]
Start = Literal["receipt", "acceptance", "decision", "objection", "completion"]
Unit = Literal["working_days", "calendar_days", "months"]


class PackName(Strict):
    id: Code
    digest: Digest = Field(description="SHA-256 over the pack's content and the operator's choices.")


class SeverityDocument(Strict):
    code: Code
    name_en: str
    name_zh: str


class MarkDocument(Strict):
    id: Code
    text_en: str
    text_zh: str


class ConditionDocument(Strict):
    code: Code
    met: bool
    met_from: date | None = Field(description="Since or from which day; null where that is not known.")
    article_en: str
    article_zh: str
    text_en: str
    text_zh: str
    remedy_en: str
    remedy_zh: str


class MaterialDocument(Strict):
    id: Code
    name_en: str
    name_zh: str
    required: bool


class ExtensionDocument(Strict):
    length: int | None
    unit: Unit
    ground_en: str
    ground_zh: str
    notice_first: bool


class DeadlineDocument(Strict):
    code: Code
    actor_en: str
    actor_zh: str
    text_en: str
    text_zh: str
    from_: Start = Field(alias="from")
    length: int | None = Field(description="Null: not seen in the official text and not set.")
    unit: Unit
    extension: ExtensionDocument | None


class DeciderDocument(Strict):
    body: Code
    text_en: str
    text_zh: str


class StepDocument(Strict):
    table: str
    row: Code
    citation_en: str
    citation_zh: str
    confidence: Confidence
    source: tuple[SourceCode, ...]
    contested: bool
    assumed: bool
    note_en: str
    note_zh: str


class DecisionDocument(Strict):
    """What the law says of one record on one day, with every row used."""

    id: str | None = Field(default=None, description="As the record bore it.")
    line: StrictInt | None = Field(default=None, description="Which record of the input, from 1.")
    transition: Code | None = Field(
        default=None, description="The row by which the pack governs a record found before it was in force."
    )
    pack: PackName
    on: date
    facts: FactsDocument
    severity: SeverityDocument | None = Field(description="Null for kinds that are not adverse.")
    published: bool
    publication: Publication
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None = Field(description="First day on which it is no longer published.")
    clock_started: bool
    marks: tuple[MarkDocument, ...]
    eligible: bool
    earliest_on: date | None
    conditions: tuple[ConditionDocument, ...]
    materials: tuple[MaterialDocument, ...]
    deadlines: tuple[DeadlineDocument, ...]
    decides: DeciderDocument | None
    rows: tuple[Code, ...]
    trace: tuple[StepDocument, ...]


class PackReceipt(PackName):
    switches: dict[Code, Code] = Field(description="The switches that the operator chose.")
    parameters: dict[Code, StrictInt] = Field(description="The parameters that are set.")


class CalendarReceipt(Strict):
    jurisdiction: Literal["CN", "US", "GB"]
    version: str
    digest: str


class InputsReceipt(Strict):
    facts: FactsDocument
    on: date
    starts: dict[Start, date] = Field(description="The days from which deadlines were dated.")


class ConditionReceipt(Strict):
    code: Code
    met: bool
    met_from: date | None


class LengthReceipt(Strict):
    length: int | None
    unit: Unit


class DeadlineReceipt(LengthReceipt):
    code: Code
    from_: Start = Field(alias="from")
    extension: LengthReceipt | None


class DueReceipt(Strict):
    code: Code
    start: date
    due_on: date | None = Field(description="Null while no official notice arranges the days.")
    earliest_due_on: date
    latest_due_on: date | None


class ResultReceipt(Strict):
    severity: Code | None
    published: bool
    publication: Publication
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    clock_started: bool
    marks: tuple[Code, ...]
    eligible: bool
    earliest_on: date | None
    conditions: tuple[ConditionReceipt, ...]
    materials: tuple[Code, ...]
    deadlines: tuple[DeadlineReceipt, ...]
    due: tuple[DueReceipt, ...]
    decides: Code | None
    rows: tuple[Code, ...]


class StepReceipt(Strict):
    table: str
    row: Code
    confidence: Confidence
    source: tuple[SourceCode, ...]
    contested: bool
    assumed: bool


class ReceiptDocument(Strict):
    """What was decided, by which law and from which facts; replayed, it gives the same bytes."""

    format: Literal["goodstanding-decision-receipt/1"]
    engine: StrictInt = Field(ge=1, description="Version of the engine that decided.")
    pack: PackReceipt
    calendar: CalendarReceipt | None = Field(description="Null where no deadline was dated by working days.")
    inputs: InputsReceipt
    result: ResultReceipt
    trace: tuple[StepReceipt, ...]
