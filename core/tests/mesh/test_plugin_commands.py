import json
from dataclasses import replace

import pytest
import typer
from hansa import registry as registry_room
from hansa.cli import plugins as commands
from hansa.errors import MeshError
from hansa.products import source_product
from hansa.registry import PluginReport, Registry
from hansa.sources import built_in_readers
from typer.testing import CliRunner


@pytest.fixture
def run(monkeypatch):
    """Run one of the commands over a registry that is given."""

    def call(*words, registry):
        monkeypatch.setattr(registry_room, "load", lambda *given, **more: registry)
        app = typer.Typer()
        commands.register(app)
        return CliRunner().invoke(app, list(words))

    return call


@pytest.fixture
def registry(make):
    one = make.module("a.one", source_product("a.rows"), title="Rows", title_zh="行")
    return Registry(
        plugins=(PluginReport("a", "hansa-a", "1.0.0", "in", modules=("a.one",)),),
        modules={"a.one": one},
        contracts={("a.rows", 1): make.contract("a.rows")},
        module_plugins={"a.one": "a"},
    )


@pytest.fixture
def broken(make):
    return Registry(plugins=(make.left_out("bad", "it raised ValueError"),))


def test_plugins_ends_well_if_all_are_in(run, registry):
    done = run("plugins", registry=registry)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "plugin  distribution  version  state  modules",
        "a       hansa-a       1.0.0    in     a.one",
    ]


def test_plugins_ends_with_1_and_the_reason_if_one_is_left_out(run, broken):
    done = run("plugins", registry=broken)
    assert done.exit_code == 1
    assert "bad (left out): it raised ValueError" in done.stdout


def test_plugins_prints_json(run, broken):
    (plugin,) = json.loads(run("plugins", "--json", registry=broken).stdout)["plugins"]
    assert (plugin["name"], plugin["state"]) == ("bad", "left out")


def test_modules_are_off_where_there_is_no_mesh(run, registry):
    (module,) = json.loads(run("modules", "--json", registry=registry).stdout)["modules"]
    assert (module["name"], module["state"], module["plugin"], module["products"]) == ("a.one", "off", "a", 1)
    assert module["title_zh"] == "行"


def test_modules_tell_the_unmet_needs_of_those_that_are_on(run, registry, write):
    done = run("modules", "--mesh", str(write("modules: {a.one: on}\n")), registry=registry)
    assert done.exit_code == 0
    assert "a.one: a.rows: no source is bound to it" in done.stdout


def test_check_ends_well_if_the_mesh_is_whole(run, registry, write):
    path = write("modules: {a.one: on}\nsources:\n  a.rows: {uri: rows.csv}\n")
    columns = [column.name for column in registry.contracts["a.rows", 1].columns]
    (path.parent / "rows.csv").write_text(",".join(columns) + "\n")
    done = run("check", "--mesh", str(path), registry=replace(registry, readers=built_in_readers()))
    assert done.exit_code == 0
    assert f"{path}: 1 products ready, 0 left out" in done.stdout


def test_check_opens_each_source(run, registry, write):
    path = write("modules: {a.one: on}\nsources:\n  a.rows: {uri: rows.csv}\n")
    done = run("check", "--mesh", str(path), registry=registry)
    assert done.exit_code == 1
    assert "rows.csv" in done.stdout


def test_check_ends_with_1_and_all_findings_if_something_is_wrong(run, registry, write):
    path = write("modules: {a.one: on, a.onne: on}\n")
    done = run("check", "--json", "--mesh", str(path), registry=registry)
    result = json.loads(done.stdout)
    assert done.exit_code == 1
    assert result["ok"] is False
    assert {finding["module"] for finding in result["findings"]} == {"a.one", "a.onne"}
    assert result["left_out"] == {"a.rows": "no source is bound to it"}


def test_check_lets_the_fault_of_a_mesh_file_rise(run, registry, write):
    done = run("check", "--mesh", str(write("threads: 0\n")), registry=registry)
    assert isinstance(done.exception, MeshError)
    assert done.exception.exit_code == 2
