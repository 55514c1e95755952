"""Values: properties of dates, numbers and document numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.intake.standardise import document_key, in_yuan, plain, read_date, read_number

days = st.dates(date(1912, 1, 1), date(2099, 12, 31))
WIDE = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"}


@given(days)
def test_every_spelling_of_a_day_is_that_day(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    for text in (
        f"{y}-{m}-{d}",
        f"{y}/{m:02}/{d:02}",
        f"{y}.{m}.{d}",
        f"{y}{m:02}{d:02}",
        f"{y}年{m}月{d}日",
    ):
        assert read_date(text) == read_date(text.translate(WIDE)) == day
    assert read_date(f"{y}-{m:02}-{d:02} 00:00:00") == day


@given(days)
def test_a_year_of_the_republic_is_read_only_where_the_contract_says_so(day: date) -> None:
    text = f"{day.year - 1911}/{day.month:02}/{day.day:02}"
    assert read_date(text) is None
    if day.year >= 1921:
        assert read_date(text, calendar="roc") == day
    assert read_date(day.isoformat(), calendar="roc") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R2.1.15", date(2020, 1, 15)),
        ("H31.4.30", date(2019, 4, 30)),
        ("平成31年5月1日", None),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("昭和64年1月8日", None),
        ("令和0年1月1日", None),
        ("2020-01-15", date(2020, 1, 15)),
    ],
)
def test_eras(text: str, day: date | None) -> None:
    assert read_date(text, calendar="era") == day


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-02-30", "2026-5/1", "26-05-01", "2026-05-01 12:30", "20260231", "x", "٢٠٢٦-٠٥-٠١x"],
)
def test_what_is_no_day(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_none(text: str) -> None:
    for calendar in ("gregorian", "roc", "era"):
        assert isinstance(read_date(text, calendar=calendar), date | None)  # type: ignore[arg-type]
    assert isinstance(read_number(text), Decimal | None)
    assert not set(document_key(text)) & set(" \t\n")


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_numbers_survive_their_spellings(number: Decimal) -> None:
    assert read_number(format(number, "f")) == number
    assert read_number(format(number, ",f")) == number
    assert read_number(plain(number)) == number
    assert in_yuan(number, unit="万元") == (number * 10_000).quantize(Decimal("0.01"))


@pytest.mark.parametrize("text", ["2千", "1e5", "NaN", "0.1234567", "1,23", "--1", "", "Infinity", "2000元"])
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


def test_document_numbers() -> None:
    assert (
        document_key("临市监罚〔2026〕1号")
        == document_key("临市监罚[2026] 1号")
        == document_key("临市监罚（２０２６）\n1号")
    )
    assert document_key("1100071848A") != document_key("1100071848B")
