"""Five weeks of the handbook's transactions: the module's model beside the baselines of the data set's own book.

``python tests/benchmarks/handbook_weeks.py``. The institution is ``infra/institutions/handbook.yaml`` and nothing else.
Each week is scored by a model trained as of its first day; nothing of it was chosen on days after 2018-07-10. Rows are
those of the book's protocol: customers known to be compromised are left out. Prints the table of
``domains/risk/README.md``, and what the sigmoid did to the probabilities.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from book_baselines import DELAY, FEATURES, book_features, forest, logistic
from hansa.cast import casts
from hansa.mesh import Mesh, load_mesh
from hansa.run import Run
from hansa.standing import Standing
from hansa_risk import plugin
from hansa_risk.calibration import Sigmoid, brier, calibration_error
from hansa_risk.ranking import area_under_curve, average_precision
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared/data/fraud_handbook/transactions.parquet"
WEEKS = tuple(dt.date(2018, 7, 11) + dt.timedelta(days=7 * n) for n in range(5))
CARDS = 100
#: Student's t for 95 % with four degrees of freedom.
T = 2.776
Bits = NDArray[np.bool_]


class Memory:
    """Artefacts that are kept as long as the measurement lasts."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.held[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        return self.held[digest]


def sources(mesh: Mesh) -> dict[str, pl.LazyFrame]:
    """What the products of the module read of the bound file, by parameter, in the columns of their contracts."""
    standing, found = Standing(mesh), {}
    for given in plugin.fraud_features.requires:
        source, contract = standing.source(given.product), mesh.products[given.product].contract
        made = casts(contract, source.frame.collect_schema(), source.reading, mesh.file.time_zone)
        found[given.parameter] = source.frame.select(**{name: one.value for name, one in made.items()}).collect().lazy()
    return found


def run_of(mesh: Mesh, first: dt.date, last: dt.date, store: Memory) -> Run:
    kept = mesh.products["risk.fraud_models"]
    return Run("bench", mesh.file.time_zone, first, last, mesh.file.seed, 2, kept.settings, store)


def module_scores(mesh: Mesh) -> dict[dt.date, tuple[pl.DataFrame, Sigmoid]]:
    """By week the module's scores, and the sigmoid that calibrated them."""
    frames, store, found = sources(mesh), Memory(), {}
    days = frames["transactions"].select(first=pl.col("business_date").min(), last=pl.col("business_date").max())
    first, last = days.collect().row(0)
    features = plugin.fraud_features.function(**frames, run=run_of(mesh, first, last, store)).collect().lazy()
    for week in WEEKS:
        run = run_of(mesh, week, week + dt.timedelta(days=6), store)
        of_week = features.filter(pl.col("business_date").is_between(run.days[0], run.days[-1]))
        models = plugin.fraud_models.function(
            features, frames["fraud_labels"], run_of(mesh, week, week, store)
        ).collect()
        scores = plugin.fraud_scores.function(of_week, models.lazy(), run)
        row = models.row(0, named=True)
        sigmoid = Sigmoid(row["calibration_slope"] or 1.0, row["calibration_intercept"] or 0.0)
        found[week] = scores.select("txn_id", "score").collect(), sigmoid
    return found


def judged(rows: pl.DataFrame, week: dt.date) -> Bits:
    """True for the rows of a week whose customer is not known to be compromised on their day."""
    day, customer = rows["TX_DATETIME"].dt.date(), rows["CUSTOMER_ID"]
    frauds = rows.filter((pl.col("TX_FRAUD") == 1) & (day >= week - dt.timedelta(days=2 * DELAY)))
    kept = np.zeros(len(rows), dtype=bool)
    for number in range(7):
        today = week + dt.timedelta(days=number)
        known = frauds.filter(frauds["TX_DATETIME"].dt.date() < today - dt.timedelta(days=DELAY))["CUSTOMER_ID"]
        kept |= ((day == today) & ~customer.is_in(known.unique().to_list())).to_numpy()
    return kept


def card_precision(rows: pl.DataFrame, score: NDArray[np.float64]) -> float:
    """Mean over the days of the share of the ``CARDS`` highest that had a fraud that day; found ones are out after."""
    told = rows.select("CUSTOMER_ID", "TX_FRAUD", day=pl.col("TX_DATETIME").dt.date(), score=pl.Series(score))
    by_card = told.group_by("day", "CUSTOMER_ID").agg(pl.col("score").max(), pl.col("TX_FRAUD").max())
    ordered = by_card.sort("day", "score", "CUSTOMER_ID", descending=[False, True, False])
    found: list[int] = []
    shares = []
    for day in ordered.partition_by("day", maintain_order=True):
        looked_at = day.filter(~pl.col("CUSTOMER_ID").is_in(found)).head(CARDS)
        caught = looked_at.filter(pl.col("TX_FRAUD") == 1)["CUSTOMER_ID"].to_list()
        found += caught
        shares.append(len(caught) / CARDS)
    return sum(shares) / len(shares)


def figures(rows: pl.DataFrame, score: NDArray[np.float64]) -> list[float]:
    """AUC, average precision and card precision of one week."""
    fraud = rows["TX_FRAUD"].to_numpy() == 1
    return [area_under_curve(score, fraud) or 0, average_precision(score, fraud) or 0, card_precision(rows, score)]


def baseline(rows: pl.DataFrame, week: dt.date, kept: Bits, learner: Callable[..., NDArray[np.float64]]) -> list[float]:
    """The figures of one of the book's learners, trained on the book's week."""
    day = rows["TX_DATETIME"].dt.date()
    known = day.is_between(week - dt.timedelta(days=2 * DELAY), week - dt.timedelta(days=DELAY + 1)).to_numpy()
    values, fraud = rows.select(FEATURES).cast(pl.Float64).to_numpy(), rows["TX_FRAUD"].to_numpy() == 1
    return figures(rows.filter(pl.Series(kept)), learner(values[known], fraud[known], values[kept]))


def interval(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.4f} ± {T * values.std(ddof=1) / len(values) ** 0.5:.4f}"


def table(found: dict[str, NDArray[np.float64]], counted: list[tuple[int, int]]) -> None:
    """The table of the README; ``found`` has (weeks, figures) by way."""
    print("| week | rows, frauds | " + " | ".join(f"{way} AUC, AP, card precision" for way in found) + " |")
    print("|---|---|" + "---|" * len(found))
    for place, week in enumerate(WEEKS[: len(counted)]):
        cells = [", ".join(f"{one:.4f}" for one in values[place]) for values in found.values()]
        print(f"| {week} | {counted[place][0]}, {counted[place][1]} | {' | '.join(cells)} |")
    for number, name in enumerate(("AUC", "average precision", "card precision")):
        told = "; ".join(f"{way} {interval(values[:, number])}" for way, values in found.items())
        print(f"mean {name}: {told}")
        module, *others = found.values()
        for way, other in zip(list(found)[1:], others, strict=True):
            print(f"  over {way}: {interval(module[:, number] - other[:, number])}")


def calibration(scores: NDArray[np.float64], sigmoid: Sigmoid, fraud: Bits) -> list[float]:
    """Brier score and expected calibration error, before and after."""
    odds = (np.log(scores / (1 - scores)) - sigmoid.intercept) / sigmoid.slope
    pairs = [(brier(chance, fraud), calibration_error(chance, fraud)) for chance in (Sigmoid().of(odds), scores)]
    return [value or 0.0 for pair in pairs for value in pair]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--no-baselines", action="store_true", help="measure the module alone")
    given = asked.parse_args()
    begun = time.perf_counter()
    by_week = module_scores(load_mesh(ROOT / "infra/institutions/handbook.yaml"))
    rows = book_features(pl.read_parquet(FILE))
    ways: dict[str, list[list[float]]] = {"model": []}
    if not given.no_baselines:
        ways |= {"logistic regression": [], "random forest": []}
    counted, calibrated = [], []
    for week, (scored, sigmoid) in by_week.items():
        kept = judged(rows, week)
        told = rows.filter(pl.Series(kept)).with_columns(txn_id=pl.col("TRANSACTION_ID").cast(pl.String))
        score = told.join(scored, on="txn_id", how="left", maintain_order="left")["score"].to_numpy()
        ways["model"].append(figures(told, score))
        for way, learner in (("logistic regression", logistic), ("random forest", forest)):
            if way in ways:
                ways[way].append(baseline(rows, week, kept, learner))
        counted.append((len(told), int(told["TX_FRAUD"].sum())))
        calibrated.append(calibration(score, sigmoid, told["TX_FRAUD"].to_numpy() == 1))
    table({way: np.array(values) for way, values in ways.items()}, counted)
    before, after = np.array(calibrated).mean(axis=0).reshape(2, 2)
    print(f"Brier {before[0]:.6f} -> {after[0]:.6f}, calibration error {before[1]:.6f} -> {after[1]:.6f}")
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
