"""Records of fixed width are cut by bytes, and a file that does not fit its columns is refused by its line."""

import pytest
from hansa.errors import HansaError, MeshError
from hansa.sources import Binding
from hansa.sources.fixed_width import read_fixed, read_fixed_lines
from hansa.sources.streams import LINE
from hansa.sources.told import listening
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = {"id": "1-4", "name": "5-10", "amount": "11-16"}


@pytest.fixture
def read(tmp_path):
    def read_bytes(content, columns=COLUMNS, encoding="gb18030", **words):
        (tmp_path / "rows.txt").write_bytes(content)
        binding = Binding(uri="rows.txt", format="fixed", columns=columns, encoding=encoding, **words)
        return read_fixed(tmp_path / "rows.txt", binding).collect()

    return read_bytes


@pytest.fixture
def refused(read):
    def refuse(content, **words):
        with pytest.raises(HansaError) as caught:
            read(content, **words)
        return caught.value

    return refuse


def record(*fields, encoding="gb18030"):
    return "".join(fields).encode(encoding)


def test_a_letter_of_two_bytes_takes_two(read):
    content = record("0001", "顾北辰", "000100") + b"\r\n" + record("0002", "WANG  ", "000250") + b"\r\n"
    assert read(content).rows() == [("0001", "顾北辰", "000100"), ("0002", "WANG  ", "000250")]


def test_blanks_go_only_by_trim(read):
    content = record("0001", "      ", "  1.50")
    assert read(content).rows() == [("0001", "      ", "  1.50")]
    assert read(content, trim=" ").rows() == [("0001", None, "1.50")]


def test_columns_may_overlap_leave_bytes_out_and_stand_in_any_order(read):
    columns = {"tail": "9-10", "all": "1-10", "head": "1-2"}
    assert read(b"ABxxxxxxYZ", columns).rows() == [("YZ", "ABxxxxxxYZ", "AB")]


@pytest.mark.parametrize("columns", [{"a": "1-5", "b": "6-6"}, {"a": "1-5"}, {"b": "6-6"}, {"a": "1-4", "b": "6-6"}])
def test_a_letter_that_is_cut_is_refused_by_line(refused, columns):
    error = refused(record("1234", "顾"), columns=columns, extra_fields=None)
    assert error.code in {"source.fixed", "source.row"}
    assert error.where == "rows.txt:1"


def test_a_cut_letter_is_told_by_its_column(refused):
    error = refused(record("0001", "顾北辰", "000100"), columns={"id": "1-5", "name": "6-16"})
    assert "column 'id', bytes 1 to 5 of the line cut a letter" in error.what
    assert "顾" not in error.sentence()


def test_a_gap_that_cuts_a_letter_is_refused_too(refused):
    # From its second byte on, the rest would be read as other letters.
    error = refused(record("0001", "顾北辰", "a"), columns={"id": "1-4", "rest": "6-11"})
    assert error.code == "source.fixed"


@pytest.mark.parametrize("line", ["0001顾北辰00010", "0001顾北辰0001000", "0001顾北辰000100 "])
def test_a_record_of_another_length_is_refused(refused, line):
    error = refused(record("0000", "      ", "000000") + b"\n" + line.encode("gb18030") + b"\n")
    assert (error.code, error.where) == ("source.row", "rows.txt:2")


def test_blanks_behind_the_columns_may_be_allowed(read):
    assert read(record("0001", "顾北辰", "000100") + b"   \n", extra_fields="empty").height == 1


def test_bytes_that_are_not_of_the_encoding_are_refused_by_line(refused):
    error = refused(record("0001", "abcdef", "000100") + b"\n0002\xff\xffabcd000100", encoding="utf-8")
    assert (error.code, error.where) == ("source.encoding", "rows.txt:2")


def test_control_bytes_show_that_it_is_another_encoding(refused):
    error = refused(b"0001\x80bcdef000100", encoding="iso-8859-1")
    assert (error.code, "cp1252" in error.next_step) == ("source.encoding", True)


def test_a_nul_byte_is_refused(refused):
    assert refused(b"0001abcdef0001\0\0").code == "source.nul"


def test_preamble_footer_and_count_go_by_the_rules(tmp_path):
    lines = [b"HEAD", b"00000002", *[record("000" + n, "顾北辰", "000100") for n in "12"], b"END", b"anything"]
    (tmp_path / "rows.txt").write_bytes(b"\r\n".join(lines))
    words = {"header": {"first_row": 3}, "footer": {"starts_with": "END"}, "control": {"count": {"line": 2}}}
    binding = Binding(uri="rows.txt", format="fixed", encoding="gbk", columns=COLUMNS, **words)
    with listening() as heard:
        frame = read_fixed_lines(tmp_path / "rows.txt", binding).collect()
        read_fixed(tmp_path / "rows.txt", binding)
    assert frame[LINE].to_list() == [3, 4]
    assert (heard[0].rows, heard[0].skipped, heard[0].preamble) == (2, {"footer": 2}, 2)


def test_another_count_than_the_file_says_is_refused(refused):
    words = {"header": {"first_row": 2}, "control": {"count": {"line": 1, "bytes": "1-2"}}}
    error = refused(b"03xx\n0001abcdef000100\n", **words)
    assert (error.code, error.where) == ("source.control", "rows.txt:1")


def test_a_missing_footer_is_refused(refused):
    assert refused(b"0001abcdef000100\n", footer={"starts_with": "END"}).code == "source.footer"


def test_a_line_of_names_is_passed_over(read):
    content = b"id  name  amount\n0001abcdef000100\n"
    assert read(content, header={"line": 1}).rows() == [("0001", "abcdef", "000100")]


def test_an_empty_line_is_refused_unless_a_rule_skips_it(read, refused):
    content = b"0001abcdef000100\n\n0002abcdef000100\n"
    assert refused(content).where == "rows.txt:2"
    assert read(content, skip=["blank"]).height == 2


def test_the_mark_of_utf_8_takes_no_byte(read):
    assert read(b"\xef\xbb\xbf0001abcdef000100", encoding="utf-8")["id"][0] == "0001"


def test_an_empty_file_is_refused(refused):
    assert refused(b"").code == "source.empty"


def test_records_without_line_ends_are_refused(refused):
    assert refused(b"0001abcdef000100" * (1 << 17)).code == "source.row"


@pytest.mark.parametrize("words", [{"columns": None}, {"columns": ["id", "name"]}, {"encoding": "utf-16"}])
def test_a_layout_without_ranges_of_bytes_is_refused(refused, words):
    error = refused(b"0001abcdef000100", **words)
    assert isinstance(error, MeshError)
    assert error.code == "source.fixed"


@given(
    encoding=st.sampled_from(["gb18030", "big5", "shift_jis", "utf-8", "cp1252"]),
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    texts=st.lists(st.lists(st.text("aZ09 .顾北辰ü", max_size=6), min_size=5, max_size=5), min_size=1, max_size=5),
)
def test_records_that_were_padded_are_read_back(tmp_path_factory, encoding, widths, texts):
    rows = [[_padded(text, width, encoding) for text, width in zip(row, widths, strict=False)] for row in texts]
    ends = [sum(widths[: at + 1]) for at in range(len(widths))]
    columns = {f"c{at}": f"{end - width + 1}-{end}" for at, (end, width) in enumerate(zip(ends, widths, strict=True))}
    path = tmp_path_factory.mktemp("fixed") / "rows.txt"
    path.write_bytes(b"".join(b"".join(row) + b"\n" for row in rows))
    frame = read_fixed(path, Binding(uri="rows.txt", format="fixed", columns=columns, encoding=encoding)).collect()
    assert frame.rows() == [tuple(field.decode(encoding) for field in row) for row in rows]


def _padded(text, width, encoding):
    """As many letters as fit, and blanks."""
    made = b""
    for letter in text.encode(encoding, "ignore").decode(encoding):
        if len(made + letter.encode(encoding)) > width:
            break
        made += letter.encode(encoding)
    return made.ljust(width)
