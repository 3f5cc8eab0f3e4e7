"""``docs/statements.md`` is walked as it stands: its files are written, its commands run, what it prints is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import hansa_statements
import pytest

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "statements.md").read_text("utf-8")
FILES = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PROMISED = re.findall(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder with the page's files, and the house's plugin as an installed one."""
    folder = tmp_path_factory.mktemp("house")
    for name, text in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for name, module in (("house", "house.plugin"), ("hansa-statements", "hansa_statements.plugin")):
        about = folder / "installed" / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: hansa>=0.1\n"
        )
        (about / "entry_points.txt").write_text(f"[hansa]\n{name} = {module}\n")
    return folder


@pytest.fixture(scope="module")
def printed(house):
    """What each command of the page printed, in the order of the page."""
    first = [str(house / "installed"), str(house), str(Path(hansa_statements.__file__).parents[1])]
    variables = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(first),
        "LC_ALL": "C.UTF-8",
    }
    return [
        subprocess.run(["bash", "-c", command], cwd=house, env=variables, capture_output=True, text=True).stdout
        for command, _ in PROMISED
    ]


def test_the_page_has_files_and_commands():
    assert len(FILES) == 4 and len(PROMISED) == 8


@pytest.mark.parametrize("number", range(len(PROMISED)))
def test_a_command_prints_what_the_page_says(printed, number):
    assert printed[number] == PROMISED[number][1]
