"""Faults that others had, tried through the real command line: trials a1, a3, b2 and c5."""

import time
from pathlib import Path

import polars as pl
import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


@pytest.fixture
def publish(hansa):
    def call(contract, file, code=0, warehouse="wh"):
        done = hansa("publish", contract, file, "--warehouse", warehouse, "--json")
        assert done.code == code, done.err
        counts = done.json
        assert counts["incoming"] == counts["published"] + counts["quarantined"] + counts["identical"]
        assert hansa("verify", "--all", "--warehouse", warehouse).code == 0
        return counts

    return call


@pytest.fixture
def ids(hansa):
    """The published ids of a product, sorted."""

    def read(product):
        return sorted(line.split(",")[0] for line in hansa("read", product, "--warehouse", "wh").out.splitlines()[1:])

    return read


@pytest.fixture
def rejected(hansa):
    """For each row in quarantine its id and the rules that it broke."""

    def show(product):
        shown = hansa("quarantine", "show", product, "--warehouse", "wh", "--json").json["shown"]
        return {entry["row"]["id"]: entry["rules"] for entry in shown}

    return show


def test_a1_the_values_of_a_contract_are_the_characters_that_its_author_wrote(contract, publish, ids, rejected):
    known = (
        "quality: [{name: %s.known, metric: invalidValues, arguments: {validValues: %s}, mustBe: 0, severity: error}]"
    )
    path = contract(
        "a1",
        KEY,
        "{name: country, logicalType: string, required: true, %s}" % (known % ("country", "[CN, NO, SE]")),
        "{name: branch, logicalType: string, required: true, %s}" % (known % ("branch", "[012, 0755, 1_0]")),
    )
    Path("a1.csv").write_text("id,country,branch\nA,NO,012\nB,SE,0755\nC,CN,1_0\nD,False,10\n")
    publish(path, "a1.csv")
    assert ids("t.a1") == ["A", "B", "C"]
    assert {id: sorted(rules) for id, rules in rejected("t.a1").items()} == {"D": ["branch.known", "country.known"]}


def test_a3_a_time_without_zone_is_refused_wherever_the_command_runs(
    contract, process, ids, rejected, hansa, monkeypatch
):
    path = contract(
        "a3", KEY, "{name: at, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}"
    )
    Path("a3.csv").write_text(
        "id,at\nA,2026-03-01T10:00:00+08:00\nB,2026-03-01T02:00:00Z\nC,2026-03-01 02:00:00\n"
        "D,2026-03-01T02:00:00.123456789Z\n"
    )
    here = hansa("publish", path, "a3.csv", "--warehouse", "wh", "--json").json
    monkeypatch.setenv("TZ", "Asia/Shanghai" if time.timezone == 0 else "UTC")
    there = process("publish", path, "a3.csv", "--warehouse", "wh2", "--json").json
    assert here["receipts"][0]["digests"] == there["receipts"][0]["digests"]
    assert ids("t.a3") == ["A", "B"]
    assert sorted(rejected("t.a3")) == ["C", "D"]
    lines = hansa("read", "t.a3", "--warehouse", "wh").out.splitlines()[1:]
    assert {line.split(",")[1] for line in lines} == {"2026-03-01T02:00:00.000000Z"}


def test_b2_what_is_no_finite_number_satisfies_no_minimum(contract, publish, ids, rejected):
    path = contract(
        "b2", KEY, "{name: rate, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {minimum: 0}}"
    )
    Path("b2.csv").write_text("id,rate\nA,0.5\nB,NaN\nC,inf\nD,-0.0\nE,\n")
    rates = [0.5, float("nan"), float("inf"), -0.0, None]
    pl.DataFrame({"id": list("ABCDE"), "rate": rates}).write_parquet("b2.parquet")
    digests = []
    for file in ("b2.csv", "b2.parquet"):
        counts = publish(path, file)
        digests.append(counts["receipts"][0]["digests"]["published"])
        assert ids("t.b2") == ["A", "D", "E"]
        assert sorted(rejected("t.b2")) == ["B", "C"]
        assert all(rejected("t.b2").values())
    assert digests[0] == digests[1]


def test_c5_a_row_of_no_day_is_in_quarantine_once_and_a_day_replaces_only_itself(contract, publish, ids, rejected):
    path = contract("c5", KEY, "{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}")
    Path("c5.csv").write_text("id,day\nA,2026-03-01\nB,\nC,2026-13-01\nD,2026-03-02\n")
    first = publish(path, "c5.csv")
    assert (first["published"], first["quarantined"]) == (2, 2)
    again = publish(path, "c5.csv")
    assert (again["unchanged"], sorted(rejected("t.c5"))) == (True, ["B", "C"])
    Path("c5b.csv").write_text("id,day\nA2,2026-03-01\n")
    publish(path, "c5b.csv")
    assert ids("t.c5") == ["A2", "D"]
