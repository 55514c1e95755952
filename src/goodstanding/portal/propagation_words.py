"""Labels of the codes of propagation: how far a removal has come, what is due, how a recipient stands."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "propagation": {
        "gone": _("has shown that it is gone"),
        "never_held": _("has shown that it never held it"),
        "kept": _("was found to keep it"),
        "confirmed": _("says it has followed; the signed receipt is missing"),
        "told": _("was told; no answer yet"),
        "waiting": _("can read it on the feed; no answer yet"),
        "holds": _("holds it"),
        "not_fetched": _("has not fetched it"),
        "corrected": _("has the new content"),
        "not_corrected": _("has not shown that it has the new content"),
    },
    "correction_door": {
        "feed": _("on the feed"),
        "file": _("with the next files"),
        "api": _("when it reads it anew"),
    },
    "propagation_part": {"gone": _("shown to be gone"), "late": _("late"), "waiting": _("still in time")},
    "by_deadline": {
        "late": _("late"),
        "due_today": _("due today"),
        "due_soon": _("due on the next working day"),
        "due_later": _("due later"),
        "undated": _("without a day"),
    },
    "by_age": {
        "an_hour": _("less than an hour"),
        "a_day": _("an hour to a day"),
        "a_week": _("a day to a week"),
        "older": _("more than a week"),
    },
    "suspension": {
        "proposed": _("suspension proposed"),
        "declined": _("not suspended"),
        "suspended": _("suspended"),
        "resumed": _("resumed"),
        "lapsed": _("answered before a decision took effect"),
    },
    "look": {
        "shown": _("a removed record was there"),
        "absent": _("nothing removed was there"),
        "no_number": _("not known: the record has no public number to look for"),
        "address": _("not known: the address may not be called"),
        "certificate": _("not known: its certificate is not good"),
        "no_answer": _("not known: no answer"),
        "redirect": _("not known: it leads elsewhere"),
        "status": _("not known: it answered with an error"),
        "unreadable": _("not known: the page cannot be read"),
        "unlike": _("not known: it is not the page that was registered"),
    },
    "finding_end": {
        "absent": _("no longer there"),
        "published": _("the record is published again"),
        "place_ended": _("the place is looked at no longer"),
    },
    "set_difference": {
        "kept": _("held although it must not be"),
        "older": _("held in an older version"),
        "missing": _("missing"),
    },
    "late_for": {
        "under_a_week": _("up to a week"),
        "one_to_four_weeks": _("one to four weeks"),
        "over_four_weeks": _("more than four weeks"),
    },
    "league_trend": {"faster": _("faster"), "slower": _("slower"), "same": _("as before")},
}
