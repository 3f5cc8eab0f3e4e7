"""The tutorial is walked as it stands: its files are written, its commands run, what it prints is what is printed."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from machinery.environments import Environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)( by-hand)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.(?:py|yaml))\n")
LOOK = """
import json
from dagster import AssetKey
from hansa.definitions import mesh as definitions
from hansa.definitions.instance import instance_of
from hansa.mesh import load_mesh
graph = definitions.resolve_asset_graph()
key = AssetKey(["claims", "referrals"])
with instance_of(load_mesh()) as instance:
    days = sorted(instance.get_materialized_partitions(key))
parents = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
print(json.dumps({"parents": parents, "days": days, "group": graph.get(key).group_name}))
"""


@dataclass(frozen=True)
class Step:
    """One block of the page: a file to write, or commands with what they print."""

    language: str
    by_hand: bool
    text: str


STEPS = [Step(language, bool(by_hand), text) for language, by_hand, text in BLOCK.findall(PAGE)]


class Walk:
    """A reader who does what the page says, in one shell."""

    def __init__(self, folder: Path) -> None:
        self.environment = Environment(folder / "environment")
        self.folder = folder / "insurer"
        self.folder.mkdir()
        self.printed: list[tuple[str, list[str], list[str]]] = []

    def take(self, step: Step) -> None:
        if step.by_hand:
            return
        if step.language == "bash":
            self.shell(step.text)
        elif step.language == "console":
            for part in re.split(r"^\$ ", step.text, flags=re.MULTILINE)[1:]:
                command, *promised = part.splitlines()
                self.printed.append((command, promised, self.shell(command).splitlines()))
        else:
            path = self.folder / NAMED.match(step.text)[1]
            path.write_text(step.text)

    def shell(self, text: str) -> str:
        """What the commands print; they may change the folder for those that come after."""
        left = self.environment.root / "folder"
        done = self.environment.run(["bash", "-euc", f"{text}\npwd > {left}"], self.folder)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        self.folder = Path(left.read_text().strip())
        return done.stdout


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    walk = Walk(tmp_path_factory.mktemp("tutorial"))
    for step in STEPS:
        walk.take(step)
    return walk


def words(line):
    """A line without its widths: columns are as wide as the longest name of what is installed."""
    return " ".join(line.split())


def test_every_command_prints_what_the_page_prints(walk):
    for command, promised, printed in walk.printed:
        rest = iter([words(line) for line in printed])
        for line in promised:
            assert any(words(line) in one for one in rest), f"{command}: no '{line}' in\n" + "\n".join(printed)


def test_the_product_is_an_asset_with_its_days_and_its_lineage(walk):
    python = walk.environment.python
    done = walk.environment.run([python, "-c", LOOK], walk.folder, HANSA_MESH=str(walk.folder / "mesh.yaml"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "parents": ["claims/claims", "claims/policies", "risk/watchlist"],
        "days": ["2026-03-02", "2026-03-03"],
        "group": "claims/core",
    }


def test_no_customers_number_is_in_the_warehouse(walk):
    found = subprocess.run(["grep", "-rlE", "C-[0-9]", walk.folder / "warehouse"], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, "")


def test_the_package_is_clean_after_the_walk(walk):
    ruff = Path(sys.executable).with_name("ruff")
    for command in ("check", "format --check"):
        done = walk.environment.run([ruff, *command.split(), "--no-cache", "."], walk.folder)
        assert done.returncode == 0, done.stdout


def test_only_the_install_and_the_pages_are_left_to_the_hand():
    by_hand = [step.text.splitlines()[-1] for step in STEPS if step.by_hand]
    assert by_hand == ["uv pip install 'hansa[new,ui]' hansa-contracts pytest", "hansa ui"]
