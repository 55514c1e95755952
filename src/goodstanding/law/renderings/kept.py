"""What is made once of the same objects and kept: the rows of one pack under the same choices are the same
objects, so their identities tell what was made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


class Kept(Generic[Part, Made]):
    """Makes a thing of a tuple of objects, once. The objects are kept with it, so no other object can come to
    have their identity; at `most` things all are let go. Only for objects that live as long as their pack.
    """

    def __init__(self, make: Callable[[tuple[Part, ...]], Made], *, most: int = 10_000) -> None:
        self._make = make
        self._most = most
        self._made: dict[tuple[int, ...], tuple[Made, tuple[Part, ...]]] = {}

    def of(self, parts: tuple[Part, ...]) -> Made:
        """What is made of these objects, in this order."""
        key = tuple(map(id, parts))
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= self._most:
                self._made.clear()
            found = self._made[key] = (self._make(parts), parts)
        return found[0]
