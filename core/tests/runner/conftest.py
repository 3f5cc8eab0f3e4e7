"""Meshes of small products over sources on disk, and a runner that really publishes them."""

import os
from pathlib import Path

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.mesh import load_mesh
from hansa.plan import make_plan
from hansa.products import Input, Module, Product, Setting, source_product
from hansa.standing import Standing
from machinery.mailroom import FIRST, SECOND, Mailroom
from machinery.small_house import day, registry_of

DAILY = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
  - {name: amount, logicalType: integer, required: true}"""
WHOLE = """
  - {name: amount, logicalType: integer, required: true}"""


class House:
    """A mesh in the making: contracts, products and sources in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.contracts = {}
        self.products = []
        self.settings = {}
        self.sources = {}

    def contract(self, id, columns=DAILY, quality="", custom=""):
        path = self.folder / f"{id}.odcs.yaml"
        path.write_text(
            f"apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nname: {id}\nversion: 1.0.0\nstatus: active\n"
            f"domain: {id.split('.')[0]}\ncustomProperties: [{custom}]\nschema:\n- name: rows\n"
            f"  quality: [{quality}]\n  properties:{columns}\n"
        )
        contract = read_contract(path)
        self.contracts[(id, 1)] = contract
        return contract

    def source(self, id, rows, columns=DAILY, **more):
        """A source-aligned product: ``rows`` are pairs of day number and amount, or amounts alone."""
        self.contract(id, columns, **more)
        self.products.append(source_product(id))
        self.fill(id, rows)

    def fill(self, id, rows):
        path = self.folder / f"{id}.csv"
        daily = self.contracts[(id, 1)].partition is not None
        head = "business_date,amount" if daily else "amount"
        lines = [f"{day(row[0])},{row[1]}" if daily else str(row) for row in rows]
        path.write_text("\n".join([head, *lines]) + "\n")
        self.sources[id] = path.name

    def computed(self, id, *requires, columns=DAILY, every=None, function=None, **more):
        """A computed product; without a function it has one row a day, or one: what its inputs sum up to."""
        self.contract(id, columns, **more)
        inputs = tuple(given if isinstance(given, Input) else Input(given) for given in requires)
        names = [given.parameter for given in inputs]
        body = function or (_daily_sum if columns == DAILY else _whole_sum)
        call = f"lambda {', '.join([*names, 'run'])}: body({{{', '.join(f'{n!r}: {n}' for n in names)}}}, run)"
        made = eval(call, {"body": body})
        # Any package serves: its files are digested as the product's code.
        made.__module__ = "hansa"
        self.products.append(Product(id, inputs, made, every=every))

    def registry(self):
        return registry_of(Module("a.all", tuple(self.products), settings=self.settings), self.contracts)

    def mesh(self, text="", zone="UTC", start=1):
        lines = [f"name: House\ntime_zone: {zone}\nstart: {day(start)}\nmodules: {{a.all: 'on'}}", text, "sources:"]
        lines += [f"  {id}: {{uri: {name}}}" for id, name in self.sources.items()]
        path = self.folder / "mesh.yaml"
        path.write_text("\n".join(lines if self.sources else lines[:-1]) + "\n")
        mesh = load_mesh(path, self.registry())
        assert not mesh.left_out, mesh.left_out
        return mesh


def _daily_sum(frames, run):
    total = sum((frame.collect()["amount"].sum() for frame in frames.values()), 0)
    return pl.LazyFrame({"business_date": run.days, "amount": [total] * len(run.days)})


def _whole_sum(frames, run):
    return pl.LazyFrame({"amount": [sum((frame.collect()["amount"].sum() for frame in frames.values()), 0)]})


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("HANSA_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


class Stood(Standing):
    """A standing in which the days that are given are published and right, and nothing else."""

    def __init__(self, mesh, days=(), wholes=(), extents=()):
        super().__init__(mesh)
        self._published, self._wholes, self._known = dict(days), set(wholes), dict(extents)

    def current(self, product):
        found = {str(one): None for one in self._published.get(product, ())}
        return found | ({None: None} if product in self._wholes else {})

    def right(self, product, day):
        return (str(day) if day else None) in self.current(product)

    def extent(self, product):
        return self._known.get(product, (day(1), day(31)))


@pytest.fixture
def planned():
    """Plan over day numbers: the steps as ``(product, first, last)`` by day number, with what stands published."""

    def plan(mesh, asked, first, last, *, days=(), wholes=(), extents=()):
        standing = Stood(
            mesh,
            {id: [day(n) for n in numbers] for id, numbers in dict(days).items()},
            wholes,
            {id: (day(a), day(b)) for id, (a, b) in dict(extents).items()},
        )
        made = make_plan(mesh, standing, set(asked), day(first), day(last))
        return [(s.product, s.first and s.first.day, s.last and s.last.day) for s in made.steps]

    return plan


@pytest.fixture
def whole():
    return WHOLE


@pytest.fixture
def march():
    return day


@pytest.fixture
def stood():
    return Stood


@pytest.fixture
def setting():
    return Setting


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path


@pytest.fixture
def room(folder):
    """A mesh to which files are delivered."""
    return Mailroom(folder)


@pytest.fixture
def two(room):
    """The same with two deliveries in its folder."""
    room.send("s_20260301.csv", FIRST)
    room.send("s_20260302.csv", SECOND)
    return room
