"""Which model speaks for which day, and the scores it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from hansa.errors import DataError
from hansa.scorer import Work

from hansa_risk import model

if TYPE_CHECKING:
    from hansa.run import Before, Run

#: What is read of a row of ``risk.fraud_models`` to score by it.
COLUMNS = ("business_date", "model_version", "artefact", "features")
Row = tuple[dt.date, str, str, str]


@dataclass(frozen=True)
class Version:
    """One row of ``risk.fraud_models`` with the bytes it names."""

    model_version: str
    artefact: bytes
    features: tuple[str, ...]


def versions_by_day(
    fraud_models: pl.LazyFrame,
    days: Sequence[dt.date],
    artefact: Callable[[str], bytes],
    named: Mapping[dt.date, str] | None = None,
) -> Iterator[tuple[dt.date, Version]]:
    """Each of ``days`` with the model that ``rows_by_day`` chooses; ``artefact`` reads bytes by digest."""
    read: dict[str, Version] = {}
    for day, (_, name, digest, features) in rows_by_day(fraud_models, days, named):
        if name not in read:
            read[name] = Version(name, artefact(digest), tuple(features.split(",")))
        yield day, read[name]


def rows_by_day(
    fraud_models: pl.LazyFrame, days: Sequence[dt.date], named: Mapping[dt.date, str] | None = None
) -> Iterator[tuple[dt.date, Row]]:
    """Each of ``days`` with the row of the model that speaks for it.

    That is the version which ``named`` names for the day, else the newest model trained as of that day or before.
    Errors: DataError where there is none, or where the named one is not among ``fraud_models``.
    """
    rows = fraud_models.select(COLUMNS).unique().sort("business_date", "model_version").collect().rows()
    for day in days:
        wanted = named.get(day) if named else None
        yield day, _newest(rows, day) if wanted is None else _by_name(rows, day, wanted)


def _newest(rows: Sequence[Row], day: dt.date) -> Row:
    """The newest row as of ``day`` or before; ``rows`` are in their order."""
    newest = next((row for row in reversed(rows) if row[0] <= day), None)
    if newest is None:
        raise DataError(
            "model.absent",
            f"no model was trained as of {day} or before",
            where="risk.fraud_scores",
            next_step=f"hansa run risk.fraud_models --from {day} --to {day}",
        )
    return newest


def _by_name(rows: Sequence[Row], day: dt.date, name: str) -> Row:
    """The row of a version; a model trained after ``day`` is none that may score it."""
    found = next((row for row in rows if row[1] == name and row[0] <= day), None)
    if found is None:
        raise DataError(
            "model.gone",
            f"{day} was scored by model {name}, of which no row can be read any more",
            where="risk.fraud_scores",
            next_step="restore the warehouse, or set rescore: true for risk.fraud to score it by the newest model",
        )
    return found


def named_in(scores: pl.LazyFrame) -> dict[dt.date, str]:
    """By day the version that published scores name."""
    return dict(scores.select("business_date", "model_version").unique().collect().rows())


def versions_before(fraud_models: pl.LazyFrame, run: Run) -> tuple[dict[dt.date, str], pl.LazyFrame]:
    """By day the version that scored it before this run, and ``fraud_models`` with the rows of those versions.

    A row that was replaced since is read at the snapshot that the day's receipt names.
    """
    before = _before(run)
    named = {day: name for one in before for day, name in named_in(one.rows).items()}
    return named, _with_rows(fraud_models, before)


def models_before(fraud_models: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """``fraud_models`` with the rows that the receipts of the run's days name, also those that were replaced since."""
    return _with_rows(fraud_models, _before(run))


def models_read(fraud_models: pl.LazyFrame, run: Run) -> list[pl.LazyFrame]:
    """``fraud_models`` as it is, and as it was read for what stood of the run's days before, with all columns."""
    read = (one.input("risk.fraud_models") for one in _before(run))
    return [*(rows for rows in read if rows is not None), fraud_models]


def _before(run: Run) -> list[Before]:
    return [before for before in map(run.before, run.days) if before is not None]


def _with_rows(fraud_models: pl.LazyFrame, before: Sequence[Before]) -> pl.LazyFrame:
    """``fraud_models`` with the rows as they were read for what stood before, in the columns of ``COLUMNS``."""
    read = (one.input("risk.fraud_models") for one in before)
    return pl.concat([fraud_models.select(COLUMNS), *(rows.select(COLUMNS) for rows in read if rows is not None)])


def work_of(fraud_models: pl.LazyFrame, days: Sequence[dt.date], named: Mapping[dt.date, str] | None = None) -> Work:
    """The work of scoring the feature rows of ``days``, for whoever does it; see ``rows_by_day`` for the choice."""
    chosen = {
        str(day): {"model_version": name, "artefact": digest, "features": features.split(",")}
        for day, (_, name, digest, features) in rows_by_day(fraud_models, days, named)
    }
    return Work("hansa_risk.scoring:score", {"days": chosen})


def score(
    rows: pl.DataFrame, arguments: Mapping[str, Any], artefact: Callable[[str], bytes], threads: int
) -> pl.DataFrame:
    """The work itself: one row in the columns of ``risk.fraud_scores`` for each row of features, in their order."""
    numbered = rows.with_row_index("_place")
    parts = [scored(numbered.clear(), Version("", b"", ()), threads)]
    for (day,), of_day in numbered.partition_by("business_date", as_dict=True).items():
        one = arguments["days"][str(day)]
        version = Version(one["model_version"], artefact(one["artefact"]), tuple(one["features"]))
        parts.append(scored(of_day, version, threads))
    places = [part["_place"] for part in numbered.partition_by("business_date")]
    order = pl.concat(places).arg_sort() if places else pl.Series([], dtype=pl.UInt32)
    return pl.concat(parts)[order]


def scored(rows: pl.DataFrame, version: Version, threads: int) -> pl.DataFrame:
    """The scores of feature rows by one version, in their order; a row's score depends on that row alone."""
    score = pl.Series("score", [], dtype=pl.Float64)
    if len(rows):
        score = pl.Series("score", model.probabilities(version.artefact, rows, version.features, threads))
    kept = rows.select("txn_id", "business_date", "booked_at", "payer_token")
    named = pl.lit(version.model_version)
    return kept.with_columns(score, model_version=named, unseen=model.unseen(version.artefact, rows))
