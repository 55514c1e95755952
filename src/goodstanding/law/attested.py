"""What every cell of a pack rests on: codes, texts, citations, and numbers that say how well they are attested."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, model_validator

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
    """A number of the law with its unit and attestation; `value: null` means that nobody has seen it.

    `parameter` names the parameter by which an operator may set an unseen number.
    """

    value: StrictInt | None
    parameter: Code | None = None
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
        if self.value is not None and self.parameter is not None:
            raise ValueError("a number that was seen is not the operator's to set; drop `parameter`")
        return self


class Length(Quantity):
    """A calendar length in months or years."""

    unit: Literal["months", "years"]


class Period(Quantity):
    """The length of a deadline. Working days are those of the pack's jurisdiction."""

    unit: Literal["working_days", "calendar_days", "months"]


class Named(Strict):
    name_en: Text
    name_zh: Text
