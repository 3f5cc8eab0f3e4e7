"""A function is one short process: small, without Dagster or Ray, from the import to the answer."""

import json
import os
import subprocess
import sys

import pytest
from hansa.store.door import Door
from hansa.store.settings import StoreSettings
from hansa.store.warehouse import Warehouse
from hansa.verify import verify

ROWS = 400_000
GIGABYTE_KB = 1_000_000

PLUGIN = """\
from pathlib import Path
from hansa import Module, hookimpl, product, source_product

@product("desk.sums", requires=["desk.rows@1"])
def sums(rows):
    import polars as pl
    return rows.group_by("business_date").agg(pl.col("amount").sum())

@hookimpl
def hansa_contracts():
    return [Path(__file__).parent / "contracts"]

@hookimpl
def hansa_modules():
    return [Module("desk.core", products=(source_product("desk.rows"), sums))]
"""

CHILD = """\
import json, resource, sys
from pathlib import Path
from hansa.function import handler

answer = handler(json.loads(sys.stdin.read()), None)
heavy = [name for name in ("dagster", "ray") if name in sys.modules]
# What getrusage says of a process itself is at least what its parent had when it started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = max(int(status["VmHWM"].split()[0]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({"answer": answer, "heavy": heavy, "peak": peak}))
"""


@pytest.fixture
def place(bank, tmp_path):
    """An institution with one installed plugin, and the environment of a function there."""
    site = tmp_path / "site"
    package, metadata = site / "hansa_desk", site / "hansa_desk-1.0.0.dist-info"
    (package / "contracts").mkdir(parents=True)
    metadata.mkdir()
    (package / "__init__.py").write_text(PLUGIN)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hansa-desk\nVersion: 1.0.0\n")
    (metadata / "entry_points.txt").write_text("[hansa]\ndesk = hansa_desk\n")
    columns = (
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, required: true}\n"
    )
    for name in ("rows", "sums"):
        (package / "contracts" / f"{name}.odcs.yaml").write_text(
            f"apiVersion: v3.1.0\nkind: DataContract\nid: desk.{name}\nname: {name}\nversion: 1.0.0\n"
            f"status: active\ndomain: desk\nschema:\n- name: {name}\n  properties:\n{columns}"
        )
    (tmp_path / "mesh.yaml").write_text(
        "name: Desk\ntime_zone: UTC\nstart: 2026-03-01\nplugins: {allow: [hansa-desk]}\nmodules: {desk.core: 'on'}\n"
        f"warehouse: {bank.bucket.uri}/mesh\nstore: {{endpoint: '{bank.bucket.endpoint}'}}\n"
        f"sources: {{desk.rows: {{uri: '{bank.bucket.uri}/{bank.key}'}}}}\n"
    )
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANSA_", "DAGSTER"))}
    return kept | {
        "PYTHONPATH": str(site),
        "HANSA_MESH": str(tmp_path / "mesh.yaml"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path / "tmp"),
    }


def test_a_large_object_is_published_within_a_gigabyte_and_without_dagster(bank, place, tmp_path):
    event = bank.deliver([(number % 5 + 2, number) for number in range(ROWS)])
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=place, input=json.dumps(event), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [step["state"] for step in told["answer"]["steps"]] == ["published"] * 6
    assert told["answer"]["steps"][0]["rows"] == ROWS
    assert told["heavy"] == []
    assert told["peak"] < GIGABYTE_KB, told["peak"]
    # What the process fetched went with it.
    assert list((tmp_path / "tmp").glob("hansa-sources-*")) == []


def test_one_event_in_two_processes_at_once_is_published_once(bank, place):
    event = json.dumps(bank.deliver([(2, 5), (3, 7)]))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", CHILD], env=place, **pipes) for _ in range(2)]
    for child in both:
        child.stdin.write(event)
        child.stdin.close()
    answers = [json.loads(child.stdout.read())["answer"] for child in both]
    for child in both:
        child.stdout.close()
        assert child.wait() == 0
    assert {answer["status"] for answer in answers} <= {"published", "unchanged"}
    warehouse = Warehouse(f"{bank.bucket.uri}/mesh", StoreSettings.of(endpoint=bank.bucket.endpoint))
    for product in ("desk.rows", "desk.sums"):
        assert sorted(Door(warehouse).open(product).frame.collect()["amount"]) == [5, 7]
        assert verify(warehouse, product).faults == ()


def test_the_answer_goes_without_an_instance_and_with_one_the_run_is_told(bank, answer, tmp_path, monkeypatch):
    import dagster as dg

    assert answer(bank.deliver([(2, 5)]))["dagster"] == "no instance is configured"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    made = answer(bank.deliver([(2, 5), (3, 6)]))
    assert made["status"] == "published"
    with dg.DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        records = instance.fetch_materializations(dg.AssetKey(["a", "sums"]), limit=10).records
    assert sorted(record.partition_key for record in records) == ["2026-03-02", "2026-03-03"]


def test_an_instance_that_is_broken_takes_nothing_away(bank, answer, tmp_path, monkeypatch):
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    made = answer(bank.deliver([(2, 5)]))
    assert (made["status"], made["dagster"].split("(")[0]) == ("published", "not told ")
    assert bank.amounts("a.sums") == [(2, 5)]
