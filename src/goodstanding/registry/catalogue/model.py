"""A list of the catalogue and its items, read strictly. What each field means for a reader is in
docs/reference/catalogue.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from goodstanding.law.attested import SEEN, Citation, Code, Quantity, SourceCode, Strict, Text

Level = Literal["national", "local", "market"]
Rank = Literal[
    "law", "administrative_regulation", "policy_document", "departmental_rule", "local_regulation", "standard",
    "agreement",
]  # fmt: skip
Group = Literal[
    "registration", "administrative", "judicial", "social_insurance", "tax", "utility", "intellectual_property",
    "commitment", "commercial",
]  # fmt: skip
LawKind = Literal["penalty", "serious_list", "abnormal_list", "other", "permit", "commitment", "registration"]
Polarity = Literal["adverse", "neutral", "positive"]
Provider = Literal[
    "government", "court", "utility", "social_insurance", "tax", "ip_office", "market_institution"
]
Subject = Literal["organisation", "individual_business", "natural_person"]
Disclosure = Literal["on_request", "shared", "published"]
Shown = Literal["not_published", "by_law", "as_stated"]

#: From the narrowest to the widest.
DISCLOSURES: Final[tuple[str, ...]] = ("on_request", "shared", "published")
ADVERSE_KINDS: Final = frozenset({"penalty", "serious_list", "abnormal_list", "other"})


class InForce(Strict):
    """First and last day; ``to`` is null while in force."""

    from_: date = Field(alias="from")
    to: date | None = None

    @model_validator(mode="after")
    def _runs_forward(self) -> InForce:
        if self.to is not None and self.to < self.from_:
            raise ValueError("dates out of order: `to` lies before `from`")
        return self

    def covers(self, on: date) -> bool:
        """Whether a day lies inside."""
        return self.from_ <= on and (self.to is None or on <= self.to)


class Instrument(Strict):
    """What an item may rest on. ``example`` marks one that does not exist, for lists that show how it is done."""

    name_en: Text
    name_zh: Text
    rank: Rank
    dated: date | None = None
    example: bool = False


class Item(Strict):
    """What may be collected: whose it is, from whom, on whom, and how far it may be shown."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=48)]
    name_en: Text
    name_zh: Text
    what_en: Text
    what_zh: Text
    group: Group
    law_kind: LawKind | None = Field(
        description="The kind under which law packs class it; null where none does."
    )
    polarity: Polarity
    providers: tuple[Provider, ...] = Field(min_length=1)
    subjects: tuple[Subject, ...] = Field(min_length=1)
    scored_on: tuple[Literal["organisation", "individual_business"], ...] = Field(
        description="On whom an evaluation may use it. Natural persons are never scored."
    )
    disclosure: Disclosure
    shown: Shown
    kept_months: Quantity = Field(
        description="Months after which it is deleted; null where no such number was seen."
    )
    held_in: Literal["registry", "lake"]
    citation: Citation
    in_force: InForce | None = Field(default=None, description="Where it differs from that of the list.")

    @property
    def record_kind(self) -> str | None:
        """The kind of the records that it makes; None for registration, which makes entities."""
        return None if self.law_kind == "registration" else self.law_kind or "fact"

    @property
    def adverse(self) -> bool:
        return self.polarity == "adverse"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Item:
        if self.adverse != (self.law_kind in ADVERSE_KINDS):
            raise ValueError(
                f"{self.polarity} does not go with law_kind {self.law_kind}: an adverse item needs a kind under"
                " which the law gives it a class and an end, and only an adverse item may have one of these"
            )
        if self.shown == "by_law" and self.law_kind in (None, "registration"):
            raise ValueError("shown by_law needs a law_kind that law packs give a window")
        if (self.disclosure != "published") != (self.shown == "not_published"):
            raise ValueError(f"disclosure {self.disclosure} does not go with shown {self.shown}")
        if not set(self.scored_on) <= set(self.subjects):
            raise ValueError("scored_on names a kind of subject on whom the item is not collected")
        return self


class CatalogueList(Strict):
    """One list: the national one, a local supplement to it, or what market institutions bring."""

    id: Code
    level: Level
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]*$")]
    supplements: Code | None = Field(default=None, description="The national list that it adds to.")
    division: Annotated[str, StringConstraints(pattern=r"^\d{6}$")] | None = Field(
        default=None, description="Where a local list holds."
    )
    name_en: Text
    name_zh: Text
    in_force: InForce
    instruments: dict[Code, Instrument]
    sources: dict[SourceCode, Text] = {}
    items: tuple[Item, ...] = Field(min_length=1)

    def in_force_of(self, item: Item) -> InForce:
        """The days on which an item of this list holds."""
        return item.in_force or self.in_force

    def faults(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What fits the format and breaks the list's own rules, with its path."""
        if (self.level == "national") != (self.supplements is None):
            yield ("supplements",), "a local or market list supplements a national one, which stands alone"
        if (self.level == "local") != (self.division is not None):
            yield ("division",), "a local list, and no other, names the division where it holds"
        seen: list[tuple[str, InForce]] = []
        for number, item in enumerate(self.items):
            at = ("items", number)
            days = self.in_force_of(item)
            if any(
                other == item.id
                and days.covers(max(days.from_, then.from_))
                and then.covers(max(days.from_, then.from_))
                for other, then in seen
            ):
                yield at, f"{item.id} is twice in force on the same day"
            seen.append((item.id, days))
            if not (self.in_force.covers(days.from_) and self.in_force.covers(days.to or days.from_)):
                yield at, f"{item.id} is in force outside the days of its list"
            yield from self._citation_faults(item, at)
            yield from self._level_faults(item, at)

    def _citation_faults(
        self, item: Item, at: tuple[str | int, ...]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        instrument = self.instruments.get(item.citation.instrument)
        if instrument is None:
            yield (*at, "citation"), f"{item.id}: there is no instrument {item.citation.instrument}"
            return
        for source in (*item.citation.source, *item.kept_months.source):
            if source not in self.sources:
                yield (*at, "citation"), f"{item.id}: there is no source {source}"
        if instrument.example and item.citation.confidence in SEEN:
            yield (
                (*at, "citation"),
                f"{item.id}: an example instrument was never seen; its confidence is X",
            )
        allowed: dict[str, tuple[str, ...]] = {
            "national": (
                "law",
                "administrative_regulation",
                "policy_document",
                "departmental_rule",
                "standard",
            ),
            "local": ("local_regulation",),
            "market": ("agreement",),
        }
        if instrument.rank not in allowed[self.level]:
            yield (
                (*at, "citation"),
                f"{item.id}: an item of a {self.level} list rests on {' or '.join(allowed[self.level])},"
                f" not on a {instrument.rank}",
            )

    def _level_faults(
        self, item: Item, at: tuple[str | int, ...]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        market = item.providers == ("market_institution",)
        if self.level == "market":
            if not market:
                yield (*at, "providers"), f"{item.id}: a market list is of market institutions only"
            if item.law_kind is not None or item.disclosure == "published":
                yield at, f"{item.id}: commercial data is never published and has no class of the law"
            if "natural_person" in item.subjects:
                yield (*at, "subjects"), f"{item.id}: commercial data is not taken in on natural persons"
        elif "market_institution" in item.providers:
            yield (*at, "providers"), f"{item.id}: a market institution provides items of a market list only"
        if self.level == "local" and "natural_person" in item.subjects and item.disclosure == "published":
            yield (*at, "disclosure"), f"{item.id}: a local list publishes nothing on natural persons"
        if self.level == "local" and item.shown == "as_stated":
            yield (*at, "shown"), f"{item.id}: a local list publishes by law or not at all"


def schema() -> str:
    """The JSON Schema (2020-12) of a list, as text."""
    found: dict[str, Any] = CatalogueList.model_json_schema()
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
    document["title"] = "Goodstanding catalogue list"
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
