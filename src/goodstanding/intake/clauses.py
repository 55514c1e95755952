"""The parts of a data contract: fields of the Open Data Contract Standard, and the clauses that it lacks.

Every model refuses unknown fields. Names are written in camel case in the file. What each clause means for a reader
is in docs/reference/contracts.md.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

EntityKind = Literal["organisation", "individual_business", "natural_person"]
Scheme = Literal["uscc", "org_code", "registration_no", "lei"]
Encoding = Literal["utf-8", "utf-16", "gb18030", "big5", "shift_jis"]
RecordKind = Literal["penalty", "permit", "commitment", "abnormal_list", "serious_list", "other", "fact"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=False)


class CustomProperty(Strict):
    property: str
    value: Any
    description: str | None = None


class Options(Strict):
    """``logicalTypeOptions``: lengths in characters; ``format`` of a date where it is not year-month-day."""

    max_length: int | None = Field(default=None, ge=1)
    pattern: str | None = None
    minimum: int | None = None
    format: Literal["yyyy-MM-dd", "MM/dd/yy"] | None = None


class ColumnClauses(Strict):
    """What the standard has no field for, of one column."""

    name_en: str
    description_zh: str
    personal: Literal["name", "identifier"] | None = None
    keep: Literal["value", "key", "drop"] | None = Field(
        default=None,
        description="What is kept of a personal column: a name itself, the keyed hash, or nothing.",
    )
    scheme: Scheme | None = None
    code_list: str | None = None
    separators: str | None = None
    unit: Literal["元", "万元"] | None = None
    calendar: Literal["gregorian", "roc", "era"] = "gregorian"
    not_in_future: bool = False

    @model_validator(mode="after")
    def _says_what_is_kept_of_a_person(self) -> ColumnClauses:
        allowed = {None: (None,), "name": ("value", "drop"), "identifier": ("key", "drop")}[self.personal]
        if self.keep not in allowed:
            raise ValueError(f"keep of a personal {self.personal} is one of {allowed}, not {self.keep}")
        return self


class Column(Strict):
    """A column of the file."""

    name: str = Field(min_length=1)
    business_name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    logical_type: Literal["string", "date", "number"]
    physical_type: str
    required: bool = False
    primary_key: bool = False
    primary_key_position: int | None = None
    classification: Literal["public", "shared", "on_request", "restricted"]
    logical_type_options: Options = Options()
    custom_properties: tuple[CustomProperty, ...]

    @cached_property
    def clauses(self) -> ColumnClauses:
        return ColumnClauses.model_validate({item.property: item.value for item in self.custom_properties})

    @property
    def public(self) -> bool:
        """Whether its value is shown to whoever may see the record; a restricted one is shown to nobody."""
        return self.classification != "restricted"


class Table(Strict):
    name: str
    business_name: str
    description: str
    logical_type: Literal["object"]
    physical_type: str
    properties: tuple[Column, ...] = Field(min_length=1)


class ServiceLevel(Strict):
    property: str
    value: str | int
    unit: str | None = None
    element: str | None = None
    driver: str | None = None
    description: str | None = None


class Description(Strict):
    purpose: str
    usage: str
    limitations: str | None = None


class FileFormat(Strict):
    """A form in which the file may come; ``csv`` stands for TSV and Parquet too, and text may be packed.

    ``delimiter`` is for CSV; ``encodings`` are those of text, the likeliest first.
    """

    format: Literal["csv", "tsv", "xlsx", "jsonl", "parquet"]
    delimiter: Literal[",", ";", "\t", "|"] = ","
    encodings: tuple[Encoding, ...] = ("utf-8", "utf-16", "gb18030")


class Code(Strict):
    column: str
    scheme: Scheme


class Subject(Strict):
    """Which columns say whom a row is about.

    ``identify_by`` codes: by the first of ``codes`` that is valid, persons by their keyed number;
    name_at_source: the entity is known only by this source, under that name and place, and is never merged with
    another; not_in_source: no column names it, so every row waits in quarantine.
    """

    identify_by: Literal["codes", "name_at_source", "not_in_source"]
    name: str | None = None
    kind_column: str | None = None
    kinds: dict[str, EntityKind] = {}
    codes: tuple[Code, ...] = ()
    person_number: str | None = None
    person_document: str | None = None
    columns: tuple[str, ...] = ()


class Record(Strict):
    """Which columns a record's own fields are taken from."""

    kind: RecordKind
    document_no: str | None = None
    found_on: str
    legal_basis: str | None = None
    legal_basis_stated: str | None = None
    measures: str | None = None
    amount: str | None = None
    issuer: str | None = Field(default=None, description="Column with the issuer's code; else the sender.")
    source: str | None = Field(default=None, description="Column with the source's code; else the sender.")


class Registration(Strict):
    """Which columns an entity's fields are taken from."""

    registration_no: str | None = None
    org_code: str | None = None
    name_latin: str | None = None
    entity_type: str | None = None
    division: str | None = None
    address: str | None = None
    registered_on: str | None = None
    status: str | None = None
    capital: str | None = None
    former_names: str | None = None


class OnlyWhere(Strict):
    column: str
    is_: str = Field(alias="is")


class Publication(Strict):
    """How long a record is published.

    by law: the pack in force in ``jurisdiction`` decides; ``ends_on`` names a column whose day ends publication
    earlier, ``only_where`` a column whose value allows it at all. as_stated: the source's own days, from the
    column ``from`` until the day after the column ``until``, with ``months_at_most`` where ``until`` is empty;
    ``severity`` is the class under which such records are kept. not_published: no window is known.
    """

    decided: Literal["by_law", "as_stated", "not_published"]
    jurisdiction: str
    ends_on: str | None = None
    only_where: OnlyWhere | None = None
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    months_at_most: int | None = None
    severity: Literal["minor", "ordinary", "serious"] | None = None
    basis: str

    @model_validator(mode="after")
    def _is_whole(self) -> Publication:
        stated = (self.from_, self.severity)
        if self.decided == "as_stated" and None in (*stated, self.until, self.months_at_most):
            raise ValueError("as_stated needs from, until, monthsAtMost and severity")
        if self.decided == "by_law" and any((*stated, self.until, self.months_at_most)):
            raise ValueError("by_law takes its days from the law, not from the contract")
        return self


class Sharing(Strict):
    """The clauses of the sharing agreement (共享协议)."""

    provider: str
    provider_zh: str
    scope: str
    scope_zh: str
    method: str
    frequency: str
    within_working_days: int = Field(ge=1)
    legal_basis: str
    legal_basis_zh: str
    purpose: str
    purpose_zh: str
    correction: str
    correction_zh: str
    removal: str
    removal_zh: str


class Hold(Strict):
    """Thresholds, 0 to 100, below which a file waits for the operator before anything of it enters.

    ``short``: also when it holds oddly few rows beside the source's earlier files. Lateness holds nothing: that
    would only make it later.
    """

    completeness: float | None = Field(default=None, ge=0, le=100)
    validity: float | None = Field(default=None, ge=0, le=100)
    uniqueness: float | None = Field(default=None, ge=0, le=100)
    consistency: float | None = Field(default=None, ge=0, le=100)
    short: bool = False


class InOrder(Strict):
    """Two date columns of which ``then`` cannot lie before ``first``."""

    first: str
    then: str


class Quality(Strict):
    """What the quality of a file is measured against, beyond the contract's other clauses."""

    hold: Hold = Hold()
    in_order: tuple[InOrder, ...] = ()


class Change(Strict):
    """The column that says what a row does: its code list maps words to report, correct, annul and redact.

    An empty cell reports. A row that annuls or redacts needs the key and the subject's code only.
    """

    column: str


class Delivery(Strict):
    """What a file is to the source's earlier ones: more rows (increments), or the full list of the day (snapshot).

    ``missing``: what becomes of a record that a snapshot no longer lists. ``at_least_percent``: a snapshot with fewer
    rows than this share of what is listed now waits for the operator.
    """

    form: Literal["increments", "snapshot"]
    missing: Literal["ended", "annulled"] = "ended"
    at_least_percent: int = Field(default=50, ge=1, le=100)


class Clauses(Strict):
    """What the standard has no field for, of the whole contract. One of record and registration."""

    name_zh: str
    item: str = Field(description="The item of the catalogue of record kinds that the rows come under.")
    formats: tuple[FileFormat, ...] = Field(min_length=1)
    subject: Subject
    record: Record | None = None
    registration: Registration | None = None
    code_lists: dict[str, dict[str, str]] = {}
    publication: Publication | None = None
    sharing: Sharing
    quality: Quality = Quality()
    change: Change | None = None
    delivery: Delivery = Delivery(form="increments")
