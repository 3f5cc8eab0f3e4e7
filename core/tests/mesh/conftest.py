"""Registries and mesh files that are made for one test."""

from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.mesh import load_mesh
from hansa.products import Input, Module, Product
from hansa.registry import PluginReport, Registry

HEAD = "name: Harbour Bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\n"
ENDINGS = (
    "NAME",
    "TIME_ZONE",
    "START",
    "WAREHOUSE",
    "MODULES",
    "SETTINGS",
    "SOURCES",
    "KEYS",
    "SEED",
    "THREADS",
    "MESH",
)


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch, tmp_path):
    """No variable of the machine reaches a test, and the working folder is empty."""
    for ending in ENDINGS:
        monkeypatch.delenv(f"HANSA_{ending}", raising=False)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path):
    def write_mesh(text, head=HEAD):
        path = tmp_path / "mesh.yaml"
        path.write_text(head + text)
        return path

    return write_mesh


@pytest.fixture
def mesh(write):
    """Load a mesh of these modules and contracts with this text below the head."""

    def load(text, modules=(), contracts=(), plugins=()):
        registry = Registry(
            plugins=tuple(plugins),
            modules={module.name: module for module in modules},
            contracts={(contract.id, contract.major): contract for contract in contracts},
            module_plugins={module.name: "test" for module in modules},
        )
        return load_mesh(write(text), registry)

    return load


class Make:
    """Contracts, products, modules and reports, each with only what a test is about."""

    @staticmethod
    def contract(id, version="1.0.0", daily=True):
        columns = (Column("business_date", "date", 1, partitioned=daily),)
        return Contract(id, version, columns, Path(f"{id}.odcs.yaml"), digest=id + version)

    @staticmethod
    def computed(id, *requires, every=None, lineage=None):
        inputs = tuple(given if isinstance(given, Input) else Input(given) for given in requires)
        names = ", ".join(given.parameter for given in inputs)
        return Product(id, inputs, eval(f"lambda {names}: None"), every=every, lineage=lineage or {})

    @staticmethod
    def module(name, *products, **more):
        return Module(name, tuple(products), **more)

    @staticmethod
    def left_out(name, reason):
        return PluginReport(name, f"hansa-{name}", "1.0.0", "left out", reason)


@pytest.fixture
def make():
    return Make


@pytest.fixture
def house(tmp_path):
    """A small institution on disk whose products really run."""
    from machinery.small_house import House

    return House(tmp_path)
