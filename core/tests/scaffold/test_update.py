"""A later template comes into a plugin that a team has edited since, and the edits stay."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hansa.errors import MeshError, WorldError
from hansa.scaffold import new_plugin, repository, update_plugin, writing
from machinery.environments import HANSA

from .conftest import commit, git


def improve(template):
    """A later version of a template: one more line at the head of the README, one more file."""
    readme = template / "template" / "README.md.jinja"
    readme.write_text("Better than before.\n\n" + readme.read_text())
    (template / "template" / "CHANGELOG.md.jinja").write_text("# Changes of {{ domain }}\n")


@pytest.fixture
def later(versions, monkeypatch):
    """The Hansa of tomorrow: it brings one more version of the template."""

    def install():
        improve(Path(shutil.copytree(versions / "1.0.0", versions / "1.10.0")))
        monkeypatch.setattr(writing, "template_repository", lambda: repository.template_repository(versions))

    return install


def edit(folder):
    science = folder / "hansa_treasury" / "turnover.py"
    science.write_text(science.read_text().replace("pl.len()", 'pl.col("amount").count()'))
    commit(folder, "Count what is there")
    return science


def test_a_later_template_comes_in_and_the_teams_edit_stays(treasury, later):
    science = edit(treasury)
    later()
    update_plugin(treasury)
    assert 'pl.col("amount").count()' in science.read_text()
    assert (treasury / "README.md").read_text().startswith("Better than before.\n")
    assert (treasury / "CHANGELOG.md").read_text() == "# Changes of treasury\n"
    assert "_commit: v1.10.0" in (treasury / ".copier-answers.yml").read_text()


def test_copier_itself_updates_from_a_template_in_git(tmp_path, versions):
    house = versions / "1.0.0"
    commit(house)
    git(house, "tag", "1.0.0")
    folder = new_plugin("treasury", tmp_path, template=str(house))
    commit(folder)
    science = edit(folder)
    improve(house)
    commit(house, "Better")
    git(house, "tag", "1.1.0")
    command = [Path(sys.executable).with_name("copier"), "update", "--defaults", "--quiet"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'pl.col("amount").count()' in science.read_text()
    assert (folder / "README.md").read_text().startswith("Better than before.\n")


def test_where_both_changed_a_line_both_stand_in_the_file(treasury, later):
    readme = treasury / "README.md"
    readme.write_text("Ours.\n\n" + readme.read_text())
    commit(treasury)
    later()
    update_plugin(treasury)
    assert "<<<<<<<" in readme.read_text()
    assert "Ours." in readme.read_text()
    assert "Better than before." in readme.read_text()


def test_without_a_later_template_nothing_changes(treasury):
    edit(treasury)
    update_plugin(treasury)
    assert git(treasury, "status", "--porcelain") == ""


def test_a_colleague_whose_home_lies_elsewhere_updates_it_too(treasury, tmp_path, later, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "colleague"))
    later()
    update_plugin(treasury)
    answers = (treasury / ".copier-answers.yml").read_text()
    assert "_src_path: ~/.cache/hansa/templates/plugin\n" in answers
    assert (treasury / "CHANGELOG.md").exists()


def test_edits_that_are_not_committed_are_refused(treasury):
    (treasury / "README.md").write_text("Ours.\n")
    with pytest.raises(WorldError, match="dirty"):
        update_plugin(treasury)
    assert (treasury / "README.md").read_text() == "Ours.\n"


def test_a_plugin_outside_git_is_refused(tmp_path):
    folder = new_plugin("treasury", tmp_path)
    with pytest.raises(WorldError, match="git"):
        update_plugin(folder)


def test_a_folder_that_was_not_made_from_a_template_is_refused(tmp_path):
    with pytest.raises(MeshError, match="was not made by hansa new"):
        update_plugin(tmp_path)


def test_the_repository_of_the_template_is_the_same_on_every_machine(tmp_path, monkeypatch):
    heads = set()
    for name, zone in (("one", "Asia/Shanghai"), ("two", "America/New_York")):
        monkeypatch.setenv("HOME", str(tmp_path / name))
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("GIT_AUTHOR_NAME", name)
        with repository.template_repository() as place:
            heads.add(git(place, "rev-parse", "v1.0.0"))
    assert len(heads) == 1


def test_a_later_version_leaves_the_earlier_ones_as_they_were(versions):
    with repository.template_repository(versions) as place:
        before = git(place, "rev-parse", "v1.0.0")
    improve(Path(shutil.copytree(versions / "1.0.0", versions / "1.10.0")))
    improve(Path(shutil.copytree(versions / "1.10.0", versions / "1.9.0")))
    with repository.template_repository(versions) as place:
        assert git(place, "rev-parse", "v1.0.0") == before
        assert git(place, "log", "--format=%s").splitlines() == ["Template 1.10.0", "Template 1.9.0", "Template 1.0.0"]


def test_a_cache_that_was_spoilt_is_made_again(treasury, cache):
    shutil.rmtree(cache / "hansa" / "templates" / "plugin" / ".git")
    update_plugin(treasury)
    assert git(treasury, "status", "--porcelain") == ""


def test_many_at_once_write_whole_plugins(tmp_path):
    names = ["cash", "loans", "loans"]

    def make(name):
        command = [sys.executable, "-c", HANSA, "new", "plugin", name, "--into", tmp_path]
        return subprocess.run(command, capture_output=True, text=True)

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(make, names))
    assert done[0].returncode == 0, done[0].stderr
    assert sorted(one.returncode for one in done[1:]) == [0, 2]
    assert "it exists and is not empty; it was left as it is" in done[1].stderr + done[2].stderr
    assert len({len(list((tmp_path / f"hansa-{name}").rglob("*"))) for name in names}) == 1
    assert sorted(path.name for path in tmp_path.glob("*hansa-*")) == ["hansa-cash", "hansa-loans"]
