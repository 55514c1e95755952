"""From facts as people write them to small numbers: the first of the two passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from functools import reduce
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.datatypes as dt  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law.columns.days import COUNT, FIRST, LAST, after, epoch
from goodstanding.law.columns.engines import put
from goodstanding.law.columns.numbering import Numbering
from goodstanding.law.errors import LawError
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack

FACTS = tuple(field.name for field in fields(Facts))
DATES = tuple(name for name in FACTS if name.endswith("_on"))
FLAGS = (
    "simple_procedure",
    "committed",
    "trained",
    "publication_necessary",
    "excluded_by_law",
    "further_condition_open",
)
AMOUNTS = ("amount_yuan", "use_amount")
PREFIX = "law_"
"""What the names of the columns made here begin with; a column of the input may not."""


class ColumnsRefused(LawError):
    """A table of facts has a column that cannot be what `Facts` asks. `place` is the column."""


def encode(facts: ir.Table, *, pack: Pack) -> ir.Table:
    """The facts as numbers, for `verdicts`; other columns are passed through.

    Arguments: facts, whose columns are fields of `Facts` (an absent column or a null is the default there);
    pack. Lazy: nothing is computed here, but small tables of the pack are put into the engine of `facts`.
    Raises ColumnsRefused.
    """
    facts = _checked(facts)
    numbers = Numbering(pack)
    engine = facts.get_backend()
    keys = [name for name in facts.columns if name not in FACTS]
    known = facts.select(**{name: facts[name] for name in keys}, **_whole(facts))
    kinds = put(engine, "kinds", _kinds(numbers))
    found = known.left_join(kinds, known.kind == kinds.listed)
    found = _with_months(found.mutate(law_refused=_refused(found, numbers)), numbers, engine)
    sound = found.law_refused.isnull()
    columns = {
        "law_refused": found.law_refused,
        "law_class": sound.ifelse(_class_code(found, numbers), 0).cast(numbers.code_type),
        "law_course": sound.ifelse(_course(found, numbers), 0).cast(numbers.code_type),
        **{f"law_{name}": _day_number(found, name, sound) for name in numbers.anchors},
        **_dates(found, numbers),
    }
    return found.select(*keys, **columns)


def _checked(facts: ir.Table) -> ir.Table:
    """The facts without columns that hold only nulls of another type, as files hold whose writer knew no type.

    Raises ColumnsRefused, naming the column, where another type holds a value.
    """
    empty = []
    for name, kind in facts.schema().items():
        if name in FACTS:
            if _fits(name, kind):
                continue
            if facts[name].count().to_pyarrow().as_py() > 0:
                raise _wrong_type(name, kind)
            empty.append(name)
        elif name.startswith(PREFIX) or name in OUTPUT:
            raise ColumnsRefused(
                code="column_reserved",
                en=f"The name {name!r} is taken by the result.",
                zh=f"列名“{name}”为结果保留。",
                place=name,
                remedy_en="Rename the column.",
                remedy_zh="请更改列名。",
            )
    for name in ("kind", "found_on"):
        if name not in facts.columns or name in empty:
            raise ColumnsRefused(
                code="column_missing",
                en=f"There is no column {name!r}.",
                zh=f"缺少列“{name}”。",
                place=name,
                remedy_en=f"Add it; it must be {_wanted(name)}.",
                remedy_zh=f"请补充该列，类型为 {_wanted(name)}。",
            )
    return facts.drop(*empty)


OUTPUT = (
    "refused",
    "severity",
    "published",
    "publish_from",
    "restorable_from",
    "publish_until",
    "publication",
    "clock_started",
    "marks",
    "eligible",
    "earliest_on",
    "unmet",
)
"""The columns of `verdicts`, in order, after those passed through."""


def _fits(name: str, kind: dt.DataType) -> bool:
    """Whether a type is that of a fact."""
    if name == "measures":
        return bool(kind.is_array() and kind.value_type.is_string())
    if name in AMOUNTS:
        return bool(kind.is_decimal() or kind.is_integer())
    if name in DATES:
        return bool(kind.is_date())
    return bool(kind.is_boolean() if name in FLAGS else kind.is_string())


def _wrong_type(name: str, kind: dt.DataType) -> ColumnsRefused:
    return ColumnsRefused(
        code="column_type",
        en=f"The column {name!r} is {kind}; it must be {_wanted(name)}.",
        zh=f"列“{name}”的类型为 {kind}，应为 {_wanted(name)}。",
        place=name,
        remedy_en="Write the column again with this type.",
        remedy_zh="请以该类型重新写入该列。",
    )


def _wanted(name: str) -> str:
    if name == "measures":
        return "array<string>"
    if name in AMOUNTS:
        return "decimal or integer (money is never floating point)"
    return "date" if name in DATES else "boolean" if name in FLAGS else "string"


def _whole(facts: ir.Table) -> dict[str, ir.Value]:
    """Every field of `Facts`, nulls as its defaults."""
    types = {"measures": "array<string>", **dict.fromkeys(DATES, "date"), **dict.fromkeys(FLAGS, "boolean")}
    found: dict[str, Any] = {}
    for name in FACTS:
        kind = "decimal(38, 9)" if name in AMOUNTS else types.get(name, "string")
        found[name] = facts[name] if name in facts.columns else ibis.null(kind)
        if name in FLAGS:
            found[name] = found[name].fill_null(False)
    found["subject"] = found["subject"].fill_null("organisation")
    return found


def _kinds(numbers: Numbering) -> pa.Table:
    rows = []
    for kind in numbers.kinds:
        strides = {**dict.fromkeys(numbers.class_radix, 0), **kind.strides(kind.class_radix)}
        courses = {**dict.fromkeys(numbers.course_radix, 0), **kind.strides(kind.course_radix)}
        rows.append(
            {
                "listed": kind.kind,
                "with_measures": kind.measures,
                "class_base": kind.class_base,
                "course_base": kind.course_base,
                **{f"class_{fact}": stride for fact, stride in strides.items()},
                **{f"course_{fact}": stride for fact, stride in courses.items()},
            }
        )
    return pa.Table.from_pylist(rows)


def _any(conditions: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(lambda one, other: one | other, conditions, ibis.literal(False))


def _refused(facts: ir.Table, numbers: Numbering) -> ir.StringValue:
    """The code of the refusal, in the order in which evaluator 1 looks; null where there is none."""
    pack = numbers.pack
    cases: list[tuple[Any, str]] = [
        (facts.found_on.isnull(), "found_on_missing"),
        (~facts.subject.isin(["organisation", "natural_person"]), "unknown_subject"),
        (_any([(facts[name] < 0).fill_null(False) for name in AMOUNTS]), "negative_amount"),
        (facts.listed.isnull(), "unknown_kind"),
        *_measures_refused(facts, numbers),
        ((facts.measures.length().fill_null(0) > 0) & ~facts.with_measures, "measures_not_expected"),
    ]
    asks_stated = any(row.when.stated is not None for row in numbers.rows)
    listed = {
        "conduct": [row.code for row in pack.conducts],
        "use": [row.code for row in pack.uses],
        "stated": [row.code for row in pack.severities] if asks_stated else [],
    }
    for fact, codes in listed.items():
        if codes:
            cases.append((facts[fact].notnull() & ~facts[fact].isin(codes), f"unknown_{fact}"))
    outside = [~facts[name].between(_day(FIRST), _day(LAST)).fill_null(True) for name in DATES]
    cases.append((_any(outside), "date_out_of_range"))
    return ibis.cases(*cases, else_=ibis.null("string"))


def _measures_refused(facts: ir.Table, numbers: Numbering) -> list[tuple[Any, str]]:
    """Of the measures that are refused the first by code says why, as in evaluator 1."""
    pack = numbers.pack
    listed = [measure.code for measure in pack.measures]
    unknown = facts.measures.map(lambda code: code.fill_null("")).filter(
        lambda code: ~code.isin(listed) if listed else ibis.literal(True)
    )
    first_unknown = unknown.mins()
    persons = sorted(measure.code for measure in pack.measures if not measure.on_organisations)
    cases: list[tuple[Any, str]] = []
    for code in persons:
        refused = (facts.subject == "organisation") & _holds(facts, code)
        before = first_unknown.isnull() | (first_unknown > code)
        cases.append((refused & before, "measure_not_on_organisations"))
    return [*cases, (first_unknown.notnull(), "unknown_measure")]


def _holds(facts: ir.Table, code: str) -> ir.BooleanValue:
    return facts.measures.contains(code).fill_null(False)


def _class_code(facts: ir.Table, numbers: Numbering) -> ir.IntegerValue:
    digits: dict[str, Any] = {
        "simple_procedure": facts.simple_procedure.cast("int32"),
        "amount_yuan": _band(facts.amount_yuan, numbers.thresholds),
        "measures": sum(
            _any([_holds(facts, code) for code in group]).ifelse(1 << place, 0)
            for place, group in enumerate(numbers.measure_groups)
        ),
        **{fact: _place(facts[fact], numbers.asked(fact)) for fact in ("sector", "conduct", "stated")},
    }
    return _number(facts, "class", digits, numbers.class_radix)


def _course(facts: ir.Table, numbers: Numbering) -> ir.IntegerValue:
    flags = ("publication_necessary", "excluded_by_law", "committed", "trained", "further_condition_open")
    digits: dict[str, Any] = {
        **{fact: facts[fact].cast("int32") for fact in flags},
        "use": _place(facts.use, numbers.uses),
        "use_amount": _band(facts.use_amount, numbers.use_thresholds),
        "performed": facts.performed_on.notnull().cast("int32"),
    }
    radix = {fact: many for fact, many in numbers.course_radix.items() if fact != "rank"}
    return _number(facts, "course", digits, radix)


def _number(facts: ir.Table, name: str, digits: dict[str, Any], radix: Any) -> ir.IntegerValue:
    total = facts[f"{name}_base"]
    for fact, many in radix.items():
        if many > 1:
            total = total + digits[fact] * facts[f"{name}_{fact}"]
    return total


def _place(value: ir.Value, codes: Sequence[str]) -> Any:
    if not codes:
        return ibis.literal(0)
    return value.cases(*((code, place) for place, code in enumerate(codes, start=1)), else_=0)


def _band(amount: ir.Value, thresholds: Sequence[int]) -> Any:
    """0 for an unknown amount, else 1 and one more for every threshold reached."""
    above = [((amount >= bound), place) for place, bound in enumerate(thresholds, start=2)]
    return ibis.cases((amount.isnull(), 0), *reversed(above), else_=1)


def _day(day: date) -> ir.DateScalar:
    return ibis.date(day.isoformat())


def _day_number(facts: ir.Table, name: str, sound: ir.BooleanValue) -> ir.IntegerValue:
    days = facts[name].delta(_day(FIRST), unit="day") + 1
    return (sound & facts[name].notnull()).ifelse(days, 0).cast("int32")


def _dates(facts: ir.Table, numbers: Numbering) -> dict[str, ir.Value]:
    """The days that `verdicts` compares, as far as the pack asks them."""
    wanted = []
    if len(numbers.anchors) > 1:
        wanted.append("found_on")
    if any(row.or_until for row in numbers.pack.publication):
        wanted.append("limitation_ends_on")
    if numbers.pack.shield is not None:
        wanted += ["plan_approved_on", "plan_completed_on", "plan_failed_on"]
    return {
        **{f"law_day_{name}": facts[name] for name in wanted},
        "law_day_performed": facts.performed_on.fill_null(_day(FIRST)),
        **_barred(facts, numbers),
        **_events(facts, numbers),
    }


def _barred(facts: ir.Table, numbers: Numbering) -> dict[str, ir.Value]:
    """Until when a false commitment bars; the first day known, before every other, where nothing bars."""
    if numbers.bar is None:
        return {}
    return {"law_day_barred_until": facts.barred_until.fill_null(_day(FIRST))}


def _events(facts: ir.Table, numbers: Numbering) -> dict[str, ir.Value]:
    """The day of each happening; null where it did not come, or came too late."""
    found: dict[str, ir.Value] = {}
    for place, happening in enumerate(numbers.happenings):
        day = facts[happening.event]
        if happening.within is not None:
            day = (day <= facts[f"within_{happening.within}"]).ifelse(day, ibis.null("date"))
        found[f"law_event_{place}"] = day
    return found


def _with_months(facts: ir.Table, numbers: Numbering, engine: Any) -> ir.Table:
    """The facts with the days that lie months after one of theirs: ends of `within` and of the bar."""
    withins = sorted({it.within for it in numbers.happenings if it.within is not None})
    if withins:
        columns = {f"within_{months}": months for months in withins}
        facts = _joined(facts, "found_on", put(engine, "within", _calendar(columns)))
    if numbers.bar is not None:
        table = put(engine, "bar", _calendar({"barred_until": numbers.bar}))
        facts = _joined(facts, "false_commitment_on", table)
    return facts


def _joined(facts: ir.Table, name: str, calendar: ir.Table) -> ir.Table:
    return facts.left_join(calendar, facts[name] == calendar.calendar_day).drop("calendar_day")


def _calendar(columns: dict[str, int]) -> pa.Table:
    days = np.arange(COUNT, dtype=np.int32) + epoch(FIRST)
    return pa.table(
        {
            "calendar_day": pa.array(days).cast(pa.date32()),
            **{name: pa.array(after(months)).cast(pa.date32()) for name, months in columns.items()},
        }
    )
