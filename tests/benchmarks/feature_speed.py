"""How long features as of an instant take beside plain Polars expressions that know no such thing, and how they grow.

``python tests/benchmarks/feature_speed.py --rows 1300000 --repetitions 3``: 18 windows over two keys. The plain way
takes the sums of one frame sorted by time and reads a label seven days back; ours takes questions, transactions and
labels from when each was known. Both begin at the same columns, run by turns, each in a fresh process, and must give
the same integers. ``ratio`` is of the medians.

``--customers 10000 100000 1000000 --each 10``: features, scores and alerts of one day from files with texts as keys,
with holders, places, logins and a list; ``--each`` transactions a customer in the 62 days before, a file for each day
as in a table. ``per n log n`` is the processors' time over rows times their logarithm, against the smallest bank's;
``peak`` is the whole process.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

from measuring import medians, run

HELPERS = Path(__file__).parents[2] / "core" / "tests"
MAKE = """
import numpy as np, polars as pl
random = np.random.default_rng(7)
begin = 1_522_540_800_000_000
def rows(size, cards, merchants, days):
    "Transactions in order of time, whole seconds, some of one instant; one in a hundred is fraud."
    at = np.sort(random.integers(0, days * 86_400, size)) * 1_000_000 + begin
    return pl.DataFrame({
        "at": at, "card": random.integers(0, cards, size).astype(np.uint32),
        "merchant": (merchants * random.random(size) ** 2).astype(np.uint32),
        "minor": random.integers(1, 50_000, size), "fraud": (random.random(size) < 0.01).astype(np.int64),
    }).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
"""
PLAIN = """
import json, sys, time
import polars as pl
frame = pl.read_parquet(sys.argv[1])
def past(value, key, days):
    return pl.col(value).rolling_sum_by("at", f"{days}d", closed="left", min_samples=0).over(key)
def since(value, days, delay):
    return past(value, "merchant", days + delay) - past(value, "merchant", delay)
begun = time.perf_counter()
names = {f"{k}_{v}_{d}": past(v, k, d) for k in ("card", "merchant") for v in ("one", "minor") for d in (1, 7, 30)}
names |= {f"late_{v}_{d}": since(v, d, 7) for v in ("one", "fraud") for d in (1, 7, 30)}
counted = frame.with_columns(one=pl.lit(1, pl.Int64)).sort("at", maintain_order=True)
made = counted.with_columns(**names).select(list(names))
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "columns": made.width, "digest": int(made.hash_rows().sum() % 2**50)}))
"""
OURS = """
import json, sys, time
import polars as pl
from hansa_risk import feature_list as listed
from hansa_risk.history import Moves, answers
from hansa_risk.windows import DAY, Window
frame = pl.read_parquet(sys.argv[1])
begun = time.perf_counter()
def windows(key, value, word, delay=0):
    return [Window(f"{word}_{d}", key, value, d * DAY, delay) for d in (1, 7, 30)]
wanted = [w for k in ("card", "merchant") for v in ("event", "minor") for w in windows(k, v, f"{k}_{v}")]
wanted += [*windows("merchant", "event", "late_one", 7 * DAY), *windows("merchant", "fraud", "late_fraud")]
told = frame.select("card", "merchant", "minor", booked_at="at", told_at="at").with_row_index("asks")
said = frame.filter(pl.col("fraud") == 1).select("card", "merchant", "fraud", clock=pl.col("at") + pl.duration(days=7))
made = answers(Moves(told, said), frame["at"].min(), wanted, None).drop("asks")
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "columns": made.width, "digest": int(made.hash_rows().sum() % 2**50)}))
"""
DAY = """
import json, resource, sys, time
import polars as pl
folder, step, helpers = sys.argv[1:4]
sys.path.insert(0, helpers)
def scan(name): return pl.scan_parquet(f"{folder}/{name}/**/*.parquet", hive_partitioning=False)
day = scan("transactions").select(pl.col("business_date").max()).collect().item()
def features():
    from hansa_risk.features import fraud_features
    sides = (scan(name) for name in ("accounts", "merchants", "logins"))
    return fraud_features(scan("transactions"), scan("labels"), [day], "UTC", 62, *sides)
def model():
    from hansa_risk.feature_list import MODEL_FEATURES
    from machinery.scored_bank import artefact
    row = {"business_date": day, "model_version": "v", "artefact": "a", "features": ",".join(MODEL_FEATURES)}
    kept = artefact()
    return pl.LazyFrame([row]), lambda digest: kept
def scores():
    from hansa.scorer import applied
    from hansa_risk.scoring import work_of
    rows, artefact = model()
    asked = scan("features").select(pl.len()).collect().item()
    # As a mesh gives them: a row group at a time.
    pieces = lambda: [scan("features").slice(at, 122_880) for at in range(0, asked, 122_880)]
    return applied(scan("features"), work_of(rows, [day]), artefact, 2, pieces=pieces)
def alerts():
    from hansa_risk.alerts import Books, fraud_alerts
    from hansa_risk.costs import Desk
    rows, artefact = model()
    books = Books(scan("watchlist"), None, scan("transactions"), scan("accounts"))
    return fraud_alerts(scan("scores"), scan("features"), rows, [day], artefact, Desk(100), books, 2)
begun, spent = time.perf_counter(), time.process_time()
made = {"features": features, "scores": scores, "alerts": alerts}[step]()
made.sink_parquet(f"{folder}/{step}/1.parquet", mkdir=True)
figures = {"seconds": time.perf_counter() - begun, "work": time.process_time() - spent}
print(json.dumps(figures | {"asked": scan(step).select(pl.len()).collect().item()}))
"""
WRITE = (
    MAKE
    + """
import json, sys
folder, customers, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
made = rows(customers * each, customers, max(customers // 20, 10), 62)
def text(letter, name): return pl.concat_str(pl.lit(letter), pl.col(name))
none = pl.lit(None, pl.String)
made.lazy().with_row_index("n").select(
    txn_id=text("t", "n"), account_token=text("a", "card"), card_token=text("c", "card"),
    merchant_id=text("m", "merchant"),
    counterparty_token=none, country=pl.lit("CN"), booked_at="at", known_at="at",
    device_token=pl.when(pl.col("n") % 3 == 0).then(text("d", "card")),
    amount=(pl.col("minor").cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2)),
    direction=pl.lit("debit"), channel=pl.lit("card_online"), business_date=pl.col("at").dt.date(),
).sink_parquet(pl.PartitionBy(f"{folder}/transactions/", key="business_date", include_key=True), mkdir=True)
made.with_row_index("n").filter(pl.col("fraud") == 1).select(
    txn_id=text("t", "n"), known_at=pl.col("at") + pl.duration(days=7), is_fraud=pl.lit(True)
).lazy().sink_parquet(f"{folder}/labels/labels.parquet", mkdir=True)
def keep(name, **columns):
    pl.select(**columns).lazy().sink_parquet(f"{folder}/{name}/1.parquet", mkdir=True)
cards, shops = pl.int_range(customers), pl.int_range(max(customers // 20, 10))
keep("accounts", account_token=pl.format("a{}", cards), customer_token=pl.format("p{}", cards // 2))
keep("merchants", merchant_id=pl.format("m{}", shops), latitude=shops % 80 * 1.0, longitude=shops % 170 * 1.0)
keep("logins", at=made["at"].gather_every(4), customer_token=pl.format("p{}", made["card"].gather_every(4) // 2),
     device_token=pl.format("d{}", made["card"].gather_every(4)), success=made["minor"].gather_every(4) % 9 > 0)
since = made["at"].dt.date().min()
keep("watchlist", entry_id=pl.format("w{}", pl.int_range(1000)), list=pl.lit("grey"), kind=pl.lit("account"),
     token=pl.format("a{}", pl.int_range(1000) * 7), merchant_id=pl.lit(None, pl.String), valid_from=pl.lit(since),
     valid_to=pl.lit(None, pl.Date), known_at=pl.lit(None, pl.Datetime("us", "UTC")), source=pl.lit("desk"),
     reason=pl.lit("seen"))
print(json.dumps({"rows": made.height}))
"""
)


def speed(folder: Path, rows: int, repetitions: int) -> None:
    """Both ways by turns over the same rows."""
    source = folder / "rows.parquet"
    sizes = f"{rows}, {max(rows // 260, 1)}, {max(rows // 130, 1)}, 136"
    run(f"{MAKE}\nrows({sizes}).write_parquet({str(source)!r})\nprint({{}})")
    ways: dict[str, list[dict[str, float]]] = {"plain": [], "ours": []}
    for _ in range(repetitions):
        for name, code in (("plain", PLAIN), ("ours", OURS)):
            ways[name].append(run(code, str(source)))
    if len({one["digest"] for way in ways.values() for one in way}) > 1:
        raise SystemExit("the two ways do not give the same integers")
    middle = medians({name: [one["seconds"] for one in way] for name, way in ways.items()})
    peaks = ", ".join(f"{name} {max(one['peak'] for one in way):.0f} MB" for name, way in ways.items())
    columns = ways["ours"][0]["columns"]
    print(f"{rows} rows x {columns:.0f} columns: ratio {middle['ours'] / middle['plain']:.2f}, peak {peaks}")


def growth(folder: Path, customers: list[int], each: int) -> None:
    """One day of banks of several sizes: its features, its scores by a model of a hundred trees, its alerts."""
    first: dict[str, float] = {}
    for size in customers:
        place = Path(tempfile.mkdtemp(dir=folder))
        rows = run(WRITE, str(place), str(size), str(each))["rows"]
        print(f"{size} customers, {rows:.0f} transactions")
        for step in ("features", "scores", "alerts"):
            done = run(DAY, str(place), step, str(HELPERS))
            share = done["work"] / (rows * math.log(rows))
            grown = share / first.setdefault(step, share)
            print(
                f"  {step:<8} {done['asked']:8.0f} rows, {done['seconds']:5.1f} s, {done['work']:5.1f} s of work, "
                f"per n log n {grown:.2f}, peak {done['peak']:.0f} MB",
                flush=True,
            )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=100_000)
    words.add_argument("--repetitions", type=int, default=3)
    words.add_argument("--customers", type=int, nargs="*", default=[])
    words.add_argument("--each", type=int, default=10)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.customers:
            growth(Path(folder), given.customers, given.each)
        else:
            speed(Path(folder), given.rows, given.repetitions)


if __name__ == "__main__":
    main()
