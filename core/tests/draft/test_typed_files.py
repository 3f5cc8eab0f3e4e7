"""Parquet, Excel and published products: the type is a fact, and every row that it says casts does cast."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
import xlsxwriter
from hansa.contract_draft import draft_from, open_table
from hansa.errors import DataError, MeshError
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse

DAY, TIME = dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 10)


@pytest.mark.parametrize(
    ("values", "dtype", "proposed"),
    [
        ([1, None], pl.Int16, "integer"),
        ([2**64 - 1, 1], pl.UInt64, "DECIMAL(20,0)"),
        ([100200, 300400], pl.Int64, "integer"),
        ([1.5, None], pl.Float64, "DOUBLE"),
        ([1.5, None], pl.Float32, "DOUBLE"),
        ([Decimal("1.50"), None], pl.Decimal(12, 2), "DECIMAL(12,2)"),
        ([True, None], pl.Boolean, "boolean"),
        ([DAY, None], pl.Date, "date"),
        ([TIME, None], pl.Datetime("us"), "timestamp without zone"),
        ([TIME, None], pl.Datetime("ns", "Asia/Shanghai"), "timestamp with zone"),
        ([dt.time(10), None], pl.Time, "time"),
        (["a", None], pl.Categorical, "string"),
        (["1", "2"], pl.String, "string"),
        ([None, None], pl.Null, "string"),
        ([[1, 2], None], pl.List(pl.Int32), "array"),
        ([{"a": 1, "b": ["x"]}, None], pl.Struct({"a": pl.Int8, "b": pl.List(pl.String)}), "object"),
    ],
)
def test_the_type_of_a_parquet_column_is_taken_as_it_is(parquet, values, dtype, proposed):
    made = parquet(pl.DataFrame({"x": pl.Series(values, dtype=dtype)}))
    assert made.type_of("x") == proposed
    assert made.failures() == {"x": 0}
    assert made.column("x")["not_cast"] == 0


def test_what_a_type_cannot_hold_is_said_as_a_share(parquet):
    made = parquet(pl.DataFrame({"x": [1.5, float("nan"), float("inf"), 2.0]}))
    assert made.column("x")["casts"] == 0.5
    assert made.failures() == {"x": 2}
    assert "2 values not finite" in made.said("x")


def test_text_that_casts_is_a_comment_and_the_type_stays_that_of_the_file(parquet):
    made = parquet(pl.DataFrame({"x": ["31.01.2026", "01.02.2026"]}))
    assert made.type_of("x") == "string"
    assert "all values can be read as date %d.%m.%Y" in made.said("x")


def test_a_type_that_no_contract_has_is_left_out_by_name(parquet):
    made = parquet(pl.DataFrame({"x": [b"a"], "wait": [dt.timedelta(1)], "odd": [{"a b": 1}], "y": [1]}))
    assert [column.name for column in made.contract.columns] == ["y"]
    assert [f'"{name}"' in text for name, text in zip(["x", "wait", "odd"], made.draft.left_out, strict=True)]
    assert len(made.draft.left_out) == 3


def test_a_file_with_no_column_for_a_contract_is_refused(parquet):
    with pytest.raises(DataError, match="no column that a contract can have"):
        parquet(pl.DataFrame({"x": [b"a"]}))


def test_identifiers_within_nested_values_are_said(parquet, invented):
    rows = [{"id": invented["identity"](i), "phones": [f"1380013{i:04d}"]} for i in range(20)]
    made = parquet(pl.DataFrame({"x": rows}))
    assert made.contract.by_name["x"].classification == "C3"
    assert "20 values within: resident identity number" in made.said("x")
    assert "20 values within: mobile number" in made.said("x")


def test_an_empty_parquet_file_has_types_and_says_that_no_row_was_seen(parquet):
    made = parquet(pl.DataFrame(schema={"x": pl.Int64, "day": pl.Date}))
    assert (made.type_of("x"), made.type_of("day")) == ("integer", "date")
    assert "no rows" in made.said("x")


@pytest.fixture
def workbook(tmp_path):
    """An Excel file with what people put into one."""
    path = tmp_path / "rows.xlsx"
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet, other = book.add_worksheet("Rows"), book.add_worksheet("Other")
    for place, name in enumerate(["id", "count", "amount", "day", "twice", "code", "mixed", "flag", "merged", ""]):
        sheet.write(0, place, name)
    for row in range(1, 31):
        sheet.write_string(row, 0, f"A{row}")
        sheet.write_number(row, 1, row * 1000)
        sheet.write_number(row, 2, row * 1.25)
        sheet.write_datetime(row, 3, dt.datetime(2026, 1, row), day)
        sheet.write_formula(row, 4, f"=B{row + 1}*2.5", "", row * 2500.5)
        sheet.write_string(row, 5, f"{row:03d}")
        sheet.write(row, 6, "none of it" if row == 17 else row)
        sheet.write_boolean(row, 7, row % 2 == 0)
        sheet.write_string(row, 9, "x")
    sheet.merge_range(1, 8, 10, 8, "one cell")
    other.write(0, 0, "only")
    other.write(1, 0, 5)
    book.close()
    return path


def test_an_excel_sheet_is_drafted_by_its_cells(tried, workbook):
    made = tried(workbook)
    assert {one["name"]: one["type"] for one in made.draft.reading()["columns"]} == {
        "id": "string", "count": "integer", "amount": "DOUBLE", "day": "date", "twice": "DOUBLE", "code": "string",
        "mixed": "string", "flag": "boolean", "merged": "string", "column_10": "string",
    }  # fmt: skip
    assert set(made.failures().values()) == {0}
    assert "29 nulls" in made.said("merged")
    assert "no name in the file" in made.said("column_10")


def test_a_sheet_is_chosen_by_name_and_a_wrong_name_is_told(tried, workbook):
    assert [one.name for one in tried(workbook, sheet="Other").contract.columns] == ["only"]
    with pytest.raises(MeshError, match="did you mean 'Other'"):
        tried(workbook, sheet="Othr")


def test_what_only_calls_itself_excel_is_refused_in_one_sentence(tmp_path, tried):
    (tmp_path / "rows.xls").write_text("a\tb\n1\t2\n")
    with pytest.raises(DataError, match="it is no Excel workbook"):
        tried(tmp_path / "rows.xls")


def test_a_sheet_with_a_title_above_its_header_is_refused(tmp_path, tried):
    book = xlsxwriter.Workbook(tmp_path / "rows.xlsx")
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 3, "Transactions of the month")
    for row, cells in enumerate([["id", "a", "b", "c"], [1, 2, 3, 4]], start=1):
        sheet.write_row(row, 0, cells)
    book.close()
    with pytest.raises(DataError, match="no header in its first row"):
        tried(tmp_path / "rows.xlsx")


def test_without_the_extra_the_sentence_names_it(tmp_path, tried, workbook, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fastexcel", None)
    with pytest.raises(Exception, match=r"pip install 'hansa\[draft\]'"):
        tried(workbook)


def test_a_published_product_is_drafted_as_it_was_published(tmp_path, csv):
    made = csv(
        id=["A1", "B2"], amount=["1.50", "20.25"], day=["2026-01-31", "2026-02-01"], at=["2026-01-31T10:00:00Z"] * 2
    )
    store = Warehouse(tmp_path / "wh")
    publish(made.frame, made.contract, Run("r1", "UTC"), store)
    again = draft_from(open_table(Door(store), "bank.rows", 1))
    assert again.id == "bank.rows"
    assert [one["type"] for one in again.reading()["columns"]] == [
        "string",
        "DECIMAL(4,2)",
        "date",
        "timestamp with zone",
    ]
