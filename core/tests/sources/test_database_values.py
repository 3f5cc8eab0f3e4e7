"""Whatever a database holds is read back equal, or refused: never something else."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import casts
from hansa.contract.model import Column
from hansa.sources.database.values import Sent, frame_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources.database_house import of

pytest_plugins = ["sources.database_house"]

COLUMNS = (
    Column("n", "number", 2, precision=38, scale=6),
    Column("i", "integer", 3),
    Column("d", "date", 4),
    Column("at", "timestamp", 5),
    Column("local", "timestamp", 6, zoned=False),
    Column("clock", "time", 7),
    Column("yes", "boolean", 8),
    Column("words", "string", 9),
)
NUMBERS = st.decimals(-(10**20), 10**20, places=6, allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
ROWS = st.tuples(
    st.none() | NUMBERS,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.dates(),
    st.none() | TIMES.map(lambda at: at.replace(tzinfo=dt.UTC)),
    st.none() | TIMES,
    st.none() | st.times(),
    st.none() | st.booleans(),
    st.none() | TEXTS,
)


@pytest.fixture(scope="module")
def kept(postgres):
    """Puts rows into a table and gives its address and name."""
    import psycopg

    postgres.execute("CREATE SCHEMA values_read")
    table = "values_read.t"
    postgres.execute(
        f"CREATE TABLE {table} (id serial, n numeric, i bigint, d date, at timestamptz, local timestamp, clock time,"
        " yes boolean, words text)"
    )

    def put(rows):
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(f"TRUNCATE {table}")
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                connection.execute(f"INSERT INTO {table} (n, i, d, at, local, clock, yes, words) VALUES ({marks})", row)
        return table

    return put


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, max_size=6))
def test_what_was_put_into_postgresql_comes_back_equal(kept, database, rows):
    contract = of(*COLUMNS)
    source = database.open(contract, table=kept(rows))
    frame = source.frame
    made = casts(contract, frame.collect_schema(), source.reading, "UTC")
    found = frame.select(made[column.name].value.alias(column.name) for column in COLUMNS).collect()
    assert sorted(found.rows(), key=repr) == sorted(rows, key=repr)


@given(
    st.lists(st.none() | NUMBERS | st.integers() | TEXTS | st.booleans() | st.dates() | TIMES | st.uuids(), min_size=1)
)
def test_objects_of_a_driver_are_written_out_to_the_last_digit(values):
    made = frame_of([[value] for value in values], [Sent("v", "any")], (), "")["v"].to_list()
    for value, text in zip(values, made, strict=True):
        if isinstance(value, bool) or value is None or isinstance(value, str):
            assert text == {True: "true", False: "false"}.get(value, value)
        elif isinstance(value, int | Decimal):
            assert Decimal(text) == value and "E" not in text.upper()
        else:
            assert type(value).__name__ == "UUID" or type(value).fromisoformat(text) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_written_in_the_digits_that_tell_it_from_its_neighbours(value):
    text = frame_of([[value]], [Sent("v", "any")], (), "")["v"].item()
    assert float(text) == value and "e" not in text.lower()


def test_an_empty_batch_has_the_types_of_its_columns():
    made = frame_of([], [Sent("a", "integer"), Sent("b", "instant")], (), "")
    assert made.schema == {"a": pl.Int64(), "b": pl.Datetime("us", "UTC")}
