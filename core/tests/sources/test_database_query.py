"""The one SELECT that a source may be, and everything else, which is refused before a server sees it."""

import pytest
from hansa.errors import MeshError
from hansa.sources.database.query import one_select


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, amount FROM bank.movements WHERE amount > 0",
        "WITH open AS (SELECT * FROM t) SELECT id FROM open",
        "SELECT id FROM a UNION ALL SELECT id FROM b",
        "SELECT id::text AS id, '12:30 :x' AS note, (d AT TIME ZONE 'UTC')::date AS d FROM t;",
        "SELECT count(*) AS id, sum(amount) OVER (PARTITION BY id) AS amount FROM t",
        "SELECT jsonb_build_object('a', 1) ->> 'a' AS id FROM t",
    ],
)
def test_a_select_that_reads_is_let_in(query):
    assert one_select(query, "postgresql", "sources.a.b").upper().startswith(("SELECT", "WITH"))


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "SELECT 1; DROP TABLE t",
        "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
        "SELECT * INTO u FROM t",
        "SELECT * FROM t FOR UPDATE",
        "SELECT nextval('s')",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_sleep(1000)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT * FROM dblink('host=x', 'select 1') AS t(a int)",
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT query_to_xml('delete from t', true, false, '')",
        "SET statement_timeout = 0",
        "COPY t TO '/tmp/x'",
        "EXPLAIN ANALYZE DELETE FROM t",
        "CALL act()",
        "VACUUM t",
        "SELECT :given",
        "SELECT %(given)s",
        "SELECT $1",
        "VALUES (1)",
        "SELEC id",
        "",
        ";",
        "SELECT '" + "x" * 20_000 + "'",
    ],
)
def test_anything_else_is_refused_at_its_word(query):
    with pytest.raises(MeshError) as caught:
        one_select(query, "postgresql", "sources.a.b")
    assert (caught.value.code, caught.value.where) == ("database.query", "sources.a.b.query")


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("mysql", "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */ FROM t"),
        ("mysql", "SELECT `id`, load_file('/etc/passwd') FROM t"),
        ("mysql", "SELECT sleep(100)"),
        ("sqlite", "SELECT load_extension('x')"),
        ("sqlite", "PRAGMA writable_schema = 1"),
        ("sqlite", "ATTACH 'x.db' AS x"),
        ("mssql", "EXEC xp_cmdshell 'dir'"),
        ("mssql", "SELECT * FROM OPENROWSET('x', 'y', 'z')"),
        ("oracle", "SELECT dbms_lock.sleep(10) FROM dual"),
    ],
)
def test_what_acts_in_other_databases_never_reaches_them(dialect, query):
    try:
        made = one_select(query, dialect, "sources.a.b")
    except MeshError:
        return
    assert "OUTFILE" not in made


def test_comments_are_not_sent():
    assert "secret" not in one_select("SELECT 1 AS id -- secret\n", "postgresql", "")
