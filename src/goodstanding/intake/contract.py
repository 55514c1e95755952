"""Data contracts: what an authority's file holds, in the Open Data Contract Standard 3.1, read strictly.

    contract = load_contract("double-publicity-penalties")
    contract.column("CF_JDRQ").clauses.not_in_future

What the standard has a place for stands there (columns, types, lengths, keys, service levels); what it lacks
stands in ``customProperties``: the clauses below. Shipped contracts lie in ``contracts/``; an installation puts
its own beside its inbox, in the folder ``contracts`` of the data folder.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from goodstanding.law.errors import PackRefused
from goodstanding.law.yaml_lines import line_of, read

from .errors import ContractNotFound, ContractProblem, ContractRefused

SHIPPED = Path(__file__).parent / "contracts"

EntityKind = Literal["organisation", "individual_business", "natural_person"]
Scheme = Literal["uscc", "org_code", "registration_no", "lei"]
RecordKind = Literal["penalty", "permit", "commitment", "abnormal_list", "serious_list", "other"]


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
    classification: Literal["public", "restricted"]
    logical_type_options: Options = Options()
    custom_properties: tuple[CustomProperty, ...]

    @cached_property
    def clauses(self) -> ColumnClauses:
        return ColumnClauses.model_validate({item.property: item.value for item in self.custom_properties})

    @property
    def public(self) -> bool:
        """Whether its value may leave the registry with a published record."""
        return self.classification == "public"


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
    """A form in which the file may come. ``delimiter`` and ``encodings`` are for CSV only."""

    format: Literal["csv", "xlsx", "jsonl"]
    delimiter: Literal[",", ";", "\t", "|"] = ","
    encodings: tuple[Literal["utf-8", "utf-16", "gb18030"], ...] = ("utf-8", "utf-16", "gb18030")


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


class Clauses(Strict):
    """What the standard has no field for, of the whole contract. One of record and registration."""

    name_zh: str
    formats: tuple[FileFormat, ...] = Field(min_length=1)
    subject: Subject
    record: Record | None = None
    registration: Registration | None = None
    code_lists: dict[str, dict[str, str]] = {}
    publication: Publication | None = None
    sharing: Sharing


class Contract(Strict):
    """One data contract."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    domain: str
    tenant: str | None = None
    description: Description
    schema_: tuple[Table] = Field(alias="schema")
    sla_properties: tuple[ServiceLevel, ...]
    custom_properties: tuple[CustomProperty, ...]

    @cached_property
    def clauses(self) -> Clauses:
        """The contract's own clauses, checked when it is loaded."""
        return Clauses.model_validate({item.property: item.value for item in self.custom_properties})

    @property
    def name_zh(self) -> str:
        return self.clauses.name_zh

    @property
    def reference(self) -> str:
        """Id and version, as records name it."""
        return f"{self.id}@{self.version}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the order of the layout."""
        return self.schema_[0].properties

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each column in the layout, from 0."""
        return {column.name: place for place, column in enumerate(self.columns)}

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """The natural key's columns in their order (``primaryKey``)."""
        keyed = [column for column in self.columns if column.primary_key]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.primary_key_position or 0))

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return self.columns[self.places[name]]


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractRefused: with file, line and reason for every fault found.
    """
    try:
        value, lines = read(path.read_text(encoding="utf-8"), file=path.name)
    except PackRefused as error:
        problems = tuple(ContractProblem(item.line, item.reason) for item in error.problems)
        raise ContractRefused(file=path.name, problems=problems) from error
    except UnicodeDecodeError as error:
        raise ContractRefused(
            file=path.name, problems=(ContractProblem(1, f"not UTF-8: {error.reason}"),)
        ) from error
    faults: list[tuple[tuple[str | int, ...], str]] = []
    try:
        contract = Contract.model_validate(value)
    except ValidationError as error:
        faults = [(item["loc"], f"{_dotted(item['loc'])}: {item['msg']}") for item in error.errors()]
    else:
        faults = [*_clause_faults(contract, value)] or [*_contradictions(contract)]
    if faults:
        raise ContractRefused(
            file=path.name,
            problems=tuple(ContractProblem(line_of(place, lines), reason) for place, reason in faults),
        )
    return contract


def _dotted(place: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in place) or "the file"


def _clause_faults(contract: Contract, value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Faults inside customProperties, which the standard leaves open and this file does not."""
    found: list[tuple[tuple[str | int, ...], str]] = []

    def look(owner: Contract | Column, at: tuple[str | int, ...]) -> None:
        names = [item.property for item in owner.custom_properties]
        for name in {name for name in names if names.count(name) > 1}:
            found.append(((*at, "customProperties"), f"{name} stands twice"))
        try:
            owner.clauses  # noqa: B018 (validated on first use)
        except ValidationError as error:
            for item in error.errors():
                clause, *inner = item["loc"] or ("",)
                place = (*at, "customProperties")
                if clause in names:
                    place = (*place, names.index(str(clause)), "value", *inner)
                found.append((place, f"{_dotted(item['loc'])}: {item['msg']}"))

    look(contract, ())
    for number, column in enumerate(contract.columns):
        look(column, ("schema", 0, "properties", number))
    return found


def _contradictions(contract: Contract) -> list[tuple[tuple[str | int, ...], str]]:
    """What fits the format and still cannot be meant."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    clauses = contract.clauses
    names = [column.name for column in contract.columns]
    for number, column in enumerate(contract.columns):
        at = ("schema", 0, "properties", number)
        if names.count(column.name) > 1:
            found.append((at, f"the column {column.name} stands twice"))
        if column.clauses.personal and column.public:
            found.append((at, f"{column.name} is personal and cannot be classified public"))
        if column.clauses.code_list and column.clauses.code_list not in clauses.code_lists:
            found.append((at, f"{column.name}: there is no code list {column.clauses.code_list}"))
    if (clauses.record is None) == (clauses.registration is None):
        found.append(
            (("customProperties",), "a contract has either a record clause or a registration clause")
        )
    if clauses.record is not None:
        if clauses.publication is None:
            found.append((("customProperties",), "records need a publication clause"))
        if not contract.key_columns:
            found.append(
                (("schema",), "no column is marked primaryKey: nothing would tell two findings apart")
            )
    known = set(names)
    for name, clause in (
        ("subject", clauses.subject),
        ("record", clauses.record),
        ("registration", clauses.registration),
        ("publication", clauses.publication),
    ):
        for column in _columns_named(clause) if clause else ():
            if column not in known:
                place = [item.property for item in contract.custom_properties].index(name)
                found.append((("customProperties", place), f"{name}: there is no column {column}"))
    return found


def _columns_named(clause: BaseModel) -> list[str]:
    stated = {
        "identify_by", "kinds", "kind", "legal_basis_stated",  "decided", "jurisdiction",
        "months_at_most", "severity", "basis",
    }  # fmt: skip
    found: list[str] = []
    for field in type(clause).model_fields:
        value = getattr(clause, field)
        if field in stated or value is None:
            continue
        if isinstance(value, OnlyWhere):
            found.append(value.column)
        elif isinstance(value, tuple):
            found.extend(item.column if isinstance(item, Code) else item for item in value)
        else:
            found.append(value)
    return found


@lru_cache(maxsize=256)
def _read_once(path: Path, changed: int) -> Contract:
    return read_contract(path)


def folders() -> tuple[Path, ...]:
    """Where contracts lie: the shipped ones, then the installation's own."""
    return (SHIPPED, Path(settings.INTAKE_FOLDER).parent / "contracts")


def all_contracts() -> tuple[Contract, ...]:
    """Every contract of this installation, by id. An own contract stands before a shipped one of its id.

    Raises:
        ContractRefused: one of them is faulty.
    """
    found: dict[str, Contract] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.yaml")):
            contract = _read_once(path, path.stat().st_mtime_ns)
            if contract.id != path.stem:
                problem = ContractProblem(1, f"the file is named {path.stem}, the contract {contract.id}")
                raise ContractRefused(file=path.name, problems=(problem,))
            found[contract.id] = contract
    return tuple(found[name] for name in sorted(found))


def load_contract(contract_id: str) -> Contract:
    """The contract of this id.

    Raises:
        ContractNotFound: there is none. ContractRefused: it is faulty.
    """
    known = {contract.id: contract for contract in all_contracts()}
    if contract_id not in known:
        raise ContractNotFound(contract_id, tuple(known))
    return known[contract_id]
