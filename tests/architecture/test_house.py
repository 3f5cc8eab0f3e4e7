"""The rules of the house: import directions, sizes of files, dependencies, what is written about commands."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("*/pyproject.toml")), *sorted(ROOT.glob("*/*/pyproject.toml"))]
LONGEST = 400


def project(path):
    return tomllib.loads(path.read_text())


def named(path):
    return str(path.relative_to(ROOT))


def first_party():
    """Every Python file of the house, tests included."""
    top = [ROOT / name for name in ("core", "contracts", "domains", "plugins", "tests", "infra", "docs")]
    return sorted(path for folder in top for path in folder.rglob("*.py") if ".venv" not in path.parts)


def test_imports_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_file_is_longer_than_one_can_read():
    lengths = {named(path): len(path.read_text().splitlines()) for path in first_party()}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_no_file_is_named_after_nothing():
    nothing = {"utils", "helpers", "common", "manager", "base", "misc", "util", "helper"}
    assert [named(path) for path in first_party() if path.stem in nothing] == []


def test_no_top_level_folder_is_a_package():
    folders = [ROOT / name for name in ("core", "contracts", "domains", "plugins", "tests", "infra", "docs")]
    folders += [path.parent for path in PROJECTS]
    assert [named(folder) for folder in folders if (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", PROJECTS, ids=named)
def test_every_direct_dependency_has_a_lower_bound(path):
    groups = [
        project(path)["project"].get("dependencies", []),
        *project(path)["project"].get("optional-dependencies", {}).values(),
        *project(path).get("dependency-groups", {}).values(),
    ]
    # The root takes the members of the workspace as they lie there.
    members = {project(one)["project"]["name"] for one in PROJECTS} if path == PROJECTS[0] else set()
    asked = [line for group in groups for line in group if re.split(r"[\[<>=~ ]", line)[0] not in members]
    assert [line for line in asked if not re.search(r">=|==|~=", line)] == []


def commands(app):
    from typer.main import get_command

    group = get_command(app)
    for name, command in group.commands.items():
        below = getattr(command, "commands", None)
        yield from [f"{name} {word}" for word in below] if below else [name]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_command_and_no_other(readme):
    from hansa.cli import app

    known = set(commands(app))
    table = [line.split("|")[1] for line in (ROOT / readme).read_text().splitlines() if line.startswith("| `hansa ")]
    told = set()
    for words in re.findall(r"`hansa ([^`]+)`", " ".join(table)):
        parts = words.split()
        told.add(" ".join(parts[:2]) if " ".join(parts[:2]) in known else parts[0])
    assert told == known


def test_the_changelog_has_a_place_for_what_is_not_released():
    assert re.search(r"^## Unreleased$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", PROJECTS[1:], ids=named)
def test_each_distribution_has_its_readme(path):
    assert (path.parent / "README.md").exists()
