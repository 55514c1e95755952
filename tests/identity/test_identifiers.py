"""Identifiers: what a good one is, what a bad one is told, and what is never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.identity import (
    BODY_CLASSES,
    SCHEME_NAMES,
    UNASSIGNED,
    Identifier,
    IdentifierError,
    Problem,
    Scheme,
    body_class,
    check_character,
    is_individual_business,
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

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DIGITS = "0123456789"

prefixes = st.sampled_from(sorted(BODY_CLASSES))
regions = st.text(DIGITS, min_size=6, max_size=6)
bodies = st.text(ALPHABET, min_size=9, max_size=9)
usccs = st.builds(
    lambda prefix, region, body: uscc_from_parts(prefix2=prefix, region6=region, org_code9=body),
    prefixes,
    regions,
    bodies,
)

VALID = (
    "91350100M000100Y43",
    "91110108551385082Q",
    "91320105780688132K",
    "91230500MA1B3N1N2M",
    "11230500001755309F",
    "11420000MB15291767",
)
"""Real codes, recomputed by hand from the standard."""

INVENTED_PERSON = "110101199001010015"
"""A citizen number that fits the standard; its check character was worked out by hand, no person is meant."""


def problem_of(text: str, scheme: Scheme | None = None) -> Problem:
    with pytest.raises(IdentifierError) as caught:
        if scheme is None:
            recognise(text)
        else:
            parse(text, scheme=scheme)
    error = caught.value
    assert error.en and error.zh and error.remedy_en and error.remedy_zh
    return error.code


@pytest.mark.parametrize("code", VALID)
def test_known_codes_are_valid(code: str) -> None:
    assert is_uscc(code)
    assert recognise(code) == Identifier(Scheme.USCC, code)
    assert check_character(code[:17]) == code[17]


def test_a_code_printed_wrongly_is_refused_and_its_check_character_known() -> None:
    assert problem_of("91310115MA1H8R7C6D") is Problem.CHECK_CHARACTER
    assert check_character("91310115MA1H8R7C6") == "7"


@pytest.mark.parametrize(
    "code", ("55138508-2", "MA1B3N1N-2", "00175530-9", "MB152917-6", "M000100Y-4", "13830295-X")
)
def test_known_organisation_codes_are_valid(code: str) -> None:
    value = code.replace("-", "")
    assert recognise(code) == Identifier(Scheme.ORG_CODE, value)
    assert org_code_from(value[:8]) == value


@given(regions, bodies)
def test_a_sum_of_zero_gives_the_check_character_zero(region: str, body: str) -> None:
    """The trap of several libraries: alphabet[31 - 0] does not exist."""
    found = [
        code
        for last in ALPHABET
        if (code := uscc_from_parts(prefix2="91", region6=region, org_code9=body[:8] + last)).endswith("0")
    ]
    assert len(found) == 1  # exactly one last character brings the sum to 0 mod 31
    assert is_uscc(found[0])


@given(usccs, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_caught(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]
    assert is_uscc(changed) == (changed == code)


@given(usccs, st.integers(0, 17), st.integers(0, 17))
def test_any_two_characters_swapped_are_caught_but_the_first_with_the_last(
    code: str, one: int, two: int
) -> None:
    """The weights of places 1 to 17 differ; the check character's weight is that of the first place."""
    swapped = list(code)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    changed = "".join(swapped)
    if {one, two} != {0, 17}:
        assert is_uscc(changed) == (changed == code)


@given(usccs)
def test_spelling_does_not_matter(code: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    spaced = f"\ufeff {code[:8]}-{code[8:16]}\u3000—{code[16:]}\u200b\n"
    for spelling in (wide, wide.lower(), spaced, code.lower()):
        assert standardise(spelling) == code
        assert is_uscc(spelling)
        assert recognise(spelling) == parse(spelling, scheme=Scheme.USCC) == Identifier(Scheme.USCC, code)


@given(st.text(max_size=24))
def test_no_text_breaks_anything_and_standardising_twice_is_standardising_once(text: str) -> None:
    once = standardise(text)
    assert standardise(once) == once
    is_uscc(text)
    for scheme in Scheme:
        try:
            assert parse(text, scheme=scheme).value == once
        except IdentifierError as error:
            assert isinstance(error.code, Problem)
    try:
        assert recognise(text).value == once
    except IdentifierError as error:
        assert isinstance(error.code, Problem)


@given(st.text(ALPHABET + "IOSVZ-", min_size=15, max_size=20))
def test_is_uscc_and_parse_agree(text: str) -> None:
    try:
        parse(text, scheme=Scheme.USCC)
    except IdentifierError:
        assert not is_uscc(text)
    else:
        assert is_uscc(text)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_look_like_digits_are_named_and_never_guessed(letter: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        recognise(f"91350100M0{letter}0100Y43")
    assert caught.value.code is Problem.ALPHABET
    assert caught.value.position == 11
    assert letter in caught.value.en and letter in caught.value.zh


@pytest.mark.parametrize(
    ("text", "problem"),
    (
        ("", Problem.EMPTY),
        (" 　", Problem.EMPTY),
        ("无", Problem.EMPTY),
        ("-", Problem.EMPTY),
        ("null", Problem.EMPTY),
        ("000000000000000000", Problem.PREFIX),
        ("000000000", Problem.PLACEHOLDER),
        ("9135010AM000100Y43", Problem.REGION),
        ("91350100M000100Y4", Problem.UNKNOWN_SHAPE),
        ("320506NA000043X", Problem.ALPHABET),
        ("企合苏锡总字第0001", Problem.UNKNOWN_SHAPE),
        ("91٣50100M000100Y43", Problem.ALPHABET),
        ("123456789", Problem.CHECK_CHARACTER),
    ),
)
def test_every_refusal_has_its_reason(text: str, problem: Problem) -> None:
    assert problem_of(text) is problem


def test_a_scheme_that_was_named_says_length_rather_than_shape() -> None:
    for scheme in (Scheme.USCC, Scheme.ORG_CODE, Scheme.REGISTRATION_NO, Scheme.LEI, Scheme.CITIZEN_NO):
        assert problem_of("1234567", scheme) is Problem.LENGTH


@pytest.mark.parametrize("prefix", ("A1", "N1", "N2", "N3", "Y1"))
def test_prefixes_with_a_letter_are_valid(prefix: str) -> None:
    code = uscc_from_parts(prefix2=prefix, region6="110105", org_code9=org_code_from("MA00ABCD"))
    assert is_uscc(code)
    assert body_class(code) == BODY_CLASSES[prefix].name


def test_an_unassigned_class_is_not_refused() -> None:
    code = uscc_from_parts(prefix2="95", region6="110105", org_code9="123456788")
    assert body_class(code) == UNASSIGNED


def test_an_embedded_organisation_code_need_not_pass_its_own_check() -> None:
    code = "914512817717388902"
    assert is_uscc(code)
    assert organisation_code_of(code) == "771738890"
    assert problem_of("771738890") is Problem.CHECK_CHARACTER


def test_an_individual_business_is_told_by_its_prefix() -> None:
    code = uscc_from_parts(prefix2="92", region6="440305", org_code9=org_code_from("MA5ABCDE"))
    assert is_individual_business(code)
    assert not is_individual_business(VALID[0])


@pytest.mark.parametrize(
    ("prefix", "region", "body", "problem"),
    (
        ("0A", "110000", "123456788", Problem.PREFIX),
        ("9", "110000", "123456788", Problem.LENGTH),
        ("91", "11000", "1234567880", Problem.LENGTH),
        ("91", "11000A", "123456788", Problem.REGION),
        ("91", "110000", "12345678S", Problem.ALPHABET),
    ),
)
def test_parts_that_do_not_fit_make_no_code(prefix: str, region: str, body: str, problem: Problem) -> None:
    with pytest.raises(IdentifierError) as caught:
        uscc_from_parts(prefix2=prefix, region6=region, org_code9=body)
    assert caught.value.code is problem


def test_a_registration_number_is_recognised() -> None:
    assert recognise("320404000009558") == Identifier(Scheme.REGISTRATION_NO, "320404000009558")
    assert registration_no_from("32040400000955") == "320404000009558"
    assert problem_of("320404000009559") is Problem.CHECK_CHARACTER


def test_a_citizen_number_in_the_place_of_a_code_is_refused_without_repeating_it() -> None:
    with pytest.raises(IdentifierError) as caught:
        recognise(INVENTED_PERSON)
    error = caught.value
    assert error.code is Problem.PERSON_NUMBER
    assert INVENTED_PERSON not in repr(error) + error.en + error.zh
    assert error.__cause__ is None and error.__suppress_context__


def test_a_persons_number_is_never_shown() -> None:
    identifier = parse(INVENTED_PERSON, scheme=Scheme.CITIZEN_NO)
    assert INVENTED_PERSON not in f"{identifier!r} {identifier}"
    assert parse("E12345678", scheme=Scheme.OTHER_PERSON_NO).scheme.is_person


@pytest.mark.parametrize(
    ("text", "problem"),
    (
        ("110101199013010015", Problem.BIRTH_DATE),
        ("110101199002300015", Problem.BIRTH_DATE),
        ("110101199001010016", Problem.CHECK_CHARACTER),
        ("1101011990010100A5", Problem.ALPHABET),
        ("11010119900101001", Problem.LENGTH),
    ),
)
def test_a_wrong_citizen_number_says_why_without_its_characters(text: str, problem: Problem) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse(text, scheme=Scheme.CITIZEN_NO)
    assert caught.value.code is problem
    assert text not in str(caught.value) and "'A'" not in caught.value.en


def test_one_person_has_one_key_per_secret() -> None:
    secret, other = b"a secret of the platform", b"a secret of another place"
    key = person_key(INVENTED_PERSON, secret=secret)
    assert len(key) == 64
    assert key == person_key(f" {INVENTED_PERSON[:6]} {INVENTED_PERSON[6:]}", secret=secret)
    assert key != person_key(INVENTED_PERSON, secret=other)
    assert key != person_key(INVENTED_PERSON[:-1] + "6", secret=secret)
    assert INVENTED_PERSON not in key


def test_a_weak_secret_or_an_empty_number_makes_no_key() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        person_key(INVENTED_PERSON, secret=b"short")
    with pytest.raises(IdentifierError):
        person_key(" ", secret=b"a secret of the platform")


def test_every_scheme_and_class_has_a_name_in_both_languages() -> None:
    assert set(SCHEME_NAMES) == set(Scheme)
    assert all(en and zh for en, zh in SCHEME_NAMES.values())
    assert all(row.en and row.zh and row.prefix == prefix for prefix, row in BODY_CLASSES.items())
    assert len({row.name for row in BODY_CLASSES.values()}) == len(BODY_CLASSES)
