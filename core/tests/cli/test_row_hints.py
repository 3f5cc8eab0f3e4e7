"""Hints for rows of quarantine: from what may be shown of them, and from the contract where one is known."""

from pathlib import Path

import pytest
from hansa.cli.hints import contract_for, of_rows
from hansa.contract import read_contract
from hansa.contract.model import Column
from hansa.errors import MeshError
from hypothesis import given
from hypothesis import strategies as st

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date}"
STATE = "{name: state, logicalType: string, enum: [{value: open}, {value: paid}]}"
SECRET = '{name: amount, logicalType: number, physicalType: "DECIMAL(9,2)", classification: C2}'


@pytest.fixture
def made(contract):
    return read_contract(contract("rows", KEY, DAY, STATE, SECRET))


def row(*rules, **values):
    return {"rules": list(rules), "row": values}


def test_a_shown_value_tells_its_format(made):
    told = of_rows([row("day.type", day="31.12.2025")], made)["day.type"]
    assert 'formats: {day: ["%d.%m.%Y"]}' in told
    assert "31.12" not in told


def test_without_a_contract_the_values_alone_tell(contract):
    told = of_rows([row("day.type", "amount.type", day="31.12.2025", amount="1.234,56")], None)
    assert "%d.%m.%Y" in told["day.type"]
    assert "--decimal , --grouping ." in told["amount.type"]


def test_a_masked_value_has_the_general_hint_and_without_a_contract_none(made):
    masked = [row("amount.type", amount="***")]
    assert "decimal, grouping" in of_rows(masked, made)["amount.type"]
    assert of_rows(masked, None) == {}


def test_a_value_of_a_sealed_column_is_not_looked_at_even_if_it_were_shown(made):
    assert of_rows([row("amount.type", amount="1,5")], made) == of_rows([row("amount.type", amount="***")], made)


def test_the_allowed_words_are_told(made):
    assert of_rows([row("state.enum", state="gone")], made) == {"state.enum": "allowed are open, paid"}


@pytest.mark.parametrize("values", [{}, {"day": None}, {"day": ""}, {"day": "x" * 10_000}, {"day": "\u0660\u0661"}])
def test_a_value_that_has_no_form_has_the_general_hint(made, values):
    assert "formats" in of_rows([row("day.type", **values)], made)["day.type"]
    assert of_rows([row("day.type", **values)], None) == {}


def test_a_row_of_which_nothing_is_left_says_nothing(made):
    gone = {"rules": ["state.enum", "primaryKey"], "row": None}
    assert list(of_rows([gone], made)) == ["state.enum"]
    assert of_rows([], made) == {}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["2025/1/2", "2025/11/12"], "%Y/%-m/%-d"),
        (["2025/01/02", "2025/11/12"], "%Y/%m/%d"),
        (["31.12.25"], "two digits leave the century open"),
        (["01/02/2025", "03/04/2025"], "swaps day and month"),
        (["2025-12-31 10:00:00"], "businessDateOf"),
    ],
)
def test_dates_are_told_by_the_narrowest_pattern_that_reads_them(made, values, told):
    assert told in of_rows([row("day.type", day=value) for value in values], made)["day.type"]


def test_words_for_no_value_and_another_form_are_both_told(contract):
    made = read_contract(contract("sums", KEY, "{name: n, logicalType: number}"))
    told = of_rows([row("n.type", n="1 234,5"), row("n.type", n="N/A")], made)["n.type"]
    assert "--decimal , --grouping space" in told
    assert "--null-word N/A" in told


@given(st.lists(st.text(max_size=80), max_size=5), st.sampled_from(["integer", "number", "date", "timestamp", "time"]))
def test_whatever_stands_in_a_row_a_hint_is_one_printable_line_that_quotes_none_of_it(values, kind):
    from hansa.sources.hints import type_hint

    told = type_hint("x", Column("x", kind, 1), [value for value in values if value])
    assert told.isprintable()
    assert not [value for value in values if len(value) > 9 and value in told]


def test_the_contract_is_that_which_was_named_or_nobodys(contract):
    path = contract("rows", KEY)
    assert contract_for("t.rows", 1, path, None).id == "t.rows"
    assert contract_for("t.rows", 1, None, None) is None
    with pytest.raises(MeshError) as other:
        contract_for("t.other", 1, path, None)
    assert other.value.code == "contract.other"


def test_a_broken_mesh_hides_no_rows():
    Path("mesh.yaml").write_text("nonsense: [")
    assert contract_for("t.rows", 1, None, None) is None
