"""Digits of other scripts: each has ten of its own, in the order of their values, and they mean what 0 to 9 mean.

Only a declared script is read. Digits of a file that declares none stay as they came and are no number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import polars as pl

#: The zero of each script that may be declared.
ZEROS = {
    "arabic-indic": "\u0660", "extended-arabic-indic": "\u06f0", "devanagari": "\u0966", "bengali": "\u09e6",
    "gurmukhi": "\u0a66", "gujarati": "\u0ae6", "oriya": "\u0b66", "tamil": "\u0be6", "telugu": "\u0c66",
    "kannada": "\u0ce6", "malayalam": "\u0d66", "thai": "\u0e50", "lao": "\u0ed0", "tibetan": "\u0f20",
    "myanmar": "\u1040", "khmer": "\u17e0", "mongolian": "\u1810", "fullwidth": "\uff10",
}  # fmt: skip
#: What stands between full-width digits is as wide as they are.
_WIDE = {chr(ord(sign) + 0xFEE0): sign for sign in ".,+-()/:'"} | {"\u3000": " "}


def in_ascii(script: str) -> Mapping[str, str]:
    """What each digit of a script is in ASCII; of full-width ones also the signs between them."""
    zero = ord(ZEROS[script])
    return {chr(zero + value): str(value) for value in range(10)} | (_WIDE if script == "fullwidth" else {})


def script_of(text: str) -> str:
    """The one script beside ASCII that the digits of a text are of; empty for none, or for several."""
    found = {chr(ord(sign) - unicodedata.digit(sign)) for sign in text if sign.isdecimal() and not sign.isascii()}
    return next((script for script, zero in ZEROS.items() if found == {zero}), "")


def translated(text: pl.Expr, signs: Mapping[str, str]) -> pl.Expr:
    """The text with each of the signs in the place of the other."""
    return text.str.replace_many(list(signs), list(signs.values())) if signs else text
