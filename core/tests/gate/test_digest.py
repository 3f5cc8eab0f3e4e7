"""Row digests: blind to order, not to values, and the same in every version."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.digest import RowDigest, Shared, canonical, row_hashes, sha256, sha256_of
from hypothesis import given
from hypothesis import strategies as st


def digest(frame: pl.DataFrame) -> RowDigest:
    return RowDigest.of(row_hashes(frame))


GOLDEN = pl.DataFrame(
    {
        "text": ["A", None, ""],
        "whole": [1, None, 0],
        "cents": pl.Series([Decimal("1.50"), None, Decimal("0.00")], dtype=pl.Decimal(18, 2)),
        "rate": [0.5, None, 0.0],
        "day": [dt.date(2026, 3, 1), None, dt.date(1970, 1, 1)],
        "at": pl.Series([dt.datetime(2026, 3, 1, 2), None, dt.datetime(1970, 1, 1)]).dt.replace_time_zone("UTC"),
        "flag": [True, None, False],
    }
)


def test_the_digest_of_known_rows_never_changes():
    # Receipts outlive versions: whoever changes this number makes every receipt in the world wrong.
    assert digest(GOLDEN).text() == "3:4434fdc7ab22e77a:bdef023770d91840"


@given(st.lists(st.decimals(-(10**20), 10**20, places=2) | st.none(), max_size=20))
def test_the_precision_of_a_decimal_does_not_matter(values):
    wide = pl.DataFrame({"x": pl.Series(values, dtype=pl.Decimal(38, 2))})
    wider = wide.select(pl.col("x").cast(pl.Decimal(30, 2)))
    assert row_hashes(wide).to_list() == row_hashes(wider).to_list()
    short = wide.filter(pl.col("x").abs() < 10**15)
    assert row_hashes(short).to_list() == row_hashes(short.select(pl.col("x").cast(pl.Decimal(18, 2)))).to_list()


@given(st.sets(st.sampled_from(GOLDEN.columns)))
def test_what_columns_add_can_be_shared_by_two_frames(columns):
    other = GOLDEN.with_columns(pl.lit("other").alias(name) for name in GOLDEN.columns if name not in columns)
    shared = Shared.of(GOLDEN, frozenset(columns))
    for frame in (GOLDEN, other):
        assert row_hashes(frame, shared).to_list() == row_hashes(frame).to_list()
    kept = pl.Series([True, False, True])
    assert row_hashes(other.filter(kept), shared.filter(kept)).to_list() == row_hashes(other.filter(kept)).to_list()


NESTED = pl.DataFrame(
    {
        "object": [{"a": 1, "b": "x"}, {"a": None, "b": None}, None],
        "array": pl.Series([[Decimal("1.50"), None], [], None], dtype=pl.List(pl.Decimal(18, 2))),
        "deep": [[{"c": [1, 2]}, None], [{"c": []}], [{"c": None}]],
        "clock": [dt.time(9, 30), None, dt.time(0)],
    }
)


def test_the_digest_of_known_nested_rows_never_changes():
    assert digest(NESTED).text() == "3:de6eac39ac8aea7c:23cd5bc62b92d5c2"


def test_the_order_of_entries_matters_and_so_does_where_an_array_ends():
    frame = pl.DataFrame(
        {"a": [[[1, 2], [3]], [[1], [2, 3]], [[2, 1], [3]], [[3], [1, 2]], [[1, 2, 3]], [[1, 2], [3], []]]}
    )
    assert row_hashes(frame).n_unique() == 6


def test_the_order_of_rows_does_not_matter():
    assert digest(GOLDEN) == digest(GOLDEN.reverse())


@pytest.mark.parametrize("name", ["text", "whole", "cents", "rate", "day", "flag"])
def test_null_is_neither_empty_nor_zero(name):
    one = GOLDEN.select(name)
    assert row_hashes(one).n_unique() == 3


def test_two_values_that_change_places_change_the_digest():
    before = pl.DataFrame({"a": [1, 2], "b": [2, 1]})
    after = pl.DataFrame({"a": [2, 1], "b": [2, 1]})
    assert digest(before) != digest(after)


def test_two_columns_that_change_places_change_the_digest():
    frame = pl.DataFrame({"a": ["x"], "b": ["y"]})
    assert digest(frame) != digest(frame.select(a="b", b="a"))


def test_a_row_twice_is_not_a_row_never():
    frame = pl.DataFrame({"a": ["x", "x"]})
    assert digest(frame).rows == 2
    assert digest(frame) != RowDigest()


@given(
    st.lists(st.tuples(st.text(max_size=4), st.one_of(st.none(), st.integers(-5, 5))), max_size=20), st.integers(0, 20)
)
def test_the_digests_of_two_parts_add_up_to_the_whole(rows, cut):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64}, orient="row")
    assert digest(frame[:cut]) + digest(frame[cut:]) == digest(frame)


@given(st.tuples(st.integers(0, 2**40), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_the_text_of_a_digest_is_read_back(parts):
    assert RowDigest.parse(RowDigest(*parts).text()) == RowDigest(*parts)


@pytest.mark.parametrize(
    ("one", "other", "dtype"),
    [
        (2**64 - 1, 2**64 - 2, pl.UInt64),
        (2**100, 2**101, pl.Int128),
        ([1, 2], [2, 1], pl.List(pl.Int64)),
        ({"x": 1}, {"x": None}, pl.Struct({"x": pl.Int64})),
        (b"\xff", b"\xfe", pl.Binary),
        (dt.time(1), dt.time(2), pl.Time),
        (dt.timedelta(1), dt.timedelta(2), pl.Duration),
        ("a", "b", pl.Categorical),
    ],
)
def test_every_type_that_a_frame_may_have_is_told_apart(one, other, dtype):
    frame = pl.DataFrame({"a": pl.Series([one, other, None], dtype=dtype)})
    assert row_hashes(frame).n_unique() == 3


def test_a_column_without_type_has_a_hash():
    assert len(row_hashes(pl.DataFrame({"a": [None, None]}))) == 2


def test_the_sum_of_many_hashes_wraps_around():
    hashes = pl.Series([2**64 - 1, 2], dtype=pl.UInt64)
    assert RowDigest.of(hashes).sum == 1


def test_sha256_in_pieces_is_sha256():
    assert sha256_of([b"ab", b"c"]) == sha256(b"abc")


def test_the_same_value_gives_the_same_bytes():
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()


def test_a_number_that_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"a": float("nan")})


@pytest.mark.parametrize("name", ["*", "^a.*$", "^b$", "", "a b"])
def test_the_name_of_a_column_does_not_count(name):
    plain = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    odd = pl.DataFrame([plain["a"], plain["b"].alias(name)])
    assert row_hashes(odd).equals(row_hashes(plain))
