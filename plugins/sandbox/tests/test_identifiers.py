import datetime as dt
import re

import numpy as np
import polars as pl
from hansa_sandbox import identifiers
from hypothesis import given
from hypothesis import strategies as st


def identity_holds(number: str) -> bool:
    """ISO 7064 mod 11-2, step by step as in clause 7.2: independent of the weights in the generator."""
    rest = 0
    for sign in number[:-1]:
        rest = (rest + int(sign)) * 2 % 11
    return (rest + (10 if number[-1] == "X" else int(number[-1]))) % 11 == 1


def luhn_holds(number: str) -> bool:
    total = 0
    for place, sign in enumerate(reversed(number)):
        digit = int(sign) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


days = st.dates(dt.date(1900, 1, 1), dt.date(2010, 12, 31))


@given(born=days, male=st.booleans(), serial=st.integers(0, 4_999_999))
def test_every_identity_number_passes_its_check_and_carries_the_birthday(born, male, serial):
    number = identifiers.identity_numbers([born], np.array([male]), np.array([serial]))[0]
    assert identity_holds(number)
    assert re.fullmatch(r"[0-9]{17}[0-9X]", number)
    assert number[6:14] == born.strftime("%Y%m%d")
    assert int(number[16]) % 2 == male


@given(born=days, serial=st.integers(0, 4_999_999), place=st.integers(0, 16), step=st.integers(1, 9))
def test_one_wrong_digit_breaks_the_check(born, serial, place, step):
    number = identifiers.identity_numbers([born], np.array([False]), np.array([serial]))[0]
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert not identity_holds(wrong)


def test_the_example_of_the_standard_gets_its_check_characters():
    # GB 11643-1999, annex A: 11010519491231002X and 440524188001010014.
    digits = identifiers.figures(pl.Series(["11010519491231002", "44052418800101001"]))
    assert identifiers.check_character(digits).tolist() == ["X", "4"]


@given(serial=st.integers(0, 10**8 - 1), offset=st.integers(0, 10**8 - 1))
def test_every_mobile_number_is_well_formed_and_in_the_reserved_segment(serial, offset):
    number = identifiers.mobile_numbers(np.array([serial]), offset)[0]
    assert re.fullmatch(r"1[3-9][0-9]{9}", number)
    assert number.startswith(identifiers.RESERVED_MOBILE)


@given(serial=st.integers(0, 10**9 - 1), offset=st.integers(0, 10**9 - 1))
def test_every_card_number_passes_luhn_and_has_the_reserved_issuer(serial, offset):
    number = identifiers.card_numbers(np.array([serial]), offset)[0]
    assert len(number) == 16
    assert luhn_holds(number)
    assert number.startswith(identifiers.RESERVED_BIN)


def test_no_two_customers_share_a_number():
    serial = np.arange(20_000)
    born = [dt.date(1990, 1, 1)] * len(serial)
    assert identifiers.identity_numbers(born, serial % 2 == 0, serial).n_unique() == len(serial)
    assert identifiers.mobile_numbers(serial, 3).n_unique() == len(serial)
    assert identifiers.card_numbers(serial, 3).n_unique() == len(serial)
