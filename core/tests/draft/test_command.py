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


WALLET = "\r\n".join(
    [
        "交易明细",
        "起始日期 2026-03-01",
        "交易时间;收/支;金额;备注",
        *(f"0{day}.03.2026 1{day}:00:00;支出;1.{day}00,50;第{day}笔" for day in range(1, 8)),
        "合计;;9.803,50;",
    ]
)
WORDS = """encoding: gb18030
separator: ";"
header: {starts_with: 交易时间}
footer: {starts_with: 合计}
decimal: ","
grouping: "."
mapping:
  rename: {booked_at: 交易时间, amount: 金额}
  formats: {booked_at: ["%d.%m.%Y %H:%M:%S"]}
  timezone: {booked_at: Asia/Shanghai}
"""


@pytest.fixture
def wallet(tmp_path):
    (tmp_path / "wallet.csv").write_bytes(WALLET.encode("gb18030"))
    (tmp_path / "wallet.yaml").write_text(WORDS, encoding="utf-8")
    entry = "".join(f"    {line}\n" for line in WORDS.splitlines())
    (tmp_path / "mesh.yaml").write_text(f"name: House\nsources:\n  bank.wallet:\n    uri: wallet.csv\n{entry}", "utf-8")


@pytest.mark.parametrize("layout", ["wallet.yaml", "mesh.yaml", "bank.wallet"])
def test_a_file_is_drafted_by_the_words_of_its_source(hansa, wallet, layout):
    found = json.loads(hansa("wallet.csv", "--layout", layout, "--id", "bank.wallet", "--json"))
    types = {one["name"]: one["type"] for one in found["columns"]}
    assert found["rows"] == 7
    assert types == {"booked_at": "timestamp with zone", "收_支": "string", "amount": "DECIMAL(6,2)", "备注": "string"}
    assert {one["casts"] for one in found["columns"]} == {1.0}


def test_a_value_that_the_words_do_not_read_is_counted_as_it_came(hansa, wallet, tmp_path):
    (tmp_path / "wallet.csv").write_bytes(WALLET.replace("1.300,50", "1300.5.0").encode("gb18030"))
    found = json.loads(hansa("wallet.csv", "--layout", "wallet.yaml", "--json"))
    amount = next(one for one in found["columns"] if one["name"] == "amount")
    assert (found["rows"], amount["type"]) == (7, "string")


@pytest.mark.parametrize("option", [("--separator", ";"), ("--sheet", "1")])
def test_words_of_a_layout_are_not_said_twice(hansa, wallet, option):
    with pytest.raises(MeshError) as caught:
        hansa("wallet.csv", "--layout", "wallet.yaml", *option)
    assert caught.value.code == "source.layout"
