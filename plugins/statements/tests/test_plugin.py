"""hansa-statements in a house: which formats it brings, and how its rows come to a gate."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.errors import DataError
from hansa.sources import open_file
from hansa_statements import camt, mt940, ofx
from hansa_statements.plugin import hansa_sources

TEXT = ":20:R\n:60F:C230101EUR0,\n" + ":61:230101C1,NTRFX\n" * 25_000 + ":62F:C230101EUR25000,\n"


def test_formats_are_those_of_the_standards_and_the_endings_of_banks():
    assert set(hansa_sources()) == {"mt940", "sta", "camt", "camt-transactions", "ofx", "qfx"}


def test_its_import_brings_no_reader_and_no_polars():
    script = "import sys, hansa_statements.plugin; print([m for m in sys.modules if m.startswith('hansa_statements.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['hansa_statements.plugin']"


@pytest.mark.parametrize("columns", [mt940.COLUMNS, camt.COLUMNS, camt.OF_TRANSACTIONS, ofx.COLUMNS])
def test_columns_have_names_of_their_own(columns):
    assert len(set(columns)) == len(columns)


def test_a_frame_is_text_lazy_and_may_be_read_twice(opened):
    frame = opened("mt940", TEXT).frame
    assert isinstance(frame, pl.LazyFrame)
    assert set(frame.collect_schema().dtypes()) == {pl.String}
    wanted = frame.filter(pl.col("line") == "20000").select("amount", "line")
    assert [wanted.collect().rows(), wanted.collect().rows()] == [[("1", "20000")]] * 2


def test_a_frame_gives_only_as_many_rows_as_are_asked_for(opened):
    frame = opened("mt940", TEXT).frame
    assert [frame.head(n).collect().height for n in (0, 1, 10_000, 10_001)] == [0, 1, 10_000, 10_001]
    assert frame.select(pl.len()).collect().item() == 25_000


def test_amounts_come_with_the_decimal_sign_that_the_gate_will_look_for(rows):
    text = (
        TEXT.replace(":61:230101C1,N" + "TRFX\n", "", 25_000).replace("EUR0,", "EUR1,5").replace("EUR25000,", "EUR1,75")
    )
    text = text.replace(":62F", ":61:230101C0,25NTRFX\n:62F")
    by_source = rows("mt940", text, decimal=",")[0]
    by_column = rows("mt940", text, mapping={"rename": {"betrag": "amount"}, "decimal": {"betrag": ","}})[0]
    assert [(row["amount"], row["opening_balance"]) for row in (by_source, by_column)] == [
        ("0,25", "1,5"),
        ("0,25", "1.5"),
    ]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize("columns", [mt940.COLUMNS, camt.OF_TRANSACTIONS, ofx.COLUMNS])
def test_every_column_stands_in_the_readme(page, columns):
    text = (Path(__file__).parents[1] / page).read_text("utf-8")
    # Those of the creditor are said to be those of the debtor.
    unsaid = [name for name in columns if f"`{name}`" not in text and "creditor_" not in name]
    assert [name for name in unsaid if name != "ultimate_creditor"] == []


def test_a_file_that_changed_while_it_is_read_is_refused(opened):
    found = opened("mt940", TEXT)
    found.path.write_text(TEXT + TEXT)
    with pytest.raises(DataError) as caught:
        found.frame.collect()
    assert caught.value.code == "source.damaged"


def test_a_contract_is_published_from_a_statement_without_a_mesh(tmp_path):
    (tmp_path / "entries.odcs.yaml").write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: t.entries\nversion: 1.0.0\nstatus: active\n"
        "schema:\n- name: entries\n"
        "  properties:\n  - {name: line, logicalType: integer, required: true, primaryKey: true}\n"
        "  - {name: amount, logicalType: number, physicalType: 'DECIMAL(18,2)'}\n"
    )
    (tmp_path / "a.sta").write_text(":20:R\n:60F:C230101EUR0,\n:61:230101D1,5NTRFX\n:62F:D230101EUR1,5\n")
    source = open_file(tmp_path / "a.sta", read_contract(tmp_path / "entries.odcs.yaml"), hansa_sources())
    assert source.frame.collect().rows() == [("3", "-1.5")]
