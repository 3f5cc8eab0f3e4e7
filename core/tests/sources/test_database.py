"""A table of a database, or one SELECT, as a source: what is read, and of what type."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import casts
from hansa.contract.model import Column
from hansa.errors import DataError, MeshError
from sources.database_house import MOVEMENTS, of

pytest_plugins = ["sources.database_house"]


def typed(source, contract, zone="UTC"):
    """The values as the gate would take them."""
    frame = source.frame
    made = casts(contract, frame.collect_schema(), source.reading, zone)
    return frame.select(cast.value.alias(name) for name, cast in made.items()).collect()


def one(database, type_, value, column, **words):
    """What a single value of a column of the table becomes under the contract."""
    table = database.table("t", f"id text, v {type_}", f"('A', {value})")
    contract = of(column)
    return typed(database.open(contract, table=table, **words), contract)["v"].item()


@pytest.mark.parametrize(
    ("type_", "value", "column", "expected"),
    [
        ("numeric", "12345678901234567890123456.78", {"logical_type": "number", "precision": 38, "scale": 2}, ...),
        ("numeric(18,4)", "1.5000", {"logical_type": "number", "precision": 18, "scale": 2}, Decimal("1.50")),
        ("bigint", "9223372036854775807", {"logical_type": "integer"}, 2**63 - 1),
        ("float8", "0.1", {"logical_type": "number", "precision": 18, "scale": 2}, Decimal("0.10")),
        ("boolean", "true", {"logical_type": "boolean"}, True),
        ("date", "'2026-03-29'", {"logical_type": "date"}, dt.date(2026, 3, 29)),
        ("timestamp", "'2026-03-01 10:00:00.123456'", {"logical_type": "timestamp", "zoned": False}, ...),
        ("timestamptz", "'2026-03-01 02:30+05:30'", {"logical_type": "timestamp"}, ...),
        ("time", "'23:59:59.5'", {"logical_type": "time"}, dt.time(23, 59, 59, 500_000)),
        ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", {"logical_type": "string"}, ...),
        ("json", "'{\"a\": 1.10}'", {"logical_type": "string"}, '{"a": 1.10}'),
        ("int[]", "'{3,1,2}'", {"logical_type": "array", "items": Column("i", "integer", 1)}, [3, 1, 2]),
        ("numeric[]", "'{1.10}'", {"logical_type": "array", "items": Column("i", "number", 1, scale=2)}, ...),
    ],
)
def test_a_value_has_the_type_of_the_contract_to_the_last_digit(database, type_, value, column, expected):
    told = {
        "numeric": Decimal("12345678901234567890123456.78"),
        "timestamp": dt.datetime(2026, 3, 1, 10, 0, 0, 123_456),
        "timestamptz": dt.datetime(2026, 2, 28, 21, tzinfo=dt.UTC),
        "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "numeric[]": [Decimal("1.10")],
    }
    found = one(database, type_, value, Column("v", line=1, **column))
    found = found.to_list() if isinstance(found, pl.Series) else found
    assert found == (told[type_] if expected is ... else expected)


def test_a_time_without_zone_has_the_zone_that_the_mesh_says(database):
    column = Column("v", "timestamp", 1)
    found = one(database, "timestamp", "'2026-07-01 12:00'", column, mapping={"timezone": {"v": "Europe/Berlin"}})
    assert found == dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)


def test_the_formats_of_a_contract_are_of_texts_and_not_of_dates(database):
    assert one(database, "date", "'2026-03-01'", Column("v", "date", 1, formats=("%d.%m.%Y",))) == dt.date(2026, 3, 1)


def test_a_number_without_digits_is_no_number(database):
    assert one(database, "numeric", "'NaN'", Column("v", "number", 1, precision=18, scale=2)) is None


def test_a_type_of_the_institutions_own_is_read_as_the_text_that_it_is(database):
    database.run("CREATE TYPE mood AS ENUM ('low', 'high')")
    assert one(database, f"{database.name}.mood", "'high'", Column("v", "string", 1)) == "high"


@pytest.mark.parametrize(("type_", "value"), [("bytea", "'x'"), ("money", "1"), ("interval", "'1 day'")])
def test_a_type_that_no_contract_has_is_refused_by_its_column(database, type_, value):
    with pytest.raises(DataError) as caught:
        one(database, type_, value, Column("v", "string", 1))
    assert caught.value.code == "database.type" and f"'v' is of type {type_}" in caught.value.what


def test_a_row_type_is_refused(database):
    database.run("CREATE TYPE pair AS (a int, b int)")
    with pytest.raises(DataError, match="no single value"):
        one(database, f"{database.name}.pair", "(1, 2)", Column("v", "string", 1))


@pytest.mark.parametrize(
    ("type_", "value"), [("date", "infinity"), ("timestamptz", "-infinity"), ("date", "0044-03-15 BC")]
)
def test_a_time_outside_of_the_calendar_is_refused_and_not_made_empty(database, type_, value):
    kind = "date" if type_ == "date" else "timestamp"
    with pytest.raises(DataError, match="column 'v' holds a value that no") as caught:
        one(database, type_, f"'{value}'", Column("v", kind, 1))
    assert caught.value.code == "database.type"


def test_a_column_of_a_forbidden_type_that_the_contract_does_not_want_is_not_touched(database):
    table = database.table("t", "id text, amount numeric, photo bytea", "('A', 1, 'x')")
    source = database.open(table=table)
    assert source.frame.collect().to_dicts() == [{"id": "A", "amount": "1"}]
    assert source.surplus == ("photo",)


def test_columns_that_the_contract_does_not_need_need_no_right(database):
    table = database.table("t", "id text, amount numeric, salary numeric", "('A', 1, 9)")
    role = f"clerk_{database.name}"
    database.run(f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA {database.name} TO {role}")
    database.run(f"GRANT SELECT (id, amount) ON {table} TO {role}")
    uri = database.uri.replace("postgres@", f"{role}@")
    assert database.open(uri=uri, table=table).frame.collect().height == 1


def test_a_query_is_a_table_too(database):
    table = database.table("t", "id text, cents int", "('A', 150), ('B', 20)")
    query = f"SELECT id, cents / 100.0 AS amount, '12:30' || id::text AS direction FROM {table} WHERE cents > 100"
    found = database.open(query=query).frame.collect().to_dicts()
    assert found == [{"id": "A", "amount": "1.5000000000000000", "direction": "12:30A"}]


def test_signs_that_a_driver_has_a_meaning_for_are_signs(database):
    table = database.table("t", "id text", "('A:b%c')", "('A')")
    query = rf"SELECT id, 7 % 4 AS amount, '%s :x \:y \\ ::' || id AS direction FROM {table} WHERE id LIKE '%:b\%c'"
    assert database.open(query=query).frame.collect().rows() == [("A:b%c", 3, r"%s :x \:y \\ ::A:b%c")]


def test_a_query_with_one_name_twice_is_refused(database):
    with pytest.raises(MeshError, match="two columns 'id'"):
        database.open(query="SELECT 'a' AS id, 'b' AS id, 1 AS amount")


def test_names_are_quoted_however_they_are_written(database):
    name = '"Mixed.Case 5"" x"'
    database.run(f'CREATE TABLE {name} ("Id" text, "select" numeric)', f"INSERT INTO {name} VALUES ('A', 1)")
    source = database.open(table=f"{database.name}.{name}", mapping={"rename": {"id": "Id", "amount": "select"}})
    assert source.frame.collect().to_dicts() == [{"id": "A", "amount": "1"}]


def test_the_source_is_shown_without_its_user(database):
    table = database.table("t", "id text, amount numeric")
    source = database.open(table=table)
    assert source.place.endswith(f"/postgres table {table}") and "postgres@" not in source.place


def test_words_of_numbers_are_not_said_of_a_column_that_holds_numbers(database):
    table = database.table("t", "id text, amount numeric(18,3)", "('A', 1.500)")
    source = database.open(of(Column("amount", "number", 2, scale=3)), table=table, decimal=",", grouping=".")
    assert typed(source, of(Column("amount", "number", 2, scale=3)))["amount"].item() == Decimal("1.500")


def test_texts_of_numbers_are_read_as_the_mesh_says(database):
    table = database.table("t", "id text, amount text", "('A', '1.234,50')")
    source = database.open(table=table, decimal=",", grouping=".")
    assert typed(source, MOVEMENTS)["amount"].item() == Decimal("1234.50")


def test_only_the_columns_that_are_asked_for_are_read(database):
    table = database.table("t", "id text, amount numeric", "('A', 1)")
    assert database.open(table=table).frame.select("id").collect().to_dicts() == [{"id": "A"}]


def test_a_file_of_sqlite_is_read_exactly_whatever_its_columns_hold(database, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE t (id, amount, direction)")
        file.executemany("INSERT INTO t VALUES (?, ?, ?)", [(7, 285.8, "in"), ("007", "285.80", None), (8, 1e20, "")])
    source = database.open(uri="sqlite:///bank.db", table="t")
    assert source.frame.collect().rows() == [
        ("7", "285.8", "in"),
        ("007", "285.80", None),
        ("8", "100000000000000000000", ""),
    ]


def test_numbers_in_a_column_whose_texts_have_a_form_are_refused(database, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE t (id, amount)")
        file.execute("INSERT INTO t VALUES ('A', 234.567)")
    source = database.open(uri="sqlite:///bank.db", table="t", decimal=",", grouping=".")
    with pytest.raises(Exception, match="'amount' holds numbers"):
        source.frame.collect()
