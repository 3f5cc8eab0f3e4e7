"""Feature rows of ``risk.fraud_features`` drawn at random, models that learned from them, and jobs of scoring them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
from hansa.contract import read_contract
from hansa.contract.model import Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.schema import polars_schema
from hansa.scorer import Given, Job, Work
from hansa.secrets import load_keys
from hansa.store.door import Door
from hansa.store.shares import pieces, shares
from hansa.store.warehouse import Warehouse

FIRST = dt.date(2026, 3, 1)
#: Values of one column, few enough for its file to stay small.
_VALUES = 64


def contract() -> Contract:
    """The contract of the features, as it is installed."""
    return read_contract(Path(str(files("hansa_contracts"))) / "risk" / "fraud_features.odcs.yaml")


def rows(day: dt.date, count: int, seed: int = 0) -> pl.DataFrame:
    """``count`` rows of a day, a tenth of what may be missing missing."""
    random = np.random.default_rng([seed, day.toordinal()])
    made = {}
    kinds = polars_schema(contract())
    for column in contract().columns:
        most = _VALUES if column.maximum is None else min(_VALUES, int(column.maximum) + 1)
        drawn = pl.Series(column.name, random.integers(0, most, count, dtype=np.int64))
        if not column.required:
            drawn = drawn.set(pl.Series(random.random(count) < 0.1), None)
        made[column.name] = _as(drawn, kinds[column.name])
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    at = midnight + pl.duration(seconds=pl.int_range(count) % 86_400)
    return pl.DataFrame(made).with_columns(
        txn_id=pl.format("{}-{}", pl.lit(str(day)), pl.int_range(count)),
        business_date=pl.lit(day),
        booked_at=at.dt.cast_time_unit("us"),
        known_at=at.dt.cast_time_unit("us"),
    )


def _as(drawn: pl.Series, kind: pl.DataType) -> pl.Series:
    if kind == pl.Boolean:
        return drawn % 2 == 0
    if kind == pl.Float64:
        return drawn.cast(pl.Float64)
    if kind.is_temporal():
        return pl.repeat(None, len(drawn), dtype=kind, eager=True)
    return drawn.cast(kind) if kind != pl.String else "v" + drawn.cast(pl.String)


def artefact(seed: int = 0, trees: int = 100) -> bytes:
    """The bytes of a model of random rows."""
    from catboost import CatBoostClassifier
    from hansa_risk.feature_list import MODEL_FEATURES
    from hansa_risk.features import matrix
    from hansa_risk.model import _timeless

    drawn = matrix(rows(FIRST, 2_000, seed), MODEL_FEATURES).to_numpy()
    labels = (np.nan_to_num(drawn).sum(axis=1) % 7 < 1).astype(int)
    made = CatBoostClassifier(
        iterations=trees, depth=6, random_seed=seed, logging_level="Silent", thread_count=1, allow_writing_files=False
    )
    return _timeless(made.fit(drawn, labels))


def published(folder: Path, days: int, count: int) -> Warehouse:
    """A warehouse with so many days of so many rows each."""
    warehouse, kept = Warehouse(folder / "warehouse"), contract()
    keys = load_keys(folder / "keys")
    for day in dates(days):
        done = publish(rows(day, count).lazy(), kept, Run(f"features{day}", "UTC", day, day), warehouse, keys=keys)
        assert [receipt.counts["published"] for receipt in done.receipts] == [count], done.receipts[0].broken
    return warehouse


def dates(days: int) -> list[dt.date]:
    """The days that ``published`` has."""
    return [FIRST + dt.timedelta(days=number) for number in range(days)]


def models(warehouse: Warehouse, days: int, trees: int = 100) -> pl.LazyFrame:
    """Two versions: the second speaks for the later half of the days."""
    from hansa_risk.feature_list import MODEL_FEATURES

    def versions() -> Iterator[dict[str, object]]:
        for number, since in enumerate((FIRST, FIRST + dt.timedelta(days=days // 2))):
            digest = warehouse.artefacts.put(artefact(number, trees))
            named = {"business_date": since, "model_version": f"v{number}", "artefact": digest}
            yield {**named, "features": ",".join(MODEL_FEATURES)}

    return pl.LazyFrame(list(versions()))


def job(warehouse: Warehouse, work: Work, days: int, run: str = "run1", threads: int = 2) -> Job:
    """The job of doing ``work`` on all days that were published."""
    span = (dates(days)[0], dates(days)[-1])
    opened = Door(warehouse).open("risk.fraud_features", days=span, partition="business_date")
    where = "risk.fraud_features", 1, opened.snapshot, span, "business_date"
    own = partial(pieces, warehouse, shares(warehouse, *where))
    given = Given("risk.fraud_features", 1, opened.frame, opened.snapshot, span, "business_date", own)
    return Job("risk.fraud_scores", run, work, given, warehouse, threads)


def scoring(warehouse: Warehouse, days: int, trees: int = 100) -> Work:
    """The work of scoring all days that were published."""
    from hansa_risk.scoring import work_of

    return work_of(models(warehouse, days, trees), dates(days))
