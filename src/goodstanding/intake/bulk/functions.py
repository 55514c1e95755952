"""What the expressions call by name: each engine brings these functions with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

import ibis  # type: ignore[import-untyped]


@ibis.udf.scalar.builtin(name="gs_octets", signature=(("string",), "int64"))
def octets(text: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_sha256", signature=(("binary",), "binary"))
def sha256(data: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_end", signature=(("binary", "binary"), "binary"))
def end(data: Any, more: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_without_zeros", signature=(("string",), "string"))
def without_zeros(number: Any) -> Any:
    """A number with a point, without zeros at its end, and without the point if nothing follows."""


@ibis.udf.scalar.builtin(name="gs_utf8", signature=(("string",), "binary"))
def utf8(text: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_nul", signature=((), "string"))
def nul() -> Any:
    """A zero byte, which may not stand in a query."""


@ibis.udf.scalar.builtin(name="gs_tail", signature=(("string",), "binary"))
def tail(entity: Any) -> Any:
    """A zero byte and the bytes of an entity's public id."""


@ibis.udf.scalar.builtin(name="gs_public", signature=(("string", "int64"), "binary"))
def public_of(content: Any, before: Any) -> Any:
    """Of a record's content the bytes of the public part, which so many bytes precede and one brace follows."""


#: Texts are put together so many at a time, or twice, three times as many.
TOGETHER = 4


def concat(*parts: Any) -> Any:
    """Texts put together at once; a chain of `+`, which `concat` becomes on its way to DuckDB, would copy the first
    as often as others follow."""
    merged: list[Any] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    parts = tuple(merged)
    count = -(-len(parts) // TOGETHER) * TOGETHER
    return _concat_of(count)(*parts, *[""] * (count - len(parts)))


def concat_functions(columns: int, *, types: str = "") -> list[tuple[str, str, str]]:
    """For an engine the functions that put texts together, for a contract of so many columns: name, parameters (with
    ``types`` after each) and body."""
    found = []
    for count in range(TOGETHER, 4 * columns + 4 * TOGETHER, TOGETHER):
        names = [f"p{at}" for at in range(count)]
        parameters = ", ".join(name + types for name in names)
        found.append((f"gs_concat_{count}", parameters, f"concat({', '.join(names)})"))
    return found


@cache
def _concat_of(count: int) -> Callable[..., Any]:
    def function(*parts: Any) -> Any: ...

    names = [inspect.Parameter(f"p{at}", inspect.Parameter.POSITIONAL_ONLY) for at in range(count)]
    function.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    function.__name__ = function.__qualname__ = f"concat_{count}"
    found: Callable[..., Any] = ibis.udf.scalar.builtin(
        name=f"gs_concat_{count}", signature=(("string",) * count, "string")
    )(function)
    return found


def every(conditions: Sequence[Any]) -> Any:
    """All of the conditions."""
    return reduce(lambda one, other: one & other, conditions)
