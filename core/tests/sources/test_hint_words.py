"""Refused numbers name the word of a source that would read them."""

from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.sources.hints import hints, type_hint


def told(kind, texts):
    column = Column(
        "amount", kind, 1, precision=18 if kind == "number" else None, scale=2 if kind == "number" else None
    )
    contract = Contract("bank.rows", "1.0.0", (column,), Path("rows.odcs.yaml"), "0")
    return hints(contract, ["amount.type"], {"amount": texts})["amount.type"]


@pytest.mark.parametrize(
    ("kind", "texts", "word"),
    [
        ("number", ["٢٣٤", "٥٦"], "digits: arabic-indic"),
        ("number", ["１２３", "４５"], "digits: fullwidth"),
        ("number", ["€ 5.00", "€ 7.10"], "currency:"),
        ("number", ["5,00 EUR", "7,10 EUR", "1"], "currency:"),
        ("number", ["1.08E-4", "2E5"], "scientific: [amount]"),
        ("integer", ["5.00", "7.0"], "surplus_zeros: [amount]"),
        ("number", ["5.00 CR", "7.10DR"], "sign: {amount: {unmarked: minus}}"),
    ],
)
def test_most_refused_numbers_say_which_word_reads_them(kind, texts, word):
    assert word in told(kind, texts)


def test_a_few_values_of_another_form_propose_no_word():
    assert "currency:" not in told("number", ["1,5", "2,5", "3,5", "€ 4"])
    assert "scientific" not in told("number", ["1,5", "2,5", "3,5", "1E5"])


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("20260301 142530", "%Y%m%d %H%M%S"),
        ("20260301T142530", "%Y%m%dT%H%M%S"),
        ("01.03.2026 14.25.30", "%d.%m.%Y %H.%M.%S"),
    ],
)
def test_a_time_without_colons_tells_its_format(text, form):
    assert f'formats: {{at: ["{form}"]}}' in type_hint("at", Column("at", "timestamp", 1), [text])
