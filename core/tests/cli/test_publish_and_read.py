"""What ``hansa publish`` says, and reading out as the inverse of publishing."""

import datetime as dt
import time
from pathlib import Path

import polars as pl
import pytest

BRANCHES = (
    "{name: acct, logicalType: string, required: true, primaryKey: true}",
    "{name: seq, logicalType: integer}",
    "{name: branch, logicalType: string, required: true, logicalTypeOptions: {pattern: '^[0-9]{3}$'}}",
)
FULL = (
    "{name: id, logicalType: string, required: true, primaryKey: true}",
    "{name: note, logicalType: string}",
    "{name: amount, logicalType: number, physicalType: 'DECIMAL(12,2)'}",
    "{name: rate, logicalType: number, physicalType: DOUBLE}",
    "{name: day, logicalType: date}",
    "{name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}",
    "{name: local, logicalType: timestamp, logicalTypeOptions: {timezone: false}}",
    "{name: open, logicalType: boolean}",
)
FULL_ROWS = (
    "id,note,amount,rate,day,at,local,open\n"
    'A,"says ""no"", twice",10.50,0.1,2026-03-01,2026-03-01T10:00:00.000001+08:00,2026-03-01T10:00:00,true\n'
    'B,"",-0.01,1e300,1999-12-31,2026-03-01T02:00:00Z,2026-03-01T10:00:00.5,false\n'
    "C,,,,,,,\n"
)


def digests(done):
    return [receipt["digests"]["published"] for receipt in done.json["receipts"]]


def test_json_tells_what_was_published_quarantined_and_held(hansa, contract):
    Path("a.csv").write_text("acct,seq,branch\n1,1,001\n2,2,2\n")
    done = hansa("publish", contract("a", *BRANCHES), "a.csv", "--warehouse", "wh", "--json")
    assert {name: done.json[name] for name in ("published", "quarantined", "held")} == {
        "published": 1,
        "quarantined": 1,
        "held": [],
    }


def test_the_same_file_again_changes_nothing(hansa, orders):
    first = hansa("publish", *orders, "--warehouse", "wh", "--json")
    before = {path: path.stat().st_mtime_ns for path in Path("wh").rglob("*") if path.is_file()}
    again = hansa("publish", *orders, "--warehouse", "wh", "--json")
    assert again.json["unchanged"]
    assert (again.json["digest"], again.json["snapshot"]) == (first.json["digest"], first.json["snapshot"])
    left = {path: path.stat().st_mtime_ns for path in Path("wh").rglob("*") if path.is_file()}
    assert {path: at for path, at in left.items() if path in before} == before
    assert {path.suffix for path in left if path not in before} <= {""}  # a lock


def test_a_dry_run_publishes_nothing(hansa, orders):
    done = hansa("publish", *orders, "--warehouse", "wh", "--dry-run")
    assert (done.code, done.out.startswith("would publish  t.orders  2 rows")) == (0, True)
    assert hansa("read", "t.orders", "--warehouse", "wh").code == 1


def test_columns_that_the_contract_does_not_know_are_noted(hansa, orders):
    orders[1].write_text("id,amount,colour\nA,1,red\n")
    done = hansa("publish", *orders, "--warehouse", "wh")
    assert (done.code, "1 of the file's columns" in done.sentence) == (0, True)


@pytest.fixture
def branches(hansa, contract):
    """Trial a5: zeros in front, a large whole number beside a gap, a blank that belongs to the value."""
    path = contract("a5", *BRANCHES)
    Path("a5.csv").write_text(
        "acct,seq,branch\n0012345678901234567,9007199254740993,007\n0012345678901234568,,010\n 12,5,7\n"
    )
    return path, hansa("publish", path, "a5.csv", "--warehouse", "wh", "--json")


def test_a_row_that_breaks_a_pattern_keeps_its_blank_in_quarantine(hansa, branches):
    assert (branches[1].json["published"], branches[1].json["quarantined"]) == (2, 1)
    shown = hansa("quarantine", "show", "t.a5", "--warehouse", "wh", "--json").json["shown"]
    assert [(entry["rules"], entry["row"]["acct"]) for entry in shown] == [(["branch.pattern"], " 12")]


@pytest.mark.parametrize(
    ("ending", "opened"),
    [
        ("csv", lambda path: pl.read_csv(path, infer_schema=False)),
        ("json", pl.read_json),
        ("parquet", pl.read_parquet),
    ],
)
def test_zeros_and_large_numbers_come_out_as_they_went_in(hansa, branches, ending, opened):
    assert hansa("read", "t.a5", "--warehouse", "wh", "-o", f"out.{ending}").code == 0
    rows = opened(f"out.{ending}").sort("acct").with_columns(pl.col("seq").cast(pl.String)).rows()
    assert rows == [
        ("0012345678901234567", "9007199254740993", "007"),
        ("0012345678901234568", None, "010"),
    ]


def test_what_was_read_out_is_published_with_the_same_digest(hansa, branches):
    hansa("read", "t.a5", "--warehouse", "wh", "-o", "out.csv")
    again = hansa("publish", branches[0], "out.csv", "--warehouse", "wh2", "--json")
    assert digests(again) == digests(branches[1])


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_type_comes_back_to_the_same_digest(hansa, contract, ending):
    path = contract("full", *FULL)
    Path("full.csv").write_text(FULL_ROWS)
    first = hansa("publish", path, "full.csv", "--warehouse", "wh", "--json")
    assert first.json["published"] == 3
    hansa("read", "t.full", "--warehouse", "wh", "-o", f"out.{ending}")
    again = hansa("publish", path, f"out.{ending}", "--warehouse", "wh2", "--json")
    assert digests(again) == digests(first)


def test_a_file_and_the_screen_show_the_same_csv(hansa, contract):
    path = contract("full", *FULL)
    Path("full.csv").write_text(FULL_ROWS)
    hansa("publish", path, "full.csv", "--warehouse", "wh")
    hansa("read", "t.full", "--warehouse", "wh", "-o", "out.csv")
    assert hansa("read", "t.full", "--warehouse", "wh").out == Path("out.csv").read_text()


def test_json_is_strict(hansa, contract):
    path = contract("b", "{name: id, logicalType: string, primaryKey: true}", "{name: r, logicalType: number}")
    pl.DataFrame({"id": ["A", "B"], "r": [0.5, float("nan")]}).write_parquet("b.parquet")
    done = hansa("publish", path, "b.parquet", "--warehouse", "wh", "--json")
    assert (done.json["published"], done.json["quarantined"]) == (1, 1)


@pytest.fixture
def twice(hansa, orders):
    """Two rows are replaced by one a moment later: the first snapshot, and the instant between."""
    first = hansa("publish", *orders, "--warehouse", "wh", "--json").json["snapshot"]
    time.sleep(0.01)
    between = dt.datetime.now(dt.UTC)
    orders[1].write_text("id,amount\nC,3\n")
    hansa("publish", *orders, "--warehouse", "wh")
    return first, between


def test_read_shows_the_newest_rows(hansa, twice):
    assert hansa("read", "t.orders", "--warehouse", "wh").out == "id,amount\nC,3\n"


def test_read_at_a_snapshot_shows_its_rows(hansa, twice):
    assert hansa("read", "t.orders", "--warehouse", "wh", "--at", twice[0]).out == "id,amount\nA,1\nB,2\n"


def test_read_at_an_instant_shows_what_was_published_then(hansa, twice):
    assert hansa("read", "t.orders", "--warehouse", "wh", "--at", twice[1].isoformat()).out.endswith("B,2\n")


@pytest.mark.parametrize("day", [0, 1])
def test_read_at_a_date_means_its_end(hansa, twice, day):
    date = (twice[1] + dt.timedelta(days=day)).date()
    assert hansa("read", "t.orders", "--warehouse", "wh", "--at", date).out.endswith("C,3\n")


def test_read_at_the_last_date_of_the_calendar_is_read_now(hansa, twice):
    assert hansa("read", "t.orders", "--warehouse", "wh", "--at", "9999-12-31").out.endswith("C,3\n")


def test_read_before_the_first_publication_is_refused(hansa, twice):
    done = hansa("read", "t.orders", "--warehouse", "wh", "--at", "2001-01-01")
    assert (done.code, "nothing was published by 2001-01-01" in done.sentence) == (1, True)


@pytest.mark.parametrize(("limit", "rows"), [(0, 0), (1, 1), (5, 2)])
def test_read_shows_at_most_so_many_rows_below_its_header(hansa, orders, limit, rows):
    hansa("publish", *orders, "--warehouse", "wh")
    lines = hansa("read", "t.orders", "--warehouse", "wh", "--limit", limit).out.splitlines()
    assert (lines[0], len(lines) - 1) == ("id,amount", rows)
