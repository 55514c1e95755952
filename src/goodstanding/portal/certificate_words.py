"""What the page that verifies certificates says, as its script needs it: in the language of the page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from goodstanding.exchange.certificate_paper import CODES, STATES
from goodstanding.proof import CHECKS, ProofError
from goodstanding.proof import CODES as ERRORS
from goodstanding.registry.models import Record

from .language import language


def words() -> dict[str, Any]:
    """All words of the script, by the names that it has for them."""
    here = 1 if language() == "zh" else 0
    return {
        "language": language(),
        "check": {name: pair[here] for name, pair in CHECKS.items()}
        | {"paper": _("the file is the one that the printed code names")},
        "states": {name: pair[here] for name, pair in STATES.items()},
        "codes": {name: pair[here] for name, pair in CODES.items()},
        "kinds": {value: str(label) for value, label in Record.Kind.choices},
        "errors": {code: _sentence(code) for code in sorted(ERRORS)},
        "status": {"proved": _("holds"), "refused": _("does not hold"), "open": _("not checked")},
        "open": {
            "key": _("You gave no key. The certificate names its own:"),
            "witnesses": _("Their lines hold by the keys that the certificate itself names:"),
            "nobody": _("The certificate names no witness."),
            "absence": _(
                "The certificate says nothing of it: the entity may have another record of this kind."
            ),
            "journaled": _("No checkpoint covers the receipt yet."),
        },
        "lacking": {
            "secure": _("This page was not loaded over HTTPS, so the browser lets it check no signature."),
            "ed25519": _("This browser cannot check Ed25519 signatures. A current Chromium or Firefox can."),
        },
        "command": _("Use another browser, or the command line as described below."),
        **_verdicts(),
        **_headings(),
    }


def _verdicts() -> dict[str, Any]:
    return {
        "holds": _("The certificate holds"),
        "holds_key": {
            "page": _("It was checked with the key that this page was delivered with."),
            "own": _("It was checked with the key that you entered."),
        },
        "itself": _("The certificate agrees with itself, no more"),
        "itself_what": _("Without a key anyone could have written all of it. Enter the platform's key."),
        "refused": _("The certificate does not hold"),
        "refused_what": _("Do not rely on it. What does not hold is marked below."),
        "no_certificate": _("This is no certificate, or it was changed"),
        "other_paper": _("The printed code belongs to another file."),
    }


def _headings() -> dict[str, Any]:
    return {
        "says": _("What it says"),
        "checks": _("What was checked"),
        "recipients": _("Recipients and their receipts"),
        "columns": [_("Recipient"), _("State"), _("Since"), _("Receipt")],
        "nobody": _("The record was sent to nobody."),
        "due": _("due"),
        "from": _("had it from"),
        "entity": _("Entity"),
        "record": _("Kind of record"),
        "found_by": _("Found by"),
        "decided_by": _("Restored by"),
        "decided_at": _("Restored on"),
        "law": _("Law applied"),
        "positions": _("Log positions of removal and decision"),
        "issued": _("Issued"),
    }


def _sentence(code: str) -> str:
    error = ProofError(code, place="")
    return error.sentence_zh if language() == "zh" else error.sentence
