"""How long a table of PostgreSQL takes as a source, and how much memory, beside one a quarter as long.

``python tests/benchmarks/database_read.py --rows 2000000``. A real server on this machine, seven columns. *copied* is
the one transaction that brings the rows to this machine; the peak is of a fresh process that does only that. Bounded
memory shows in the two peaks: they do not grow with the rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measuring import run

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "tests"))

from machinery.postgres import PostgreSQL

TABLE = (
    "create table rows (txn text, business_date date, amount numeric(18,2), booked_at timestamptz, iban text, "
    "note text, kind int)"
)
ROWS = (
    "insert into rows select 'txn-' || i, '2026-03-01', i * 1.01, '2026-03-01 00:00Z'::timestamptz + (i % 86400) * "
    "interval '1 second', 'DE' || lpad(i::text, 20, '0'), 'payment number ' || i, i % 7 from generate_series(1, {}) i"
)
COPY = """
import json, sys, time
from pathlib import Path
from hansa.contract.model import Column, Contract
from hansa.sources import Binding, built_in_readers, open_source
address, place = sys.argv[1], Path(sys.argv[2])
columns = (
    Column("txn", "string", 1, required=True, key_position=1),
    Column("business_date", "date", 1, partitioned=True, required=True),
    Column("amount", "number", 1, precision=18, scale=2),
    Column("booked_at", "timestamp", 1),
    Column("iban", "string", 1),
    Column("note", "string", 1),
    Column("kind", "integer", 1),
)
contract = Contract("bench.rows", "1.0.0", columns, Path("bench.odcs.yaml"), digest="0")
source = open_source(Binding(uri=address, table="rows"), contract, place, built_in_readers())
begun = time.perf_counter()
copied, _ = source.copied(place / "rows.parquet", None)
seconds = time.perf_counter() - begun
rows = copied.frame.select("txn").collect(engine="streaming").height
print(json.dumps({"seconds": seconds, "rows": rows, "file": (place / "rows.parquet").stat().st_size >> 20}))
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=2_000_000)
    given = asked.parse_args()
    for rows in (given.rows // 4, given.rows):
        with PostgreSQL() as server, tempfile.TemporaryDirectory() as place:
            server.execute(TABLE)
            server.execute(ROWS.format(rows))
            found = run(COPY, server.url(), place)
        assert found["rows"] == rows
        print(f"{rows} rows copied in {found['seconds']:.1f} s, peak {found['peak']:.0f} MB, file {found['file']} MB")


if __name__ == "__main__":
    main()
