"""Fifteen broken plugins beside three good ones, all installed, in one mesh with relative paths."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hansa.receipt import book_of
from hansa.store.warehouse import Warehouse

from .conftest import Site, contract_files

#: The time limit of the plugin that hangs, in seconds.
LIMIT = 4
GOOD = """
@product("{name}.total", requires=["{name}.rows@1"])
def total(rows):
    import polars as pl
    return rows.select(id=pl.col("id").str.to_uppercase())

@hookimpl
def hansa_contracts():
    return [Path(__file__).parent]

@hookimpl
def hansa_modules():
    return [Module("{name}.core", products=(source_product("{name}.rows"), total))]
"""
GOODS = ("alpha", "beta", "gamma")
CLAIM = "@hookimpl\ndef hansa_modules():\n    return [Module('thief.core', (source_product('alpha.rows'),))]"
TAKES_AWAY = "import sys; sys.path.insert(0, '/nowhere'); sys.modules['json'] = None"
#: Name of the plugin, what stands at its top and what is told of it.
BAD = {
    "raises": ("raise ValueError('no licence')", "it raised ValueError: no licence"),
    "exits": ("raise SystemExit(0)", "it raised SystemExit: 0"),
    "interrupts": ("raise KeyboardInterrupt", "it raised KeyboardInterrupt"),
    "hangs": ("while True: pass", f"its import and hooks do not end within {LIMIT} s"),
    "prints": ("print('hello')", "it prints to standard output when it is imported, which is put back"),
    "moves": ("import os; os.chdir('/')", "it changes the working folder when it is imported, which is put back"),
    "takes_away": (TAKES_AWAY, "it changes sys.path (adds /nowhere), changes sys.modules (json)"),
    "nonsense": ("@hookimpl\ndef hansa_modules():\n    return 5", "'hansa_modules' does not answer a list of Module"),
    "misspelt": ("@hookimpl\ndef hansa_module():\n    return []", "did you mean 'hansa_modules'?"),
    "defaults": ("@hookimpl\ndef hansa_demo(home, clients=5):\n    return None", "asks for 'clients'"),
    "thief": (CLAIM, "it claims product alpha.rows, but domain alpha belongs to plugin alpha (hansa-alpha)"),
    "newer": ("HANSA_HOOK_API = 99", "it asks for version 99 of the hooks"),
    "lacks": ("import nowhere_to_be_found", "it needs nowhere_to_be_found, which is not installed"),
}
#: Those that do no harm once what they did is put back.
HARMLESS = {"prints", "moves"}
#: Those whose import shows no fault: what the thief claims is known once all are asked.
BLAMELESS = {*HARMLESS, "thief"}


def spoil(site, trace):
    """Install the fifteen; each that is imported notes its name and the time in ``trace``."""
    note = "import time\nwith open({!r}, 'a') as file: file.write('{} ' + str(time.monotonic()) + '\\n')\n"
    for name, (code, _) in BAD.items():
        site.install(name, note.format(str(trace), name) + code)
    for maker in ("east", "west"):
        site.install("twin", "", distribution=f"twin-of-{maker}")
    for version in ("0.1.0", "0.2.0"):
        (site.folder / f"hansa_left_over-{version}.dist-info").mkdir()


@dataclass(frozen=True)
class Place:
    """A folder with a mesh, a site of packages and a memory of its own."""

    folder: Path
    site: Path

    def run(self, *words):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HANSA_")}
        more = {"PYTHONPATH": str(self.site), "XDG_CACHE_HOME": str(self.folder / "cache")}
        code = "from hansa.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *words], cwd=self.folder, env=kept | more, capture_output=True, text=True
        )

    @property
    def digests(self):
        warehouse = Warehouse(self.folder / "warehouse")
        return {
            id: book_of(warehouse, id, 1).latest()[None][0].digests["published"]
            for id in (f"{name}.{table}" for name in GOODS for table in ("rows", "total"))
        }


def found(folder):
    """A place with the three good plugins alone."""
    folder.mkdir()
    site = Site(folder / "site")
    for name in GOODS:
        site.install(name, GOOD.format(name=name), files=contract_files(f"{name}.rows", f"{name}.total"))
        (folder / f"{name}.csv").write_text(f"id\n{name}\nb\n")
    (folder / "mesh.yaml").write_text(
        f"name: Harbour Bank\ntime_zone: UTC\nstart: 2026-01-01\nkeys: keys\nplugins: {{import_seconds: {LIMIT}}}\n"
        f"modules: {{{', '.join(f'{name}.core: on' for name in GOODS)}}}\n"
        f"sources: {{{', '.join(f'{name}.rows: {{uri: {name}.csv}}' for name in GOODS)}}}\n"
    )
    return Place(folder, site.folder)


@dataclass(frozen=True)
class Starts:
    """What the commands left in a place without the bad plugins and in one with them."""

    clean: Place
    spoilt: Place
    cold: subprocess.CompletedProcess
    seconds: tuple[float, float]
    warm: subprocess.CompletedProcess
    run: subprocess.CompletedProcess
    imported: tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def starts(tmp_path_factory):
    base = tmp_path_factory.mktemp("fifteen")
    clean, spoilt, trace = found(base / "clean"), found(base / "spoilt"), base / "trace"
    spoil(Site(spoilt.site), trace)
    begun = time.monotonic()
    assert clean.run("plugins", "--json").returncode == 0
    between = time.monotonic()
    cold = spoilt.run("plugins", "--json")
    ended = time.monotonic()
    first = trace.read_text().splitlines()
    warm = spoilt.run("plugins", "--json")
    assert clean.run("run", "--bare").returncode == 0
    ran = spoilt.run("run", "--bare")
    second = trace.read_text().splitlines()[len(first) :]
    return Starts(clean, spoilt, cold, (between - begun, ended - between), warm, ran, (first, second))


def shown(done):
    return [plugin for plugin in json.loads(done.stdout)["plugins"] if plugin["name"] != "files"]


def test_the_good_ones_are_in_without_a_word(starts):
    assert [(p["state"], p["reason"]) for p in shown(starts.cold) if p["name"] in GOODS] == [("in", "")] * 3


@pytest.mark.parametrize("name", BAD)
def test_each_bad_one_has_its_reason(starts, name):
    (plugin,) = [plugin for plugin in shown(starts.cold) if plugin["name"] == name]
    assert BAD[name][1] in plugin["reason"]
    assert plugin["state"] == ("in" if name in HARMLESS else "left out")


def test_two_of_one_name_are_both_left_out(starts):
    twins = [plugin for plugin in shown(starts.cold) if plugin["name"] == "twin"]
    assert [plugin["state"] for plugin in twins] == ["left out", "left out"]
    assert all("twin of twin-of-east and twin of twin-of-west" in plugin["reason"] for plugin in twins)


def test_empty_metadata_alone_is_told(starts):
    (plugin,) = [plugin for plugin in shown(starts.cold) if plugin["distribution"] == "hansa-left-over"]
    assert "broken installation of hansa-left-over: empty metadata folders" in plugin["reason"]


def test_the_exit_code_says_that_some_are_left_out(starts):
    assert (starts.cold.returncode, starts.warm.returncode) == (1, 1)
    assert starts.cold.stderr.count("Traceback") == 0


def test_the_good_ones_publish_what_they_publish_without_the_bad(starts):
    assert (starts.run.returncode, "Traceback" in starts.run.stderr) == (0, False), starts.run.stderr
    assert starts.spoilt.digests == starts.clean.digests


def test_the_first_start_takes_less_than_the_limit_of_the_one_that_hangs_more(starts):
    clean, spoilt = starts.seconds
    # Thirteen more children cost something too, on a machine as busy as the clean start tells.
    assert spoilt - clean < LIMIT + 1 + clean


def test_help_needs_no_plugin(starts):
    imported = (starts.spoilt.folder.parent / "trace").read_text()
    done = starts.spoilt.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert (starts.spoilt.folder.parent / "trace").read_text() == imported


def test_nobody_waits_for_the_one_that_hangs(starts):
    begun = {line.split()[0]: float(line.split()[1]) for line in reversed(starts.imported[0])}
    assert max(begun.values()) - begun["hangs"] < LIMIT + starts.seconds[0]


def test_a_second_start_tries_nobody_again(starts):
    first, second = map(len, starts.imported)
    # In the first start each once in its child, and those without a fault of their own once more in the command's.
    assert first == len(BAD) + len(BLAMELESS)
    # In the second start and in the run those alone, in the command's own process.
    assert second == 2 * len(BLAMELESS)


def test_a_second_start_says_the_same(starts):
    assert json.loads(starts.warm.stdout) == json.loads(starts.cold.stdout)
