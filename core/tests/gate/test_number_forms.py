"""Numbers in a declared form: exact to the digit, or refused. Nothing is guessed, rounded or read at another scale."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import NumberForm, Reading, casts, plain_number
from hansa.contract.model import Column, Contract
from hypothesis import given
from hypothesis import strategies as st

COMMA = NumberForm(",", ".")
POINT = NumberForm(".", ",")
SWISS = NumberForm(".", "'")
BLANK = NumberForm(",", "space")
SIGNED = NumberForm(",", ".", ("-", "()", "DR", "S"), ("CR", "H", "+"))


def read(text, form):
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    return frame.select(plain_number(pl.col("text"), form)).item()


def cast(texts, form, kind="number", **options):
    column = Column("amount", kind, 1, **options)
    frame = pl.DataFrame({"amount": texts}, schema={"amount": pl.String})
    made = casts(Contract("t.a", "1.0.0", (column,), "x", "0"), frame.schema, Reading(numbers={"amount": form}), "UTC")
    found = frame.lazy().select(value=made["amount"].value, failed=made["amount"].failed).collect(engine="streaming")
    return found["value"].to_list(), found["failed"].to_list()


READ = [
    ("1.234,56", COMMA, "1234.56"),
    ("-1.234,56", COMMA, "-1234.56"),
    ("+1.234,56", COMMA, "1234.56"),
    ("\u22121.234,56", COMMA, "-1234.56"),
    ("1234,56", COMMA, "1234.56"),
    ("12.345.678,9", COMMA, "12345678.9"),
    ("1,234", COMMA, "1.234"),
    ("1,234", POINT, "1234"),
    ("1.234", COMMA, "1234"),
    ("1.234", POINT, "1.234"),
    ("-100", COMMA, "-100"),
    ("0,05", COMMA, "0.05"),
    ("1 234,56", BLANK, "1234.56"),
    ("-1\u00a0234\u202f567,89", BLANK, "-1234567.89"),
    ("1'234.56", SWISS, "1234.56"),
    ("1\u2019234.56", SWISS, "1234.56"),
    ("1.234,56-", SIGNED, "-1234.56"),
    ("(1.234,56)", SIGNED, "-1234.56"),
    ("1.234,56 DR", SIGNED, "-1234.56"),
    ("1.234,56Dr", SIGNED, "-1234.56"),
    ("1.234,56 CR", SIGNED, "1234.56"),
    ("1.234,56 cr", SIGNED, "1234.56"),
    ("12,00\u00a0S", SIGNED, "-12.00"),
    ("12,00+", SIGNED, "12.00"),
    ("12.00 (EUR)", NumberForm(currency=("(EUR)",)), "12.00"),
    ("-12.00 (EUR)", NumberForm(currency=("(EUR)",)), "-12.00"),
    ("12,00 H", SIGNED, "12.00"),
    ("     7.918,48-", SIGNED, "-7918.48"),
    ("       627,12 ", SIGNED, "627.12"),
    ("\t-6,50 ", COMMA, "-6.50"),
    (" 5,00 DR ", SIGNED, "-5.00"),
    ("1\u066c234\u066b5", NumberForm("\u066b", "\u066c"), "1234.5"),
]


@pytest.mark.parametrize(("text", "form", "number"), READ)
def test_a_number_is_read_by_its_form(text, form, number):
    assert read(text, form) == number


REFUSED = [
    ("1.23.4,5", COMMA), ("1234.567,89", COMMA), ("12.34,5", COMMA), ("1..234", COMMA), (".234", COMMA),
    ("1,2,3", COMMA),
    ("-110.7", COMMA), ("12.34", COMMA), ("1234.56", COMMA), ("0.123", COMMA), ("00.123", COMMA), ("1,234.56", COMMA),
    ("1.234,56", POINT), ("0,123", POINT), ("1.234.567", POINT),
    ("1.234", NumberForm(",")), ("1 234,5", COMMA), ("1.234,56", BLANK), ("1,234.5", SWISS),
    ("1.234,56-", COMMA), ("(1,00)", COMMA), ("1,00 CR", COMMA), ("1,00 DR", COMMA), ("1,00+", COMMA),
    ("-1,00-", SIGNED), ("(-1,00)", SIGNED), ("-1,00 DR", SIGNED), ("(1,00) DR", SIGNED), ("(1,00", SIGNED),
    ("1,00)", SIGNED), ("1,00 DRX", SIGNED), ("1,00 R", SIGNED), ("DR 1,00", SIGNED), ("1,00  DR", SIGNED),
    ("--1", COMMA), ("- 1", COMMA), ("1e5", COMMA), ("1,5e3", COMMA), ("", COMMA), ("-", SIGNED), ("()", SIGNED),
    (",", COMMA), (",,5", COMMA), (" ", COMMA), ("1, 0", COMMA), ("1,0 -", SIGNED), ("1,0\n", COMMA),
    ("\uff11,0", COMMA), ("\u0661,0", COMMA),
    ("1,00 \u20ac", COMMA), ("NaN", COMMA), ("inf", COMMA), ("1,00 CR DR", SIGNED), ("1.234,56.", COMMA),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form"), REFUSED)
def test_what_does_not_fit_the_form_to_the_last_sign_is_no_number(text, form):
    assert read(text, form) is None


def test_a_word_that_ends_like_another_one_keeps_its_own_sign():
    form = NumberForm(negative=("R",), positive=("CR",))
    assert (read("5 CR", form), read("5CR", form), read("5 R", form)) == ("5", "5", "-5")


def test_more_decimals_than_the_contract_has_fail_and_zeros_do_not():
    values, failed = cast(["1.234,567", "1.234,5600", None], COMMA, precision=12, scale=2)
    assert (values, failed) == ([None, Decimal("1234.56"), None], [True, False, False])


def test_what_does_not_fit_fails_and_is_never_null_alone():
    values, failed = cast(["1.23.4,5", "110.7", "1,5"], COMMA, precision=12, scale=2)
    assert (values, failed) == ([None, None, Decimal("1.50")], [True, True, False])


def test_thirty_eight_digits_are_exact():
    text = "123.456.789.012.345.678.901.234.567.890.123.456,78"
    assert cast([text], COMMA, precision=38, scale=2)[0] == [Decimal("123456789012345678901234567890123456.78")]


def test_whole_numbers_have_the_form_too():
    assert cast(["1.234", "5-", "1,0"], SIGNED, kind="integer") == ([1234, -5, None], [False, False, True])


def test_a_double_keeps_its_own_rule_of_what_survives():
    values, failed = cast(["0,1", "-0,0", "12.345,6789012345678"], COMMA)
    assert (values[:2], failed) == ([0.1, 0.0], [False, False, True])


def test_texts_of_other_columns_are_left_alone():
    column = Column("note", "string", 1)
    frame = pl.DataFrame({"note": ["1.234,56"]})
    made = casts(Contract("t.a", "1.0.0", (column,), "x", "0"), frame.schema, Reading(numbers={"note": COMMA}), "UTC")
    assert frame.select(made["note"].value).item() == "1.234,56"


FORMS = st.sampled_from([COMMA, POINT, SWISS, BLANK, NumberForm(","), NumberForm(",", "'"), SIGNED])
SIGNS = {"space": "\u00a0", "'": "'"}


def spelled(number, form, grouped):
    """The number as a source of this form writes it."""
    whole, _, part = f"{abs(number):f}".partition(".")
    if grouped and form.grouping:
        whole = f"{int(whole):,}".replace(",", SIGNS.get(form.grouping, form.grouping))
    text = whole + (form.decimal + part if part else "")
    if number.is_signed():
        return f"({text})" if "()" in form.negative and grouped else f"-{text}"
    return text


@given(st.integers(-(10**18), 10**18), st.integers(0, 9), FORMS, st.booleans())
def test_whatever_is_written_in_a_form_comes_back_exactly(units, scale, form, grouped):
    number = Decimal(units).scaleb(-scale)
    values, failed = cast([spelled(number, form, grouped)], form, precision=38, scale=scale)
    assert (values, failed) == ([number], [False])


@given(st.text("0123456789.,'-+() DRC\u00a0\u2212", max_size=14), FORMS)
def test_no_text_is_read_as_other_digits_than_it_has(text, form):
    made = read(text, form)
    if made is not None:
        assert [sign for sign in made if sign.isdigit()] == [sign for sign in text if sign.isdigit()]
        assert Decimal(made).is_signed() == any(mark in text.upper() for mark in ("-", "\u2212", "(", "D"))
        assert made.count(".") == text.count(form.decimal)
