"""A batch is judged by itself: what both its forms share is hashed once, and what nobody asks for is let go of."""

from __future__ import annotations

import polars as pl
import pytest
from hansa.aside import Came
from hansa.cast import Reading, TwoColumns, casts
from hansa.digest import RowDigest, row_hashes
from hansa.row_judge import RowJudge
from hansa.scope import Scope
from hypothesis import given, settings
from hypothesis import strategies as st

WHOLE = (pl.Int8, pl.Int32, pl.Int64, pl.UInt8, pl.UInt32, pl.UInt64, pl.Int128)


@pytest.fixture(scope="module")
def judge():
    """Judges one frame under a contract; ``looked_back`` says that good rows may be asked for as they came."""

    def made(contract, frame, reading=None, looked_back=False):
        read = casts(contract, frame.schema, reading or Reading(), "UTC")
        return RowJudge(contract, read, Scope(contract, "replace", None), looked_back).judge(frame)

    return made


@settings(deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.none() | st.integers(0, 100), st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan")]))),
)
def test_rows_have_the_digest_of_their_own_form_whatever_both_forms_share(contract, column, judge, whole, rows):
    made = contract(column("a", "integer"), column("b", "number"))
    frame = pl.DataFrame(rows, schema={"a": whole, "b": pl.Float64}, orient="row")
    judged = judge(made, frame)
    came = sum((tally.incoming for tally in judged.tallies.values()), RowDigest())
    assert came == RowDigest.of(row_hashes(frame))
    good = judged.good
    assert row_hashes(good.typed, good.shared).to_list() == row_hashes(good.typed).to_list()


def test_a_value_that_fills_one_gap_and_fails_at_another_is_not_taken_for_the_one_that_came(contract, column, judge):
    made = contract(column("a", "integer"))
    frame = pl.DataFrame({"a": [None, 2, 3], "in": [5, 7, None]}, schema={"a": pl.Int64, "in": pl.Int64})
    judged = judge(made, frame, Reading(signs={"a": TwoColumns("a", "in")}))
    assert judged.good.typed["a"].to_list() != frame["a"].to_list()
    assert row_hashes(judged.good.typed, judged.good.shared).to_list() == row_hashes(judged.good.typed).to_list()


def test_refused_rows_are_kept_as_they_came_and_good_ones_are_let_go_of(contract, column, judge):
    judged = judge(contract(column("a", "integer")), pl.DataFrame({"a": ["1", "x", "2"]}))
    assert judged.refused.raw.rows()["a"].to_list() == ["x"]
    with pytest.raises(pl.exceptions.OutOfBoundsError):
        judged.good.raw.rows()


def test_good_rows_that_may_be_asked_for_are_kept_as_they_came(contract, column, judge):
    judged = judge(contract(column("a", "integer")), pl.DataFrame({"a": ["1", "x", "2"]}), looked_back=True)
    assert judged.good.raw.rows()["a"].to_list() == ["1", "2"]


def test_a_batch_without_a_bad_row_is_forgotten_too():
    with pytest.raises(pl.exceptions.OutOfBoundsError):
        Came(pl.DataFrame({"a": [1]})).forgotten().rows()
