"""Names of tables, and a warehouse without its catalog."""

import shutil

import pytest
from hansa.errors import WorldError
from hansa.products import PRODUCT_ID
from hansa.store.warehouse import named_by, table_name


def test_receipts_without_their_catalog_are_refused_before_anything_is_written(warehouse, send):
    send("2026-03-01=1")
    shutil.rmtree(warehouse.root / "t" / "a" / "metadata")
    before = sorted(warehouse.root.rglob("*"))
    with pytest.raises(WorldError, match="the catalog that they speak of is gone"):
        send("2026-03-02=1")
    assert sorted(warehouse.root.rglob("*")) == before


def test_the_table_of_a_later_major_version_is_no_other_products_table():
    assert table_name("orders", 1) == "orders"
    assert not PRODUCT_ID.match(f"shop.{table_name('orders', 2)}")


def test_a_table_names_its_product_and_major_version():
    assert [named_by(f"shop.{table_name('orders', major)}") for major in (1, 2)] == [
        ("shop.orders", 1),
        ("shop.orders", 2),
    ]
