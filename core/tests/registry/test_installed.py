import shutil

import pytest
from hansa.registry import load
from hansa.registry.installed import installed


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder of packages with the plugin hansa-treasury 1.1.0."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "hansa_treasury_plugin.py").write_text("")
    release(tmp_path, "1.1.0")
    return tmp_path


def release(packages, version, name="hansa_treasury"):
    folder = packages / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / "entry_points.txt").write_text("[hansa]\ntreasury = hansa_treasury_plugin\n")
    return folder


def treasury(candidates):
    return [candidate for candidate in candidates if candidate.name == "treasury"]


def test_an_installed_plugin_is_found(packages):
    (found,) = treasury(installed())
    assert (found.distribution, found.version, found.broken, found.notice) == ("hansa-treasury", "1.1.0", "", "")


def test_empty_metadata_folders_hide_no_plugin_and_are_told(packages):
    for number in range(30):
        (packages / f"hansa_treasury-0.{number}.0.dist-info").mkdir()
    plugin = next(plugin for plugin in load().plugins if plugin.name == "treasury")
    assert (plugin.state, plugin.version) == ("in", "1.1.0")
    assert "empty metadata folders" in plugin.reason
    assert "and 27 more); reinstall" in plugin.reason


def test_a_plugin_of_which_only_empty_metadata_is_left_is_reported(packages):
    shutil.rmtree(packages / "hansa_treasury-1.1.0.dist-info")
    (packages / "hansa_treasury-1.1.0.dist-info").mkdir()
    plugin = next(plugin for plugin in load().plugins if plugin.name == "treasury")
    assert plugin.state == "left out"
    assert "broken installation of hansa-treasury: empty metadata folders" in plugin.reason


def test_two_versions_in_one_folder_are_a_broken_installation(packages):
    release(packages, "1.0.0")
    (plugin,) = [plugin for plugin in load().plugins if plugin.name == "treasury"]
    assert plugin.state == "left out"
    assert "several versions in one folder" in plugin.reason


def test_the_earlier_folder_of_the_path_counts(packages, tmp_path_factory, monkeypatch):
    earlier = tmp_path_factory.mktemp("earlier")
    release(earlier, "3.0.0")
    monkeypatch.syspath_prepend(str(earlier))
    assert [found.version for found in treasury(installed())] == ["3.0.0"]


def test_an_announcement_without_metadata_is_a_broken_installation(packages):
    (packages / "hansa_treasury-1.1.0.dist-info" / "METADATA").unlink()
    assert all("reinstall" in found.broken for found in treasury(installed()))
