"""The nightly sweep as one would do it by hand: look at every record of a list, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ENDED, TOLD = "record.ended", "record.restorable"


@dataclass
class Sheet:
    """A record as a clerk would note it. ``until`` is the first day without publication."""

    state: str
    until: date | None
    restorable_from: date | None
    restorable: bool = True


class Clerk:
    """Keeps the sheets and the day up to which he has gone through them."""

    def __init__(self) -> None:
        self.sheets: dict[int, Sheet] = {}
        self.day: date | None = None

    def report(
        self, number: int, *, until: date | None, restorable_from: date | None, restorable: bool, today: date
    ) -> None:
        """A record comes in, or a later report replaces what it said."""
        known = self.sheets.get(number)
        if known is not None and known.state == "restored":
            return
        state = "ended" if until is not None and until <= today else "published"
        self.sheets[number] = Sheet(state, until, restorable_from, restorable)

    def restore(self, number: int) -> None:
        self.sheets[number].state = "restored"

    def sweep(self, on: date) -> list[tuple[int, str]]:
        """What is told on a day, as (record, what)."""
        told = []
        since = self.day if self.day is not None else on - timedelta(days=1)
        for number, sheet in self.sheets.items():
            if sheet.state == "published" and sheet.until is not None and sheet.until <= on:
                sheet.state = "ended"
                told.append((number, ENDED))
            if sheet.state == "restored" or not sheet.restorable or sheet.restorable_from is None:
                continue
            if since < sheet.restorable_from <= on:
                told.append((number, TOLD))
        self.day = max(since, on)
        return sorted(told)
