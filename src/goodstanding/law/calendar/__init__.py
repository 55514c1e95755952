"""Working days as law: official notices, deadlines counted day by day, and the honest answer beyond the last.

Promises: every day of a count is explained and names the notice on which it rests; a year without a notice is
never guessed, the deadline is then an interval; nothing here reads the clock.

    found = deadline(date(2026, 9, 30), 3, calendar=working_calendar("CN"))
    found.due_on, receipt(found)

Start with `working_calendar`, `deadline` with `Extension` and `Pause`, `receipt`, and
`working_days_between`. Many at once: `columns`.
"""

from goodstanding.law.calendar.deadline import Deadline, Received, deadline
from goodstanding.law.calendar.jurisdictions import calendar_of_version, china_calendar, working_calendar
from goodstanding.law.calendar.notices import Notice, NoticesRefused, notices_of, read_year
from goodstanding.law.calendar.receipt import receipt
from goodstanding.law.calendar.terms import UNITS, Extension, Pause, Unit
from goodstanding.law.calendar.working import CalendarDay, WorkingCalendar, working_days_between

__all__ = [
    "UNITS",
    "CalendarDay",
    "Deadline",
    "Extension",
    "Notice",
    "NoticesRefused",
    "Pause",
    "Received",
    "Unit",
    "WorkingCalendar",
    "calendar_of_version",
    "china_calendar",
    "deadline",
    "notices_of",
    "read_year",
    "receipt",
    "working_calendar",
    "working_days_between",
]
