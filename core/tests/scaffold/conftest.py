"""Plugins that ``hansa new`` writes, with a cache of templates that is the test's own."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hansa.scaffold import new_plugin
from hansa.scaffold.repository import VERSIONS
from machinery.environments import clean_variables

WHO = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in {"NAME": "Team", "EMAIL": "team@localhost"}.items()
}


def git(folder, *words):
    """What Git answers; the machine's own settings play no part."""
    settings = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "init.defaultBranch=main", *words]
    done = subprocess.run(command, cwd=folder, env=clean_variables() | WHO | settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder, message="All"):
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    place = tmp_path / "home" / ".cache"
    monkeypatch.setenv("HOME", str(place.parent))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return place


@pytest.fixture
def treasury(tmp_path):
    """A new plugin, every file of it committed."""
    folder = new_plugin("treasury", tmp_path)
    commit(folder)
    return folder


@pytest.fixture
def versions(tmp_path):
    """The template's released versions in a folder of the test's own."""
    return Path(shutil.copytree(VERSIONS, tmp_path / "versions"))
