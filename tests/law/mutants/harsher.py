"""Changes for the worse, each with the finding that must be made; lengths are drawn from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from goodstanding.law import Pack, load_pack
from goodstanding.law.rows import Amount
from tests.law.mutants.making import (
    BY_ID,
    CITY,
    EXTENSION,
    FCRA,
    O36,
    O58,
    O527,
    O2017,
    PAUSE,
    PBOC,
    SAMR,
    UK,
    Mutant,
    add,
    base_of,
    chosen,
    condition,
    drop,
    edit,
    material,
    months,
    period,
    put,
    row,
    sanction,
)

SEED = 20_260_401


def harsher() -> Iterator[Mutant]:
    """Changes for the worse, each with the finding that must be made."""
    random = Random(SEED)
    yield from _longer_windows(random)
    yield from _harsher_classes()
    yield from _harsher_windows()
    yield from _harsher_conditions()
    yield from _harsher_numbers()


def _longer_windows(random: Random) -> Iterator[Mutant]:
    """Every window of every pack, a little or much longer than what it is held against."""
    for pack in BY_ID.values():
        base = base_of(pack)
        for window in pack.publication:
            wanted = window.when.severity[0]
            theirs = next(
                (
                    one
                    for one in base.publication
                    if wanted in one.when.severity and one.published == window.published
                ),
                window,
            )
            for field, expected in (("minimum", "longer_wait"), ("maximum", "longer_publication")):
                length = getattr(theirs, field)
                if getattr(window, field) is None or length is None:
                    continue
                count = (base.months(length) or 0) + random.choice((1, 2, 5, 11, 12, 25))
                changed = edit(pack, "publication", window.id, **{field: months(count)})
                yield Mutant(f"{pack.id}: {field} of {window.id} {count} months", changed, base, expected)


def _harsher_classes() -> Iterator[Mutant]:
    def made(name: str, pack: Pack, base: Pack, expected: str = "longer_publication") -> Mutant:
        return Mutant(name, pack, base, expected)

    for pack, code, severity in (
        (O36, "warning", "ordinary"),
        (O36, "confiscation-of-gains", "serious"),
        (O36, "simple-procedure", "serious"),
        (CITY, "abnormal-list-minor", "serious"),
        (SAMR, "penalty", "serious"),
        (SAMR, "criticism", "ordinary"),
        (O527, "penalty", "specific"),
        (O2017, "penalty", "serious"),
    ):
        yield made(
            f"{pack.id}: {code} is {severity}",
            edit(pack, "classification", code, severity=severity),
            base_of(pack),
        )
    yield made("without the row for warnings", drop(O36, "classification", "warning"), O36)
    yield made(
        "SAMR without the row for simple procedure", drop(SAMR, "classification", "simple-procedure"), O36
    )
    only = edit(O36, "classification", "warning", when={"measure": ("warning",)})
    yield made("criticism is no longer named beside warnings", only, O36)
    last = put(O36, classification=(*O36.classification[1:], O36.classification[0]))
    yield made("simple procedure is asked last", last, O36)
    more = edit(
        O527, "classification", "specific-fields", when={"measure": ("revocation", "order_to_close", "fine")}
    )
    yield made("fines in specific fields cannot be restored", more, O527, "longer_wait")
    every = edit(O527, "classification", "specific-fields", when={"sector": None})
    yield made("specific in every sector", every, O527, "narrower_eligibility")
    acts = edit(O527, "classification", "specific-conduct", when={"conduct": None})
    yield made("specific for every conduct", acts, O527, "longer_wait")
    stated = edit(
        O527, "classification", "stated-serious", when={"stated": ("ordinary", "serious", "specific")}
    )
    yield made("serious although stated as ordinary", stated, O527, "longer_publication")
    low = edit(O58, "classification", "work-safety-large-fine", when={"amount_yuan": Amount(at_least=99_999)})
    yield made("a fine one yuan below is already large", low, O58, "longer_wait")
    yield made(
        "a threshold in the row where the base leaves it open",
        edit(SAMR, "classification", "huge-fine", when={"amount_yuan": Amount(at_least=1_000_000)}),
        O36,
        "longer_publication",
    )
    settings = {"large_fine_from_yuan": 100_000}
    yield made(
        "the threshold of huge fines set lower",
        chosen(O36, huge_fine_from_yuan=500_000, **settings),
        chosen(O36, huge_fine_from_yuan=1_000_000, **settings),
    )
    yield made("suspension chosen serious", load_pack(O36.id, switches={"suspension_class": "serious"}), O36)
    kinds = tuple(
        one.model_copy(update={"adverse": True}) if one.code == "permit" else one for one in O36.kinds
    )
    rows = edit(
        put(O36, kinds=kinds), "classification", "serious-list", when={"kind": ("serious_list", "permit")}
    )
    yield made("permits are adverse", rows, O36, "adverse_kind")


def _harsher_windows() -> Iterator[Mutant]:
    def made(name: str, pack: Pack, base: Pack, expected: str = "longer_publication") -> Mutant:
        return Mutant(name, pack, base, expected)

    shown = {"published": True, "maximum": months(1)}
    yield made("minor items published", edit(O36, "publication", "minor-not-published", **shown), O36)
    yield made(
        "the city publishes minor items after all",
        edit(CITY, "publication", "minor-not-published", **shown),
        O36,
    )
    yield made(
        "SAMR publishes warnings",
        edit(SAMR, "publication", "warning-not-published", published=True, maximum=months(4)),
        O36,
    )
    both_ = edit(
        drop(O36, "publication", "minor-not-published"),
        "publication",
        "minor-published",
        when={"publication_necessary": None},
    )
    yield made("minor items published without need", both_, O36)
    for pack, code in (
        (O36, "ordinary-window"),
        (CITY, "serious-window"),
        (FCRA, "collection-seven-years"),
        (UK, "six-years"),
    ):
        endless = edit(pack, "publication", code, maximum=None, never_ends=True)
        yield made(f"{pack.id}: {code} never ends", endless, base_of(pack))
    for pack, code, anchor in (
        (O36, "ordinary-window", "performed_on"),
        (O36, "serious-window", "ended_on"),
        (SAMR, "ordinary-window", "performed_on"),
        (PBOC, "five-years", "performed_on"),
        (FCRA, "bankruptcy-ten-years", "ended_on"),
        (UK, "six-years", "performed_on"),
    ):
        yield made(
            f"{pack.id}: {code} counts from {anchor}",
            edit(pack, "publication", code, anchor=anchor),
            base_of(pack),
        )
    late = edit(O58, "publication", "serious-window", anchor="performed_on")
    yield made("Order 58 waits from performance", late, O58, "longer_wait")
    until = edit(FCRA, "publication", "other-seven-years", or_until="limitation_ends_on")
    yield made("until the limitation ends, for other items too", until, FCRA)
    for pack in (O527, O58, UK, SAMR):
        code = pack.at_maximum[0].id
        yield made(
            f"{pack.id} holds at the maximum", edit(pack, "at_maximum", code, effect="holds"), base_of(pack)
        )
    yield made("the default is to hold", edit(O36, "at_maximum", "ends-at-maximum", effect="holds"), O36)
    lower = edit(FCRA, "exemptions", "large-credit", when={"use_amount": Amount(at_least=149_999)})
    yield made("credit of one dollar less is exempt", lower, FCRA)
    yield made(
        "every salary is exempt", edit(FCRA, "exemptions", "large-salary", when={"use_amount": None}), FCRA
    )
    wider = edit(FCRA, "exemptions", "large-salary", when={"use": ("employment", "credit")})
    yield made("credit by the salary's threshold", wider, FCRA)
    yield made("completion of the plan removes nothing", drop(O36, "events", "plan-completed"), O36)
    yield made("completion marks only", edit(O36, "events", "plan-completed", effect="marked"), O36)
    some = edit(SAMR, "events", "plan-completed", when={"severity": ("minor",)})
    yield made("completion removes minor items only", some, O36)
    yield made("setting aside removes nothing", drop(UK, "events", "set-aside"), UK)
    yield made("payment within a month removes nothing", drop(UK, "events", "paid-within-a-month"), UK)
    soon = edit(UK, "events", "paid-within-a-month", within=months(0))
    yield made("payment on the day itself only", soon, UK)
    in_time = edit(UK, "events", "set-aside", within=months(60))
    yield made("setting aside within five years only", in_time, UK)
    yield made("payment is not marked", drop(UK, "events", "satisfied"), UK, "mark_missing")
    marked = edit(UK, "events", "satisfied", within=months(12))
    yield made("payment is marked within a year only", marked, UK, "mark_missing")
    for pack in (O36, SAMR, CITY):
        yield made(f"{pack.id} without the shield", put(pack, shield=None), O36)


def _harsher_conditions() -> Iterator[Mutant]:
    def made(name: str, pack: Pack, base: Pack, expected: str) -> Mutant:
        return Mutant(name, pack, base, expected)

    for pack, new in (
        (O36, condition("trained")),
        (CITY, condition("trained", kind=["penalty"], severity=["serious"])),
        (O58, condition("nothing_further")),
        (O527, condition("trained", severity=["ordinary"])),
    ):
        changed = add(pack, "conditions", new)
        yield made(f"{pack.id}: {new.test} as well", changed, base_of(pack), "narrower_eligibility")
    wider = edit(O36, "conditions", "minimum_reached", when={"severity": None})
    longer = edit(wider, "publication", "minor-published", minimum=months(1))
    yield made("minor items wait too", longer, O36, "narrower_eligibility")
    for pack, severity in ((O36, "serious"), (SAMR, "ordinary"), (CITY, "minor")):
        changed = add(pack, "conditions", condition("never", severity=[severity]))
        yield made(f"{pack.id}: {severity} never", changed, O36, "longer_wait")
    yield made(
        "lists are never restored",
        add(O58, "conditions", condition("never", kind=["penalty"])),
        O58,
        "later_earliest_day",
    )
    barred = add(
        add(O58, "conditions", condition("not_barred")), "sanctions", sanction("false", published=1, bar=12)
    )
    yield made("a bar where there was none", barred, O58, "narrower_eligibility")
    yield made("the same, as a sanction", barred, O58, "longer_sanction")
    for pack, when in ((O36, {}), (SAMR, {"severity": ["minor"]}), (CITY, {"kind": ["other"]}), (O58, {})):
        yield made(
            f"{pack.id}: one material more {when}",
            add(pack, "materials", material(**when)),
            base_of(pack),
            "one_material_more",
        )
    yield made(
        "other material required",
        edit(O36, "materials", "other_material", required=True),
        O36,
        "one_material_more",
    )
    report = edit(O527, "materials", "credit_report", when={"severity": None})
    yield made("a credit report for ordinary items", report, O527, "one_material_more")
    nothing = edit(O58, "publication", "serious-window", minimum=None)
    yield made("serious items have no minimum", nothing, O58, "longer_wait")


def _harsher_numbers() -> Iterator[Mutant]:
    def made(name: str, pack: Pack, base: Pack, expected: str = "longer_deadline") -> Mutant:
        return Mutant(name, pack, base, expected)

    for pack, code, length in (
        (O36, "accept", period(4)),
        (O36, "accept", period(5, "calendar_days")),
        (O36, "feedback", period(1, "months")),
        (O36, "feedback", period(None)),
        (SAMR, "accept", period(5)),
        (CITY, "feedback", period(11)),
        (PBOC, "objection", period(20)),
        (FCRA, "objection", period(31, "calendar_days")),
        (UK, "objection", period(None, "calendar_days")),
    ):
        yield made(
            f"{pack.id}: {code} {length.value} {length.unit}",
            edit(pack, "deadlines", code, length=length),
            base_of(pack),
        )
    yield made("no time to accept", drop(CITY, "deadlines", "accept"), O36)
    yield made("feedback counts from the decision", edit(O36, "deadlines", "feedback", from_="decision"), O36)
    yield made("accepting can be put off", edit(SAMR, "deadlines", "accept", extension=EXTENSION), O36)
    longer = row(FCRA, "deadlines", "objection").extension.model_copy(
        update={"length": period(16, "calendar_days")}
    )
    yield made("a longer extension", edit(FCRA, "deadlines", "objection", extension=longer), FCRA)
    paused = put(O36, pauses=(PAUSE.model_copy(update={"deadlines": ("accept",)}),))
    yield made("feedback can be paused as well", add(paused, "pauses", PAUSE), paused)
    year, two = (chosen(O36, bar_months=count, sanction_published_months=count) for count in (12, 13))
    yield made("a longer bar", two, year, "narrower_eligibility")
    yield made("a longer bar, as a sanction", two, year, "longer_sanction")
    yield made(
        "another sanction",
        put(SAMR, sanctions=(sanction("again", published=1, bar=1),)),
        O36,
        "longer_sanction",
    )
