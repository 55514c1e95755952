"""Labels of the codes that data contracts use."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "contract_version": {
        "in_use": _("in use"),
        "waiting": _("waits"),
        "earlier": _("was in use"),
        "overtaken": _("never came into use"),
    },
    "answer": {"signed": _("agrees"), "objected": _("objects"), "asked": _("not answered yet")},
    "effect": {
        "breaking": _("What breaks"),
        "compatible": _("What changes without breaking anything"),
        "wording": _("What is only worded anew"),
    },
    "logical_type": {"string": _("text"), "date": _("date"), "number": _("number")},
    "classification": {
        "public": _("shown with the record"),
        "shared": _("shared under an agreement"),
        "on_request": _("on request only"),
        "restricted": _("shown to nobody"),
    },
    "kept": {
        "value": _("a person's name, kept"),
        "key": _("a person's number, kept as a keyed hash only"),
        "drop": _("personal, not kept at all"),
    },
    "written": {
        "yyyy-MM-dd": _("year-month-day"),
        "MM/dd/yy": _("month/day/year, two digits each"),
    },
    "written_calendar": {
        "roc": _("years of the Republic of China"),
        "era": _("years of Japanese eras"),
    },
    "sent": {
        "on every decision": _("on every decision"),
        "on every correction": _("on every correction"),
        "hourly": _("hourly"),
        "daily": _("daily"),
        "weekly": _("weekly"),
        "monthly": _("monthly"),
        "quarterly": _("quarterly"),
        "yearly": _("yearly"),
    },
    "sent_by": {"file upload or API": _("file upload or API")},
    "delivery_form": {
        "increments": _("new and changed rows"),
        "snapshot": _("the full list of the day"),
    },
    "missing_row": {
        "ended": _("what a list leaves out has ended"),
        "annulled": _("what a list leaves out was never right"),
    },
    "identified_by": {
        "codes": _("by a valid code; persons by their number, kept as a keyed hash"),
        "name_at_source": _("by name and place at this source; nothing is merged"),
        "not_in_source": _("not said in the file; every row waits"),
    },
    "published_by": {
        "by_law": _("as long as the law says"),
        "as_stated": _("as long as the source states"),
        "not_published": _("not shown"),
    },
}
