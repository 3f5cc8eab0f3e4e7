"""A row's digest counts a decimal by its smallest units: the scale is the column's, and one side of a table has one."""

from decimal import Decimal

import polars as pl
import pytest
from hansa.contract.reader import read_contract
from hansa.digest import row_hashes
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.0.0
status: active
schema:
- name: orders
  properties:
  - {name: id, logicalType: string, required: true, primaryKey: true}
  - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)"}
"""


def rows(value, scale):
    return pl.DataFrame({"id": ["x"], "amount": pl.Series([Decimal(value)], dtype=pl.Decimal(18, scale))})


def test_equal_values_of_two_scales_have_two_hashes_and_equal_units_have_one():
    (one,), (same_value,), (same_units,) = (
        row_hashes(rows(value, scale)).to_list() for value, scale in (("1.5", 1), ("1.50", 2), ("0.15", 2))
    )
    assert one != same_value
    assert one == same_units


@pytest.fixture
def published(tmp_path):
    """Publish rows into one warehouse: the state, the digest of what lies there, and the amount."""
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(CONTRACT)
    contract, warehouse = read_contract(path), Warehouse(tmp_path / "warehouse")

    def call(run, frame):
        made = publish(frame.lazy(), contract, Run(run, "UTC"), warehouse)
        (amount,) = Door(warehouse).open("shop.orders").frame.collect()["amount"]
        return made.unchanged, made.receipts[0].digests["published"], str(amount)

    return call


def test_digests_are_compared_under_the_tables_scale_whatever_scale_came(published):
    first, second = published("one", rows("1.5", 1)), published("two", rows("1.50", 2))
    assert (first[1:], second[1:]) == ((first[1], "1.50"), (first[1], "1.50"))


def test_a_file_of_the_same_units_under_another_scale_is_another_file(published):
    _, before, _ = published("one", rows("1.5", 1))
    unchanged, after, amount = published("two", rows("0.15", 2))
    assert (unchanged, amount) == (False, "0.15")
    assert after != before
