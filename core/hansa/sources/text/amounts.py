"""The amounts that ``control`` adds up, with the sign that the binding gives them: by a flag, or by two columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hansa.cast import Flag, TwoColumns
from hansa.cast.signs import by_flag, by_two_columns
from hansa.sources.binding import Binding
from hansa.sources.rules import known_column
from hansa.sources.value_words import SignWords


@dataclass(frozen=True)
class Amount:
    """Where one amount stands: the file's columns of its number, and what says its sign beside them."""

    numbers: tuple[str, ...]
    sign: Flag | TwoColumns | None = None
    #: Words of the flag that mean none, for these are no words of its own.
    empty: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's columns that are needed."""
        return (*self.numbers, *((self.sign.column,) if isinstance(self.sign, Flag) else ()))

    def value(self) -> tuple[pl.Expr, pl.Expr]:
        """The signed number, and where it cannot be told, over numbers and the flag as it is written."""
        right = pl.lit(value=False)
        if isinstance(self.sign, Flag):
            flag = pl.col(self.sign.column)
            said = pl.when(~flag.is_in(self.empty)).then(flag) if self.empty else flag
            return by_flag(pl.col(self.numbers[0]), right, said, self.sign)
        if self.sign is not None:
            return by_two_columns(lambda name: (pl.col(name), right), self.sign)
        return pl.col(self.numbers[0]), right


def amount_of(binding: Binding, name: str, names: Sequence[str], place: str) -> Amount:
    """The amount that ``control`` names: a column of the file, or one of the contract that ``sign`` explains.

    A column of the file whose number has its sign in a flag is added up with that sign. Of two columns each is added up
    as it is written, and what they are together has the contract's name. Errors: MeshError for a column that is not
    there.
    """

    def known(column: str) -> str:
        return names[known_column(column, names, place)]

    words = binding.mapping
    own = words.sign.get(name)
    if own is not None and (two := own.two_columns) is not None:
        plus, minus = known(two[0]), known(two[1])
        return Amount((plus, minus), TwoColumns(plus, minus, own.minus_written == "negative"))
    for to, sign in words.sign.items():
        column = sign.column or words.rename.get(to, to)
        if sign.flag is not None and (name == column or (name == to and name not in names)):
            listed = {*(sign.plus or ()), *(sign.minus or ()), *sign.none}
            empty = tuple(word for word in binding.null_words if word not in listed)
            return Amount((known(column),), _flag(sign, known(sign.flag)), empty)
    return Amount((known(name),))


def _flag(sign: SignWords, column: str) -> Flag:
    plus, minus = (words if isinstance(words, tuple) else () for words in (sign.plus, sign.minus))
    return Flag(column, plus, minus, sign.none, sign.own_sign == "turned")
