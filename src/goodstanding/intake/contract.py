"""Data contracts: what an authority's file holds, in the Open Data Contract Standard 3.1, read strictly.

    contract = load_contract("double-publicity-penalties")
    contract.column("CF_JDRQ").clauses.not_in_future

What the standard has a place for stands there (columns, types, lengths, keys, service levels); what it lacks
stands in ``customProperties``: the clauses below. Shipped contracts lie in ``contracts/``; an installation puts
its own beside its inbox, in the folder ``contracts`` of the data folder.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from pydantic import BaseModel, Field, ValidationError

from goodstanding.law.errors import PackRefused
from goodstanding.law.yaml_lines import line_of, read
from goodstanding.registry.catalogue import Catalogue, catalogue_on, latest_catalogue, lists_changed

from .clauses import (
    Clauses,
    Code,
    Column,
    CustomProperty,
    Description,
    OnlyWhere,
    ServiceLevel,
    Strict,
    Table,
)
from .contract_catalogue import wider_than_its_item
from .errors import ContractNotFound, ContractProblem, ContractRefused

SHIPPED = Path(__file__).parent / "contracts"
#: What a row may do (the codes of a change column).
CHANGES = ("report", "correct", "annul", "redact")


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
    def record_kind(self) -> str | None:
        """The kind of the records that it makes; None where it makes entities."""
        return self.clauses.record.kind if self.clauses.record else None

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

    @cached_property
    def naming_columns(self) -> frozenset[str]:
        """The columns that a row needs to name a finding: all that one that takes a finding back must have."""
        change = self.clauses.change
        subject = self.clauses.subject
        return frozenset((*self.key_columns, *subject.columns, *((change.column,) if change else ())))

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return self.columns[self.places[name]]


def read_contract(path: Path, *, catalogue: Catalogue | None = None) -> Contract:
    """Read one contract file.

    Args:
        path: the file.
        catalogue: what it is held against; the latest version of every item unless said otherwise.

    Raises:
        ContractRefused: with file, line and reason for every fault found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContractRefused(
            file=path.name, problems=(ContractProblem(1, f"not UTF-8: {error.reason}"),)
        ) from error
    return parse_contract(text, file=path.name, catalogue=catalogue)


def parse_contract(text: str, *, file: str, catalogue: Catalogue | None = None) -> Contract:
    """Read a contract from its text; ``file`` is what it is called in what is said of it. See ``read_contract``."""
    try:
        value, lines = read(text, file=file)
    except PackRefused as error:
        problems = tuple(ContractProblem(item.line, item.reason) for item in error.problems)
        raise ContractRefused(file=file, problems=problems) from error
    faults: list[tuple[tuple[str | int, ...], str]] = []
    try:
        contract = Contract.model_validate(value)
    except ValidationError as error:
        faults = [(item["loc"], f"{_dotted(item['loc'])}: {item['msg']}") for item in error.errors()]
    else:
        faults = (
            [*_clause_faults(contract, value)]
            or [*_contradictions(contract)]
            or [*wider_than_its_item(contract, catalogue or latest_catalogue())]
        )
    if faults:
        raise ContractRefused(
            file=file,
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
        for named in _columns_named(clause) if clause else ():
            if named not in known:
                place = [item.property for item in contract.custom_properties].index(name)
                found.append((("customProperties", place), f"{name}: there is no column {named}"))
    found += _change_faults(contract)
    days = {column.name for column in contract.columns if column.logical_type == "date"}
    for named in (name for pair in clauses.quality.in_order for name in (pair.first, pair.then)):
        if named not in days:
            place = [item.property for item in contract.custom_properties].index("quality")
            found.append((("customProperties", place), f"quality: there is no date column {named}"))
    return found


def _change_faults(contract: Contract) -> list[tuple[tuple[str | int, ...], str]]:
    """A change column must be there and know only the four changes; snapshots and changes need records."""
    clauses = contract.clauses
    named = [item.property for item in contract.custom_properties]
    found: list[tuple[tuple[str | int, ...], str]] = []
    if clauses.change is not None:
        place = ("customProperties", named.index("change"))
        column = next((item for item in contract.columns if item.name == clauses.change.column), None)
        codes = clauses.code_lists.get((column and column.clauses.code_list) or "", {})
        if clauses.record is None or not codes or not set(codes.values()) <= set(CHANGES):
            changes = ", ".join(CHANGES)
            found.append((place, f"change: names a column of a record whose code list knows only {changes}"))
    if clauses.delivery.form == "snapshot" and clauses.record is None:
        found.append(
            (("customProperties", named.index("delivery")), "delivery: only records come as snapshots")
        )
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
def _read_once(path: Path, changed: int, lists: object, on: date | None) -> Contract:
    return read_contract(path, catalogue=None if on is None else catalogue_on(on))


def folders() -> tuple[Path, ...]:
    """Where contracts lie: the shipped ones, then the installation's own."""
    return (SHIPPED, Path(settings.INTAKE_FOLDER).parent / "contracts")


def all_contracts() -> tuple[Contract, ...]:
    """Every contract of this installation, by id. An own contract stands before a shipped one of its id.

    Raises:
        ContractRefused: one of them is faulty.
    """
    return tuple(_read_named(_files()[name]) for name in sorted(_files()))


def contract_ids() -> tuple[str, ...]:
    """The ids of this installation's contracts, faulty ones too."""
    return tuple(sorted(_files()))


def load_contract(contract_id: str, *, on: date | None = None) -> Contract:
    """The contract of this id. A fault in another contract does not matter here.

    Args:
        contract_id: its id.
        on: the day whose catalogue it is held against; the latest version of its item unless said otherwise.

    Raises:
        ContractNotFound: there is none. ContractRefused: it is faulty, or wider than the catalogue allows.
    """
    files = _files()
    if contract_id not in files:
        raise ContractNotFound(contract_id, tuple(sorted(files)))
    return _read_named(files[contract_id], on=on)


def contract_text(contract_id: str) -> str:
    """The file of a contract, word for word.

    Raises:
        ContractNotFound: there is none.
    """
    files = _files()
    if contract_id not in files:
        raise ContractNotFound(contract_id, tuple(sorted(files)))
    return files[contract_id].read_text(encoding="utf-8")


def _files() -> dict[str, Path]:
    return {path.stem: path for folder in folders() for path in folder.glob("*.yaml")}


def _read_named(path: Path, *, on: date | None = None) -> Contract:
    contract = _read_once(path, path.stat().st_mtime_ns, lists_changed(), on)
    if contract.id != path.stem:
        problem = ContractProblem(1, f"the file is named {path.stem}, the contract {contract.id}")
        raise ContractRefused(file=path.name, problems=(problem,))
    return contract
