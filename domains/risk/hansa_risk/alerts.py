"""The day's queue for review: the highest scores within capacity, each with its reasons in two languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from hansa_risk import model
from hansa_risk.scoring import Version, versions_by_day

#: Reasons shown with an alert, at most.
SHOWN = 3
#: The written rule of the queue: score down, amount down, then the key up, so that no tie is left to chance.
ORDER = ("score", "amount", "txn_id")
DESCENDING = (True, True, False)


@dataclass(frozen=True)
class Reason:
    """A text for the reviewer and the features that speak for it; ``en`` and ``zh`` say the same."""

    code: str
    en: str
    zh: str
    features: tuple[str, ...]


@cache
def reasons() -> tuple[Reason, ...]:
    """The reasons of ``reasons.yaml`` in its order."""
    import yaml

    entries = yaml.safe_load(Path(__file__).with_name("reasons.yaml").read_text(encoding="utf-8"))
    return tuple(Reason(entry["code"], entry["en"], entry["zh"], tuple(entry["features"])) for entry in entries)


def queue(scored: pl.LazyFrame, capacity: int) -> pl.LazyFrame:
    """The first ``capacity`` rows of each business day by ``ORDER``, with their ``rank`` from 1.

    ``scored`` has business_date, score, amount and txn_id.
    """
    ordered = scored.sort("business_date", *ORDER, descending=(False, *DESCENDING))
    ranked = ordered.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("business_date"))
    return ranked.filter(pl.col("rank") <= capacity)


def fraud_alerts(
    fraud_scores: pl.LazyFrame,
    features: pl.LazyFrame,
    fraud_models: pl.LazyFrame,
    days: Sequence[dt.date],
    artefact: Callable[[str], bytes],
    capacity: int,
    threads: int,
) -> pl.LazyFrame:
    """The queues of ``days`` in the columns of ``risk.fraud_alerts``; reasons are computed for these rows only."""
    scores = fraud_scores.select("txn_id", "business_date", "score", "model_version")
    scored = scores.join(features.drop("business_date"), on="txn_id", how="inner")
    queued = queue(scored, capacity).collect()
    explained = [
        _explained(queued.filter(pl.col("business_date") == day), version, threads)
        for day, version in versions_by_day(fraud_models, days, artefact)
    ]
    return pl.concat(explained).lazy()


def _explained(queued: pl.DataFrame, version: Version, threads: int) -> pl.DataFrame:
    """One day's queue with ``reason_1_code``, ``reason_1_en``, ``reason_1_zh`` and so on."""
    fields = [f"reason_{place}_{part}" for place in range(1, SHOWN + 1) for part in ("code", "en", "zh")]
    texts = [_texts(chosen) for chosen in strongest(queued, version, threads)] if len(queued) else []
    told = pl.DataFrame(texts, schema=dict.fromkeys(fields, pl.String), orient="row")
    kept = queued.select("txn_id", "business_date", "rank", "score", "amount", "model_version")
    return pl.concat([kept, told], how="horizontal")


def strongest(rows: pl.DataFrame, version: Version, threads: int) -> list[list[Reason]]:
    """For each row the reasons that raise its score most, at least one and at most ``SHOWN``.

    A reason weighs the sum of its features' SHAP values (they add up, in log odds). Only reasons that raise the
    score are shown; if none does, the one that lowers it least. Equal weights keep the order of the file.
    """
    values = model.contributions(version.artefact, rows, version.features, threads)
    known = (*reasons(), *_own(version.features))
    weights = sum_by_reason(values.tolist(), version.features, known)
    chosen = []
    for row in weights:
        order = sorted(range(len(known)), key=lambda place: -row[place])
        raising = [place for place in order[:SHOWN] if row[place] > 0] or order[:1]
        chosen.append([known[place] for place in raising])
    return chosen


def _own(names: Sequence[str]) -> list[Reason]:
    """A reason for each feature of the institution's own, which no text of ours can speak of."""
    told = {name for reason in reasons() for name in reason.features}
    return [
        Reason(
            f"own.{name}", f"{name} speaks for it, a feature of the institution", f"机构自有特征 {name} 异常", (name,)
        )
        for name in names
        if name not in told
    ]


def sum_by_reason(
    values: Sequence[Sequence[float]], names: Sequence[str], known: Sequence[Reason]
) -> list[list[float]]:
    """Rows of contributions by feature -> rows of contributions by reason, in the order of ``known``."""
    places = [[names.index(name) for name in reason.features if name in names] for reason in known]
    return [[sum(row[place] for place in group) for group in places] for row in values]


def _texts(chosen: Sequence[Reason]) -> list[str | None]:
    """Code and texts of each reason in a flat row, padded with null."""
    flat: list[str | None] = [text for reason in chosen for text in (reason.code, reason.en, reason.zh)]
    return flat + [None] * (3 * SHOWN - len(flat))
