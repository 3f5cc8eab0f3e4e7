"""Which model speaks for which day, and the scores it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from hansa.errors import DataError

from hansa_risk import model


@dataclass(frozen=True)
class Version:
    """One row of ``risk.fraud_models`` with the bytes it names."""

    model_version: str
    artefact: bytes
    features: tuple[str, ...]


def versions_by_day(
    fraud_models: pl.LazyFrame, days: Sequence[dt.date], artefact: Callable[[str], bytes]
) -> Iterator[tuple[dt.date, Version]]:
    """Each of ``days`` with the newest model trained as of that day or before; ``artefact`` reads bytes by digest."""
    columns = ("business_date", "model_version", "artefact", "features")
    rows = fraud_models.select(columns).sort("business_date", "model_version").collect().rows()
    read: dict[str, Version] = {}
    for day in days:
        newest = next((row for row in reversed(rows) if row[0] <= day), None)
        if newest is None:
            raise DataError(
                "model.absent",
                f"no model was trained as of {day} or before",
                where="risk.fraud_scores",
                next_step=f"hansa run risk.fraud_models --from {day} --to {day}",
            )
        _, name, digest, features = newest
        if name not in read:
            read[name] = Version(name, artefact(digest), tuple(features.split(",")))
        yield day, read[name]


def fraud_scores(
    features: pl.LazyFrame,
    fraud_models: pl.LazyFrame,
    days: Sequence[dt.date],
    artefact: Callable[[str], bytes],
    threads: int,
) -> pl.LazyFrame:
    """One row for each row of ``features`` on ``days``, in the columns of ``risk.fraud_scores``, day by day."""
    scored = [
        _scored(features, day, version, threads) for day, version in versions_by_day(fraud_models, days, artefact)
    ]
    return pl.concat(scored).lazy()


def _scored(features: pl.LazyFrame, day: dt.date, version: Version, threads: int) -> pl.DataFrame:
    """The scores of one day."""
    rows = features.filter(pl.col("business_date") == day).sort("txn_id").collect()
    score = pl.Series("score", [], dtype=pl.Float64)
    if len(rows):
        score = pl.Series("score", model.probabilities(version.artefact, rows, version.features, threads))
    kept = rows.select("txn_id", "business_date", "booked_at", "payer_token")
    return kept.with_columns(score, model_version=pl.lit(version.model_version))
