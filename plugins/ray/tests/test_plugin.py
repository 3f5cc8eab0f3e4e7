"""hansa-ray in a mesh: who offers what, and a product that is published by it."""

import datetime as dt
import os
import shutil
import subprocess
import sys

import pytest
from hansa.contract import read_contract
from hansa.definitions.assets import build
from hansa.definitions.instance import instance_of
from hansa.mesh import load_mesh
from hansa.products import Input, Module, Product, source_product
from hansa.receipt import book_of
from hansa.registry import load
from hansa.runner import Runner
from hansa.scorer import Work
from hansa.store.door import Door
from hansa.verify import clean, verify
from hansa_ray.scorer import RayScorer
from machinery.small_house import DAY, HEAD, KEY, registry_of

DAYS = [dt.date(2026, 3, 1), dt.date(2026, 3, 2)]


@pytest.fixture
def mesh(tmp_path):
    """A mesh of a source and of what work makes of it, with the scorer that is asked for."""
    columns = f"{KEY}{DAY}  - {{name: amount, logicalType: integer, required: true}}\n"
    contracts = {}
    for id in ("a.rows", "a.scores"):
        path = tmp_path / f"{id}.odcs.yaml"
        named = HEAD.format(id=id, domain="a")
        path.write_text(f"{named}schema:\n- name: rows\n  properties:\n{columns}")
        contracts[id, 1] = read_contract(path)
    (tmp_path / "rows.csv").write_text(
        "txn,business_date,amount\n" + "".join(f"t{n},{DAYS[n % 2]},{n}\n" for n in range(20))
    )

    def scores(rows, run):
        return run.score(rows, Work("machinery.worked:kept", {"by": 2}))

    scores.__module__ = "machinery.worked"
    products = (source_product("a.rows"), Product("a.scores", (Input("a.rows@1"),), scores))

    def made(scorer):
        path = tmp_path / "mesh.yaml"
        path.write_text(
            f"name: House\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{a.all: 'on'}}\nscorer: {scorer}\n"
            "sources:\n  a.rows: {uri: rows.csv}\n"
        )
        registry = registry_of(Module("a.all", products), contracts)
        registry.scorers["ray"] = RayScorer()
        return load_mesh(path, registry)

    return made


def test_the_plugin_offers_the_scorer_ray():
    registry = load()
    assert [plugin.state for plugin in registry.plugins if plugin.name == "ray"] == ["in"]
    assert isinstance(registry.scorers["ray"], RayScorer)


def test_its_import_brings_no_ray():
    script = "import sys, hansa_ray.plugin as p; p.hansa_scorer(); print('ray' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"


def test_a_product_is_published_by_ray_and_a_re_run_by_the_local_scorer_changes_nothing(mesh, local):
    runner = Runner(mesh("ray"))
    runner.run("a.rows", *DAYS)
    by_ray = runner.run("a.scores", *DAYS)
    again = Runner(mesh("local")).run("a.scores", *DAYS)
    assert [receipt.counts["published"] for receipt in by_ray.receipts] == [10, 10]
    assert by_ray.libraries["scorer"] == f"ray {local.ray.__version__}"
    assert (by_ray.unchanged, again.unchanged) == (False, True)
    assert list(runner.standing.warehouse.objects.entries(".scratch/")) == []


def test_a_file_that_a_late_worker_leaves_is_named_goes_after_the_longest_run_and_changes_nothing(mesh, local):
    runner = Runner(mesh("ray"))
    runner.run("a.rows", *DAYS)
    first = runner.run("a.scores", *DAYS)
    warehouse = runner.standing.warehouse
    written = next((warehouse.table("a.scores").folder / "data").rglob("*.parquet"))
    late = written.with_name(f"{written.stem}-late.parquet")
    shutil.copy(written, late)
    left = [(fault.kind, fault.place) for fault in verify(warehouse, "a.scores").faults]
    rows = Door(warehouse).open("a.scores").frame.collect().height
    os.utime(late, (0, 0))
    assert (left, rows, clean(warehouse, "a.scores")) == ([("left", str(late))], 20, [str(late)])
    again = Runner(mesh("ray")).run("a.scores", *DAYS)
    assert verify(warehouse, "a.scores").faults == ()
    assert [r.digests["published"] for r in again.receipts] == [r.digests["published"] for r in first.receipts]


def test_dagster_in_one_process_publishes_by_the_ray_that_is_there(mesh, local):
    loaded = mesh("ray")
    job = build(loaded).resolve_implicit_global_asset_job_def()
    tags = {"dagster/asset_partition_range_start": str(DAYS[0]), "dagster/asset_partition_range_end": str(DAYS[1])}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with instance_of(loaded) as instance:
        done = job.execute_in_process(instance=instance, tags=tags, run_config=quiet)
    assert done.success
    receipts = book_of(loaded.warehouse, "a.scores", 1).all()
    assert {publication.libraries["scorer"] for publication in receipts} == {f"ray {local.ray.__version__}"}
