"""The mesh as a component of a Dagster project: ``dg`` checks, lists and launches it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hansa.mesh import load_mesh
from hansa.receipt import book_of
from machinery.pages import environment, install

DG = shutil.which("dg", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(DG is None, reason="dagster-dg-cli is not installed")

PLUGIN = """
from pathlib import Path
from hansa.hooks import hookimpl
from hansa.products import Module, product

@product("t.a")
def a(run):
    import polars as pl
    return pl.DataFrame({"business_date": list(run.days), "cents": [1] * len(run.days)})

@hookimpl
def hansa_contracts(): return [Path(__file__).parent]

@hookimpl
def hansa_modules(): return [Module("t.core", (a,))]
"""
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: t.a
version: 1.0.0
status: active
schema:
  - name: a
    properties:
      - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: cents, logicalType: integer}
"""
PROJECT = """[project]
name = "harbour"
version = "0.1.0"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "harbour"
"""
DEFINITIONS = """from pathlib import Path
from dagster import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose only component is the mesh beside it."""
    folder = tmp_path_factory.mktemp("dg")
    packages = install(folder / "packages", "t", PLUGIN, {"a": CONTRACT})
    (folder / "mesh.yaml").write_text("name: T\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {t.core: on}\n")
    home = folder / "harbour"
    (home / "src" / "harbour" / "defs" / "mesh").mkdir(parents=True)
    (home / "pyproject.toml").write_text(PROJECT)
    for path in (home / "src" / "harbour", home / "src" / "harbour" / "defs"):
        (path / "__init__.py").touch()
    (home / "src" / "harbour" / "definitions.py").write_text(DEFINITIONS)
    component = "type: hansa.definitions.Mesh\nattributes: {mesh: ../../../../../mesh.yaml}\n"
    (home / "src" / "harbour" / "defs" / "mesh" / "defs.yaml").write_text(component)
    # What an installed project would be found by.
    return home, f"{packages}:{home / 'src'}"


def dg(project, *words):
    home, path = project
    (home / "home").mkdir(exist_ok=True)
    # A configuration of the user's own would change what it does.
    variables = environment(
        PYTHONPATH=path,
        DAGSTER_HOME=str(home / "home"),
        DG_CLI_CONFIG=str(home / "none.toml"),
        DAGSTER_DISABLE_TELEMETRY="1",
        VIRTUAL_ENV=str(Path(sys.executable).parent.parent),
    )
    done = subprocess.run([DG, *words], cwd=home, env=variables, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_project_loads(project):
    dg(project, "check", "defs", "--use-active-venv")


def test_its_definitions_are_those_of_the_mesh(project):
    listed = json.loads(dg(project, "list", "defs", "--json"))
    assert [asset["asset_key"] for asset in listed["assets"]] == ["t/a"]
    assert [job["name"] for job in listed["jobs"]] == ["t__core"]


def test_a_day_that_it_launches_is_published(project):
    dg(project, "launch", "--assets", 'key:"t/a"', "--partition", "2026-03-02")
    mesh = load_mesh(project[0].parent / "mesh.yaml")
    assert set(book_of(mesh.warehouse, "t.a").current()) == {"2026-03-02"}
