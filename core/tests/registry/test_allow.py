"""Only what the institution allows is imported."""

import json
import os
import sys
from pathlib import Path

import pytest
from hansa.cli import main
from hansa.errors import MeshError
from hansa.mesh import load_mesh
from hansa.mesh.read import read_mesh_file, read_plugin_choice

HEAD = "name: Harbour Bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\n"
GOOD = """
Path({trace!r}).write_text("imported")

@hookimpl
def hansa_modules():
    return [Module("{name}.core", products=(source_product("{name}.rows"),))]
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty working folder, with nothing of the machine's environment."""
    for name in list(os.environ):
        if name.startswith("HANSA_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def two(site, place):
    """Two plugins, each of which leaves a file when it is imported; gives the folder of those files."""
    for name in ("wanted", "other"):
        site.install(name, GOOD.format(name=name, trace=str(place / name)))
    return place


@pytest.fixture
def hansa(monkeypatch, capfd):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["hansa", *words])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capfd.readouterr()

    return call


def write(text):
    """A mesh file in the working folder."""
    Path("mesh.yaml").write_text(HEAD + text)


def states(out):
    return {plugin["name"]: plugin["state"] for plugin in json.loads(out)["plugins"]}


def test_a_plugin_outside_the_list_is_never_imported(two, hansa):
    write("plugins: {allow: [hansa-wanted]}\nmodules: {wanted.core: on}\n")
    code, told = hansa("plugins", "--json")
    mesh = load_mesh()
    assert (code, states(told.out)["wanted"], states(told.out)["other"]) == (0, "in", "not allowed")
    assert [module.name for module in mesh.modules] == ["wanted.core"]
    assert [(two / name).exists() for name in ("wanted", "other")] == [True, False]


def test_without_a_list_all_are_in(two, hansa):
    code, told = hansa("plugins", "--json")
    assert (code, states(told.out)["wanted"], states(told.out)["other"]) == (0, "in", "in")


def test_an_empty_list_leaves_what_is_built_in(two, hansa):
    write("plugins: {allow: []}\n")
    found = states(hansa("plugins", "--json")[1].out)
    assert {name for name, state in found.items() if state == "in"} == {"files"}


@pytest.mark.parametrize("spelling", ["Hansa_Wanted", "hansa.wanted"])
def test_names_are_compared_in_their_normal_form(two, hansa, spelling):
    write(f"plugins: {{allow: [{spelling}]}}\n")
    code, told = hansa("plugins", "--json")
    assert (code, states(told.out)["wanted"]) == (0, "in")


def test_a_broken_installation_outside_the_list_is_no_fault(two, site, hansa):
    (site.folder / "hansa_lost-1.0.0.dist-info").mkdir()
    write("plugins: {allow: [hansa-wanted]}\n")
    code, told = hansa("plugins", "--json")
    assert (code, states(told.out)["lost"]) == (0, "not allowed")


def test_a_name_that_is_not_installed_is_a_fault_with_the_near_one(two, hansa):
    write("plugins: {allow: [hansa-wantet, hansa-other]}\nmodules: {other.core: on}\n")
    code, told = hansa("plugins")
    mend = "no plugin of that distribution is installed; did you mean 'hansa-wanted'?"
    assert code == 1
    assert mend in told.out
    code, told = hansa("run", "other.core", "--bare")
    assert code == 2
    assert f"hansa-wantet: plugins.allow names it, but {mend}" in told.err


def test_a_module_of_a_plugin_that_is_not_allowed_says_so(two):
    write("plugins: {allow: [hansa-wanted]}\nmodules: {other.core: on}\n")
    (finding,) = [finding for finding in load_mesh().findings if finding.module == "other.core"]
    assert "plugin other is not allowed: plugins.allow of the mesh file does not name hansa-other" in finding.next_step


def test_the_environment_overrides_the_file(two, monkeypatch):
    write("plugins: {allow: [hansa-wanted], import_seconds: 7}\n")
    monkeypatch.setenv("HANSA_PLUGINS__IMPORT_SECONDS", "2.5")
    monkeypatch.setenv("HANSA_PLUGINS__ALLOW", "hansa-other, hansa-risk")
    choice = read_plugin_choice()
    assert (choice.allow, choice.import_seconds) == (("hansa-other", "hansa-risk"), 2.5)


def test_the_environment_is_heard_without_a_file(place, monkeypatch):
    monkeypatch.setenv("HANSA_PLUGINS__ALLOW", '["hansa-risk"]')
    assert read_plugin_choice().allow == ("hansa-risk",)


WRONG = {
    "misspelt": ("plugins: {alow: [x]}", "there is no field 'plugins.alow'; did you mean 'allow'?"),
    "no_list": ("plugins: {allow: {a: b}}", "plugins.allow is a mapping"),
    "no_names": ("plugins: {allow: [[x]]}", "plugins.allow"),
    "no_seconds": ("plugins: {import_seconds: soon}", "plugins.import_seconds is 'soon'"),
    "no_time": ("plugins: {import_seconds: 0}", "plugins.import_seconds is '0'"),
    "truth": ("plugins: {import_seconds: true}", "no number of seconds"),
    "for_ever": ("plugins: {import_seconds: .inf}", "plugins.import_seconds"),
    "no_section": ("plugins: [hansa-risk]", "plugins is a list"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_the_section_is_one_sentence_with_its_line(place, mistake):
    text, told = WRONG[mistake]
    write(f"{text}\n")
    for read in (read_plugin_choice, lambda: read_mesh_file(place / "mesh.yaml")):
        with pytest.raises(MeshError) as caught:
            read()
        assert "mesh.yaml:4: " in caught.value.sentence()
        assert told in caught.value.sentence()
        assert "\n" not in caught.value.sentence()


VARIABLES = {
    "HANSA_PLUGINS__IMPORT_SECONDS": ("soon", "plugins.import_seconds is 'soon'"),
    "HANSA_PLUGINS__ALLOW": ("[hansa-risk", "no list; write names with commas between them"),
    "HANSA_PLUGINS": ("hansa-risk", "it holds no JSON"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_mistake_in_the_environment_names_the_variable(place, monkeypatch, name):
    given, told = VARIABLES[name]
    monkeypatch.setenv(name, given)
    with pytest.raises(MeshError) as caught:
        read_plugin_choice()
    assert caught.value.sentence().startswith(f"{name}: ")
    assert told in caught.value.sentence()


def test_the_list_of_plugins_does_not_fail_for_what_is_wrong_elsewhere_in_the_file(two, hansa):
    write("plugins: {allow: [hansa-wanted]}\nthreads: none\nunknown: 1\n")
    assert hansa("plugins")[0] == 0
