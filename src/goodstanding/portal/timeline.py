"""Publication windows drawn on one time axis: positions in percent, so that a drawing fits any width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol


class Shown(Protocol):
    """What has a window: a record, or what the law says of the facts of one."""

    found_on: date
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled day of the axis. ``at`` is in percent of its width."""

    at: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The window of one record. All positions are in percent of the axis; None where the law sets none.

    ``locked`` is the part before the minimum is reached, ``open`` the part in which restoration is possible.
    """

    start: str
    locked: str
    open_at: str
    open: str
    minimum: str | None
    maximum: str | None


@dataclass(frozen=True, slots=True)
class Axis:
    """From ``start`` to ``end``; ``today`` lies between them."""

    start: date
    end: date
    today: date

    def at(self, day: date) -> float:
        """Where a day lies, from 0 to 100; days outside lie on the edge."""
        whole = (self.end - self.start).days
        return min(100.0, max(0.0, 100 * (day - self.start).days / whole))

    @property
    def now(self) -> str:
        """Where today lies."""
        return _percent(self.at(self.today))

    @property
    def ticks(self) -> list[Tick]:
        """The first days of years, thinned so that labels never touch on a narrow page."""
        years = list(range(self.start.year + 1, self.end.year + 1))
        if not years:
            return [Tick("0%", str(self.start.year), "start")]
        step = -(-len(years) // 5)
        return [
            Tick(_percent(at), str(year), "end" if at > 93 else "start" if at < 7 else "middle")
            for year in years[::step]
            for at in [self.at(date(year, 1, 1))]
        ]

    def bar(self, record: Shown) -> Bar:
        """The window of a record on this axis."""
        start = self.at(record.publish_from or record.found_on)
        end = self.at(record.publish_until) if record.publish_until else 100.0
        minimum = self.at(record.restorable_from) if record.restorable_from else None
        turn = end if minimum is None or not record.restorable else min(max(minimum, start), end)
        return Bar(
            start=_percent(start),
            locked=_percent(turn - start),
            open_at=_percent(turn),
            open=_percent(end - turn),
            minimum=None if minimum is None or not record.restorable else _percent(minimum),
            maximum=_percent(end) if record.publish_until else None,
        )


def axis_of(records: Iterable[Shown], *, today: date) -> Axis | None:
    """The axis on which all given records fit, or None without any record that has a window."""
    days: list[date] = []
    for record in records:
        days += [day for day in _days(record) if day is not None]
    if not days:
        return None
    days.append(today)
    margin = timedelta(days=max(15, (max(days) - min(days)).days // 40))
    return Axis(min(days) - margin, max(days) + margin, today)


def _days(record: Shown) -> Sequence[date | None]:
    return record.publish_from or record.found_on, record.restorable_from, record.publish_until


def _percent(value: float) -> str:
    return f"{value:.2f}%"
