"""Faults that users of other platforms reported, as trials through the gate (ids of the collection of cases)."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hansa.quarantine import envelopes, shown


def published_digest(made):
    return [receipt.digests["published"] for receipt in made.receipts if receipt.state == "published"]


def refused(bench, name="t.a"):
    found = envelopes(bench.book(name).latest(), bench.warehouse.table(name, 1)).to_dicts()
    return {shown(envelope, bench.keys)["id"]: envelope["rules"] for envelope in found}


@pytest.fixture
def a5(contract, column):
    return contract(
        column("acct", required=True, key_position=1),
        column("seq", "integer"),
        column("branch", required=True, pattern="^[0-9]{3}$"),
    )


@pytest.fixture
def codes():
    return pl.DataFrame(
        {
            "acct": ["0012345678901234567", "0012345678901234568", " 12"],
            "seq": ["9007199254740993", None, "5"],
            "branch": ["007", "010", "7"],
        }
    )


def test_a5_leading_zeros_and_large_integers_beside_a_null(bench, a5, codes):
    made = bench.publish(codes, a5)
    assert (made.total("published"), made.total("quarantined")) == (2, 1)
    assert bench.rows().rows() == [
        ("0012345678901234567", 9007199254740993, "007"),
        ("0012345678901234568", None, "010"),
    ]


def test_a5_what_is_read_out_is_published_again_with_the_same_digest(bench, new_bench, a5, codes):
    first = bench.publish(codes, a5)
    second = new_bench().publish(bench.rows().with_columns(pl.all().cast(pl.String)), a5)
    third = new_bench().publish(bench.rows(), a5)
    assert published_digest(first) == published_digest(second) == published_digest(third)


def test_b2_not_a_number_satisfies_no_minimum(bench, new_bench, contract, column):
    made = contract(column("id", required=True, key_position=1), column("rate", "number", minimum=0.0))
    ids = list("ABCDE")
    first = bench.publish(pl.DataFrame({"id": ids, "rate": ["0.5", "NaN", "inf", "-0.0", None]}), made)
    second = new_bench().publish(pl.DataFrame({"id": ids, "rate": [0.5, float("nan"), float("inf"), -0.0, None]}), made)
    assert refused(bench) == {"B": ["rate.type"], "C": ["rate.type"]}
    assert first.total("published") == second.total("published") == 3
    assert published_digest(first) == published_digest(second)


@pytest.fixture
def machine_zone(monkeypatch):
    def moved(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield moved
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_a3_times_with_and_without_zone_give_one_answer_on_every_machine(bench, contract, column, machine_zone, zone):
    machine_zone(zone)
    made = contract(column("id", required=True, key_position=1), column("at", "timestamp", required=True))
    offset, instant, naive, fine = "10:00:00+08:00", "02:00:00Z", "02:00:00", "02:00:00.123456789Z"
    written = [f"2026-03-01T{text}" for text in (offset, instant, naive, fine)]
    answer = bench.publish(pl.DataFrame({"id": list("ABCD"), "at": written}), made)
    assert refused(bench) == {"C": ["at.type"], "D": ["at.type"]}
    assert published_digest(answer) == ["2:30a0e112c3483386:2f1e190920b78866"]


def test_c5_rows_without_a_partition_value(bench, contract, column, texts):
    made = contract(column("id", required=True, key_position=1), column("day", "date", partitioned=True))
    rows = texts("id day", "A 2026-03-01", "B -", "C 2026-13-01", "D 2026-03-02")
    assert bench.publish(rows, made).total("quarantined") == 2
    assert refused(bench) == {"B": ["day.required"], "C": ["day.type"]}
    assert bench.publish(rows, made).unchanged
    bench.publish(texts("id day", "A2 2026-03-01"), made)
    assert bench.rows()["id"].to_list() == ["A2", "D"]


def test_f4_late_rows_do_not_replace_a_whole_day(bench, daily, texts):
    bench.publish(texts("id day cents", "T1 2026-03-01 1", "T2 2026-03-01 2"), daily, "2026-03-01")
    late = texts("id day cents", "T4 2026-03-02 4", "T5 2026-03-01 5")
    bench.publish(late, daily, "2026-03-02")
    assert bench.rows()["id"].to_list() == ["T1", "T2", "T4"]
    assert refused(bench) == {"T5": ["window"]}
    assert bench.publish(late, daily, "2026-03-02").unchanged


def test_i2_one_person_has_one_token_and_an_empty_one_joins_nothing(bench, contract, column):
    spellings = [
        "19900000017",
        "+86 199 0000 0017",
        "１９９００００００１７",
        "199-0000-0017",
        " 19900000017 ",
        "",
        None,
    ]
    made = contract(column("id", key_position=1), column("mobile", tokenise="mobile", classification="C2"))
    bench.publish(pl.DataFrame({"id": list("ABCDEFG"), "mobile": spellings}), made)
    tokens = bench.rows()["mobile"]
    assert (tokens.drop_nulls().n_unique(), tokens.null_count()) == (1, 2)
