"""The fraud model: trained as of an instant on what was known then, scored as a probability, kept as CatBoost bytes.

The same data give the same bytes whatever the order of their rows: rows are sorted by key, negatives are drawn by a
hash of their key, and what CatBoost writes of the moment of training is taken out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from hansa.errors import DataError

from hansa_risk.features import MODEL_FEATURES, matrix
from hansa_risk.labels import with_last_word
from hansa_risk.ranking import area_under_curve, average_precision

if TYPE_CHECKING:
    import numpy as np
    from catboost import CatBoostClassifier, FeaturesData
    from numpy.typing import NDArray

#: The last days of the training window on which a model of the days before them is measured.
HOLDOUT_DAYS = 7
#: Weight of CatBoost's penalty on leaf values; chosen with the defaults of trees and learning_rate on the four weeks
#: of the handbook's data from 2018-06-06 to 2018-07-03, none later.
LEAF_PENALTY = 20
#: The category of a text that is missing: a character that stands for nothing.
GAP = "\u2400"
#: What CatBoost writes into a model that differs from one training to the next.
MOMENTARY = ("model_guid", "train_finish_time")


@dataclass(frozen=True)
class Recipe:
    """How to train: see the settings of the module ``risk.fraud`` for each word.

    ``numbers`` and ``texts`` are the institution's own features.
    """

    label_wait: int
    negative_share: float
    trees: int
    depth: int
    learning_rate: float
    least_frauds: int
    seed: int
    threads: int
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the model: its own, then the institution's numbers, then its texts."""
        return (*MODEL_FEATURES, *self.numbers, *self.texts)


@dataclass(frozen=True)
class Trained:
    """A model's bytes and the rows it learned from; ``rows`` and ``frauds`` count before negatives were drawn."""

    artefact: bytes
    first: dt.date
    last: dt.date
    rows: int
    frauds: int


@dataclass(frozen=True)
class Holdout:
    """How a model of the days before ranked the days ``first`` to ``last``."""

    first: dt.date
    last: dt.date
    auc: float | None
    average_precision: float | None


def train(features: pl.LazyFrame, fraud_labels: pl.LazyFrame, as_of: dt.datetime, recipe: Recipe) -> Trained:
    """Train on the features whose labels are due at ``as_of``; :class:`DataError` if they hold too few frauds."""
    due = _due(features, fraud_labels, as_of, recipe)
    if not _enough(due, recipe):
        raise DataError(
            "training.frauds",
            f"as of {as_of:%Y-%m-%d} {due['is_fraud'].sum()} frauds are known among {len(due)} transactions, "
            f"{recipe.least_frauds} frauds and as many others are needed to train",
            where="risk.fraud_models",
            next_step="begin on a later day, lengthen training_days, or lower least_frauds in mesh.yaml",
        )
    return _trained(features, due, recipe)


def _trained(features: pl.LazyFrame, due: pl.DataFrame, recipe: Recipe) -> Trained:
    """The model of the rows ``due``, their features joined by key."""
    drawn = due.filter(_drawn(due, recipe)).select("txn_id", "is_fraud")
    rows = drawn.lazy().join(features, on="txn_id").sort("txn_id").collect()
    return Trained(_fitted(rows, recipe), *_span(due), len(due), int(due["is_fraud"].sum()))


def _enough(due: pl.DataFrame, recipe: Recipe) -> bool:
    frauds = int(due["is_fraud"].sum())
    return min(frauds, len(due) - frauds) >= max(recipe.least_frauds, 1)


def _span(rows: pl.DataFrame) -> tuple[dt.date, dt.date]:
    """First and last business day of rows that are not empty."""
    return rows.select(first=pl.col("business_date").min(), last=pl.col("business_date").max()).row(0)


def _due(features: pl.LazyFrame, fraud_labels: pl.LazyFrame, as_of: dt.datetime, recipe: Recipe) -> pl.DataFrame:
    """``txn_id``, ``business_date``, ``is_fraud`` of what was known at ``as_of`` and old enough to have its label."""
    known = features.filter(pl.col("known_at") < as_of)
    old_enough = known.filter(pl.col("booked_at") < as_of - dt.timedelta(days=recipe.label_wait))
    return with_last_word(old_enough.select("txn_id", "business_date"), fraud_labels, before=as_of).collect()


def _drawn(due: pl.DataFrame, recipe: Recipe) -> pl.Series:
    """True for every fraud, and for ``negative_share`` of the rest by a hash of key and seed."""
    below = int(recipe.negative_share * 2**64)
    key = recipe.seed.to_bytes(8, "big", signed=True)
    numbers = (hashlib.blake2b(txn.encode(), digest_size=8, key=key).digest() for txn in due["txn_id"])
    chosen = pl.Series([int.from_bytes(number, "big") < below for number in numbers], dtype=pl.Boolean)
    return chosen | due["is_fraud"]


def _fitted(rows: pl.DataFrame, recipe: Recipe) -> bytes:
    """CatBoost on ``rows``, its bias shifted so that scores are probabilities among all rows, not the drawn ones.

    Drawing a share s of the negatives multiplies the odds by 1/s; the logarithm of s in the bias takes that back
    (King and Zeng 2001, prior correction).
    """
    import numpy as np
    from catboost import CatBoostClassifier, Pool

    classifier = CatBoostClassifier(
        iterations=recipe.trees,
        depth=recipe.depth,
        learning_rate=recipe.learning_rate,
        l2_leaf_reg=LEAF_PENALTY,
        random_seed=recipe.seed,
        thread_count=recipe.threads,
        allow_writing_files=False,
        logging_level="Silent",
    )
    classifier.fit(Pool(_inputs(rows, recipe.names), rows["is_fraud"].cast(pl.Int8).to_numpy()))
    scale, bias = classifier.get_scale_and_bias()
    classifier.set_scale_and_bias(scale, bias + float(np.log(min(recipe.negative_share, 1.0))))
    return _timeless(classifier)


def _timeless(classifier: CatBoostClassifier) -> bytes:
    """The model's bytes without the moment at which it was made."""
    metadata = classifier.get_metadata()
    for word in MOMENTARY:
        metadata[word] = ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.cbm"
        classifier.save_model(str(file))
        return file.read_bytes()


def _inputs(features: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float32] | FeaturesData:
    """What CatBoost reads: numbers alone, or with texts behind them, each text a category and a gap one of its own."""
    texts = [name for name in names if features.schema.get(name) == pl.String]
    numbers = matrix(features, [name for name in names if name not in texts])
    if not texts:
        return numbers.to_numpy()
    import numpy as np
    from catboost import FeaturesData

    words = features.select(pl.col(texts).fill_null(GAP).cast(pl.Binary))
    return FeaturesData(
        num_feature_data=np.ascontiguousarray(numbers.to_numpy()),
        cat_feature_data=np.array(words.rows(), dtype=object).reshape(len(words), len(texts)),
        num_feature_names=numbers.columns,
        cat_feature_names=texts,
    )


def loaded(artefact: bytes) -> CatBoostClassifier:
    """The model of these bytes."""
    from catboost import CatBoostClassifier

    classifier = CatBoostClassifier()
    classifier.load_model(blob=artefact)
    return classifier


def probabilities(artefact: bytes, features: pl.DataFrame, names: Sequence[str], threads: int) -> NDArray[np.float64]:
    """The probability of fraud of each row; ``names`` are the model's features in its order."""
    from catboost import Pool

    return loaded(artefact).predict_proba(Pool(_inputs(features, names)), thread_count=threads)[:, 1]


def contributions(artefact: bytes, features: pl.DataFrame, names: Sequence[str], threads: int) -> NDArray[np.float64]:
    """Exact SHAP values (rows, features) in log odds, after Lundberg, Erion and Lee (2018)."""
    from catboost import Pool

    pool = Pool(_inputs(features, names))
    values: NDArray[Any] = loaded(artefact).get_feature_importance(pool, type="ShapValues", thread_count=threads)
    return values[:, :-1]


def hold_out(features: pl.LazyFrame, fraud_labels: pl.LazyFrame, as_of: dt.datetime, recipe: Recipe) -> Holdout | None:
    """Train as of the first of the last ``HOLDOUT_DAYS`` due at ``as_of``, and rank those days by that model.

    It sees only labels that were known when those days began. None if they were too few to train, or the days empty.
    """
    end = as_of - dt.timedelta(days=recipe.label_wait)
    start = end - dt.timedelta(days=HOLDOUT_DAYS)
    due = _due(features, fraud_labels, start, recipe)
    later = features.filter(pl.col("booked_at").is_between(start, end, closed="left"))
    rows = with_last_word(later, fraud_labels, before=as_of).collect()
    if rows.is_empty() or not _enough(due, recipe):
        return None
    score = probabilities(_trained(features, due, recipe).artefact, rows, recipe.names, recipe.threads)
    fraud = rows["is_fraud"].to_numpy()
    return Holdout(*_span(rows), area_under_curve(score, fraud), average_precision(score, fraud))
