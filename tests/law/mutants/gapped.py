"""Packs with a gap, an overlap, a dead row or no way out, each with the finding that must be made."""

from __future__ import annotations

from collections.abc import Iterator

from goodstanding.law import Pack
from goodstanding.law.attested import Length
from goodstanding.law.rows import Amount
from tests.law.mutants.making import (
    BY_ID,
    CITY,
    FCRA,
    O36,
    O58,
    O527,
    O2017,
    PBOC,
    SAMR,
    UK,
    Mutant,
    add,
    copy,
    drop,
    edit,
    months,
    put,
    row,
)


def gapped() -> Iterator[Mutant]:
    """Packs with a gap, an overlap, a dead row or no way out, each with the finding that must be made."""

    def made(name: str, pack: Pack, expected: str) -> Mutant:
        return Mutant(f"{pack.id}: {name}", pack, pack, expected)

    for pack in BY_ID.values():
        for window in pack.publication:
            yield made(f"without {window.id}", drop(pack, "publication", window.id), "window_gap")
        again = copy(pack, "publication", pack.publication[-1].id)
        yield made("the last window twice", add(pack, "publication", again), "window_overlap")
        yield made("no condition", put(pack, conditions=()), "no_condition")
    for pack, code in (
        (O36, "unlisted-ordinary"),
        (O36, "unlisted-serious"),
        (O36, "abnormal-list-ordinary"),
        (CITY, "serious-list"),
        (SAMR, "spot-check-minor"),
        (SAMR, "penalty"),
        (O58, "penalty"),
        (O527, "penalty"),
        (O2017, "penalty"),
        (FCRA, "adverse"),
        (UK, "judgment"),
    ):
        yield made(f"without {code}", drop(pack, "classification", code), "gap")
    fewer = edit(O36, "classification", "unlisted-ordinary", when={"kind": ("other",)})
    yield made("unlisted penalties have no class", fewer, "gap")
    one = edit(O58, "classification", "penalty", when={"measure": tuple(m.code for m in O58.measures[1:])})
    yield made("a penalty with the first measure alone, or with none, has no class", one, "gap")
    sums = edit(O58, "classification", "penalty", when={"amount_yuan": Amount(at_least=1)})
    yield made("a penalty without a known amount has no class", sums, "gap")
    either = edit(O36, "publication", "minor-not-published", when={"publication_necessary": None})
    yield made("two windows where publication is necessary", either, "window_overlap")
    wide = edit(CITY, "publication", "ordinary-window", when={"severity": ("ordinary", "serious")})
    yield made("the ordinary window takes serious items too", wide, "window_overlap")
    other = copy(O36, "classification", "serious-list", severity="minor")
    yield made("a second row for lists that contradicts", add(O36, "classification", other), "dead_row")
    front = row(O527, "classification", "penalty")
    yield made(
        "the general row comes first",
        put(O527, classification=(front, *O527.classification[:-1])),
        "dead_row",
    )
    empty = copy(
        O58, "classification", "work-safety-large-fine", when={"amount_yuan": Amount(at_least=100, below=50)}
    )
    yield made("an empty band", add(O58, "classification", empty, first=True), "dead_row")
    bare = copy(O36, "classification", "warning", when={"kind": ("serious_list",)})
    yield made("a measure of a kind that carries none", add(O36, "classification", bare), "dead_row")
    for code in ("ends-at-maximum", "holds-at-maximum"):
        yield made(f"without {code}", drop(O36, "at_maximum", code), "at_maximum_gap")
    yield made("no rule for one choice", drop(O36, "transition", "earlier-milder"), "transition_gap")
    some = put(
        O36,
        conditions=tuple(
            c.model_copy(update={"when": c.when.model_copy(update={"kind": ("penalty",)})})
            for c in O36.conditions
        ),
    )
    yield made("conditions for penalties only", some, "no_condition")
    yield made("no material", put(O58, materials=()), "no_material")
    yield made("no minimum", edit(CITY, "publication", "ordinary-window", minimum=None), "no_minimum")
    yield made("no maximum", edit(SAMR, "publication", "serious-window", maximum=None), "no_end")
    unset = Length(value=None, unit="months", confidence="X")
    yield made("an unset maximum", edit(O58, "publication", "serious-window", maximum=unset), "no_end")
    yield made(
        "ends before its minimum", edit(O36, "publication", "serious-window", maximum=months(11)), "too_late"
    )
    for pack in (PBOC, FCRA, UK):
        silent = put(pack, deadlines=tuple(one for one in pack.deadlines if one.from_ != "objection"))
        yield made("nobody answers an objection", silent, "no_objection")
