"""The table of windows: for every window of a pack and every day the dates that follow, on the day asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.law.columns.courses import Window
from goodstanding.law.columns.days import FIRST, NEVER, Days, after, epoch, number


def window_table(windows: Sequence[Window], *, on: date, occurring: Days) -> pa.Table:
    """Columns by `window_day`, the window's place times (last + 1) plus the number of the day (0: unknown).

    Arguments: windows; on, the day asked about; occurring, the numbers of the days that are wanted, in order.
    """
    last = int(occurring[-1]) if len(occurring) else 0
    parts = [_of_window(window, on=on, last=last) for window in windows]
    keys = np.arange(len(windows) * (last + 1), dtype=np.int32)
    days = keys % (last + 1)
    columns: dict[str, pa.Array] = {"window_day": pa.array(keys)}
    for name in parts[0]:
        values = np.concatenate([part[name][0] for part in parts])
        known = np.concatenate([part[name][1] for part in parts])
        if values.dtype == np.int32:
            columns[name] = pa.array(values, pa.int32(), mask=~known).cast(pa.date32())
        else:
            columns[name] = pa.array(values, pa.bool_())
    return pa.table(columns).filter(pa.array((days == 0) | np.isin(days, occurring)))


Column = tuple[npt.NDArray[np.int32] | npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


def _of_window(window: Window, *, on: date, last: int) -> dict[str, Column]:
    """Each column as values and where there is one; the day 0 is unknown."""
    size = last + 1
    known = np.arange(size) > 0
    days = np.arange(-1, last, dtype=np.int32) + epoch(FIRST)
    today = np.full(size, epoch(on), np.int32)
    begun = known & (days <= today) if window.counts_from_finding else np.ones(size, np.bool_)
    none = np.zeros(size, np.bool_)

    def later(months: int | None) -> Column:
        if months is None:
            return np.zeros(size, np.int32), none
        return _shifted(months, last), known

    # Where no event ends a publication nothing may move its end: nothing lies before the first day.
    open_end = epoch(NEVER if window.removable else FIRST)
    restorable, can = later(window.minimum)
    until, ends = later(window.maximum)
    asked, counted = later(window.asked)
    met = counted & (asked <= today)
    earliest = restorable.copy()
    if window.minimum is not None:
        earliest[0] = after(window.minimum)[number(on) - 1]
    if window.waits:
        earliest = np.maximum(earliest, today)
    return {
        "window_from": (days, known & window.published),
        "restorable_from": (restorable, can),
        "until": (until, ends),
        "until_or_never": (np.where(ends, until, open_end).astype(np.int32), ~none),
        "earliest": (earliest, ~none if window.minimum is not None else none),
        "started": (known, ~none),
        "minimum_met": (met, ~none),
        "ready": (begun & met if window.asks else begun, ~none) if not window.waits else (none, ~none),
    }


def _shifted(months: int, last: int) -> Days:
    return np.concatenate([np.zeros(1, np.int32), after(months)[:last]])
