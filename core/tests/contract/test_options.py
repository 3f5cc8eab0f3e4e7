import datetime as dt
import json
from decimal import Decimal

import pytest
from hansa.contract import read_contract
from hansa.contract.formats import check_format, strptime_of
from hansa.contract.text_formats import TEXT_FORMATS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def typed(kind, options):
    return f"name: a, {kind}, logicalTypeOptions: {{{options}}}"


TEXT, WHOLE, DOUBLE = "logicalType: string", "logicalType: integer", "logicalType: number"
MONEY = "logicalType: number, physicalType: 'DECIMAL(18,2)'"
DAY, TIME = "logicalType: date", "logicalType: timestamp"


def test_the_options_of_a_text_are_kept(contracts):
    column = contracts.column(typed(TEXT, "minLength: 1, maxLength: 3, pattern: '^[A-Z]+$'"))
    assert (column.min_length, column.max_length, column.pattern) == (1, 3, "^[A-Z]+$")


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        (WHOLE, "9007199254740993", 9007199254740993),
        (WHOLE, "1e3", 1000),
        (DOUBLE, "0.1", 0.1),
        (MONEY, "0.10", Decimal("0.10")),
        (MONEY, "1234567890123456.78", Decimal("1234567890123456.78")),
        (DAY, "2026-01-31", dt.date(2026, 1, 31)),
        (TIME, "2026-01-31T00:00:00+08:00", dt.datetime(2026, 1, 30, 16, tzinfo=dt.UTC)),
    ],
)
def test_a_bound_is_the_written_text_in_the_columns_type(contracts, kind, written, meant):
    bound = contracts.column(typed(kind, f"minimum: {written}")).minimum
    assert (bound, type(bound)) == (meant, type(meant))


def test_a_bound_without_offset_is_a_time_in_the_columns_own_zone(contracts):
    column = contracts.column(typed(TIME, "defaultTimezone: Asia/Shanghai, minimum: 2026-01-31T00:00:00"))
    assert (column.zone, column.minimum) == ("Asia/Shanghai", dt.datetime(2026, 1, 30, 16, tzinfo=dt.UTC))


def test_a_time_without_zone_has_bounds_without_offset(contracts):
    column = contracts.column(typed(TIME, "timezone: false, maximum: 2026-01-31T01:00:00"))
    assert (column.zoned, column.maximum) == (False, dt.datetime(2026, 1, 31, 1))


def test_exclusive_bounds_are_values_since_version_3_1(contracts):
    column = contracts.column(typed(WHOLE, "exclusiveMinimum: 0, exclusiveMaximum: 9"))
    assert (column.minimum, column.exclusive_minimum, column.exclusive_maximum) == (None, 0, 9)


def test_exclusive_bounds_are_flags_in_version_3_0(contracts):
    written = typed(WHOLE, "minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false")
    column = contracts.column(written, standard="v3.0.2")
    assert (column.minimum, column.exclusive_minimum, column.maximum, column.exclusive_maximum) == (None, 0, 9, None)


@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        ("format: i8", (-128, 127)),
        ("format: u16", (0, 65535)),
        ("format: i64", (None, None)),
        ("format: u64", (0, None)),
        ("format: u8, minimum: -5, maximum: 7", (0, 7)),
    ],
)
def test_the_format_of_a_whole_number_is_a_pair_of_bounds(contracts, options, bounds):
    column = contracts.column(typed(WHOLE, options))
    assert (column.minimum, column.maximum) == bounds


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("yyyy-MM-dd", "%Y-%m-%d"),
        ("dd.MM.yy", "%d.%m.%y"),
        ("yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "%Y-%m-%dT%H:%M:%S%.3f"),
        ("yyyyMMddHHmmssSSS", "%Y%m%d%H%M%S%3f"),
        ("d/M/yyyy h:mm a", "%-d/%-m/%Y %-I:%M %p"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "%+"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", "%+"),
        ("yyyy-MM-dd HH:mm:ss Z", "%Y-%m-%d %H:%M:%S %z"),
        ("yyyy年MM月dd日", "%Y年%m月%d日"),
        ("yyyy''MM-dd", "%Y'%m-%d"),
    ],
)
def test_a_pattern_of_the_jdk_becomes_one_of_strptime(pattern, meant):
    assert strptime_of(pattern) == meant
    check_format(meant, "timestamp")


def test_a_format_and_further_formats_are_tried_in_this_order(contracts):
    more = ", customProperties: [{property: formats, value: ['%d.%m.%Y']}]"
    column = contracts.column(typed(DAY, "format: yyyy-MM-dd") + more)
    assert column.formats == ("%Y-%m-%d", "%d.%m.%Y")


MISTAKES = {
    "lengths": (TEXT, "minLength: 4, maxLength: 3", "minLength 4 is above maxLength 3"),
    "look_ahead": (TEXT, "pattern: '(?=a)'", "the pattern cannot be used: look-around"),
    "back_reference": (TEXT, "pattern: '(a)\\1'", "the pattern cannot be used: backreferences are not supported"),
    "unclosed_pattern": (TEXT, "pattern: '['", "the pattern cannot be used: unclosed character class"),
    "huge_pattern": (TEXT, "pattern: '(a{1000}){1000}'", "the pattern cannot be used: it is too large"),
    "half": (WHOLE, "minimum: 0.5", "'0.5' is no whole number; column 'a' is of type integer"),
    "over_64_bits": (WHOLE, "maximum: 9223372036854775808", "does not fit 64 bits"),
    "no_number": (DOUBLE, "minimum: .nan", "'.nan' is no finite number"),
    "infinite": (DOUBLE, "maximum: .inf", "'.inf' is no finite number"),
    "rounded": (MONEY, "minimum: 0.005", "'0.005' has more than the column's 2 decimal places"),
    "too_long": (MONEY, "maximum: 12345678901234567", "does not fit DECIMAL(18,2)"),
    "crossed": (WHOLE, "minimum: 3, maximum: 2", "no value can lie between minimum 3 and maximum 2"),
    "touching": (WHOLE, "exclusiveMinimum: 3, maximum: 3", "no value can lie between exclusiveMinimum 3 and maximum 3"),
    "day_in_words": (DAY, "minimum: tomorrow", "'tomorrow' is no date such as 2026-01-31"),
    "no_such_day": (DAY, "minimum: 2026-02-30", "is a day that does not exist"),
    "time_without_offset": (TIME, "minimum: 2026-01-31T00:00:00", "has no offset; write it as"),
    "offset_without_zone": (TIME, "timezone: false, minimum: 2026-01-31T00:00:00Z", "has an offset"),
    "unknown_zone": (TIME, "defaultTimezone: Asia/Shanghay", "did you mean 'Asia/Shanghai'?"),
    "zone_without_zone": (TIME, "timezone: false, defaultTimezone: UTC", "defaultTimezone makes no sense"),
    "unknown_letters": (DAY, "format: yyyy-ww", "'ww' of the format has no counterpart here; write the customProperty"),
    "time_in_a_date": (DAY, "format: 'yyyy-MM-dd HH:mm'", "a time of day needs logicalType: timestamp"),
    "only_a_clock": (TIME, "format: 'HH:mm:ss'", "does not tell the day, month and year"),
    "infinite_multiple": (WHOLE, "multipleOf: .inf", "multipleOf is '.inf'; write a finite number"),
    "items": ("logicalType: array, items: {logicalType: string}", "minItems: 3, maxItems: 2", "minItems 3 is above"),
    "clock": ("logicalType: time", "minimum: '25:00'", "is a time of day that does not exist"),
    "clock_with_offset": ("logicalType: time", "minimum: '10:00Z'", "is no time of day such as 09:30:00"),
    "clock_crossed": ("logicalType: time", "minimum: '10:00', maximum: '09:00'", "no value can lie between minimum"),
    "clock_of_a_day": ("logicalType: time", "format: yyyy-MM-dd", "cannot write a time"),
    "half_a_clock": ("logicalType: time", "format: 'hh:mm'", "does not tell the hour and minute"),
    "too_fine": (TIME, "minimum: '2026-01-31T00:00:00.1234567Z'", "is finer than a microsecond"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_option_that_makes_no_sense_is_refused_with_its_line(contracts, mistake):
    kind, options, told = MISTAKES[mistake]
    sentence = contracts.refusal("{" + typed(kind, options) + "}")
    assert sentence.startswith("orders.odcs.yaml:10: ")
    assert told in sentence


def test_a_flag_without_its_bound_is_refused(contracts):
    told = contracts.refusal("{" + typed(WHOLE, "exclusiveMinimum: true") + "}", standard="v3.0.2")
    assert "exclusiveMinimum is true and there is no minimum; write minimum" in told


@pytest.mark.parametrize(
    ("kind", "option", "reason"),
    [
        (TEXT, "format: password", "a password is hidden from eyes"),
        (TEXT, "format: iban", "neither the standard nor the gate says what the form 'iban' is"),
        (DOUBLE, "multipleOf: 0.1", "a double is no exact multiple of 0.1; write DECIMAL(p,s)"),
        (WHOLE, "format: u128", "the table keeps whole numbers of 64 bits with a sign"),
        ("logicalType: time", "timezone: true", "a time of day is kept without time zone"),
        ("logicalType: time", "defaultTimezone: Asia/Shanghai", "a time of day is kept without time zone"),
    ],
)
def test_an_option_that_cannot_be_judged_exactly_is_shown_with_the_reason(contracts, kind, option, reason):
    contract = contracts.read("{" + typed(kind, option) + "}")
    assert [(one.name, one.reason[: len(reason)], one.line) for one in contract.unenforced] == [
        (f"a.{option.split(':')[0]}", reason, 10)
    ]


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        *((TEXT, f"format: {name}") for name in TEXT_FORMATS),
        (WHOLE, "multipleOf: 5"),
        (MONEY, "multipleOf: 0.05"),
        (DOUBLE, "multipleOf: 0.25"),
        (DOUBLE, "format: f32"),
        (DOUBLE, "format: f64"),
    ],
)
def test_an_option_that_can_be_judged_exactly_is_enforced(contracts, kind, option):
    assert contracts.read("{" + typed(kind, option) + "}").unenforced == ()


def test_a_format_of_32_bits_is_a_pair_of_bounds(contracts):
    column = contracts.column(typed(DOUBLE, "format: f32"))
    assert (column.minimum, column.maximum) == (-3.4028234663852886e38, 3.4028234663852886e38)


def test_a_time_of_day_has_bounds_formats_and_values(contracts):
    column = contracts.column(
        typed("logicalType: time", "format: 'HH:mm', exclusiveMinimum: '08:30'") + ", enum: [{value: '09:00'}]"
    )
    assert (column.formats, column.exclusive_minimum, column.enum) == (("%H:%M",), dt.time(8, 30), ("09:00",))


def test_the_values_of_an_enumeration_are_the_authors_characters(contracts):
    column = contracts.column(
        "name: a, logicalType: string, enum: [{value: NO}, {value: 012}, {value: 1_0}, {value: ''}]"
    )
    assert column.enum == ("NO", "012", "1_0", "")


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=20)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_of_an_enumeration_survives_as_written(contracts, text):
    quoted = json.dumps(text, ensure_ascii=False)
    path = contracts.path("{name: a, logicalType: string, enum: [{value: " + quoted + "}]}")
    assert read_contract(path).columns[0].enum == (text,)


@given(text=st.from_regex(r"[0-9A-Za-z][0-9A-Za-z_.+\-]{0,7}", fullmatch=True).filter(lambda t: t.lower() != "null"))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_unquoted_word_of_an_enumeration_is_its_own_characters(contracts, text):
    path = contracts.path("{name: a, logicalType: string, enum: [{value: " + text + "}]}")
    assert read_contract(path).columns[0].enum == (text,)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (TEXT, "null", "an entry of the list is null; quote it to mean the text"),
        (WHOLE, "1_0", "'1_0' is no whole number"),
        (WHOLE, "'9999999999999999999'", "does not fit 64 bits"),
        (MONEY, "1.005", "has more than the column's 2 decimal places"),
        (DAY, "31.01.2026", "is no date such as"),
        ("logicalType: boolean", "'yes'", "is neither true nor false"),
        (TIME, "2026-01-31", "has no offset; write it as"),
        ("logicalType: time", "9:00", "is no time of day such as 09:30:00"),
    ],
)
def test_a_listed_value_of_another_type_is_refused(contracts, kind, value, told):
    assert told in contracts.refusal(f"{{name: a, {kind}, enum: [{{value: {value}}}]}}")
