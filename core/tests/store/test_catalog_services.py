"""Any other catalog is one setting away, and says in one sentence what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hansa.errors import MeshError, WorldError
from hansa.store.bucket import Bucket
from hansa.store.catalog import WarehouseCatalog, catalog_for
from hansa.store.objects import Folder
from hansa.store.settings import CatalogSettings, StoreSettings
from store.servers import NAME, SCHEMA, ids, rows

pytest_plugins = ["store.servers"]


def test_the_warehouses_own_catalog_is_the_default(objects):
    assert isinstance(catalog_for(objects, CatalogSettings.of(), StoreSettings.of()), WarehouseCatalog)


def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(objects):
    settings = CatalogSettings.of(type="sql", uri="postgresql://user:s3cret@127.0.0.1:1/db")
    with pytest.raises(WorldError, match="the catalog cannot be used") as caught:
        catalog_for(objects, settings, StoreSettings.of())
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "postgresql://127.0.0.1:1/db" in str(caught.value)
    assert caught.value.__context__ is None


def test_a_service_that_does_not_answer_is_one_sentence(objects):
    settings = CatalogSettings.of(type="rest", uri="http://user:s3cret@127.0.0.1:1/x")
    with pytest.raises(WorldError, match=r"rest http://127\.0\.0\.1:1/x: the catalog cannot be used") as caught:
        catalog_for(objects, settings, StoreSettings.of())
    assert "s3cret" not in str(caught.value)


def test_a_file_of_sqlite_whose_folder_is_not_there_is_told_by_it(objects):
    settings = CatalogSettings.of(type="sql", uri="sqlite:////nowhere/below/catalog.db")
    with pytest.raises(WorldError, match="there is no folder /nowhere/below") as caught:
        catalog_for(objects, settings, StoreSettings.of())
    assert caught.value.next_step == "make it, or mend the address"


def test_a_driver_that_is_not_installed_is_named(objects, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = CatalogSettings.of(type="sql", uri="postgresql://user@127.0.0.1:1/db")
    with pytest.raises(MeshError, match=r"install hansa\[postgres\]"):
        catalog_for(objects, settings, StoreSettings.of())


def test_processes_that_open_a_new_database_at_once_all_open_it(tmp_path):
    objects, settings = Folder(tmp_path), CatalogSettings.of(type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: catalog_for(objects, settings, StoreSettings.of()), range(6)))
    opened[0].create_namespace("shop")
    opened[1].create_table(NAME, SCHEMA, location=objects.location("shop/orders"))
    assert [each.table_exists(NAME) for each in opened] == [True] * 6


def test_processes_that_open_a_new_postgresql_at_once_all_open_it(tmp_path, postgres):
    settings = CatalogSettings.of(type="sql", uri=postgres.schema())
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: catalog_for(Folder(tmp_path), settings, StoreSettings.of()), range(4)))
    opened[0].create_namespace("shop")
    opened[1].create_table(NAME, SCHEMA).append(rows(1))
    assert [ids(each) for each in opened] == [[1]] * 4
    for each in opened:
        each.engine.dispose()


def test_glue_is_one_setting_away(bucket, s3_credentials):
    objects = Bucket(f"{bucket.uri}/wh", StoreSettings.of(endpoint=bucket.endpoint))
    settings = CatalogSettings.of(type="glue", properties={"glue.endpoint": bucket.endpoint})
    catalog = catalog_for(objects, settings, objects.settings)
    database = f"shop_{bucket.name[-6:]}"
    catalog.create_namespace(database)
    catalog.create_table((database, "orders"), SCHEMA).append(rows(1))
    assert ids(catalog, (database, "orders")) == [1]


def test_a_warehouse_needs_no_sqlalchemy(tmp_path):
    code = f"""
import sys
from pathlib import Path
from hansa.store.catalog import catalog_for
from hansa.store.objects import Folder
from hansa.store.settings import CatalogSettings, StoreSettings
catalog_for(Folder(Path({str(tmp_path)!r})), CatalogSettings(), StoreSettings()).table_exists(("a", "b"))
print([name for name in ("sqlalchemy", "boto3", "obstore", "pandas") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
