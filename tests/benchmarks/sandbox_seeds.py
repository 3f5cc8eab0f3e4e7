"""How hard the synthetic bank's fraud is: ``risk.fraud`` over several seeds, beside the rules alone.

``python tests/benchmarks/sandbox_seeds.py --customers 2000 --seeds 1 2 3 4 5 --weeks 2``. Each seed is a bank of its
own whose last measurable weeks are run through a mesh. Measured on planted truth, not on labels: average precision of
the scores and of the rules, the change of the amount lost against as many alerts by rules (its interval by drawing
episodes of fraud again), and what share of each pattern's movements had an alert. The last lines are means over the
seeds with their interval (Student's t).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

#: Draws of the interval of one seed, and Student's t of 0.975 for two to ten seeds.
DRAWS = 1_000
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


@dataclass(frozen=True)
class Result:
    """What one seed gave; ``patterns`` has movements, recall of the model and recall of the rules by pattern."""

    seed: int
    seconds: float
    frauds: int
    model: float
    rules: float
    loss: float
    interval: tuple[float, float]
    patterns: dict[str, tuple[int, float, float]]


def main() -> None:
    """Run the seeds one after the other and print a line for each as it ends."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=2_000)
    asked.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    asked.add_argument("--weeks", type=int, default=2)
    asked.add_argument("--home", type=Path, help="keep the banks here, and go on from what is there")
    asked.add_argument("--set", nargs="*", default=[], metavar="SETTING=VALUE", help="settings of risk.fraud")
    given = asked.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="seeds-"))
    results = []
    for seed in given.seeds:
        bank = home / f"{given.customers}-{seed}"
        results.append(measured(bank, given.customers, seed, given.weeks, given.set))
        told(results[-1])
        if given.home is None:
            shutil.rmtree(bank)
    summed_up(results)


def measured(bank: Path, customers: int, seed: int, weeks: int, settings: list[str]) -> Result:
    """One bank made, run and judged."""
    begun = time.perf_counter()
    days = ran(bank, customers, seed, weeks, settings)
    rows = judged(bank, days)
    fraud = rows["is_fraud"].to_numpy()
    loss, interval = lost(rows)
    return Result(
        seed=seed,
        seconds=time.perf_counter() - begun,
        frauds=int(fraud.sum()),
        model=ranked(rows["score"].to_numpy(), fraud),
        rules=ranked(rows["rules"].to_numpy(), fraud),
        loss=loss,
        interval=interval,
        patterns={
            name: (count, model, rules)
            for name, count, model, rules in rows.filter("is_fraud")
            .group_by("pattern")
            .agg(pl.len(), pl.col("alerted", "ruled").mean())
            .sort("pattern")
            .iter_rows()
        },
    )


def ran(bank: Path, customers: int, seed: int, weeks: int, settings: list[str]) -> tuple[dt.date, dt.date]:
    """Make the bank and run ``risk.fraud`` on its last weeks whose labels are due; the first and last of their days."""
    import yaml
    from hansa_sandbox.demo import found
    from hansa_sandbox.rhythm import DATES

    bank.mkdir(parents=True, exist_ok=True)
    mesh = found(bank, customers, seed)
    written = yaml.safe_load(mesh.read_text(encoding="utf-8"))
    fraud = written["settings"]["risk.fraud"]
    fraud.update({name: yaml.safe_load(value) for name, _, value in (one.partition("=") for one in settings)})
    mesh.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    last = DATES[-1] - dt.timedelta(days=int(fraud["label_wait"]))
    first = last - dt.timedelta(days=7 * weeks - 1)
    hansa("run", "risk.fraud", "--from", first, "--to", last, "--bare", "--mesh", mesh)
    return first, last


def hansa(*words: object) -> str:
    """Run a command of this environment; its output, or a stop with what it said."""
    command = [sys.executable, "-m", "hansa", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout[-3_000:]}{done.stderr[-3_000:]}")
    return done.stdout


def judged(bank: Path, days: tuple[dt.date, dt.date]) -> pl.DataFrame:
    """Each movement of the days with score, rules' score, both decisions and the truth.

    The rules give as many alerts a day as the model gave.
    """
    from hansa_risk.rules import rules_score

    scores, alerts, features = (read(bank, name) for name in ("fraud_scores", "fraud_alerts", "fraud_features"))
    truth = pl.read_parquet(bank / "truth" / "transactions.parquet").rename({"TXN_NO": "txn_id"})
    rows = (
        features.filter(pl.col("business_date").is_between(*days))
        .select("txn_id", "business_date", pl.col("amount").cast(pl.Float64), rules=rules_score())
        .join(scores.select("txn_id", "score"), on="txn_id")
        .join(alerts.select("txn_id", alerted=True), on="txn_id", how="left")
        .join(truth.select("txn_id", "is_fraud", "pattern", "episode"), on="txn_id")
        .with_columns(pl.col("alerted").fill_null(False))
        .sort("business_date", "rules", "amount", "txn_id", descending=[False, True, True, False])
    )
    place = pl.int_range(pl.len()).over("business_date")
    return rows.with_columns(ruled=place < pl.col("alerted").sum().over("business_date"))


def read(bank: Path, name: str) -> pl.DataFrame:
    """A published product of the bank's mesh."""
    file = bank / f"{name}.parquet"
    hansa("read", f"risk.{name}", "-o", file, "--mesh", bank / "mesh.yaml")
    return pl.read_parquet(file)


def ranked(score: np.ndarray, fraud: np.ndarray) -> float:
    """Average precision: the sum over distinct thresholds of precision times recall gained."""
    from hansa_risk.ranking import average_precision

    return average_precision(score, fraud) or 0.0


def lost(rows: pl.DataFrame) -> tuple[float, tuple[float, float]]:
    """The change of the amount lost against rules only, and its 95 % interval over episodes drawn again."""
    amount = pl.col("amount")
    by_episode = (
        rows.filter("is_fraud")
        .group_by("pattern", "episode")
        .agg(model=amount.filter(~pl.col("alerted")).sum(), rules=amount.filter(~pl.col("ruled")).sum())
        .sort("pattern", "episode")
    )
    model, rules = by_episode["model"].to_numpy(), by_episode["rules"].to_numpy()
    drawn = np.random.default_rng(0).integers(0, len(model), (DRAWS, len(model)))
    changes = model[drawn].sum(axis=1) / np.maximum(rules[drawn].sum(axis=1), 1.0) - 1
    low, high = np.quantile(changes, [0.025, 0.975])
    return float(model.sum() / max(rules.sum(), 1.0) - 1), (float(low), float(high))


def told(result: Result) -> None:
    """Print one seed."""
    low, high = result.interval
    print(
        f"seed {result.seed:>3}  frauds {result.frauds:>4}"
        f"  average precision {result.model:.3f}  rules {result.rules:.3f}"
        f"  loss {result.loss:+.2f} [{low:+.2f}, {high:+.2f}]  {result.seconds:.0f} s"
    )
    for name, (count, model, rules) in result.patterns.items():
        print(f"    {name:<22} {count:>4} movements  recall {model:.2f}  rules {rules:.2f}", flush=True)


def summed_up(results: list[Result]) -> None:
    """Print the means over the seeds, and the same as a line of JSON."""
    print(f"mean of {len(results)} seeds")
    means = {}
    for name in ("model", "rules", "loss"):
        values = np.array([getattr(result, name) for result in results])
        half = T.get(len(values), 2.0) * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        means[name] = (round(float(values.mean()), 4), round(float(half), 4))
        print(f"    {name:<8} {values.mean():+.3f} +- {half:.3f}   from {values.min():+.3f} to {values.max():+.3f}")
    names = sorted({name for result in results for name in result.patterns})
    for name in names:
        found = [result.patterns[name] for result in results if name in result.patterns]
        weight = np.array([count for count, _, _ in found])
        model, rules = (np.average([one[place] for one in found], weights=weight) for place in (1, 2))
        means[name] = (round(float(model), 4), round(float(rules), 4))
        print(f"    {name:<22} {weight.sum():>4} movements  recall {model:.2f}  rules {rules:.2f}")
    print(json.dumps(means))


if __name__ == "__main__":
    main()
