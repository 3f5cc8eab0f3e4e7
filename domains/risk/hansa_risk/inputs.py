"""What CatBoost is given: numbers as float32, texts as categories in which a gap is a value of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from hansa_risk.features import matrix

if TYPE_CHECKING:
    import numpy as np
    from catboost import FeaturesData
    from numpy.typing import NDArray

#: Values of one text that a model remembers at most; with more nothing is said of new ones.
REMEMBERED = 10_000


def texts_of(features: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are texts, in their order."""
    return [name for name in names if features.schema.get(name) == pl.String]


def words(texts: pl.Series) -> list[bytes]:
    """Texts as categories: a missing one is empty, any other stands behind a sign, so that no text looks like it."""
    word = (pl.lit("=") + pl.col(texts.name)).fill_null("").cast(pl.Binary)
    return texts.to_frame().select(word).to_series().to_list()


def model_inputs(features: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float32] | FeaturesData:
    """What CatBoost reads: numbers alone, or with texts behind them, each text a category and a gap one of its own."""
    texts = texts_of(features, names)
    numbers = matrix(features, [name for name in names if name not in texts])
    if not texts:
        return numbers.to_numpy()
    import numpy as np
    from catboost import FeaturesData

    categories = np.empty((len(features), len(texts)), dtype=object)
    for place, name in enumerate(texts):
        categories[:, place] = words(features[name])
    return FeaturesData(
        num_feature_data=np.ascontiguousarray(numbers.to_numpy()),
        cat_feature_data=categories,
        num_feature_names=numbers.columns,
        cat_feature_names=texts,
    )


def as_read(features: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The features as a model reads them: numbers as of ``matrix``, then texts as they are."""
    texts = texts_of(features, names)
    numbers = matrix(features, [name for name in names if name not in texts])
    return pl.concat([numbers, features.select(texts)], how="horizontal")


def short(word: bytes) -> str:
    """Sixteen digits that stand for a word."""
    return hashlib.blake2b(word, digest_size=8).hexdigest()


def remembered(texts: pl.Series) -> list[str]:
    """The values of a text as short digests, sorted; none if they are too many."""
    known = texts.unique()
    return sorted(map(short, words(known))) if len(known) <= REMEMBERED else []
