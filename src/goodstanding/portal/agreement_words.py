"""Labels of the codes that sharing agreements use."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "agreement_state": {
        "draft": _("draft"),
        "upcoming": _("begins later"),
        "in_force": _("in force"),
        "suspended": _("suspended"),
        "owing": _("ended, deletion not shown"),
        "deleted": _("ended, deletion shown"),
    },
    "agreement_effect": {
        "breaking": _("takes or asks more: the recipient signs"),
        "wider": _("gives the recipient more"),
        "wording": _("only worded anew"),
    },
    "agreement_method": {
        "feed": _("follows the feed"),
        "push": _("follows the feed, told by push"),
        "api": _("reads single entities and records"),
        "file": _("fetches files"),
    },
    "files_state": {
        "none": _("none made yet"),
        "stale": _("not fetched in time"),
        "waits": _("waits to be fetched"),
        "fetched": _("all fetched"),
    },
    "agreement_mask": {
        "name": _("name"),
        "identifiers": _("identifiers"),
        "documentNo": _("document number"),
    },
    "agreement_step": {
        "sign": _("Sign with the key of the log"),
        "paper": _("Note the recipient's signature on paper"),
        "suspend": _("Suspend"),
        "resume": _("Resume"),
        "end": _("End it today"),
    },
    "agreement_step_means": {
        "sign": _("The version holds once whoever else must sign has signed."),
        "paper": _(
            "The journal says for ever that it was paper. The version holds once the provider has signed too."
        ),
        "suspend": _("From now on nothing new is sent under it; removals still are."),
        "resume": _("From now on it is sent again what the last concluded version lets through."),
        "end": _(
            "From today on nothing is sent under it but removals, and the recipient must delete what it holds."
            " An end cannot be taken back; only a new agreement follows it."
        ),
    },
    "agreement_party": {"provider": _("the provider"), "recipient": _("the recipient")},
    "agreement_level": {
        "frequency": _("Fetched or sent every"),
        "freshness": _("What is shown may be this old"),
    },
    "agreement_part": {
        "name": _("name of the agreement"),
        "domain": _("domain"),
        "description.purpose": _("purpose"),
        "description.usage": _("use"),
        "description.limitations": _("limits of use"),
        "slaProperties": _("frequency and freshness"),
        "terms.nameZh": _("name of the agreement"),
        "terms.provider.name": _("provider"),
        "terms.provider.key": _("provider's key"),
        "terms.recipient.nameZh": _("recipient's name"),
        "terms.recipient.nameEn": _("recipient's name"),
        "terms.recipient.key": _("recipient's key"),
        "terms.scope.kinds": _("kinds and items"),
        "terms.scope.divisions": _("divisions"),
        "terms.scope.fields": _("fields"),
        "terms.scope.masking": _("what is masked"),
        "terms.method": _("method"),
        "terms.legalBasis": _("legal basis"),
        "terms.onwardTransfer": _("to whom it may be passed on"),
        "terms.duties.correctionWorkingDays": _("time to correct"),
        "terms.duties.removalWorkingDays": _("time to remove"),
        "terms.duties.deletionWorkingDays": _("time to delete everything at the end"),
        "terms.probing.canaries": _("whether canaries may be sent"),
        "terms.validity.from": _("first day"),
        "terms.validity.until": _("last day"),
    },
}
