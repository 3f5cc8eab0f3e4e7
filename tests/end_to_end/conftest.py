"""One small demo bank for all tests of this folder, made once and shared by the workers of a test run."""

import datetime as dt
import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hansa.mesh import load_mesh
from hansa.receipt import book_of

CUSTOMERS = 300
COMMAND = "from hansa.cli import main; main()"


@dataclass(frozen=True)
class Done:
    """What a process left."""

    code: int
    out: str
    err: str


def clean_environment():
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HANSA_", "UV_")) and name not in ("DAGSTER_HOME", "PYTEST_CURRENT_TEST")
    }


def run_hansa(*words, code=COMMAND, **more):
    ended = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=600,
        env=clean_environment(),
        **more,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


@dataclass(frozen=True)
class Bank:
    """A bank on disk with its mesh file."""

    home: Path
    done: Done | None = None

    @property
    def mesh(self):
        return self.home / "mesh.yaml"

    @property
    def first(self):
        """The first of the seven days that the demo ran."""
        return dt.date.fromisoformat(self.done.out.split("business days ")[1].split()[0])

    @property
    def days(self):
        return [self.first + dt.timedelta(days=n) for n in range(7)]

    def digests(self, *products):
        """Row digest of each published partition of the products (all): by product and day."""
        mesh = load_mesh(self.mesh)
        warehouse = mesh.warehouse
        return {
            (id, partition): receipt.digests["published"]
            for id in products or mesh.order
            for partition, (receipt, _) in book_of(warehouse, id, mesh.products[id].contract.major).current().items()
        }

    def copy(self, home):
        """The same sources, mesh file and keys in another folder, with an empty warehouse."""
        shutil.copytree(self.home / "bank", home / "bank")
        shutil.copytree(self.home / ".hansa" / "keys", home / ".hansa" / "keys")
        shutil.copyfile(self.mesh, home / "mesh.yaml")
        return Bank(home, self.done)

    def run(self, *words, code=COMMAND):
        return run_hansa("run", *words, "--mesh", self.mesh, code=code)

    def week(self):
        """The demo's days without Dagster, everything asked."""
        return self.run("--from", self.days[0], "--to", self.days[-1], "--bare")


def _shared(factory, name, make):
    """What ``make`` left in a folder that all workers of this test run see; made by the first that asks."""
    base = factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home, note = root / name, root / f"{name}.json"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(vars(make(home))))
    return Bank(home, Done(**json.loads(note.read_text())))


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A bank that ``hansa demo`` made and ran, through Dagster. Read it; change only copies."""
    return _shared(tmp_path_factory, "demo", lambda home: run_hansa("demo", "--customers", CUSTOMERS, "--home", home))


@pytest.fixture(scope="session")
def bare(tmp_path_factory, demo):
    """The same bank and days, run without Dagster."""

    def make(home):
        done = demo.copy(home).week()
        return Done(done.code, demo.done.out, done.err)

    return _shared(tmp_path_factory, "bare", make)


@pytest.fixture
def hansa():
    return run_hansa


@pytest.fixture
def few(tmp_path):
    """A bank of a few rows in March 2026: write its files, then run it."""
    return Few(tmp_path)


class Few:
    """Transactions, four a day from 2026-03-01 to 05, and one label, bound by a mesh file of a few lines."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = [(f"T{day}{n}", f"2026-03-{day:02}T0{n}:00:00Z", "1.00") for day in range(1, 6) for n in range(4)]
        fixed = {"currency": "CNY", "direction": "debit", "channel": "card_present"}
        known = {"known_at": {"column": "booked_at", "by": "0 days"}}
        sources = {
            "governance.transactions": {
                "uri": "transactions.csv",
                "mapping": {"constant": fixed, "offset": known},
            },
            "governance.fraud_labels": {"uri": "labels.csv", "mapping": {"constant": {"source": "chargeback"}}},
        }
        text = {
            "name": "Few",
            "time_zone": "UTC",
            "start": "2026-03-01",
            "modules": {"governance.core": "on", "risk.fraud": "on"},
            "sources": sources,
        }
        self.mesh = folder / "mesh.yaml"
        self.mesh.write_text(yaml.safe_dump(text))
        (folder / "labels.csv").write_text("txn_id,known_at,is_fraud\nT10,2026-03-05T00:00:00Z,true\n")
        self.write()

    def write(self):
        lines = [f"{number},acct,card,shop,{at},{amount}" for number, at, amount in self.rows]
        head = "txn_id,account_token,card_token,merchant_id,booked_at,amount"
        (self.folder / "transactions.csv").write_text("\n".join([head, *lines]) + "\n")

    def spoil(self, day, count=2):
        """Make so many rows of a day break the contract."""
        spoiled = [n for n, row in enumerate(self.rows) if row[1].startswith(f"2026-03-{day:02}")][:count]
        for n in spoiled:
            self.rows[n] = (*self.rows[n][:2], "-1.00")
        self.write()

    def run(self, *words, **more):
        return run_hansa("run", *words, "--mesh", self.mesh, **more)
