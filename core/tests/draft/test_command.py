"""``hansa contract draft`` as a user types it."""

import json

import polars as pl
import pytest
import typer
from hansa.cli.contract_draft import register
from hansa.contract import read_contract
from hansa.errors import HansaError, MeshError
from typer.testing import CliRunner


@pytest.fixture
def hansa(tmp_path, monkeypatch):
    """Call the command in a group of its own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    group = typer.Typer()
    group.callback()(lambda: None)
    register(group)

    def call(*words):
        done = CliRunner().invoke(group, ["draft", *map(str, words)])
        if isinstance(done.exception, HansaError):
            raise done.exception
        assert done.exception is None, done.output
        return done.stdout

    return call


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows_2026-01-31.csv"
    pl.DataFrame({"id": ["A", "B"], "amount": ["1.50", "2"]}).write_csv(path)
    return path


def test_the_contract_is_printed_and_can_be_read(hansa, rows, tmp_path):
    (tmp_path / "out.odcs.yaml").write_text(hansa(rows, "--id", "bank.rows"))
    made = read_contract(tmp_path / "out.odcs.yaml")
    assert (made.id, made.version, made.status) == ("bank.rows", "0.1.0", "draft")


def test_without_an_id_it_is_made_of_the_files_name(hansa, rows):
    assert "id: draft.rows\n" in hansa(rows)


def test_an_id_that_is_none_is_refused(hansa, rows):
    with pytest.raises(MeshError, match="no id of the form"):
        hansa(rows, "--id", "Rows")


def test_a_file_is_written_whole_and_not_replaced_unless_forced(hansa, rows, tmp_path):
    out = tmp_path / "out.odcs.yaml"
    assert "2 columns from 2 rows" in hansa(rows, "-o", out)
    before = out.read_text()
    with pytest.raises(MeshError, match="exists already"):
        hansa(rows, "-o", out, "--id", "bank.other")
    assert out.read_text() == before
    hansa(rows, "-o", out, "--id", "bank.other", "--force")
    assert read_contract(out).id == "bank.other"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.odcs.yaml", rows.name]


def test_json_is_strict_and_says_what_was_seen(hansa, rows):
    def refuse(word):
        raise AssertionError(word)

    made = json.loads(hansa(rows, "--json"), parse_constant=refuse)
    assert [(one["name"], one["type"], one["casts"]) for one in made["columns"]] == [
        ("id", "string", 1.0),
        ("amount", "DECIMAL(3,2)", 1.0),
    ]
    assert {"nulls", "recognised", "comments", "null_words"} <= made["columns"][0].keys()


def test_a_missing_file_and_a_missing_product_are_told_apart(hansa, tmp_path):
    with pytest.raises(HansaError, match="no such file"):
        hansa("orders.csv")
    with pytest.raises(HansaError, match=r"no product 'bank\.orders'"):
        hansa("bank.orders", "--warehouse", tmp_path / "wh")


def test_a_sheet_of_a_text_file_is_refused(hansa, rows):
    with pytest.raises(MeshError, match="only an Excel file has sheets"):
        hansa(rows, "--sheet", "A")
