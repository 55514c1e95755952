"""Both ends of a deadline that is not known yet, day by day, for the checker of deadline receipts."""

from datetime import date

from .listed_days import DAY, Notices, days_needed

Parts = list[tuple[str, str, int]]
Pauses = list[tuple[date | None, date]]


def ends_of(
    zero: date, received_on: date | None, parts: Parts, pauses: Pauses, notices: Notices
) -> tuple[date, date | None]:
    """The earliest and the latest end. received_on: the day of an instant of receipt."""
    low = zero
    for _, unit, length in parts:
        left = days_needed(low, unit, length)
        while left:
            low += DAY
            until = _pause(low, pauses)
            free = until is None or (until == date.max and all(low != start for start, _ in pauses))
            left -= free and (unit != "working_days" or low > notices.last or notices.explain(low)[0])
    high: date | None = zero
    if received_on is not None and zero > notices.last:
        span = notices.longest(1)
        late = zero != received_on
        high = (span and max(received_on, notices.last) + span) if late else zero
    for _, unit, length in parts:
        high = _latest(high, unit, length, pauses, notices) if high else None
    return low, high


def _latest(high: date, unit: str, length: int, pauses: Pauses, notices: Notices) -> date | None:
    left = days_needed(high, unit, length)
    while left and (unit != "working_days" or high < notices.last):
        high += DAY
        until = _pause(high, pauses)
        if until == date.max:
            return None
        left -= until is None and (unit != "working_days" or notices.explain(high)[0])
    skipped = 0
    while left:
        span = notices.longest(left + skipped)
        days = [high + n * DAY for n in range(1, span.days + 1)] if span else []
        if not days or any(_pause(day, pauses) == date.max for day in days):
            return None
        if sum(_pause(day, pauses) is not None for day in days) == skipped:
            return days[-1]
        skipped += 1
    return high


def _pause(day: date, pauses: Pauses) -> date | None:
    return next((until for start, until in pauses if start and start <= day < until), None)
