"""Batches as a lazy frame: the same rows whatever the engine asks of the source beside them."""

import polars as pl
import pytest
from hansa.sources.lazily import lazily

ROWS = pl.DataFrame({"a": [1, 2, 3, 4, 5], "b": [6, 7, 8, 9, 10]})


@pytest.fixture
def frame():
    return lazily(ROWS.schema, lambda columns: iter([ROWS[:2], ROWS[2:4], ROWS[4:]]))


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(asked, id=what)
        for what, asked in {
            "all": lambda rows: rows,
            "some": lambda rows: rows.select("b"),
            "the first": lambda rows: rows.head(3),
            "those that are chosen": lambda rows: rows.filter(pl.col("a") > 2).select("b"),
            "the first of those that are chosen": lambda rows: rows.filter(pl.col("a") > 2).head(1),
            "those that are chosen among the first": lambda rows: rows.head(3).filter(pl.col("a") > 2),
            "their number": lambda rows: rows.select(pl.len()),
            "their places": lambda rows: rows.with_row_index().select("index"),
        }.items()
    ],
)
def test_the_engine_gets_what_it_gets_of_a_frame_in_memory(frame, asked):
    assert asked(frame).collect().equals(asked(ROWS.lazy()).collect())


def test_no_more_batches_are_asked_for_than_the_first_rows_need():
    given = []

    def batches(columns):
        for number in range(3):
            given.append(number)
            yield ROWS

    assert lazily(ROWS.schema, batches).head(7).collect().height == 7
    assert given == [0, 1]
