"""What Dagster costs on top of Hansa, and Hansa on top of Dagster: ratios of medians, ways taken by turns.

``python tests/benchmarks/dagster_cost.py --repetitions 7``. Loading: fresh processes that import Dagster and build as many
plain assets as the mesh of all first-party modules has products, beside ones that load that mesh. Running: one process
in which an asset publishes the same frame by the gate as a plain ``@asset`` that calls the gate itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import CONTRACT, medians, timed

PLAIN = """
import dagster as dg
def plain(n):
    @dg.asset(name=f"plain_{n}", key_prefix="bench", partitions_def=DAYS, deps=[dg.AssetKey(["bench", f"plain_{n - 1}"])] if n else [])
    def made(): ...
    return made
DAYS = dg.DailyPartitionsDefinition("2026-01-01")
dg.Definitions(assets=[plain(n) for n in range(NUMBER)], executor=dg.in_process_executor).get_repository_def()
"""
MESH = "import hansa.definitions; hansa.definitions.mesh.get_repository_def()"
#: Reading the mesh without Dagster, which any run pays, with Dagster or without.
READ = "from hansa.mesh import load_mesh; load_mesh()"


def mesh_file(folder: Path) -> int:
    """A mesh of every module that is installed here; how many products it has."""
    from hansa.mesh import load_mesh
    from hansa.registry import load

    registry = load()
    products = [product for module in registry.modules.values() for product in module.products]
    made = {product.id for product in products}
    bound = {id for id, _ in registry.contracts} - made | {p.id for p in products if p.from_source}
    text = {
        "name": "Bench",
        "time_zone": "UTC",
        "start": "2026-01-01",
        "modules": dict.fromkeys(registry.modules, "on"),
        "sources": {id: {"uri": f"{id}.csv"} for id in sorted(bound)},
    }
    (folder / "mesh.yaml").write_text(json.dumps(text))
    mesh = load_mesh(folder / "mesh.yaml")
    assert not mesh.left_out, mesh.left_out
    return len(mesh.products)


def load(folder: Path, repetitions: int) -> dict[str, float]:
    """Seconds from a process's start to its end, of each way to load."""
    number = mesh_file(folder)
    ways = {"import": "import dagster", "plain": PLAIN.replace("NUMBER", str(number)), "read": READ, "mesh": MESH}
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for repetition in range(repetitions + 1):
        for way, code in ways.items():
            seconds = timed([sys.executable, "-W", "ignore", "-c", code], folder)
            # The first round fills the caches of the machine, and the memory of tried plugins.
            if repetition:
                spent[way].append(seconds)
    print(f"loading {number} products")
    return medians(spent)


RUN = """
import datetime as dt, json, statistics, sys, time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from uuid import uuid4
import dagster as dg, polars as pl
DAILY = True
exec(sys.argv[1])
from hansa.definitions.assets import build_here
from hansa.definitions.instance import instance_of
from hansa.gate import Origin, publish
from hansa.mesh import load_mesh
from hansa.products import Module, Product
from hansa.registry import Registry
from hansa.run import Run
from hansa.runner import Runner
folder, rows, repetitions = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
FIRST = dt.date(2026, 1, 1)
def made(run):
    n = pl.int_range(rows, eager=True)
    return pl.select(
        id=n, day=pl.lit(run.first), branch=(n % 9000).cast(pl.Int32), account=(n + 1_000_000_000).cast(pl.String),
        currency=pl.lit("CNY"), channel=pl.lit("web"), note=pl.lit("note"), amount=pl.lit("12.50"),
        at=(pl.lit(1_770_000_000_000_000) + n).cast(pl.Datetime("us", "UTC")), rate=pl.lit(0.5),
    )
module = Module("bench.core", (Product("bench.rows", function=made),))
registry = Registry(modules={module.name: module}, contracts={("bench.rows", 1): CONTRACT}, module_plugins={module.name: "bench"})
def mesh_in(place):
    place.mkdir()
    (place / "mesh.yaml").write_text("name: B\\ntime_zone: UTC\\nstart: 2026-01-01\\nmodules: {bench.core: on}\\n")
    return load_mesh(place / "mesh.yaml", registry)
ours, theirs, bare = mesh_in(folder / "ours"), mesh_in(folder / "theirs"), mesh_in(folder / "bare")
runner, other, alone = Runner(ours), Runner(theirs), Runner(bare)
DAYS = dg.DailyPartitionsDefinition("2026-01-01", timezone="UTC")
@dg.asset(name="rows", key_prefix="bench", partitions_def=DAYS)
def plain(context: dg.AssetExecutionContext):
    day = dt.date.fromisoformat(context.partition_key)
    publication = other.run("bench.rows", day, day)
    return dg.MaterializeResult(metadata={"rows": publication.total("published")})
jobs = {
    "hansa": build_here(ours, runner, lambda outcome: None, None).resolve_implicit_global_asset_job_def(),
    "plain": dg.Definitions(assets=[plain], executor=dg.in_process_executor).resolve_implicit_global_asset_job_def(),
}
quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
spent = {"bare": [], "plain": [], "hansa": []}
with instance_of(ours) as instance, instance_of(theirs) as second:
    for n in range(repetitions + 2):
        day = FIRST + dt.timedelta(days=n)
        for way in spent:
            begun = time.perf_counter()
            if way == "bare":
                alone.run("bench.rows", day, day)
            else:
                done = jobs[way].execute_in_process(
                    instance=instance if way == "hansa" else second, run_id=str(uuid4()), partition_key=str(day), run_config=quiet
                )
                assert done.success
            if n > 1:
                spent[way].append(time.perf_counter() - begun)
print(json.dumps(spent))
"""


def run(folder: Path, rows: int, repetitions: int) -> dict[str, float]:
    """Seconds of one day of one product by each way, in one process."""
    line = [sys.executable, "-c", RUN, CONTRACT, str(folder), str(rows), str(repetitions)]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    print(f"running a day of {rows} rows")
    return medians(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--repetitions", type=int, default=7)
    asked.add_argument("--rows", type=int, default=10_000)
    asked.add_argument("--only", choices=["load", "run"])
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.only != "run":
            loading = load(Path(name), given.repetitions)
            print(f"mesh/plain {loading['mesh'] / loading['plain']:.2f}", end=", ")
            print(f"without reading the mesh {(loading['mesh'] - loading['read']) / loading['plain']:.2f}")
        if given.only != "load":
            running = run(Path(name), given.rows, given.repetitions)
            print(
                f"hansa/plain {running['hansa'] / running['plain']:.2f}, hansa/bare {running['hansa'] / running['bare']:.2f}"
            )


if __name__ == "__main__":
    main()
