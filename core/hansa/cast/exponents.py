"""Numbers with an exponent, carried out digit by digit: ``1.08E-4`` is ``0.000108``, and no double comes between."""

from __future__ import annotations

import polars as pl

from hansa.cast.nulls import when
from hansa.cast.remembered import Remembered

#: So far a point may be moved; nothing that a decimal holds lies farther away.
_FARTHEST = 80
_NUMBER = r"^(?<sign>-?)(?<whole>[0-9]+)\.?(?<part>[0-9]*)[eE]\+?(?<power>-?[0-9]{1,3})$"


def without_exponent(text: pl.Expr) -> pl.Expr:
    """A plain number without exponent; a text without one stays as it is, one that moves the point too far is null."""
    return text.map_batches(Remembered(_moved), return_dtype=pl.String())


def _moved(texts: pl.Series) -> pl.Series:
    """The points of a column moved, one step after another: one expression would compute each step many times."""
    if not texts.str.contains("[eE]").any():
        return texts
    zeros = pl.lit("0" * _FARTHEST)
    power = pl.col("power").cast(pl.Int64, strict=False)
    # Of a power that is too large nothing is taken.
    near = power.clip(-_FARTHEST, _FARTHEST)
    point = pl.col("whole").str.len_bytes().cast(pl.Int64) + near + _FARTHEST
    before, behind = pl.col("before").str.strip_chars_start("0"), pl.col("behind").str.strip_chars_end("0")
    fraction = pl.when(pl.col("behind") == "").then(pl.lit("")).otherwise(pl.lit(".") + pl.col("behind"))
    number = pl.col("sign") + pl.lit("0") + pl.col("before") + fraction
    return (
        pl.DataFrame({"text": texts})
        .with_columns(pl.col("text").str.extract_groups(_NUMBER).alias("parts"))
        .unnest("parts")
        .with_columns(digits=zeros + pl.col("whole") + pl.col("part") + zeros, point=point, power=power)
        .with_columns(before=pl.col("digits").str.slice(0, pl.col("point")), behind=pl.col("digits").str.slice("point"))
        .with_columns(before=before, behind=behind)
        .select(
            pl.when(pl.col("text").str.contains("[eE]"))
            .then(when(pl.col("power").is_between(-_FARTHEST, _FARTHEST), number))
            .otherwise(pl.col("text"))
        )
        .to_series()
    )
