"""A trial reads a file by a binding as the gate would, publishes nothing, and says where it would be refused."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.source_draft.masked import document, told
from hansa.source_draft.within import masked

TEXT = "id;day;amount\n0001;31.12.2025;1.234,50\n0002;01.01.2026;-2,25\n0003;02.01.2026;\n"
WORDS = {
    "separator": ";",
    "decimal": ",",
    "grouping": ".",
    "mapping": {"formats": {"day": ["%d.%m.%Y"]}, "identifiers": ["id"]},
}


def contract(*columns):
    return Contract("bank.rows", "1.0.0", columns, Path("rows.odcs.yaml"), "0")


def number(name="amount", scale=2):
    return Column(name, "number", 1, precision=18, scale=scale)


def test_rows_sums_and_nulls_are_exact(trial):
    made = trial(TEXT, **WORDS)
    assert (made.rows, made.sums, made.refusal) == (3, {"amount": Decimal("1232.25")}, None)
    assert made.nulls == {"id": 0, "day": 0, "amount": 1}


def test_first_and_last_row_are_typed(trial):
    made = trial(TEXT, **WORDS)
    assert made.first == {"id": "0001", "day": dt.date(2025, 12, 31), "amount": Decimal("1234.50")}
    assert made.last == {"id": "0003", "day": dt.date(2026, 1, 2), "amount": None}


def test_without_a_contract_numbers_are_what_the_words_read(trial):
    made = trial('id,amount\nx,"NT$1,234"\ny,"▲NT$5.50"\n', grouping=",", currency=["NT$"], minus_signs=["▲"])
    assert (made.first["amount"], made.sums) == (Decimal("1234.00"), {"amount": Decimal("1228.50")})


def test_runs_of_digits_are_no_numbers_because_a_form_is_declared(trial):
    made = trial("account,amount\n020000100192,1\n020000100193,2\n", grouping=",", currency=["NT$"])
    assert made.first["account"] == "020000100192"


def test_a_contract_says_the_types(trial):
    made = trial(TEXT, contract(Column("id", "string", 1), number(scale=4)), **WORDS | {"mapping": {}})
    assert made.first == {"id": "0001", "amount": Decimal("1234.5000")}


def test_a_contract_is_as_it_was_after_a_trial(trial):
    under = contract(number())
    trial(TEXT, under, **WORDS | {"mapping": {}})
    assert list(under.by_name) == ["amount"]


def test_identifiers_are_shown_by_their_ends(trial):
    made = trial("id,text\n6222021234560917,abc\n", mapping={"identifiers": ["id"]})
    assert document(made)["first_row"]["id"]["value"] == "62***17"
    assert "6222021234560917" not in "\n".join(told(made))


@pytest.mark.parametrize(("text", "shown"), [("12345678", "12***78"), ("1234567", "***"), ("1234", "***"), ("", "***")])
def test_a_short_identifier_is_not_shown_at_all(text, shown):
    assert masked(text) == shown


def test_what_a_contract_seals_is_masked_although_nobody_called_it_an_identifier(trial):
    made = trial("payee\nMarie Curie\n", contract(Column("payee", "string", 1, classification="C2")))
    assert document(made)["first_row"]["payee"]["value"] == "Ma***ie"


def test_skipped_lines_are_counted_by_their_rule(trial):
    made = trial(
        "title\nid,n\na,1\n\nb,2\nTotal,3\n", header={"line": 2}, skip=["blank"], footer={"starts_with": "Total"}
    )
    assert (made.rows, made.preamble, dict(made.skipped)) == (2, 1, {"blank": 1, "footer": 1})


@pytest.mark.parametrize(
    ("rows", "column", "words", "code"),
    [
        ("a,5.00\nb,x\n", number("value"), {}, "source.number"),
        ("a,5.00\nb,5.001\n", number("value"), {}, "source.number"),
        ("a,2026-01-01\nb,01.01.2026\n", Column("value", "date", 1), {}, "source.date"),
        ("a,true\nb,perhaps\n", Column("value", "boolean", 1), {}, "source.value"),
        (
            "a,2023-10-28 02:30:00\nb,2023-10-29 02:30:00\n",
            Column("value", "timestamp", 1),
            {"mapping": {"timezone": {"value": "Europe/Berlin"}}},
            "source.hour",
        ),
        (
            "C,5.00\nX,1.00\n",
            number("amount"),
            {"mapping": {"sign": {"amount": {"column": "value", "flag": "key", "plus": ["C"], "minus": ["D"]}}}},
            "source.flag",
        ),
    ],
)
def test_the_first_value_that_would_wait_in_quarantine_is_told(trial, rows, column, words, code):
    made = trial(f"key,value\n{rows}", contract(column), **words)
    assert (made.refusal.code, made.refusal.line, made.refusal.column) == (code, 3, "value")
    assert (made.rows, made.refused_rows, made.verdict) == (1, 1, "refused")


def test_two_amounts_of_one_row_are_told(trial):
    sign = {"amount": {"plus": "credit", "minus": "debit"}}
    made = trial("credit,debit\n5.00,\n1.00,2.00\n", contract(number()), mapping={"sign": sign})
    assert (made.refusal.code, made.refusal.line) == ("source.flag", 3)


def test_no_sentence_quotes_the_value(trial):
    made = trial("key,value\na,5.00\nb,geheim\n", contract(number("value")))
    assert "geheim" not in made.refusal.sentence


def test_a_line_is_counted_as_an_editor_does(trial):
    made = trial('key,value\n"a\nb",5.00\nc,x\n', contract(number("value")))
    assert made.refusal.line == 4


def test_a_file_that_is_refused_as_a_whole_is_an_answer(trial):
    made = trial("a,b\n1,2\n1\n")
    assert (made.refusal.code, made.refusal.line, made.rows) == ("source.row", 3, 0)


def test_a_document_holds_all_of_it(trial):
    assert document(trial(TEXT, **WORDS)) == {
        "verdict": "read",
        "file": document(trial(TEXT, **WORDS))["file"],
        "rows": 3,
        "refused_rows": 0,
        "sums": {"amount": "1232.25"},
        "first_row": {
            "id": {"type": "text", "value": "***"},
            "day": {"type": "date", "value": "2025-12-31"},
            "amount": {"type": "decimal", "value": "1234.50"},
        },
        "last_row": {
            "id": {"type": "text", "value": "***"},
            "day": {"type": "date", "value": "2026-01-02"},
            "amount": {"type": "null", "value": None},
        },
        "null_counts": {"id": 0, "day": 0, "amount": 1},
        "lines_before": 0,
        "skipped": {},
        "notes": [],
        "refusal": None,
    }


def test_a_number_that_is_too_large_is_told_as_that(trial):
    made = trial("value\n1234567.50\n", contract(Column("value", "number", 1, precision=6, scale=2)))
    assert "too large for precision 6, scale 2" in made.refusal.sentence
    made = trial("value\n1.505\n", contract(Column("value", "number", 1, precision=6, scale=2)))
    assert "more decimals" in made.refusal.sentence


def test_a_sentence_that_lists_columns_lists_those_of_the_file(trial):
    made = trial("id,day\n1,2\n", contract(Column("other", "string", 1, required=True)))
    assert "it has 'id', 'day'" in made.refusal.sentence
    assert "__line" not in made.refusal.sentence
