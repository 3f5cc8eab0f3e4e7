"""How a source writes its numbers, said once for all of them or for a column, and what cannot be meant."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hansa.cast import NumberForm, Reading, casts
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.sources import Binding, MappingWords, built_in_readers, open_file, open_source
from pydantic import ValidationError

ACCOUNT = Contract(
    "bank.accounts",
    "1.0.0",
    (
        Column("id", "string", 1, required=True),
        Column("amount", "number", 2, precision=18, scale=2),
        Column("balance", "number", 3, precision=18, scale=2),
        Column("entries", "integer", 4),
    ),
    Path("accounts.odcs.yaml"),
    digest="0",
)
ROWS = b"id;amount;balance;entries\n1,5;1.234,56;1,234.56;1.000\n2;12;(3.00);2\n3;-0,5;7;3\n"
EXPORTS = Path(__file__).parents[4] / "shared" / "data" / "exports" / "cases"


@pytest.fixture
def opened(bound):
    return lambda mapping=None, content=ROWS, **words: bound(content, mapping, contract=ACCOUNT, separator=";", **words)


def read(source, contract=ACCOUNT):
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    return source.frame.select(**{name: one.value for name, one in made.items()}).collect()


def test_the_signs_of_a_source_are_those_of_all_its_numbers(opened):
    source = opened(decimal=",", grouping=".")
    assert set(source.reading.numbers) == {"amount", "balance", "entries"}
    found = read(source)
    assert found["amount"].to_list() == [Decimal("1234.56"), Decimal(12), Decimal("-0.50")]
    assert found["entries"].to_list() == [1000, 2, 3]


def test_a_column_may_be_written_in_its_own_way(opened):
    mapping = {"decimal": {"balance": "."}, "grouping": {"balance": ","}, "negative": {"balance": ["()"]}}
    found = read(opened(mapping, decimal=",", grouping="."))
    assert found["balance"].to_list() == [Decimal("1234.56"), Decimal("-3.00"), Decimal(7)]
    assert found["amount"].to_list()[0] == Decimal("1234.56")


def test_a_column_may_have_no_thousands_where_its_source_has(opened):
    reading = opened({"grouping": {"entries": "none"}}, decimal=",", grouping=".").reading
    assert reading.numbers["entries"] == NumberForm(",")


def test_the_values_stand_in_the_frame_as_they_came(opened):
    assert opened(decimal=",", grouping=".").frame.collect()["amount"].to_list() == ["1.234,56", "12", "-0,5"]


def test_where_nothing_is_declared_nothing_is_handed_on(opened):
    assert opened().reading == Reading()


def test_a_constant_is_written_plainly_in_the_mesh_file(opened):
    source = opened({"constant": {"amount": "1.50"}}, decimal=",", grouping=".")
    assert "amount" not in source.reading.numbers
    assert read(source)["amount"].to_list() == [Decimal("1.50")] * 3


def test_numbers_that_are_no_texts_are_read_as_they_are(tmp_path):
    pl.DataFrame({"id": ["1"], "amount": [1.5]}).write_parquet(tmp_path / "a.parquet")
    binding = Binding(uri="a.parquet", decimal=",", grouping=".")
    source = open_source(binding, ACCOUNT, tmp_path, built_in_readers())
    assert (source.reading.numbers, read(source)["amount"].to_list()) == ({}, [Decimal("1.50")])


def test_the_words_of_no_value_come_first(opened):
    content = b"id;amount\n1;-\n2;1,5\n"
    found = read(opened(content=content, decimal=",", null_words=["-"]))
    assert found["amount"].to_list() == [None, Decimal("1.50")]


@pytest.mark.parametrize(
    ("mapping", "words", "place", "what"),
    [
        ({"decimal": {"id": ","}}, {}, "mapping.decimal.id", "is of type string"),
        ({"grouping": {"sum": ","}}, {}, "mapping.grouping.sum", "has no column 'sum'"),
        ({"constant": {"amount": "1"}, "decimal": {"amount": ","}}, {}, "mapping.decimal.amount", "does not come from"),
        ({"grouping": {"amount": "."}}, {}, "mapping.grouping.amount", "cannot part thousands and be the decimal sign"),
        ({}, {"grouping": "."}, "grouping", "cannot part thousands and be the decimal sign"),
        ({}, {"negative": ["DR"], "positive": ["dr"]}, "positive", "a mark says negative and positive"),
    ],
)
def test_words_that_do_not_fit_are_named_with_their_place(opened, mapping, words, place, what):
    with pytest.raises(MeshError, match=what) as raised:
        opened(mapping, **words)
    assert (raised.value.code, raised.value.where) == ("source.mapping", f"sources.bank.accounts.{place}")


def test_a_form_of_a_column_that_is_no_text_is_refused(tmp_path):
    pl.DataFrame({"id": ["1"], "amount": [1.5]}).write_parquet(tmp_path / "a.parquet")
    binding = Binding(uri="a.parquet", mapping={"decimal": {"amount": ","}})
    with pytest.raises(MeshError, match="is no text in the file"):
        open_source(binding, ACCOUNT, tmp_path, built_in_readers())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"decimal": ";"}, "no decimal sign; write '.' or ',' in quotes"),
        ({"decimal": ""}, "no decimal sign"),
        ({"grouping": "-"}, "no sign between thousands"),
        ({"grouping": "0"}, "no sign between thousands"),
        ({"negative": ["D1"]}, "no mark of a sign; write '-', '\\(\\)' in quotes, or a word of letters"),
        ({"negative": [""]}, "no mark of a sign"),
        ({"positive": ["()"]}, "no mark of a sign"),
        ({"negative": [False]}, "no text; put it in quotes"),
    ],
)
def test_signs_that_cannot_be_meant_are_refused(words, message):
    with pytest.raises(ValidationError, match=message):
        Binding(uri="x.csv", **words)


@pytest.mark.parametrize("sign", [" ", "\u00a0", "\u202f", "space"])
def test_every_blank_between_thousands_is_one_word(sign):
    assert Binding(uri="x.csv", grouping=sign).grouping == "space"


def test_a_binding_that_says_nothing_of_numbers_is_the_one_of_before():
    told = json.loads(Binding(uri="x.csv").model_dump_json())
    assert not {"decimal", "grouping", "negative", "positive"} & {*told, *told["mapping"]}


def test_a_binding_with_forms_comes_back_from_its_json():
    binding = Binding(uri="x.csv", decimal=",", negative=["DR"], mapping=MappingWords(grouping={"a": "space"}))
    assert Binding(**json.loads(binding.model_dump_json())) == binding


def test_a_file_without_a_mesh_has_signs_too(tmp_path):
    (tmp_path / "a.csv").write_bytes(ROWS)
    source = open_file(tmp_path / "a.csv", ACCOUNT, built_in_readers(), separator=";", decimal=",", grouping=".")
    assert read(source)["amount"].to_list()[0] == Decimal("1234.56")


@pytest.mark.parametrize(
    ("options", "place"),
    [({"decimal": "x"}, "--decimal"), ({"grouping": "x"}, "--grouping"), ({"grouping": "."}, "--grouping")],
)
def test_a_sign_that_cannot_be_meant_names_the_option(tmp_path, options, place):
    (tmp_path / "a.csv").write_bytes(ROWS)
    with pytest.raises(MeshError) as raised:
        open_file(tmp_path / "a.csv", ACCOUNT, built_in_readers(), separator=";", **options)
    assert (raised.value.where, raised.value.code in ("source.sign", "source.mapping")) == (place, True)


@pytest.mark.shared
def test_a_list_with_padded_numbers_and_minuses_behind_sums_up_exactly():
    told = json.loads((EXPORTS / "021-sap-pages-trailing-minus" / "expected.json").read_text())
    text = (EXPORTS / "021-sap-pages-trailing-minus" / "input.txt").read_text(encoding="cp1252")
    fields = [line.split("|") for line in text.splitlines() if line.startswith("|0")]
    frame = pl.DataFrame({"amount": [row[4] for row in fields]})
    form = NumberForm(",", ".", negative=("-",))
    made = casts(ACCOUNT, frame.schema, Reading(numbers={"amount": form}), "UTC")["amount"]
    values = frame.select(made.value).to_series().to_list()
    assert (str(sum(values)), len(values)) == (told["amount_sum"], told["rows"])


def amounts(case, form):
    """The amounts of a German export, read by a form: values, and how many were refused."""
    lines = (EXPORTS / case / "input.csv").read_text(encoding="utf-8-sig").splitlines()
    begin = next(at for at, line in enumerate(lines) if "Betrag" in line)
    rows = list(csv.reader(lines[begin:], delimiter=";"))
    place = next(at for at, name in enumerate(rows[0]) if name.startswith("Betrag"))
    frame = pl.DataFrame({"amount": [row[place] for row in rows[1:]]})
    made = casts(ACCOUNT, frame.schema, Reading(numbers={"amount": form}), "UTC")["amount"]
    found = frame.select(value=made.value, failed=made.failed)
    return found["value"].to_list(), found["failed"].sum()


@pytest.mark.shared
def test_the_sum_of_a_german_export_is_exact():
    told = json.loads((EXPORTS / "016-dkb-2023" / "expected.json").read_text())
    values, refused = amounts("016-dkb-2023", NumberForm(",", "."))
    assert (str(sum(values)), len(values), refused) == (told["amount_sum"], told["rows"], 0)


@pytest.mark.shared
def test_rows_that_were_saved_again_with_a_point_are_refused_not_read_ten_times_too_large():
    values, refused = amounts("023-de-mixed-decimal", NumberForm(",", "."))
    assert refused == 2
    assert Decimal(-1107) not in values
