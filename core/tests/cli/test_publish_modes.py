"""``hansa publish`` with files of several days: the newest day whole, late rows into their day, or as it is asked."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}"


@pytest.fixture
def send(hansa, contract):
    made = contract("f4", KEY, DAY, "{name: cents, logicalType: integer}")

    def publish(name, *rows, options=()):
        Path(name).write_text("\n".join(["id,day,cents", *rows]) + "\n")
        return hansa("publish", made, name, *options, "--json")

    return publish


@pytest.fixture
def rows(hansa):
    def read():
        return sorted(line.split(",")[0] for line in hansa("read", "t.f4").out.splitlines()[1:])

    return read


def test_f4_late_rows_join_their_day_and_the_third_step_changes_nothing(send, rows):
    send("f1.csv", "T1,2026-03-01,1", "T2,2026-03-01,2", "T3,2026-03-01,3")
    assert send("f2.csv", "T4,2026-03-02,4", "T5,2026-03-01,5").code == 0
    assert rows() == ["T1", "T2", "T3", "T4", "T5"]
    assert send("f2.csv", "T4,2026-03-02,4", "T5,2026-03-01,5").json["unchanged"] is True


def test_a_file_can_bring_all_of_its_days_whole(send, rows):
    send("f1.csv", "A,2026-03-01,1", "B,2026-03-01,2")
    send("f2.csv", "C,2026-03-02,3", "A,2026-03-01,4", options=["--replace"])
    assert rows() == ["A", "C"]


def test_a_file_can_bring_no_day_whole(send, rows):
    send("f1.csv", "A,2026-03-01,1")
    send("f2.csv", "B,2026-03-01,2", options=["--merge"])
    assert rows() == ["A", "B"]


def test_both_at_once_are_refused(send):
    done = send("f1.csv", "A,2026-03-01,1", options=["--replace", "--merge"])
    assert (done.code, "exclude each other" in done.sentence) == (2, True)


def test_another_content_of_the_same_size_and_time_is_another_file(send, rows):
    send("f1.csv", "A,2026-03-01,1")
    found = Path("f1.csv").stat()
    Path("f1.csv").write_text("id,day,cents\nB,2026-03-01,1\n")
    os.utime("f1.csv", ns=(found.st_atime_ns, found.st_mtime_ns))
    done = send("f1.csv", "B,2026-03-01,1")
    assert (done.json["unchanged"], rows()) == (False, ["B"])


AMOUNT = "{name: amount, logicalType: integer, logicalTypeOptions: {minimum: 0}}"


def sent(hansa, made, text, *options):
    Path("rows.csv").write_text(text)
    return hansa("publish", made, "rows.csv", *options)


def test_a_merge_of_which_every_row_was_refused_is_held(hansa, contract):
    made = contract("m", KEY, AMOUNT)
    sent(hansa, made, "id,amount\nA,1\n")
    done = sent(hansa, made, "id,amount\nC,-9\n", "--merge")
    assert (done.code, done.out.split()[0]) == (1, "held")
    assert "all 1 rows quarantined" in done.err


def test_a_surplus_name_that_looks_like_a_value_is_not_printed(hansa, contract):
    done = sent(hansa, contract("m", KEY), "id,13912345678\nA,1\n")
    assert (done.code, "13912345678" in done.err) == (0, False)
    assert "note: the contract does not know 1 columns whose names look like values" in done.err


def test_surplus_names_are_printed(hansa, contract):
    done = sent(hansa, contract("m", KEY), "id,colour,wish\nA,1,2\n")
    assert done.err == "note: the contract does not know 'colour', 'wish'\n"


def test_surplus_fields_of_an_object_and_of_an_array_are_printed_by_their_paths(hansa, contract):
    address = "{name: address, logicalType: object, properties: [{name: city, logicalType: string}]}"
    lines = (
        "{name: lines, logicalType: array, items: "
        "{name: line, logicalType: object, properties: [{name: sku, logicalType: string}]}}"
    )
    made = contract("m", KEY, address, lines)
    row = {"id": "A", "address": {"city": "x", "zip": "1"}, "lines": [{"sku": "s", "tax": 2}]}
    pl.DataFrame([row]).write_parquet("rows.parquet")
    done = hansa("publish", made, "rows.parquet")
    assert (done.code, done.err) == (0, "note: the contract does not know 'address.zip', 'lines[].tax'\n")


def test_under_a_sealed_contract_surplus_names_are_counted_only(hansa, contract):
    sealed = "{name: amount, logicalType: integer, classification: C2}"
    done = sent(hansa, contract("m", KEY, sealed), "id,amount,colour\nA,1,2\n")
    assert done.err == "note: the contract does not know 1 of the file's columns\n"


def test_a_dry_run_lets_a_warehouse_take_other_keys(hansa, contract, monkeypatch):
    made = contract("m", KEY, "{name: amount, logicalType: integer, classification: C2}")
    monkeypatch.setenv("HANSA_KEYS", "one")
    sent(hansa, made, "id,amount\nA,1\n", "--dry-run")
    monkeypatch.setenv("HANSA_KEYS", "other")
    assert sent(hansa, made, "id,amount\nA,1\n").code == 0


def test_a_column_that_the_file_lacks_is_told(hansa, contract):
    done = sent(hansa, contract("m", KEY, AMOUNT), "id\nA\n")
    assert (done.code, done.err) == (0, "note: the file lacks 'amount', published as missing values\n")


DAILY = ("{name: day, logicalType: date, partitioned: true}", "{name: id, logicalType: string, primaryKey: true}")


def test_a_day_that_a_file_brings_whole_with_fewer_rows_is_told(hansa, contract):
    made = contract("sold", *DAILY)
    Path("a.csv").write_text("day,id\n2026-03-01,A\n2026-03-01,B\n")
    Path("b.csv").write_text("day,id\n2026-03-01,A\n")
    assert "instead of" not in hansa("publish", made, "a.csv").err
    assert (
        "note: 2026-03-01 has 1 rows instead of 2: the file brought it whole; --merge"
        in hansa("publish", made, "b.csv").err
    )
    assert "instead of" not in hansa("publish", made, "a.csv").err
