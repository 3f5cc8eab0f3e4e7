"""Keys, exact over batches: the real keys decide, not their hashes."""

from __future__ import annotations

from collections import Counter

import hansa.uniqueness
import polars as pl
import pytest
from hansa.uniqueness import Uniqueness, key_sets
from hypothesis import given
from hypothesis import strategies as st

PAIRS = st.lists(st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from([1, 2, None])), max_size=12)


def judged(contract, frame, elsewhere=None, batch=250_000):
    """The rows that break no key rule, through both passes."""
    found = Uniqueness(contract, lambda: elsewhere.lazy() if elsewhere is not None else None)
    found.survey(frame.select(found.columns).iter_slices(batch))
    suspect = found.suspects(frame)
    aside = frame.filter(suspect)
    masks = found.judge(aside) if aside.height else {}
    nowhere = pl.Series([False] * aside.height, dtype=pl.Boolean)
    bad = pl.select(pl.any_horizontal(nowhere, *masks.values())).to_series()
    return sorted(frame.filter(~suspect).rows() + aside.filter(~bad).rows(), key=str)


@given(PAIRS, st.integers(1, 4))
def test_a_composed_key_is_judged_as_a_naive_model_says(contract, column, pairs, batch):
    made = contract(column("a", key_position=2), column("b", "integer", key_position=1), column("c", "integer"))
    rows = [(a, b, n % 2) for n, (a, b) in enumerate(pairs)]
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64, "c": pl.Int64}, orient="row")
    complete = Counter((a, b) for a, b, _ in set(rows) if a is not None and b is not None)
    expected = [row for row in set(rows) if complete[row[:2]] == 1] + [row for row in rows if None in row[:2]]
    assert judged(made, frame, batch=batch) == sorted(expected, key=str)


def test_hashes_that_collide_harm_nobody(contract, column, monkeypatch):
    monkeypatch.setattr(hansa.uniqueness, "_hashes", lambda batch, keys: pl.Series([7] * batch.height, dtype=pl.UInt64))
    frame = pl.DataFrame({"a": ["A", "B", "C"]})
    assert judged(contract(column("a", key_position=1)), frame) == [("A",), ("B",), ("C",)]


def test_a_key_of_another_partition_is_refused(contract, column):
    made = contract(column("a", key_position=1))
    assert judged(made, pl.DataFrame({"a": ["A", "B"]}), pl.DataFrame({"a": ["A"]})) == [("B",)]


def test_rows_that_a_first_key_refused_do_not_count_for_the_next(contract, column):
    made = contract(column("a", key_position=1), column("b", unique=True))
    frame = pl.DataFrame({"a": ["A", "A", "B"], "b": ["1", "2", "1"]})
    assert judged(made, frame) == [("B", "1")]


def test_a_key_of_partition_scope_is_widened_by_the_partition(contract, column):
    made = contract(column("a", key_position=1), column("day", "date", partitioned=True), key_scope="partition")
    assert key_sets(made)[0].columns == ("a", "day")


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_other_partitions_are_asked_after_all_batches_were_seen(contract, column, batch):
    seen = []
    made = contract(column("a", key_position=1))

    def batches():
        for part in pl.DataFrame({"a": ["A", "B"]}).iter_slices(batch):
            seen.append(part.height)
            yield part

    def elsewhere():
        seen.append("asked")

    Uniqueness(made, elsewhere).survey(batches())
    assert seen[-1] == "asked"
