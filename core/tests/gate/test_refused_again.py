"""A row that comes again is one row, however many publications refused it; both numbers are told, and both add up."""

from __future__ import annotations

from contextlib import suppress

import polars as pl
import pytest
from hansa.errors import DataError, MeshError
from hansa.quarantine.choice import Choice, reject
from hansa.replay import replay
from hansa.secrets import load_keys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples
from machinery.refused import account, looser


@pytest.fixture
def keyless(contract, column):
    return contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer", minimum=0))


def counted(bench):
    """Refused rows of each publication, and which of them came again with a later one."""
    return [(made.rows, made.again) for made in account(bench).refusals]


def test_the_same_delivery_again_is_no_second_refusal(bench, daily, texts):
    rows = texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5")
    bench.publish(rows, daily, mode="file")
    assert bench.publish(rows, daily, mode="file").unchanged
    assert (counted(bench), account(bench).distinct_open) == ([(1, 0)], 1)


def test_a_row_in_two_deliveries_is_refused_twice_and_open_once(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5", "X never 1"), daily, mode="file")
    bench.publish(texts("id day cents", "C 2026-03-02 1", "B 2026-03-01 -5", "X never 1"), daily, mode="file")
    now = account(bench)
    assert counted(bench) == [(2, 2), (2, 0)]
    assert (now.ledger.open, now.distinct_open, now.ledger.quarantined) == (2, 2, 4)


def test_two_equal_rows_of_one_delivery_are_two_rows_of_one_content(bench, keyless, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5", "B 2026-03-01 -5"), keyless, mode="file")
    now = account(bench)
    assert (counted(bench), now.ledger.open, now.distinct_open) == ([(2, 0)], 2, 1)


def test_a_row_that_was_rejected_and_comes_again_is_not_open_again(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5"), daily, mode="file")
    reject(bench.warehouse, "t.a", 1, Choice(), "wrong")
    bench.publish(texts("id day cents", "C 2026-03-02 1", "B 2026-03-01 -5"), daily, mode="file")
    now = account(bench)
    assert (now.ledger.rejected, now.distinct_open, counted(bench)) == (1, 0, [(1, 1), (1, 0)])


def test_a_row_that_came_in_two_deliveries_is_replayed_once(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5"), daily, mode="file")
    bench.publish(texts("id day cents", "C 2026-03-02 1", "B 2026-03-01 -5"), daily, mode="file")
    assert replay(bench.warehouse, loose, Choice()).sent == 1
    now = account(bench)
    assert (now.ledger.replayed, now.ledger.repeated, now.distinct_open) == (1, 1, 0)
    assert bench.rows()["id"].to_list() == ["A", "B", "C"]


_ROW = st.tuples(st.sampled_from("ABC"), st.sampled_from(["2026-03-01", "2026-03-02", "x"]), st.integers(-2, 1))
_STEP = st.one_of(
    st.tuples(st.sampled_from(["file", "merge", "replace"]), st.lists(_ROW, min_size=1, max_size=5)),
    st.tuples(st.just("replay"), st.sampled_from([None, "cents.minimum"])),
    st.tuples(st.just("reject"), st.sampled_from(["2026-03-01", "-"])),
)


@given(steps=st.lists(_STEP, min_size=2, max_size=5))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_comes_again_both_numbers_add_up_to_the_ledger(new_bench, contract, column, daily, steps):
    bench, taking = new_bench(), looser(daily, contract, column)
    for word, what in steps:
        with suppress(MeshError, DataError):
            if word == "replay":
                replay(bench.warehouse, taking, Choice(rule=what), keys=load_keys(bench.root / "keys"))
            elif word == "reject":
                reject(bench.warehouse, "t.a", 1, Choice(partition=what), "wrong")
            else:
                rows = [(id, day, str(cents)) for id, day, cents in what]
                bench.publish(pl.DataFrame(rows, schema=["id", "day", "cents"], orient="row"), daily, mode=word)
    now = account(bench)
    assert now.ledger.closes
    assert sum(made.rows for made in now.refusals) == now.ledger.quarantined
    assert sum(made.again for made in now.refusals) == now.ledger.repeated
    assert now.distinct_open <= now.ledger.open <= now.ledger.quarantined
