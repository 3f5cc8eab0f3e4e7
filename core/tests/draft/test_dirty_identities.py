"""Real files are dirty: a column of personal data is one however many of its check digits fail."""

from __future__ import annotations

import random

import polars as pl
import pytest

ROWS = 200


def spoilt(number):
    """The number with another check digit."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def mixed(values, share, spoil):
    """``values`` of which a ``share`` is left whole."""
    whole = round(len(values) * share)
    return [*values[:whole], *map(spoil, values[whole:])]


def protection(made, name="x"):
    column = made.contract.by_name[name]
    return column.classification, column.tokenise


@pytest.mark.parametrize("share", [0.5, 0.6, 0.89])
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("identity", ("C3", "identity_number")), ("card", ("C2", "card_number"))],
)
def test_half_of_the_check_digits_are_no_chance(csv, invented, kind, wanted, share):
    values = mixed([invented[kind](i) for i in range(ROWS)], share, spoilt)
    made = csv(x=values)
    assert protection(made) == wanted
    assert f"{ROWS - round(ROWS * share)} values whose check digit does not hold" in made.said("x")


def test_mobiles_beside_numbers_that_are_none_are_tokens(csv):
    values = mixed([f"138001{i:05d}" for i in range(ROWS)], 0.6, lambda number: "0" + number[1:])
    assert protection(csv(x=values))[0] == "C2"
    assert protection(csv(x=values))[1] is not None


@pytest.mark.parametrize("junk", ["unknown", "n.v.", "12345"])
def test_values_of_another_shape_do_not_hide_what_the_others_are(csv, invented, junk):
    values = [invented["identity"](i) for i in range(ROWS)]
    made = csv(x=[*values[:60], *[junk] * 140])
    assert protection(made) == ("C3", "identifier")
    assert "140 values of another shape" in made.said("x")


def test_a_column_of_two_kinds_is_kept_by_the_token_that_takes_both(csv, invented):
    cards = [invented["card"](i) for i in range(ROWS)]
    mobiles = [f"1380013{i:04d}" for i in range(ROWS)]
    assert protection(csv(x=[*cards, *mobiles])) == ("C2", "identifier")


def test_serial_numbers_in_the_shape_of_an_identity_number_are_none(csv):
    draw = random.Random(5)
    numbers = [
        f"{draw.randint(110000, 659999)}2025{draw.randint(1, 12):02d}{i % 28 + 1:02d}{i:04d}" for i in range(ROWS)
    ]
    made = csv(x=numbers)
    assert protection(made) == (None, None)
    assert "That may be chance" in made.said("x")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("id_no", "identity", ("C3", "identity_number")),
        ("customerIdNumber", "identity", ("C3", "identity_number")),
        ("身份证号", "identity", ("C3", "identity_number")),
        ("card_no", "card", ("C2", "card_number")),
        ("CARD_NUMBER", "card", ("C2", "card_number")),
        ("银行卡号", "card", ("C2", "card_number")),
    ],
)
def test_a_name_that_says_it_is_believed_where_no_check_digit_holds(csv, invented, name, value, wanted):
    made = csv(**{name: [spoilt(invented[value](i)) for i in range(ROWS)]})
    assert protection(made, name) == wanted
    assert "check digit" in made.said(name)
    assert "name" in made.said(name)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("mobile", "1380013{:04d}", ("C2", "mobile")),
        ("手机号", "2380013{:04d}", ("C2", "identifier")),
        ("phone", "010-1234{:04d}", ("C2", "identifier")),
        ("iban", "DE8937040044053201{:04d}", ("C2", "identifier")),
        ("account_no", "6217{:012d}", ("C2", "identifier")),
        ("账号", "0{:06d}", ("C2", "identifier")),
        ("Kontonummer", "0{:06d}", ("C2", "identifier")),
        ("email", "nobody at example {:06d}", ("C2", "identifier")),
        ("passport_no", "E{:08d}", ("C3", "identifier")),
    ],
)
def test_numbers_without_a_check_are_known_by_their_column_s_name(csv, name, value, wanted):
    made = csv(**{name: [value.format(i * 3) for i in range(ROWS)]})
    assert protection(made, name) == wanted


@pytest.mark.parametrize("name", ["account_balance", "card_kind", "id", "phone_model", "paid_no", "mobile", "卡号类型"])
def test_a_name_alone_makes_no_token_of_what_is_no_number(csv, name):
    made = csv(**{name: ["open", "closed"] * 20})
    assert protection(made, name) == (None, None)


def test_a_column_without_values_is_known_by_its_name(csv):
    made = csv(id_no=[None, None], other=["a", "b"])
    assert protection(made, "id_no") == ("C3", "identity_number")


def test_numbers_that_a_name_calls_accounts_and_a_double_has_cut_are_classified(parquet):
    made = parquet(pl.DataFrame({"account_no": [6.2170001e17 + i * 1e6 for i in range(ROWS)]}))
    assert protection(made, "account_no") == ("C2", None)
    assert "only text can be tokenised" in made.said("account_no")


def test_a_few_identity_numbers_among_other_texts_make_the_column_personal(csv, invented):
    values = [f"ticket {i}" for i in range(ROWS)]
    values[:5] = [invented["identity"](i) for i in range(5)]
    made = csv(x=values, inside=[f"of {invented['identity'](1)}", *["nothing here"] * (ROWS - 1)])
    assert protection(made) == ("C3", None)
    assert protection(made, "inside") == ("C3", None)
    assert "5 values" in made.said("x")


def test_parts_of_nested_values_are_classified_alike(parquet, invented):
    made = parquet(pl.DataFrame({"x": [{"who": invented["identity"](i)} for i in range(20)]}))
    assert made.contract.by_name["x"].classification == "C3"


def test_an_all_wrong_column_of_a_name_that_says_nothing_is_left_to_its_owner(csv, invented):
    made = csv(x=[spoilt(invented["card"](i)) for i in range(ROWS)])
    assert protection(made) == (None, None)
