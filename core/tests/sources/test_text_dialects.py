"""Tables in random dialects, written and read back: equal or refused, never different; by blocks as by lines."""

import itertools
from dataclasses import dataclass

import polars as pl
import pytest
from hansa.errors import DataError
from hansa.sources import Binding, bulk
from hansa.sources.csv_text import MARK
from hansa.sources.formats import read_csv
from hansa.sources.text import decoding, read_lines, read_text, walk
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

SEPARATORS = [",", ";", "tab", "|", "~|~", "||", "¦", "^"]
ENCODINGS = ["utf-8", "gb18030", "gbk", "big5", "shift_jis", "cp1252", "iso-8859-15", "utf-16", "utf-16-be", "euc_kr"]
#: Letters of many scripts, and every sign that means something to a reader.
SIGNS = "aZ09 .-#=\"'`,;|~^\t\x1f/\\äß€éŁ张模联通目日本カ漢字한글ا\u200f\ufeff\u3000"
CELLS = st.one_of(
    st.none(), st.text(SIGNS, max_size=6), st.sampled_from(["\n", "a\nb", '"', '""', "x\r\ny", "=1", "TOTAL"])
)


@dataclass(frozen=True)
class Dialect:
    separator: str
    encoding: str
    quote: str
    every: bool
    ending: str
    preamble: tuple[str, ...]
    footer: bool
    tail: int
    closed: bool

    @property
    def sign(self):
        return "\t" if self.separator == "tab" else self.separator

    def words(self):
        words = {"separator": self.separator, "encoding": self.encoding}
        if self.quote != '"':
            words["quote"] = self.quote
        if self.preamble:
            words["header"] = {"line": len(self.preamble) + 1}
        if self.footer:
            words["footer"] = {"starts_with": "TOTAL"}
        if self.tail:
            words["extra_fields"] = "empty"
        return words

    def cell(self, value):
        if value is None:
            return ""
        mark = "" if self.quote == "none" else self.quote
        special = (self.sign, "\n", "\r", mark)
        if mark and (self.every or not value or any(one in value for one in special + tuple(self.sign))):
            return f"{mark}{value.replace(mark, mark * 2)}{mark}"
        return value

    def text(self, names, rows):
        lines = [self.sign.join(map(self.cell, names))]
        lines += [self.sign.join(map(self.cell, row)) + self.sign * self.tail for row in rows]
        if self.footer:
            assume(not any(line.startswith("TOTAL") for line in lines[1:]))
            lines.append('TOTAL "of all')
        return self.ending.join([*self.preamble, *lines]) + (self.ending if self.closed else "")


DIALECTS = st.builds(
    Dialect,
    separator=st.sampled_from(SEPARATORS),
    encoding=st.sampled_from(ENCODINGS),
    quote=st.sampled_from(['"', '"', "'", "none"]),
    every=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n"]),
    preamble=st.lists(st.sampled_from(["", "Export", 'of "all', "a;b;c,d,e"]), max_size=3).map(tuple),
    footer=st.booleans(),
    tail=st.integers(0, 2),
    closed=st.booleans(),
)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=7))


def encoded(text, encoding):
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        assume(False)


def written(folder, dialect, rows):
    """The file, its binding, and the rows as they are meant."""
    width = len(rows[0])
    bare = dialect.quote == "none"
    if bare:
        rows = [tuple(value or None for value in row) for row in rows]
        values = [value for value in itertools.chain(*rows) if value]
        assume(not any(dialect.sign in value or {"\n", "\r"} & set(value) for value in values))
        # A separator of several signs may begin in one field and end in the next.
        lines = [dialect.sign.join(value or "" for value in row) for row in rows]
        assume(
            all(
                tuple(line.split(dialect.sign)) == tuple(v or "" for v in row)
                for line, row in zip(lines, rows, strict=True)
            )
        )
    names = [f"column{at}" for at in range(width)]
    path = folder / "rows.csv"
    content = encoded(dialect.text(names, rows), dialect.encoding)
    path.write_bytes(content)
    meant = [tuple(v.replace("\r\n", "\n") if v else v for v in row) for row in rows]
    return path, Binding(uri="rows.csv", **dialect.words()), meant


def outcome(read):
    try:
        return read().collect().rows()
    except DataError as error:
        return error.code, error.where


SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]}


@settings(max_examples=200, **SLOW)
@given(dialect=DIALECTS, rows=TABLES)
def test_a_table_in_any_dialect_is_read_as_it_was_written_or_refused(tmp_path, dialect, rows):
    path, binding, meant = written(tmp_path, dialect, rows)
    found = outcome(lambda: read_csv(path, binding))
    assert found == meant or isinstance(found, tuple)


@settings(max_examples=200, **SLOW)
@given(dialect=DIALECTS, rows=TABLES, size=st.integers(1, 60))
def test_blocks_read_by_polars_and_lines_read_one_by_one_are_the_same_rows(tmp_path, monkeypatch, dialect, rows, size):
    path, binding, _ = written(tmp_path, dialect, rows)
    assert by_blocks(monkeypatch, path, binding, size) == line_by_line(monkeypatch, path, binding)


def by_blocks(monkeypatch, path, binding, size):
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "BLOCK", size)
        patch.setattr(bulk, "SMALL", 1)
        return outcome(lambda: read_text(path, binding))


def line_by_line(monkeypatch, path, binding):
    with monkeypatch.context() as patch:
        patch.setattr(walk.Walk, "_measured", lambda *_: None)
        return outcome(lambda: read_text(path, binding))


#: Bytes that are a table, nearly.
LINES = st.lists(
    st.sampled_from(["a", "b,c", '"d,e"', '"f', 'g"', ",", "\n", "\r\n", "\r", "张", " ", '""', "TOTAL", '="1"'])
)


@settings(max_examples=300, **SLOW)
@given(
    parts=LINES,
    size=st.integers(1, 30),
    words=st.fixed_dictionaries(
        {},
        optional={
            "skip": st.sampled_from(
                [["blank"], ["header"], [{"starts_with": "b"}], [{"matches": "^,+$"}], ["blank", "header"]]
            ),
            "footer": st.sampled_from([{"starts_with": "TOTAL"}, "blank_line"]),
            "extra_fields": st.just("empty"),
            "trim": st.just(" b"),
            "quote": st.sampled_from(["none", "'"]),
            "text_after_quote": st.just("keep"),
            "formula_text": st.just(True),
            "ignore": st.just("d"),
            "strip_prefix": st.just("a"),
        },
    ),
)
@example(parts=["a", "\n", "\n"], size=1, words={"skip": ["blank"]})
def test_whatever_stands_in_a_file_both_ways_say_the_same(tmp_path, monkeypatch, parts, size, words):
    path = tmp_path / "rows.csv"
    path.write_bytes(("h,i\n" + "".join(parts)).encode())
    binding = Binding(uri="rows.csv", **words)
    assert by_blocks(monkeypatch, path, binding, size) == line_by_line(monkeypatch, path, binding)


@settings(max_examples=200, **SLOW)
@given(parts=LINES, size=st.integers(1, 30))
@example(parts=['"d,e"', "\r", "b,c"], size=1)
@example(parts=['"d,e"', "\r"], size=1)
@example(parts=['x,"c\nd"\r\r\n'], size=30)
@example(parts=['x,"c\nd"\r\r\n', "e,f\n"], size=30)
@example(parts=['"a\nb","c\nd"\r\r\n'], size=30)
@example(parts=['x,"c\nd"\r\r'], size=30)
def test_a_plain_file_is_read_alike_by_polars_alone(tmp_path, monkeypatch, parts, size):
    path = tmp_path / "rows.csv"
    path.write_bytes(("h,i\n" + "".join(parts)).encode())
    binding = Binding(uri="rows.csv")
    plain, text = outcome(lambda: read_csv(path, binding)), by_blocks(monkeypatch, path, binding, size)
    # A carriage return that stands alone is refused only where the layout is said.
    assert plain == text or isinstance(text, tuple)


@settings(max_examples=100, **SLOW)
@given(dialect=DIALECTS, rows=TABLES, size=st.integers(1, 60))
def test_each_row_has_the_line_on_which_it_begins(tmp_path, monkeypatch, dialect, rows, size):
    path, binding, meant = written(tmp_path, dialect, rows)
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "BLOCK", size)
        found = outcome(lambda: read_lines(path, binding).select(pl.col("__line")))
    assume(isinstance(found, list))
    heights = [1 + sum((value or "").count("\n") for value in row) for row in meant]
    begun = len(dialect.preamble) + 2
    assert [line for (line,) in found] == [begun + sum(heights[:at]) for at in range(len(heights))]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_even_blocks_are_left_to_polars(tmp_path, monkeypatch, separator):
    sign = "\t" if separator == "tab" else separator
    path = tmp_path / "rows.csv"
    path.write_bytes("".join(f"{sign.join(row)}\n" for row in [("a", "b"), *[("1", "张")] * 50]).encode("gb18030"))
    monkeypatch.setattr(walk.Splitting, "_quoted", None)
    binding = Binding(uri="rows.csv", separator=separator, encoding="gb18030")
    made = walk.Walk(path, binding, "rows.csv")
    assert [type(part) for part in made.parts()] == [walk.Even]


def test_a_mark_of_utf_8_says_nothing_of_the_rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(MARK + b"a,b\n1,2\n")
    assert outcome(lambda: read_text(path, Binding(uri="rows.csv"))) == [("1", "2")]
