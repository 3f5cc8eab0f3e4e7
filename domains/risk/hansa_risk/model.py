"""The fraud model: trained as of an instant on what was known then, scored as a probability, kept as CatBoost bytes.

The same data give the same bytes whatever the order of their rows and the number of cores: rows are sorted by key,
negatives are drawn by a hash of their key, the number of threads is a setting, and what CatBoost writes of the moment
of training is taken out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from hansa.errors import DataError

from hansa_risk import inputs
from hansa_risk.calibration import Sigmoid
from hansa_risk.features import MODEL_FEATURES, matrix
from hansa_risk.labels import with_last_word

if TYPE_CHECKING:
    import numpy as np
    from catboost import CatBoostClassifier
    from numpy.typing import NDArray

#: What CatBoost writes into a model that differs from one training to the next.
MOMENTARY = ("model_guid", "train_finish_time")
#: Where a model's bytes carry what it remembers of its texts.
TEXTS = "hansa_texts"


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
    leaf_penalty: float = 20.0
    training_days: int = 90

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the model: its own, then the institution's numbers, then its texts."""
        return (*MODEL_FEATURES, *self.numbers, *self.texts)

    @property
    def written(self) -> str:
        """The recipe as JSON, its words in order."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, written: str) -> Recipe:
        """The recipe of that JSON."""
        given = json.loads(written)
        return cls(**given | {"numbers": tuple(given["numbers"]), "texts": tuple(given["texts"])})


@dataclass(frozen=True)
class Evidence:
    """SHA-256 of what a model learned from, in the order of its rows: which rows, what was held of them, what was
    known of them."""

    keys: str
    labels: str
    features: str


@dataclass(frozen=True)
class Trained:
    """A model's bytes and the rows it learned from; ``rows`` and ``frauds`` count before negatives were drawn."""

    artefact: bytes
    first: dt.date
    last: dt.date
    rows: int
    frauds: int
    evidence: Evidence
    #: The drawn rows with their features, sorted by key.
    drawn: pl.DataFrame = field(compare=False, repr=False)


def train(
    features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    as_of: dt.datetime,
    recipe: Recipe,
    sigmoid: Sigmoid | None = None,
    due_before: dt.datetime | None = None,
) -> Trained:
    """Train on the features whose labels are due at ``as_of``; :class:`DataError` if they hold too few frauds.

    ``sigmoid`` calibrates the scores; ``due_before`` as in :func:`due`.
    """
    known = due(features, fraud_labels, as_of, recipe, due_before)
    if not enough(known, recipe):
        raise DataError(
            "training.frauds",
            f"as of {as_of:%Y-%m-%d} {_lacking(known, recipe)}",
            where="risk.fraud_models",
            next_step="begin on a later day, lengthen training_days, lower least_frauds or raise negative_share in "
            "mesh.yaml",
        )
    return trained(features, known, recipe, sigmoid)


def trained(features: pl.LazyFrame, known: pl.DataFrame, recipe: Recipe, sigmoid: Sigmoid | None = None) -> Trained:
    """The model of the rows ``known``, their features joined by key."""
    drawn = known.filter(_drawn(known, recipe)).select("txn_id", "is_fraud")
    rows = drawn.lazy().join(features, on="txn_id").sort("txn_id").collect()
    frauds = int(known["is_fraud"].sum())
    artefact = _fitted(rows, recipe, sigmoid or Sigmoid())
    return Trained(artefact, *span(known), len(known), frauds, _evidence(rows, recipe), rows)


def enough(known: pl.DataFrame, recipe: Recipe) -> bool:
    """True if the rows hold as many frauds and others as the recipe asks for, one at least, and an other is drawn."""
    others = known.filter(~pl.col("is_fraud"))["txn_id"]
    return min(len(known) - len(others), len(others)) >= max(recipe.least_frauds, 1) and any(_by_hash(others, recipe))


def _lacking(known: pl.DataFrame, recipe: Recipe) -> str:
    """What rows lack that are not enough."""
    frauds = int(known["is_fraud"].sum())
    if min(frauds, len(known) - frauds) >= max(recipe.least_frauds, 1):
        others = f"none of {len(known) - frauds} transactions without fraud was drawn"
        return f"{others} with a negative_share of {recipe.negative_share}"
    counts = f"{frauds} frauds are known among {len(known)} transactions"
    return f"{counts}, {recipe.least_frauds} frauds and as many others are needed to train"


def span(rows: pl.DataFrame) -> tuple[dt.date, dt.date]:
    """First and last business day of rows that are not empty."""
    return rows.select(first=pl.col("business_date").min(), last=pl.col("business_date").max()).row(0)


def due(
    features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    as_of: dt.datetime,
    recipe: Recipe,
    due_before: dt.datetime | None = None,
) -> pl.DataFrame:
    """``txn_id``, ``business_date``, ``is_fraud`` of what was known at ``as_of`` and old enough to have its label.

    Old enough is what was booked before ``due_before``, the end of the last business day that is due; None: before 24
    hours times ``label_wait``, which is another instant where a clock was changed since.
    """
    known = features.filter(pl.col("known_at") < as_of)
    old_enough = known.filter(pl.col("booked_at") < (due_before or as_of - dt.timedelta(days=recipe.label_wait)))
    return with_last_word(old_enough.select("txn_id", "business_date"), fraud_labels, before=as_of).collect()


def _drawn(known: pl.DataFrame, recipe: Recipe) -> pl.Series:
    """True for every fraud, and for ``negative_share`` of the rest by a hash of key and seed."""
    return pl.Series(list(_by_hash(known["txn_id"], recipe)), dtype=pl.Boolean) | known["is_fraud"]


def at_natural_share(drawn: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The drawn rows that the hash alone draws: frauds and others in the shares that they have among all rows."""
    return drawn.filter(pl.Series(list(_by_hash(drawn["txn_id"], recipe)), dtype=pl.Boolean))


def _by_hash(keys: pl.Series, recipe: Recipe) -> Iterator[bool]:
    """For each key whether the hash of it draws it."""
    below = int(recipe.negative_share * 2**64)
    key = recipe.seed.to_bytes(8, "big", signed=True)
    for txn in keys:
        number = hashlib.blake2b(txn.encode(), digest_size=8, key=key).digest()
        yield int.from_bytes(number, "big") < below


def _evidence(rows: pl.DataFrame, recipe: Recipe) -> Evidence:
    """The digests of the drawn rows, sorted by key."""
    keys, labels, features = (hashlib.sha256() for _ in range(3))
    for key in rows["txn_id"]:
        keys.update(_framed(key.encode()))
    labels.update(rows["is_fraud"].cast(pl.UInt8).to_numpy().tobytes())
    texts = inputs.texts_of(rows, recipe.names)
    features.update(matrix(rows, [name for name in recipe.names if name not in texts]).to_numpy().tobytes())
    for name in texts:
        for word in inputs.words(rows[name]):
            features.update(_framed(word))
    return Evidence(keys.hexdigest(), labels.hexdigest(), features.hexdigest())


def _framed(word: bytes) -> bytes:
    """A word with its length before it, so that no two lists of words have the same bytes."""
    return len(word).to_bytes(8, "big") + word


def _fitted(rows: pl.DataFrame, recipe: Recipe, sigmoid: Sigmoid) -> bytes:
    """CatBoost on ``rows``, its scale and bias set so that scores are probabilities among all rows, and calibrated.

    Drawing a share s of the negatives multiplies the odds by 1/s; the logarithm of s in the bias takes that back
    (King and Zeng 2001, prior correction). The sigmoid stands over that.
    """
    import numpy as np
    from catboost import CatBoostClassifier, Pool

    classifier = CatBoostClassifier(
        iterations=recipe.trees,
        depth=recipe.depth,
        learning_rate=recipe.learning_rate,
        l2_leaf_reg=recipe.leaf_penalty,
        random_seed=recipe.seed,
        thread_count=recipe.threads,
        allow_writing_files=False,
        logging_level="Silent",
    )
    classifier.fit(Pool(inputs.model_inputs(rows, recipe.names), rows["is_fraud"].cast(pl.Int8).to_numpy()))
    scale, bias = classifier.get_scale_and_bias()
    bias += float(np.log(min(recipe.negative_share, 1.0)))
    classifier.set_scale_and_bias(sigmoid.slope * scale, sigmoid.slope * bias + sigmoid.intercept)
    known = {name: inputs.remembered(rows[name]) for name in inputs.texts_of(rows, recipe.names)}
    if known:
        classifier.get_metadata()[TEXTS] = json.dumps(known, sort_keys=True)
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


def unseen(artefact: bytes, features: pl.DataFrame) -> pl.Series:
    """For each row in how many texts it has a value that the model did not learn from; the gap is a value too."""
    count = pl.zeros(len(features), pl.Int64, eager=True).alias("unseen")
    if features.is_empty():
        return count
    for name, values in json.loads(loaded(artefact).get_metadata().get(TEXTS, "{}")).items():
        if values:
            there = set(values)
            new = {word for word in set(inputs.words(features[name])) if inputs.short(word) not in there}
            count += pl.Series([word in new for word in inputs.words(features[name])], dtype=pl.Int64)
    return count


def loaded(artefact: bytes) -> CatBoostClassifier:
    """The model of these bytes."""
    from catboost import CatBoostClassifier

    classifier = CatBoostClassifier()
    classifier.load_model(blob=artefact)
    return classifier


def probabilities(artefact: bytes, features: pl.DataFrame, names: Sequence[str], threads: int) -> NDArray[np.float64]:
    """The probability of fraud of each row; ``names`` are the model's features in its order."""
    from catboost import Pool

    return loaded(artefact).predict_proba(Pool(inputs.model_inputs(features, names)), thread_count=threads)[:, 1]


def log_odds(artefact: bytes, features: pl.DataFrame, names: Sequence[str], threads: int) -> NDArray[np.float64]:
    """The same in log odds."""
    from catboost import Pool

    pool = Pool(inputs.model_inputs(features, names))
    return loaded(artefact).predict(pool, prediction_type="RawFormulaVal", thread_count=threads)


def weights(artefact: bytes) -> list[float]:
    """How much the prediction of a model changes with each feature, in its order, together 100."""
    classifier = loaded(artefact)
    # As below: CatBoost weighs the features of no model with a scale, which changes no share.
    classifier.set_scale_and_bias(1.0, 0.0)
    return [float(weight) for weight in classifier.get_feature_importance(type="PredictionValuesChange")]


def contributions(artefact: bytes, features: pl.DataFrame, names: Sequence[str], threads: int) -> NDArray[np.float64]:
    """Exact SHAP values (rows, features) in log odds, after Lundberg, Erion and Lee (2018)."""
    from catboost import Pool

    classifier = loaded(artefact)
    # CatBoost explains no model with a scale; values of the log odds stand in that scale to those without.
    scale, bias = classifier.get_scale_and_bias()
    classifier.set_scale_and_bias(1.0, bias)
    pool = Pool(inputs.model_inputs(features, names))
    values: NDArray[Any] = classifier.get_feature_importance(pool, type="ShapValues", thread_count=threads)
    return scale * values[:, :-1]
