"""Keys, exact over batches: the real keys decide, not their hashes."""

from __future__ import annotations

import itertools
from collections import Counter

import hansa.aside
import hansa.uniqueness
import polars as pl
import pytest
from hansa.aside import Aside, Came, Rows
from hansa.digest import row_hashes
from hansa.key_sets import KeyHasher, SeenKeys, key_sets
from hansa.store.warehouse import Warehouse
from hansa.uniqueness import Uniqueness
from hypothesis import given, settings
from hypothesis import strategies as st

PAIRS = st.lists(st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from([1, 2, None])), max_size=12)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The rows that break no key rule, through both passes."""
    warehouse = Warehouse(tmp_path_factory.mktemp("aside"))

    def survivors(contract, frame, batch=250_000):
        found = Uniqueness(contract, KeyHasher(contract, None), lambda: None)
        found.survey(frame.select(found.columns).iter_slices(batch))
        kept = []
        with Aside(warehouse, nameless=False) as aside:
            for part in frame.iter_slices(batch):
                suspect = found.suspects(part)
                kept += part.filter(~suspect).rows()
                hashes = row_hashes(part)
                aside.add(Rows(Came(part), part, part, hashes, hashes).filter(suspect))
            masks = found.judge(aside) if aside.rows else {}
            bad = pl.select(pl.any_horizontal(pl.repeat(False, aside.rows, eager=True), *masks.values())).to_series()
            left = [row for rows in aside.all() for row in rows.out.rows()] if aside.rows else []
        return sorted([*kept, *(row for row, hit in zip(left, bad, strict=False) if not hit)], key=str)

    return survivors


@settings(deadline=None)
@given(PAIRS, st.integers(1, 4), st.sampled_from([1, 3, 500_000]), st.sampled_from([1, 200_000]))
def test_a_composed_key_is_judged_as_a_naive_model_says(contract, column, judged, pairs, batch, at_once, spill):
    made = contract(column("a", key_position=2), column("b", "integer", key_position=1), column("c", "integer"))
    rows = [(a, b, n % 2) for n, (a, b) in enumerate(pairs)]
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64, "c": pl.Int64}, orient="row")
    complete = Counter((a, b) for a, b, _ in set(rows) if a is not None and b is not None)
    expected = [row for row in set(rows) if complete[row[:2]] == 1] + [row for row in rows if None in row[:2]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hansa.uniqueness, "PASS", at_once)
        patch.setattr(hansa.aside, "SPILL", spill)
        assert judged(made, frame, batch=batch) == sorted(expected, key=str)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-2, 9), max_size=12), st.booleans(), st.integers(1, 4))
def test_a_key_is_judged_as_a_naive_model_says_whether_or_not_the_rows_rise_by_it(
    contract, column, judged, ids, sorted_by_it, batch
):
    made = contract(column("id", "integer", key_position=1), column("c", "integer"))
    ids = sorted(ids, key=lambda id: (id is None, id or 0)) if sorted_by_it else ids
    rows = [(id, at) for at, id in enumerate(ids)]
    frame = pl.DataFrame(rows, schema={"id": pl.Int64, "c": pl.Int64}, orient="row")
    count = Counter(ids)
    expected = [row for row in rows if row[0] is None or count[row[0]] == 1]
    assert judged(made, frame, batch=batch) == sorted(expected, key=str)


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-2, 9), max_size=12), st.integers(1, 4))
def test_keys_that_rose_for_a_while_are_remembered_as_all_others_are(contract, column, ids, batch):
    made = contract(column("id", "integer", key_position=1))
    (keys,), hasher = key_sets(made), KeyHasher(made, None)
    frame = pl.DataFrame({"id": ids}, schema={"id": pl.Int64})
    seen = SeenKeys(keys, hasher)
    for part in frame.iter_slices(batch):
        seen.add(part)
    assert seen.rising is (None not in ids and all(a < b for a, b in itertools.pairwise(ids)))
    assert seen.hashes().to_list() == hasher.of(frame, keys).drop_nulls().sort().to_list()


def test_hashes_that_collide_harm_nobody(contract, column, judged, monkeypatch):
    same = pl.Series([7], dtype=pl.UInt64)
    monkeypatch.setattr(KeyHasher, "of", lambda self, rows, keys: same.new_from_index(0, rows.height))
    frame = pl.DataFrame({"a": ["A", "B", "C"]})
    assert judged(contract(column("a", key_position=1)), frame) == [("A",), ("B",), ("C",)]


def test_rows_that_a_first_key_refused_do_not_count_for_the_next(contract, column, judged):
    made = contract(column("a", key_position=1), column("b", unique=True))
    frame = pl.DataFrame({"a": ["A", "A", "B"], "b": ["1", "2", "1"]})
    assert judged(made, frame) == [("B", "1")]


def test_minus_zero_is_zero_in_a_key(contract, column, judged):
    made = contract(column("a", "number", key_position=1), column("b", "integer"))
    assert judged(made, pl.DataFrame({"a": [0.0, -0.0, 1.0], "b": [1, 2, 3]})) == [(1.0, 3)]


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

    def others():
        seen.append("asked")

    Uniqueness(made, KeyHasher(made, None), others).survey(batches())
    assert seen[-1] == "asked"


def test_rows_of_one_hash_that_differ_are_rivals_and_not_copies(contract, column, judged):
    made = contract(column("day", "date"), column("id", key_position=1), column("n", "integer"))
    # The hash of a row is no secret, and a number can be found that counts as much as null does.
    rows = [(None, "A", None), (None, "A", -7341750369284526177), (None, "B", 1), (None, "B", 1)]
    frame = pl.DataFrame(rows, schema={"day": pl.Date, "id": pl.String, "n": pl.Int64}, orient="row")
    assert row_hashes(frame)[0] == row_hashes(frame)[1]
    assert judged(made, frame) == [(None, "B", 1)]


def test_of_rows_of_one_hash_each_content_stays_once(contract, column, judged, monkeypatch):
    same = pl.Series([7], dtype=pl.UInt64)
    monkeypatch.setitem(globals(), "row_hashes", lambda frame: same.new_from_index(0, frame.height))
    made = contract(column("a", unique=True), column("b", "array", items=column("", "integer")))
    frame = pl.DataFrame({"a": ["A", "A", "A", "B", "B"], "b": [[1], [1], [1, None], [], []]})
    assert judged(made, frame) == [("B", [])]


@pytest.mark.parametrize("options", [{"key_position": 1}, {"unique": True}])
def test_a_column_of_any_name_may_be_a_key(bench, contract, column, texts, options):
    made = contract(column("self", **options), column("n", "integer"))
    bench.publish(texts("self n", "A 1", "B 2", "B 3"), made)
    assert bench.rows().rows() == [("A", 1)]
