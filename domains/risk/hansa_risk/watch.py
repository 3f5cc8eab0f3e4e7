"""Whether a scored day is still like the rows that its model learned from: the score, and the features that weigh most.

At training the classes of both are kept, by digest, as the model is; each scored day is held against them by the same
index as in the validation report. No label is needed, so a day is judged when it is scored. A sample of the training
rows with frauds at their natural share stands for all of them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from hansa.errors import MeshError

from hansa_risk import inputs, model
from hansa_risk.drift import LITTLE, MUCH, Classes, Drift
from hansa_risk.feature_list import CALENDAR, CHANNELS
from hansa_risk.model import Recipe, Trained

#: Features that are watched beside the score: those that weigh most in the model.
WATCHED = 12
#: What is watched by name: the score, and each feature behind this word.
SCORE, FEATURE = "score", "feature."
STEADY, SOME, MOVED, UNKNOWN = "steady", "some", "much", "unknown"

#: The columns of ``risk.fraud_drift``.
SCHEMA = {
    "business_date": pl.Date,
    "watched": pl.String,
    "model_version": pl.String,
    "stability_index": pl.Float64,
    "by_chance": pl.Float64,
    "state": pl.String,
    "warned": pl.Boolean,
    "rows_trained": pl.Int64,
    "rows_scored": pl.Int64,
    "told_en": pl.String,
    "told_zh": pl.String,
}


@dataclass(frozen=True)
class Reference:
    """What the scored days of a model are held against: classes by what is watched, and how many rows they are of."""

    rows: int
    classes: Mapping[str, Classes]

    @property
    def features(self) -> list[str]:
        """The features that are watched, the heaviest first."""
        return [name.removeprefix(FEATURE) for name in self.classes if name != SCORE]

    @property
    def written(self) -> bytes:
        """The reference as JSON; the same for the same training."""
        classes = [[name, asdict(one)] for name, one in self.classes.items()]
        return json.dumps({"rows": self.rows, "classes": classes}, sort_keys=True).encode()

    @classmethod
    def read(cls, written: bytes) -> Reference:
        """The reference of that JSON."""
        given = json.loads(written)
        return cls(given["rows"], {name: _classes(one) for name, one in given["classes"]})


def _classes(given: Mapping[str, Any]) -> Classes:
    known = None if given["known"] is None else tuple(given["known"])
    return Classes(given["counts"], tuple(given["borders"]), known)


def reference(trained: Trained, recipe: Recipe) -> Reference:
    """What the days that this model scores are to be held against."""
    rows = model.at_natural_share(trained.drawn, recipe)
    names = heaviest(model.weights(trained.artefact), recipe.names)
    read = inputs.as_read(rows, names)
    score = pl.Series(model.probabilities(trained.artefact, rows, recipe.names, recipe.threads), dtype=pl.Float64)
    classes = {SCORE: Classes.of(score)} | {FEATURE + name: Classes.of(read[name]) for name in names}
    return Reference(len(rows), classes)


def heaviest(weights: Sequence[float], names: Sequence[str]) -> list[str]:
    """The ``WATCHED`` features that weigh most, equal ones in the order of the model; none that the day itself sets."""
    ordered = sorted(zip(weights, names, strict=True), key=lambda one: -one[0])
    return [name for _, name in ordered if name not in CALENDAR][:WATCHED]


def mark_of(settings: Mapping[str, Any]) -> float:
    """The index from which a day is warned of. Errors: MeshError for one that is no number above zero."""
    mark = float(settings["drift_warning"])
    if not 0 < mark < float("inf"):
        raise MeshError(
            "setting.drift",
            f"drift_warning is {mark}",
            where="risk.fraud",
            next_step=f"write a number above 0 in mesh.yaml; {LITTLE} and {MUCH} are usual",
        )
    return mark


def fraud_drift(
    fraud_scores: pl.LazyFrame,
    features: pl.LazyFrame,
    models: Sequence[pl.LazyFrame],
    days: Sequence[dt.date],
    artefact: Callable[[str], bytes],
    mark: float,
) -> pl.LazyFrame:
    """The rows of ``risk.fraud_drift``: what is watched of each of ``days``, held against the training of its model.

    ``models`` are rows of ``risk.fraud_models``, also as of before; ``artefact`` reads bytes by digest. A day without
    a score has no row; one whose model kept nothing to be held against has one, of the score, without an index.
    """
    digests = _digests(models)
    rows: list[dict[str, Any]] = []
    for day in days:
        of_day = pl.col("business_date") == day
        scores = fraud_scores.filter(of_day).select("score", "model_version").collect()
        for version, scored in sorted(_by_version(scores).items()):
            digest = digests.get(version)
            held = None if digest is None else Reference.read(artefact(digest))
            moved = () if held is None else _moved(held, scored["score"], features.filter(of_day))
            about = {"business_date": day, "model_version": version, "rows_scored": len(scored)}
            rows += [about | row for row in _told(held, moved, mark)]
    return pl.LazyFrame(rows, schema=SCHEMA)


def _by_version(scores: pl.DataFrame) -> dict[str, pl.DataFrame]:
    parts = scores.partition_by("model_version", as_dict=True)
    return {str(version): part for (version,), part in parts.items()}


def _digests(models: Sequence[pl.LazyFrame]) -> dict[str, str]:
    """By version the digest of what its days are held against; rows of an earlier release have none."""
    found: dict[str, str] = {}
    for frame in models:
        if "reference" in frame.collect_schema().names():
            kept = frame.select("model_version", "reference").filter(pl.col("reference").is_not_null())
            found |= dict(kept.unique().collect().rows())
    return found


def _moved(held: Reference, scores: pl.Series, features: pl.LazyFrame) -> Iterator[Drift]:
    """How far each that is watched has moved; a feature that is not among the columns any more is left out."""
    yield held.classes[SCORE].moved(SCORE, scores)
    columns = features.collect_schema().names()
    flags = {f"channel_{name}" for name in CHANNELS}
    names = [name for name in held.features if name in columns or name in flags]
    asked = dict.fromkeys("channel" if name in flags else name for name in names)
    read = inputs.as_read(features.select(*asked).collect(), names)
    for name in names:
        yield held.classes[FEATURE + name].moved(FEATURE + name, read[name])


def _told(held: Reference | None, moved: Iterable[Drift], mark: float) -> Iterator[dict[str, Any]]:
    """The rows of one day: what moved, how far, whether that is warned of, and the same in words."""
    if held is None:
        yield _row(SCORE, UNKNOWN)
        return
    for one in moved:
        state = STEADY if one.index < LITTLE else SOME if one.index < MUCH else MOVED
        # On a day of few rows chance alone exceeds any mark.
        warned = one.index >= mark and one.index > one.by_chance
        figures = {"stability_index": one.index, "by_chance": one.by_chance, "rows_trained": held.rows}
        yield _row(one.feature, state, **figures, warned=warned, mark=mark)


def _row(watched: str, state: str, warned: bool = False, mark: float = 0.0, **figures: float) -> dict[str, Any]:
    row: dict[str, Any] = {"watched": watched, "state": state, "warned": warned, **figures}
    for spoken, words in _words().items():
        name = words["score"] if watched == SCORE else words["feature"].format(name=watched.removeprefix(FEATURE))
        text = words[state].format(name=name, index=f"{figures.get('stability_index', 0):.3f}")
        row[f"told_{spoken}"] = text + (words["warned"].format(mark=f"{mark:g}") if warned else "")
    return row


@cache
def _words() -> dict[str, dict[str, str]]:
    import yaml

    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("watch.yaml").read_text("utf-8"))
    return read
