"""The words about values: what each may be, what contradicts another, and that one that is not used is not written."""

import json

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.sources import Binding, MappingWords, built_in_readers, open_source
from hansa.sources.value_words import ColumnWords, FoldWords, SignWords
from pydantic import ValidationError

ENTRIES = Contract(
    "bank.entries",
    "1.0.0",
    (
        Column("id", "string", 1),
        Column("amount", "number", 2, precision=18, scale=2),
        Column("count", "integer", 3),
        Column("day", "date", 4),
        Column("at", "timestamp", 5),
        Column("local", "timestamp", 6, zoned=False),
    ),
    "entries.odcs.yaml",
    "0",
)
ROWS = b"id,amount,count,day,at,local,flag,in,out\n1,1.50,7,01.02.23,2023-07-01 12:00:00,2023-07-01 12:00:00,H,1,\n"
FLAG = {"flag": "flag", "plus": ["H"], "minus": ["S"]}
YEARS = {"two_digit_years": 2000, "formats": {"day": ["%d.%m.%y"]}}


@pytest.fixture
def opened(bound):
    def made(mapping=None, **words):
        mapping = {"formats": {"day": ["%d.%m.%Y"]}, **(mapping or {})}
        return bound(ROWS, mapping, contract=ENTRIES, **words)

    return made


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"digits": "arabic"}, "no script whose digits are read; did you mean 'arabic-indic'"),
        ({"currency": ["5"]}, "no sign of a currency"),
        ({"currency": ["-$"]}, "no sign of a currency"),
        ({"currency": [" EUR"]}, "no sign of a currency"),
        ({"currency": [""]}, "no sign of a currency"),
        ({"currency": ["."]}, "no sign of a currency"),
        ({"minus_signs": ["x"]}, "no sign that can be a minus"),
        ({"minus_signs": ["."]}, "no sign that can be a minus"),
        ({"grouping_size": "two"}, "'thousand' or 'lakh'"),
        ({"two_digit_years": "1970"}, "no year; write the first of the hundred years"),
        ({"two_digit_years": True}, "no year"),
        ({"two_digit_years": 70}, "no year"),
        ({"mapping": {"implied_decimals": {"a": -1}}}, "no count of decimals"),
        ({"mapping": {"implied_decimals": {"a": "2"}}}, "no count of decimals"),
        ({"mapping": {"take_before": {"a": ""}}}, "write the text before which the value ends"),
        ({"mapping": {"zone_names": {"a": {"CET": "Berlin"}}}}, "no known time zone"),
        ({"mapping": {"sign": {"a": {}}}}, "no way to tell a sign"),
        ({"mapping": {"sign": {"a": {"flag": "f"}}}}, "no words of the flag"),
        ({"mapping": {"sign": {"a": {"flag": "f", "plus": "x"}}}}, "two ways to tell a sign"),
        ({"mapping": {"sign": {"a": {"flag": "f", "plus": ["x"], "minus": ["x"]}}}}, "a word of the flag in two lists"),
        ({"mapping": {"sign": {"a": {"flag": "f", "plus": [True]}}}}, "no words and no column"),
        ({"mapping": {"sign": {"a": {"flag": "f", "plus": [None], "none": [""]}}}}, "in two lists"),
        ({"mapping": {"sign": {"a": {"plus": "x", "minus": ["y"]}}}}, "no way to tell a sign"),
        ({"mapping": {"sign": {"a": {"plus": "x", "minus": "x"}}}}, "one column for both signs"),
        ({"mapping": {"sign": {"a": {"plus": "x", "minus": "y", "none": ["z"]}}}}, "no way to tell a sign"),
        ({"mapping": {"sign": {"a": {"unmarked": "minus", **FLAG}}}}, "two ways to tell a sign"),
        ({"mapping": {"sign": {"a": {"unmarked": "plus"}}}}, "'minus'"),
        ({"mapping": {"fold": {"a": "third"}}}, "neither first nor second"),
        ({"mapping": {"fold": {"a": {"column": "x"}}}}, "without words for both"),
        ({"mapping": {"fold": {"a": {"column": "x", "first": ["a"], "second": ["a"]}}}}, "one word for both"),
        ({"mapping": {"fold": {"a": {}}}}, "not told in one way"),
    ],
)
def test_words_that_cannot_be_meant_are_refused(words, message):
    with pytest.raises(ValidationError, match=message):
        Binding(uri="x.csv", **words)


@pytest.mark.parametrize(
    ("mapping", "words", "place", "what"),
    [
        ({"scientific": ["id"]}, {}, "scientific", "is of type string"),
        ({"identifiers": ["amount"]}, {}, "identifiers", "is of type number"),
        ({"implied_decimals": {"count": 2}}, {}, "implied_decimals.count", "is of type integer"),
        ({"zone_column": {"day": "flag"}}, {}, "zone_column.day", "is of type date"),
        ({"currency": {"sum": ["$"]}}, {}, "currency.sum", "has no column 'sum'"),
        ({"sign": {"id": FLAG}}, {}, "sign.id", "is of type string"),
        ({"sign": {"amount": FLAG | {"flag": "flagg"}}}, {}, "sign.amount.flag", "did you mean 'flag'"),
        ({"sign": {"amount": FLAG | {"column": "x"}}}, {}, "sign.amount.column", "the file has no column 'x'"),
        ({"sign": {"amount": {"plus": "in", "minus": "ou"}}}, {}, "sign.amount.minus", "has no column 'ou'"),
        ({"sign": {"amount": FLAG}, "constant": {"amount": "1"}}, {}, "sign.amount", "by constant and by sign"),
        (
            {"sign": {"amount": {"plus": "in", "minus": "out"}}, "rename": {"amount": "amount"}},
            {}, "sign.amount", "is given by rename and by sign",
        ),
        (
            {"sign": {"amount": {"plus": "in", "minus": "out"}}, "value_map": {"amount": {"a": "1"}}},
            {}, "value_map.amount", "does not come from the file",
        ),
        (
            {"sign": {"amount": FLAG}, "negative": {"amount": ["-"]}},
            {}, "negative.amount", "the sign of 'amount' stands in another column",
        ),
        ({"sign": {"amount": {"unmarked": "minus"}}}, {}, "sign.amount", "no mark says positive"),
        (
            {"implied_decimals": {"amount": 2}, "decimal": {"amount": ","}},
            {}, "decimal.amount", "the decimals of 'amount' are implied",
        ),
        (
            {"implied_decimals": {"amount": 2}, "scientific": ["amount"]},
            {}, "scientific", "the decimals of 'amount' are implied",
        ),
        ({"grouping_size": {"amount": "lakh"}}, {}, "grouping_size.amount", "nothing parts its digits"),
        (
            {"currency": {"amount": ["R"]}, "positive": {"amount": ["D"]}, "negative": {"amount": ["DR"]}},
            {}, "currency.amount", "spelled together",
        ),
        ({"take_before": {"amount": " x"}, "constant": {"amount": "1"}}, {}, "take_before.amount", "does not come"),
        ({"null_words": {"id": ["-"]}, "constant": {"id": "1"}}, {}, "null_words.id", "does not come from the file"),
        ({"zone_names": {"at": {"X": "UTC"}}}, {}, "zone_names.at", "no column of the file says its zone"),
        (
            {"zone_column": {"at": "flag"}, "timezone": {"at": "UTC"}},
            {}, "zone_column.at", "the zone of 'at' is said by timezone too",
        ),
        ({"zone_column": {"local": "flag"}}, {}, "zone_column.local", "keeps 'local' as it is written"),
        (
            {"zone_column": {"at": "flag"}, "formats": {"at": ["%Y-%m-%d %H:%M:%S%z"]}},
            {}, "zone_column.at", "the texts of 'at' carry their offset",
        ),
        ({"fold": {"at": "first"}}, {}, "fold.at", "no zone is said of 'at'"),
        ({"fold": {"at": "first"}, "zone_column": {"at": "flag"}}, {}, "fold.at", "no zone is said of 'at'"),
        (
            {"fold": {"at": {"column": "x", "first": ["1"], "second": ["0"]}}, "timezone": {"at": "Europe/Berlin"}},
            {}, "fold.at.column", "the file has no column 'x'",
        ),
        ({"two_digit_years": {"day": 2000}}, {}, "two_digit_years.day", "no format of it has a year of two digits"),
    ],
)  # fmt: skip
def test_words_that_contradict_another_are_refused_with_their_place(opened, mapping, words, place, what):
    with pytest.raises(MeshError, match=what) as raised:
        opened(mapping, **words)
    assert (raised.value.code, raised.value.where) == ("source.mapping", f"sources.bank.entries.mapping.{place}")


@pytest.mark.parametrize(
    ("words", "place", "what"),
    [
        ({"grouping_size": "lakh"}, "grouping_size", "nothing parts thousands"),
        ({"currency": ["R"], "positive": ["D"], "negative": ["DR"]}, "currency", "spelled together as another mark is"),
    ],
)
def test_words_of_a_source_that_contradict_another_are_refused(opened, words, place, what):
    with pytest.raises(MeshError, match=what) as raised:
        opened(**words)
    assert raised.value.where == f"sources.bank.entries.{place}"


def test_a_word_of_a_column_that_is_no_text_is_refused(tmp_path):
    pl.DataFrame({"id": ["1"], "amount": [1.5]}).write_parquet(tmp_path / "a.parquet")
    for word in ({"scientific": ["amount"]}, {"currency": {"amount": ["$"]}}, {"null_words": {"amount": ["-"]}}):
        with pytest.raises(MeshError, match="is no text in the file"):
            open_source(Binding(uri="a.parquet", mapping=word), ENTRIES, tmp_path, built_in_readers())


def test_a_flag_that_holds_no_words_is_refused(tmp_path):
    pl.DataFrame({"amount": ["1"], "flag": [1.5]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(MeshError, match="holds no words"):
        open_source(Binding(uri="a.parquet", mapping={"sign": {"amount": FLAG}}), ENTRIES, tmp_path, built_in_readers())


@pytest.mark.parametrize(
    ("pattern", "what"),
    [("%m/%d", "which has no year, and no word says where the year comes from"), ("%d.%m.%y", "of which hundred")],
)
def test_a_day_whose_year_nobody_says_is_refused_before_anything_is_read(opened, pattern, what):
    with pytest.raises(MeshError, match=what) as raised:
        opened({"formats": {"day": [pattern]}})
    assert (raised.value.code, raised.value.where) == ("source.year", "sources.bank.entries.mapping.formats.day")


def test_the_form_of_the_contract_is_held_to_the_same(bound):
    contract = Contract("a.b", "1.0.0", (Column("day", "date", 1, formats=("%d.%m.%y",)),), "x", "0")
    with pytest.raises(MeshError, match="no word says of which hundred") as raised:
        bound(b"day\n01.02.23\n", contract=contract)
    assert raised.value.code == "source.year"
    assert bound(b"day\n01.02.23\n", contract=contract, two_digit_years=2000).reading.years == {"day": 2000}


def test_the_year_is_no_matter_where_the_day_is_none_of_the_texts(bound):
    contract = Contract(
        "a.b", "1.0.0", (Column("id", "string", 1), Column("day", "date", 2, formats=("%d.%m.%y",))), "x", "0"
    )
    assert bound(b"id\n1\n", contract=contract).absent == ("day",)


def test_a_file_without_a_mesh_entry_has_no_place_to_name(published):
    contract = Contract("a.b", "1.0.0", (Column("day", "date", 1, formats=("%d.%m.%y",)),), "x", "0")
    with pytest.raises(MeshError, match="two_digit_years") as raised:
        published(b"day\n01.02.23\n", contract=contract)
    assert raised.value.where == ""


def test_a_binding_that_uses_none_of_the_words_is_the_one_of_before():
    told = json.loads(Binding(uri="x.csv").model_dump_json())
    assert not {"digits", "currency", "grouping_size", "minus_signs", "two_digit_years"} & set(told)
    assert not set(ColumnWords.model_fields) & set(told["mapping"])
    assert list(told["mapping"]) == [
        "rename", "constant", "offset", "distinct", "value_map", "timezone", "formats", "binary_noise",
    ]  # fmt: skip


def test_a_binding_with_the_words_comes_back_from_its_json():
    mapping = MappingWords(
        sign={"a": FLAG | {"minus": [None]}, "b": {"plus": "x", "minus": "y"}, "c": {"unmarked": "minus"}},
        fold={"a": "first", "b": {"column": "x", "first": ["S"], "second": [None]}},
        implied_decimals={"a": 0},
        zone_names={"a": {"CET": "+01:00"}},
        identifiers=["d"],
    )
    binding = Binding(uri="x.csv", digits="thai", currency=["$"], two_digit_years=1970, mapping=mapping)
    assert Binding(**json.loads(binding.model_dump_json())) == binding


def test_every_word_says_what_it_means():
    for model in (ColumnWords, SignWords, FoldWords):
        assert all(field.description for field in model.model_fields.values())
