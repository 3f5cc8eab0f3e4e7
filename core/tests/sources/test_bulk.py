"""Looks over whole blocks say what the slow ways beside them say, whatever stands in a block."""

import gc

import pytest
from hansa.errors import DataError
from hansa.sources import Binding, bulk, csv_text
from hansa.sources.formats import read_csv
from hansa.sources.shape import Counted, Shape
from hansa.sources.text import decoding, kept, reader
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
PIECES = [b"a", b",", b'"', b'""', b'"b,c"', b'"\n"', b"\n", b"\r\n", b"\r", b"a,b\n", b"a,b\n" * 9, b'"1,2",3\r\n' * 3]
ODD = [b"\0", b"\xff", b"\xef\xbb\xbf", b"\n\xef\xbc\x88", "张".encode(), "张".encode("gbk"), b"\xe9", b"\xc3\xa9\n"]

SEPARATORS = st.sampled_from([b",", b"a"])  # below the letters, and one of them


def blocks(*more):
    return st.lists(st.sampled_from([*PIECES, *more]), min_size=1, max_size=30).map(b"".join)


@pytest.fixture
def both(monkeypatch):
    """What a call says when it looks over the whole block, and when it does not."""

    def ways(call):
        with monkeypatch.context() as patch:
            patch.setattr(bulk, "SMALL", 1)
            fast = call()
        return fast, call()

    return ways


@settings(max_examples=400, **SLOW)
@given(data=blocks(*ODD), separator=SEPARATORS, quote=st.sampled_from([b'"', b"'", b""]), width=st.integers(1, 3))
@example(data=b'"', separator=b",", quote=b'"', width=1)
@example(data=b'"a"', separator=b",", quote=b'"', width=1)
@example(data=b'a"",b\n', separator=b",", quote=b'"', width=2)
@example(data=b'a;b c\n"\n";d\n', separator=b";", quote=b'"', width=2)
def test_a_block_counts_the_same(both, data, separator, quote, width):
    fast, slow = both(lambda: Shape(separator, quote).counted(data, width))
    assert fast == slow


@pytest.mark.parametrize("data", [b'"1,2",x\n' * 20_000, b'x,"a\n,b"\n' * 20_001, b'"",""\n' * 20_000 + b'"",""'])
def test_a_large_block_has_its_rows(data):
    rows = data.count(b'"\n') or data.count(b"x\n")
    assert len(data) > bulk.SMALL
    assert Shape(b",", b'"').counted(data, 2) == Counted(rows + (not data.endswith(b"\n")), data.count(b"\n"))


def test_one_quotation_mark_that_is_misplaced_in_a_large_block_is_found():
    for odd in (b'x"y",1\n', b'"x"y,1\n', b'"x"\ry,1\n', b'"x,1\n', b'"x",1,2\n', b'"x"\n'):
        data = b'"1,2",x\n' * 20_000 + odd + b'"1,2",x\n' * 20_000
        assert Shape(b",", b'"').counted(data, 2) is None


@settings(max_examples=300, **SLOW)
@given(data=blocks(*ODD))
def test_line_ends_are_settled_alike(both, data):
    fast, slow = both(lambda: bulk.with_line_feeds(data))
    assert fast == slow == data.replace(b"\r\n", b"\n")


@settings(max_examples=300, **SLOW)
@given(data=blocks(*ODD), encoding=st.sampled_from(["gb18030", "cp1252", "shift_jis"]))
def test_a_line_of_utf_8_is_found_alike(both, tmp_path, data, encoding):
    look = decoding.Decoding(tmp_path, Binding(uri="x.csv", encoding=encoding), "x.csv")._utf8_line
    fast, slow = both(lambda: look(data))
    assert fast == slow


@settings(max_examples=300, **SLOW)
@given(data=blocks(*ODD))
def test_the_first_byte_of_lines_and_utf_8_are_seen_exactly(both, data):
    (begins, is_utf8), _ = both(lambda: (bulk.may_begin_a_line(data, 0xEF), bulk.is_utf8(data)))
    assert begins == (b"\n\xef" in data)
    assert is_utf8 == (data.decode("utf-8", "replace").encode() == data)


def examined(path):
    try:
        return csv_text.examine(path, ",", "rows.csv")
    except DataError as error:
        return error.sentence()


@settings(max_examples=300, **SLOW)
@given(data=blocks(*ODD), size=st.integers(1, 40))
@example(data=b"a,b\n\n\na,b\n", size=1)
def test_a_file_is_examined_alike_ahead_and_in_its_turn(tmp_path, monkeypatch, data, size):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"h,i\n" + data)
    with monkeypatch.context() as patch:
        patch.setattr(csv_text, "_BLOCK", size)
        patch.setattr(bulk, "SMALL", 1)
        ahead = examined(path)
        patch.setattr(csv_text._Pass, "_plain", lambda *_: None)
        patch.setattr(bulk, "SMALL", 1 << 30)
        assert ahead == examined(path)


# ---------------------------------------------------------------------- blocks that are kept
ROWS = [(f"{at}", "张") for at in range(500)]


@pytest.fixture
def export(tmp_path, monkeypatch):
    """A file of many blocks, and its binding."""
    monkeypatch.setattr(decoding, "BLOCK", 64)
    path = tmp_path / "rows.csv"
    path.write_bytes("".join(["title\r\n", "a,b\r\n", *(f"{a},{b}\r\n" for a, b in ROWS)]).encode("gb18030"))
    return path, Binding(uri="rows.csv", encoding="gb18030", header={"line": 2})


@pytest.fixture
def decoded(monkeypatch):
    """The blocks that are decoded from now on."""
    seen = []

    def heard(data):
        seen.append(data)
        return bulk.with_line_feeds(data)

    monkeypatch.setattr(decoding, "with_line_feeds", heard)
    return seen


def test_what_was_kept_is_not_decoded_again_however_often_it_is_read(export, decoded):
    frame = read_csv(*export)
    whole = len(decoded)
    assert frame.collect().rows() == ROWS
    assert frame.select("b", "a").collect().rows() == [(b, a) for a, b in ROWS]
    assert len(decoded) == whole


@pytest.mark.parametrize("room", [0, 100, 3000, 1 << 20])
def test_a_header_that_comes_again_is_known_wherever_the_first_one_is_kept(tmp_path, monkeypatch, room):
    monkeypatch.setattr(decoding, "BLOCK", 64)
    monkeypatch.setattr(kept, "ROOM", room)
    path = tmp_path / "rows.csv"
    path.write_bytes("".join(f"{a},{b}\r\n" for a, b in [("a", "b"), *ROWS, ("a", "b"), *ROWS]).encode("gb18030"))
    frame = read_csv(path, Binding(uri="rows.csv", encoding="gb18030", skip=["header"]))
    assert frame.collect().rows() == frame.collect().rows() == [*ROWS, *ROWS]


@pytest.mark.parametrize("room", [0, 100, 3000])
def test_what_has_no_room_is_read_again(export, monkeypatch, room):
    monkeypatch.setattr(kept, "ROOM", room)
    frame = read_csv(*export)
    assert frame.collect().rows() == frame.collect().rows() == ROWS


def test_all_files_together_keep_no_more_than_there_is_room_for(export, monkeypatch):
    gc.collect()
    before = sum(one.size for one in kept._ALL)
    monkeypatch.setattr(kept, "ROOM", before + 1000)
    surveys = [reader.surveyed(*export) for _ in range(3)]
    assert 900 < sum(one.kept.size for one in surveys) <= 1000


def test_what_is_kept_goes_with_its_frame(export):
    gc.collect()
    before = sum(one.size for one in kept._ALL)
    frame = read_csv(*export)
    frame.collect()
    assert sum(one.size for one in kept._ALL) > before
    del frame
    gc.collect()
    assert sum(one.size for one in kept._ALL) == before


def test_a_file_that_changed_is_refused_though_all_of_it_was_kept(export):
    frame = read_csv(*export)
    export[0].write_bytes(export[0].read_bytes() + b"1,2\r\n")
    with pytest.raises(Exception, match="changed while it was read"):
        frame.collect()
