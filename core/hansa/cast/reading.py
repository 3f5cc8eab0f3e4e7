"""How one source writes its values, where the contract does not say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hansa.cast.numbers import NumberForm

#: A word of a file, or None for a field that is empty.
Word = str | None


@dataclass(frozen=True)
class Offset:
    """A time that a source does not have: ``column`` plus ``by``."""

    column: str
    by: dt.timedelta


@dataclass(frozen=True)
class Flag:
    """The sign of a number stands in another column of the frame, by words; ``none`` are those of no number.

    A number beside it has no sign of its own, unless ``turned``: then a word of ``minus`` turns its sign.
    """

    column: str
    plus: tuple[Word, ...]
    minus: tuple[Word, ...]
    none: tuple[Word, ...] = ()
    turned: bool = False


@dataclass(frozen=True)
class TwoColumns:
    """A number that stands in one column of the frame if it is positive, and in another one if it is negative.

    ``written`` says that those of the second one have their minus; else neither has a sign.
    """

    plus: str
    minus: str
    written: bool = False


@dataclass(frozen=True)
class ZoneColumn:
    """The zone of each time stands in another column of the frame: an offset, or a word that ``names`` explains.

    A name is explained by an offset such as ``+01:00`` or by an IANA zone.
    """

    column: str
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fold:
    """Which of the two moments is meant in the hour that comes twice: always the ``first`` or ``second``, or by column.

    Of a ``column`` of the frame ``first`` and ``second`` are the words that say it.
    """

    always: str = ""
    column: str = ""
    first: tuple[Word, ...] = ()
    second: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How one source writes its values, where the contract does not say: by column name of the contract.

    ``formats`` are strptime patterns of dates and timestamps, tried in order; ``zones`` the zone of times that carry
    none; ``offsets`` the columns that are another time plus a declared delay; ``binary_noise`` the decimals that the
    source computed in doubles, so that they stand a hair beside the number that is meant; ``numbers`` how texts of
    numbers are written that are not written plainly. ``before`` is the text that ends what is read of a value;
    ``digits`` the script of the digits of a date or time; ``years`` the first of the hundred years that two digits may
    mean; ``signs``, ``zone_columns`` and ``folds`` say what stands in another column of the frame. What cannot be read
    so is read by ``instead``, if there is one.
    """

    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    offsets: Mapping[str, Offset] = field(default_factory=dict)
    binary_noise: frozenset[str] = frozenset()
    numbers: Mapping[str, NumberForm] = field(default_factory=dict)
    instead: Reading | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    digits: Mapping[str, str] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    signs: Mapping[str, Flag | TwoColumns] = field(default_factory=dict)
    zone_columns: Mapping[str, ZoneColumn] = field(default_factory=dict)
    folds: Mapping[str, Fold] = field(default_factory=dict)

    def beside(self, name: str) -> Iterator[str]:
        """The other columns of the frame without which the column ``name`` cannot be read."""
        sign, zone, fold = self.signs.get(name), self.zone_columns.get(name), self.folds.get(name)
        if isinstance(sign, Flag):
            yield sign.column
        elif sign is not None:
            yield from (sign.plus, sign.minus)
        if zone is not None:
            yield zone.column
        if fold is not None and fold.column:
            yield fold.column
