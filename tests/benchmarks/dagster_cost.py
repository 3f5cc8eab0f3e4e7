"""What Hansa costs on top of Dagster: ratios of medians, ways taken by turns, in seconds of the processor.

``python tests/benchmarks/dagster_cost.py --repetitions 7``. Loading: fresh processes that import Dagster and build as
many plain assets as the mesh of all installed modules has products, beside ones that load that mesh. Running: in one
process an asset of the mesh publishes a day by the gate, and a plain ``@asset`` does the same work, without checks and
with as many as the contract has: each is four events, which Dagster writes to SQLite one by one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import CONTRACT, medians

PLAIN = """
import dagster as dg
DAYS = dg.DailyPartitionsDefinition("2026-01-01")
def plain(n):
    deps = [dg.AssetKey(["bench", f"plain_{n - 1}"])] if n else []
    @dg.asset(name=f"plain_{n}", key_prefix="bench", partitions_def=DAYS, deps=deps)
    def made(): ...
    return made
dg.Definitions(assets=[plain(n) for n in range(NUMBER)], executor=dg.in_process_executor).get_repository_def()
"""
MESH = "import hansa.definitions; hansa.definitions.mesh.get_repository_def()"
#: The mesh without Dagster, as every run reads it.
READ = "from hansa.mesh import load_mesh; load_mesh()"


def spent(code: str, folder: Path) -> float:
    """Seconds of the processor that a fresh process takes for ``code``; it may find no settings outside."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HANSA_")}
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], cwd=folder, env=environment)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(status)
    return used.ru_utime + used.ru_stime


def mesh_file(folder: Path) -> int:
    """Write a mesh of every module that is installed here; how many products it has."""
    from hansa.mesh import load_mesh
    from hansa.registry import load

    registry = load()
    products = [product for module in registry.modules.values() for product in module.products]
    computed = {product.id for product in products if not product.from_source}
    text = {
        "name": "Bench",
        "time_zone": "UTC",
        "start": "2026-01-01",
        "modules": dict.fromkeys(registry.modules, "on"),
        "sources": {id: {"uri": f"{id}.csv"} for id, _ in registry.contracts if id not in computed},
    }
    (folder / "mesh.yaml").write_text(json.dumps(text))
    mesh = load_mesh(folder / "mesh.yaml")
    if mesh.left_out:
        raise SystemExit(f"left out: {dict(mesh.left_out)}")
    return len(mesh.products)


def load(folder: Path, repetitions: int) -> dict[str, float]:
    """The medians of each way to load."""
    number = mesh_file(folder)
    ways = {"import": "import dagster", "plain": PLAIN.replace("NUMBER", str(number)), "read": READ, "mesh": MESH}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for repetition in range(repetitions + 1):
        for way, code in ways.items():
            took = spent(code, folder)
            # The first round fills the caches of the machine, and the memory of tried plugins.
            if repetition:
                seconds[way].append(took)
    print(f"loading {number} products")
    return medians(seconds)


PRODUCT = """
import polars as pl
ROWS = 0
def rows(run):
    n = pl.int_range(ROWS, eager=True)
    return pl.select(
        id=n, day=pl.lit(run.first), branch=(n % 9000).cast(pl.Int32), account=(n + 1_000_000_000).cast(pl.String),
        currency=pl.lit("CNY"), channel=pl.lit("web"), note=pl.lit("note"), amount=pl.lit("12.50"),
        at=(pl.lit(1_770_000_000_000_000) + n).cast(pl.Datetime("us", "UTC")), rate=pl.lit(0.5),
    )
"""
RUN = """
import datetime as dt, json, sys, time, warnings
from contextlib import ExitStack
warnings.simplefilter("ignore")
from dataclasses import replace
from pathlib import Path
from uuid import uuid4
folder, rows, repetitions = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
sys.path.insert(0, str(folder))
import bench_product, dagster as dg
bench_product.ROWS, DAILY = rows, True
exec(sys.argv[1])
from hansa.definitions.assets import build_here
from hansa.definitions.events import check_specs
from hansa.definitions.instance import instance_of
from hansa.mesh import load_mesh
from hansa.products import Module, Product
from hansa.registry import Registry
from hansa.runner import Runner
module = Module("bench.core", (Product("bench.rows", function=bench_product.rows),))
# A key that no other day may have would make each day dearer than the one before.
contract = replace(CONTRACT, key_scope="partition")
registry = Registry(
    modules={module.name: module}, contracts={("bench.rows", 1): contract}, module_plugins={module.name: "bench"}
)
meshes = {}
for way in ("bare", "plain", "checked", "hansa"):
    place = folder / way
    place.mkdir()
    (place / "mesh.yaml").write_text("name: B\\ntime_zone: UTC\\nstart: 2026-01-01\\nmodules: {bench.core: on}\\n")
    meshes[way] = load_mesh(place / "mesh.yaml", registry)
runners = {way: Runner(mesh) for way, mesh in meshes.items()}
days = dg.DailyPartitionsDefinition("2026-01-01", timezone="UTC")
def published(context, way):
    day = dt.date.fromisoformat(context.partition_key)
    return {"rows": runners[way].run("bench.rows", day, day).total("published")}
@dg.asset(name="rows", key_prefix="bench", partitions_def=days)
def plain(context: dg.AssetExecutionContext):
    return dg.MaterializeResult(metadata=published(context, "plain"))
names = [spec.name for spec in check_specs(contract, dg.AssetKey(["bench", "rows"]))]
specs = [dg.AssetCheckSpec(name, asset=["bench", "rows"], blocking=True) for name in names]
@dg.asset(name="rows", key_prefix="bench", partitions_def=days, check_specs=specs)
def checked(context: dg.AssetExecutionContext):
    found = published(context, "checked")
    results = [dg.AssetCheckResult(check_name=name, passed=True, metadata=found) for name in names]
    return dg.MaterializeResult(metadata=found, check_results=results)
jobs = {
    "plain": dg.Definitions(assets=[plain], executor=dg.in_process_executor),
    "checked": dg.Definitions(assets=[checked], executor=dg.in_process_executor),
    "hansa": build_here(meshes["hansa"], runners["hansa"], lambda outcome: None, None),
}
jobs = {way: made.resolve_implicit_global_asset_job_def() for way, made in jobs.items()}
quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
spent = {way: [] for way in meshes}
with ExitStack() as stack:
    instances = {way: stack.enter_context(instance_of(meshes[way])) for way in jobs}
    for n in range(repetitions + 2):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=n)
        for way in spent:
            begun = time.process_time()
            if way == "bare":
                runners[way].run("bench.rows", day, day)
            else:
                done = jobs[way].execute_in_process(
                    instance=instances[way], run_id=str(uuid4()), partition_key=str(day), run_config=quiet
                )
                assert done.success
            if n > 1:
                spent[way].append(time.process_time() - begun)
print(json.dumps(spent))
"""


def run(folder: Path, rows: int, repetitions: int) -> dict[str, float]:
    """The medians of one day of one product by each way, in one process."""
    (folder / "bench_product.py").write_text(PRODUCT)
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
            took = load(Path(name), given.repetitions)
            own = took["mesh"] - took["read"]
            print(f"mesh/plain {took['mesh'] / took['plain']:.2f}; without reading {own / took['plain']:.2f}")
        if given.only != "load":
            took = run(Path(name), given.rows, given.repetitions)
            plain, checked = took["hansa"] / took["plain"], took["hansa"] / took["checked"]
            print(f"hansa/plain {plain:.2f}; hansa/plain with the same checks {checked:.2f}")


if __name__ == "__main__":
    main()
