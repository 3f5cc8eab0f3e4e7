"""Products of plugins that are not in stay known, with the reason, without their code being imported."""

import pytest
from hansa.mesh import load_mesh
from hansa.registry import load
from hansa.registry.settings import PluginSettings

from .conftest import contract_files

HEAD = "name: Harbour Bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\n"
READER = """
@product("reader.count", requires=["treasury.positions@1"])
def count(positions):
    return positions

@hookimpl
def hansa_contracts():
    return [Path(__file__).parent]

@hookimpl
def hansa_modules():
    return [Module("reader.core", products=(count,))]
"""
TWO = """
import sys
sys.path.insert(0, "/nowhere")

@product("treasury.positions", requires=["governance.accounts@1"])
def positions(accounts):
    return accounts

@hookimpl
def hansa_modules():
    return [Module("treasury.core", products=(positions,))]
"""


@pytest.fixture
def broken(site):
    """A plugin that raises, with a contract of its own and a copy of one that it reads."""
    site.install("treasury", "raise ValueError", files=contract_files("treasury.positions", "governance.accounts"))
    return site


def registry(*names):
    return load(choice=PluginSettings(allow=[f"hansa-{name}" for name in names]))


def test_contracts_in_the_package_of_a_broken_plugin_tell_its_products(broken):
    lost = registry("treasury").lost
    assert list(lost) == ["treasury.positions"]
    assert "it raised ValueError" in lost["treasury.positions"].plugin.reason


def test_a_trial_that_came_as_far_tells_modules_and_inputs(site):
    site.install("treasury", TWO)
    lost = registry("treasury").lost["treasury.positions"]
    assert (lost.module, [given.reference for given in lost.requires]) == ("treasury.core", ["governance.accounts@1"])


def test_a_contract_that_another_plugin_brings_tells_it_too(site):
    site.install("treasury", "raise ValueError")
    site.install("reader", READER, files=contract_files("treasury.positions", "reader.count"))
    assert list(registry("treasury", "reader").lost) == ["treasury.positions"]


def test_what_a_plugin_claims_in_anothers_domain_is_not_lost_with_it(site):
    claim = "@hookimpl\ndef hansa_modules():\n    return [Module('thief.core', (source_product('reader.count'),))]"
    site.install("thief", claim)
    site.install("reader", "raise ValueError")
    assert "reader.count" not in registry("thief", "reader").lost


def test_contracts_that_cannot_be_read_say_nothing(site):
    site.install("treasury", "raise ValueError", files={"a.odcs.yaml": "\t", "b.odcs.yaml": "[]"})
    assert not registry("treasury").lost


@pytest.fixture
def mesh(tmp_path, monkeypatch):
    def load_text(text):
        path = tmp_path / "mesh.yaml"
        path.write_text(HEAD + text)
        return load_mesh(path)

    return load_text


def test_a_mesh_leaves_them_out_with_the_reason_and_with_what_reads_them(broken, mesh):
    broken.install("reader", READER, files=contract_files("reader.count"))
    found = mesh("modules: {treasury.core: on, reader.core: on}\n")
    assert found.left_out["treasury.positions"].startswith("plugin treasury is left out: it raised ValueError")
    assert found.left_out["reader.count"] == "it needs treasury.positions, which is left out"
    assert found.declared["treasury.positions"][1] == "treasury.core"


def test_a_mesh_that_asks_for_no_module_of_theirs_does_not_show_them(broken, mesh):
    assert "treasury.positions" not in mesh("modules: {}\n").left_out


def test_products_of_a_plugin_that_is_not_allowed_are_shown_where_its_module_is_asked_for(broken, mesh):
    found = mesh("plugins: {allow: []}\nmodules: {treasury.core: on}\n")
    assert found.left_out["treasury.positions"].startswith("plugin treasury is not allowed")


def test_dagster_shows_them_as_assets_that_nobody_can_start(broken, mesh):
    from hansa.definitions.assets import build

    graph = build(mesh("modules: {treasury.core: on}\n")).resolve_asset_graph()
    (key,) = [key for key in graph.get_all_asset_keys() if key.path == ["treasury", "positions"]]
    assert not graph.get(key).is_executable
    assert "it raised ValueError" in graph.get(key).metadata["hansa/reason"]
