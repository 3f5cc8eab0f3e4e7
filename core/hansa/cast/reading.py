"""How one source writes its values, where the contract does not say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from hansa.cast.numbers import NumberForm


@dataclass(frozen=True)
class Offset:
    """A time that a source does not have: ``column`` plus ``by``."""

    column: str
    by: dt.timedelta


@dataclass(frozen=True)
class Reading:
    """How one source writes its values, where the contract does not say: by column name of the contract.

    ``formats`` are strptime patterns of dates and timestamps, tried in order; ``zones`` the zone of times that carry
    none; ``offsets`` the columns that are another time plus a declared delay; ``binary_noise`` the decimals that the
    source computed in doubles, so that they stand a hair beside the number that is meant; ``numbers`` how texts of
    numbers are written that are not written plainly. What cannot be read so is read by ``instead``, if there is one.
    """

    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    offsets: Mapping[str, Offset] = field(default_factory=dict)
    binary_noise: frozenset[str] = frozenset()
    numbers: Mapping[str, NumberForm] = field(default_factory=dict)
    instead: Reading | None = None
