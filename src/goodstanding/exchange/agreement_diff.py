"""What changed between two versions of an agreement, and whether the recipient must sign again.

    changes = differences(old, new, kinds={"penalty-notice": "penalty"})
    any(change.effect == "breaking" for change in changes)

Breaking is what takes something from the recipient or asks more of it: less scope, more masking, a method less, shorter
deadlines, another purpose. Wider is what gives it more. A change that nobody has classed counts as breaking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .agreement import CLAUSES, Agreement, Scope
from .mirror.agreed import division_prefixes

Effect = Literal["breaking", "wider", "wording"]
_WORDING = {"name", "terms.nameZh", "terms.recipient.nameZh", "terms.recipient.nameEn"}
_OWN_WAY = {"version", "terms.scope", "terms.method", "terms.validity.until"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its path in the document, what it does to the recipient, and both values as JSON."""

    path: str
    effect: Effect
    old: Any
    new: Any


def differences(old: Agreement, new: Agreement, *, kinds: Mapping[str, str]) -> tuple[Change, ...]:
    """Every change between two versions, breaking ones first.

    Args:
        old: the version that was concluded. new: the draft. kinds: the kind of record of each item of the catalogue.
    """
    found = [*_plain(_flat(old), _flat(new)), *_scope(old.terms.scope, new.terms.scope, kinds=kinds)]
    methods, others = old.terms.methods, new.terms.methods
    if set(methods) != set(others):
        kept = set(methods) < set(others)
        found.append(Change("terms.method", "wider" if kept else "breaking", [*methods], [*others]))
    last, then = old.terms.validity.last, new.terms.validity.last
    if last != then:
        longer = then is None or (last is not None and then > last)
        found.append(
            Change(
                "terms.validity.until",
                "wider" if longer else "breaking",
                last and last.isoformat(),
                then and then.isoformat(),
            )
        )
    order = ("breaking", "wider", "wording")
    return tuple(sorted(found, key=lambda change: (order.index(change.effect), change.path)))


def _plain(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        effect: Effect = "breaking"
        if path in _WORDING:
            effect = "wording"
        elif path.startswith("terms.duties."):
            effect = "wider" if _is_milder(before, after) else "breaking"
        elif path == "terms.probing.canaries":
            effect = "breaking" if after else "wider"
        elif path == "terms.onwardTransfer":
            effect = "wider" if set(before) < set(after) else "breaking"
        yield Change(path, effect, before, after)


def _is_milder(before: int | None, after: int | None) -> bool:
    """Whether a duty leaves more time; None is no duty at all."""
    return after is None or (before is not None and after > before)


def _flat(agreement: Agreement) -> dict[str, Any]:
    """The document's leaves by path, without what is compared in a way of its own; a list is one leaf."""
    document = dict(agreement.document)
    (clauses,) = document.pop("customProperties")
    assert clauses["property"] == CLAUSES
    found: dict[str, Any] = {}

    def walk(value: Any, path: str) -> None:
        if path in _OWN_WAY:
            return
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, f"{path}.{name}" if path else name)
        else:
            found[path] = value

    walk(document | {"terms": clauses["value"]}, "")
    return found


def _scope(old: Scope, new: Scope, *, kinds: Mapping[str, str]) -> Iterator[Change]:
    def inside(scope: Scope, item: str) -> bool:
        return item in scope.items or kinds.get(item) in scope.kinds

    if (set(old.kinds), set(old.items)) != (set(new.kinds), set(new.items)):
        kept = set(old.kinds) <= set(new.kinds) and all(inside(new, item) for item in old.items)
        yield Change(
            "terms.scope.kinds",
            "wider" if kept else "breaking",
            [*old.kinds, *old.items],
            [*new.kinds, *new.items],
        )
    if set(old.divisions) != set(new.divisions):
        prefixes = division_prefixes(new.divisions)
        kept = not prefixes or (
            bool(old.divisions) and all(code.startswith(prefixes) for code in old.divisions)
        )
        yield Change(
            "terms.scope.divisions", "wider" if kept else "breaking", [*old.divisions], [*new.divisions]
        )
    if (old.fields == "all") != (new.fields == "all") or set(old.fields) != set(new.fields):
        kept = new.fields == "all" or (old.fields != "all" and set(old.fields) <= set(new.fields))
        yield Change(
            "terms.scope.fields", "wider" if kept else "breaking", _listed(old.fields), _listed(new.fields)
        )
    if set(old.masking) != set(new.masking):
        kept = set(new.masking) <= set(old.masking)
        yield Change("terms.scope.masking", "wider" if kept else "breaking", [*old.masking], [*new.masking])


def _listed(fields: str | tuple[str, ...]) -> Any:
    return fields if isinstance(fields, str) else list(fields)
