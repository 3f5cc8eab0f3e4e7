"""A backfill of five days, launched in the pages with the daemon running: every book says the same of every day.

Of the third day nothing was delivered, the fourth breaks a rule of the table. What is made from the fourth is not run.
"""

import json
import signal
import subprocess

import pytest
from machinery.pages import HANSA, environment, install, open_pages, until

DAYS = [f"2026-03-0{n}" for n in range(1, 6)]
EMPTY, HELD = DAYS[2], DAYS[3]
GOOD = set(DAYS) - {HELD}

PLUGIN = """
from pathlib import Path
from hansa.hooks import hookimpl
from hansa.products import Module, product, source_product

@product("t.b", requires=["t.a@1"])
def b(a):
    import polars as pl
    return a.group_by("business_date").agg(pl.col("cents").sum())

@hookimpl
def hansa_contracts(): return [Path(__file__).parent]

@hookimpl
def hansa_modules(): return [Module("t.core", (source_product("t.a"), b))]
"""
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: t.NAME
version: 1.0.0
status: active
schema:
  - name: NAME
    properties:
      - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: cents, logicalType: integer}
    quality: [{name: few, metric: rowCount, mustBeLessThan: 4}]
"""
LAUNCH = """mutation($p:LaunchBackfillParams!){launchPartitionBackfill(backfillParams:$p){__typename
  ... on LaunchBackfillSuccess{backfillId} ... on PythonError{message}}}"""
BACKFILL = """query($id:String!){partitionBackfillOrError(backfillId:$id){... on PartitionBackfill{
  status runs(limit:99){id status}
  assetBackfillData{assetBackfillStatuses{... on AssetPartitionsStatusCounts{assetKey{path}
    numPartitionsTargeted numPartitionsMaterialized numPartitionsFailed numPartitionsInProgress}}}}}}"""
STATUS = """query($k:AssetKeyInput!){assetNodeOrError(assetKey:$k){... on AssetNode{
  partitionStats{numFailed numMaterialized}
  assetPartitionStatuses{... on TimePartitionStatuses{ranges{status startKey endKey}}}}}}"""
EVENTS = """query($id:ID!){runOrError(runId:$id){... on Run{status eventConnection(limit:1000){events{__typename
  ... on MaterializationEvent{assetKey{path} partition}
  ... on AssetCheckEvaluationEvent{evaluation{checkName success assetKey{path} metadataEntries{label
    ... on TextMetadataEntry{text}}}}
  ... on ExecutionStepFailureEvent{error{message}}}}}}}"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """The mesh file, and the variables by which its plugin is found."""
    folder = tmp_path_factory.mktemp("backfill")
    packages = install(folder / "packages", "t", PLUGIN, {name: CONTRACT.replace("NAME", name) for name in "ab"})
    rows = [f"{day},{n}00" for n, day in enumerate(DAYS, 1) if day != EMPTY for _ in range(5 if day == HELD else 1)]
    (folder / "bank.csv").write_text("\n".join(["business_date,cents", *rows]) + "\n")
    path = folder / "mesh.yaml"
    sources = "sources: {t.a: {uri: bank.csv}}"
    path.write_text(f"name: T\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{t.core: on}}\n{sources}\n")
    return path, {"PYTHONPATH": str(packages)}


@pytest.fixture(scope="module")
def books(mesh):
    """What each book says when the backfill has ended: of the backfill, its runs, the partitions, and the receipts."""
    path, variables = mesh
    pages = open_pages(path, **variables)
    try:
        wanted = {"assetSelection": [{"path": ["t", name]} for name in "ab"], "partitionNames": DAYS}
        launched = pages.ask(LAUNCH, p=wanted)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended():
            found = pages.ask(BACKFILL, id=launched["backfillId"])["partitionBackfillOrError"]
            return found if found["status"] not in ("REQUESTED", "COMPLETED_PENDING") else None

        backfill = until(ended, seconds=240)
        runs = [pages.ask(EVENTS, id=run["id"])["runOrError"] for run in backfill["runs"]]
        partitions = {name: pages.ask(STATUS, k={"path": ["t", name]})["assetNodeOrError"] for name in "ab"}
    finally:
        assert pages.stop(signal.SIGINT) == 0
    return backfill, runs, partitions, {name: history(path, variables, f"t.{name}") for name in "ab"}


def history(path, variables, product):
    command = [*HANSA, "history", product, "--mesh", str(path), "--json"]
    done = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    receipts = [receipt for publication in json.loads(done.stdout) for receipt in publication["receipts"]]
    return {receipt["partition"]: receipt for receipt in receipts}


def days_of(ranges, status):
    return {day for r in ranges if r["status"] == status for day in DAYS if r["startKey"] <= day <= r["endKey"]}


def test_the_backfill_ends_as_one_run_that_failed(books):
    backfill, runs, _, _ = books
    assert backfill["status"] == "COMPLETED_FAILED"
    assert [run["status"] for run in runs] == ["FAILURE"]


def test_the_backfill_counts_the_held_day_of_each_product(books):
    counts = {
        one["assetKey"]["path"][1]: [one[f"numPartitions{what}"] for what in ("Materialized", "Failed", "InProgress")]
        for one in books[0]["assetBackfillData"]["assetBackfillStatuses"]
    }
    assert counts == {"a": [4, 1, 0], "b": [4, 1, 0]}


def test_the_run_materialises_each_good_day_once(books):
    events = [event for run in books[1] for event in run["eventConnection"]["events"]]
    made = [(e["assetKey"]["path"][1], e["partition"]) for e in events if e["__typename"] == "MaterializationEvent"]
    assert sorted(made) == [(name, day) for name in "ab" for day in sorted(GOOD)]


def test_the_run_has_a_check_of_each_day_and_that_of_the_held_one_failed(books):
    checks = [e["evaluation"] for run in books[1] for e in run["eventConnection"]["events"] if "evaluation" in e]
    told = {}
    for check in checks:
        day = next(entry["text"] for entry in check["metadataEntries"] if entry["label"] == "day")
        told.setdefault((check["assetKey"]["path"][1], day), set()).add(check["success"])
    assert {of for of, answers in told.items() if False in answers} == {("a", HELD)}
    assert {of for of, answers in told.items() if True in answers} >= {(name, day) for name in "ab" for day in GOOD}


def test_the_run_says_why_each_failed_day_failed(books):
    events = [event for run in books[1] for event in run["eventConnection"]["events"]]
    (told,) = [e["error"]["message"] for e in events if e["__typename"] == "ExecutionStepFailureEvent"]
    assert f"held: t.a {HELD}" in told
    assert f"not run: t.b {HELD}: because t.a is held" in told


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_partitions_say_what_the_backfill_says(books, name):
    node = books[2][name]
    ranges = node["assetPartitionStatuses"]["ranges"]
    assert (days_of(ranges, "MATERIALIZED"), days_of(ranges, "FAILED")) == (GOOD, {HELD})
    assert node["partitionStats"] == {"numFailed": 1, "numMaterialized": 4}


def test_the_receipts_say_what_the_backfill_says(books):
    receipts = books[3]
    assert {day: receipt["state"] for day, receipt in receipts["a"].items()} == {
        day: "held" if day == HELD else "published" for day in DAYS
    }
    assert {day: receipt["state"] for day, receipt in receipts["b"].items()} == dict.fromkeys(GOOD, "published")


def test_the_day_without_data_is_published_empty(books):
    assert [books[3][name][EMPTY]["counts"]["published"] for name in "ab"] == [0, 0]
