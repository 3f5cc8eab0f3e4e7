"""A sheet is read as exact texts, or refused by its row and column."""

import datetime as dt

import polars as pl
import pytest
import xlsxwriter
from hansa.errors import MeshError
from hansa.sources import Binding
from hansa.sources.excel import read_excel, read_excel_lines
from hansa.sources.streams import LINE
from hansa.sources.told import listening
from hypothesis import given
from hypothesis import strategies as st
from sources import workbook_house as house
from sources.workbook_house import SETTINGS, read, refused


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.xlsx"


def written(path, rows, names=("id", "amount"), **formats):
    """A workbook as a program writes it; rows of texts, numbers, dates."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([names, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(at, column, value)
                elif value is not None:
                    sheet.write(at, column, value, book.add_format(formats) if formats else None)
    return path


def first(path, **words):
    return read(path, **words)["a"][0]


# --- values ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "text"),
    {
        "34.799999999999997": "34.8",
        "2069.7999999999997": "2069.7999999999997",
        "100": "100",
        "1E+3": "1000",
        "1.08E-4": "0.000108",
        "6E-07": "0.0000006",
        "1E+21": "1000000000000000000000",
        "-0": "0",
        "-0.5": "-0.5",
        "0.10": "0.1",
        "12345678901234567890": "12345678901234567890",
        "1234567890123456789.25": "1234567890123456789.25",
    }.items(),
)
def test_a_number_is_its_shortest_exact_text(path, written, text):
    assert first(house.sheet(path, house.cell(written))) == text


@pytest.mark.parametrize(
    ("serial", "style", "text"),
    [
        ("45015.8410300926", house.MOMENT, "2023-03-30T20:11:05"),
        ("45015", house.MOMENT, "2023-03-30"),
        ("45015.5", house.DAY, "2023-03-30T12:00:00"),
        ("0.5", house.CLOCK, "12:00:00"),
        ("1.5", house.ELAPSED, "36:00:00"),
        ("1", house.DAY, "1900-01-01"),
        ("59", house.DAY, "1900-02-28"),
        ("61", house.DAY, "1900-03-01"),
        ("2958465", house.DAY, "9999-12-31"),
        ("45015.841030104164", house.MOMENT, "2023-03-30T20:11:05.001"),
        ("45015.99999999999", house.MOMENT, "2023-03-31"),
        ("1234.5", house.GROUPED, "1234.5"),
    ],
)
def test_a_serial_number_is_a_date_or_time_by_the_format_of_its_cell(path, serial, style, text):
    assert first(house.sheet(path, house.cell(serial, style))) == text


@pytest.mark.parametrize("serial", ["60", "-1", "0.25", "2958466"])
def test_a_serial_number_that_is_no_day_stays_a_number(path, serial):
    assert first(house.sheet(path, house.cell(serial, house.MOMENT))) == serial


def test_the_1904_system_counts_from_another_day(path):
    assert first(house.sheet(path, house.cell("0", house.DAY), workbook='<workbookPr date1904="1"/>')) == "1904-01-01"


def test_texts_keep_their_blanks_and_zeros(path):
    rows = [("\t0012 ", "007"), ("  ", "x")]
    assert read(written(path, rows)).rows() == rows


def test_a_cell_without_any_character_is_null(path):
    made = house.sheet(path, '<row r="2"><c r="A2" t="inlineStr"><is><t/></is></c><c r="B2"><v>1</v></c></row>')
    assert read(made).rows() == [(None, "1")]


def test_a_truth_value_is_a_word(path):
    assert first(house.sheet(path, house.cell("1", kind="b"))) == "true"


def test_shared_texts_are_joined_without_how_they_are_pronounced(path):
    name = "<si><r><t>山</t></r><r><t>田</t></r><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>"
    assert first(house.sheet(path, house.cell("0", kind="s"), strings=(name,))) == "山田"


def test_characters_that_xml_cannot_hold_are_written_out(path):
    made = house.sheet(path, f'<row r="2">{house.text_cell("A2", "a_x000D_b _x005F_x000D_ _xD83D__xDE00_")}</row>')
    assert first(made) == "a\rb _x000D_ \U0001f600"


def test_a_date_in_iso_form_stays_one(path):
    assert first(house.sheet(path, house.cell("2023-01-05T00:00:00.000", kind="d"))) == "2023-01-05"


@SETTINGS
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False)), max_size=8))
def test_what_a_program_wrote_is_read_back(tmp_path_factory, pairs):
    rows = [(text, value) for text, value in pairs if abs(value) < 1e300]
    rows = [("x" + text, value if abs(value) > 1e-290 else 0.0) for text, value in rows]
    path = written(tmp_path_factory.mktemp("book") / "rows.xlsx", rows)
    # The writer rounds to sixteen digits, the reader does not.
    expected = [(text, float(f"{value:.16G}")) for text, value in rows]
    assert [(text, float(value)) for text, value in read(path).iter_rows()] == expected


@SETTINGS
@given(st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31)))
def test_a_time_is_read_back_to_the_millisecond(tmp_path_factory, time):
    time = time.replace(microsecond=time.microsecond // 1000 * 1000)
    path = written(tmp_path_factory.mktemp("book") / "rows.xlsx", [("1", time)], num_format="yyyy-mm-dd hh:mm:ss.000")
    assert dt.datetime.fromisoformat(read(path)["amount"][0]) == time


# --- what a file has lost ---------------------------------------------------------------------------------------------
def test_an_error_of_a_formula_is_refused_by_row_and_column(path):
    error = refused(house.sheet(path, house.cell("#N/A", kind="e", reference="B2")))
    assert (error.code, error.where) == ("source.formula", "rows.xlsx:2")
    assert "column 'b' has an error" in error.what


def test_an_error_that_a_null_word_names_stays_its_text(path):
    assert first(house.sheet(path, house.cell("#N/A", kind="e")), null_words=["#N/A"]) == "#N/A"


def test_a_null_word_of_another_column_does_not_count(path):
    made = house.sheet(path, house.cell("#N/A", kind="e"))
    error = refused(made, mapping={"null_words": {"b": ["#N/A"]}})
    assert error.code == "source.formula"


@pytest.mark.parametrize(
    "formula", ["<c r='B2'><f>1+1</f></c>", "<c r='B2'><f>1+1</f><v/></c>", "<c r='B2' t='str'><f>A1</f></c>"]
)
def test_a_formula_without_a_value_is_refused(path, formula):
    error = refused(house.sheet(path, f'<row r="2">{house.text_cell("A2", "x")}{formula}</row>'))
    assert (error.code, error.where) == ("source.formula", "rows.xlsx:2")


def test_a_value_that_is_to_be_computed_anew_is_none(path):
    with xlsxwriter.Workbook(path) as book:
        rows = book.add_worksheet()
        rows.write_row(0, 0, ["a", "b"])
        rows.write_formula(1, 0, "=1+1")
    assert refused(path).code == "source.formula"


def test_a_formula_with_its_value_is_its_value(path):
    assert first(house.sheet(path, '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>')) == "2"


@pytest.mark.parametrize("style", [house.GROUPED, house.DAY])
def test_an_identifier_that_is_a_number_or_a_date_is_refused(path, style):
    made = house.sheet(
        path, house.cell("6222020200112233445", style) if style == house.GROUPED else house.cell("45015", style)
    )
    error = refused(made, mapping={"identifiers": ["account"], "rename": {"account": "a"}})
    assert (error.code, error.where, error.line, error.column) == ("source.identifier", "rows.xlsx:2", 2, "a")
    assert "6222" not in error.sentence()


def test_an_identifier_that_is_text_is_taken(path):
    made = house.sheet(path, f'<row r="2">{house.text_cell("A2", "011002300211")}</row>')
    assert first(made, mapping={"identifiers": ["a"]}) == "011002300211"


# --- rows ------------------------------------------------------------------------------------------------------------
def test_header_footer_and_blank_rows_go_by_the_rules(path):
    rows = [("1", 2.5), (None, None), ("2", 3), ("Total", 5.5), ("note", None)]
    with xlsxwriter.Workbook(path) as book:
        table = book.add_worksheet()
        table.merge_range("A1:D1", "Statement")
        table.merge_range("A2:D2", "2 rows")
        for at, row in enumerate([("id", "amount"), *rows], 3):
            table.write_row(at, 0, row)
    binding = Binding(
        uri="rows.xlsx",
        header={"starts_with": "id"},
        footer={"starts_with": "Total"},
        skip=["blank"],
        control={"count": {"matches": r"^(\d+) rows$"}, "sum": {"column": "amount", "matches": "^Total\t(.*)$"}},
    )
    with listening() as heard:
        frame = read_excel(path, binding).collect()
    assert frame.rows() == [("1", "2.5"), ("2", "3")]
    assert (heard[0].rows, heard[0].skipped, heard[0].preamble) == (2, {"blank": 1, "footer": 2}, 3)


def test_another_count_than_the_sheet_says_is_refused(path):
    made = house.sheet(path, f'<row r="2">{house.text_cell("A2", "1")}</row>')
    error = refused(made, control={"count": {"matches": r"^(\d+) rows$"}}, header={"starts_with": "a"})
    assert error.code == "source.control"


def test_another_sum_than_the_sheet_says_is_refused(path):
    made = house.sheet(
        path, house.cell("1"), f'<row r="3">{house.text_cell("A3", "Total")}<c r="B3"><v>2</v></c></row>'
    )
    words = {"footer": {"starts_with": "Total"}, "control": {"sum": {"column": "a", "matches": "^Total\t(.*)$"}}}
    error = refused(made, **words)
    assert (error.code, error.where) == ("source.control", "rows.xlsx:3")


def test_an_empty_row_between_rows_is_refused_unless_a_rule_skips_it(path):
    made = house.sheet(path, house.cell("1"), '<row r="4"><c r="A4"><v>2</v></c></row>')
    assert refused(made).where == "rows.xlsx:3"
    assert read(made, skip=["blank"])["a"].to_list() == ["1", "2"]


def test_formatted_rows_at_the_end_are_none(path):
    made = house.sheet(
        path, house.cell("1"), '<row r="3"><c r="A3" s="1"/></row><row r="9"><c r="B9" s="1" t="n"/></row>'
    )
    assert read(made).height == 1


def test_a_blank_row_as_footer_may_be_the_last_one(path):
    made = house.sheet(path, house.cell("1"), '<row r="3"><c r="A3" s="1"/></row>')
    assert read(made, footer="blank_line").height == 1


def test_a_row_whose_first_cell_alone_is_empty_is_no_blank_line(path):
    made = house.sheet(path, house.cell("1", reference="B2"), '<row r="4"><c r="A4"><v>2</v></c></row>')
    assert read(made, footer="blank_line").rows() == [(None, "1")]


def test_more_fields_than_the_header_are_refused(path):
    error = refused(house.sheet(path, house.cell("1", reference="D2")))
    assert (error.code, error.where) == ("source.row", "rows.xlsx:2")


def test_a_column_without_name_goes_by_its_position(path):
    header = f'<row r="1">{house.text_cell("A1", "a")}{house.text_cell("C1", "c")}</row>'
    made = house.xlsx(path, header + house.cell("7", reference="B2"))
    assert read(made).columns == ["a", "column 2", "c"]
    assert read(made, columns={"b": 2, "d": 4}).columns == ["a", "b", "c", "d"]


def test_a_sheet_without_header_has_its_names_from_the_binding(path):
    made = house.sheet(path, house.cell("1"))
    assert read(made, header="none", columns=["x", "y"]).rows() == [("a", "b"), ("1", None)]


def test_a_header_alone_is_no_row(path):
    assert read(house.sheet(path)).schema == {"a": pl.String, "b": pl.String}


def test_an_empty_sheet_is_refused(path):
    assert refused(house.xlsx(path, "")).code == "source.empty"


def test_each_row_has_its_row_of_the_sheet(path):
    made = house.sheet(path, house.cell("1"), '<row r="5"><c r="A5"><v>2</v></c></row>')
    frame = read_excel_lines(made, Binding(uri="rows.xlsx", skip=["blank"])).collect()
    assert frame[LINE].to_list() == [2, 5]


def test_a_large_sheet_is_read_again_and_again(path, monkeypatch):
    monkeypatch.setattr("hansa.sources.streams._KEPT", 10)
    frame = read_excel(written(path, [(str(at), at) for at in range(30_000)]), Binding(uri="rows.xlsx"))
    for _ in range(2):
        assert frame.select(pl.col("amount").cast(pl.Int64).sum()).collect(engine="streaming").item() == 449_985_000
    assert frame.filter(pl.col("id") == "29999").select("amount").collect().item() == "29999"
    assert frame.head(3).collect()["id"].to_list() == ["0", "1", "2"]


# --- sheets ----------------------------------------------------------------------------------------------------------
def test_of_several_sheets_one_must_be_named(path):
    made = house.sheet(path, house.cell("1"), names=("Data", "Notes"), states=("visible", "visible"))
    error = refused(made)
    assert isinstance(error, MeshError)
    assert (error.code, "write sheet: NAME" in error.next_step) == ("source.sheet", True)
    assert first(made, sheet="Data") == "1"
    assert first(made, sheet=1) == "1"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_do_not_count_and_can_be_named(path, state):
    made = house.sheet(path, house.cell("1"), names=("Data", "Lists"), states=("visible", state))
    assert first(made) == "1"
    assert refused(made, sheet="Lists").code == "source.empty"


def test_a_misspelled_sheet_is_told_the_near_name(path):
    error = refused(house.sheet(path, house.cell("1"), names=("代发清单",)), sheet="代发名单")
    assert "did you mean '代发清单'?" in error.next_step


@pytest.mark.parametrize("number", [0, 2])
def test_a_number_of_no_sheet_is_refused(path, number):
    assert refused(house.sheet(path, house.cell("1")), sheet=number).code == "source.sheet"


@pytest.mark.parametrize("words", [{"skip": ["blank"]}, {"footer": "blank_line"}])
def test_a_row_of_formulas_without_values_is_no_blank_row(path, words):
    rows = '<row r="1">' + house.text_cell("A1", "a") + '</row><row r="2"><c r="A2"><f>1+1</f></c></row>'
    error = refused(house.xlsx(path, rows), **words)
    assert (error.code, error.where) == ("source.formula", "rows.xlsx:2")


GERMAN = {"decimal": ",", "grouping": "."}


def test_a_number_cell_whose_point_would_part_thousands_is_refused(path):
    error = refused(written(path, [("x", "1.234,50"), ("y", 1.234)]), **GERMAN)
    assert (error.code, error.where, "1.234" in error.sentence()) == ("source.number", "rows.xlsx:3", False)


def test_a_column_of_number_cells_may_say_its_own_form(path):
    own = {"decimal": {"rate": "."}, "grouping": {"rate": "none"}, "rename": {"rate": "amount"}}
    assert read(written(path, [("y", 1.234)]), **GERMAN, mapping=own)["amount"].to_list() == ["1.234"]
