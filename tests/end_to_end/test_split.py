"""One location a domain, the second in an environment without the first one's plugin: one graph all the same."""

import signal
import subprocess
import sys

import pytest
import yaml
from machinery.pages import HANSA, Pages, environment, free_port, install, until

PLUGIN = """
from pathlib import Path
from hansa.hooks import hookimpl
from hansa.products import Module, product
PRODUCT

@hookimpl
def hansa_contracts(): return [Path(__file__).parent]

@hookimpl
def hansa_modules(): return [Module("NAME.core", (made,))]
"""
BANK = PLUGIN.replace("NAME", "bank").replace("PRODUCT", '@product("bank.trades")\ndef made(): ...')
DESK = PLUGIN.replace("NAME", "desk").replace(
    "PRODUCT", '@product("desk.scores", requires=["bank.trades@1"])\ndef made(trades): ...'
)
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: ID
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
"""
TRADES, SCORES = CONTRACT.replace("ID", "bank.trades"), CONTRACT.replace("ID", "desk.scores")
NODES = """{assetNodes{assetKey{path} isMaterializable isPartitioned repository{location{name}}
  dependencyKeys{path} dependedByKeys{path}}
  workspaceOrError{... on Workspace{locationEntries{name loadStatus locationOrLoadError{__typename}}}}}"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What the webserver says of both locations; each has a Python of its own that finds other packages."""
    folder = tmp_path_factory.mktemp("split")
    bank = install(folder / "bank", "bank", BANK, {"trades": TRADES})
    desk = install(folder / "desk", "desk", DESK, {"scores": SCORES, "trades": TRADES})
    (folder / "mesh.yaml").write_text(
        "name: S\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {bank.core: on, desk.core: on}\n"
    )
    words = ["workspace", "--mesh", str(folder / "mesh.yaml"), "--split", "--out", str(folder / "workspace.yaml")]
    for name, packages in (("bank", bank), ("desk", desk)):
        python = folder / f"python-{name}"
        python.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        words += ["--python", f"{name}={python}"]
    # The machine that writes the workspace has no plugin at all.
    done = subprocess.run([*HANSA, *words], env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(yaml.safe_load((folder / "workspace.yaml").read_text())["load_from"]) == 2
    (folder / "home").mkdir()
    port = free_port()
    variables = environment(HANSA_MESH=str(folder / "mesh.yaml"), DAGSTER_HOME=str(folder / "home"))
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(folder / "workspace.yaml"), "-p", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)
    try:
        yield until(lambda: _loaded(Pages(None, port, None)))
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) is not None


def _loaded(pages):
    try:
        found = pages.ask(NODES)
    except OSError:
        return None
    entries = found["workspaceOrError"]["locationEntries"]
    assert all((entry["locationOrLoadError"] or {}).get("__typename") != "PythonError" for entry in entries), entries
    return found if entries and all(entry["loadStatus"] == "LOADED" for entry in entries) else None


def test_each_domain_is_a_location(answer):
    assert {entry["name"] for entry in answer["workspaceOrError"]["locationEntries"]} == {"bank", "desk"}


def test_a_product_stands_once_where_it_is_run(answer):
    shown = {
        ".".join(node["assetKey"]["path"]): (node["repository"]["location"]["name"], node["isMaterializable"])
        for node in answer["assetNodes"]
    }
    assert shown == {"bank.trades": ("bank", True), "desk.scores": ("desk", True)}


def test_the_lineage_goes_from_one_location_to_the_other(answer):
    nodes = {".".join(node["assetKey"]["path"]): node for node in answer["assetNodes"]}
    assert nodes["desk.scores"]["dependencyKeys"] == [{"path": ["bank", "trades"]}]
    assert nodes["bank.trades"]["dependedByKeys"] == [{"path": ["desk", "scores"]}]
