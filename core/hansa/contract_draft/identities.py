"""Identifiers of persons and companies, known by shape and check digit, as Polars expressions over whole columns.

Standards: GB 11643-1999 (resident identity number, ISO 7064 mod 11-2), GB 32100-2015 (unified social credit code,
mod 31), ISO/IEC 7812 (card number, Luhn). A mobile of mainland China is eleven digits, 1[3-9] first. Whether a region
code is assigned is no part of it: reserved ones are used by test data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

IDENTITY, CREDIT_CODE, CARD, MOBILE, EMAIL = (
    "resident identity number",
    "unified social credit code",
    "card number",
    "mobile number",
    "e-mail address",
)

#: The kinds in the order in which they are taken, each with the kind of token that fits.
TOKEN_OF = {
    IDENTITY: "identity_number",
    CREDIT_CODE: "identifier",
    CARD: "card_number",
    MOBILE: "mobile",
    EMAIL: "email",
}
#: Kinds whose last sign is computed from the others.
CHECKED = (IDENTITY, CREDIT_CODE, CARD)

#: What stands inside a longer text, counted under these words.
INSIDE, IDENTITY_INSIDE = "inside", "identity number inside"

_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_GROUPING = rf"[\s()\-\u2010-\u2015{_UNSEEN}]"
_IDENTITY = r"^[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]$"
_CARD = r"^[2-9][0-9]{12,18}$"
#: Fourteen digits that are a time.
_CLOCK = r"^20[0-9]{2}(0[1-9]|1[0-2])[0-9]{2}[0-2][0-9][0-5][0-9][0-5][0-9]$"
_MOBILE = r"^(\+86|0086|86)?1[3-9][0-9]{9}$"
_ELEVEN = r"^(\+86|0086|86)?[0-9]{11}$"
_EMAIL = r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = rf"^[{_SIGNS}]{{2}}[0-9]{{6}}[{_SIGNS}]{{10}}$"

#: What the kind of token takes, right or wrong by its check digit; the old identity numbers had 15 digits and none.
_TAKEN = {
    IDENTITY: r"^[1-9]([0-9]{16}[0-9Xx]|[0-9]{14})$",
    CARD: r"^[0-9]{12,19}$",
    MOBILE: rf"{_MOBILE}|^\+[1-9][0-9]{{6,14}}$",
}

#: An identity number, a mobile or an address inside a longer text; a word boundary is none beside a Han character.
_IDENTITY_WITHIN = (
    r"(^|[^0-9])[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]([^0-9A-Za-z]|$)"
)
_WITHIN = (
    rf"{_IDENTITY_WITHIN}|(^|[^0-9])(\+?86)?1[3-9][0-9]{{9}}([^0-9]|$)"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
)

_MIN_LENGTH, _MAX_LENGTH = 11, 60


@dataclass
class Kinds:
    """Counts by kind: ``passed`` are of it, ``shaped`` look like it, ``taken`` are what its token takes.

    ``passed`` counts under INSIDE and IDENTITY_INSIDE the texts that are of no kind, and hold such a value.
    """

    passed: Counter[str] = field(default_factory=Counter)
    shaped: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def add(self, other: Kinds) -> None:
        """Count what another part of the column holds."""
        self.passed += other.passed
        self.shaped += other.shaped
        self.taken += other.taken


def kinds_of(values: pl.Series, weights: pl.Series) -> Kinds:
    """How many of the texts ``values``, each counted ``weights`` times, are of each kind.

    Full-width digits, blanks, hyphens and a country code are allowed, as in the normal forms of tokens.
    """
    frame = pl.DataFrame({"value": values, "weight": weights})
    plain = _normalised(frame["value"])
    short = plain.str.contains("@") & plain.str.len_chars().is_between(5, 254)
    frame = frame.with_columns(plain).filter(short | plain.str.len_chars().is_between(_MIN_LENGTH, _MAX_LENGTH * 20))
    if not frame.height:
        return Kinds()
    bare = frame["value"].str.replace_all(_GROUPING, "")
    address = frame["value"].str.strip_chars()
    no_clock = ~bare.str.contains(_CLOCK)
    shaped = {
        IDENTITY: bare.str.contains(_IDENTITY),
        CREDIT_CODE: bare.str.contains(_CREDIT_CODE),
        CARD: bare.str.contains(_CARD) & no_clock,
        MOBILE: bare.str.contains(_ELEVEN),
        EMAIL: address.str.contains("@"),
    }
    passed = {
        IDENTITY: _checked(bare, shaped[IDENTITY], _identity_holds),
        CREDIT_CODE: _checked(bare, shaped[CREDIT_CODE], _credit_code_holds),
        CARD: _checked(bare, shaped[CARD], _luhn_holds),
        MOBILE: bare.str.contains(_MOBILE),
        EMAIL: address.str.contains(_EMAIL),
    }
    none = ~pl.select(pl.any_horizontal([*passed.values(), shaped[IDENTITY]])).to_series()
    passed[INSIDE] = frame["value"].str.contains(_WITHIN) & none
    if passed[INSIDE].any():
        passed[IDENTITY_INSIDE] = frame["value"].str.contains(_IDENTITY_WITHIN) & none
    taken = {kind: bare.str.contains(form) for kind, form in _TAKEN.items()} | {EMAIL: passed[EMAIL]}
    return Kinds(*(_counted(masks, frame["weight"]) for masks in (passed, shaped, taken)))


def _counted(masks: dict[str, pl.Series], weights: pl.Series) -> Counter[str]:
    counts = {kind: int(weights.filter(mask).sum()) for kind, mask in masks.items()}
    return Counter({kind: count for kind, count in counts.items() if count})


def _normalised(values: pl.Series) -> pl.Series:
    """Full-width digits as plain ones; the normal form costs something, so only where a sign is not ASCII."""
    if (values.str.len_bytes() == values.str.len_chars()).all():
        return values
    return values.str.normalize("NFKC")


def _checked(values: pl.Series, shaped: pl.Series, holds: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """True where a value that is ``shaped`` has the right check digit; only these are computed."""
    if not shaped.any():
        return shaped
    rows = shaped.arg_true()
    # Lazy, because only the optimiser computes once what stands in several places.
    good = values.gather(rows).to_frame("v").lazy().select(holds(pl.col("v"))).collect().to_series()
    return pl.Series("mask", [False]).new_from_index(0, values.len()).scatter(rows.filter(good), True)


def _digit(text: pl.Expr, position: int) -> pl.Expr:
    return text.str.slice(position, 1).cast(pl.Int32)


def _identity_holds(text: pl.Expr) -> pl.Expr:
    """ISO 7064 mod 11-2, and a day of birth that exists."""
    total = pl.sum_horizontal(_digit(text, i) * (pow(2, 17 - i, 11)) for i in range(17))
    last = text.str.slice(17, 1).str.to_uppercase()
    check = pl.when(last == "X").then(10).otherwise(last.cast(pl.Int32, strict=False))
    born = text.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
    return ((total + check) % 11 == 1) & born


def _luhn_holds(text: pl.Expr) -> pl.Expr:
    """ISO/IEC 7812-1; the same digit throughout is nobody's card."""
    padded = text.str.zfill(20)
    total = pl.lit(0, dtype=pl.Int32)
    for position in range(20):
        digit = _digit(padded, position)
        total = total + (digit if position % 2 else pl.when(digit > 4).then(digit * 2 - 9).otherwise(digit * 2))
    same = text.str.strip_chars(text.str.slice(0, 1)) == ""
    return (total % 10 == 0) & ~same


def _credit_code_holds(text: pl.Expr) -> pl.Expr:
    """Mod 31 with weights of three, GB 32100-2015."""
    signs, values = list(_SIGNS), list(range(31))

    def value(position: int) -> pl.Expr:
        return text.str.slice(position, 1).replace_strict(signs, values, return_dtype=pl.Int32)

    total = pl.sum_horizontal(value(i) * pow(3, i, 31) for i in range(17))
    return (31 - total % 31) % 31 == value(17)
