"""Clusters are a function of the links that stand: any order, any batches, the same parts."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.registry.clusters import Link, partition

MEMBERS = range(1, 9)
Codes = dict[int, frozenset[tuple[str, str]]]

pairs = st.tuples(st.sampled_from(MEMBERS), st.sampled_from(MEMBERS)).filter(lambda pair: pair[0] != pair[1])
links = st.builds(
    lambda pair, same, by: Link(pair[0], pair[1], same=same, by=by if same else "clerk"),
    pairs,
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["rule", "clerk"]),
)
codes = st.dictionaries(
    st.sampled_from(MEMBERS),
    st.sampled_from(["A", "B", "C"]).map(lambda value: frozenset({("uscc", value)})),
    max_size=3,
)


def reachable(start: int, given: list[Link]) -> set[int]:
    """Breadth-first search: an oracle that shares nothing with union-find."""
    found, edge = {start}, [start]
    while edge:
        member = edge.pop()
        for link in given:
            for one, other in ((link.one, link.other), (link.other, link.one)):
                if one == member and other not in found:
                    found.add(other)
                    edge.append(other)
    return found


def impossible(part: set[int], given: list[Link], known: Codes) -> bool:
    values = {value for member in part for value in known.get(member, ())}
    return len(values) > 1 or any(not link.same and {link.one, link.other} <= part for link in given)


def expected(member: int, given: list[Link], known: Codes) -> set[int]:
    whole = reachable(member, [link for link in given if link.same])
    if not impossible(whole, given, known):
        return whole
    sure = reachable(member, [link for link in given if link.same and link.by == "clerk"])
    return {member} if impossible(sure, given, known) else sure


@given(st.lists(links, max_size=14), codes, st.randoms(use_true_random=False))
def test_parts_are_those_of_the_oracle_in_any_order(
    given: list[Link], known: Codes, order: random.Random
) -> None:
    heads = partition(members=MEMBERS, links=given, codes=known)
    for member in MEMBERS:
        assert {other for other in MEMBERS if heads[other] == heads[member]} == expected(member, given, known)
    order.shuffle(given)
    turned = [Link(link.other, link.one, same=link.same, by=link.by) for link in given]
    assert partition(members=list(reversed(MEMBERS)), links=turned, codes=known) == heads


@given(st.lists(links, max_size=14), codes)
def test_the_head_has_the_code_and_belongs_to_its_part(given: list[Link], known: Codes) -> None:
    heads = partition(members=MEMBERS, links=given, codes=known)
    for member, head in heads.items():
        part = [other for other in MEMBERS if heads[other] == head]
        assert heads[head] == head
        if any(known.get(other) for other in part):
            assert known.get(head)
        assert member in part


@given(st.lists(links, max_size=14), codes)
def test_two_codes_are_never_one_entity(given: list[Link], known: Codes) -> None:
    heads = partition(members=MEMBERS, links=given, codes=known)
    for one, values in known.items():
        for other, others in known.items():
            if values != others:
                assert heads[one] != heads[other]
