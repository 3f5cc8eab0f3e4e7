import subprocess
import sys
from pathlib import Path

import pytest
from hansa.registry import load

GOOD = """
@hookimpl
def hansa_modules():
    return [Module("{name}.core", products=(source_product("{name}.rows"),))]
"""


def report(registry, name, distribution=None):
    wanted = distribution or f"hansa-{name}"
    return next(p for p in registry.plugins if p.name == name and p.distribution == wanted)


def test_a_plugin_is_in_with_its_modules(workshop):
    registry = load([workshop.plugin("harbour", GOOD.format(name="harbour"), version="2.3.4")])
    plugin = report(registry, "harbour")
    assert (plugin.state, plugin.version, plugin.modules, plugin.reason) == ("in", "2.3.4", ("harbour.core",), "")
    assert registry.module_plugins == {"harbour.core": "harbour"}


def test_the_built_in_readers_are_a_plugin_like_others():
    registry = load([])
    assert report(registry, "files", "hansa").state == "in"
    assert {"csv", "parquet"} <= set(registry.readers)


FAULTS = {
    "raises": ("raise ValueError('no licence\\nsecond line')", "ValueError: no licence; mend"),
    "exits": ("raise SystemExit(0)", "SystemExit: 0"),
    "needs_a_package": ("import nowhere_to_be_found", "it needs nowhere_to_be_found, which is not installed"),
    "unknown_hook": ("@hookimpl\ndef hansa_module():\n    return []", "did you mean 'hansa_modules'?"),
    "forgotten_mark": ("def hansa_modules():\n    return []", "put @hookimpl above it"),
    "unknown_argument": ("@hookimpl\ndef hansa_demo(home, clients):\n    return None", "asks for 'clients'"),
    "unknown_argument_with_default": ("@hookimpl\ndef hansa_demo(home, clients=5):\n    return None", "'clients'"),
    "known_argument_with_default": (
        "@hookimpl\ndef hansa_demo(home, seed=5):\n    return None",
        "never be given 'seed'",
    ),
    "keyword_only": ("@hookimpl\ndef hansa_demo(*, home):\n    return None", "never be given 'home'"),
    "wrapper": ("@hookimpl(wrapper=True)\ndef hansa_modules():\n    return (yield)", "answers for itself only"),
    "newer_hooks": ("HANSA_HOOK_API = 99", "it asks for version 99 of the hooks"),
    "no_version": ("HANSA_HOOK_API = '1'", "no version of the hooks"),
    "answers_no_list": ("@hookimpl\ndef hansa_modules():\n    return 5", "does not answer a list of Module"),
    "answers_text": ("@hookimpl\ndef hansa_contracts():\n    return 'here'", "does not answer a list of Path"),
    "no_folder": ("@hookimpl\ndef hansa_contracts():\n    return [Path('/not/here')]", "does not exist"),
    "hook_raises": ("@hookimpl\ndef hansa_modules():\n    return 1 / 0", "ZeroDivisionError"),
    "module_name": (
        "@hookimpl\ndef hansa_modules():\n    return [Module('Treasury', ())]",
        "write it as domain.module",
    ),
    "module_twice": ("@hookimpl\ndef hansa_modules():\n    return [Module('a.b', ()), Module('a.b', ())]", "2 times"),
    "product_id": ("source_product('rows')", "write it as domain.product"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_plugin_is_left_out_with_the_reason_and_the_others_go_on(workshop, fault):
    code, reason = FAULTS[fault]
    registry = load([workshop.plugin("bad", code), workshop.plugin("good", GOOD.format(name="good"))])
    bad = report(registry, "bad")
    assert bad.state == "left out"
    assert reason in bad.reason
    assert "\n" not in bad.reason
    assert list(registry.modules) == ["good.core"]


def test_a_plugin_whose_module_is_missing_is_left_out(workshop):
    registry = load([workshop.point("ghost", "ghost_ship.plugin")])
    assert "its module ghost_ship.plugin does not exist" in report(registry, "ghost").reason


def test_two_plugins_with_one_name_are_both_left_out(workshop):
    points = [workshop.plugin("x", GOOD.format(name=n), distribution=f"hansa-{n}") for n in ("east", "west")]
    registry = load(points)
    assert [p.state for p in registry.plugins if p.name == "x"] == ["left out", "left out"]
    assert "x of hansa-east and x of hansa-west" in report(registry, "x", "hansa-west").reason


def test_two_plugins_with_one_module_are_both_left_out_whatever_the_order(workshop):
    points = [workshop.plugin(n, GOOD.format(name="same")) for n in ("east", "west")]
    first, second = load(points), load(points[::-1])
    assert first.plugins == second.plugins
    assert not first.modules
    assert "module same.core is claimed by" in report(first, "east").reason


def test_a_plugin_cannot_take_a_built_in_format(workshop):
    code = "@hookimpl\ndef hansa_sources():\n    return {'csv': print}"
    registry = load([workshop.plugin("thief", code)])
    assert report(registry, "thief").state == "left out"
    assert registry.readers["csv"] is not print


def test_a_hook_may_be_written_with_another_functions_name(workshop):
    code = "@hookimpl(specname='hansa_modules')\ndef mine():\n    return [Module('a.b', ())]"
    assert list(load([workshop.plugin("x", code)]).modules) == ["a.b"]


def test_a_demo_maker_gets_the_arguments_that_it_takes(workshop, tmp_path):
    code = "@hookimpl\ndef hansa_demo(home, seed):\n    return home / str(seed)"
    maker = load([workshop.plugin("bank", code)]).demo_makers["bank"]
    assert maker(home=tmp_path, customers=10, seed=7) == tmp_path / "7"


def test_what_a_plugin_prints_at_import_does_not_reach_stdout(workshop, capsys):
    load([workshop.plugin("loud", "print('hello')")])
    assert capsys.readouterr().out == ""


def test_a_plugin_that_changes_the_working_folder_changes_nothing(workshop):
    before = Path.cwd()
    load([workshop.plugin("mover", "import os\nos.chdir('/')")])
    assert Path.cwd() == before


def brings(folder, module=""):
    code = f"@hookimpl\ndef hansa_contracts():\n    return [Path({str(folder)!r})]\n"
    return code + (GOOD.format(name=module) if module else "")


def test_two_plugins_may_bring_the_same_contract(workshop):
    folder = workshop.contracts("shared", "a.rows")
    registry = load([workshop.plugin(n, brings(folder)) for n in ("a", "b")])
    assert list(registry.contracts) == [("a.rows", 1)]
    assert not registry.left_out()


def test_the_producers_contract_counts_against_a_consumers_newer_copy(workshop):
    own, copy = workshop.contracts("own", "a.rows"), workshop.contracts("copy", "a.rows", version="1.4.0")
    registry = load([workshop.plugin("a", brings(own, "a")), workshop.plugin("b", brings(copy))])
    assert registry.contracts["a.rows", 1].version == "1.0.0"


def test_one_version_with_two_texts_and_no_producer_leaves_both_out(workshop):
    one, other = workshop.contracts("one", "c.rows"), workshop.contracts("other", "c.rows", note="# changed\n")
    registry = load([workshop.plugin("a", brings(one)), workshop.plugin("b", brings(other))])
    assert {p.name for p in registry.left_out()} == {"a", "b"}
    assert not registry.contracts


def test_a_contract_that_cannot_be_read_leaves_its_plugin_out(workshop):
    folder = workshop.contracts("wrong", "a.rows", note="\tx: 1\n")
    bad = report(load([workshop.plugin("a", brings(folder))]), "a")
    assert bad.state == "left out"
    assert "a.rows.odcs.yaml:" in bad.reason


def test_loading_the_registry_imports_no_heavy_library():
    code = (
        "import sys; from hansa.registry import load; load();"
        "print(sorted({'dagster', 'ray', 'pandera', 'catboost', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
