"""A sharing agreement (数据共享协议) as a document: the Open Data Contract Standard 3.1, read strictly.

    agreement = parse_agreement(text, file="mingjian.yaml")
    agreement.terms.scope.kinds, agreement.digest

What the standard has a place for stands there: purpose, usage and limitations, frequency and freshness. What it lacks
stands in one custom property, ``sharingAgreement``: parties, scope, method, legal basis, onward transfer, duties,
validity. ``docs/reference/agreements.md`` says what each means.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from goodstanding import proof
from goodstanding.law.errors import PackRefused
from goodstanding.law.yaml_lines import line_of, read

from .agreement_faults import Fault, explained
from .errors import AgreementRefused

RecordKind = Literal["penalty", "permit", "commitment", "abnormal_list", "serious_list", "other", "fact"]
#: What a purpose may do without. ``name`` and ``identifiers`` are replaced wherever they occur in the record.
Mask = Literal["name", "identifiers", "documentNo"]
#: The ways in which records leave under an agreement. ``push`` is the feed, told of by push.
Method = Literal["feed", "push", "api", "file"]
METHODS: Final[tuple[str, ...]] = get_args(Method)


def _named_once(method: Method | tuple[Method, ...]) -> Method | tuple[Method, ...]:
    if not method:
        raise ValueError("method_none")
    if isinstance(method, tuple) and len(set(method)) != len(method):
        raise ValueError("method_twice")
    return method


Methods = Annotated[
    Annotated[Method, Tag("one method")] | Annotated[tuple[Method, ...], Tag("methods")],
    Discriminator(lambda given: "methods" if isinstance(given, list | tuple) else "one method"),
    AfterValidator(_named_once),
]
#: Steps of a place in a document that only say which form of a clause was read.
_FORMS: Final = ("tuple[str, ...]", "one method", "methods")
#: The name of the one custom property.
CLAUSES: Final = "sharingAgreement"
#: Where faults of the whole document are to be mended.
_PLACES: Final = {"file_frequency": ("slaProperties",)}
#: The shortest time between two files of an agreement.
LEAST_BETWEEN_FILES: Final = timedelta(minutes=10)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_KEY: Final = r"^[0-9a-f]{64}$"
_TEXT: Final = r"\S"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=False)


class Description(Strict):
    """Why: ``purpose`` is what the records may be used for."""

    purpose: str = Field(pattern=_TEXT)
    usage: str | None = None
    limitations: str | None = None


class ServiceLevel(Strict):
    """``frequency``: how often the recipient fetches or is sent to; ``freshness``: how old what it shows may be."""

    property: Literal["frequency", "freshness"]
    value: int = Field(ge=1)
    unit: Literal["s", "m", "h", "d"]


class Provider(Strict):
    """The installation that gives: its log's name, and the key of its log (Ed25519, hex), under which it signs."""

    name: str = Field(pattern=_TEXT)
    key: str = Field(pattern=_KEY)


class Recipient(Strict):
    """Who gets: its id as a subscriber, its names, and the key of its receipts (Ed25519, hex)."""

    subscriber: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    name_zh: str = Field(pattern=_TEXT)
    name_en: str = ""
    key: str = Field(pattern=_KEY)


class Scope(Strict):
    """What may leave. A record is inside when its kind or its item is named and its entity lies in a division."""

    kinds: tuple[RecordKind, ...] = ()
    items: tuple[str, ...] = ()
    divisions: tuple[str, ...] = Field(default=(), description="Six digits each; none means everywhere.")
    fields: Literal["all"] | tuple[str, ...] = Field(
        default="all", description="The public fields of the content that are given; the others are left out."
    )
    masking: tuple[Mask, ...] = ()

    @model_validator(mode="after")
    def _names_something_once(self) -> Self:
        if not self.kinds and not self.items:
            raise ValueError("scope_empty")
        for names in (self.kinds, self.items, self.divisions, self.masking, self.fields):
            if names != "all" and len(set(names)) != len(names):
                raise ValueError("scope_twice")
        if not all(len(code) == 6 and code.isascii() and code.isdigit() for code in self.divisions):
            raise ValueError("scope_divisions")
        return self


class Duties(Strict):
    """Working days within which the recipient acts, counted from the news on the feed or from the end.

    ``suspension_working_days``: how long a removal may stay unanswered past its last day before the agreement is
    suspended by itself; without it a person decides.
    """

    correction_working_days: int = Field(ge=0, le=60)
    removal_working_days: int = Field(ge=0, le=60)
    deletion_working_days: int = Field(ge=0, le=60)
    suspension_working_days: int | None = Field(default=None, ge=1, le=60)


class Probing(Strict):
    """How the provider may look whether the duties are kept. Public pages of the recipient it may always look at.

    ``canaries``: among what is sent there may be records of entities that do not exist, made for this recipient alone.
    """

    canaries: bool


class Validity(Strict):
    """First and last day; without a last day it holds until it is ended."""

    first: date = Field(alias="from")
    last: date | None = Field(default=None, alias="until")

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError("validity_backward")
        return self


class Terms(Strict):
    """The clauses that the standard lacks."""

    name_zh: str = Field(pattern=_TEXT)
    provider: Provider
    recipient: Recipient
    scope: Scope
    method: Methods = Field(description="One way, or a list of them; each is a door of its own.")
    legal_basis: str = Field(pattern=_TEXT)
    onward_transfer: tuple[str, ...] = Field(
        description="To whom it may be passed on; empty means to nobody."
    )
    duties: Duties
    validity: Validity
    probing: Probing | None = None

    @property
    def methods(self) -> tuple[Method, ...]:
        """The ways in which records leave under it."""
        return self.method if isinstance(self.method, tuple) else (self.method,)


class CustomProperty(Strict):
    property: Literal["sharingAgreement"]
    value: Terms


class Agreement(Strict):
    """One version of one sharing agreement."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")
    name: str = Field(pattern=_TEXT)
    version: str = Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")
    status: Literal["active"]
    domain: str
    description: Description
    sla_properties: tuple[ServiceLevel, ...]
    custom_properties: tuple[CustomProperty] = Field(description="Exactly one: sharingAgreement.")

    @model_validator(mode="after")
    def _has_files_at_a_frequency(self) -> Self:
        if "file" in self.terms.methods:
            every = service_level(self.document, "frequency")
            if every is None or every < LEAST_BETWEEN_FILES:
                raise ValueError("file_frequency")
        return self

    @property
    def terms(self) -> Terms:
        return self.custom_properties[0].value

    @property
    def name_zh(self) -> str:
        return self.terms.name_zh

    @property
    def name_en(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """Id and version."""
        return f"{self.id}@{self.version}"

    @property
    def number(self) -> tuple[int, ...]:
        """The version as it is ordered."""
        return tuple(int(part) for part in self.version.split("."))

    @cached_property
    def document(self) -> dict[str, Any]:
        """The agreement as JSON, with every default written out: what is signed."""
        found: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return found

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON (RFC 8785): what both sides sign."""
        return proof.agreement_digest(self.document)

    def to_yaml(self) -> str:
        """The agreement as a file; reading it again gives the same agreement."""
        text: str = yaml.safe_dump(self.document, allow_unicode=True, sort_keys=False, width=100)
        return text


def read_agreement(path: Path) -> Agreement:
    """Read one file. Raises AgreementRefused with file, line, path and remedy for every fault found."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AgreementRefused(file=path.name, faults=(explained("not_utf8", ()),)) from error
    return parse_agreement(text, file=path.name)


def parse_agreement(text: str, *, file: str) -> Agreement:
    """Read an agreement from its text; ``file`` is what it is called in what is said of it.

    Raises:
        AgreementRefused: with file, line, path and remedy, in both languages, for every fault found.
    """
    try:
        value, lines = read(text, file=file)
    except PackRefused as error:
        faults = tuple(explained("yaml", (), line=one.line, detail=one.reason) for one in error.problems)
        raise AgreementRefused(file=file, faults=faults) from error
    return checked(value, file=file, lines=lines)


def checked(document: Any, *, file: str, lines: dict[tuple[str | int, ...], int] | None = None) -> Agreement:
    """The agreement of a document as JSON, with the lines of its places where they are known.

    Raises:
        AgreementRefused: see ``parse_agreement``.
    """
    try:
        return Agreement.model_validate(document)
    except ValidationError as error:
        faults = tuple(_fault(item, lines or {}) for item in error.errors())
        raise AgreementRefused(file=file, faults=faults) from error


def agreement_of(document: dict[str, Any]) -> Agreement:
    """The agreement of a document that was kept (``Agreement.document``)."""
    return Agreement.model_validate(document)


def service_level(document: dict[str, Any], name: Literal["frequency", "freshness"]) -> timedelta | None:
    """The frequency or the freshness of a document that was kept; None where it says nothing."""
    for level in document["slaProperties"]:
        if level["property"] == name:
            return timedelta(seconds=level["value"] * _SECONDS[level["unit"]])
    return None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an agreement's file, for editors and for other programs."""
    schema = Agreement.model_json_schema(by_alias=True)
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sharing agreement"}


def _fault(item: Any, lines: dict[tuple[str | int, ...], int]) -> Fault:
    place = tuple(step for step in item["loc"] if step not in _FORMS and not str(step).startswith("literal"))
    kind, context = item["type"], item.get("ctx", {})
    if kind == "value_error":
        kind = str(context["error"])
        place = place or _PLACES.get(kind, ())
    detail = context.get("expected") or context.get("pattern") or ""
    return explained(kind, place, line=line_of(place, lines), detail=str(detail) or item["msg"])
