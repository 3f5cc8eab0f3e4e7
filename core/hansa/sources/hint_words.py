"""Words of a source beyond signs and decimals, proposed where they would read most of the refused numbers."""

from __future__ import annotations

import polars as pl

from hansa.cast.digits import ZEROS
from hansa.contract.model import Column

_BODY = r"[0-9][0-9.,'\u00a0\u202f ]*"
#: Of the refused texts so many are written so, at least.
_MOST = 0.5
_EXPONENT = r"^[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,3}$"
_ZEROS = r"^[+-]?[0-9]+\.0+$"
_BEFORE, _BEHIND = (
    rf"^[+-]?\s*(\p{{Sc}}|[A-Z]{{3}})\s*[+-]?{_BODY}$",
    rf"^[+-]?{_BODY}\s*(\p{{Sc}}|[A-Z]{{3}}|zł|Kč|元)$",
)
_MARKED = rf"^{_BODY}(?i:CR|DR|S|H)$"


def word_hint(name: str, column: Column, texts: pl.Series) -> str:
    """The word that reads numbers written like most of ``texts``; empty where none of these words is about them."""
    if _script(texts):
        return f"their digits are {_script(texts)}: write digits: {_script(texts)} for their source in mesh.yaml"
    if _most(texts, _EXPONENT):
        return f"they have an exponent: write scientific: [{name}] under mapping of their source in mesh.yaml"
    if column.logical_type == "integer" and _most(texts, _ZEROS):
        told = "they are whole numbers with decimals that are zeros"
        return f"{told}: write surplus_zeros: [{name}] under mapping of their source in mesh.yaml"
    if _most(texts, _MARKED):
        return (
            "letters behind them say the sign: write them under negative and positive of their source; which of CR and "
            "DR is negative depends on whose account it is. Where only one sign is marked, write "
            f"sign: {{{name}: {{unmarked: minus}}}} beside positive"
        )
    if _most(texts, _BEFORE) or _most(texts, _BEHIND):
        told = "a sign or word of a currency stands beside them"
        return (
            f"{told}: write it as currency: [..] of their source in mesh.yaml, and decimal and grouping if they need it"
        )
    return ""


def _most(texts: pl.Series, pattern: str) -> bool:
    return int(texts.str.strip_chars().str.contains(pattern).sum()) > _MOST * len(texts)


def _script(texts: pl.Series) -> str:
    """The script of which most of the texts have digits."""
    for script, zero in ZEROS.items():
        first = zero if isinstance(zero, int) else ord(zero)
        if _most(texts, f"[{chr(first)}-{chr(first + 9)}]"):
            return script
    return ""
