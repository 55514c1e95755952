"""Identifiers as columns: equal to `parse` and to python-stdnum, on DuckDB and on Spark."""

from __future__ import annotations

import csv
import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
import stdnum.cn.uscc
import stdnum.iso7064.mod_11_10
import stdnum.lei
from tests.identity.mutations import full_width, mutated, valid_code

from goodstanding.identity import IdentifierError, Scheme, parse, standardise
from goodstanding.identity.check_characters import DIGITS, LETTERS, USCC_BODY_CLASSES, USCC_DEPARTMENTS
from goodstanding.identity.columns import _every_character, is_valid, standardised

SCHEMES = (Scheme.USCC, Scheme.ORG_CODE, Scheme.REGISTRATION_NO, Scheme.LEI)
VECTORS = Path(__file__).parents[3] / "shared/data/identifier_check_vectors/vectors.csv"


def holds(text: str, scheme: Scheme) -> bool:
    try:
        parse(text, scheme=scheme)
    except IdentifierError:
        return False
    return True


def stdnum_holds(text: str, scheme: Scheme) -> bool:
    """What python-stdnum says of a standardised text, with the differences that are on purpose."""
    if scheme is Scheme.USCC:
        # stdnum takes any two digits in front; we know the departments and classes. It knows no department with
        # a letter (A, N and Y came with the amendment of the standard), so of them only our own word counts.
        if text[:1] in set("ANY"):
            assert not stdnum.cn.uscc.is_valid(text)
            return holds(text, scheme)
        known = text[:1] in set(USCC_DEPARTMENTS) and text[1:2] in set(USCC_BODY_CLASSES)
        return known and bool(stdnum.cn.uscc.is_valid(text))
    if scheme is Scheme.LEI:
        # stdnum takes other lengths, and letters among the check digits.
        return len(text) == 20 and text[18:].isdigit() and bool(stdnum.lei.is_valid(text))
    # stdnum knows the check only; that filler is no number is ours.
    return len(text) == 15 and len(set(text)) > 1 and bool(stdnum.iso7064.mod_11_10.is_valid(text))


def duckdb_answers(texts: list[str | None], scheme: Scheme) -> list[bool]:
    connection = ibis.duckdb.connect()
    connection.con.execute("SET enable_progress_bar = false")
    connection.con.register("codes", pa.table({"code": pa.array(texts, pa.string())}))
    codes = connection.table("codes")
    return list(
        connection.to_pyarrow(codes.select(good=is_valid(codes.code, scheme=scheme)))["good"].to_pylist()
    )


def codes_of(scheme: Scheme, *, many: int, seed: str) -> list[str]:
    chance = random.Random(f"{seed} {scheme.value}")
    valid = [valid_code(chance, scheme) for _ in range(many // 10)]
    return [mutated(chance, chance.choice(valid)) for _ in range(many)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_million_mutated_codes_agree_with_parse_and_with_stdnum(scheme: Scheme) -> None:
    texts = codes_of(scheme, many=250_000, seed="a million")
    answers = duckdb_answers(list(texts), scheme)
    one_by_one = [holds(text, scheme) for text in texts]
    assert [text for text, a, b in zip(texts, answers, one_by_one, strict=True) if a != b] == []
    assert 0.3 < sum(answers) / len(answers) < 0.6  # neither side of the question is empty
    if scheme is not Scheme.ORG_CODE:  # stdnum has no organisation codes
        plain = [(text, good) for text, good in zip(texts, answers, strict=True) if text.isascii()]
        wrong = [text for text, good in plain if good != stdnum_holds(standardise(text), scheme)]
        assert wrong == []


def slow_organisation_code(text: str) -> bool:
    """GB 11714-1997 from its text: C9 = 11 - MOD(sum of Ci * Wi, 11); 10 is written X, 11 is written 0."""
    if len(text) != 9 or len(set(text)) == 1 or set(text) - set(DIGITS + LETTERS):
        return False
    values = [(DIGITS + LETTERS).index(character) for character in text[:8]]
    check = 11 - sum(v * w for v, w in zip(values, [3, 7, 9, 10, 5, 8, 4, 2], strict=True)) % 11
    return text[8] == {10: "X", 11: "0"}.get(check, str(check))


def test_organisation_codes_agree_with_the_standards_formula() -> None:
    texts = codes_of(Scheme.ORG_CODE, many=50_000, seed="formula")
    assert duckdb_answers(list(texts), Scheme.ORG_CODE) == [
        slow_organisation_code(standardise(t)) for t in texts
    ]


@pytest.mark.realdata
def test_every_vector_of_python_stdnum() -> None:
    if not VECTORS.exists():
        pytest.skip("../shared/data/identifier_check_vectors is absent")
    with VECTORS.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 307
    for scheme in (Scheme.USCC, Scheme.LEI):
        mine = [row for row in rows if row["kind"] == scheme.value]
        assert mine
        expected = [row["expected"] == "valid" for row in mine]
        assert duckdb_answers([row["value"] for row in mine], scheme) == expected
        assert [holds(row["value"], scheme) for row in mine] == expected


@pytest.mark.parametrize(
    ("text", "scheme", "good"),
    [
        (None, Scheme.USCC, False),
        ("", Scheme.USCC, False),
        ("\n", Scheme.LEI, False),
        ("91152201078377449P\n", Scheme.USCC, True),
        (" 9115 2201-0783 7744 9p ", Scheme.USCC, True),
        (full_width("91152201078377449p"), Scheme.USCC, True),
        ("９１152201078377449𝐏", Scheme.USCC, True),
        ("91152201078377449ı", Scheme.USCC, False),
        ("B1152201078377449P", Scheme.USCC, False),
        ("000000000", Scheme.ORG_CODE, False),
        ("111111111111111", Scheme.REGISTRATION_NO, False),
        ("01152201078377449P" * 2, Scheme.USCC, False),
    ],
)
def test_what_stands_around_and_inside_a_code(text: str | None, scheme: Scheme, good: bool) -> None:
    assert duckdb_answers([text], scheme) == [good]
    assert text is None or holds(text, scheme) is good


def test_a_character_that_stands_for_two_is_for_a_person_to_read() -> None:
    text = valid_code(random.Random("10"), Scheme.REGISTRATION_NO)
    while "10" not in text:
        text = valid_code(random.Random(text), Scheme.REGISTRATION_NO)
    text = text.replace("10", "⑩", 1)
    assert holds(text, Scheme.REGISTRATION_NO)
    assert duckdb_answers([text], Scheme.REGISTRATION_NO) == [False]


def test_no_character_that_standardising_changes_is_forgotten() -> None:
    changed, to = _every_character()
    forms = dict(zip(changed, to.ljust(len(changed), "\0"), strict=True))
    for number in range(1, sys.maxunicode + 1):
        character = chr(number)
        if 0xD800 <= number < 0xE000:
            continue
        form = standardise(character)
        expected = "\0" if form == "" else form if form in set(DIGITS + LETTERS) - {character} else None
        assert forms.get(character) == expected, hex(number)


def test_codes_are_standardised_as_one_by_one() -> None:
    texts = [text for scheme in SCHEMES for text in codes_of(scheme, many=5_000, seed="standardised")]
    connection = ibis.duckdb.connect()
    connection.con.register("codes", pa.table({"code": texts}))
    codes = connection.table("codes")
    answers = connection.to_pyarrow(codes.select(form=standardised(codes.code)))["form"].to_pylist()
    assert answers == [standardise(text) for text in texts]


@pytest.mark.parametrize("scheme", [Scheme.CITIZEN_NO, Scheme.OTHER_PERSON_NO])
def test_persons_numbers_are_not_checked_in_columns(scheme: Scheme) -> None:
    with pytest.raises(ValueError, match=scheme.value):
        is_valid(ibis.table({"code": "string"}).code, scheme=scheme)


@pytest.fixture(scope="module")
def spark_session() -> Iterator[Any]:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    from goodstanding.law.columns import spark

    connection = spark(master="local[2]")
    yield connection
    connection._session.stop()


def test_spark_says_what_duckdb_says(spark_session: Any) -> None:
    for scheme in SCHEMES:
        texts: list[str | None] = [None, "", "\n", *codes_of(scheme, many=3_000, seed="Spark")]
        codes = pa.table({"place": list(range(len(texts))), "code": pa.array(texts, pa.string())})
        name = f"identifier_codes_{scheme.value}"
        spark_session._session.createDataFrame(codes).createOrReplaceTempView(name)
        table = spark_session.table(name)
        query = table.select(
            table.place, good=is_valid(table.code, scheme=scheme), form=standardised(table.code)
        )
        rows = sorted(spark_session._session.sql(spark_session.compile(query)).collect())
        assert [row.good for row in rows] == duckdb_answers(texts, scheme)
        assert [row.form for row in rows[1:]] == [standardise(str(text)) for text in texts[1:]]
