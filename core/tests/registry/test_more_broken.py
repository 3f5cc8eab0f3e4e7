"""More ways to harm others, beside good plugins in one mesh: those are in, and publish what they publish alone."""

import json
import os
import select
import subprocess
import sys

import pytest
from hansa.registry import load

from .conftest import Site
from .test_fifteen import GOODS, found

#: What stands at the top of a plugin, and what is told of it. They come before or behind the good ones, by name.
BAD = {
    "opens": ("import builtins\nbuiltins.open = lambda *a, **k: 1 / 0", "it replaces builtins.open"),
    "blinds": ("Path.exists = lambda self: False", "it replaces Path.exists"),
    "empties": ("import yaml\nyaml.parse = lambda *a, **k: iter(())", "it replaces yaml.parse"),
    "hooks": ("import sys\nsys.excepthook = lambda *a: None", "it replaces sys.excepthook"),
    "finds": (
        "import sys\nclass Finder:\n    def find_spec(self, *given): raise SystemExit(3)\n"
        "sys.meta_path.append(Finder())",
        "it puts a finder behind those of Python that answers for a module that is not there",
    ),
    "listens": (
        'import sys\ndef hear(event, given):\n    if str(given[:1]).endswith(".csv\',)"): raise SystemExit(4)\n'
        "sys.addaudithook(hear)",
        "it installs an audit hook",
    ),
    "floods": ("for _ in range(2100): print('x' * 99_999)", "it prints more than 1000000 bytes"),
    "floods_beside": (
        "import sys\nfor _ in range(30): sys.stderr.write('x' * 99_999)",
        "prints more than 1000000 bytes",
    ),
    "leaves": ("import subprocess\nsubprocess.Popen(['sleep', '600'])", "it leaves a program running"),
    "stays": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        "does not end within 4 s",
    ),
    "digs": (
        "@hookimpl\ndef hansa_modules():\n    def dig(): return dig()\n    return dig()",
        "it raised RecursionError: maximum recursion depth exceeded",
    ),
    "refuses": ("raise ValueError('许可证缺失')", "it raised ValueError: 许可证缺失"),
}
#: What is put back, so that they are in.
HARMLESS = {
    "warns": ("import warnings\nwarnings.simplefilter('error')", "it changes which warnings are errors"),
    "logs": ("import logging\nlogging.basicConfig(level=0)", "it changes the root of what is logged"),
    "speaks": ("print('许可证')", "it prints to standard output when it is imported, which is put back"),
    "works": ("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()", ""),
    "asks_once": ("import subprocess\nsubprocess.Popen(['true'])", ""),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A mesh of the good ones alone, and one with all of these beside them, after a run in both."""
    base = tmp_path_factory.mktemp("more")
    clean, spoilt = found(base / "clean"), found(base / "spoilt")
    for name, (code, _) in (BAD | HARMLESS).items():
        Site(spoilt.site).install(name, code)
    told = json.loads(spoilt.run("plugins", "--json").stdout)["plugins"]
    runs = [place.run("run", "--bare") for place in (clean, spoilt)]
    return clean, spoilt, {plugin["name"]: plugin for plugin in told}, runs


@pytest.mark.parametrize("name", [*BAD, *HARMLESS])
def test_each_has_its_reason(places, name):
    plugin = places[2][name]
    state, (_, reason) = ("in", HARMLESS[name]) if name in HARMLESS else ("left out", BAD[name])
    assert plugin["state"] == state, plugin
    assert reason in plugin["reason"]
    assert bool(reason) == bool(plugin["reason"])


def test_the_good_ones_are_in_and_publish_what_they_publish_alone(places):
    clean, spoilt, told, runs = places
    assert [(told[name]["state"], told[name]["reason"]) for name in GOODS] == [("in", "")] * 3
    assert [run.returncode for run in runs] == [0, 0], runs[1].stderr
    assert spoilt.digests == clean.digests


def test_a_start_says_little_more_than_its_plugins_do(places):
    assert len(places[3][1].stderr) < 1000


def test_reasons_in_any_letters_end_no_command(places):
    code = "from hansa.cli import main; main()"
    narrow = {
        "PYTHONPATH": str(places[1].site),
        "PYTHONIOENCODING": "latin-1",
        "XDG_CACHE_HOME": str(places[1].folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, "plugins"], cwd=places[1].folder, env=os.environ | narrow, capture_output=True
    )
    assert done.returncode == 1
    assert b"it raised ValueError: \\u8bb8\\u53ef" in done.stdout


def test_a_priority_that_is_lowered_leaves_the_plugin_out(site):
    site.install("bad", "import os\nos.nice(1)")
    (plugin,) = [plugin for plugin in load().plugins if plugin.name == "bad"]
    assert plugin.reason.startswith("it changes the priority of the process")


def test_what_a_left_out_plugin_started_is_ended(site, tmp_path):
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    held = f"open({str(tmp_path / 'held')!r}, 'w')"
    site.install("bad", f"import subprocess\nsubprocess.Popen(['sleep', '600'], stdout={held})")
    load()
    # Its end of the pipe is closed when the program has gone, and not before.
    ended = select.poll()
    ended.register(reader, 0)
    assert [event for _, event in ended.poll(10_000)] == [select.POLLHUP]
    os.close(reader)
