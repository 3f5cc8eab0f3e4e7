"""The normal form of each kind of identifier: one person, one spelling, one token.

Most values are plain already and are only recognised; of the rest those that are ASCII once full-width letters are
narrow are brought to their form by expressions, and only what is left goes through Python, once for each text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

#: What groups the digits of a number and is no part of it: blanks, dashes, brackets, an apostrophe of Excel. Points
#: are only if two digits or more follow each, or the number 1234.0 would become 12340. A star hides a digit.
_GROUPING = r"[ \-/()\[\]{}_']"
_WIDE_GROUPING = re.compile(r"[\s\-\u2010-\u2015\u2212/·・()\[\]{}_'\u2018\u2019]")
_POINTS = r"^\+?[0-9]*(\.[0-9]{2,})+[Xx]?$"
#: Variation selectors choose a glyph, not a letter.
_SELECTORS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MOBILE = ((r"^00", "+"), (r"^\+86", ""), (r"^86(1[3-9][0-9]{9})$", r"\1"), (r"^0(1[3-9][0-9]{9})$", r"\1"))
_OLD_NUMBER = r"^[1-9][0-9]{14}$"
_NEVER = r"[^\s\S]"


def _plain(value: str) -> str:
    """Without marks that nobody sees, in the compatibility form that makes full-width letters narrow."""
    narrow = _SELECTORS.sub("", unicodedata.normalize("NFKC", value))
    seen = "".join(letter for letter in narrow if unicodedata.category(letter) != "Cf")
    # Once more: letters that an unseen mark held apart belong together now.
    return unicodedata.normalize("NFKC", seen).strip()


def _compact(value: str) -> str:
    # Once more: a mark may stand beside its letter only now.
    whole = unicodedata.normalize("NFKC", _WIDE_GROUPING.sub("", _plain(value)))
    narrow = "".join(_digit(letter) for letter in whole)
    return narrow.replace(".", "") if re.match(_POINTS, narrow) else narrow


def _digit(letter: str) -> str:
    """A decimal digit of any script as that of ASCII; NFKC does this for full-width ones only."""
    number = unicodedata.decimal(letter, None)
    return letter if number is None else str(number)


def _name(value: str) -> str:
    return re.sub(r"\s+", " ", _plain(value))


def _mobile(value: str) -> str:
    made = _compact(value)
    for pattern, into in _MOBILE:
        made = re.sub(pattern, into, made)
    return made


def _identity_number(value: str) -> str:
    made = _compact(value).upper()
    return _renewed(made) if re.match(_OLD_NUMBER, made) else made


def _renewed(old: str) -> str:
    """A number of 15 digits as the one of 18 that replaced it in 1999 (GB 11643): century and check character."""
    century = "18" if old[12:] >= "996" else "19"
    body = f"{old[:6]}{century}{old[6:]}"
    total = sum(int(figure) * pow(2, 17 - place, 11) for place, figure in enumerate(body))
    return body + "10X98765432"[total % 11]


def _email(value: str) -> str:
    return _plain(value).lower()


def _ascii_compact(text: pl.Expr) -> pl.Expr:
    made = text.str.replace_all(_GROUPING, "")
    return pl.when(made.str.contains(_POINTS)).then(made.str.replace_all(".", "", literal=True)).otherwise(made)


def _ascii_mobile(text: pl.Expr) -> pl.Expr:
    made = _ascii_compact(text)
    for pattern, into in _MOBILE:
        made = made.str.replace(pattern, into.replace(r"\1", "${1}"))
    return made


def _first_and_last(value: str, first: int, last: int) -> str:
    hidden = len(value) - first - last
    return f"{value[:first]}****{value[len(value) - last :]}" if hidden > 0 else "****"


@dataclass(frozen=True)
class Kind:
    """One kind of identifier.

    ``form`` brings any text to the normal form; ``ascii_form`` does the same for texts of printable ASCII as an
    expression, but for those whose result matches ``slow``. ``settled`` matches texts that are their own normal form
    and in shape, ``shape`` a normal form that can be of this kind. ``shown`` hides the middle of a clear value.
    """

    form: Callable[[str], str]
    ascii_form: Callable[[pl.Expr], pl.Expr]
    settled: str
    shape: str
    shown: Callable[[str], str]
    slow: str = _NEVER


#: Shapes say what cannot be of the kind at all. Check digits and calendars are for the contract's rules: a number with
#: a slip of the pen still names one person, and how many of them a source may bring is its owner's word.
KINDS: dict[str, Kind] = {
    "identifier": Kind(
        _plain,
        lambda text: text.str.strip_chars(),
        r"^[!-~]*[0-9A-Za-z][!-~]*$",
        r"^\P{Cc}*[\p{L}\p{N}]\P{Cc}*$",
        lambda value: _first_and_last(value, 0, 4) if len(value) > 7 else "****",
    ),
    "name": Kind(
        _name,
        lambda text: text.str.replace_all(" +", " ").str.strip_chars(),
        r"^[\x{4e00}-\x{9fff}]+$",
        r"^\P{Cc}*\p{L}\P{Cc}*$",
        lambda value: f"{value[:1]}*",
    ),
    "mobile": Kind(
        _mobile,
        _ascii_mobile,
        r"^1[3-9][0-9]{9}$",
        # Numbers of other countries keep their code (E.164: at most 15 digits).
        r"^(1[3-9][0-9]{9}|\+[1-9][0-9]{6,14})$",
        lambda value: _first_and_last(value, 3, 4),
    ),
    "identity_number": Kind(
        _identity_number,
        lambda text: _ascii_compact(text).str.to_uppercase(),
        r"^[1-9][0-9]{16}[0-9X]$",
        r"^[1-9][0-9]{16}[0-9X]$",
        lambda value: value[:3] + "*" * 11 + value[-4:],
        slow=_OLD_NUMBER,
    ),
    "card_number": Kind(
        _compact,
        _ascii_compact,
        r"^[0-9]{12,19}$",
        r"^[0-9]{12,19}$",
        lambda value: _first_and_last(value, 4, 4),
    ),
    "email": Kind(
        _email,
        lambda text: text.str.strip_chars().str.to_lowercase(),
        r"^[!-?\[-~]+@[!-?\[-~]+$",
        r"^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$",
        lambda value: f"{value[:1]}***@{value.rpartition('@')[2]}",
    ),
}

#: The normal form of each kind as a function of one text.
NORMAL_FORMS: dict[str, Callable[[str], str]] = {name: kind.form for name, kind in KINDS.items()}


def normal(values: pl.Series, kind: str) -> pl.Series:
    """Each text in the normal form of its kind (null stays null, what holds nothing becomes empty), as String."""
    known = KINDS[kind]
    texts = values.cast(pl.String)
    odd = ~texts.str.contains(known.settled)
    if not odd.any():
        return texts
    loose = pl.DataFrame({"text": texts.filter(odd).unique()})
    loose = loose.with_columns(narrow=pl.col("text").str.normalize("NFKC"))
    made = loose.select("text", form=known.ascii_form(pl.col("narrow")))
    plain = loose["narrow"].str.contains("^[ -~]*$") & ~made["form"].str.contains(known.slow)
    rest = made["text"].filter(~plain)
    slow = pl.DataFrame(
        {"text": rest, "form": pl.Series([known.form(text) for text in rest.to_list()], dtype=pl.String)}
    )
    forms = made.filter(plain).vstack(slow)
    return texts.replace(forms["text"], forms["form"])


def empty(values: pl.Series, kind: str) -> pl.Series:
    """True where a text has nothing in it for its kind (blanks, hyphens): it names nobody and counts as missing."""
    bare = values.filter(~values.str.contains(r"[\p{L}\p{N}]").fill_null(True)).unique()
    nothing = bare.filter(normal(bare, kind) == "")
    return values.is_in(nothing.implode()).fill_null(False)


def invalid(values: pl.Series, kind: str) -> pl.Series:
    """True where a text is not empty and its normal form cannot be of its kind: it must not become a token.

    Mobile ``0``, a card of three digits and an identity number of 17 are such; a wrong check digit is not.
    """
    known = KINDS[kind]
    odd = ~values.str.contains(known.settled).fill_null(True)
    loose = values.filter(odd).unique()
    forms = normal(loose, kind)
    wrong = loose.filter(~forms.str.contains(known.shape) & (forms != ""))
    return values.is_in(wrong.implode()).fill_null(False)


def display(kind: str, clear: str) -> str:
    """A clear value with its middle hidden, as a clerk may see it: ``199****0017``."""
    return KINDS[kind].shown(KINDS[kind].form(clear))
