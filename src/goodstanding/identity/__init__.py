"""Who a record is about: identifiers, names and divisions, as pure functions.

What the room promises: nothing is guessed (no letter is read as another, no name alone proves identity), a
natural person's number never appears in an error, and every refusal has a machine code and a sentence in
both languages.

Begin with `recognise`, `parse`, `is_uscc`, `normalise` and `disagree`.
"""

from goodstanding.identity.body_classes import (
    BODY_CLASSES,
    UNASSIGNED,
    BodyClass,
    body_class,
    is_individual_business,
)
from goodstanding.identity.divisions import PROVINCES, Division, is_division_code, province_of
from goodstanding.identity.errors import IdentifierError, Problem
from goodstanding.identity.identifiers import (
    SCHEME_NAMES,
    Identifier,
    Scheme,
    check_character,
    is_uscc,
    org_code_from,
    organisation_code_of,
    parse,
    person_key,
    recognise,
    registration_no_from,
    standardise,
    uscc_from_parts,
)
from goodstanding.identity.names import disagree, has_lost_characters, latin, mask_person, normalise

__all__ = [
    "BODY_CLASSES",
    "PROVINCES",
    "SCHEME_NAMES",
    "UNASSIGNED",
    "BodyClass",
    "Division",
    "Identifier",
    "IdentifierError",
    "Problem",
    "Scheme",
    "body_class",
    "check_character",
    "disagree",
    "has_lost_characters",
    "is_division_code",
    "is_individual_business",
    "is_uscc",
    "latin",
    "mask_person",
    "normalise",
    "org_code_from",
    "organisation_code_of",
    "parse",
    "person_key",
    "province_of",
    "recognise",
    "registration_no_from",
    "standardise",
    "uscc_from_parts",
]
