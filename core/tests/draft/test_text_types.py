"""The type of a column of a text file: only what every value casts to, and nothing that would be a guess."""

import pytest


@pytest.mark.parametrize(
    ("values", "proposed"),
    [
        (["1", "-20", "300"], "integer"),
        (["1.5", "-20", "300.25"], "DECIMAL(5,2)"),
        (["0.001", "12345.6"], "DECIMAL(8,3)"),
        (["1e-05", "2.5"], "DOUBLE"),
        (["true", "False"], "boolean"),
        (["0", "1"], "integer"),
        (["2026-01-31", "2026-02-01"], "date"),
        (["31.01.2026", "01.02.2026"], "date %d.%m.%Y"),
        (["1/31/2026", "12/1/2026"], "date %-m/%-d/%Y"),
        (["20260131", "20260201"], "date %Y%m%d"),
        (["2026年1月31日", "2026年12月1日"], "date %Y年%-m月%-d日"),
        (["05-JAN-2026", "17-Feb-2026"], "date %d-%b-%Y"),
        (["2026-01-31 10:00:00", "2026-01-31 10:00:00.25"], "timestamp without zone"),
        (["2026-01-31T10:00:00Z", "2026-01-31T10:00:00+08:00"], "timestamp with zone"),
        (["2026-01-31 10:00:00+0800", "2026-01-31 11:00:00+0800"], "timestamp with zone"),
        (["31.01.2026 10:00", "01.02.2026 23:59"], "timestamp without zone %d.%m.%Y %H:%M"),
        (["20260131100000", "20260201235959"], "timestamp without zone %Y%m%d%H%M%S"),
        (["some", "words"], "string"),
    ],
)
def test_a_type_is_proposed_that_every_value_casts_to(csv, values, proposed):
    made = csv(x=values, other=["a", "b"] + ["c"] * (len(values) - 2))
    assert made.type_of("x") == proposed
    assert made.failures() == {"x": 0, "other": 0}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["007", "012", "101"], "leading zeros"),
        (["100200", "300400"], "one length"),
        (["6222020000000001", "1"], "15 digits"),
        (["9007199254740993", "12"], "15 digits"),
        (["+8613800000000", "12"], "country code"),
        (["1.10105E+17", "3.20311E+17"], "exponent"),
    ],
)
def test_identifiers_of_digits_stay_text(csv, values, reason):
    made = csv(x=values)
    assert made.type_of("x") == "string"
    assert reason in made.said("x")


def test_a_share_below_all_is_said_and_the_type_stays_text(csv):
    made = csv(x=["2026-01-31"] * 124 + ["soon"])
    assert made.type_of("x") == "string"
    assert "99.2 % can be read as date %Y-%m-%d" in made.said("x")


def test_one_odd_value_at_the_very_end_of_a_long_file_is_seen(csv):
    made = csv(x=[str(number % 977) for number in range(400_000)] + ["n.b."])
    assert made.type_of("x") == "string"
    assert "over 99.9 % can be read as integer" in made.said("x")


def test_day_and_month_are_not_guessed_where_both_orders_read_everything(csv):
    made = csv(x=["01/02/2026", "03/04/2026"])
    assert made.type_of("x") == "string"
    assert "%d/%m/%Y" in made.said("x")
    assert "%m/%d/%Y" in made.said("x")


def test_one_day_above_twelve_decides_the_order(csv):
    assert csv(x=["01/02/2026", "13/02/2026"]).type_of("x") == "date %d/%m/%Y"


def test_the_century_of_two_digits_is_not_guessed(csv):
    made = csv(x=["30.01.23", "01.02.24"])
    assert made.type_of("x") == "string"
    assert "century" in made.said("x")


def test_null_words_are_counted_and_keep_the_column_text(csv):
    made = csv(x=["1", "2", "NULL", "n/a"])
    assert made.type_of("x") == "string"
    assert made.column("x")["null_words"] == 2
    assert "50 % can be read as integer" in made.said("x")


def test_empty_texts_are_counted_apart_from_nulls_and_leave_the_type(tmp_path, tried):
    (tmp_path / "rows.csv").write_text('x,y\n1,a\n"",b\n,c\n')
    made = tried(tmp_path / "rows.csv")
    assert made.type_of("x") == "integer"
    assert (made.column("x")["nulls"], made.column("x")["empty"]) == (1, 1)
    assert made.failures()["x"] == made.column("x")["not_cast"] == 1
    assert "1 empty text" in made.said("x")


def test_numbers_that_the_gate_does_not_read_are_named_as_such(csv):
    made = csv(x=["1.234,50", "12,75", "1.000.000,00"])
    assert made.type_of("x") == "string"
    assert "decimal comma" in made.said("x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1.234,50", "12,75", "7", "-1.000.000,00"], 'decimal: ",", grouping: "."'),
        (["12,75", "7,5"], 'decimal: ","'),
        (["1 234,50", "12,75"], 'decimal: ",", grouping: space'),
        (["1\u202f234,50", "12,75"], 'decimal: ",", grouping: space'),
        (["1'234.50", "12.75"], 'grouping: "\'"'),
        (["1,234.50", "1,000"], 'grouping: ","'),
        (["1.234,50-", "(12,75)", "3,5"], 'decimal: ",", grouping: ".", negative: ["-", "()"]'),
    ],
)
def test_the_form_in_which_all_numbers_are_written_is_named_as_a_source_declares_it(csv, values, words):
    made = csv(x=values)
    assert made.type_of("x") == "string"
    assert f"in mesh.yaml: {words}. Then" in made.said("x")


def test_a_comma_that_may_be_either_is_left_to_the_owner(csv):
    assert "a thousand times as much" in csv(x=["1,234", "2,500"]).said("x")


def test_numbers_that_no_one_form_fits_are_said_to_be_so(csv):
    assert "not all values are in one that was tried" in csv(x=["1.234,50", "1,234.50", "7"]).said("x")


def test_more_digits_than_a_decimal_holds_stay_text(csv):
    made = csv(x=["1" * 39 + ".5", "2.5"])
    assert made.failures() == {"x": 0}


def test_blanks_around_are_counted(csv):
    made = csv(x=[" 1", "2 ", "3"])
    assert made.type_of("x") == "string"
    assert "2 values with blanks before or behind" in made.said("x")


def test_a_column_without_a_value_is_text_and_says_so(csv):
    made = csv(x=[None, None], y=["a", "b"])
    assert made.type_of("x") == "string"
    assert "null in all 2 rows" in made.said("x")


def test_what_was_seen_stands_in_comments_as_counts(csv):
    made = csv(x=[f"{number:011d}" for number in range(10_000)], y=["a", "b"] * 5_000)
    assert "no nulls in 10 000 rows" in made.said("x")
    assert "all values differ" in made.said("x")
    assert "each 11 characters long" in made.said("x")
    assert "all values differ" not in made.said("y")


def test_a_double_far_apart_is_found(csv):
    values = [f"v{number}" for number in range(300_000)]
    assert "all values differ" in csv(x=values).said("x")
    assert "all values differ" not in csv(x=[*values[:-1], "v0"]).said("x")


def test_no_rule_is_set(csv):
    made = csv(id=["A1", "A2"], amount=["1.50", "2.50"], day=["2026-01-31", "2026-02-01"], state=["open", "open"])
    for column in made.contract.columns:
        assert not (column.required or column.unique or column.key_position or column.partitioned or column.enum)
        assert column.minimum is column.maximum is column.pattern is column.min_length is column.max_length is None
    assert made.contract.rules == ()
    assert "with the business day: day." in " ".join(made.draft.notes)
    assert (made.contract.version, made.contract.status) == ("0.1.0", "draft")
