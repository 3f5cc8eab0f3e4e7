import csv
import io

import pytest
from hansa.errors import DataError
from hansa.sources import csv_text
from hansa.sources.binding import Binding
from hansa.sources.formats import read_csv
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
HEAD = b"id,amount\n"


def rows_of(path, **words):
    return read_csv(path, Binding(uri="rows.csv", **words)).collect().rows()


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "rows.csv"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def refusal(file):
    def refuse(content, **words):
        with pytest.raises(DataError) as caught:
            rows_of(file(content), **words)
        return caught.value

    return refuse


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8), every=st.booleans(), ending=st.sampled_from(["\n", "\r\n"])
)
def test_text_comes_through_byte_for_byte(tmp_path_factory, rows, every, ending):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL)
    writer.writerows([("a", "b", "c"), *rows])
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(out.getvalue().encode())
    empty = "" if every else None
    assert rows_of(path) == [tuple(value or empty for value in row) for row in rows]


def test_quoted_line_breaks_survive_blocks_and_chunks(file, monkeypatch):
    monkeypatch.setattr(csv_text, "_BLOCK", 64)
    values = ['x"\n,' * (number % 7) for number in range(5000)]
    body = "".join('{},"{}"\n'.format(n, value.replace('"', '""')) for n, value in enumerate(values))
    assert [row[1] for row in rows_of(file(HEAD + body.encode()))] == values


@pytest.mark.parametrize(
    ("content", "rows"),
    {
        "header_only": (HEAD, []),
        "header_without_line_end": (b"id,amount", []),
        "byte_order_mark": (b"\xef\xbb\xbfid,amount\n1,2\n", [("1", "2")]),
        "carriage_returns": (b"id,amount\r\n1,2\r\n", [("1", "2")]),
        "no_line_end_at_the_end": (b"id,amount\n1,2", [("1", "2")]),
        "empty_lines_at_the_end": (b"id,amount\n1,2\n3,4\n\n\r\n", [("1", "2"), ("3", "4")]),
        "leading_zeros_and_spaces": (b"id,amount\n007, 2 \n", [("007", " 2 ")]),
        "empty_field_and_empty_text": (b'id,amount\n,""\n', [(None, "")]),
        "a_hash_is_no_comment": (b"id,amount\n#1,2\n", [("#1", "2")]),
    }.values(),
)
def test_these_files_are_read(file, content, rows):
    assert rows_of(file(content)) == rows


def test_a_header_may_hold_marks_and_line_breaks(file):
    frame = read_csv(file(b'id,"a ""net""\namount"\n1,2\n'), Binding(uri="rows.csv"))
    assert frame.collect().to_dicts() == [{"id": "1", 'a "net"\namount': "2"}]


@pytest.mark.parametrize(
    ("content", "where", "what"),
    {
        "empty": (b"", "rows.csv", "the file is empty"),
        "mark_only": (b"\xef\xbb\xbf", "rows.csv", "the file is empty"),
        "empty_first_line": (b"\n1,2\n", "rows.csv:1", "the header should stand there"),
        "doubled_name": (b"id,id\n1,2\n", "rows.csv:1", "the header names a column twice: 'id'"),
        "short_row": (HEAD + b"1,2\n3\n", "rows.csv:3", "the row has 1 fields, the header 2"),
        "long_row": (HEAD + b'1,"2\n3"\n4,5,6\n', "rows.csv:4", "the row has 3 fields, the header 2"),
        "header_with_a_separator_at_its_end": (
            b"id,amount,\n1,2\n",
            "rows.csv:2",
            "the header 3, of which field 3 has no name",
        ),
        "empty_line_between": (HEAD + b"1,2\n\n3,4\n", "rows.csv:3", "an empty line stands between rows"),
        "unclosed_mark": (HEAD + b'1,2\n"3,4\n5,6\n', "rows.csv:3", "is not closed"),
        "mark_inside": (HEAD + b'5" disk,2\n', "rows.csv:2", "a quotation mark stands inside a field"),
        "pairs_of_marks_inside": (HEAD + b'5" disk,2" x\n', "rows.csv:2", "a quotation mark stands inside a field"),
        "text_after_mark": (HEAD + b'1,2\n"x" y,2\n', "rows.csv:3", "a quotation mark stands inside a field"),
        "text_after_mark_on_a_later_line": (HEAD + b'"x\nz" y,2\n', "rows.csv:2", "stands inside a field"),
        "nul": (HEAD + b"1,2\n3,\x004\n", "rows.csv:3", "a NUL byte stands in it"),
        "latin_1": (HEAD + b"1,2\n3,4\xe9\n", "rows.csv:3", "byte 4 of the line is not UTF-8"),
        "cut_inside_a_character": (HEAD + "1,张".encode()[:-1], "rows.csv:2", "byte 3 of the line is not UTF-8"),
        "utf_16": ("id,amount\n".encode("utf-16"), "rows.csv", "it is text in UTF-16"),
        "excel": (b"PK\x03\x04....", "rows.csv", "it is an Excel workbook or a zip archive"),
        "gzip": (b"\x1f\x8b\x08\x00", "rows.csv", "it is compressed with gzip"),
        "parquet": (b"PAR1....PAR1", "rows.csv", "it is a Parquet file"),
        "carriage_returns_alone": (b"id,amount\r1,2\r", "rows.csv", "its lines end in a carriage return alone"),
        "carriage_returns_alone_between_quoted_texts": (
            b'"id","amount"\r"1","2"\r',
            "rows.csv",
            "its lines end in a carriage return alone",
        ),
    }.values(),
)
def test_these_files_are_refused_with_the_line(refusal, content, where, what):
    error = refusal(content)
    assert error.where == where
    assert what in error.what


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_name(refusal, encoding):
    assert f"write encoding: {encoding}" in refusal("id,amount\n1,2\n".encode(encoding)).next_step


@pytest.mark.parametrize("words", [{}, {"skip": ["blank"]}])
def test_rows_that_all_end_in_a_separator_are_told_the_word_that_reads_them(refusal, words):
    error = refusal(HEAD + b"1,2,\n3,4,\n", **words)
    assert (error.where, "extra_fields: empty" in error.next_step) == ("rows.csv:2", True)


def test_a_fault_behind_many_blocks_has_its_line(refusal, monkeypatch):
    monkeypatch.setattr(csv_text, "_BLOCK", 64)
    assert refusal(HEAD + b"1,2\n" * 5000 + b"3\n").where == "rows.csv:5002"


def test_a_line_without_end_is_refused_in_bounded_memory(refusal, monkeypatch):
    monkeypatch.setattr(csv_text, "_BLOCK", 1 << 10)
    monkeypatch.setattr(csv_text, "_LONGEST_ROW", 1 << 12)
    error = refusal(HEAD + b"1,2\n" + "张".encode() * 100_000)
    assert (error.where, error.what) == ("rows.csv:3", "a line is longer than 7 MiB")


def test_a_refusal_quotes_no_value(refusal):
    for content in (b'secret" x,2\n', b'"secret,2\n', b"secret\n", b"secret,\xff\n"):
        assert "secret" not in refusal(HEAD + content).sentence()


def test_a_wrong_separator_is_told_where_rows_differ_from_the_header(refusal):
    error = refusal(b"id;amount\n1;2,50\n")
    assert "the separator seems to be ';'" in error.what
    assert "--separator ';'" in error.next_step


@pytest.mark.parametrize(
    ("content", "word"),
    {
        "quoted_header": (b'"id";"amount"\n1;2\n', "';'"),
        "quoted_field": (b'id;amount\n"1";2\n', "';'"),
        "mark_inside_a_field": (b'id|amount\n5" disk|2\n', "'|'"),
        "no_rows": (b"id\tamount\n", "tab"),
    }.values(),
)
def test_a_wrong_separator_is_told_before_a_quotation_mark(refusal, content, word):
    assert f"the separator seems to be {word}" in refusal(content).what


def test_a_separator_inside_a_quoted_name_is_part_of_the_name(file):
    assert rows_of(file(b'"id; amount"\n1\n')) == [("1",)]


def test_another_encoding_is_converted_from_its_own(refusal):
    assert refusal(HEAD + "Müller,2\n".encode("latin-1")).next_step == (
        "convert it from its own encoding to UTF-8 (GB18030 for most Chinese exports, CP1252 or ISO-8859-1 for Western "
        "ones): iconv -f ENCODING -t UTF-8 FILE > NEW"
    )


@pytest.mark.parametrize(
    ("content", "mend"),
    {
        "excel": (b"PK\x03\x04....", "name its format xlsx, rename it to .xlsx, or unpack it"),
        "old_excel": (b"\xd0\xcf\x11\xe0....", "name its format xls, or rename it to .xls"),
        "utf_16": ("id,amount\n".encode("utf-16"), "save or convert it as UTF-8"),
        "gzip": (b"\x1f\x8b\x08\x00", "unpack it"),
        "empty": (b"", "check its delivery: a file without rows has at least its header"),
    }.values(),
)
def test_another_kind_of_file_has_its_own_mend(refusal, content, mend):
    assert refusal(content).next_step == mend


def test_a_tab_separates(file):
    assert rows_of(file(b"id\tamount\n1,5\t2\n"), separator="tab") == [("1,5", "2")]
