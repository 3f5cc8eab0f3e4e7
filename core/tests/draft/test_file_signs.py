"""One file, one form of numbers: what one column shows of its decimal sign is asked of the others."""

import polars as pl
import pytest
from hansa.contract_draft import draft_from, open_data_file

COMMAS = ["1.234,56", "12,75"]
PUBLISH = "hansa publish CONTRACT FILE"


def test_a_point_that_may_part_thousands_is_asked_where_another_column_has_a_decimal_comma(csv):
    made = csv(amount=COMMAS, pieces=["1.000", "2.500"])
    assert made.type_of("pieces") == "string"
    said = made.said("pieces")
    assert "a thousand times as much" in said
    assert f"{PUBLISH} --decimal , --grouping ." in said
    assert 'decimal: ",", grouping: "."' in said
    assert 'mapping: {decimal: {pieces: "."}, grouping: {pieces: none}}' in said


def test_the_same_is_asked_where_the_other_column_shows_a_comma_and_no_thousands(csv):
    said = csv(rate=["12,75", "3,5"], pieces=["1.000", "7"]).said("pieces")
    assert f"{PUBLISH} --decimal , --grouping ." in said


def test_a_comma_that_may_be_decimal_is_asked_where_another_column_has_a_decimal_point(csv):
    made = csv(amount=["1,234.56", "12.75"], pieces=["1,000", "2,500"])
    said = made.said("pieces")
    assert made.type_of("pieces") == "string"
    assert "a thousand times as much" in said
    assert "other columns of the file have a decimal point" in said
    assert f"{PUBLISH} --grouping ," in said
    assert 'grouping: ","' in said
    assert 'mapping: {decimal: {pieces: ","}, grouping: {pieces: none}}' in said


def test_a_comma_alone_is_asked_with_the_command_for_either_meaning(csv):
    said = csv(x=["1,234", "2,500"]).said("x")
    assert f"{PUBLISH} --decimal ," in said
    assert f"{PUBLISH} --grouping ," in said


def test_a_point_is_asked_where_the_comma_of_another_column_may_be_either(csv):
    assert "a thousand times as much" in csv(one=["1,234", "2,500"], other=["1.000", "2.500"]).said("other")


def test_a_point_in_a_file_without_a_decimal_comma_is_decimal(csv):
    made = csv(amount=["1.234", "12.75"], rate=["1.000", "2.500"], name=["a,b", "c"])
    assert made.type_of("rate") == "DECIMAL(4,3)"
    assert "thousand" not in made.said("rate")


def test_a_point_that_can_only_be_decimal_is_no_question_but_needs_a_word_of_its_own(csv):
    made = csv(amount=COMMAS, rate=["0.5", "12.75"])
    assert made.type_of("rate") == "DECIMAL(4,2)"
    assert "thousand times" not in made.said("rate")
    assert 'mapping: {decimal: {rate: "."}, grouping: {rate: none}}' in made.said("rate")


def test_whole_numbers_are_the_same_in_every_form(csv):
    made = csv(amount=COMMAS, pieces=["1000", "7"])
    assert made.type_of("pieces") == "integer"
    assert "decimal" not in made.said("pieces")


def test_the_command_has_the_separator_and_the_marks_that_the_file_needs(tmp_path, tried):
    (tmp_path / "rows.csv").write_text("id;amount\nA;1.234,56-\nB;(12,75)\n")
    said = tried(tmp_path / "rows.csv", separator=";").said("amount")
    assert f"{PUBLISH} --separator ';' --decimal , --grouping . --negative - --negative '()'" in said


def test_blanks_and_strokes_between_thousands_say_nothing_of_the_decimal_sign(csv):
    blanks, strokes = csv(x=["1 000", "2 500"]).said("x"), csv(x=["1'000", "2'500"]).said("x")
    assert "thousand times" not in blanks + strokes
    assert f"{PUBLISH} --grouping space" in blanks
    assert f'''{PUBLISH} --grouping "'"''' in strokes


def test_a_minus_behind_alone_asks_for_no_sign(csv):
    said = csv(x=["5-", "7-", "3"]).said("x")
    assert "decimal" not in said.split("in mesh.yaml")[1].split("Then")[0]
    assert f"{PUBLISH} --negative -" in said


def test_two_columns_of_two_forms_are_declared_by_column(csv):
    made = csv(one=["1.234,56", "2.000,75"], two=["1,234.56", "2,000.75"])
    assert 'mapping: {decimal: {one: ","}, grouping: {one: "."}}' in made.said("one")
    assert 'mapping: {grouping: {two: ","}}' in made.said("two")
    assert PUBLISH not in made.said("one") + made.said("two")


def test_texts_of_a_typed_file_are_asked_too(parquet):
    made = parquet(pl.DataFrame({"amount": COMMAS, "pieces": ["1.000", "2.500"]}))
    assert f"{PUBLISH} --decimal , --grouping ." in made.said("pieces")


@pytest.mark.parametrize("values", [["", ""], ["n/a", "-"], [None, None]])
def test_a_column_without_a_number_says_nothing_of_signs(csv, values):
    made = csv(amount=COMMAS, x=values)
    assert PUBLISH not in made.said("x")


def test_the_draft_without_its_text_types_is_what_the_command_publishes(tmp_path):
    """The words of the draft are those that the gate understands: all rows pass under them."""
    from hansa.cast import casts
    from hansa.contract import read_contract
    from hansa.sources import built_in_readers, open_file

    file = tmp_path / "rows.csv"
    file.write_text("id;amount;pieces\nA;1.234,56;1.000\nB;12,75;2.500\n")
    text = draft_from(open_data_file(file, separator=";"), "bank.rows").text
    number = 'logicalType: number, physicalType: "DECIMAL(18,2)"'
    for name in ("amount", "pieces"):
        text = text.replace(f"{{name: {name}, logicalType: string}}", f"{{name: {name}, {number}}}")
    path = tmp_path / "rows.odcs.yaml"
    path.write_text(text)
    contract = read_contract(path)
    source = open_file(file, contract, built_in_readers(), separator=";", decimal=",", grouping=".")
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    read = source.frame.select(made[name].value.alias(name) for name in ("amount", "pieces")).collect()
    assert [str(one) for one in read["pieces"]] == ["1000.00", "2500.00"]
