"""Every kind of workbook is read alike, by what it is; what is none, locked, damaged or too large is told."""

import io
import struct
import sys
import zipfile

import pytest
from hansa.errors import HansaError
from hypothesis import given
from hypothesis import strategies as st
from sources import workbook_house as house
from sources.workbook_house import SETTINGS, read, refused


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.xlsx"


def first(path, **words):
    return read(path, **words)["a"][0]


# --- other formats ---------------------------------------------------------------------------------------------------
def test_an_old_workbook_is_read_with_its_formats(tmp_path):
    cells = [(0, 0, "id"), (0, 1, "at"), (1, 0, " 0012 "), (1, 1, 45015.8410300926, 1), (2, 0, 2069.7999999999997)]
    cells += [(2, 1, 60.0, 1), (3, 0, True), (3, 1, 0.25, 2)]
    made = house.xls(tmp_path / "rows.xls", cells, formats=["yyyy-mm-dd hh:mm:ss", "[h]:mm"])
    expected = [(" 0012 ", "2023-03-30T20:11:05"), ("2069.7999999999997", "60"), ("true", "06:00:00")]
    assert read(made).rows() == expected


def test_an_old_workbook_counts_by_its_own_system(tmp_path):
    made = house.xls(tmp_path / "a.xls", [(0, 0, "a"), (1, 0, 1.0, 1)], formats=["d/m/yy"], from_1904=True)
    assert first(made) == "1904-01-02"


def test_an_error_in_an_old_workbook_is_refused(tmp_path):
    error = refused(house.xls(tmp_path / "rows.xls", [(0, 0, "a"), (1, 0, b"\x2a")]))
    assert (error.code, error.where) == ("source.formula", "rows.xls:2")


def test_an_old_workbook_whose_formulas_nobody_computed_is_refused(tmp_path):
    header = [(0, 0, "a"), (0, 1, "b"), (1, 1, "x")]
    error = refused(house.xls(tmp_path / "rows.xls", [*header, (1, 0, (None,))]))
    assert (error.code, error.where) == ("source.formula", "rows.xls:2")
    assert read(house.xls(tmp_path / "b.xls", [*header, (1, 0, (None,)), (2, 0, (2.0,))])).rows() == [
        (None, "x"),
        ("2", None),
    ]


def test_an_old_workbook_needs_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlrd", None)
    error = refused(house.xls(tmp_path / "rows.xls", [(0, 0, "a")]))
    assert (error.code, "pip install 'hansa[excel]'" in error.next_step) == ("source.extra", True)


def test_a_binary_workbook_is_read_with_its_formats(tmp_path):
    pack = struct.pack
    whole = pack("<I", 1234 << 2 | 2)
    cells = [(0, 0, 7, pack("<I", 0), 0), (0, 1, 6, house.long_text("金额"), 0)]
    cells += [(1, 0, 5, pack("<d", 45015.8410300926), 1), (1, 1, 2, whole, 0)]
    cells += [(2, 0, 4, b"\1", 0), (2, 1, 2, pack("<I", 1234 << 2 | 3), 0)]
    made = house.xlsb(tmp_path / "rows.xlsb", cells, strings=["id"])
    assert read(made).rows() == [("2023-03-30T20:11:05", "1234"), ("true", "12.34")]
    assert read(made).columns == ["id", "金额"]


def test_a_formula_that_a_binary_workbook_leaves_to_be_computed_is_refused(tmp_path):
    pack = struct.pack
    cells = [(0, 0, 6, house.long_text("a"), 0), (1, 0, 9, pack("<dH", 1.5, 0), 0)]
    assert first(house.xlsb(tmp_path / "a.xlsb", cells)) == "1.5"
    assert refused(house.xlsb(tmp_path / "b.xlsb", cells, recalculated=True)).code == "source.formula"


ODS_HEADER = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>b</text:p></table:table-cell></table:table-row>'
)


@pytest.mark.parametrize(
    ("cell", "text"),
    {
        'office:value-type="float" office:value="34.80"><text:p>34,8</text:p>': "34.8",
        'office:value-type="date" office:date-value="2023-01-05T04:25:41.000000000">': "2023-01-05T04:25:41",
        'office:value-type="time" office:time-value="PT04H25M41S">': "04:25:41",
        'office:value-type="boolean" office:boolean-value="true">': "true",
        'office:value-type="string"><text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p>': "a  b\nc",
        'office:value-type="string"><office:annotation><text:p>n</text:p></office:annotation><text:p>x</text:p>': "x",
    }.items(),
)
def test_a_cell_of_an_open_document_is_its_value_and_not_what_is_shown(tmp_path, cell, text):
    row = f"<table:table-row><table:table-cell {cell}</table:table-cell></table:table-row>"
    assert first(house.ods(tmp_path / "rows.ods", ODS_HEADER + row)) == text


def test_equal_rows_and_cells_of_an_open_document_are_written_once(tmp_path):
    value = '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>'
    rows = f'<table:table-row table:number-rows-repeated="3">{value}</table:table-row>'
    rest = (
        '<table:table-row table:number-rows-repeated="1048572">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert read(house.ods(tmp_path / "rows.ods", ODS_HEADER + rows + rest)).rows() == [("7", "7")] * 3


def test_an_error_in_an_open_document_is_refused(tmp_path):
    failed = (
        '<table:table-row><table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        "</table:table-row>"
    )
    assert refused(house.ods(tmp_path / "rows.ods", ODS_HEADER + failed)).code == "source.formula"


# --- files that are none ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "what", "mend"),
    [
        (b"a\tb\n1\t2\n", "it is plain text and no workbook", "write format: csv, separator: tab"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', "it is an XML text", "save it as .xlsx"),
        (b"<html><table><tr><td>1", "it is a web page (HTML)", "save it as .xlsx"),
        (b"%PDF-1.7", "it is a PDF document", "ask for the table"),
        (b"\x01\x02\0\x03", "it is no workbook", "ask for it as .xlsx"),
    ],
)
def test_what_is_no_workbook_is_told_for_what_it_is(tmp_path, content, what, mend):
    (tmp_path / "rows.xls").write_bytes(content)
    error = refused(tmp_path / "rows.xls")
    assert (error.code, what in error.what, mend in error.next_step) == ("source.kind", True, True)


def test_an_empty_file_is_a_matter_of_its_delivery(path):
    path.write_bytes(b"")
    assert refused(path).code == "source.empty"


def test_what_a_file_is_counts_and_not_its_name(tmp_path):
    assert first(house.sheet(tmp_path / "rows.xls", house.cell("1"))) == "1"


def test_a_password_is_told(tmp_path):
    stream = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000) + stream + bytes(500))
    assert refused(tmp_path / "a.xlsx").code == "source.password"
    assert refused(house.xls(tmp_path / "b.xls", [(0, 0, "a")], locked=True)).code == "source.password"
    locked = house.ods(tmp_path / "c.ods", ODS_HEADER, manifest="<x><encryption-data/></x>")
    assert refused(locked).code == "source.password"


def test_another_archive_is_no_workbook(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.csv", "a,b\n")
    assert refused(path).code == "source.kind"


def test_a_small_file_that_unpacks_to_much_is_refused(path):
    house.sheet(path)
    content = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(content) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            if "sharedStrings" not in name:
                archive.writestr(name, given.read(name))
        archive.writestr("xl/sharedStrings.xml", b"<sst><si><t>" + b" " * (65 << 20) + b"</t></si></sst>")
    assert refused(path).code == "source.size"


def test_a_tag_that_does_not_end_is_refused(path):
    made = house.sheet(path, f'<row r="2"><c r="A2" x="{"abcdefgh" * (3 << 20)}"/></row>', packed=False)
    assert refused(made).code == "source.size"


def test_entities_are_refused(path):
    made = house.sheet(path)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/styles.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><styleSheet/>'
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert refused(made).code == "source.damaged"


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A3"><v>1</v></c></row>',
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row r="1"/>',
        '<row r="2"><c r="A2" t="s"><v>7</v></c></row>',
        '<row r="2"><c r="A2"><v>abc</v></c></row>',
        '<row r="2"><c r="A2"><v>1E+999</v></c></row>',
        '<row r="2"><c r="A2" t="x"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="2"><c r="AAAA2"><v>1</v></c></row>',
    ],
)
def test_a_sheet_that_contradicts_itself_is_damaged(path, row):
    assert refused(house.sheet(path, row)).code == "source.damaged"


FORMATS = {
    "xlsx": lambda path: house.sheet(path, house.cell("45015.5", house.MOMENT)),
    "xls": lambda path: house.xls(path, [(0, 0, "a"), (1, 0, 45015.5, 1), (2, 0, "b")], formats=["yyyy"]),
    "xlsb": lambda path: house.xlsb(path, [(0, 0, 6, house.long_text("a"), 0), (1, 0, 7, bytes(4), 0)], strings=["id"]),
    "ods": lambda path: house.ods(path, ODS_HEADER),
}


@SETTINGS
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_a_damaged_file_is_refused_in_a_sentence_or_read(tmp_path_factory, ending, data):
    path = FORMATS[ending](tmp_path_factory.mktemp("book") / f"rows.{ending}")
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        read(path)
    except HansaError as error:
        assert error.code.startswith("source.")


def test_a_table_in_a_drawing_of_an_open_document_is_no_part_of_the_sheet(tmp_path):
    row = "<table:table-row><table:table-cell/></table:table-row>"
    box = f"<draw:text-box><table:table>{row}</table:table><text:p>x</text:p></draw:text-box>"
    drawing = f"<draw:frame>{box}</draw:frame>"
    cells = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p>{more}'
        "</table:table-cell></table:table-row>"
        for text, more in (("a", ""), ("1", drawing), ("2", ""))
    )
    names = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in ("office", "table", "text", "draw"))
    content = (
        f'<office:document-content{names}><table:table table:name="S">{cells}</table:table></office:document-content>'
    )
    with zipfile.ZipFile(tmp_path / "rows.ods", "w") as archive:
        archive.writestr("content.xml", content)
    assert read(tmp_path / "rows.ods")["a"].to_list() == ["1", "2"]
