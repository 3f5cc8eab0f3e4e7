"""A table is read in bounded memory, however many rows it has."""

import subprocess
import sys

pytest_plugins = ["sources.database_house"]

CHILD = """
import resource, sys
from pathlib import Path
from hansa.contract.model import Column, Contract
from hansa.sources import Binding, built_in_readers, open_source

uri, table, target = sys.argv[1:]
columns = (
    Column("id", "string", 1, required=True),
    Column("amount", "number", 2, precision=18, scale=2),
    Column("note", "string", 3),
)
contract = Contract("bank.movements", "1.0.0", columns, Path("m.odcs.yaml"), digest="0")
source = open_source(Binding(uri=uri, table=table, batch=10_000), contract, Path("."), built_in_readers())
copied, _ = source.copied(Path(target), None)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(copied.frame.select("id").collect(engine="streaming").height, peak)
"""


def test_four_times_the_rows_take_the_same_memory(database, tmp_path):
    peaks = {}
    for rows in (100_000, 400_000):
        table = database.table(f"t{rows}", "id text, amount numeric, note text")
        database.run(
            f"INSERT INTO t{rows} SELECT i::text, i * 1.01, repeat('x', 200) || i FROM generate_series(1, {rows}) i"
        )
        command = [sys.executable, "-c", CHILD, database.uri, table, tmp_path / f"{rows}.parquet"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert int(told[0]) == rows
        peaks[rows] = int(told[1])
    # The rows that are more are 80 MB of text alone, and several times that as Python's objects.
    assert peaks[400_000] - peaks[100_000] < 60, peaks
