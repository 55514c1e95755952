"""Labels of the codes that law packs use: how a row is attested, what it counts from, what it brings about."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "confidence": {
        "V": _("seen word for word"),
        "T": _("seen in translation"),
        "N": _("seen in a secondary source"),
        "F": _("seen in part"),
        "C": _("seen in public source code"),
        "X": _("not seen"),
        "R": _("recalled only"),
    },
    "confidence_meaning": {
        "V": _("in a reprint, or in news that quotes the wording at length"),
        "T": _("in a translation of the text"),
        "N": _("in news, a summary or a note on the text"),
        "F": _("the clause exists, but its number is lost"),
        "C": _("in code that implements the standard"),
        "X": _("nobody has seen it here; nothing is filled in"),
        "R": _("from memory; a number is never taken from it"),
    },
    "weak": {"contested": _("contested"), "assumed": _("assumed")},
    "anchor": {
        "found_on": _("the day of the finding"),
        "ended_on": _("the day on which the act or event ended"),
        "performed_on": _("the day on which every duty was performed"),
    },
    "at_maximum": {
        "ends": _("publication ends all the same"),
        "holds": _("publication goes on until the duty is performed"),
    },
    "event_day": {
        "performed_on": _("every duty is performed"),
        "set_aside_on": _("the finding is set aside"),
        "plan_completed_on": _("a reorganisation plan or settlement is completed"),
    },
    "event_effect": {
        "removed": _("it is no longer published, from that day on"),
        "marked": _("it stays, and carries the mark"),
    },
    "counted_from": {
        "receipt": _("the receipt of the application"),
        "acceptance": _("its acceptance"),
        "decision": _("the decision"),
        "objection": _("the receipt of the objection"),
        "completion": _("the completion"),
    },
    "occasion": {
        "finding": _("with the finding"),
        "receipt": _("on receipt"),
        "acceptance": _("on acceptance"),
        "refusal": _("on refusal"),
        "extension": _("before an extension"),
        "decision": _("with the decision"),
        "removal": _("on removal"),
        "objection": _("on an objection"),
    },
    "transition": {
        "this_pack": _("this law, once it is in force"),
        "pack_at_finding": _("the law in force on the day of the finding"),
        "milder": _("the milder of the two"),
    },
    "fact": {
        "publication_necessary": _("publication truly necessary"),
        "committed": _("a commitment is made"),
        "simple_procedure": _("by simple procedure"),
    },
    "table": {
        "kinds": _("Kind of record"),
        "classification": _("Class"),
        "publication": _("Window"),
        "exemptions": _("Exemption"),
        "at_maximum": _("At the longest period"),
        "conditions": _("Condition"),
        "materials": _("Material"),
        "decides": _("Who decides"),
        "events": _("Event"),
        "shield": _("Shield"),
    },
    "jurisdiction": {
        "CN": _("Mainland China"),
        "US": _("United States"),
        "GB": _("United Kingdom"),
        "UK": _("United Kingdom"),
    },
    "sector": {
        "market_regulation": _("market regulation"),
        "credit_reporting": _("credit reporting"),
    },
    "calendar": {
        "CN": _("Mainland China"),
        "US": _("United States (federal holidays)"),
        "GB": _("England and Wales (bank holidays)"),
    },
    "unit": {
        "working_days": _("working days"),
        "calendar_days": _("calendar days"),
        "months": _("months"),
    },
}
