"""A table of a database tried and drafted: read alone, bounded in memory, and no password anywhere."""

import json
import sqlite3

import pytest
import yaml
from hansa.cli import app
from hansa.errors import HansaError
from typer.testing import CliRunner

pytest_plugins = ["sources.database_house"]

COLUMNS = (
    "txn integer PRIMARY KEY, holder text NOT NULL, iban text, amount numeric(12,2), booked_on date NOT NULL, "
    "updated_at timestamp NOT NULL"
)
ROWS = [
    f"({at}, 'Marie Curie', 'DE02120300000000202051', {at}.25, '2026-03-0{at}', '2026-03-0{at} 10:00:00')"
    for at in range(1, 8)
]
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: bank.rows
version: 1.0.0
status: active
schema:
- name: rows
  properties:
  - {name: id, logicalType: integer, required: true, primaryKey: true}
  - {name: holder, logicalType: string, classification: C2}
  - {name: amount, logicalType: number, physicalType: "DECIMAL(12,2)"}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def bank(request, tmp_path, monkeypatch):
    """Address and name of a table with seven rows, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.odcs.yaml").write_text(CONTRACT)
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "bank.db") as file:
            file.execute(f"CREATE TABLE rows ({COLUMNS})")
            file.execute(f"INSERT INTO rows VALUES {', '.join(ROWS)}")
        return "sqlite:///bank.db", "rows"
    database = request.getfixturevalue("database")
    return database.uri, database.table("rows", COLUMNS, *ROWS)


def hansa(*words):
    made = CliRunner().invoke(app, ["source", *words])
    if made.exception is not None and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


def entry(address, table, more=""):
    return f'name: House\ntime_zone: UTC\nsources:\n  bank.rows:\n    uri: "{address}"\n    {table}\n{more}'


def tried(tmp_path, text, *words):
    (tmp_path / "mesh.yaml").write_text(text)
    made = hansa("try", "bank.rows", *words, "--json")
    return json.loads(made.output)


RENAMED = "    mapping: {rename: {id: txn}}\n"


@pytest.mark.parametrize("way", ["table: {}", "query: SELECT * FROM {} ORDER BY txn", "table: {}\n    batch: 100"])
def test_an_entry_of_a_database_is_tried_where_it_lies(bank, tmp_path, way):
    found = tried(tmp_path, entry(bank[0], way.format(bank[1]), RENAMED), "--contract", "rows.odcs.yaml")
    assert (found["verdict"], found["rows"], found["sums"]) == ("read", 7, {"id": "28", "amount": "29.75"})
    assert found["first_row"] == {
        "id": {"type": "integer", "value": "1"},
        "holder": {"type": "text", "value": "Ma***ie"},
        "amount": {"type": "decimal", "value": "1.25"},
    }


def test_the_last_of_rows_without_order_is_not_shown(bank, tmp_path):
    found = tried(tmp_path, entry(bank[0], f"table: {bank[1]}", RENAMED), "--contract", "rows.odcs.yaml")
    assert found["last_row"] is None


def test_without_a_contract_the_types_are_those_of_the_table(bank, tmp_path):
    found = tried(tmp_path, entry(bank[0], f"table: {bank[1]}\n    watermark: updated_at"))
    types = {name: one["type"] for name, one in found["first_row"].items()}
    assert types == {
        **{"txn": "integer", "holder": "text", "iban": "text", "amount": "decimal"},
        **{"booked_on": "date", "updated_at": "datetime"},
    }
    assert (found["rows"], found["sums"]["amount"], found["first_row"]["iban"]["value"]) == (7, "29.75", "DE***51")


def test_a_value_that_the_contract_refuses_is_told_by_its_column(bank, tmp_path):
    (tmp_path / "rows.odcs.yaml").write_text(CONTRACT.replace("DECIMAL(12,2)", "DECIMAL(12,1)"))
    found = tried(tmp_path, entry(bank[0], f"table: {bank[1]}", RENAMED), "--contract", "rows.odcs.yaml")
    assert (found["verdict"], found["refused_rows"], found["refusal"]["column"]) == ("refused", 7, "amount")
    assert found["refusal"]["line"] is None


def test_a_database_takes_no_file(bank, tmp_path):
    with pytest.raises(HansaError) as caught:
        tried(tmp_path, entry(bank[0], f"table: {bank[1]}"), "rows.csv")
    assert caught.value.code == "source.file"


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_of_a_table_names_it_and_how_newer_rows_are_known(bank):
    made = hansa("draft", bank[0], "--table", bank[1], "--json")
    found = {one["word"]: one for one in json.loads(made.output)["findings"]}
    assert json.loads(made.output)["words"] == {"uri": bank[0], "table": bank[1], "watermark": "updated_at"}
    assert found["watermark"]["sure"] == "likely"
    assert "'booked_on'" in found["partition"]["seen"]


def test_a_draft_of_a_table_can_be_tried(bank, tmp_path):
    (tmp_path / "draft.yaml").write_text(hansa("draft", bank[0], "--table", bank[1]).output)
    assert json.loads(hansa("try", "draft.yaml", "--json").output)["rows"] == 7


def test_a_draft_of_a_table_is_an_entry_of_a_mesh_file(bank):
    text = hansa("draft", bank[0], "--table", bank[1], "--id", "bank.rows").output
    assert yaml.safe_load(text)["sources"]["bank.rows"] == {
        **{"uri": bank[0], "table": bank[1], "watermark": "updated_at"}
    }


def test_a_draft_of_a_table_copies_no_value(bank):
    text = hansa("draft", bank[0], "--table", bank[1]).output
    assert not [word for word in ("Marie", "DE02", "2026-03") if word in text]


def test_a_column_that_grows_with_new_rows_alone_is_a_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE rows (id integer PRIMARY KEY, created_at timestamp NOT NULL)")
        file.execute("INSERT INTO rows VALUES (1, '2026-03-01 10:00:00')")
    found = json.loads(hansa("draft", "sqlite:///bank.db", "--table", "rows", "--json").output)
    mark = next(one for one in found["findings"] if one["word"] == "watermark")
    assert (mark["value"], mark["sure"]) == (None, "unsure")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sqlite:///bank.db",), "database.words"),
        (("sqlite:///bank.db", "--table", "rosw"), "database.table"),
        (("postgresql://clerk:geheim@host/db", "--table", "rows"), "database.password"),
        (("postgresql://clerk:ge/heim@host/db", "--table", "rows"), "database.password"),
        (("oddbase://clerk:geheim@host/db", "--table", "rows"), "source.scheme"),
        (("rows.csv", "--table", "rows"), "database.words"),
    ],
)
def test_what_is_no_table_is_told_and_no_password_is(tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE rows (id integer)")
    with pytest.raises(HansaError) as caught:
        app(["source", "draft", *words], standalone_mode=False)
    assert caught.value.code == code
    assert "heim" not in f"{caught.value.sentence()}{caught.value.where}{caught.value.next_step}"


def test_the_variable_of_a_password_is_written_and_never_its_content(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CORE_PASSWORD", "geheim")
    with sqlite3.connect(tmp_path / "bank.db") as file:
        file.execute("CREATE TABLE rows (id integer)")
    text = hansa("draft", "sqlite:///bank.db", "--table", "rows", "--password-env", "CORE_PASSWORD").output
    assert "password_env: CORE_PASSWORD" in text
    assert "geheim" not in text
