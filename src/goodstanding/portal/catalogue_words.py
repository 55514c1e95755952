"""Labels of the codes of the catalogue of record kinds."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, dict[str, str | Promise]] = {
    "catalogue_group": {
        "registration": _("Registration"),
        "administrative": _("Administration"),
        "judicial": _("Courts"),
        "social_insurance": _("Social insurance"),
        "tax": _("Tax"),
        "utility": _("Utilities"),
        "intellectual_property": _("Intellectual property"),
        "commitment": _("Commitments"),
        "commercial": _("Commercial data"),
    },
    "catalogue_level": {
        "national": _("national list"),
        "local": _("local supplement"),
        "market": _("brought by market institutions"),
    },
    "provider": {
        "government": _("government bodies"),
        "court": _("courts"),
        "utility": _("utility companies"),
        "social_insurance": _("social insurance bodies"),
        "tax": _("tax authorities"),
        "ip_office": _("intellectual property offices"),
        "market_institution": _("market institutions"),
    },
    "subject": {
        "organisation": _("organisations"),
        "individual_business": _("individual businesses"),
        "natural_person": _("natural persons"),
    },
    "disclosure": {
        "published": _("published"),
        "shared": _("shared under an agreement"),
        "on_request": _("on request only"),
    },
    "shown": {
        "not_published": _("not shown"),
        "by_law": _("as long as the law says"),
        "as_stated": _("as long as the source states"),
    },
    "held_in": {
        "registry": _("in the registry, record by record"),
        "lake": _("in the lake, batch by batch"),
    },
    "polarity": {
        "adverse": _("negative"),
        "neutral": _("neutral"),
        "positive": _("positive"),
    },
}
