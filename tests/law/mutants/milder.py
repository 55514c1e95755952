"""Changes that leave everything as it was or better: none may be reported."""

from __future__ import annotations

from collections.abc import Iterator

from goodstanding.law import Pack, load_pack
from goodstanding.law.rows import Amount, Kind
from tests.law.mutants.making import (
    BY_ID,
    FCRA,
    O36,
    O58,
    O527,
    O2017,
    PBOC,
    UK,
    Mutant,
    add,
    chosen,
    condition,
    copy,
    drop,
    edit,
    event,
    material,
    months,
    period,
    put,
    sanction,
)


def milder() -> Iterator[Mutant]:
    """Changes that leave everything as it was or better: none may be reported."""

    def made(name: str, pack: Pack, base: Pack) -> Mutant:
        return Mutant(name, pack, base, "")

    for pack in BY_ID.values():
        yield made(f"{pack.id} as it is", pack, pack)
    yield made("a shorter minimum", edit(O36, "publication", "serious-window", minimum=months(11)), O36)
    yield made("a shorter maximum", edit(O36, "publication", "serious-window", maximum=months(35)), O36)
    yield made("the same in months", edit(O36, "publication", "ordinary-window", maximum=months(12)), O36)
    hidden = {"published": False, "maximum": None}
    yield made("not published", edit(O36, "publication", "ordinary-window", **hidden), O36)
    yield made("a milder class", edit(O36, "classification", "revocation", severity="ordinary"), O36)
    yield made("suspension by the milder rule always", put(O36, chosen={"suspension_class": "ordinary"}), O36)
    yield made("a condition less", drop(O36, "conditions", "committed"), O36)
    yield made("a material less", drop(O36, "materials", "commitment_letter"), O36)
    optional = material().model_copy(update={"required": False})
    yield made("a material that nobody must hand in", add(O36, "materials", optional), O36)
    yield made(
        "training where nothing can be restored anyway", add(O2017, "conditions", condition("trained")), O2017
    )
    yield made("a material where nothing can be restored anyway", add(PBOC, "materials", material()), PBOC)
    yield made("accepted sooner", edit(O36, "deadlines", "accept", length=period(2)), O36)
    yield made(
        "accepted within as many calendar days",
        edit(O36, "deadlines", "accept", length=period(3, "calendar_days")),
        O36,
    )
    yield made(
        "feedback from receipt within a shorter time",
        edit(O36, "deadlines", "feedback", length=period(9, "calendar_days")),
        O36,
    )
    yield made("decided within a set time", edit(O36, "deadlines", "decide", length=period(90)), O36)
    yield made("no extension", edit(FCRA, "deadlines", "objection", extension=None), FCRA)
    yield made("setting aside removes", add(O36, "events", event("set_aside_on", "removed")), O36)
    yield made("performance is marked", add(O36, "events", event("performed_on", "marked")), O36)
    yield made(
        "payment in two months removes", edit(UK, "events", "paid-within-a-month", within=months(2)), UK
    )
    yield made(
        "payment always removes, so none is marked",
        add(drop(UK, "events", "satisfied"), "events", event("performed_on", "removed")),
        UK,
    )
    yield made("a shield", put(O58, shield=O36.shield), O58)
    yield made("a shorter bar", chosen(O36, bar_months=11), chosen(O36, bar_months=12))
    yield made(
        "a sanction that bars nobody", put(O58, sanctions=(sanction("none", published=0, bar=0),)), O58
    )
    yield made("fewer exemptions", drop(FCRA, "exemptions", "large-salary"), FCRA)
    higher = edit(FCRA, "exemptions", "large-credit", when={"use_amount": Amount(at_least=150_001)})
    yield made("a higher threshold of exemption", higher, FCRA)
    yield made(
        "seven years whatever the limitation",
        edit(FCRA, "publication", "judgment-seven-years", or_until=None),
        FCRA,
    )
    fields = edit(O527, "classification", "specific-fields", when={"sector": ("fire",)})
    yield made("fewer specific fields", fields, O527)
    yield made(
        "fewer acts", edit(O527, "classification", "specific-conduct", when={"conduct": ("bribery",)}), O527
    )
    first = copy(O36, "classification", "warning", when={"measure": ("fine",)})
    yield made("every fine minor", add(O36, "classification", first, first=True), O36)
    rows = O36.classification
    yield made(
        "rows that never meet in another order",
        put(O36, classification=(*rows[:6], rows[7], rows[6], *rows[8:])),
        O36,
    )
    split = edit(O36, "classification", "warning", when={"measure": ("criticism",)})
    alone = copy(O36, "classification", "warning", when={"measure": ("warning",)})
    yield made("one row written as two", add(split, "classification", alone, first=True), O36)
    kinds = tuple(kind.code for kind in O36.kinds if kind.adverse)
    yield made("all kinds named", edit(O36, "publication", "ordinary-window", when={"kind": kinds}), O36)
    new = O36.kinds[1].model_copy(update={"code": "spot_check"})
    lists = edit(
        add(O36, "kinds", new),
        "classification",
        "serious-list",
        when={"kind": ("serious_list", "spot_check")},
    )
    yield made("a kind that the base does not know", lists, O36)
    renamed = O36.kinds[1].model_copy(update={"code": "black_list", "as_in_base": "serious_list"})
    yield made("a kind under another name", _renamed(renamed), O36)
    yield made(
        "threshold of huge fines set higher",
        chosen(O36, huge_fine_from_yuan=10**7),
        chosen(O36, huge_fine_from_yuan=10**6),
    )
    yield made(
        "the end does not wait for performance",
        load_pack(O36.id),
        load_pack(O36.id, switches={"unperformed_at_maximum": "holds"}),
    )
    twice = edit(O36, "deadlines", "accept", from_="receipt", length=period(3))
    yield made("the same deadline again", twice, O36)


def _renamed(kind: Kind) -> Pack:
    kinds = tuple(kind if one.code == kind.as_in_base else one for one in O36.kinds)
    return edit(put(O36, kinds=kinds), "classification", "serious-list", when={"kind": (kind.code,)})
