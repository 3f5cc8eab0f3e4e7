"""Normal forms: one person, one spelling; what cannot be of its kind is told."""

from __future__ import annotations

import time

import polars as pl
import pytest
from hansa.secrets import KINDS, NORMAL_FORMS, display, empty, invalid, normal
from hypothesis import example, given, settings
from hypothesis import strategies as st

kinds = pytest.mark.parametrize("kind", sorted(KINDS))
#: Texts near to identifiers: digits of several scripts, grouping, unseen marks, and anything else.
TEXTS = st.one_of(
    st.text(max_size=25),
    st.text("0123456789 -+.xX()'*", max_size=25),
    st.text("０１９+＋ －‐·　\u200b\u202d٣٤1a@Ａ王\ufeff\u0301", max_size=25),
    st.from_regex(r"(\+86|0086|86|0)?1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{14}([0-9]{2}[0-9xX])?", fullmatch=True),
)


def flags(values, kind):
    return invalid(pl.Series(values, dtype=pl.String), kind).to_list()


@kinds
@settings(deadline=None)
@given(values=st.lists(TEXTS, max_size=8))
@example(values=["\u3164", "\uffa0", "a\u200d\u0301", "İ", "ß", "\u00a8", "ﷺ"])
def test_the_form_of_many_is_the_form_of_each(kind, values):
    assert normal(pl.Series(values, dtype=pl.String), kind).to_list() == [NORMAL_FORMS[kind](text) for text in values]


@kinds
@settings(deadline=None)
@given(text=TEXTS)
@example(text="a\u200d\u0301")
@example(text="İ")
@example(text="A \u0301")
def test_a_normal_form_is_its_own_normal_form(kind, text):
    form = NORMAL_FORMS[kind](text)
    assert NORMAL_FORMS[kind](form) == form


@kinds
@settings(deadline=None)
@given(values=st.lists(st.none() | TEXTS, max_size=8))
def test_a_text_is_empty_or_invalid_or_has_a_form_in_shape_and_only_one_of_these(kind, values):
    texts = pl.Series(values, dtype=pl.String)
    shaped = normal(texts, kind).str.contains(KINDS[kind].shape).fill_null(True)
    assert pl.select(empty(texts, kind).cast(int) + invalid(texts, kind) + shaped).to_series().to_list() == [1] * len(
        values
    )


@kinds
@settings(deadline=None)
@given(text=st.text(max_size=25))
def test_what_is_settled_is_in_normal_form_and_in_shape(kind, text):
    settled = pl.Series([text, NORMAL_FORMS[kind](text)]).str.contains(KINDS[kind].settled)
    for value in pl.Series([text, NORMAL_FORMS[kind](text)]).filter(settled):
        assert (NORMAL_FORMS[kind](value), flags([value], kind)) == (value, [False])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mobile", "0"),
        ("mobile", "1234567890"),
        ("mobile", "199000000171"),
        ("mobile", "1990000QQ17"),
        ("mobile", "199****0017"),
        ("mobile", "+8612345"),
        ("mobile", "19900000017.0"),
        ("mobile", "12900000017"),
        ("card_number", "123"),
        ("card_number", "6222 00** **** 1234 56"),
        ("card_number", "622200****001234"),
        ("card_number", "6222000000001234.0"),
        ("card_number", "6222E12"),
        ("identity_number", "11010119900101001"),
        ("identity_number", "X10101199001010011"),
        ("identity_number", "01010119900101001X"),
        ("identity_number", "0"),
        ("email", "somebody"),
        ("email", "@b.example"),
        ("email", "a@b@c.example"),
        ("email", "a b@c.example"),
        ("name", "0"),
        ("name", "?!"),
        ("identifier", "-"),
        ("identifier", "A\x00B"),
    ],
)
def test_what_cannot_be_of_its_kind_is_invalid(kind, value):
    assert flags([value, None, ""], kind) == [True, False, False]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mobile", "15400000001"),
        ("mobile", "+852 9123 4567"),
        ("mobile", "0085291234567"),
        ("card_number", "9999990000000004"),
        ("card_number", "6222-0000-0000-0000-123"),
        ("identity_number", "990101199001010019"),
        ("identity_number", "110101199001010015"),
        ("identity_number", "110101900101001"),
        ("email", "A.B+c@Example.com"),
        ("name", "王小明"),
        ("name", "Ann-Marie O'Neill"),
        ("identifier", "00042"),
    ],
)
def test_what_can_be_of_its_kind_is_valid_whatever_its_check_digit(kind, value):
    assert flags([value], kind) == [False]


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("mobile", "019900000017", "19900000017"),
        ("mobile", "'19900000017", "19900000017"),
        ("mobile", "١٩٩٠٠٠٠٠٠١٧", "19900000017"),
        ("mobile", "199−0000−0017", "19900000017"),
        ("mobile", "19900000017\u2066", "19900000017"),
        ("identity_number", "110101900101001", "110101199001010015"),
        ("identity_number", "１１０１０１ 900101 001", "110101199001010015"),
        ("identity_number", "110101900101996", "110101189001019969"),
        ("name", "e\u0301", "\u00e9"),
    ],
)
def test_two_spellings_of_one_thing_have_one_form(kind, one, same):
    old, new = normal(pl.Series([one, same]), kind).to_list()
    assert old == new


@pytest.mark.parametrize(("value", "bare"), [("", True), (" - ", True), (None, False), ("0", False), ("王", False)])
def test_what_holds_nothing_counts_as_empty(value, bare):
    assert empty(pl.Series([value], dtype=pl.String), "mobile").to_list() == [bare]


@pytest.mark.parametrize(
    ("kind", "clear", "shown"),
    [
        ("mobile", "199 0000 0017", "199****0017"),
        ("card_number", "6222000000001234", "6222****1234"),
        ("identity_number", "11010119900101123x", "110***********123X"),
        ("name", "张三丰", "张*"),
        ("email", "ann@b.example", "a***@b.example"),
        ("identifier", "CUSTOMER-1234", "****1234"),
        ("identifier", "A1", "****"),
        ("mobile", "0", "****"),
    ],
)
def test_the_middle_of_a_value_is_hidden(kind, clear, shown):
    assert display(kind, clear) == shown


@pytest.mark.parametrize("width", [0, 1])
def test_no_value_means_no_work(width):
    nothing = pl.Series([None] * width, dtype=pl.String)
    assert normal(nothing, "mobile").to_list() == [None] * width


def test_a_quarter_million_loose_spellings_take_no_loop_in_python(monkeypatch):
    def refuse(value):
        raise AssertionError("went through Python")

    loose = [f"+86 199-{number // 10000:04d} {number % 10000:04d}" for number in range(125_000)]
    wide = [f"１９８{number:08d}" for number in range(125_000)]
    monkeypatch.setitem(KINDS, "mobile", type(KINDS["mobile"])(**{**vars(KINDS["mobile"]), "form": refuse}))
    began = time.process_time()
    assert not invalid(pl.Series(loose + wide), "mobile").any()
    assert time.process_time() - began < 10
