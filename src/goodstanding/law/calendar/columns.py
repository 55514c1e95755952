"""Working-day additions over whole columns: with numpy, or with Ibis on DuckDB and other engines.

Both are look-ups in one table: the number of each day among the working days, and the day of each number. They
agree with `deadline` in every row: the due day where it is known, else both ends.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from goodstanding.law.calendar.working import DAY, WorkingCalendar
from goodstanding.law.errors import LawError

if TYPE_CHECKING:
    import numpy
    from ibis.expr.types import Table  # type: ignore[import-untyped]
    from numpy.typing import NDArray

_EPOCH = date(1970, 1, 1).toordinal()
#: So many working days at most are added in columns; the law's longest is below a hundred.
LONGEST = 400
#: Rows taken at once, so that what is in between stays in the processor's cache.
_PORTION = 65_536


def add_working_days(
    starts: NDArray[numpy.datetime64],
    working_days: NDArray[numpy.integer[Any]] | int,
    *,
    calendar: WorkingCalendar,
) -> NDArray[numpy.datetime64]:
    """The due day of each row as datetime64[D]; NaT where it is not known.

    Arguments: starts, days of receipt as datetime64[D]; working_days, 0 to LONGEST, one number or one for each
    row. Raises LawError "length_out_of_range", and "columns_missing" without numpy.
    """
    np = _numpy()
    first, numbers, dues = _arrays(calendar)
    starts = np.asarray(starts, dtype="datetime64[D]")
    lengths = np.broadcast_to(np.asarray(working_days), starts.shape)
    if lengths.size and not 0 <= lengths.min() <= lengths.max() <= LONGEST:
        raise _out_of_range()
    found: NDArray[numpy.datetime64] = np.empty(starts.shape, dtype="datetime64[D]")
    plain, into = starts.view("int64").ravel(), found.view("int64").ravel()
    flat = lengths.ravel()
    last, missing = len(numbers) - 1, np.datetime64("NaT", "D").view("int64")
    for begin in range(0, plain.size, _PORTION):
        portion = slice(begin, begin + _PORTION)
        days = plain[portion] - first
        length = flat[portion]
        inside = (days >= 0) & (days <= last)
        due = dues[numbers[np.where(inside, days, 0)] + length]
        # Nothing to add is the day itself; a start outside the days known gives nothing.
        into[portion] = np.where(
            length == 0, np.where(days >= 0, plain[portion], missing), np.where(inside, due, missing)
        )
    return found


def working_day_additions(
    table: Table,
    *,
    start: str,
    working_days: str | int,
    calendar: WorkingCalendar,
    due_on: str = "due_on",
    interval: bool = False,
) -> Table:
    """The table with the due day of each row, null where it is not known.

    Arguments: start, a column of dates; working_days, a column of whole numbers from 0 to LONGEST, or one
    number; due_on, the name of the new column; interval, also add `earliest_<due_on>` and `latest_<due_on>`
    (null: no bound). A row whose start lies before the calendar, or with another number, has null in all.
    Raises LawError "columns_missing" without Ibis.
    """
    ibis = _ibis()
    length = ibis.literal(working_days) if isinstance(working_days, int) else table[working_days]
    names = [due_on, *((f"earliest_{due_on}", f"latest_{due_on}") if interval else ())]
    numbers, dues = _tables(calendar, interval=interval)
    rows = table.mutate(_start=table[start], _length=length.cast("int32"))
    rows = rows.left_join(numbers, rows._start == numbers._day)
    rows = rows.mutate(_sum=rows._number + rows._length)
    rows = rows.left_join(dues, rows._sum == dues._end)
    found = [rows._due, *((rows._earliest, rows._latest) if interval else ())]
    if interval:
        # A start beyond the calendar has no number among the working days: its ends lie so far from itself.
        spans = _spans(calendar)
        rows = rows.mutate(_past=(rows._start > calendar.known_until).ifelse(rows._length, None))
        rows = rows.left_join(spans, rows._past == spans._count)
        found = [
            rows._due,
            ibis.coalesce(rows._earliest, _days_later(rows._start, rows._count)),
            ibis.coalesce(rows._latest, _days_later(rows._start, rows._span)),
        ]
    zero = (rows._length == 0) & (rows._start >= calendar.known_from - DAY)
    fits = (rows._length > 0) & (rows._length <= LONGEST)
    added = {
        name: ibis.cases((zero, rows._start), (fits, value)) for name, value in zip(names, found, strict=True)
    }
    return rows.mutate(**added).select(*table.columns, *names)


def _days_later(start: Any, days: Any) -> Any:
    return (start + days.as_interval("D")).cast("date")


def _span(calendar: WorkingCalendar, left: int) -> timedelta | None:
    days = calendar.longest_span(left)
    return None if days is None else timedelta(days=days)


@lru_cache(maxsize=8)
def _arrays(calendar: WorkingCalendar) -> tuple[int, Any, Any]:
    """The first day that can be asked (days since 1970), each day's number, and the day of each number."""
    np = _numpy()
    first = calendar.known_from.toordinal() - 1
    worked = np.zeros(calendar.known_until.toordinal() - first + 1, dtype="int32")
    ordinals = np.array([day.toordinal() for day in calendar.working])
    worked[ordinals - first] = 1
    dues = np.full(len(ordinals) + 1 + LONGEST, np.datetime64("NaT", "D").view("int64"))
    dues[1 : len(ordinals) + 1] = ordinals - _EPOCH
    return first - _EPOCH, np.cumsum(worked, dtype="int32"), dues


@lru_cache(maxsize=8)
def _tables(calendar: WorkingCalendar, *, interval: bool) -> tuple[Table, Table]:
    """Each known day with its number among the working days, and each number with its day or its both ends."""
    ibis, pyarrow = _ibis(), _pyarrow()
    first = calendar.known_from - DAY
    days = [first + number * DAY for number in range((calendar.known_until - first).days + 1)]
    numbers = pyarrow.table(
        {
            "_day": pyarrow.array(days, pyarrow.date32()),
            "_number": pyarrow.array([calendar.working_days_up_to(day) for day in days], pyarrow.int32()),
        }
    )
    worked: list[date | None] = list(calendar.working)
    beyond = range(1, LONGEST + 1)
    earliest: list[date | None] = [calendar.known_until + left * DAY for left in beyond]
    spans = [_span(calendar, left) for left in beyond]
    latest = [None if span is None else calendar.known_until + span for span in spans]
    unknown: list[date | None] = [None] * LONGEST
    columns = {"_due": worked + unknown}
    if interval:
        columns |= {"_earliest": worked + earliest, "_latest": worked + latest}
    dues = pyarrow.table(
        {
            "_end": pyarrow.array(range(1, len(worked) + LONGEST + 1), pyarrow.int32()),
            **{name: pyarrow.array(values, pyarrow.date32()) for name, values in columns.items()},
        }
    )
    return ibis.memtable(numbers), ibis.memtable(dues)


@lru_cache(maxsize=8)
def _spans(calendar: WorkingCalendar) -> Table:
    """The longest span of each count."""
    ibis, pyarrow = _ibis(), _pyarrow()
    counts = range(1, LONGEST + 1)
    spans = [calendar.longest_span(count) for count in counts]
    return ibis.memtable(
        pyarrow.table(
            {"_count": pyarrow.array(counts, pyarrow.int32()), "_span": pyarrow.array(spans, pyarrow.int32())}
        )
    )


def _out_of_range() -> LawError:
    return LawError(
        code="length_out_of_range",
        en=f"In columns, 0 to {LONGEST} working days are added.",
        zh=f"按列计算时，工作日数须在 0 至 {LONGEST} 之间。",
        remedy_en="Count longer deadlines one at a time.",
        remedy_zh="更长的期限请逐个计算。",
    )


def _numpy() -> Any:
    return _library("numpy")


def _ibis() -> Any:
    return _library("ibis")


def _pyarrow() -> Any:
    return _library("pyarrow")


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise LawError(
            code="columns_missing",
            en=f"Counting in columns needs the package {name}.",
            zh=f"按列计算需要安装 {name}。",
            remedy_en="Install goodstanding[columns].",
            remedy_zh="请安装 goodstanding[columns]。",
        ) from error
