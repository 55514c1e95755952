"""Labels of the codes that other rooms store, in the page's language. An unknown code is shown as it is."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from goodstanding.exchange.models import Reconciliation
from goodstanding.registry.models import Outcome, Record, Use

from .agreement_words import LABELS as AGREEMENT_LABELS
from .batch_words import LABELS as BATCH_LABELS
from .batch_words import NAMES
from .catalogue_words import LABELS as CATALOGUE_LABELS
from .contract_words import LABELS as CONTRACT_LABELS
from .law_words import LABELS as LAW_LABELS
from .propagation_words import LABELS as PROPAGATION_LABELS

#: What is said of a decision that was looked at again, by the result of the report.
LOOKED_AGAIN: dict[str, str | Promise] = {
    "done": _("made anew"),
    "refused": _("kept, with reasons"),
    "nothing": _("not applicable"),
}
#: Which decisions that used a record are shown.
USE_STATES: dict[str, str | Promise] = {
    "open": _("unanswered"),
    "answered": _("answered"),
    "all": _("all"),
}
_LABELS: dict[str, dict[str, str | Promise]] = {
    "difference": {
        "missing": _("Missing there"),
        "kept": _("Kept too long"),
        "older": _("Older version"),
        "unknown": _("Unknown to us"),
    },
    "reconciled": {
        **dict(Reconciliation.Result.choices),
        "platform.refused": _("refused there"),
        "platform.scope": _("refused there"),
        "key.unregistered": _("refused there"),
        "store.busy": _("interrupted: its feed was being followed"),
    },
    "event": {
        "entity.registered": _("Entity registered"),
        "entity.changed": _("Registration data changed"),
        "record.committed": _("Record taken in"),
        "record.promoted": _("Taken up from the batch in which it was reported"),
        "record.superseded": _("Record replaced by a later report of its source"),
        "record.corrected": _("Record corrected"),
        "record.relisted": _("Listed again by its source"),
        "record.redacted": _("Content erased by its source"),
        "record.restored": _("Restored: publication, sharing and use ended"),
        "record.withdrawn": _("Withdrawn by the issuing body"),
        "record.disputed": _("Objection received: marked as disputed"),
        "record.dispute_ended": _("Objection decided: dispute mark lifted"),
        "record.stated": _("Statement attached"),
        "record.statement_removed": _("Statement taken off"),
        "record.shielded": _("Publication suspended while a reorganisation plan is carried out"),
        "record.unshielded": _("Publication resumed"),
        "record.republished": _("Restoration revoked: published again"),
        "record.ended": _("Publication ended at its maximum"),
        "case.submitted": _("Application or objection handed in"),
        "case.accepted": _("Accepted by the authority"),
        "case.refused": _("Not accepted by the authority"),
        "case.granted": _("Granted by the authority"),
        "case.denied": _("Denied by the authority"),
        "case.withdrawn": _("Withdrawn by the entity"),
        "case.lapsed": _("Case ended because the record was taken back"),
        "evidence.fetched": _("A proof fetched from the body that holds it"),
        "evidence.redacted": _("A file redacted for other readers"),
        "batch.held": _("Batch held for the operator"),
        "batch.released": _("Held batch released"),
        "batch.refused": _("Held batch refused"),
        "receipt.recorded": _("Signed receipt of a subscriber"),
        "removal.late": _("A holder has not shown in time that it dropped the record"),
        "probe.shown": _("A holder was seen to show the removed record still"),
        "probe.gone": _("That holder no longer shows the removed record"),
        "probe.void": _("What that holder shows is no longer counted against it"),
        "removal.kept": _("A holder was found to keep the record after saying that it was gone"),
        "correction.late": _("A holder has not shown in time that it has the corrected content"),
        "outcome.reported": _("A body reported what it did after the removal"),
        "use.reported": _("A decision that used it was reported"),
        "use.affected": _("The maker of a decision that used it was asked to look again"),
        "use.reminded": _("The maker of a decision that used it was reminded"),
        "outcome.reminded": _("The body that made the finding was reminded to report what it did"),
    },
    "placeholder": {
        "record": _("the document number of the record"),
        "day": _("the day of the step"),
        "materials": _("what the law asks for and was not handed in"),
        "article": _("the article on which the step rests"),
    },
    "mark": {"late": _("late"), "soon": _("due soon"), "ok": _("in time")},
    "holder": {
        "holds": _("holds it"),
        "dropped": _("has dropped it"),
        "never_held": _("never held it"),
        "out_of_scope": _("may not hold it"),
    },
    "result": dict(Outcome.Result.choices),
    "looked_again": LOOKED_AGAIN,
    "use_state": USE_STATES,
    "use": dict(Use.Kind.choices),
    "kind": dict(Record.Kind.choices),
    "state": dict(Record.State.choices),
    "purpose": {
        "own-findings": _("The issuing body looked at its own findings"),
        "supervision": _("The operator supervised the platform"),
        # What the API notes where a request names no purpose of its own.
        "own findings 本机关认定信息的办理": _("The issuing body looked at its own findings"),
        "supervision 平台监督管理": _("The operator supervised the platform"),
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
        "consulted": _("authority that was asked"),
        "by_itself": _("by itself"),
        "bank": _("bank"),
        "subscriber": _("subscriber"),
    },
    **LAW_LABELS,
    **PROPAGATION_LABELS,
    **BATCH_LABELS,
    **CATALOGUE_LABELS,
    **CONTRACT_LABELS,
    **AGREEMENT_LABELS,
}


def label(family: str, code: str) -> str:
    """The label of a code, or the code itself where it is not known here.

    Args:
        family: the list of codes it belongs to.
        code: the stored code.
    """
    return str(_LABELS.get(family, NAMES.get(family, {})).get(code, code))
