"""How much of a law pack nobody has seen: the numbers and sentences that are unset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from goodstanding.law import Pack
from goodstanding.law.attested import Quantity


@dataclass(frozen=True, slots=True)
class Unset:
    """numbers: of so many numbers of the law; unset: so many are not known; sentences: rules that say that
    something of them was not seen.
    """

    numbers: int
    unset: int
    sentences: int

    @property
    def whole(self) -> bool:
        """Whether nothing is unset."""
        return not self.unset and not self.sentences


def unset_of(pack: Pack) -> Unset:
    """Count what is unset in a pack. A number and the parameter that sets it count once."""
    quantities = list(quantities_in(pack))
    named = {quantity.parameter for quantity in quantities}
    parameters = [parameter for parameter in pack.parameters if parameter.code not in named]
    values = [pack.number(quantity) for quantity in quantities]
    values += [parameter.value for parameter in parameters]
    texts = [*pack.statements, *([pack.shield] if pack.shield else [])]
    return Unset(
        numbers=len(values),
        unset=sum(value is None for value in values),
        sentences=sum(text.unset_en is not None for text in texts),
    )


def quantities_in(thing: object) -> Iterator[Quantity]:
    """Every number of the law within a pack or a part of it."""
    if isinstance(thing, Quantity):
        yield thing
    elif isinstance(thing, BaseModel):
        for name in type(thing).model_fields:
            yield from quantities_in(getattr(thing, name))
    elif isinstance(thing, tuple):
        for part in thing:
            yield from quantities_in(part)
