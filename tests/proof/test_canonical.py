"""Canonical JSON against an independent implementation of RFC 8785."""

import datetime
import decimal
import enum
import hashlib
import uuid

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import ProofError, canonical, commitment

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Where UTF-16 order and code point order part: characters beyond U+FFFF against those from U+E000 to U+FFFF.
keys = st.one_of(texts, st.text("a\ud7ff\ue000\uffff\U00010000\U0010ffff中😀", max_size=4))
scalars = st.one_of(
    texts,
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.none(),
    st.text('\x00\x08\t\n\f\r"\\\x1f\x7f/<'),
)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=6))
)


@settings(max_examples=400)
@given(values)
def test_it_equals_an_independent_implementation(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_utf16_units_at_every_depth():
    value = [{"outer": {"\ufb33": 1, "😀": 2, "z": {"\uffff": 1, "\U00010000": [{"\ue000": 0, "𠀀": 0}]}}}]
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical({"\ufb33": 1, "😀": 2}) == '{"😀":2,"\ufb33":1}'.encode()


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "code", "place"),
    [
        ({"\ud800": 1.0}, "canonical_type", "$.\\ud800 of type float"),
        (1.0, "canonical_type", "$ of type float"),
        ({"amount": {"yuan": [1, 2.5]}}, "canonical_type", "$.amount.yuan[1] of type float"),
        ({"amount": decimal.Decimal("1")}, "canonical_type", "$.amount of type Decimal"),
        ({"at": datetime.date(2026, 1, 1)}, "canonical_type", "$.at of type date"),
        ({"id": uuid.UUID(int=0)}, "canonical_type", "$.id of type UUID"),
        ({"colour": Colour.RED}, "canonical_type", "$.colour of type Colour"),
        ({"pair": (1, 2)}, "canonical_type", "$.pair of type tuple"),
        ({"bytes": b""}, "canonical_type", "$.bytes of type bytes"),
        ({1: 2}, "canonical_type", "$, key 1 of type int"),
        ({"a": [{None: 2}]}, "canonical_type", "$.a[0], key None of type NoneType"),
        ([2**53], "canonical_integer", "$[0]"),
        ({"n": -(2**53)}, "canonical_integer", "$.n"),
        ({"name": ["ok", "\ud800"]}, "canonical_text", "$.name[1]"),
        ({"\udfff": 1}, "canonical_text", "$, key '\\udfff'"),
        ({"😀": {"\ud83d": 1}}, "canonical_text", "$.😀, key '\\ud83d'"),
    ],
)
def test_what_it_does_not_carry_is_named_with_its_place(value, code, place):
    with pytest.raises(ProofError) as refusal:
        canonical(value)
    assert (refusal.value.code, refusal.value.place) == (code, place)


def test_a_value_that_contains_itself_or_is_too_deep_is_refused():
    loop: list = []
    loop.append(loop)
    deep: object = "leaf"
    for _ in range(129):
        deep = {"in": deep}
    for value in (loop, deep):
        with pytest.raises(ProofError) as refusal:
            canonical(value)
        assert refusal.value.code == "canonical_depth"
    assert canonical(deep["in"]).startswith(b'{"in":')


def test_a_commitment_is_the_hash_of_salt_and_canonical_content():
    salt = bytes(range(32))
    content = {"b": 1, "a": "处罚"}
    expected = hashlib.sha256(salt + '{"a":"处罚","b":1}'.encode()).digest()
    assert commitment(salt=salt, content=content) == expected
    assert commitment(salt=salt, content=canonical(content)) == expected


@given(st.binary(max_size=64).filter(lambda salt: len(salt) != 32))
def test_a_salt_of_any_other_length_is_refused(salt):
    with pytest.raises(ProofError) as refusal:
        commitment(salt=salt, content="x")
    assert refusal.value.code == "salt_length"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), values, values)
def test_commitments_differ_when_salt_or_content_differ(salt, other_salt, value, other):
    same = salt == other_salt and canonical(value) == canonical(other)
    assert (commitment(salt=salt, content=value) == commitment(salt=other_salt, content=other)) is same
