"""A contract as a value: what is made from it is another one."""

from dataclasses import replace
from pathlib import Path

from hansa.contract.model import Column, Contract

ONE = Contract("a.rows", "1.0.0", (Column("id", "string", 1), Column("amount", "integer", 2)), Path("a.yaml"), "d1")


def test_a_copy_with_other_columns_knows_these_by_name():
    other = replace(ONE, columns=(Column("id", "integer", 1),))
    assert {name: column.logical_type for name, column in other.by_name.items()} == {"id": "integer"}


def test_a_copy_leaves_the_names_of_the_first_as_they_were():
    replace(ONE, columns=(Column("id", "integer", 1), Column("extra", "date", 3)))
    assert list(ONE.by_name) == ["id", "amount"]
    assert ONE.by_name["id"].logical_type == "string"


def test_copies_share_no_names():
    assert replace(ONE, digest="d2").by_name is not ONE.by_name
