"""What a trial has shown is remembered, as long as it holds, where nobody else can write."""

import json
import os
import stat
import subprocess
import sys
import time

import pytest
from hansa.registry import load, trial
from hansa.registry.settings import PluginSettings
from hansa.registry.trial import try_all

GOOD = """
@hookimpl
def hansa_modules():
    return [Module("one.core", products=(source_product("one.rows"),))]
"""


@pytest.fixture
def tried(monkeypatch):
    """The names of the plugins for which a child process was started, in the order of the starts."""
    names = []

    def counted(candidates, *given):
        names.extend(candidate.name for candidate in candidates)
        return try_all(candidates, *given)

    monkeypatch.setattr(trial, "try_all", counted)
    return names


def reason(seconds=5.0, again=False):
    """Load the plugin ``one`` alone; why it is left out."""
    registry = load(choice=PluginSettings(allow=["hansa-one"], import_seconds=seconds), again=again)
    (plugin,) = [plugin for plugin in registry.plugins if plugin.name == "one"]
    return plugin.reason if plugin.state == "left out" else ""


def test_a_second_start_tries_nobody(site, tried):
    site.install("one", GOOD)
    assert [reason(), reason()] == ["", ""]
    assert tried == ["one"]


def test_a_fault_is_remembered_with_its_reason(site, tried):
    site.install("one", "raise ValueError('no licence')")
    first, second = reason(), reason()
    assert first == second != ""
    assert tried == ["one"]


def test_a_hang_is_remembered_until_it_is_given_more_time(site, tried):
    site.install("one", "while True: pass")
    assert "within 0.3 s" in reason(0.3)
    assert "within 0.3 s" in reason(0.2)
    assert tried == ["one"]
    assert "within 0.4 s" in reason(0.4)
    assert tried == ["one", "one"]


def test_again_tries_what_is_known(site, tried):
    site.install("one", GOOD)
    reason()
    reason(again=True)
    assert tried == ["one", "one"]


#: What makes a remembered fault worth another trial, in a site and its plugin's folder.
MENDS = {
    "edited": lambda site, package: (package / "plugin.py").write_text("x = 1\n"),
    "reinstalled": lambda site, package: site.install("one", "x = 1"),
    "dependency_installed": lambda site, package: site.install("other", "x = 1"),
    "module_put_there": lambda site, package: (site.folder / "nowhere_to_be_found.py").write_text(""),
}


def test_compiled_code_that_was_built_anew_in_its_place_is_tried_again(site, tried):
    package = site.install("one", GOOD, files={"fast.so": ""})
    reason()
    (package / "fast.so").write_text("built anew")
    reason()
    assert tried == ["one", "one"]


@pytest.mark.parametrize("mend", MENDS)
def test_a_fault_that_may_be_mended_is_tried_again(site, tried, mend):
    package = site.install("one", "import nowhere_to_be_found")
    assert "nowhere_to_be_found" in reason()
    MENDS[mend](site, package)
    reason()
    assert tried[:2] == ["one", "one"]


def test_what_raised_is_tried_again_in_another_environment(site, tried, monkeypatch):
    site.install("one", "import os\nos.environ['LICENCE_OF_ONE']")
    assert "KeyError" in reason()
    monkeypatch.setenv("LICENCE_OF_ONE", "4711")
    assert reason() == ""
    assert tried == ["one", "one"]


def test_a_plugin_without_record_is_known_by_its_files(site, tried):
    package = site.install("one", GOOD, files={"science.py": ""})
    next(site.folder.glob("hansa_one-*.dist-info/RECORD")).unlink()
    reason()
    reason()
    assert tried == ["one"]
    (package / "science.py").write_text("x = 1\n")
    reason()
    assert tried == ["one", "one"]


def test_a_fault_is_forgotten_after_a_day(site, tried, monkeypatch):
    site.install("one", "raise ValueError('the net is down')")
    reason()
    later = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    reason()
    assert tried == ["one", "one"]


def test_a_kill_from_outside_is_not_remembered(site, tried):
    site.install("one", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "end by SIGKILL" in reason()
    reason()
    assert tried == ["one", "one"]


def test_the_memory_is_for_its_user_alone(site, cache):
    site.install("one", GOOD)
    reason()
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (cache.parent, cache)] == [0o700, 0o700]
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in cache.iterdir()] == [0o600]


def forge(entry):
    """Make an entry say that the plugin is at fault."""
    told = json.loads(entry.read_text())
    told["verdict"]["reason"] = "forged"
    entry.write_text(json.dumps(told))


def test_an_entry_is_taken_from_its_owner(site, cache):
    site.install("one", GOOD)
    reason()
    forge(next(cache.iterdir()))
    # The proof that the next tests forge what would be read.
    assert reason() == "forged"


def of_another(path):
    os.chown(path, 12345, -1)


#: How another user might bring a verdict in.
POISONED = {
    "folder_for_all": lambda cache: cache.chmod(0o777),
    "folder_of_another": of_another,
    "house_of_another": lambda cache: of_another(cache.parent),
    "entry_for_all": lambda cache: next(cache.iterdir()).chmod(0o666),
    "entry_of_another": lambda cache: of_another(next(cache.iterdir())),
}


@pytest.mark.parametrize("way", POISONED)
def test_what_another_user_could_have_written_is_not_believed(site, cache, tried, way):
    if "another" in way and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    site.install("one", GOOD)
    reason()
    forge(next(cache.iterdir()))
    POISONED[way](cache)
    assert reason() == ""
    assert tried == ["one", "one"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(site, cache, tmp_path, tried):
    site.install("one", GOOD)
    (elsewhere := tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.parent.mkdir(parents=True)
    cache.symlink_to(elsewhere)
    reason()
    reason()
    assert list(elsewhere.iterdir()) == []
    assert tried == ["one", "one"]


#: Places where nothing can be remembered.
PLACES = {"none": "/proc/nowhere", "file": "/dev/null", "relative": "cache"}


@pytest.mark.parametrize("place", ["none", "file"])
def test_without_a_place_for_it_every_start_tries_anew(site, tried, monkeypatch, place):
    site.install("one", "raise ValueError('no licence')")
    monkeypatch.setenv("XDG_CACHE_HOME", PLACES[place])
    assert reason() == reason() != ""
    assert tried == ["one", "one"]


@pytest.mark.parametrize("half", ["", "{", "[]", "null", '{"verdict": 5}', '{"verdict": {}, "files": {}}', "\ufffd"])
def test_an_entry_that_is_no_entry_is_tried_again(site, cache, tried, half):
    site.install("one", GOOD)
    reason()
    next(cache.iterdir()).write_text(half)
    assert reason() == ""
    assert tried == ["one", "one"]


def test_a_start_that_is_killed_leaves_no_half_of_an_entry(site, cache):
    site.install("one", GOOD)
    code = """
import os
from hansa.registry import load
os.replace = lambda *given: os._exit(9)
load()
"""
    environment = {**os.environ, "PYTHONPATH": str(site.folder)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 9
    assert list(cache.glob("*.json")) == []
    assert reason() == ""


def test_two_starts_at_once_come_to_one_end(site, cache):
    site.install("one", "raise ValueError('no licence')")
    code = "from hansa.registry import load; print([p.reason for p in load().plugins if p.name == 'one'])"
    environment = {**os.environ, "PYTHONPATH": str(site.folder)}
    starts = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {start.communicate(timeout=60)[0] for start in starts}
    assert len(told) == 1
    assert "no licence" in told.pop()
    assert list(cache.glob(".*")) == []
