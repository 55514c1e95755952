"""Which entities are one and the same: a function of the links that stand, never of their order.

    partition(members=(1, 2, 3), links=[Link(1, 2, same=True, by="rule")], codes={})    {1: 1, 2: 1, 3: 3}

A link says that two entities are the same or that they are different; a rule says it by its weights or a clerk by
looking. Entities that are joined by links are one, unless that contradicts what is known for certain: two of them
have different current codes of one scheme, or a clerk has said that two of them are different. Then the links of
rules do not count in that part; where the clerks' own links contradict what is known, none counts there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

#: Who says that two entities are the same or different.
Source = Literal["rule", "clerk"]


@dataclass(frozen=True, slots=True)
class Link:
    """Two entities, by their ids, are the same (``same``) or different."""

    one: int
    other: int
    same: bool
    by: Source


def partition(
    *,
    members: Collection[int],
    links: Collection[Link],
    codes: Mapping[int, frozenset[tuple[str, str]]],
) -> dict[int, int]:
    """The part to which each entity belongs.

    Args:
        members: ids of entities; every entity that a link names is among them.
        links: the links that stand.
        codes: current codes (scheme, value) of entities that have any; a scheme gives one code to one entity.

    Returns:
        For each member the head of its part: the lowest id among those with a code, else the lowest id.
    """
    apart = [link for link in links if not link.same]
    heads: dict[int, int] = {}
    for part in _components(members, (link for link in links if link.same)):
        for agreed in _agreed(part, links, apart, codes):
            head = min(agreed, key=lambda member: (not codes.get(member), member))
            heads.update(dict.fromkeys(agreed, head))
    return heads


def _agreed(
    part: frozenset[int],
    links: Collection[Link],
    apart: Collection[Link],
    codes: Mapping[int, frozenset[tuple[str, str]]],
) -> list[frozenset[int]]:
    """What is left of a part when links that contradict what is known do not count."""
    if not contradictory(part, apart, codes):
        return [part]
    by_clerks = (link for link in links if link.same and link.by == "clerk" and link.one in part)
    found: list[frozenset[int]] = []
    for smaller in _components(part, by_clerks):
        if contradictory(smaller, apart, codes):
            found.extend(frozenset((member,)) for member in smaller)
        else:
            found.append(smaller)
    return found


def contradictory(
    part: Collection[int], apart: Iterable[Link], codes: Mapping[int, frozenset[tuple[str, str]]]
) -> bool:
    """Whether a part cannot be one entity: two codes of one scheme, or two that are said to be different."""
    seen: dict[str, str] = {}
    for member in part:
        for scheme, value in codes.get(member, ()):
            if seen.setdefault(scheme, value) != value:
                return True
    return any(link.one in part and link.other in part for link in apart)


def _components(members: Iterable[int], links: Iterable[Link]) -> list[frozenset[int]]:
    """Connected components by union-find."""
    above = {member: member for member in members}

    def top(member: int) -> int:
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    for link in links:
        above[top(link.one)] = top(link.other)
    found: dict[int, set[int]] = {}
    for member in above:
        found.setdefault(top(member), set()).add(member)
    return [frozenset(part) for part in found.values()]
