"""A backfill of five days, launched in the pages with the daemon running: every book says the same of every day.

The third day is a declared holiday on which nothing came, the fourth breaks a rule of the table. What is made from the
fourth is not run. Without the calendar the third would be held by the same rule.
"""

import json
import signal
import subprocess

import pytest
from machinery.pages import HANSA, environment, install, open_pages, until

DAYS = [f"2026-03-0{n}" for n in range(1, 6)]
HOLIDAY, HELD = DAYS[2], DAYS[3]
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
    quality: [{name: few, metric: rowCount, mustBeBetween: [1, 3]}]
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
  ... on MaterializationEvent{assetKey{path} partition metadataEntries{label
    ... on IntMetadataEntry{intValue} ... on TextMetadataEntry{text}}}
  ... on AssetCheckEvaluationEvent{evaluation{checkName success assetKey{path} metadataEntries{label
    ... on TextMetadataEntry{text}}}}
  ... on ExecutionStepFailureEvent{error{message}}}}}}}"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    """The mesh file, and the variables by which its plugin is found."""
    folder = tmp_path_factory.mktemp("backfill")
    packages = install(folder / "packages", "t", PLUGIN, {name: CONTRACT.replace("NAME", name) for name in "ab"})
    rows = [f"{day},{n}00" for n, day in enumerate(DAYS, 1) if day != HOLIDAY for _ in range(5 if day == HELD else 1)]
    (folder / "bank.csv").write_text("\n".join(["business_date,cents", *rows]) + "\n")
    path = folder / "mesh.yaml"
    (folder / "holidays.csv").write_text(f"date,name\n{HOLIDAY},Harvest\n")
    sources, calendar = "sources: {t.a: {uri: bank.csv}}", "calendar: {holidays: holidays.csv}"
    path.write_text(f"name: T\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{t.core: on}}\n{sources}\n{calendar}\n")
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
    """For each day its receipt, with the inputs of the publication that it stands in."""
    command = [*HANSA, "history", product, "--mesh", str(path), "--json"]
    done = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = [one | {"inputs": p["inputs"]} for p in json.loads(done.stdout) for one in p["receipts"]]
    return {receipt["partition"]: receipt for receipt in told}


def test_the_backfill_ends_as_one_run_that_failed(books):
    backfill, runs, _, _ = books
    assert backfill["status"] == "COMPLETED_FAILED"
    assert [run["status"] for run in runs] == ["FAILURE"]


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


# --- the four books, day by day ---------------------------------------------------------------------------------------


def rows_in_the_run(books, name, day):
    """Rows of the day's materialisation in the run; None where there is none."""
    for event in (event for run in books[1] for event in run["eventConnection"]["events"]):
        if event["__typename"] == "MaterializationEvent" and (event["assetKey"]["path"][1], event["partition"]) == (
            name,
            day,
        ):
            return facts(event)["dagster/row_count"]
    return None


def facts(event):
    return {entry["label"]: entry.get("intValue", entry.get("text")) for entry in event["metadataEntries"]}


def rows_in_the_history(books, name, day):
    """Rows that the receipt says are published; None where the day was held or not run."""
    receipt = books[3][name].get(day)
    return receipt["counts"]["published"] if receipt and receipt["state"] == "published" else None


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("name", ["a", "b"])
def test_run_partition_and_history_say_the_same_of_each_day(books, name, day):
    rows = None if day == HELD else 0 if day == HOLIDAY else 1
    ranges = books[2][name]["assetPartitionStatuses"]["ranges"]
    (status,) = [r["status"] for r in ranges if r["startKey"] <= day <= r["endKey"]]
    assert rows_in_the_run(books, name, day) == rows
    assert rows_in_the_history(books, name, day) == rows
    assert status == ("FAILED" if rows is None else "MATERIALIZED")


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_backfill_counts_the_days_that_the_partitions_show(books, name):
    (one,) = [s for s in books[0]["assetBackfillData"]["assetBackfillStatuses"] if s["assetKey"]["path"][1] == name]
    shown = books[2][name]["partitionStats"]
    assert (one["numPartitionsMaterialized"], one["numPartitionsFailed"]) == (4, 1)
    assert (shown["numMaterialized"], shown["numFailed"]) == (4, 1)
    assert one["numPartitionsInProgress"] == 0


@pytest.mark.parametrize("name", ["a", "b"])
def test_run_and_history_name_the_holiday(books, name):
    events = [event for run in books[1] for event in run["eventConnection"]["events"]]
    made = [e for e in events if e["__typename"] == "MaterializationEvent" and e["assetKey"]["path"][1] == name]
    assert {e["partition"]: facts(e).get("hansa/holiday") for e in made} == dict.fromkeys(GOOD) | {
        HOLIDAY: "holiday Harvest"
    }
    named = {day: [i["name"] for i in r["inputs"] if "holiday" in i["name"]] for day, r in books[3][name].items()}
    assert {day for day, names in named.items() if names} == {HOLIDAY}
    assert named[HOLIDAY] == ["calendar: holiday Harvest"]


def test_the_history_says_why_the_held_day_was_held(books):
    assert books[3]["a"][HELD]["state"] == "held"
    assert books[3]["a"][HELD]["reasons"][0].startswith("few: ")
