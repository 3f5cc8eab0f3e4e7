"""One location for the mesh or one a domain: the same keys in all of them, each product run in one of them only."""

import json
import os
import subprocess
import sys

import dagster as dg
import pytest
import yaml
from hansa.errors import MeshError
from machinery.pages import install

PLUGIN = """
from pathlib import Path
from hansa.hooks import hookimpl
from hansa.products import Input, Module, days, product

@hookimpl
def hansa_contracts(): return [Path(__file__).parent]

@hookimpl
def hansa_modules(): return [Module("NAME.core", PRODUCTS)]
"""
BANK = (
    PLUGIN.replace("NAME", "bank").replace("PRODUCTS", "(trades, people)")
    + """
@product("bank.trades")
def trades(): ...

@product("bank.people")
def people(): ...
"""
)
DESK = (
    PLUGIN.replace("NAME", "desk").replace("PRODUCTS", "(scores,)")
    + """
@product("desk.scores", requires=[Input("bank.trades@1", lookback=days(2)), "bank.people@1"])
def scores(trades, people): ...
"""
)
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: ID
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - {name: DAY, logicalType: date, required: truePART}
"""


def contract(id, daily=True):
    part = ", partitioned: true, partitionKeyPosition: 1" if daily else ""
    name = "business_date" if daily else "known"
    return CONTRACT.replace("ID", id).replace("DAY", name).replace("PART", part)


TRADES, PEOPLE, SCORES = contract("bank.trades"), contract("bank.people", daily=False), contract("desk.scores")


@pytest.fixture
def mesh(tmp_path):
    """A mesh of two domains and the folders of its packages: both, and the second alone with copies of contracts."""
    both, alone = tmp_path / "both", tmp_path / "alone"
    install(both, "bank", BANK, {"trades": TRADES, "people": PEOPLE})
    install(both, "desk", DESK, {"scores": SCORES})
    install(alone, "desk", DESK, {"scores": SCORES, "trades": TRADES, "people": PEOPLE})
    path = tmp_path / "mesh.yaml"
    path.write_text("name: M\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {bank.core: on, desk.core: on}\n")
    return path, both, alone


SHOWN = """
import json, sys, dagster as dg, hansa.definitions
made = getattr(hansa.definitions, sys.argv[1])
dg.Definitions.validate_loadable(made)
graph = made.resolve_asset_graph()
shown = {".".join(key.path): {
    "runs": graph.get(key).is_executable,
    "from": sorted(".".join(parent.path) for parent in graph.get(key).parent_keys),
    "daily": graph.get(key).partitions_def is not None,
} for key in graph.get_all_asset_keys()}
jobs = sorted(job.name for job in made.resolve_all_job_defs() if not job.name.startswith("__"))
print(json.dumps({"assets": shown, "jobs": jobs, "bank": "hansa_bank" in sys.modules}))
"""


def shown(mesh, packages, attribute, code=0):
    """What a location shows, loaded as Dagster loads it: in a process of its own."""
    variables = os.environ | {"HANSA_MESH": str(mesh), "PYTHONPATH": str(packages)}
    command = [sys.executable, "-W", "ignore", "-c", SHOWN, attribute]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if code == 0 else done.stderr


def test_the_whole_mesh_runs_every_product(mesh):
    path, both, _ = mesh
    found = shown(path, both, "mesh")
    assert {id: asset["runs"] for id, asset in found["assets"].items()} == {
        "bank.trades": True,
        "bank.people": True,
        "desk.scores": True,
    }
    assert found["jobs"] == ["bank__core", "desk__core"]


@pytest.mark.parametrize("environment", ["of all", "of its own"])
def test_a_domain_runs_its_products_and_shows_what_it_reads(mesh, environment):
    path, both, alone = mesh
    found = shown(path, both if environment == "of all" else alone, "desk")
    assert {id: (asset["runs"], asset["daily"]) for id, asset in found["assets"].items()} == {
        "bank.trades": (False, True),
        "bank.people": (False, False),
        "desk.scores": (True, True),
    }
    assert found["assets"]["desk.scores"]["from"] == ["bank.people", "bank.trades"]
    assert (found["jobs"], found["bank"]) == (["desk__core"], environment == "of all")


def test_a_domain_without_inputs_of_others_shows_its_own_products_alone(mesh):
    path, both, _ = mesh
    assert set(shown(path, both, "bank")["assets"]) == {"bank.trades", "bank.people"}


def test_an_unknown_domain_is_one_sentence_with_the_near_name(mesh):
    path, both, _ = mesh
    assert "no product of the mesh is of a domain 'bnak'; did you mean 'bank'?" in shown(path, both, "bnak", code=1)


def test_rooms_of_the_package_are_no_locations():
    import hansa.definitions

    with pytest.raises(AttributeError):
        hansa.definitions.__getattr__("assets")
    with pytest.raises(AttributeError):
        hansa.definitions.__getattr__("__path__")


# --- hansa workspace ------------------------------------------------------------------------------------------------


def workspace(mesh, packages, *words):
    command = [sys.executable, "-m", "hansa", "workspace", "--mesh", str(mesh), *words]
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("HANSA_", "DAGSTER_"))}
    variables |= {"PYTHONPATH": str(packages)}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, cwd=mesh.parent)


def locations(text):
    return {one["python_module"]["location_name"]: one["python_module"] for one in yaml.safe_load(text)["load_from"]}


def test_a_workspace_is_one_location_unless_it_is_split(mesh):
    path, both, _ = mesh
    whole = locations(workspace(path, both, "--out", "-").stdout)
    split = locations(workspace(path, both, "--split", "--out", "-").stdout)
    assert whole == {"mesh": {"module_name": "hansa.definitions", "attribute": "mesh", "location_name": "mesh"}}
    assert {name: one["attribute"] for name, one in split.items()} == {"bank": "bank", "desk": "desk"}


def test_a_domain_can_have_a_python_of_its_own(mesh):
    path, both, _ = mesh
    made = locations(workspace(path, both, "--split", "--python", f"desk={sys.executable}", "--out", "-").stdout)
    assert made["desk"]["executable_path"] == sys.executable
    assert "executable_path" not in made["bank"]


def test_dagster_itself_reads_the_file(mesh):
    from dagster._core.workspace.load import location_origins_from_yaml_paths

    path, both, _ = mesh
    done = workspace(path, both, "--split")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"HANSA_MESH={path}" in done.stdout
    origins = location_origins_from_yaml_paths([str(path.parent / "workspace.yaml")])
    assert sorted(origin.location_name for origin in origins) == ["bank", "desk"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--split", "--python", "desk"], "is no DOMAIN=PATH"),
        (["--split", "--python", "dsek=/bin/sh"], "did you mean 'desk'?"),
        (["--python", "desk=/bin/sh"], "give --split as well"),
        (["--split", "--python", "desk=/none/python"], "there is no such Python"),
    ],
)
def test_what_cannot_be_meant_is_refused(mesh, words, told):
    path, both, _ = mesh
    done = workspace(path, both, *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr


def test_a_file_that_differs_is_not_written_over_unless_forced(mesh):
    path, both, _ = mesh
    (path.parent / "workspace.yaml").write_text("load_from: []\n")
    assert "it is there already and differs" in workspace(path, both).stderr
    assert workspace(path, both, "--force").returncode == 0
    assert set(locations((path.parent / "workspace.yaml").read_text())) == {"mesh"}
    assert workspace(path, both).returncode == 0


# --- the component --------------------------------------------------------------------------------------------------


def test_the_mesh_is_a_component_that_names_its_file(tmp_path):
    from hansa.definitions import Mesh

    with pytest.raises(MeshError, match="there is no such mesh file"):
        Mesh(mesh="none.yaml").build_defs(type("Context", (), {"path": tmp_path})())
    assert issubclass(Mesh, dg.Component)
