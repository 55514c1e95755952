"""What the prover says of two packs agrees with asking every case of a small domain, one by one."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from goodstanding.law import Pack, load_pack

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from goodstanding.law.prove import harsher
from tests.law.mutants.making import add, condition, drop, edit, material, months
from tests.oracles.harsher_by_hand import harsher_on, small_domain

PACKS = ("cn-ndrc-36-2025", "cn-ndrc-58-2023", "cn-ndrc-527-2019", "us-fcra", "uk-register-of-judgments")
EACH = 7


def any_change(random: Random, pack: Pack) -> Pack:
    """One change in a random direction: it may make the pack harsher, milder, both or neither."""
    what = random.choice(("minimum", "maximum", "anchor", "hidden", "class", "holds", "add", "less", "event"))
    window = random.choice(pack.publication)
    count = random.choice((0, 1, 3, 6, 12, 24, 36, 72))
    if what == "minimum" and window.minimum is not None:
        return edit(pack, "publication", window.id, minimum=months(count))
    if what == "maximum" and window.maximum is not None:
        return edit(pack, "publication", window.id, maximum=months(count))
    if what == "anchor":
        return edit(
            pack, "publication", window.id, anchor=random.choice(("found_on", "ended_on", "performed_on"))
        )
    if what == "hidden":
        return edit(pack, "publication", window.id, published=not window.published, maximum=None)
    if what == "holds":
        return edit(pack, "at_maximum", pack.at_maximum[0].id, effect="holds")
    if what == "add":
        new = condition(
            random.choice(("trained", "nothing_further", "never")), severity=[window.when.severity[0]]
        )
        return add(pack, "conditions", new)
    if what == "less" and len(pack.conditions) > 1:
        return drop(pack, "conditions", random.choice(pack.conditions).id)
    if what == "event" and pack.events:
        return drop(pack, "events", random.choice(pack.events).id)
    if what == "class":
        severity = random.choice(pack.severities).code
        return edit(pack, "classification", random.choice(pack.classification).id, severity=severity)
    return add(pack, "materials", material(severity=[window.when.severity[0]]))


@pytest.mark.parametrize("code", PACKS)
def test_the_prover_agrees_with_brute_force_in_both_directions(code: str) -> None:
    random, base = Random(code), load_pack(code)
    domain = list(small_domain(base, found_on=date(2024, 11, 30)))
    answers = set()
    for _ in range(EACH):
        local = any_change(random, any_change(random, base))
        proved = {finding.code for finding in harsher(local, base).findings}
        seen: set[str] = set()
        for facts, on in random.sample(domain, min(800, len(domain))):
            seen |= harsher_on(facts, local=local, base=base, on=on)
        assert seen <= proved, seen - proved
        swapped = {finding.code for finding in harsher(base, local).findings}
        seen_swapped: set[str] = set()
        for facts, on in random.sample(domain, min(800, len(domain))):
            seen_swapped |= harsher_on(facts, local=base, base=local, on=on)
        assert seen_swapped <= swapped, seen_swapped - swapped
        answers |= {bool(seen), bool(seen_swapped)}
    assert answers == {True, False}


@pytest.mark.parametrize("code", ["cn-samr-107-2025", "example-city-2026"])
def test_where_the_prover_says_nowhere_harsher_no_case_of_the_small_domain_is(code: str) -> None:
    local = load_pack(code)
    base = load_pack(str(local.base))
    assert harsher(local, base).proved
    for facts, on in small_domain(local, found_on=date(2026, 8, 31)):
        if any(getattr(facts, reading.fact) is not reading.value for reading in local.readings):
            continue
        assert harsher_on(facts, local=local, base=base, on=on) == set(), (facts, on)
