"""Envelopes: what was refused, as it came, whatever it was, and never more of it than can be kept."""

from __future__ import annotations

import random
import time
from io import BytesIO

import polars as pl
import pytest
from hansa.cast import Offset, Reading
from hansa.digest import row_hashes
from hansa.errors import WorldError
from hansa.quarantine import SCHEMA, Caps, Quarantine, capped, envelopes, read_file, shown
from hansa.quarantine.file import ENVELOPE
from hansa.quarantine.payload import decoded, encoded, shape_of, shape_text
from hansa.store.objects import Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples
from polars.testing import assert_frame_equal
from polars.testing.parametric import dataframes


@pytest.fixture
def plain(contract, column):
    return contract(column("id"), column("cents", "integer"))


@pytest.fixture
def secret(contract, column):
    return contract(column("id", classification="C2"), column("cents", "integer"))


@pytest.fixture
def table(tmp_path):
    return Folder(tmp_path)


def collected(contract, keys, raw, rules, caps=None, hashes=None, **more):
    made = Quarantine(contract, "r", keys, **({"caps": caps} if caps else {}), **more)
    hashes = pl.Series(range(raw.height), dtype=pl.UInt64) if hashes is None else hashes
    made.add(raw, hashes, pl.Series([None] * raw.height, dtype=pl.Date), rules)
    return made


def written(made, table):
    return read_file(table, made.write(table))


def visible(file, keys=None):
    """What a person is shown of each row of a file."""
    rows = file.rows.with_columns(file=pl.lit(file.name), head=pl.lit(file.head.id), shape=pl.lit(file.head.shape))
    return [shown(row, keys) for row in rows.to_dicts()]


def test_an_envelope_names_the_rules_and_their_columns(table, plain):
    raw = pl.DataFrame({"id": ["A"], "cents": ["x"]})
    envelope = written(collected(plain, None, raw, [["cents.type", "primaryKey", "window"]]), table).rows.row(
        0, named=True
    )
    assert (envelope["rules"], envelope["columns"]) == (["cents.type", "primaryKey", "window"], ["cents"])


@pytest.mark.parametrize("text", ['"', "\\", "\n\r\t", "\x00\x1f\x7f", "\u2028", "王\U0001f600", "", "null", "NaN"])
def test_any_text_comes_back_as_it_was(table, plain, text):
    file = written(collected(plain, None, pl.DataFrame({"id": [text], "cents": [None]}), [["id.type"]]), table)
    assert visible(file) == [{"id": text, "cents": None}]


def test_every_file_has_the_same_columns(table, plain):
    name = collected(plain, None, pl.DataFrame({"id": ["A"]}), [["id.type"]]).write(table)
    assert pl.read_parquet(BytesIO(table.read(f"quarantine/{name}"))).schema == pl.Schema(ENVELOPE)


def test_nothing_refused_writes_nothing(tmp_path, table, plain):
    assert Quarantine(plain, "r", None).write(table) is None
    assert list(tmp_path.iterdir()) == []


def test_no_publication_no_envelope(table):
    assert envelopes({}, table).schema == pl.Schema(SCHEMA)


# Integers of 128 bits are beside it: the strategy cannot build lists of them.
_TYPES = [
    pl.String, pl.Binary, pl.Boolean, pl.Int8, pl.Int64, pl.UInt64, pl.Float32, pl.Float64, pl.Date, pl.Time,
    pl.Decimal, pl.Datetime, pl.Duration, pl.Categorical, pl.Enum, pl.Null, pl.List, pl.Array, pl.Struct,
]  # fmt: skip


@given(frame=dataframes(max_cols=4, max_size=5, allowed_dtypes=_TYPES, allow_time_zones=True))
@settings(max_examples=examples(75), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_row_of_any_types_comes_back_with_the_same_types_values_and_digest(frame):
    back = decoded(encoded(frame).to_list(), shape_of(shape_text(dict(frame.schema))))
    assert_frame_equal(back, frame)
    assert row_hashes(back).to_list() == row_hashes(frame).to_list()


@given(numbers=st.lists(st.none() | st.integers(-(2**127), 2**127 - 1), max_size=5))
@settings(max_examples=50, deadline=None)
def test_integers_of_128_bits_come_back_alone_in_lists_and_in_structs(numbers):
    wide = pl.Series("x", numbers, dtype=pl.Int128)
    frame = wide.to_frame().select(
        "x", y=pl.concat_list("x", "x"), z=pl.struct("x"), u=pl.when(pl.col("x") >= 0).then("x").cast(pl.UInt128)
    )
    back = decoded(encoded(frame).to_list(), shape_of(shape_text(dict(frame.schema))))
    assert_frame_equal(back, frame)
    assert row_hashes(back).to_list() == row_hashes(frame).to_list()


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1, unique=True))
@settings(max_examples=50, deadline=None)
def test_columns_keep_their_names_whatever_these_are(names):
    frame = pl.DataFrame({name: ["x"] for name in names})
    assert decoded(encoded(frame).to_list(), shape_of(shape_text(dict(frame.schema)))).columns == names


def test_bits_that_no_text_tells_apart_are_kept(table):
    frame = pl.DataFrame({"x": [float("nan"), -0.0, 5e-324, float("-inf"), None], "y": ["", None, "None", "\0", " "]})
    back = decoded(encoded(frame).to_list(), dict(frame.schema))
    assert row_hashes(back).to_list() == row_hashes(frame).to_list()


def test_the_way_of_reading_is_kept_with_the_rows(table, plain):
    import datetime as dt

    reading = Reading({"id": ("%d",)}, {"id": "UTC"}, {"at": Offset("b", dt.timedelta(days=-1))}, frozenset({"c"}))
    made = collected(plain, None, pl.DataFrame({"id": ["A"]}), [["x"]], reading=reading, zone="Asia/Shanghai")
    head = written(made, table).head
    assert (head.reading, head.zone) == (reading, "Asia/Shanghai")


def test_counts_stay_exact_where_payloads_are_left_out(table, plain):
    raw = pl.select(id=pl.int_range(100).cast(pl.String), cents=pl.lit("x"))
    file = written(collected(plain, None, raw, [["a", "b"]] * 40 + [["b"]] * 60, Caps(10, 20)), table)
    (refused,) = file.head.refused
    assert (refused.rows, refused.rules) == (100, {"a": 40, "b": 100})
    assert file.rows.height == 10


def test_a_rare_rule_keeps_its_rows_beside_a_frequent_one(table, plain):
    raw = pl.select(id=pl.int_range(100).cast(pl.String), cents=pl.lit("x"))
    file = written(collected(plain, None, raw, [["often"]] * 98 + [["rare"]] * 2, Caps(5, 5)), table)
    assert sorted(file.rows["rules"].explode().to_list()) == ["often"] * 5 + ["rare"] * 2


def test_each_partition_keeps_its_own_rows(table, plain):
    made = Quarantine(plain, "r", None, caps=Caps(3, 50))
    raw = pl.select(id=pl.int_range(40).cast(pl.String))
    days = pl.select(pl.date(2026, 3, 1 + pl.int_range(40) % 2)).to_series()
    made.add(raw, row_hashes(raw), days, [["x"]] * 40)
    assert written(made, table).rows["partition"].value_counts()["count"].to_list() == [3, 3]


@given(seed=st.integers(0, 999), parts=st.integers(1, 7))
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_rows_are_kept_in_whatever_order_they_come(tmp_path_factory, bench, secret, seed, parts):
    raw = pl.select(
        id=(pl.int_range(300) % 97).cast(pl.String), cents=pl.int_range(300).cast(pl.String).str.slice(0, 1)
    )
    rules = [["a"] if n % 3 else ["a", "b"] if n % 2 else ["c"] for n in range(300)]
    kept = []
    for order in (list(range(300)), random.Random(seed).sample(range(300), 300)):
        made = Quarantine(secret, "r", bench.keys, caps=Caps(20, 30, 900))
        for part in range(parts):
            places = order[part::parts]
            rows = raw[places]
            made.add(rows, row_hashes(rows), pl.Series([None] * len(places), dtype=pl.Date), [rules[n] for n in places])
        file = written(made, Folder(tmp_path_factory.mktemp("q")))
        kept.append(file.rows.select("row_digest", "rules").rows())
    assert kept[0] == kept[1]
    assert 0 < len(kept[0]) < 300


def test_bytes_are_bounded_too(table, plain):
    raw = pl.select(id=pl.int_range(100).cast(pl.String).str.zfill(1000))
    file = written(collected(plain, None, raw, [["x"]] * 100, Caps(1000, 1000, 20_000)), table)
    assert 10 < file.rows.height < 20


def test_one_row_larger_than_all_bounds_is_kept(table, plain):
    raw = pl.DataFrame({"id": ["王" * 17_000_000]})
    assert visible(written(collected(plain, None, raw, [["x"]]), table)) == [{"id": "王" * 17_000_000}]


def test_three_hundred_columns_of_odd_names_come_back(table, plain):
    raw = pl.DataFrame({f"{n}.\"'\n王": ["x", None] for n in range(300)})
    assert sorted(visible(written(collected(plain, None, raw, [["x"]] * 2), table))[0].values()) == ["x"] * 300


def test_caps_hold_for_what_begins_within_the_block(plain):
    with capped(Caps(1)):
        inside = Quarantine(plain, "r", None)
    assert (inside.caps.rows, Quarantine(plain, "r", None).caps) == (1, Caps())


HARM = {
    "removed": (lambda path: path.unlink(), "quarantine.lost"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:100]), "quarantine.changed"),
    "edited": (lambda path: path.write_bytes(path.read_bytes().replace(b"r", b"s", 1)), "quarantine.changed"),
    "empty": (lambda path: path.write_bytes(b""), "quarantine.changed"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_was_harmed_is_named(tmp_path, table, plain, harm):
    name = collected(plain, None, pl.DataFrame({"id": ["A"]}), [["x"]]).write(table)
    HARM[harm][0](tmp_path / "quarantine" / name)
    with pytest.raises(WorldError) as raised:
        read_file(table, name)
    assert raised.value.code == HARM[harm][1]
    assert name in raised.value.sentence()


def test_two_hundred_thousand_sealed_rows_take_seconds(bench, secret):
    raw = pl.select(id=pl.int_range(200_000).cast(pl.String), cents=pl.lit("x"))
    begun = time.process_time()
    collected(secret, bench.keys, raw, [["cents.type"]] * raw.height, hashes=row_hashes(raw)).write(
        bench.warehouse.table("t.a")
    )
    assert time.process_time() - begun < 5
