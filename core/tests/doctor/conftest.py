"""A small mesh that publishes, and the doctor on it."""

import datetime as dt
import os

import hansa.mesh
import pytest
from hansa.contract import read_contract
from hansa.doctor import examine
from hansa.mesh import load_mesh
from hansa.products import Module, source_product
from hansa.registry import PluginReport, Registry
from hansa.runner import Runner
from hansa.sources import built_in_readers

DAY = dt.date(2026, 3, 2)


class Practice:
    """``desk.rows``, a source of one day with a sealed column, in a mesh file that tests may change."""

    def __init__(self, folder):
        self.folder = folder
        self.plugins = [PluginReport("desk", "hansa-desk", "1.0.0", "in", modules=("desk.core",))]
        self.columns = ["{name: id, logicalType: string, classification: C3}"]
        self.words = ""
        (folder / "rows.csv").write_text(f"business_date,id\n{DAY},A\n")

    def registry(self):
        columns = [
            "{name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}",
            *self.columns,
        ]
        path = self.folder / "rows.odcs.yaml"
        path.write_text(
            "apiVersion: v3.1.0\nkind: DataContract\nid: desk.rows\nname: rows\nversion: 1.0.0\nstatus: active\n"
            "domain: desk\nschema:\n- name: rows\n  properties:\n" + "".join(f"  - {column}\n" for column in columns)
        )
        return Registry(
            plugins=tuple(self.plugins),
            modules={"desk.core": Module("desk.core", (source_product("desk.rows"),))},
            contracts={("desk.rows", 1): read_contract(path)},
            module_plugins={"desk.core": "desk"},
            readers=built_in_readers(),
        )

    def mesh(self, path=None):
        if not (self.folder / "mesh.yaml").exists() or path is None:
            self.write()
        return load_mesh(self.folder / "mesh.yaml", self.registry())

    def write(self):
        (self.folder / "mesh.yaml").write_text(
            "name: Desk\ntime_zone: Europe/Berlin\nstart: 2026-03-01\nmodules: {desk.core: 'on'}\n"
            f"sources: {{desk.rows: {{uri: rows.csv}}}}\n{self.words}\n"
        )

    def publish(self):
        Runner(self.mesh()).run("desk.rows", DAY, DAY)

    def found(self):
        """Checks by name; of several of one name the worst."""
        worst = {}
        self.write()
        for check in examine(self.folder / "mesh.yaml"):
            order = ["ok", "skipped", "warn", "fail"]
            if check.name not in worst or order.index(check.state) > order.index(worst[check.name].state):
                worst[check.name] = check
        return worst


@pytest.fixture
def practice(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("HANSA_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    made = Practice(tmp_path)
    monkeypatch.setattr(hansa.mesh, "load_mesh", lambda path: load_mesh(path, made.registry()))
    return made
