"""A plugin from outside this repository, as a wheel in an environment of wheels, reads another domain's product.

It knows the product by its contract. The package that makes it lies there installed, and is never imported.
"""

import datetime as dt
import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from machinery.environments import UV, Environment, clean_variables

ROOT = Path(__file__).resolve().parents[2]
DAYS = [dt.date(2026, 3, 2), dt.date(2026, 3, 3)]

PLUGIN = '''\
"""What hansa-treasury offers: the module treasury.core."""

from importlib.resources import files
from pathlib import Path

import polars as pl
from hansa import Module, hookimpl, product


@product("treasury.blocked", requires=["risk.fraud_alerts@1"])
def blocked(fraud_alerts):
    """How much money waits for a review."""
    return fraud_alerts.group_by("business_date").agg(pl.col("amount").sum(), alerts=pl.len())


@hookimpl
def hansa_contracts():
    return [Path(__file__).parent / "contracts", Path(str(files("hansa_contracts")))]


@hookimpl
def hansa_modules():
    return [Module("treasury.core", products=(blocked,))]
'''
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: treasury.blocked
version: 1.0.0
status: active
schema:
  - name: blocked
    properties:
      - {name: business_date, logicalType: date, required: true, primaryKey: true, partitioned: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(20,2)", required: true}
      - {name: alerts, logicalType: integer, required: true, logicalTypeOptions: {minimum: 1}}
"""
MESH = """\
name: Stranger
time_zone: UTC
start: 2026-03-02
modules:
  treasury.core: on
plugins:
  allow: [hansa-treasury]
sources:
  risk.fraud_alerts:
    uri: alerts.parquet
"""
#: The location's own process: it runs the module, then serves its definitions, and says what it imported.
LOCATION = """
import importlib.util, json, sys
import hansa
from hansa.cli import main
sys.argv = ["hansa", "run", "treasury.core", "--from", "2026-03-02", "--to", "2026-03-03", "--bare"]
try:
    main()
except SystemExit as left:
    code = left.code
from hansa.definitions import mesh
keys = mesh.resolve_asset_graph().get_all_asset_keys()
assets = sorted(key.to_user_string() for key in keys)
installed = [name for name in ("hansa_risk", "hansa_treasury") if importlib.util.find_spec(name)]
imported = sorted({name.split(".")[0] for name in sys.modules if name.startswith("hansa")})
said = {"code": code, "assets": assets, "installed": installed, "imported": imported, "home": hansa.__file__}
print(json.dumps(said))
"""


def alerts():
    """What the risk team publishes: two alerts on the first day, one on the second."""
    reasons = {f"reason_1_{word}": ["r"] * 3 for word in ("code", "en", "zh")}
    return pl.DataFrame(
        {
            "txn_id": ["A", "B", "C"],
            "business_date": [DAYS[0], DAYS[0], DAYS[1]],
            "rank": [1, 2, 1],
            "score": [0.9, 0.8, 0.7],
            "amount": [Decimal("10.00"), Decimal("2.50"), Decimal("7.00")],
            "model_version": ["m1"] * 3,
            **reasons,
        }
    )


def build(folder, wheels):
    """A wheel of a package, with nothing but what was installed before."""
    command = [UV, "build", "--offline", "--wheel", "--out-dir", str(wheels), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_variables())
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Wheels of Hansa and of a plugin that ``hansa new`` wrote and its team made its own."""
    place = tmp_path_factory.mktemp("wheels")
    maker = Environment(place / "maker")
    made = maker.hansa("new", "plugin", "treasury", folder=place)
    assert made.returncode == 0, made.stderr
    package = place / "hansa-treasury" / "hansa_treasury"
    (package / "plugin.py").write_text(PLUGIN)
    (package / "contracts" / "turnover.odcs.yaml").unlink()
    (package / "contracts" / "blocked.odcs.yaml").write_text(CONTRACT)
    for folder in (ROOT / "core", ROOT / "contracts", ROOT / "domains" / "risk", package.parent):
        build(folder, place / "dist")
    return sorted((place / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory, wheels):
    """A fresh environment: what the lock file says of Hansa's own needs, and the wheels."""
    environment = Environment(tmp_path_factory.mktemp("stranger") / "environment", stacked=False)
    lean = ["--frozen", "--offline", "--no-dev", "--no-install-workspace", "--package", "hansa"]
    done = subprocess.run(
        [UV, "sync", *lean],
        cwd=ROOT,
        env=clean_variables() | {"UV_PROJECT_ENVIRONMENT": str(environment.root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    environment.install(*wheels)
    return environment


@pytest.fixture(scope="module")
def home(stranger):
    """The stranger's mesh, with the alerts as the risk team's own warehouse hands them out."""
    home = stranger.root.parent / "home"
    home.mkdir()
    (home / "mesh.yaml").write_text(MESH)
    risk = Environment(stranger.root.parent / "risk")
    alerts().write_parquet(home / "made.parquet")
    contract = ROOT / "contracts" / "hansa_contracts" / "risk" / "fraud_alerts.odcs.yaml"
    place = ["--warehouse", stranger.root.parent / "risks"]
    for words in (
        ["publish", contract, home / "made.parquet"],
        ["read", "risk.fraud_alerts", "-o", home / "alerts.parquet"],
    ):
        done = risk.hansa(*words, *place, folder=stranger.root.parent)
        assert done.returncode == 0, done.stderr
    return home


@pytest.fixture(scope="module")
def location(stranger, home):
    """What the stranger's code location did and says of itself."""
    done = stranger.run([stranger.python, "-c", LOCATION], home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_lives_outside_this_repository(stranger, location):
    assert Path(location["home"]).is_relative_to(stranger.root)
    assert not Path(os.path.realpath(location["home"])).is_relative_to(ROOT)


def test_it_publishes_from_the_other_domains_product(stranger, home, location):
    assert location["code"] == 0
    read = stranger.hansa("read", "treasury.blocked", folder=home)
    assert sorted(read.stdout.splitlines()[1:]) == ["2026-03-02,12.50,2", "2026-03-03,7.00,1"]


def test_the_package_that_makes_what_it_reads_is_installed_and_not_imported(location):
    assert location["installed"] == ["hansa_risk", "hansa_treasury"]
    assert location["imported"] == ["hansa", "hansa_contracts", "hansa_treasury"]


def test_its_product_is_an_asset_beside_the_one_it_reads(location):
    assert location["assets"] == ["risk/fraud_alerts", "treasury/blocked"]


def test_the_wheel_brings_its_contract_and_its_entry_point(stranger, home):
    listed = json.loads(stranger.hansa("plugins", "--json", folder=home).stdout)
    mine = next(plugin for plugin in listed["plugins"] if plugin["name"] == "treasury")
    assert (mine["distribution"], mine["state"], mine["modules"]) == ("hansa-treasury", "in", ["treasury.core"])


def test_hansas_wheel_brings_the_template(stranger):
    code = "from hansa.scaffold.repository import VERSIONS; print(sorted(p.name for p in VERSIONS.iterdir()))"
    assert stranger.run([stranger.python, "-c", code], stranger.root).stdout == "['1.0.0']\n"
