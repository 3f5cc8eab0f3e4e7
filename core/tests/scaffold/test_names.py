"""Which names and which places a new plugin is refused, before anything is written."""

import subprocess
import sys
from pathlib import Path

import pytest
from hansa.errors import MeshError, WorldError
from hansa.scaffold import check_name, new_plugin
from hypothesis import given
from hypothesis import strategies as st
from machinery.environments import HANSA


@pytest.mark.parametrize("name", ["treasury", "claims", "cash2", "trade_finance", "a"])
def test_a_plain_word_is_a_good_name(name):
    check_name(name)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("Treasury", "did you mean 'treasury'?"),
        ("trade-finance", "did you mean 'trade_finance'?"),
        ("hansa-treasury", "did you mean 'treasury'?"),
        ("hansa_treasury", "did you mean 'treasury'?"),
        ("trade  finance ", "did you mean 'trade_finance'?"),
        ("_cash", "did you mean 'cash'?"),
        ("2cash", "such as treasury"),
        ("", "such as treasury"),
        ("资金", "such as treasury"),
        ("../../etc", "did you mean 'etc'?"),
        ("a" * 41, "such as treasury"),
        ("cash\n", "did you mean 'cash'?"),
    ],
)
def test_another_spelling_is_refused_with_one_that_would_do(name, mend):
    with pytest.raises(MeshError) as refused:
        check_name(name)
    assert (refused.value.code, refused.value.next_step) == ("new.name", mend)


@pytest.mark.parametrize("name", ["hansa", "governance", "risk", "service", "marketing", "ops", "contracts", "files"])
def test_a_name_of_hansas_own_is_refused(name):
    with pytest.raises(MeshError, match=f"^'{name}' is .*; choose another name$"):
        check_name(name)


@pytest.mark.parametrize("name", ["class", "import", "lambda"])
def test_a_word_of_python_is_refused(name):
    with pytest.raises(MeshError, match="a word of Python itself"):
        check_name(name)


def test_the_name_of_an_installed_plugin_is_refused(tmp_path, monkeypatch):
    metadata = tmp_path / "hansa_lending-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hansa-lending\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text("[hansa]\nloans = hansa_lending.plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("loans", "lending"):
        with pytest.raises(MeshError, match=r"is a (plugin|package) that is installed \(hansa-lending"):
            check_name(name)


@given(st.text(max_size=60))
def test_every_refusal_is_one_line(name):
    try:
        check_name(name)
    except MeshError as refused:
        assert len(refused.sentence().splitlines()) == 1


def test_a_folder_with_anything_in_it_is_left_as_it_is(tmp_path):
    taken = tmp_path / "hansa-treasury"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    with pytest.raises(MeshError, match="it exists and is not empty; it was left as it is"):
        new_plugin("treasury", tmp_path)
    assert [path.name for path in taken.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_taken_into_use(tmp_path):
    (tmp_path / "hansa-treasury").mkdir()
    assert (new_plugin("treasury", tmp_path) / "pyproject.toml").exists()


@pytest.mark.parametrize("into", ["file", "file/below", "nowhere"])
def test_a_place_that_is_no_folder_is_refused(tmp_path, into):
    (tmp_path / "file").touch()
    with pytest.raises(MeshError, match="there is no such folder; make it first"):
        new_plugin("treasury", tmp_path / into)


def test_a_place_that_cannot_be_written_is_named():
    with pytest.raises(WorldError, match=r"^/proc: nothing can be written there"):
        new_plugin("treasury", Path("/proc"))


def test_the_command_line_says_one_line_and_ends_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", HANSA, "new", "plugin", "Treasury"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hansa: 'Treasury' is no name of a plugin")
    assert len(done.stderr.splitlines()) == 1


def test_a_link_to_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "hansa-treasury").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MeshError, match="it exists already"):
        new_plugin("treasury", tmp_path)
    assert not (tmp_path / "elsewhere").exists()
