"""Names of tables, and a warehouse without its catalog."""

import pytest
from hansa.errors import WorldError
from hansa.products import PRODUCT_ID
from hansa.store.warehouse import Warehouse, named_by, table_name


def test_receipts_without_their_catalog_are_refused_before_anything_is_written(tmp_path):
    (tmp_path / "shop" / "orders" / "receipts").mkdir(parents=True)
    with pytest.raises(WorldError, match="the catalog that they speak of is gone"):
        Warehouse(tmp_path).prepare()
    assert not (tmp_path / "catalog.db").exists()


def test_the_table_of_a_later_major_version_is_no_other_products_table():
    assert table_name("orders", 1) == "orders"
    assert not PRODUCT_ID.match(f"shop.{table_name('orders', 2)}")


def test_a_table_names_its_product_and_major_version():
    assert [named_by(f"shop.{table_name('orders', major)}") for major in (1, 2)] == [
        ("shop.orders", 1),
        ("shop.orders", 2),
    ]
