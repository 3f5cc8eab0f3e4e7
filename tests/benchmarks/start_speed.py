"""How long a fresh process takes that publishes a small file, beside the bare imports of what it needs.

``python tests/benchmarks/start_speed.py --rows 1000 --repetitions 5``. Three ways by turns, each a fresh process: the
imports alone, ``hansa publish`` into a new warehouse, and the same file once more. The ratio is of medians.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measuring import make, medians, timed

IMPORTS = "import polars, pandera.polars, pyiceberg.table, pyiceberg.io.pyarrow"
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: bench.rows
name: Rows
version: 1.0.0
status: active
domain: bench
schema:
  - name: rows
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: branch, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 9999}}
      - {name: account, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[0-9]{10}$"}}
      - {name: currency, logicalType: string,
         quality: [{name: currency.known, metric: invalidValues, arguments: {validValues: [CNY, EUR, USD]}, mustBe: 0}]}
      - {name: channel, logicalType: string,
         quality: [{name: channel.known, metric: invalidValues, arguments: {validValues: [app, atm, web]}, mustBe: 0}]}
      - {name: note, logicalType: string, logicalTypeOptions: {maxLength: 20}}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)", logicalTypeOptions: {minimum: 0}}
      - {name: at, logicalType: timestamp, required: true}
      - {name: rate, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}}
    quality:
      - {name: some, metric: rowCount, mustBeGreaterThan: 0}
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000)
    asked.add_argument("--repetitions", type=int, default=5)
    given = asked.parse_args()
    ways: dict[str, list[float]] = {"imports": [], "publish": [], "again": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "rows.parquet", given.rows)
        (folder / "rows.odcs.yaml").write_text(CONTRACT)
        # What every way reads is in the cache of the machine before the first is timed.
        timed([sys.executable, "-c", IMPORTS], folder)
        for number in range(given.repetitions):
            publish = [sys.executable, "-m", "hansa", "publish", "rows.odcs.yaml", "rows.parquet"]
            publish += ["--warehouse", f"warehouse{number}"]
            ways["imports"].append(timed([sys.executable, "-c", IMPORTS], folder))
            ways["publish"].append(timed(publish, folder))
            ways["again"].append(timed(publish, folder))
    print(f"{given.rows} rows")
    middle = medians(ways)
    print(f"publish/imports {middle['publish'] / middle['imports']:.2f}", end=", ")
    print(f"again/imports {middle['again'] / middle['imports']:.2f}")


if __name__ == "__main__":
    main()
