"""Numbers in the forms that institutions declare: lakh, other scripts, currencies, exponents, implied decimals."""

from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import NumberForm, Reading, casts
from hansa.cast.digits import ZEROS, script_of
from hansa.cast.numbers import SPACES
from hansa.contract.model import Column, Contract
from hypothesis import example, given
from hypothesis import strategies as st

LAKH = NumberForm(grouping=",", lakh=True)
ARABIC = NumberForm("\u066b", "\u066c", digits="arabic-indic")
WIDE = NumberForm(grouping=",", digits="fullwidth", negative=("()",))
DOLLAR = NumberForm(grouping=",", currency=("$", "US$", "USD"), negative=("-", "()"))
ZLOTY = NumberForm(",", "space", currency=("PLN",))
RUPEE = NumberForm(grouping=",", lakh=True, currency=("Rs.", "\u20b9"), negative=("DR",), positive=("CR",))
CARD = NumberForm(grouping=",", positive=("CR",), unmarked=True)
POWER = NumberForm(scientific=True)
CENTS = NumberForm(implied=2)
REFUSED = "refused"


def cast(texts, form, kind="number", **options):
    options = options or ({"precision": 38, "scale": 4} if kind == "number" else {})
    contract = Contract("t.a", "1.0.0", (Column("amount", kind, 1, **options),), "x", "0")
    frame = pl.DataFrame({"amount": texts}, schema={"amount": pl.String})
    made = casts(contract, frame.schema, Reading(numbers={"amount": form}), "UTC")["amount"]
    rows = frame.select(value=made.value, failed=made.failed).rows()
    return [REFUSED if failed else value for value, failed in rows]


READ = [
    ("1,23,456.78", LAKH, "123456.78"), ("12,34,56,789", LAKH, "123456789"), ("5,000", LAKH, "5000"),
    ("45,000", LAKH, "45000"), ("999", LAKH, "999"), ("1234567", LAKH, "1234567"), ("-1,00,000", LAKH, "-100000"),
    ("\u0661\u066c\u0662\u0663\u0664\u066b\u0665", ARABIC, "1234.5"), ("-\u0667", ARABIC, "-7"),
    ("12\u066b5", ARABIC, "12.5"),
    ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15", WIDE, "1234.5"), ("\uff08\uff15\uff09", WIDE, "-5"),
    ("\uff0d\uff15", WIDE, "-5"), ("\u3000\uff15", WIDE, "5"),
    ("-$7,461.72", DOLLAR, "-7461.72"), ("$-5", DOLLAR, "-5"), ("$5-", DOLLAR, "-5"), ("5-$", DOLLAR, "-5"),
    ("($5.00)", DOLLAR, "-5"), ("$(5.00)", DOLLAR, "-5"), ("$ (5.00)", DOLLAR, "-5"), ("US$ 1,000", DOLLAR, "1000"),
    ("1,000 USD", DOLLAR, "1000"), ("5USD", DOLLAR, "5"), ("5", DOLLAR, "5"), ("+$5", DOLLAR, "5"),
    (" $ 5 ", DOLLAR, "5"),
    ("-1\u00a0234,91 PLN", ZLOTY, "-1234.91"), ("-1\u202f234,91\u00a0PLN", ZLOTY, "-1234.91"),
    ("PLN -5,00", ZLOTY, "-5"),
    ("Rs.1,23,456.00 DR", RUPEE, "-123456"), ("1,23,456.00 DR Rs.", RUPEE, "-123456"), ("\u20b9 5 Cr", RUPEE, "5"),
    ("5 Rs. Dr", RUPEE, "-5"), ("Rs. 500.", RUPEE, "500"),
    ("1,234.00", CARD, "-1234"), ("1,234.00 Cr", CARD, "1234"), ("+5", CARD, "5"), ("-5", CARD, "-5"),
    ("1.08E-4", POWER, "0.000108"), ("6e-7", POWER, "0.0000006"), ("5E+3", POWER, "5000"), ("1.5E1", POWER, "15"),
    ("-2.50E0", POWER, "-2.5"), ("12.25", POWER, "12.25"), ("0E-9", POWER, "0"), ("1.20E+2", POWER, "120"),
    ("0000004711", CENTS, "47.11"), ("7", CENTS, "0.07"), ("-00123", CENTS, "-1.23"),
    ("12", NumberForm(implied=0), "12"),
    ("\u20135,00", NumberForm(",", minus_signs=("\u2013",)), "-5"),
    ("\u25b35,00", NumberForm(",", minus_signs=("\u25b3",)), "-5"),
    (".50", NumberForm(negative=("-",)), "0.50"), (",5-", NumberForm(",", ".", ("-",)), "-0.5"),
    ("Rs.50", RUPEE, "50"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form", "number"), READ)
def test_a_number_is_read_by_its_form(text, form, number):
    assert cast([text], form, precision=38, scale=8) == [Decimal(number)]


UNREAD = [
    ("123,456.00", LAKH), ("1,234,567", LAKH), ("1,2,345", LAKH), ("0,12,345", LAKH), ("12,3456", LAKH),
    ("1,23,45", LAKH),
    ("1,23,456", NumberForm(grouping=",")),
    ("\u0661\u0662", NumberForm()), ("\u06f1", ARABIC), ("\u0661.\u0662", ARABIC), ("\u0967", ARABIC),
    ("\uff15", NumberForm(",")), ("\u4e94", WIDE),
    ("$", DOLLAR), ("$$5", DOLLAR), ("$5$", DOLLAR), ("$5 USD", DOLLAR), ("\u20ac5", DOLLAR),
    ("5 EUR", DOLLAR), ("-$-5", DOLLAR),
    ("-($5)", DOLLAR), ("5 usd", DOLLAR), ("$1,00", DOLLAR), ("5$5", DOLLAR), ("- 5", DOLLAR),
    ("(5$", DOLLAR), ("5 $\n", DOLLAR),
    ("5 Rs. Dr Cr", RUPEE), ("-5 Dr", RUPEE), ("Rs 5", RUPEE), ("123,456 Rs.", RUPEE),
    ("-5 Cr", CARD), ("5 Dr", CARD),
    ("1.08E-4", NumberForm(",")), ("1.08E-4", NumberForm()), ("1E", POWER), ("E5", POWER), ("1.E5", POWER),
    ("1E1.5", POWER),
    ("1E+-5", POWER), ("1E99", POWER), ("1E-99", POWER), ("1E1000", POWER), ("1,5E3", POWER),
    ("1.00000001E-4", POWER),
    ("12.5", CENTS), ("1,234", CENTS), ("", CENTS), ("12 ", NumberForm(implied=9)), ("1E5", CENTS),
    (".", NumberForm(grouping=",")), (",500", NumberForm(grouping=",")), ("$.50", DOLLAR),
    ("\u20135", NumberForm(",")), ("\u2013\u20135", NumberForm(minus_signs=("\u2013",))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form"), UNREAD)
def test_what_does_not_fit_the_form_to_the_last_sign_is_refused(text, form):
    assert cast([text], form, precision=38, scale=8) == [REFUSED]


def test_more_decimals_than_the_scale_are_refused_and_never_rounded():
    assert cast(["1.2345E-2", "1.23E0", "1.2300E0"], POWER, precision=18, scale=2) == [REFUSED, *[Decimal("1.23")] * 2]


def test_decimals_that_are_implied_are_refused_where_the_contract_has_fewer():
    assert cast(["1234", "1200"], NumberForm(implied=2), precision=18, scale=0) == [REFUSED, Decimal(12)]


@pytest.mark.parametrize("text", ["-0.00", "-0", "($0.00)", "0.00-"])
def test_a_negative_zero_is_zero(text):
    found = cast([text], DOLLAR, precision=18, scale=2)
    assert [str(value) for value in found] == ["0.00"]


def test_an_exponent_makes_whole_numbers_if_it_may():
    assert cast(["5E+3", "15E-1", "1.5e1", "10E-1"], POWER, kind="integer") == [5000, REFUSED, 15, 1]


def test_a_double_keeps_its_own_exponent():
    form = NumberForm(",", scientific=True)
    assert cast(["1,5E-300", "2E5"], form, kind="number", precision=None) == [1.5e-300, 2e5]


def test_zeros_behind_a_whole_number_are_read_where_they_are_declared():
    assert cast(["5.00", "1,234.0", "5."], NumberForm(grouping=",", surplus_zeros=True), kind="integer") == [5, 1234, 5]
    assert cast(["5.10"], NumberForm(grouping=",", surplus_zeros=True), kind="integer") == [REFUSED]
    assert cast(["5.00"], NumberForm(grouping=","), kind="integer") == [REFUSED]


def test_noise_of_a_double_that_was_written_as_text_is_taken_away_where_it_is_declared():
    contract = Contract("t.a", "1.0.0", (Column("amount", "number", 1, precision=18, scale=2),), "x", "0")
    frame = pl.DataFrame(
        {"amount": ["2069.8000000000002", "285.79999999999995", "285.796", "1.5", "0.1234567890123456789"]}
    )
    for noisy, wanted in (
        ({"amount"}, ["2069.80", "285.80", None, "1.50", None]),
        ((), [None, None, None, "1.50", None]),
    ):
        made = casts(contract, frame.schema, Reading(binary_noise=frozenset(noisy)), "UTC")["amount"]
        assert [str(value) if value is not None else None for value in frame.select(made.value)["amount"]] == wanted


def test_each_script_is_told_by_its_digits():
    for script, zero in ZEROS.items():
        text = "".join(chr(ord(zero) + value) for value in (4, 0, 9))
        assert script_of(text) == script
        assert cast([text], NumberForm(digits=script)) == [Decimal(409)]
    assert (script_of("409"), script_of("\u0661\u0967")) == ("", "")


def spelled(number, form, grouped, behind, blank):
    """The number as a source of this form writes it."""
    whole, _, part = f"{abs(number):f}".partition(".")
    if form.implied is not None:
        text = (whole + part.ljust(form.implied, "0")).lstrip("0").rjust(form.implied + 1, "0")
    else:
        sign = {"space": "\u202f"}.get(form.grouping, form.grouping)
        if grouped and form.grouping:
            last = -3
            parts = [str(int(whole))[last:]]
            rest, step = str(int(whole))[:last], 2 if form.lakh else 3
            while rest:
                parts.insert(0, rest[-step:])
                rest = rest[:-step]
            whole = sign.join(parts)
        text = whole + (form.decimal + part if part else "")
    if form.digits:
        zero = ord(ZEROS[form.digits])
        text = "".join(chr(zero + int(one)) if one in "0123456789" else one for one in text)
    money = form.currency[0] if form.currency and behind is not None else ""
    text = f"{text}{blank}{money}" if behind else f"{money}{blank}{text}"
    if form.unmarked:
        return text if number.is_signed() and number else f"{text} CR"
    if not number.is_signed():
        return text
    return (
        f"({text})"
        if "()" in form.negative
        else f"-{text}"
        if not money or behind
        else f"{money}-{text[len(money) :].lstrip()}"
    )


FORMS = st.sampled_from([LAKH, ARABIC, DOLLAR, ZLOTY, RUPEE, CARD, POWER, CENTS, NumberForm("\u066b", digits="thai")])


@given(
    st.integers(-(10**18), 10**18),
    st.integers(0, 2),
    FORMS,
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.sampled_from(["", " ", "\u00a0"]),
)
@example(0, 0, CARD, True, None, "")
def test_whatever_is_written_in_a_form_comes_back_exactly(units, scale, form, grouped, behind, blank):
    number = Decimal(units).scaleb(-scale)
    blank = blank if form.currency and behind is not None else ""
    assert cast([spelled(number, form, grouped, behind, blank)], form, precision=38, scale=4) == [number]


@given(st.integers(-(10**20), 10**20), st.integers(-17, 15), st.sampled_from("eE"), st.sampled_from(["", "+"]))
def test_an_exponent_is_carried_out_exactly(mantissa, power, letter, plus):
    digits = str(abs(mantissa))
    text = f"{'-' * (mantissa < 0)}{digits[0]}.{digits[1:] or '0'}{letter}{plus if power >= 0 else ''}{power}"
    wanted = Decimal(text)
    fits = -wanted.as_tuple().exponent <= 18 or wanted == wanted.quantize(Decimal(1).scaleb(-18))
    assert cast([text], POWER, precision=38, scale=18) == [
        wanted if fits and abs(wanted) < Decimal(10) ** 20 else REFUSED
    ]


@given(st.text(f"0123456789.,'-+() DRCEe$\u20ac\u0661\u0662\uff11{SPACES}\u2212\u2013", max_size=14), FORMS)
def test_no_text_is_read_as_other_digits_than_it_has(text, form):
    if form.scientific and "e" in text.lower():
        return
    (value,) = cast([text], form, precision=38, scale=14)
    if value != REFUSED:
        plain = "".join(str(int(sign)) for sign in text if sign.isdecimal())
        assert "".join(sign for sign in f"{value:f}" if sign.isdigit()).strip("0") == plain.strip("0")
