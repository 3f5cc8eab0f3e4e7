"""Each code of a run, of keys, of the vault and of the store, raised by what has this one thing wrong."""

import datetime as dt
import importlib.util
import json
import socket
import sys
from types import SimpleNamespace

import polars as pl
import pytest
from hansa.attempt import Attempt
from hansa.cli.key_needs import refuse_bound, refuse_young
from hansa.cli.keys import _write_private
from hansa.cli.ui import _alone, _refuse_missing
from hansa.comparison import compare
from hansa.contract import read_contract
from hansa.definitions.instance import home_of
from hansa.definitions.locations import located
from hansa.definitions.servers import Servers
from hansa.errors import Held
from hansa.function import handler, handling
from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.products import Input, Module, Product, source_product
from hansa.quarantine.decisions import FOLDER, Decision, Decisions
from hansa.registry import PluginReport, Registry
from hansa.runner import Runner
from hansa.scaffold.repository import refuse_without_git, template_repository
from hansa.scaffold.writing import _refuse_missing as refuse_without_engine
from hansa.secrets.keyset import load_set, open_set
from hansa.sources import built_in_readers
from hansa.standing import Standing
from hansa.store.bucket import Bucket
from hansa.store.objects import Folder
from hansa.store.settings import CatalogSettings, StoreSettings
from hansa.store.table import ProductTable
from hansa.store.versions import Versions
from hansa.store.warehouse import Warehouse
from hansa.vault.audit import Request
from hansa.vault.place import engine_of, place_of
from hansa.vault.vault import _refuse_unlike

from .conftest import code_of

DAY = dt.date(2026, 3, 2)
COLUMNS = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
  - {name: amount, logicalType: integer, classification: C2}
"""


class Small:
    """A mesh of ``a.rows``, a source of one day, and ``a.sums``, computed by ``function``."""

    def __init__(self, folder):
        self.folder, self.words, self.state = folder, "", "on"
        self.sources = "sources: {a.rows: {uri: rows.csv}}"
        (folder / "rows.csv").write_text(f"business_date,amount\n{DAY},1\n")

    def mesh(self, function=None):
        contracts = {}
        for id in ("a.rows", "a.sums"):
            path = self.folder / f"{id}.odcs.yaml"
            path.write_text(
                f"apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\nschema:\n"
                f"- name: rows\n  properties:{COLUMNS}"
            )
            contracts[(id, 1)] = read_contract(path)
        function = function or (lambda rows: rows)
        function.__module__ = "hansa"
        products = (source_product("a.rows"), Product("a.sums", (Input("a.rows@1"),), function))
        registry = Registry(
            plugins=(PluginReport("a", "a", "1.0.0", "in", modules=("a.all",)),),
            modules={"a.all": Module("a.all", products)},
            contracts=contracts,
            module_plugins={"a.all": "a"},
            readers=built_in_readers(),
        )
        (self.folder / "mesh.yaml").write_text(
            f"name: Small\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{a.all: '{self.state}'}}\n"
            f"{self.sources}\n{self.words}\n"
        )
        return load_mesh(self.folder / "mesh.yaml", registry)

    def computed(self, function):
        runner = Runner(self.mesh(function))
        runner.run("a.rows", DAY, DAY)
        return code_of(runner.run, "a.sums", DAY, DAY)


@pytest.fixture
def small(place):
    return Small(place)


# --- a run ------------------------------------------------------------------------------------------------------------


def test_a_function_that_gives_no_frame(small):
    assert small.computed(lambda rows: None) == "product.answer"


def test_a_function_that_gives_other_columns(small):
    assert small.computed(lambda rows: rows.drop("amount")) == "product.columns"


def test_rows_that_a_foreign_frame_cannot_compute(small):
    from hansa.gate import publish
    from hansa.run import Run
    from hansa.secrets import load_keys

    def failing(frame):
        raise KeyError("6222021234567890")

    mesh = small.mesh()
    contract = mesh.products["a.rows"].contract
    schema = {"business_date": pl.Date, "amount": pl.Int64}
    frame = pl.LazyFrame({"business_date": [DAY], "amount": [1]}).map_batches(failing, schema=schema)
    run = Run(id="1", zone="UTC", first=DAY, last=DAY, seed=1, threads=1)
    keys = load_keys(mesh.keys)
    assert code_of(publish, frame, contract, run, mesh.warehouse, keys=keys) == "frame.failed"


def test_an_input_that_is_not_published(small):
    runner = Runner(small.mesh())
    assert code_of(runner.run, "a.sums", DAY, DAY) == "input.missing"


def test_a_day_that_no_source_holds(small):
    mesh = small.mesh()
    later = DAY + dt.timedelta(days=3)
    assert code_of(make_plan, mesh, Runner(mesh).standing, {"a.sums"}, later, later) == "days.end"


def test_a_product_that_is_left_out(small):
    small.sources = ""
    assert code_of(selected, small.mesh(), ["a.rows"]) == "product.left_out"


def test_a_module_in_shadow_without_a_day_in_common(small):
    small.state = "shadow"
    assert code_of(compare, small.mesh(), "a.sums") == "compare.days"


def test_a_hold_is_an_error_with_a_code():
    assert Held("a.rows", "too few rows", "a.rows@1.0.0", "nothing", "see").code == "publication.held"


def test_a_calendar_of_an_unknown_product(small):
    small.words = "calendar: {products: {a.nothing: {expected: daily}}}"
    assert code_of(lambda: Standing(small.mesh()).calendar) == "calendar.product"


def test_a_calendar_without_its_file(small):
    small.words = "calendar: {holidays: no.csv}"
    assert code_of(lambda: Standing(small.mesh()).calendar.holiday("a.rows", DAY)) == "calendar.file"


# --- Dagster ----------------------------------------------------------------------------------------------------------


def test_a_home_that_cannot_be_made(small):
    (small.folder / ".hansa").write_text("a file")
    assert code_of(home_of, small.mesh()) == "dagster.home"


def test_a_cron_line_that_dagster_cannot_read(small):
    from hansa.definitions.assets import build

    small.words = "dagster: {cron: '99 99 * * *'}"
    assert code_of(build, small.mesh()) == "dagster.cron"


def test_a_location_of_no_domain(small, monkeypatch):
    import hansa.mesh

    mesh = small.mesh()
    monkeypatch.setattr(hansa.mesh, "load_mesh", lambda *_, **__: mesh)
    monkeypatch.setenv("HANSA_MESH", str(mesh.path))
    assert code_of(located, "nothing") == "location.unknown"


def test_pages_that_are_open_already(small):
    mesh = small.mesh()
    with _alone(mesh, "http://127.0.0.1:1"):
        assert code_of(lambda: _alone(mesh, "http://127.0.0.1:2").__enter__()) == "ui.running"


def test_pages_without_their_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert code_of(_refuse_missing) == "ui.missing"


def test_a_process_of_dagster_that_ends_by_itself(small, monkeypatch):
    servers = Servers(small.mesh(), "127.0.0.1", 1, small.folder)
    servers._children.append(SimpleNamespace(poll=lambda: 1))
    assert code_of(servers.watch) == "ui.ended"


def test_a_dagster_that_cannot_be_told(small):
    servers = Servers(small.mesh(), "127.0.0.1", 1, small.folder)
    servers._telling = SimpleNamespace(poll=lambda: 1)
    servers._children.append(servers._telling)
    assert code_of(servers._told) == "ui.told"


def test_a_dagster_that_does_not_answer(small, monkeypatch):
    from hansa.definitions import servers as module

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(module, "START_SECONDS", 0)
        assert code_of(Servers(small.mesh(), "127.0.0.1", port, small.folder).wait_until_up) == "ui.start"


# --- keys, vault ------------------------------------------------------------------------------------------------------


def test_a_key_file_that_is_there_or_cannot_be_written(place):
    (place / "there").write_text("x")
    assert code_of(_write_private, place / "there", b"") == "keys.exists"
    assert code_of(_write_private, place / "nowhere" / "file", b"") == "keys.unwritable"


def test_a_key_that_is_short(place):
    folder = place / "keys"
    folder.mkdir(mode=0o700)
    for name in ("token.key", "sealing.key"):
        (folder / name).write_text("00ff")
        (folder / name).chmod(0o600)
    assert code_of(open_set, folder) == "keys.short"


def test_a_key_that_is_needed_or_young(place):
    keys, warehouse = load_set(place / "keys"), Warehouse(place / "wh")
    key = keys.current("token")
    warehouse.prepare()
    warehouse.bind_keys(key.id)
    assert code_of(refuse_bound, key, warehouse) == "keys.needed"
    assert code_of(refuse_young, key, now=False) == "keys.young"


def test_a_kind_that_is_none_and_a_user_without_a_name(place, monkeypatch):
    assert code_of(_refuse_unlike, "shoe", ["0" * 32]) == "reveal.kind"
    monkeypatch.setenv("HANSA_USER", "a\x07b")
    assert code_of(Request.asked, "complaint 4711") == "reveal.user"


def test_a_vault_without_its_driver(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert code_of(engine_of, place_of("postgresql://user@host/db", place), create=False) == "vault.driver"


# --- store ------------------------------------------------------------------------------------------------------------


def test_a_catalog_whose_address_is_none_or_whose_driver_is_missing(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = CatalogSettings(type="sql", uri="postgresql://user@host/db")
    assert code_of(lambda: Warehouse(place / "wh", None, settings).catalog) == "catalog.driver"
    strange = CatalogSettings.model_construct(type="sql", uri="postgresql://user@host:port/db", properties={})
    assert code_of(lambda: Warehouse(place / "wh", None, strange).catalog) == "catalog.uri"


def test_settings_that_cannot_be_meant():
    assert code_of(StoreSettings.of, endpoint="no address") == "store.settings"


def test_a_client_that_does_not_take_its_settings(monkeypatch):
    import obstore.store

    def refuse(*_, **__):
        raise ValueError("no")

    monkeypatch.setattr(obstore.store, "S3Store", refuse)
    assert code_of(lambda: Bucket("s3://lake")._client.store) == "store.endpoint"


def test_a_table_that_another_engine_wrote(place):
    (place / "rows" / "metadata").mkdir(parents=True)
    (place / "rows" / "metadata" / "v9.gz.metadata.json").write_text("{}")
    assert code_of(Versions(Folder(place), "rows").entries) == "table.foreign"


def test_metadata_that_are_none():
    from hansa.store.catalog import _parsed

    assert code_of(_parsed, b"{}", "v1.metadata.json") == "table.metadata"


def test_a_decision_of_a_later_release(place):
    table = Folder(place)
    (place / FOLDER).mkdir(parents=True)
    name = f"{FOLDER}/00000001.json"
    decisions = Decisions(table)
    made = Decision("reject", "a.rows", (), reason="never").content.decode()
    made = json.dumps(json.loads(made) | {"format": 999})
    (place / name).write_text(made)
    assert code_of(decisions._read, name) == "quarantine.version"


def test_an_answer_that_nobody_has(place):
    table = object.__new__(ProductTable)
    table._contract = SimpleNamespace(id="a.rows")
    table.landed = lambda properties: (_ for _ in ()).throw(OSError("gone"))
    assert code_of(table._after_unclear_answer, {}, OSError("no answer")) == "commit.unknown"


def test_rows_that_were_overtaken():
    attempt = object.__new__(Attempt)
    attempt.question = SimpleNamespace(upon={"2026-03-02": "a digest"})
    attempt.current, attempt.contract = {}, SimpleNamespace(id="a.rows")
    assert code_of(attempt._refuse_other) == "commit.moved"


# --- a new plugin -----------------------------------------------------------------------------------------------------


def test_a_machine_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert code_of(refuse_without_git) == "new.git"


def test_a_machine_without_the_engine(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert code_of(refuse_without_engine) == "new.missing"


def test_a_cache_that_cannot_be_written(place, monkeypatch):
    (place / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    assert code_of(lambda: template_repository().__enter__()) == "new.cache"


# --- the function -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(28, "world.refused"), (13, "world.refused")])
def test_a_disk_that_refuses_is_raised_by_the_function(number, code, monkeypatch):
    def refuse(event):
        raise OSError(number, "refused", "a.csv")

    monkeypatch.setattr(handling, "_handled", refuse)
    assert code_of(handler, {}) == code


def test_an_object_that_is_replaced_all_the_time_is_given_back(monkeypatch):
    monkeypatch.setattr(handling, "_published_whole", lambda *_: False)
    assert code_of(handling._until_newest, None, "a.rows", "s3://lake/a.csv", None) == "store.restless"
