"""Each code of a plugin, a module and a product, raised by one that has this one thing wrong."""

import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from hansa import Module, hookimpl, source_product
from hansa.definitions.locations import _not_here
from hansa.overlay.files import overlay_files, read_overlay
from hansa.products import Input, Product
from hansa.registry import load
from hansa.registry.answers import _modules, _sequence
from hansa.registry.entering import _imported
from hansa.registry.signature import check_hooks

from .conftest import code_of


@hookimpl
def hansa_module():
    return []


@hookimpl(wrapper=True)
def hansa_contracts():
    return (yield)


@hookimpl
def hansa_demo(home, clients):
    return home, clients


def bare():
    return []


bare.__name__ = "hansa_modules"
ROWS = source_product("a.rows")
ACTS = {
    "hook.api": lambda: check_hooks(SimpleNamespace(HANSA_HOOK_API=99)),
    "hook.unknown": lambda: check_hooks(SimpleNamespace(hansa_module=hansa_module)),
    "hook.unmarked": lambda: check_hooks(SimpleNamespace(hansa_modules=bare)),
    "hook.wrapper": lambda: check_hooks(SimpleNamespace(hansa_contracts=hansa_contracts)),
    "hook.argument": lambda: check_hooks(SimpleNamespace(hansa_demo=hansa_demo)),
    "hook.answer": lambda: _sequence("text", "hansa_contracts", str, "a list of paths"),
    "module.double": lambda: _modules([Module("a.b", ()), Module("a.b", ())]),
    "module.parts": lambda: _modules([Module("a.b", ("a.rows",))]),
    "product.double": lambda: _modules([Module("a.b", (ROWS, ROWS))]),
    "location.elsewhere": _not_here,
    "product.parameters": lambda: Product("a.sums", (Input("a.rows@1"),), lambda other: other),
    "input.reference": lambda: Input("a.rows"),
    "plugin.module": lambda: _imported(EntryPoint("gone", "hansa_gone_for_ever", "hansa")),
}


@pytest.mark.parametrize("code", ACTS)
def test_a_plugin_with_one_thing_wrong_has_its_code(code):
    assert code_of(ACTS[code]) == code


def test_a_plugin_that_needs_what_is_not_installed_has_its_code(tmp_path, monkeypatch):
    (tmp_path / "hansa_needy.py").write_text("import no_such_package_at_all\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert code_of(_imported, EntryPoint("needy", "hansa_needy", "hansa")) == "plugin.import"
    sys.modules.pop("hansa_needy", None)


def test_a_plugin_that_loads_the_plugins_has_its_code(monkeypatch):
    from hansa.registry.isolation import VARIABLE

    monkeypatch.setenv(VARIABLE, "1")
    assert code_of(load) == "plugin.recursion"


@pytest.mark.parametrize(
    ("code", "named"),
    [("overlay.missing", "no.yaml"), ("overlay.name", "mesh.yaml"), ("overlay.outside", "../elsewhere.yaml")],
)
def test_an_overlay_that_cannot_be_found_has_its_code(code, named, tmp_path):
    (tmp_path / "mesh.yaml").write_text("a: 1\n")
    assert code_of(lambda: list(overlay_files(tmp_path, [named]))) == code


def test_an_overlay_that_extends_nothing_has_its_code(tmp_path):
    (tmp_path / "a.overlay.yaml").write_text("extends: nothing\n")
    assert code_of(read_overlay, tmp_path / "a.overlay.yaml") == "mesh.overlay"
