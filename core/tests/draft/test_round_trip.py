"""Random frames, written, drafted, read back: the gate's casts fail on no row that the draft said casts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import Reading, casts
from hansa.contract import read_contract
from hansa.contract_draft import draft_from, open_data_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CALM = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
TEXTS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-999, 999).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12).map(str),
    st.floats().map(str),
    DAYS.map(lambda day: day.isoformat()),
    DAYS.map(lambda day: f"{day.day:02d}/{day.month:02d}/{day.year:04d}"),
    st.datetimes().map(lambda time: time.isoformat()),
    st.times().map(lambda time: time.isoformat()),
    st.sampled_from(
        ["", "NULL", "true", "FALSE", "007", "+5", "1.", ".5", "-0", "1e400", "inf", " 1", "\u0661", 'x\n,"y']
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
)


def kinds_of_columns(one):
    """Columns of one kind of text throughout, so that a type is proposed, or of any mixture."""
    return st.one_of(
        st.lists(st.one_of(st.none(), kind), min_size=1, max_size=12) for kind in [*TEXTS.original_strategies, TEXTS]
    )


def even(columns):
    height = min(map(len, columns))
    return pl.DataFrame({f"c{i}": pl.Series(column[:height], dtype=pl.String) for i, column in enumerate(columns)})


def judge(path, tmp_path):
    opened = open_data_file(path)
    made = draft_from(opened, "bank.rows")
    text = tmp_path / "rows.odcs.yaml"
    text.write_text(made.text, encoding="utf-8")
    contract = read_contract(text)
    frame = opened.frame.collect()
    tried = casts(contract, frame.schema, Reading(), "UTC")
    for one in made.reading()["columns"]:
        failed = int(frame.select(tried[one["name"]].failed.sum()).item() or 0)
        assert failed == one["not_cast"]
        # A text file's type is proposed only if nothing but empty texts stands against it.
        assert path.suffix != ".csv" or failed <= one["empty"]


@CALM
@given(st.lists(kinds_of_columns(TEXTS), min_size=1, max_size=4).map(even))
def test_texts_in_csv(tmp_path, frame):
    frame.write_csv(tmp_path / "rows.csv", quote_style="non_numeric")
    judge(tmp_path / "rows.csv", tmp_path)


TYPED = [
    (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    (pl.UInt64, st.integers(0, 2**64 - 1)),
    (pl.Float64, st.floats()),
    (pl.Float32, st.floats(width=32)),
    (
        pl.Decimal(20, 3),
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12),
    ),
    (pl.Boolean, st.booleans()),
    (pl.Date, DAYS),
    (pl.Datetime("us"), st.datetimes()),
    (pl.Datetime("ns", "UTC"), st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))),
    (pl.Time, st.times()),
    (pl.String, TEXTS),
    (pl.List(pl.Int64), st.lists(st.integers(0, 9), max_size=3)),
    (pl.Struct({"a": pl.Float64, "b": pl.String}), st.fixed_dictionaries({"a": st.floats(), "b": st.text(max_size=3)})),
]


@CALM
@given(st.data(), st.lists(st.sampled_from(TYPED), min_size=1, max_size=4), st.integers(0, 8))
def test_typed_columns_in_parquet(tmp_path, data, kinds, height):
    columns = {}
    for number, (dtype, values) in enumerate(kinds):
        drawn = data.draw(st.lists(st.one_of(st.none(), values), min_size=height, max_size=height))
        columns[f"c{number}"] = pl.Series(drawn, dtype=dtype, strict=False)
    pl.DataFrame(columns).write_parquet(tmp_path / "rows.parquet")
    judge(tmp_path / "rows.parquet", tmp_path)


@pytest.mark.parametrize("value", [Decimal("1E+3"), Decimal("0.000")])
def test_decimals_of_odd_exponents(tmp_path, value):
    pl.DataFrame({"x": [str(value), "1.5"]}).write_csv(tmp_path / "rows.csv")
    judge(tmp_path / "rows.csv", tmp_path)
