"""A warehouse without its catalog."""

import pytest
from hansa.errors import WorldError
from hansa.store.warehouse import Warehouse


def test_receipts_without_their_catalog_are_refused_before_anything_is_written(tmp_path):
    (tmp_path / "shop" / "orders" / "receipts").mkdir(parents=True)
    with pytest.raises(WorldError, match="the catalog that they speak of is gone"):
        Warehouse(tmp_path).prepare()
    assert not (tmp_path / "catalog.db").exists()
