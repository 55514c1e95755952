"""What changed between two versions of a contract, and what of it breaks those who send or read the data.

    changes = differences(old, new)
    required_version(old, changes)          # "2.0.0" where something breaks

A change is compatible only where it is known to be: what nobody has classed is taken as breaking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel

from .clauses import Column, ColumnClauses, Options
from .contract import Contract
from .contract_change import Change, Effect, change

_FREQUENCIES: Final = ("on every decision", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly")
#: Units of the service level ``frequency``.
_UNITS: Final = {"d": "daily", "w": "weekly", "m": "monthly"}
#: Clauses of a sharing agreement that say who does what in words; the others are what readers rely on.
_WORDING: Final = frozenset(
    {"provider", "provider_zh", "method", "scope_zh", "legal_basis_zh", "purpose_zh", "correction"}
    | {"correction_zh", "removal", "removal_zh"}
)
#: What is compared in a way of its own.
_CLAUSES: Final = frozenset({"name_en", "description_zh", "personal", "keep", "code_list", "not_in_future"})
_OPTIONS: Final = frozenset({"max_length", "minimum", "pattern"})


def differences(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every difference between two versions of a contract, breaking ones first.

    Args:
        old: the version in use. new: the version proposed.
    """
    found = [*_columns(old, new), *_clauses(old, new), *_service_levels(old, new), *_texts(old, new)]
    order = ("breaking", "compatible", "wording")
    return tuple(sorted(found, key=lambda item: (order.index(item.effect), item.place, item.code)))


def required_version(old: Contract, changes: Iterable[Change]) -> str:
    """The least version number that changes ask for: a breaking one raises the first place, a compatible one the
    second, a wording the third."""
    major, minor, patch = version_tuple(old.version)
    effects = {item.effect for item in changes}
    if "breaking" in effects:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if "compatible" in effects else f"{major}.{minor}.{patch + 1}"


def version_tuple(version: str) -> tuple[int, int, int]:
    """A version number as three numbers that compare."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    for name in before.keys() - after.keys():
        yield change("column.removed", name, "breaking")
    for name in after.keys() - before.keys():
        required = after[name].required
        yield change(
            "column.required_added" if required else "column.added",
            name,
            "breaking" if required else "compatible",
        )
    for name in before.keys() & after.keys():
        yield from _column(name, before[name], after[name])
    if old.key_columns != new.key_columns:
        yield change("key.changed", "primaryKey", "breaking", old=old.key_columns, new=new.key_columns)


def _column(name: str, old: Column, new: Column) -> Iterator[Change]:
    if old.logical_type != new.logical_type:
        yield change("column.type", name, "breaking", old=old.logical_type, new=new.logical_type)
    if old.required != new.required:
        code = "column.required_added" if new.required else "column.required_dropped"
        yield change(code, name, "breaking")
    if old.business_name != new.business_name:
        yield change("column.renamed", name, "breaking", old=old.business_name, new=new.business_name)
    if old.classification != new.classification:
        yield change("column.shown", name, "breaking", old=old.classification, new=new.classification)
    yield from _options(name, old.logical_type_options, new.logical_type_options)
    before, after = old.clauses, new.clauses
    if (before.personal, before.keep) != (after.personal, after.keep):
        yield change(
            "column.personal",
            name,
            "breaking",
            old=(before.personal, before.keep),
            new=(after.personal, after.keep),
        )
    yield from _limit(name, "codeList", before.code_list, after.code_list, _never)
    yield from _limit(name, "notInFuture", before.not_in_future or None, after.not_in_future or None, _never)
    yield from _meaning(name, before, after, known=_CLAUSES)


def _never(_old: object, _new: object) -> bool:
    return False


def _meaning(
    name: str, old: ColumnClauses | Options, new: ColumnClauses | Options, *, known: frozenset[str]
) -> Iterator[Change]:
    """Any clause that is not compared in a way of its own: it says what the values mean."""
    for field, info in type(old).model_fields.items():
        one, other = getattr(old, field), getattr(new, field)
        if field not in known and one != other:
            yield change("column.meaning", name, "breaking", what=info.alias or field, old=one, new=other)


def _options(name: str, old: Options, new: Options) -> Iterator[Change]:
    yield from _limit(name, "maxLength", old.max_length, new.max_length, lambda one, other: other >= one)
    yield from _limit(name, "minimum", old.minimum, new.minimum, lambda one, other: other <= one)
    yield from _limit(name, "pattern", old.pattern, new.pattern, _never)
    yield from _meaning(name, old, new, known=_OPTIONS)


def _limit(name: str, what: str, old: Any, new: Any, wider: Callable[[Any, Any], bool]) -> Iterator[Change]:
    """A limit on values: gone or wider takes what it took before, new or narrower does not."""
    if old == new:
        return
    loosened = new is None or (old is not None and wider(old, new))
    if loosened:
        yield change("column.widened", name, "compatible", what=what, old=old, new=new)
    else:
        yield change("column.narrowed", name, "breaking", what=what, old=old, new=new)


def _clauses(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.clauses, new.clauses
    for field in type(before).model_fields:
        one, other = getattr(before, field), getattr(after, field)
        if one == other or field in ("name_zh", "sharing"):
            continue
        place = type(before).model_fields[field].alias or field
        if field == "code_lists":
            yield from _code_lists(one, other)
        elif field == "formats":
            yield from _set(place, one, other)
        elif field == "quality":  # what the operator measures and holds, not what senders or readers rely on
            yield change("clause.changed", place, "compatible", old=one, new=other)
        elif field == "subject":
            yield from _subject(one, other)
        else:
            yield from _fields(place, one, other)
    yield from _sharing(before.sharing, after.sharing)


def _fields(place: str, old: Any, new: Any) -> Iterator[Change]:
    """Clauses compared field by field. Each of them says what the data means or who may see it."""
    if isinstance(old, BaseModel) and isinstance(new, BaseModel):
        for field, info in type(old).model_fields.items():
            one, other = getattr(old, field), getattr(new, field)
            if one != other:
                name = f"{place}.{info.alias or field}"
                yield change("clause.changed", name, "breaking", old=one, new=other)
    else:
        yield change("clause.changed", place, "breaking", old=old, new=new)


def _set(place: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Change]:
    for item in old:
        if item not in new:
            yield change("clause.removed", place, "breaking", old=item)
    for item in new:
        if item not in old:
            yield change("clause.added", place, "compatible", new=item)


def _subject(old: BaseModel, new: BaseModel) -> Iterator[Change]:
    for field, info in type(old).model_fields.items():
        one, other = getattr(old, field), getattr(new, field)
        place = f"subject.{info.alias or field}"
        if one == other:
            continue
        if field == "kinds":
            yield from _code_lists({place: one}, {place: other})
        elif field == "codes" and other[: len(one)] == one:
            yield change("clause.added", place, "compatible", new=other[len(one) :])
        else:
            yield change("clause.changed", place, "breaking", old=one, new=other)


def _code_lists(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, {}), new.get(name, {})
        for value in before.keys() - after.keys():
            yield change("code.removed", name, "breaking", old=value)
        for value in after.keys() - before.keys():
            yield change("code.added", name, "compatible", new=value)
        for value in before.keys() & after.keys():
            if before[value] != after[value]:
                yield change(
                    "code.meaning", name, "breaking", what=value, old=before[value], new=after[value]
                )


def _sharing(old: BaseModel, new: BaseModel) -> Iterator[Change]:
    for field, info in type(old).model_fields.items():
        one, other = getattr(old, field), getattr(new, field)
        place = f"sharing.{info.alias or field}"
        if one == other:
            continue
        if field in _WORDING:
            yield change("text.changed", place, "wording")
        elif field == "within_working_days":
            yield _term(place, one, other)
        elif field == "frequency":
            yield from _frequency(place, one, other)
        else:
            yield change("clause.changed", place, "breaking", old=one, new=other)


def _frequency(place: str, old: str, new: str) -> Iterator[Change]:
    if old != new:
        known = old in _FREQUENCIES and new in _FREQUENCIES
        raised = known and _FREQUENCIES.index(new) < _FREQUENCIES.index(old)
        effect: Effect = "compatible" if raised else "breaking"
        yield change("frequency.raised" if raised else "frequency.lowered", place, effect, old=old, new=new)


def _term(place: str, old: Any, new: Any) -> Change:
    sooner = isinstance(old, int) and isinstance(new, int) and new < old
    effect: Effect = "compatible" if sooner else "breaking"
    return change("term.tightened" if sooner else "term.loosened", place, effect, old=old, new=new)


def _service_levels(old: Contract, new: Contract) -> Iterator[Change]:
    before = {(level.property, level.element): level for level in old.sla_properties}
    after = {(level.property, level.element): level for level in new.sla_properties}
    for key in before.keys() | after.keys():
        place = "slaProperties." + ".".join(part for part in key if part)
        if key not in after:
            yield change("clause.removed", place, "breaking", old=before[key].value)
        elif key not in before:
            yield change("clause.added", place, "compatible", new=after[key].value)
        elif key[0] == "frequency" and {before[key].unit, after[key].unit} <= set(_UNITS):
            yield from _frequency(place, _UNITS[str(before[key].unit)], _UNITS[str(after[key].unit)])
        elif before[key].unit != after[key].unit:
            yield change("clause.changed", place, "breaking", old=before[key].unit, new=after[key].unit)
        elif before[key].value != after[key].value:
            yield _term(place, before[key].value, after[key].value)


def _texts(old: Contract, new: Contract) -> Iterator[Change]:
    for place, said, says in (
        ("name", old.name, new.name),
        ("nameZh", old.name_zh, new.name_zh),
        ("description", old.description, new.description),
        ("status", old.status, new.status),
        ("domain", old.domain, new.domain),
        ("tenant", old.tenant, new.tenant),
    ):
        if said != says:
            yield change("text.changed", place, "wording")
    one, other = old.schema_[0], new.schema_[0]
    if one.name != other.name:
        yield change("clause.changed", "schema.name", "breaking", old=one.name, new=other.name)
    if (one.business_name, one.description) != (other.business_name, other.description):
        yield change("text.changed", "schema", "wording")
    before = {column.name: column for column in old.columns}
    for column in new.columns:
        held = before.get(column.name)
        if held is not None and _words(held) != _words(column):
            yield change("text.changed", column.name, "wording")


def _words(column: Column) -> tuple[str, ...]:
    clauses = column.clauses
    return column.description, column.physical_type, clauses.name_en, clauses.description_zh
