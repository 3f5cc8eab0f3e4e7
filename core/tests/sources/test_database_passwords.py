"""A password of a database stands nowhere: in no binding, message, chain, receipt or digest, however it was written."""

import json
import logging
import traceback
from urllib.parse import quote

import pytest
from hansa.errors import HansaError, MeshError, WorldError
from hansa.mesh import load_mesh
from hansa.sources import Binding
from hansa.sources.database_words import WITHHELD, withheld
from hypothesis import given
from hypothesis import strategies as st

pytest_plugins = ["sources.database_house"]

SECRET = "Qx7kept"
WRITTEN = [
    f"postgresql://user:{SECRET}@host/db",
    f"postgresql://user:p@{SECRET}@host",
    f"postgresql://user:{SECRET}",
    f"postgresql:user:{SECRET}@host/db",
    f"postgresql:/user:{SECRET}/db",
    f"postgresql://host/db?password={SECRET}",
    f"postgresql://host/db?user=a&sslpassword={SECRET}",
    f"POSTGRESQL+psycopg://user:{SECRET}/@host/db",
    f"postgres://us/er:{SECRET}@host/db",
    f"mysql+pymysql://user:{SECRET}#@host:3306/db",
    f"mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BX%7D%3BUID%3Da%3BPWD%3D{SECRET}",
    f"oracle+oracledb://user:{SECRET}@host",
    f"postgersql://user:{SECRET}@host/db",
    f"postgresql://[::1]:{SECRET}",
    f" postgresql://user:{SECRET}@host/db",
]


def everything(error):
    """All that an error and its chain say, in every form in which somebody may print them."""
    shown = []
    while error is not None:
        shown += [str(error), repr(error), repr(error.args), repr(vars(error))]
        shown += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


@pytest.mark.parametrize("uri", WRITTEN)
def test_a_binding_does_not_keep_a_password_that_was_written(uri):
    binding = Binding(uri=uri, table="t")
    said = f"{binding!r} {binding} {binding.model_dump_json()} {binding.model_dump()}"
    assert SECRET not in said and WITHHELD in binding.uri


@pytest.mark.parametrize("uri", WRITTEN)
def test_a_password_that_was_written_is_refused_and_shown_nowhere(uri, database, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(MeshError) as caught:
        database.open(uri=uri, table="t")
    assert caught.value.code in ("database.password", "source.scheme")
    assert SECRET not in everything(caught.value) + caplog.text
    assert "\n" not in caught.value.sentence()


def test_the_refusal_says_how_a_password_is_given(database):
    with pytest.raises(MeshError) as caught:
        database.open(uri=WRITTEN[0], table="t")
    assert caught.value.where == "sources.bank.movements.uri" and "password_env" in caught.value.next_step


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_address_keeps_what_stands_between_a_colon_and_an_at(user, password):
    assert withheld(f"postgresql://{user}:{password}@host/db").endswith(WITHHELD)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://user@host:5432/db",
        "postgresql://user@/db?host=%2Ftmp&port=5432",
        "postgresql://a:5432,b:5433/db",
        "postgresql://[::1]:5432/db",
        "postgresql:///?service=bank",
        "postgresql://user%40bank@host/db?passfile=/run/pass",
        "sqlite:///folder/a@b:c.db",
        "exports/pass:word@file.csv",
        "s3://bucket/a:b@c.csv",
        "file:///a:b@c.csv",
    ],
)
def test_an_address_without_a_password_is_kept(uri):
    assert withheld(uri) == uri


def test_a_password_where_the_name_of_a_variable_belongs_is_not_kept(database):
    binding = Binding(uri=database.uri, table="t", password_env=f"{SECRET}!")
    assert SECRET not in repr(binding)
    with pytest.raises(MeshError) as caught:
        database.open(table="t", password_env=f"{SECRET}!")
    assert caught.value.code == "database.password" and SECRET not in everything(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        f"{{uri: 'postgresql://user:{SECRET}@host/db', table: t}}",
        f"{{uri: 'postgresql://user:{SECRET}@host/db', table: t, tabel: u}}",
        f"{{uri: 'postgresql://user:{SECRET}@host/db', batch: none}}",
        f"'postgresql://user:{SECRET}@host/db'",
    ],
)
def test_a_mesh_file_with_a_password_is_refused_without_it(entry, bank):
    mesh = bank.house.mesh("modules: {a.one: on}\n")
    mesh.path.write_text(mesh.path.read_text().replace("{uri: rows.csv}", entry))
    try:
        loaded = load_mesh(mesh.path, mesh.registry)
    except HansaError as error:
        assert SECRET not in error.sentence() + repr(error)
        return
    from hansa.standing import source_findings

    findings = source_findings(loaded)
    assert [found.code for found in findings] == ["database.password"]
    assert SECRET not in repr(findings) + repr(loaded.file) + loaded.file.model_dump_json()


@pytest.fixture
def clerk(postgres, database):
    """The address of a role that must say its password, which is ``SECRET``, without it."""
    database.table("rows", "txn text PRIMARY KEY, business_date date, amount bigint", "('t1', '2026-03-01', 5)")
    with postgres.over_tcp(f"clerk_{database.name}", SECRET) as address:
        yield f"postgresql://clerk_{database.name}@{address}/postgres"


def test_a_password_comes_from_the_variable_that_is_named_and_leaves_no_trace(clerk, bank, monkeypatch, caplog):
    monkeypatch.setenv("BANK_PASSWORD", SECRET)
    bank.words = ", password_env: BANK_PASSWORD"
    type(bank.database).uri = property(lambda self: clerk)
    try:
        with caplog.at_level(logging.DEBUG):
            (outcome,) = bank.run(1, 1)
    finally:
        type(bank.database).uri = property(lambda self: self.server.url())
    assert outcome.state == "published"
    written = [path for path in bank.house.folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text + json.dumps(outcome.publication.reading())


def test_a_password_comes_from_the_file_that_libpq_knows(clerk, database, monkeypatch, tmp_path):
    file = tmp_path / "pass"
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    query = f"SELECT txn AS id, amount FROM {database.name}.rows"
    assert database.open(uri=clerk, query=query).frame.collect().height == 1


def test_a_service_of_libpq_is_an_address(clerk, database, monkeypatch, tmp_path):
    host, port = clerk.partition("@")[2].partition("/")[0].split(":")
    file = tmp_path / "services"
    user = f"clerk_{database.name}"
    file.write_text(f"[bank]\nhost={host}\nport={port}\nuser={user}\npassword={SECRET}\ndbname=postgres\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    query = f"SELECT txn AS id, amount FROM {database.name}.rows"
    opened = database.open(uri="postgresql:///?service=bank", query=query)
    assert opened.frame.collect().height == 1 and "service bank" in opened.place


@pytest.mark.parametrize("given", ["wrong", "none", "unset"])
def test_a_login_that_fails_is_one_sentence_without_the_password(given, clerk, database, monkeypatch):
    monkeypatch.delenv("BANK_PASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    if given == "wrong":
        monkeypatch.setenv("BANK_PASSWORD", quote("wrong Zz9"))
    words = {} if given == "none" else {"password_env": "BANK_PASSWORD"}
    with pytest.raises(WorldError) as caught:
        database.open(uri=clerk, table="rows", **words)
    said = everything(caught.value)
    assert caught.value.code == "database.login" and "Zz9" not in said and "psycopg" not in said
    assert "\n" not in caught.value.sentence()
