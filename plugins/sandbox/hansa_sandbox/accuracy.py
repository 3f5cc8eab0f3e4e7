"""How near cleaned data come to the truth, and the clean file that a dirty one was made of."""

from __future__ import annotations

import polars as pl

#: Kinds of dirt that add a row begin with this word.
ADDED = "duplicate"


def clean_of(file: pl.DataFrame, dirt: pl.DataFrame) -> pl.DataFrame:
    """The file as it was before its dirt: rows that were added taken out, cells that were changed put back.

    ``dirt`` has the rows of ``truth/dirt.parquet`` that speak of this file.
    """
    added = dirt.get_column("kind").str.starts_with(ADDED)
    changed = dirt.filter(~added)
    columns = []
    for name, notes in changed.partition_by("column", as_dict=True).items():
        rows = (notes.get_column("line") - 2).to_list()
        columns.append(file.get_column(str(name[0])).scatter(rows, notes.get_column("clean")))
    extra = set((dirt.filter(added).get_column("line") - 2).to_list())
    keep = [place not in extra for place in range(len(file))]
    return file.with_columns(columns).filter(pl.Series(keep, dtype=pl.Boolean))


def accuracy(truth: pl.DataFrame, cleaned: pl.DataFrame, key: str) -> float:
    """The share of the truth's cells that stand in ``cleaned`` as they are; a row that is missing has none of them.

    Both frames have the columns of ``truth``; ``key`` is unique in it. Rows that the truth does not have do not count.
    """
    names = [name for name in truth.columns if name != key]
    if truth.is_empty():
        return 1.0
    found = truth.join(cleaned.unique(key, keep="first"), on=key, how="left", suffix="_cleaned")
    there = truth.select(pl.col(key).is_in(cleaned.get_column(key).unique().to_list())).to_series()
    equal = found.select(pl.col(name).eq_missing(pl.col(f"{name}_cleaned")) for name in names)
    right = equal.select(pl.all() & there).sum().sum_horizontal().item() + there.sum()
    return float(right) / (len(truth) * (len(names) + 1))
