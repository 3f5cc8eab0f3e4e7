"""Identifiers that pass every check of form and can belong to nobody.

Each kind stands in a range that is not given to anyone, so that a synthetic row can be told from a real one by sight.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from hansa_sandbox.chance import Integers

#: Region codes of GB/T 2260 begin with 11 to 65, 71, 81 to 83 or 91; 99 is given to no province.
RESERVED_REGION = "99"
#: No operator's list of number segments names 154.
RESERVED_MOBILE = "154"
#: ISO/IEC 7812-1 leaves issuers that begin with 9 to national bodies, by country code; 999 is no country's.
RESERVED_BIN = "999999"
#: RFC 2606 keeps these domains for examples.
RESERVED_DOMAINS = ("example.com", "example.net", "example.org")

#: Weight of each of the 17 digits, 2^(17-i) mod 11, from the left (GB 11643-1999, after ISO 7064 mod 11-2).
WEIGHTS = np.array([pow(2, 17 - place, 11) for place in range(17)], dtype=np.int64)
CHECKS = np.array(list("10X98765432"))

#: Coprime to 10^8 and to 10^9, so that multiplying by it is a permutation of eight or nine digits.
STEP = 48_271_129


def check_character(digits: Integers) -> np.ndarray:
    """The last character of identity numbers whose first 17 digits are the rows of ``digits`` (n x 17)."""
    return CHECKS[(digits @ WEIGHTS) % 11]


def luhn_digit(digits: Integers) -> Integers:
    """The check digit that completes the rows of ``digits`` (ISO/IEC 7812-1, annex B)."""
    doubled = digits.copy()
    doubled[:, ::-2] *= 2
    doubled -= 9 * (doubled > 9)
    return (-doubled.sum(axis=1)) % 10


def figures(texts: pl.Series) -> Integers:
    """Texts of one length that hold digits only, as a matrix of those digits."""
    joined = "".join(texts.to_list()).encode()
    return (np.frombuffer(joined, dtype=np.uint8) - ord("0")).astype(np.int64).reshape(len(texts), -1)


def padded(numbers: Integers, width: int) -> pl.Series:
    """Numbers as text, filled with zeros on the left to ``width``."""
    return pl.Series(numbers).cast(pl.String).str.zfill(width)


def identity_numbers(born: list[dt.date], male: np.ndarray, serial: Integers) -> pl.Series:
    """Resident identity numbers: region, birthday, a serial whose last digit is odd for men, check character.

    ``serial`` is a different number for each person, below five million.
    """
    region = RESERVED_REGION + padded(serial // 500, 4)
    birthday = pl.Series([day.strftime("%Y%m%d") for day in born])
    order = padded(serial % 500 * 2 + male.astype(np.int64), 3)
    body = region + birthday + order
    return body + pl.Series(check_character(figures(body)).tolist())


def mobile_numbers(serial: Integers, offset: int) -> pl.Series:
    """Mobile numbers, different for different ``serial`` below 10^8."""
    return RESERVED_MOBILE + padded((serial * STEP + offset) % 10**8, 8)


def card_numbers(serial: Integers, offset: int) -> pl.Series:
    """Bank card numbers of 16 digits, different for different ``serial`` below 10^9."""
    body = RESERVED_BIN + padded((serial * STEP + offset) % 10**9, 9)
    return body + pl.Series(luhn_digit(figures(body))).cast(pl.String)
