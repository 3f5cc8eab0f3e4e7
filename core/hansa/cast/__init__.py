"""From the values as they came to the contract's types: nothing is rounded, cut or guessed.

Every cast is a pair of Polars expressions, so the same cast serves a lazy filter and a batch in the gate.
"""

from hansa.cast.columns import casts
from hansa.cast.numbers import NumberForm, plain_number
from hansa.cast.parts import Cast
from hansa.cast.reading import Flag, Fold, Offset, Reading, TwoColumns, ZoneColumn
from hansa.cast.times import NAIVE_FORMATS

__all__ = [
    "NAIVE_FORMATS",
    "Cast",
    "Flag",
    "Fold",
    "NumberForm",
    "Offset",
    "Reading",
    "TwoColumns",
    "ZoneColumn",
    "casts",
    "plain_number",
]
