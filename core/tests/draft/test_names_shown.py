"""The name of a file's column is shown if it looks like one: without a header it is a value of the first row."""

from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.errors import DataError
from hansa.sources import built_in_readers, open_file


def refusal(tmp_path, wanted, given, required=False):
    contract = Contract(
        "bank.rows",
        "1.0.0",
        (Column("id", "string", 1), Column(wanted, "string", 2, required=required)),
        Path("rows.odcs.yaml"),
        digest="0",
    )
    (tmp_path / "rows.csv").write_text(f'id,memo,"{given}"\na,b,c\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        open_file(tmp_path / "rows.csv", contract, built_in_readers())
    return refused.value.sentence()


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("_13800138000", "138-0013-8000"),
        ("k1380013", "K 138-0013"),
        ("_2026_01_31", "2026-01-31"),
        ("liexamplecom", "li@example.com"),
        ("a" * 61, "A" * 61),
    ],
)
def test_a_name_that_may_be_a_value_is_told_by_its_position(tmp_path, wanted, given):
    sentence = refusal(tmp_path, wanted, given)
    assert f"the file has column 3, the contract wants '{wanted}'" in sentence
    assert given not in sentence


def test_a_name_that_may_be_a_value_is_no_question_for_a_missing_column(tmp_path):
    sentence = refusal(tmp_path, "_13800138000", "1380013800 0", required=True)
    assert "did you mean column 3?" in sentence


@pytest.mark.parametrize(("wanted", "given"), [("amount_2024", "Amount 2024"), ("Kunde", "kunde"), ("金额", "金额 ")])
def test_a_name_that_looks_like_one_is_shown(tmp_path, wanted, given):
    assert f"'{given}'" in refusal(tmp_path, wanted, given)
