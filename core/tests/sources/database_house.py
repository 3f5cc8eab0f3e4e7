"""Tables of a real PostgreSQL, opened as a mesh file would, for the tests of databases.

Use it by ``pytest_plugins = ["sources.database_house"]``. PYTEST_DONT_REWRITE: the tests import it before pytest does.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from hansa.contract.model import Column, Contract
from hansa.mesh import load_mesh
from hansa.sources import Binding, built_in_readers, open_source
from machinery.small_house import DAY, KEY, House

MOVEMENTS = Contract(
    "bank.movements",
    "1.0.0",
    (
        Column("id", "string", 1, required=True, key_position=1),
        Column("amount", "number", 2, required=True, precision=18, scale=2),
        Column("direction", "string", 3),
    ),
    Path("movements.odcs.yaml"),
    digest="0",
)


class Database:
    """A schema of the test's own in a server, and what is bound to its tables."""

    def __init__(self, server, folder):
        self.server, self.folder, self.name = server, folder, f"own_{uuid4().hex[:12]}"
        server.execute(f"CREATE SCHEMA {self.name}")

    @property
    def uri(self):
        return self.server.url()

    def run(self, *statements):
        """Run statements; tables without a schema are the test's own."""
        for statement in statements:
            self.server.execute(f"SET search_path = {self.name}; {statement}")

    def table(self, name, columns, *rows):
        self.run(f"CREATE TABLE {name} ({columns})", *(f"INSERT INTO {name} VALUES {row}" for row in rows))
        return f"{self.name}.{name}"

    def open(self, contract=MOVEMENTS, mapping=None, **words):
        words = {"uri": self.uri} | words
        return open_source(Binding(mapping=mapping or {}, **words), contract, self.folder, built_in_readers())


def of(*columns):
    """A contract of an id and these columns."""
    return Contract("bank.movements", "1.0.0", (MOVEMENTS.columns[0], *columns), Path("m.odcs.yaml"), digest="0")


@pytest.fixture
def database(postgres, tmp_path):
    return Database(postgres, tmp_path)


class Bank:
    """A mesh whose one product comes from the table ``rows`` of a database, and what a run makes of it."""

    def __init__(self, database, folder):
        self.house, self.database = House(folder), database
        self.words = ""

    def table(self, columns="txn text PRIMARY KEY, business_date date, amount bigint"):
        return self.database.table("rows", columns)

    def whole(self, rules=""):
        """The product without days."""
        self.house.contract("a.rows", KEY + "  - {name: amount, logicalType: integer, required: true}\n" + rules)
        return self

    def daily(self):
        self.house.contract("a.rows", KEY + DAY + "  - {name: amount, logicalType: integer, required: true}\n")
        return self

    def mesh(self):
        made = self.house.mesh("modules: {a.one: on}\n")
        text = made.path.read_text()
        entry = f"{{uri: '{self.database.uri}', table: {self.database.name}.rows{self.words}}}"
        made.path.write_text(text.replace("{uri: rows.csv}", entry))
        return load_mesh(made.path, made.registry)

    def run(self, first=1, last=2):
        """Run the product; the outcomes."""
        return self.house.tried(self.mesh(), "a.one", first=first, last=last)

    def published(self):
        """Key and amount of all that readers see, by key."""
        from hansa.store.door import Door

        opened = Door(self.mesh().warehouse).open("a.rows", 1)
        return dict(opened.frame.select("txn", "amount").sort("txn").collect().iter_rows())


@pytest.fixture
def bank(database, tmp_path):
    return Bank(database, tmp_path).daily()
