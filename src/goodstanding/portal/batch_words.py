"""Labels of the codes that intake keeps with a batch: measures, encodings and how they were decided, findings."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "measure": {
        "timeliness": _("Timeliness"),
        "completeness": _("Completeness"),
        "validity": _("Validity"),
        "uniqueness": _("Uniqueness"),
        "consistency": _("Consistency"),
    },
    "measure_meaning": {
        "timeliness": _(
            "New records that came within the agreed working days, and periods in which something came."
        ),
        "completeness": _("Optional cells that are filled."),
        "validity": _("Rows that were taken in."),
        "uniqueness": _("Rows whose key did not stand before in the same file."),
        "consistency": _("Rows that contradict neither themselves nor what the source said before."),
    },
    "outcome": {
        "committed": _("Committed"),
        "unchanged": _("Unchanged"),
        "superseding": _("Superseding"),
        "rejected": _("Rejected"),
    },
    "decided": {
        "mark": _("said by its byte order mark"),
        "ascii": _("nothing in it depends on the encoding"),
        "structure": _("well formed from beginning to end"),
        "only": _("no other encoding of the contract decodes all of it"),
        "evidence": _("several encodings decode it; its characters are plausible in this one only"),
        "order": _("several encodings decode it, and nothing tells them apart: the contract's order decided"),
        "stated": _("stated by the sender"),
    },
    "frequency": {
        "daily": _("daily"),
        "weekly": _("weekly"),
        "monthly": _("monthly"),
        "": _("as it happens"),
    },
}

#: Names that are the same in every language.
NAMES: dict[str, dict[str, str]] = {
    "encoding": {
        "utf-8": "UTF-8",
        "utf-8-sig": "UTF-8 BOM",
        "utf-16": "UTF-16",
        "gb18030": "GB18030",
        "cp950": "Big5",
        "cp932": "Shift-JIS",
    },
    "form": {"csv": "CSV", "tsv": "TSV", "xlsx": "Excel", "jsonl": "JSON Lines", "parquet": "Parquet"},
}
