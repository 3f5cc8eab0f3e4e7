"""Values that stand in several columns of the file, and words about values, from file to what the gate reads."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hansa.cast import Flag, Reading, TwoColumns, casts
from hansa.contract.model import Column, Contract
from hansa.errors import DataError

ENTRIES = Contract(
    "bank.entries",
    "1.0.0",
    (
        Column("id", "string", 1),
        Column("amount", "number", 2, precision=18, scale=2),
        Column("kind", "string", 3),
        Column("at", "timestamp", 4),
        Column("day", "date", 5),
    ),
    Path("entries.odcs.yaml"),
    digest="0",
)
FLAG = {"flag": "S/H", "plus": ["H"], "minus": ["S"]}


@pytest.fixture
def opened(bound):
    return lambda content, mapping, **words: bound(content, mapping, contract=ENTRIES, **words)


def read(source, contract=ENTRIES):
    """The values that the gate reads; the names of columns that it refuses."""
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    values = source.frame.select(**{name: one.value for name, one in made.items()}).collect()
    failed = source.frame.select(**{name: one.failed for name, one in made.items()}).collect()
    return values.to_dicts(), [name for name in failed.columns if failed[name].any()]


def test_a_number_takes_its_sign_from_a_flag(opened):
    source = opened(b"id,sum,S/H\n1,5,H\n2,5,S\n", {"rename": {"amount": "sum"}, "sign": {"amount": FLAG}})
    assert [row["amount"] for row in read(source)[0]] == [Decimal(5), Decimal(-5)]
    assert source.reading.signs == {"amount": Flag("__flag_amount", ("H",), ("S",))}
    assert source.surplus == ()


def test_the_values_and_the_flag_stand_in_the_frame_as_they_came(opened):
    source = opened(b"id,sum,S/H\n1,5,H\n", {"sign": {"amount": {"column": "sum", **FLAG}}})
    assert source.frame.collect().to_dicts() == [{"id": "1", "amount": "5", "__flag_amount": "H"}]


def test_a_number_and_its_flag_may_be_columns_of_the_contract_too(bound):
    columns = (
        Column("amount", "number", 1, scale=2),
        Column("plain", "number", 2, scale=2),
        Column("kind", "string", 3),
    )
    contract = Contract("a.b", "1.0.0", columns, Path("x"), "0")
    mapping = {"rename": {"plain": "sum", "kind": "S/H"}, "sign": {"amount": {"column": "sum", **FLAG}}}
    source = bound(b"sum,S/H\n5,S\n", mapping, contract=contract)
    assert read(source, contract)[0] == [{"amount": Decimal(-5), "plain": Decimal(5), "kind": "S"}]


def test_a_word_of_the_flag_is_that_word_whatever_means_no_value(opened):
    sign = {"amount": {"flag": "S/H", "plus": ["H"], "none": ["/"], "minus": [None]}}
    content = b"id,amount,S/H\n1,5,/\n2,5,-\n3,5,\n4,-,H\n"
    values, failed = read(opened(content, {"sign": sign}, null_words=["/", "-"]))
    assert ([row["amount"] for row in values], failed) == ([None, Decimal(-5), Decimal(-5), None], [])


def test_a_flag_in_no_list_refuses_its_row(opened):
    values, failed = read(opened(b"id,amount,S/H\n1,5,X\n2,5,H\n", {"sign": {"amount": FLAG}}))
    assert ([row["amount"] for row in values], failed) == ([None, Decimal(5)], ["amount"])


def test_a_number_stands_in_one_of_two_columns(opened):
    sign = {"amount": {"plus": "in", "minus": "out"}}
    source = opened(b"id,in,out\n1,5,\n2,-,7\n3,0.00,3\n", {"sign": sign}, null_words=["-"])
    assert [row["amount"] for row in read(source)[0]] == [Decimal(5), Decimal(-7), Decimal(-3)]
    assert source.reading.signs == {"amount": TwoColumns("__plus_amount", "__minus_amount")}
    assert (source.absent, source.surplus) == (("kind", "at", "day"), ())


def test_a_column_of_the_same_name_is_not_taken_beside_two_others(opened):
    sign = {"amount": {"plus": "in", "minus": "out"}}
    source = opened(b"id,amount,in,out\n1,99,5,\n", {"sign": sign})
    assert (read(source)[0][0]["amount"], source.surplus) == (Decimal(5), ("amount",))


def test_a_required_number_may_stand_in_two_columns(bound):
    columns = (Column("id", "string", 1), Column("amount", "number", 2, required=True, scale=2))
    contract = Contract("a.b", "1.0.0", columns, Path("x"), "0")
    sign = {"amount": {"plus": "in", "minus": "out"}}
    assert read(bound(b"id,in,out\n1,,2\n", {"sign": sign}, contract=contract), contract)[0][0]["amount"] == Decimal(-2)


def test_two_columns_have_the_form_of_their_number(opened):
    sign = {"amount": {"plus": "in", "minus": "out", "minus_written": "negative"}}
    content = "id;in;out\n1;1.234,50 €;\n2;;-7,00\n".encode()
    source = opened(content, {"sign": sign}, separator=";", decimal=",", grouping=".", currency=["€"])
    assert [row["amount"] for row in read(source)[0]] == [Decimal("1234.50"), Decimal(-7)]


def test_a_number_without_any_mark_is_negative_where_only_credits_are_marked(opened):
    content = b"id,amount\n1,5.00 Cr\n2,5.00\n"
    source = opened(content, {"sign": {"amount": {"unmarked": "minus"}}}, positive=["CR"])
    assert [row["amount"] for row in read(source)[0]] == [Decimal(5), Decimal(-5)]


def test_a_column_has_its_own_words_for_no_value(opened):
    content = b"id,amount,kind\n/,/,/\n-,-,-\n"
    values, failed = read(opened(content, {"null_words": {"kind": ["-"]}}, null_words=["/", "-"]))
    assert [tuple(row.values())[:3] for row in values] == [(None, None, "/"), (None, None, None)]
    assert failed == []


def test_a_value_ends_before_a_text_and_stays_whole_in_the_frame(opened):
    mapping = {"take_before": {"day": " as of ", "kind": ";"}, "formats": {"day": ["%m/%d/%Y"]}}
    source = opened(b"id,day,kind\n1,04/17/2023 as of 04/15/2023,buy;sell\n", mapping)
    row = read(source)[0][0]
    assert (row["day"], row["kind"]) == (dt.date(2023, 4, 17), "buy")
    assert source.frame.collect()["day"].to_list() == ["04/17/2023 as of 04/15/2023"]


def test_the_digits_of_a_source_are_those_of_its_numbers_and_days_and_not_of_its_texts(opened):
    digits = "".join(chr(0x660 + int(one)) for one in "2023")
    content = f"id,amount,day\n{digits},{digits},{digits}/٠١/٠٥\n".encode()
    source = opened(content, {"formats": {"day": ["%Y/%m/%d"]}}, digits="arabic-indic")
    row = read(source)[0][0]
    assert (row["id"], row["amount"], row["day"]) == (digits, Decimal(2023), dt.date(2023, 1, 5))


def test_a_zone_and_which_hour_is_meant_stand_in_columns(opened):
    fold = {"column": "summer", "first": ["1"], "second": ["0"]}
    mapping = {
        "zone_column": {"at": "zone"},
        "zone_names": {"at": {"DE": "Europe/Berlin"}},
        "fold": {"at": fold},
    }
    content = b"id,at,zone,summer\n1,2023-10-29 02:30:00,DE,0\n2,2023-10-29 02:30:00,+02:00,\n"
    source = opened(content, mapping)
    assert [row["at"].isoformat() for row in read(source)[0]] == [
        "2023-10-29T01:30:00+00:00",
        "2023-10-29T00:30:00+00:00",
    ]
    assert source.surplus == ()


def test_an_offset_from_a_time_of_the_file_is_in_its_zone_and_window(bound):
    contract = Contract("a.b", "1.0.0", (Column("id", "string", 1), Column("known", "timestamp", 2)), Path("x"), "0")
    mapping = {
        "offset": {"known": {"column": "at", "by": "1 day"}},
        "formats": {"known": ["%d.%m.%y %H:%M"]},
        "zone_column": {"known": "zone"},
    }
    source = bound(b"id,at,zone\n1,01.02.23 10:00,+01:00\n", mapping, contract=contract, two_digit_years=2000)
    assert read(source, contract)[0][0]["known"] == dt.datetime(2023, 2, 2, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize("damaged", ["1.10101E+17", "12345678.0", "####"])
def test_an_identifier_that_a_program_damaged_refuses_the_whole_file(bound, damaged):
    with pytest.raises(DataError, match="column 'no'") as raised:
        bound(f"no,amount\n4711,1\n{damaged},2\n".encode(), {"rename": {"id": "no"}, "identifiers": ["id"]})
    assert (raised.value.code, raised.value.where) == ("source.identifier", "rows.csv:3")


def test_an_identifier_may_have_any_other_text(bound):
    source = bound(b"id,amount\n0012,1\n4E10,2\nn/a,3\n", {"identifiers": ["id"]}, null_words=["n/a"])
    assert source.frame.collect()["id"].to_list() == ["0012", "4E10", None]


def test_where_nothing_is_declared_nothing_is_handed_on(opened):
    assert opened(b"id,amount\n1,5\n", {}).reading == Reading()


EXPORTS = Path(__file__).parents[4] / "shared" / "data" / "exports" / "cases"


@pytest.mark.shared
def test_a_statement_with_flags_in_a_column_without_name_sums_up_exactly(bound):
    told = json.loads((EXPORTS / "017-volksbank-s-h" / "expected.json").read_text())
    contract = Contract("a.b", "1.0.0", (Column("amount", "number", 1, precision=18, scale=2),), Path("x"), "0")
    source = bound(
        (EXPORTS / "017-volksbank-s-h" / "input.csv").read_bytes(),
        {"sign": {"amount": {"column": "Umsatz", "flag": "sign", "plus": ["H"], "minus": ["S"]}}},
        contract=contract, encoding="iso-8859-1", separator=";", header={"line": 13}, footer="blank_line",
        columns={"sign": 13}, decimal=",", grouping=".",
    )  # fmt: skip
    values, failed = read(source, contract)
    assert (str(sum(row["amount"] for row in values)), failed) == (told["amount_sum"], [])
