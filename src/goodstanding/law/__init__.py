"""The law as data: packs of cited decision tables, evaluated one case at a time with reasons.

Promises: the law is read from packs and nowhere else; a number that nobody has seen in the official text
stays unset and the engine says so; every row used is named in the trace with its citation; nothing here
reads the clock.

    pack = load_pack("cn-ndrc-36-2025")
    verdict = decide(Facts(kind="penalty", measures=frozenset({"fine"}), found_on=day), pack=pack, on=today)

Start with `load_pack` or `choose`, `Facts`, `classify`, `decide`, and `deadline` over `china_calendar()`.
"""

from goodstanding.law.calendar import (
    CalendarDay,
    Deadline,
    WorkingCalendar,
    china_calendar,
    deadline,
    working_days_between,
)
from goodstanding.law.choose import Governing, choose, govern
from goodstanding.law.decide import Verdict, classify, decide
from goodstanding.law.errors import (
    CalendarUnknown,
    FactsRefused,
    LawError,
    PackNotFound,
    PackRefused,
    Problem,
    SettingRefused,
)
from goodstanding.law.facts import Classification, Facts
from goodstanding.law.load import all_packs, load_pack
from goodstanding.law.model import Pack
from goodstanding.law.months import add_months
from goodstanding.law.plan import Condition
from goodstanding.law.rows import DeadlineRule
from goodstanding.law.trace import TraceStep

__all__ = [
    "CalendarDay",
    "CalendarUnknown",
    "Classification",
    "Condition",
    "Deadline",
    "DeadlineRule",
    "Facts",
    "FactsRefused",
    "Governing",
    "LawError",
    "Pack",
    "PackNotFound",
    "PackRefused",
    "Problem",
    "SettingRefused",
    "TraceStep",
    "Verdict",
    "WorkingCalendar",
    "add_months",
    "all_packs",
    "china_calendar",
    "choose",
    "classify",
    "deadline",
    "decide",
    "govern",
    "load_pack",
    "working_days_between",
]
