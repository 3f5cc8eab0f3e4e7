"""Identifiers of persons are known by shape and check digit, over the whole column."""

from __future__ import annotations

import random
import re

import polars as pl
import pytest
from hansa.contract_draft.identities import kinds_of
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn
from stdnum.cn import ric, uscc

ROWS = 200


def counts(*values):
    return kinds_of(pl.Series(values, dtype=pl.String), pl.Series([1] * len(values))).passed


def credit_code(seed):
    draw = random.Random(seed)
    stem = "91" + f"{draw.randint(110000, 659999)}" + "".join(draw.choices("0123456789ABCDEFGH", k=9))
    return stem + uscc.calc_check_digit(stem)


def wide(text):
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@pytest.mark.parametrize(
    ("value", "token", "kind"),
    [
        (lambda i, made: made["identity"](i), "identity_number", "resident identity number"),
        (lambda i, made: made["identity"](i).lower(), "identity_number", "resident identity number"),
        (lambda i, made: wide(made["identity"](i)), "identity_number", "resident identity number"),
        (lambda i, made: made["card"](i), "card_number", "card number"),
        (lambda i, made: " ".join(re.findall("....", made["card"](i))), "card_number", "card number"),
        (lambda i, made: f"1380013{i:04d}", "mobile", "mobile number"),
        (lambda i, made: f"+86 138-0013-{i:04d}", "mobile", "mobile number"),
        (lambda i, made: f"008613800130{i:03d}", "mobile", "mobile number"),
        (lambda i, made: wide(f"1380013{i:04d}"), "mobile", "mobile number"),
        (lambda i, made: f"person{i}@example.com", "email", "e-mail address"),
        (lambda i, made: credit_code(i), "identifier", "unified social credit code"),
    ],
)
def test_a_column_of_one_kind_is_proposed_as_token(csv, invented, value, token, kind):
    made = csv(x=[value(i, invented) for i in range(ROWS)], other=["a"] * ROWS)
    column = made.contract.by_name["x"]
    wanted = "C3" if token == "identity_number" else "C2"
    assert (column.classification, column.tokenise, column.logical_type) == (wanted, token, "string")
    assert made.column("x")["recognised"] == kind
    assert made.contract.by_name["other"].tokenise is None


def test_nulls_empties_and_null_words_do_not_count_against_a_kind(csv, invented):
    values = [invented["identity"](i) for i in range(20)]
    made = csv(x=[*values, *[None] * 100, *[""] * 50, *["N/A"] * 30])
    assert made.contract.by_name["x"].tokenise == "identity_number"


def test_amounts_and_serial_numbers_that_pass_luhn_by_chance_are_no_cards(csv):
    draw = random.Random(3)
    numbers = [str(draw.randint(2 * 10**15, 9 * 10**15)) for _ in range(2_000)]
    passing = counts(*numbers)["card number"]
    assert 120 < passing < 280
    made = csv(x=numbers, amount=[f"{number[:12]}.{number[12:14]}" for number in numbers])
    assert made.contract.by_name["x"].tokenise is None
    assert "card" not in made.said("x")
    assert made.contract.by_name["amount"].classification is None


def test_the_same_digit_throughout_and_a_time_are_no_cards(invented):
    assert (
        counts("0000000000000000", "5555555555555555", "20260131100007", invented["luhn"]("2026013110000"))[
            "card number"
        ]
        == 0
    )


def test_identity_numbers_inside_longer_texts_are_said(csv, invented):
    made = csv(x=[f"客户{invented['identity'](1)}来电", "电话13800138000已停", "ok thanks, nothing else"] * 5)
    assert made.contract.by_name["x"].tokenise is None
    assert "10 texts with an identity number, mobile or address inside" in made.said("x")


def test_mobiles_kept_as_whole_numbers_are_proposed_as_text_that_casts(parquet):
    made = parquet(pl.DataFrame({"x": [13800130000 + i for i in range(ROWS)]}))
    assert made.contract.by_name["x"].tokenise == "mobile"
    assert made.failures() == {"x": 0}


def test_mobiles_kept_as_doubles_are_classified_and_the_way_out_is_said(parquet):
    made = parquet(pl.DataFrame({"x": [13800130000.0 + i for i in range(ROWS)] + [None]}))
    column = made.contract.by_name["x"]
    assert (column.classification, column.tokenise, column.logical_type) == ("C2", None, "number")
    assert "only text can be tokenised" in made.said("x")


@pytest.mark.parametrize("name", ["name", "customer_name", "CustomerName", "surname", "姓名", "账户户名"])
def test_a_name_of_persons_is_a_guess_by_the_columns_name(csv, name):
    made = csv(**{name: ["Li Wei", "Zhang San"]})
    assert made.contract.by_name[name].classification == "C2"
    assert "guess" in made.said(name)


@pytest.mark.parametrize("name", ["product_name", "file_name", "filename_hash", "tournament", "merchant_name"])
def test_names_of_things_are_left_alone(csv, name):
    assert csv(**{name: ["Li Wei", "Zhang San"]}).contract.by_name[name].classification is None


def _stdnum_says(number):
    """The reference; it raises KeyError for a county that it does not know in a region that it knows."""
    try:
        return ric.is_valid(number)
    except KeyError:
        return None


@settings(deadline=None, max_examples=60)
@given(st.integers(110000, 659999), st.dates(), st.integers(0, 999), st.sampled_from("0123456789X"))
def test_identity_numbers_are_judged_as_by_the_reference_but_for_the_region(region, day, serial, last):
    number = f"{region}{day.year:04d}{day.month:02d}{day.day:02d}{serial:03d}{last}"
    ours = counts(number)["resident identity number"] == 1
    if 1800 <= day.year <= 2099:
        assert ours == (ric.calc_check_digit(number) == last)
    if _stdnum_says(number) and 1800 <= day.year <= 2099:
        assert ours


def test_an_identity_number_that_the_reference_stumbles_over_is_judged():
    assert counts("159000199001010019")["resident identity number"] in (0, 1)
    with pytest.raises(KeyError):
        ric.is_valid("159000199001010019")


@settings(deadline=None, max_examples=60)
@given(st.integers(2 * 10**12, 10**19 - 1).map(str).filter(lambda text: text[0] in "23456789" and len(set(text)) > 1))
def test_cards_are_judged_as_by_the_reference(number):
    clock = len(number) == 14 and number.startswith("20")
    assert clock or (counts(number)["card number"] == 1) == stdnum_luhn.is_valid(number)


@settings(deadline=None, max_examples=60)
@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9), st.integers(100000, 999999))
def test_credit_codes_are_judged_as_by_the_reference(body, region):
    stem = f"91{region}{body}"
    codes = [stem + sign for sign in "0123456789ABCDEFGHJKLMNPQRTUWXY"]
    good = stem + uscc.calc_check_digit(stem)
    assert counts(good)["unified social credit code"] == 1
    assert counts(*codes)["unified social credit code"] == 1
