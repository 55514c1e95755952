"""Labels of the codes that other rooms store, in the page's language. An unknown code is shown as it is."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, dict[str, str | Promise]] = {
    "event": {
        "entity.registered": _("Entity registered"),
        "entity.changed": _("Registration data changed"),
        "record.committed": _("Record taken in"),
        "record.superseded": _("Record replaced by a later report of its source"),
        "record.restored": _("Restored: publication, sharing and use ended"),
        "record.withdrawn": _("Withdrawn by the issuing body"),
        "record.disputed": _("Objection received: marked as disputed"),
        "record.dispute_ended": _("Objection decided: dispute mark lifted"),
        "record.ended": _("Publication ended at its maximum"),
    },
    "purpose": {
        "own-findings": _("The issuing body looked at its own findings"),
        "supervision": _("The operator supervised the platform"),
    },
    "scheme": {
        "uscc": _("Unified social credit code"),
        "org_code": _("Organisation code"),
        "registration_no": _("Registration number"),
        "lei": _("Legal entity identifier"),
    },
    "role": {
        "entity": _("entity"),
        "authority": _("authority"),
        "operator": _("operator"),
        "bank": _("bank"),
        "subscriber": _("subscriber"),
    },
}


def label(family: str, code: str) -> str:
    """The label of a code, or the code itself where it is not known here.

    Args:
        family: the list of codes it belongs to.
        code: the stored code.
    """
    return str(_LABELS.get(family, {}).get(code, code))
