"""What is dropped from a name or value before anybody reads it: marks, prefixes, formulas, blanks at its ends.

One rule in two forms: over one text, and over a frame. A field that was empty as it came has no value; one that was
written as ``""`` is the empty text; one of which nothing is left has no value either.
"""

from __future__ import annotations

import re

import polars as pl

from hansa.sources.layout import LayoutWords

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)


def cleans(words: LayoutWords) -> bool:
    """True if the layout drops anything from values."""
    return bool(words.trim or words.strip_prefix or words.ignore or words.formula_text)


def without_ignored(text: str, words: LayoutWords) -> str:
    """A text without the characters that are dropped everywhere."""
    return text.translate(dict.fromkeys(map(ord, words.ignore))) if words.ignore else text


def cleaned_text(value: str, words: LayoutWords) -> str:
    """A name, or a value that is there, as it is meant."""
    value = without_ignored(value, words)
    if words.strip_prefix:
        value = value.removeprefix(words.strip_prefix)
    if words.formula_text and (found := _FORMULA.fullmatch(value)):
        value = found[1]
    return value.strip(words.trim) if words.trim else value


def cleaned_value(value: str | None, words: LayoutWords) -> str | None:
    """A value as it is meant, for readers that go row by row: None where none is left."""
    return value if not value else cleaned_text(value, words) or None


def cleaned_frame(frame: pl.DataFrame, words: LayoutWords) -> pl.DataFrame:
    """The same over all columns of a frame of texts."""
    if not cleans(words):
        return frame
    value = pl.all()
    for sign in words.ignore or "":
        value = value.str.replace_all(sign, "", literal=True)
    if words.strip_prefix:
        value = value.str.strip_prefix(words.strip_prefix)
    if words.formula_text:
        value = value.str.replace(r'(?s)\A="(.*)"\z', "${1}")
    if words.trim:
        value = value.str.strip_chars(words.trim)
    return frame.select(pl.when(pl.all() == "").then(pl.all()).when(value != "").then(value))
