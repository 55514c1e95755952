"""Facts drawn at random for a pack, with days near month ends and near one another."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from goodstanding.law import Facts, Pack, add_months
from goodstanding.law.prove.facts import CODES, DATES, FLAGS

AMOUNTS = (0, 1, 99, 49_999, 50_000, 75_000, 149_999, 150_000, 10**6, 10**8)


def random_day(random: Random, around: date) -> date:
    """A day near another, often just a number of months away from it."""
    if random.random() < 0.5:
        months = random.choice((0, 1, 3, 6, 12, 36, 60, 72, 84, 120))
        return add_months(around, months) + timedelta(days=random.choice((-1, 0, 0, 1)))
    return around + timedelta(days=random.randrange(-30, 2000))


def random_facts(random: Random, pack: Pack) -> Facts:
    """Facts that the pack does not refuse."""
    kind = random.choice(pack.kinds)
    measures = [measure.code for measure in pack.measures]
    carried = random.sample(measures, random.randrange(min(4, len(measures) + 1))) if kind.measures else []
    found = date(random.randrange(1990, 2090), 1, 1) + timedelta(days=random.randrange(366))
    if random.random() < 0.3:
        found = add_months(date(2024, 1, 31), random.randrange(200))
    listed = {
        "stated": [row.code for row in pack.severities],
        "conduct": [row.code for row in pack.conducts],
        "sector": [row.code for row in pack.sectors],
        "use": [row.code for row in pack.uses],
    }
    return Facts(
        kind=kind.code,
        measures=frozenset(carried),
        found_on=found,
        subject="natural_person",
        amount_yuan=random.choice([None, *map(Decimal, AMOUNTS)]),
        use_amount=random.choice([None, *map(Decimal, AMOUNTS)]),
        **{name: random.random() < (0.8 if name in ("committed", "trained") else 0.3) for name in FLAGS},
        **{name: random_day(random, found) if random.random() < 0.5 else None for name in DATES},
        **{name: random.choice([None, *listed[name]]) for name in CODES},
    )
