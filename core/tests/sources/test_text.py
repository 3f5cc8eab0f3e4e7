import pytest
from hansa.errors import DataError, HansaError, MeshError
from hansa.sources import Binding
from hansa.sources.formats import read_csv
from hansa.sources.text import decoding
from hansa.sources.told import listening, together


@pytest.fixture
def read(tmp_path):
    """The rows of a file of these bytes or this text (written in the encoding of its words)."""

    def rows(content, **words):
        path = tmp_path / "rows.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(words.get("encoding", "utf-8")))
        return read_csv(path, Binding(uri="rows.csv", **words)).collect()

    return rows


@pytest.fixture
def refusal(read):
    def refuse(content, **words):
        with pytest.raises(HansaError) as caught:
            read(content, **words)
        return caught.value

    return refuse


HEADER = {"header": {"starts_with": "date"}}


@pytest.mark.parametrize(
    ("content", "words", "rows"),
    {
        "header_by_line": ("title\n\ndate,sum\n1,2\n", {"header": {"line": 3}}, [("1", "2")]),
        "header_by_text": ('of "all\ndate,sum\n1,2\n', HEADER, [("1", "2")]),
        "no_row": ("title\ndate,sum\n", HEADER, []),
        "no_header": ("1,2\n3,4\n", {"header": "none", "columns": ["a", "b"]}, [("1", "2"), ("3", "4")]),
        "first_row": ("x\n1,2\n", {"header": {"first_row": 2}, "columns": ["a", "b"]}, [("1", "2")]),
        "footer_by_text": ('a,b\n1,2\nTotal,"x\n', {"footer": {"starts_with": "Total"}}, [("1", "2")]),
        "footer_by_blank_line": ("a,b\n1,2\n \nx,y,z\n", {"footer": "blank_line"}, [("1", "2")]),
        "blank_lines": ("a,b\n\n1,2\n \n3,4\n", {"skip": ["blank"]}, [("1", "2"), ("3", "4")]),
        "header_again": ("a,b\n1,2\na, b\n3,4\n", {"skip": "header", "trim": " "}, [("1", "2"), ("3", "4")]),
        "lines_by_text": ('a,b\n# "x\n1,2\n', {"skip": [{"starts_with": "#"}]}, [("1", "2")]),
        "a_mark_in_a_skipped_line": (
            'a,b\n#x,"abc\n1,"foo"\n3,4\n',
            {"skip": [{"starts_with": "#"}], "text_after_quote": "keep"},
            [("1", "foo"), ("3", "4")],
        ),
        "lines_by_pattern": ("a,b\n1,2\n---\n", {"skip": [{"matches": "^-+$"}]}, [("1", "2")]),
        "empty_lines_at_the_end": ("a,b\n1,2\n\n\n", {"trim": " "}, [("1", "2")]),
        "longer_rows": ("a,b\n1,2,\n3,4,, \n5,6\n", {"extra_fields": "empty"}, [("1", "2"), ("3", "4"), ("5", "6")]),
        "trimmed": ("a ,b\n 1\t,2 \n", {"trim": " \t"}, [("1", "2")]),
        "nothing_left": ('a,b\n"  ",""\n', {"trim": " "}, [(None, "")]),
        "prefix": ("a,b\n'007,'\n", {"strip_prefix": "'"}, [("007", None)]),
        "ignored": ("a,b\n\u200f-1,\u200e\n", {"ignore": "\u200e\u200f"}, [("-1", None)]),
        "mark_in_a_value": ("a,b\n1,\ufeff2\n", {"trim": " "}, [("1", "\ufeff2")]),
        "mark_in_a_value_of_a_plain_file": ("a,b\n1,\ufeff2\n", {}, [("1", "\ufeff2")]),
        "formula": ('a,b\n="007","=""1,2"""\n', {"formula_text": True}, [("007", "1,2")]),
        "formula_without_quoting": (
            'a;b\n="007";"\n',
            {"formula_text": True, "quote": "none", "separator": ";"},
            [("007", '"')],
        ),
        "text_after_quote": ('a,b\n"1"\t,"2"x\n', {"text_after_quote": "keep"}, [("1\t", "2x")]),
        "another_quote": ("a,b\n'1,2','it''s'\n", {"quote": "'"}, [("1,2", "it's")]),
        "quoted_line_break": ('a,b\r\n"x\r\ny",2\r\n', {"trim": " "}, [("x\ny", "2")]),
        "several_signs": ('a~|~b\n"1~|~2"~|~3\n', {"separator": "~|~"}, [("1~|~2", "3")]),
        "mark_inside": ("\ufeffa,b\n1,2\n\ufeff3,4\n", {"byte_order_mark": "inside"}, [("1", "2"), ("3", "4")]),
        "utf_16": ("a,b\r\n1,€\r\n", {"encoding": "utf-16"}, [("1", "€")]),
        "a_stroke_inside_of_a_letter": ("a|b\n葇|珅\n", {"encoding": "gbk", "separator": "|"}, [("葇", "珅")]),
    }.values(),
)
def test_these_layouts_are_read(read, content, words, rows):
    assert read(content, **words).rows() == rows


@pytest.mark.parametrize(
    ("content", "words", "code", "where"),
    {
        "no_header_line": ("a,b\n1,2\n", HEADER, "source.header", "rows.csv"),
        "header_behind_the_end": ("a,b\n", {"header": {"line": 7}}, "source.header", "rows.csv"),
        "no_footer": ("a,b\n1,2\n", {"footer": {"starts_with": "Total"}}, "source.footer", "rows.csv"),
        "joined": (
            "a,b\n1,2\nTotal\na,b\n3,4\nTotal\n",
            {"footer": {"starts_with": "Total"}},
            "source.footer",
            "rows.csv:4",
        ),
        "no_blank_line": ("a,b\n1,2\n", {"footer": "blank_line"}, "source.footer", "rows.csv"),
        "longer_row": ("x\na,b\n1,2,3\n", {"header": {"line": 2}}, "source.row", "rows.csv:3"),
        "longer_row_not_empty": ("a,b\n1,2,3\n", {"extra_fields": "empty"}, "source.row", "rows.csv:2"),
        "shorter_row": ("a,b\n1,2\n3\n", {"trim": " "}, "source.row", "rows.csv:3"),
        "empty_line_between": ("a,b\n1,2\n\n3,4\n", {"trim": " "}, "source.row", "rows.csv:3"),
        "open_quote": ('a,b\n1,2\n"3,4\n5,6\n', {"trim": " "}, "source.quote", "rows.csv:3"),
        "open_quote_in_the_header": ('x\n"a,b\n', {"header": {"line": 2}}, "source.quote", "rows.csv:2"),
        "text_after_quote": ('a,b\n"1"x,2\n', {"trim": " "}, "source.quote", "rows.csv:2"),
        "quote_inside": ('a,b\n5" disk,2\n', {"trim": " "}, "source.quote", "rows.csv:2"),
        "lone_return": ("a,b\n1\rx,2\n", {"trim": " "}, "source.line_ends", "rows.csv:2"),
        "doubled_name": ("a,a\n1,2\n", {"trim": " "}, "source.header", "rows.csv:1"),
        "too_few_names": ("a,b,c\n1,2,3\n", {"columns": ["x", "y"]}, "source.header", "rows.csv:1"),
        "position_beyond": ("a,b\n1,2\n", {"columns": {"x": 3}}, "source.header", "rows.csv:1"),
        "empty": ("", {"trim": " "}, "source.empty", "rows.csv"),
        "nul": (b"a,b\n1,\0\n", {"trim": " "}, "source.nul", "rows.csv:2"),
        "nul_in_utf_16": ("a,b\n1,\0\n", {"encoding": "utf-16"}, "source.nul", "rows.csv:2"),
        "mark_inside": ("a,b\n\ufeff1,2\n", {"trim": " "}, "source.mark", "rows.csv:2"),
        "mark_inside_of_a_plain_file": ("a,b\n\ufeff1,2\n", {}, "source.mark", "rows.csv:2"),
        "not_of_the_encoding": (b"a,b\n1,\xff\xff\n", {"encoding": "gbk"}, "source.encoding", "rows.csv:2"),
        "undefined_in_the_encoding": (b"a,b\n1,\x81\n", {"encoding": "cp1252"}, "source.encoding", "rows.csv:2"),
        "controls_of_latin_1": (b"a,b\n1,5\x80\n", {"encoding": "latin-1"}, "source.encoding", "rows.csv:2"),
        "half_a_sign_of_utf_16": (b"\xff\xfea\0\n\0b", {"encoding": "utf-16"}, "source.encoding", "rows.csv:2"),
        "utf_16_without_mark": (b"a\0\n\0", {"encoding": "utf-16"}, "source.encoding", "rows.csv:1"),
        "utf_8_with_mark": (b"\xef\xbb\xbfa\n", {"encoding": "gb18030"}, "source.encoding", "rows.csv:1"),
        "another_kind": (b"PK\x03\x04", {"encoding": "gb18030"}, "source.kind", "rows.csv"),
        "another_separator": ("a;b\n1;2\n", {"trim": " "}, "source.separator", "rows.csv"),
        "no_names": ("1,2\n", {"header": "none"}, "source.header", "rows.csv"),
    }.values(),
)
def test_these_files_are_refused_with_code_and_line(refusal, content, words, code, where):
    error = refusal(content, **words)
    assert (error.code, error.where) == (code, where)


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "cp1252", "iso-8859-15", "big5", "euc_kr"])
def test_a_line_of_utf_8_between_others_is_refused_with_its_line(refusal, encoding):
    letter = "é" if encoding in {"cp1252", "iso-8859-15"} else "日"
    content = f"a,b\n1,{letter}\n2,x\n".encode(encoding) + f"3,{letter}{letter}\n".encode()
    error = refusal(content, encoding=encoding)
    assert (error.code, error.where) == ("source.encoding", "rows.csv:4")
    assert "written in UTF-8" in error.what


def test_a_chinese_letter_whose_two_bytes_may_be_utf_8_is_read_as_declared(read):
    assert read("a,b\n1,张\n2,模\n", encoding="gb18030").rows() == [("1", "张"), ("2", "模")]


def test_a_fault_behind_many_blocks_has_its_line(refusal, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK", 64)
    assert refusal(b"a,b\n" + b"1,2\n" * 500 + b"3,\xff\n", encoding="gbk").where == "rows.csv:502"


def test_a_line_without_end_is_refused_in_bounded_memory(refusal, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK", 1 << 10)
    monkeypatch.setattr(decoding, "LONGEST_ROW", (1 << 20) + (1 << 12))
    error = refusal("a,b\n1,2\n" + "张" * 10_000, encoding="gb18030")
    assert (error.where, error.what) == ("rows.csv:3", "a line is longer than 7 MiB")


def test_no_refusal_quotes_a_value(refusal):
    for content in (
        '"secret,2\n',
        '"secret"x,2\n',
        "secret\n",
        "secret,1\n\ufeff1,2\n",
        "1,2\n\nsecret,4\n",
        "secret,\r2\n",
    ):
        assert "secret" not in refusal(f"a,b\n{content}", trim=" ").sentence()


def test_columns_without_a_name_or_with_a_doubled_one_are_named_by_position(read):
    frame = read("id,sum,sum,,\n1,2,3,4,5\n", columns={"first": 2, "flag": 4})
    assert frame.columns == ["id", "first", "sum", "flag", "column 5"]


def test_names_by_position_take_the_place_of_the_header(read):
    assert read("a,a\n1,2\n", columns=["x", "y"]).to_dicts() == [{"x": "1", "y": "2"}]


def test_rows_are_counted_where_no_column_is_wanted(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n1,2\n3,4\n")
    frame = read_csv(path, Binding(uri="rows.csv", trim=" "))
    assert frame.with_row_index().select("index").collect().height == 2


def test_a_file_that_changes_between_check_and_read_is_never_mixed(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n1,2\n")
    frame = read_csv(path, Binding(uri="rows.csv", trim=" "))
    path.write_bytes(b"a,b\n1,2\n3,4\n")
    with pytest.raises(Exception, match="changed while it was read"):
        frame.collect()


def test_what_is_skipped_is_told_by_its_rule(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"title\na,b\n1,2\n\na,b\n#x\n3,4\nTotal\nend\n")
    words = {
        "header": {"line": 2},
        "skip": ["blank", "header", {"starts_with": "#"}],
        "footer": {"starts_with": "Total"},
    }
    with listening() as heard:
        read_csv(path, Binding(uri="rows.csv", **words))
    told = together(heard)
    assert (told.rows, told.preamble) == (2, 1)
    assert told.skipped == {"blank": 1, "header": 1, "starts_with #": 1, "footer": 2}


def test_a_source_has_what_its_reader_skipped(bound):
    source = bound(b"id,amount\n1,2\n\n", {}, skip=["blank"])
    assert source.skipped == {"blank": 1}


COUNT = {"control": {"count": {"matches": r"^(\d+) rows", "where": "preamble"}}, "header": {"starts_with": "a,"}}


def test_a_count_that_the_rows_bear_out_is_told(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"2 rows\na,b\n1,2\n3,4\n")
    with listening() as heard:
        read_csv(path, Binding(uri="rows.csv", **COUNT))
    assert together(heard).notes == ("it holds the 2 rows that it says",)


SUM = {"footer": {"starts_with": "Sum"}, "control": {"sum": {"column": "b", "matches": "Sum (.*)"}}, "decimal": ","}
BALANCE = {"column": "c", "amount": "b", "opening": "Open (.*)", "closing": "Close (.*)"}
RUNNING = {"header": {"line": 2}, "footer": {"starts_with": "Close"}, "control": {"balance": BALANCE}}


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "count_by_line": ("2\na,b\n1,2\n3,4\n", {"header": {"line": 2}, "control": {"count": {"line": 1}}}),
        "count_by_bytes": (
            "n0002x\na\n1\n3\n",
            {"header": {"line": 2}, "control": {"count": {"line": 1, "bytes": "2-5"}}},
        ),
        "count_of_thousands": (
            "1,000 rows\na,b\n" + "1,2\n" * 1000,
            {"header": {"line": 2}, "control": {"count": {"matches": "^(.*) rows"}}},
        ),
        "sum": ("a;b\n1;0,1\n2;0,2\n3;\nSum 0,3\n", {**SUM, "separator": ";"}),
        "balance": ("Open 1\na,b,c\nx,1,2\ny,-0.5,1.5\nClose 1.50\n", RUNNING),
        "balance_newest_first": (
            "Open 1\na,b,c\ny,-0.5,1.5\nx,1,2\nClose 1.50\n",
            {**RUNNING, "control": {"balance": {**BALANCE, "newest_first": True}}},
        ),
    }.values(),
)
def test_these_controls_are_borne_out(read, content, words):
    assert read(content, **words).height


@pytest.mark.parametrize(
    ("content", "words", "where"),
    {
        "another_count": ("x\n3 rows\na,b\n1,2\n", COUNT, "rows.csv:2"),
        "no_count": ("a,b\n1,2\n", COUNT, "rows.csv"),
        "another_sum": ("a;b\n1;0,1\nSum 0,3\n", {**SUM, "separator": ";"}, "rows.csv:3"),
        "no_number": ("a;b\n1;0.1\nSum 0,1\n", {**SUM, "separator": ";"}, "rows.csv:2"),
        "too_many_decimals": ("a;b\n1;0,12345678901\nSum 0,1\n", {**SUM, "separator": ";"}, "rows.csv:2"),
        "another_balance": ("Open 1\na,b,c\nx,1,2\ny,1,2\nClose 2\n", RUNNING, "rows.csv:4"),
        "another_opening": ("Open 2\na,b,c\nx,1,2\nClose 2\n", RUNNING, "rows.csv:1"),
        "another_closing": ("Open 1\na,b,c\nx,1,2\nClose 3\n", RUNNING, "rows.csv:4"),
        "a_row_without_balance": ("Open 1\na,b,c\nx,1,2\ny,0,\nClose 2\n", RUNNING, "rows.csv:4"),
    }.values(),
)
def test_a_file_whose_rows_say_otherwise_is_refused(refusal, content, words, where):
    error = refusal(content, **words)
    assert isinstance(error, DataError)
    assert (error.code, error.where) == ("source.control", where)


def test_a_control_of_a_column_that_is_not_there_is_the_users_mistake(refusal):
    error = refusal("a,amount\n1,2\nSum 2\n", **{**SUM, "control": {"sum": {"column": "amuont", "matches": "(.)"}}})
    assert isinstance(error, MeshError)
    assert error.code == "source.control"
    assert "did you mean 'amount'?" in error.next_step


def test_a_balance_is_carried_over_blocks(refusal, monkeypatch):
    monkeypatch.setattr(decoding, "BLOCK", 8)
    rows = "".join(f"x,1,{at + 2}\n" for at in range(20))
    assert refusal(f"Open 1\na,b,c\n{rows}x,1,21\nClose 21\n", **RUNNING).where == "rows.csv:23"


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "decimal_of_the_column": ("a;b\nx;1,5\nSum 1,50\n", {"mapping": {"decimal": {"c": ","}, "rename": {"c": "b"}}}),
        "currency": ("a;b\nx;€1.5\nSum €1.50\n", {"currency": ["€"]}),
        "digits": ("a;b\nx;\u0661.5\nSum \u0661.50\n", {"digits": "arabic-indic"}),
        "null_words_of_the_column": ("a;b\nx;1.5\ny;-\nSum 1.50\n", {"mapping": {"null_words": {"b": ["-"]}}}),
    }.values(),
)
def test_a_sum_is_read_as_its_column_is(read, content, words):
    assert read(content, separator=";", **{**SUM, "decimal": None, **words}).height


FLAG = {"sign": {"amount": {"column": "b", "flag": "a", "plus": ["H"], "minus": ["S"]}}}
TWO = {"sign": {"amount": {"plus": "a", "minus": "b"}}}


def of_amount(**mapping):
    return {**SUM, "decimal": None, "separator": ";", "mapping": mapping}


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "flag": ("a;b\nH;3\nS;1\nSum 2\n", of_amount(**FLAG)),
        "flag_below_zero": ("a;b\nH;1\nS;3.5\nSum -2.5\n", of_amount(**FLAG)),
        "flag_turned": (
            "a;b\nS;-3\nS;1\nSum 2\n",
            of_amount(sign={"amount": {**FLAG["sign"]["amount"], "own_sign": "turned"}}),
        ),
        "flag_of_none": (
            "a;b\nX;9\nH;1\nSum 1\n",
            of_amount(sign={"amount": {**FLAG["sign"]["amount"], "none": ["X"]}}),
        ),
        "flag_by_the_contracts_name": (
            "a;b\nH;3\nS;1\nSum 2\n",
            {**of_amount(**FLAG), "control": {"sum": {"column": "amount", "matches": "Sum (.*)"}}},
        ),
        "flag_of_a_renamed_column": (
            "a;b\nH;3\nS;1\nSum 2\n",
            of_amount(rename={"amount": "b"}, sign={"amount": {"flag": "a", "plus": ["H"], "minus": ["S"]}}),
        ),
        "two_columns": (
            "a;b\n3;\n;1\n0;0\nSum 2\n",
            {**of_amount(**TWO), "control": {"sum": {"column": "amount", "matches": "Sum (.*)"}}},
        ),
        "two_columns_of_which_the_second_has_its_minus": (
            "a;b\n3;\n;-1\nSum 2\n",
            {
                **of_amount(sign={"amount": {"plus": "a", "minus": "b", "minus_written": "negative"}}),
                "control": {"sum": {"column": "amount", "matches": "Sum (.*)"}},
            },
        ),
        "one_of_two_columns_as_it_is_written": ("a;b\n3;\n;1\n;2\nSum 3\n", of_amount(**TWO)),
        "no_mark": (
            "a;b\nx;3 Cr\ny;1\nSum 2 Cr\n",
            of_amount(rename={"amount": "b"}, positive={"amount": ["Cr"]}, sign={"amount": {"unmarked": "minus"}}),
        ),
        "balance_of_flags": (
            "Open 1\na,b,c\nH,3,4\nS,2,2\nClose 2\n",
            {**RUNNING, "mapping": FLAG},
        ),
    }.values(),
)
def test_a_sum_is_of_the_signed_values(read, content, words):
    assert read(content, **words).height


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "unsigned_sum": ("a;b\nH;3\nS;1\nSum 4\n", of_amount(**FLAG)),
        "another_flag": ("a;b\nZ;3\nSum 3\n", of_amount(**FLAG)),
        "a_sign_of_its_own": ("a;b\nS;-3\nSum -3\n", of_amount(**FLAG)),
        "both_columns": (
            "a;b\n3;1\nSum 2\n",
            {**of_amount(**TWO), "control": {"sum": {"column": "amount", "matches": "Sum (.*)"}}},
        ),
    }.values(),
)
def test_a_sum_of_unsigned_values_or_of_such_that_have_no_sign_is_refused(refusal, content, words):
    assert refusal(content, **words).code == "source.control"


def test_a_flag_that_is_not_there_is_the_users_mistake(refusal):
    wrong = {"sign": {"amount": {"column": "b", "flag": "d", "plus": ["H"], "minus": ["S"]}}}
    assert isinstance(refusal("a;b\nH;3\nSum 3\n", **of_amount(**wrong)), MeshError)


def test_a_balance_that_moves_without_a_row_is_refused(refusal):
    assert refusal("Open 1\na,b,c\nClose 2\n", **RUNNING).code == "source.control"


def test_a_balance_that_does_not_move_needs_no_row(read):
    assert read("Open 1\na,b,c\nClose 1\n", **RUNNING).height == 0


def test_a_chinese_name_whose_bytes_may_be_utf_8_is_read_as_declared(read):
    assert read("a,b\n1,臧洪海\n", encoding="gb18030").rows() == [("1", "臧洪海")]
