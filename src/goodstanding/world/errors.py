"""What the generator refuses: one closed family, each refusal in English and Chinese with its remedy."""

from __future__ import annotations


class WorldError(ValueError):
    """An argument that no city can be made of.

    code: "entities.out_of_range" or "records.out_of_range"; en, zh: sentence and remedy for a person.
    """

    def __init__(self, *, code: str, en: str, zh: str) -> None:
        super().__init__(f"{en} {zh}")
        self.code, self.en, self.zh = code, en, zh


def out_of_range(argument: str, value: int, lowest: int, highest: int) -> WorldError:
    """The error for a number outside its range, both ends included."""
    return WorldError(
        code=f"{argument}.out_of_range",
        en=f"{argument} is {value}; give a number from {lowest} to {highest}.",
        zh=f"{argument}为{value}；请给出{lowest}至{highest}之间的数。",
    )
