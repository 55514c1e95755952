"""A checker of deadline receipts: it counts again from the receipt and the raw notices, and from nothing else."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from .deadline_ends import ends_of
from .listed_days import DAY, Notices, day_of, days_needed


def fault(receipt: dict[str, Any], years: list[dict[str, Any]]) -> str | None:
    """The first thing in a Chinese receipt that the notices (as read from YAML) do not bear out, else None."""
    notices = Notices(years)
    pauses = [(day_of(pause["from"]), day_of(pause["until"]) or date.max) for pause in receipt["pauses"]]
    extension = receipt["extension"]
    parts = [("base", receipt["unit"], receipt["length"])]
    parts += [("extension", extension["unit"] or receipt["unit"], extension["length"])] if extension else []
    lines: list[tuple[Any, ...]] = []
    zero, known, local = date.fromisoformat(receipt["start"]), True, None
    if received := receipt["received"]:
        zone = ZoneInfo(received["zone"])
        local = datetime.fromisoformat(received["at"]).astimezone(zone)
        zero, cut_off = local.date(), received["cut_off"]
        late = cut_off is not None and local.time() > time.fromisoformat(cut_off)
        while late and known:
            zero += DAY
            if known := zero <= notices.last:
                works, why, notice = notices.explain(zero)
                lines.append((zero, False, None, "receipt", "after_cut_off" if works else why, notice))
                late = not works
        if received["late"] != (zero != local.date()) or _lines(received["days"]) != lines:
            return "received"
    if receipt["start"] != zero.isoformat():
        return "start"
    lines, ends, end = [], [], zero
    for part, unit, length in parts:
        number, needed = 0, days_needed(end, unit, length)
        while number < needed and known:
            end += DAY
            until = next((until for start, until in pauses if start <= end < until), None)
            if until:
                lines.append((end, False, None, part, "paused", ""))
                known = until < date.max
            elif known := unit != "working_days" or end <= notices.last:
                found = notices.explain(end) if unit == "working_days" else (True, "calendar_day", "")
                number += found[0]
                lines.append((end, found[0], number if found[0] else None, part, *found[1:]))
        ends += [end] if known else []
    if _lines(receipt["days"]) != lines:
        return "days"
    if day_of(receipt["base_due_on"]) != (ends[0] if ends else None):
        return "base_due_on"
    due = (ends[-1],) * 3 if known else (None, *ends_of(zero, local and local.date(), parts, pauses, notices))
    said = tuple(day_of(receipt[key]) for key in ("due_on", "earliest_due_on", "latest_due_on"))
    return None if said == due else "due_on"


def _lines(days: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = ("counted", "ordinal", "part", "why", "notice")
    return [(date.fromisoformat(day["day"]), *(day[key] for key in keys)) for day in days]
