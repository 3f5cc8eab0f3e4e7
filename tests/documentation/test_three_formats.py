"""The page of the three formats is walked as it stands: its files are written, its commands print what it prints."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from machinery.environments import Environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "three-formats.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)( by-hand)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.(?:py|yaml|toml))\n")
STEPS = [(language, bool(by_hand), text) for language, by_hand, text in BLOCK.findall(PAGE)]


def installed(site, name, module, folder):
    """A package that the environment finds in ``folder``, as ``uv pip install -e`` leaves it."""
    metadata = site / f"hansa_{name}-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hansa-{name}\nVersion: 0.1.0\n")
    (metadata / "RECORD").write_text("")
    (metadata / "entry_points.txt").write_text(f"[hansa]\n{name} = {module}\n")
    (site / f"hansa_{name}.pth").write_text(f"{folder}\n")


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """What each command of the page printed beside what the page prints."""
    root = tmp_path_factory.mktemp("three")
    environment = Environment(root / "environment")
    folder = root / "desk"
    folder.mkdir()
    site = next((root / "environment").glob("lib/python*/site-packages"))
    installed(site, "desk", "hansa_desk.plugin", folder)
    if not any(one.name == "statements" for one in entry_points(group="hansa")):
        installed(site, "statements", "hansa_statements.plugin", ROOT / "plugins" / "statements")
    printed = []

    def shell(text):
        done = environment.run(["bash", "-euc", text], folder)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout.splitlines()

    for language, by_hand, text in STEPS:
        if by_hand:
            continue
        if language == "bash":
            shell(text)
        elif language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, *promised = part.splitlines()
                printed.append((command, promised, shell(command)))
        else:
            (folder / NAMED.match(text)[1]).write_text(text, encoding="utf-8")
    return folder, printed


def test_every_command_prints_what_the_page_prints(walk):
    for command, promised, printed in walk[1]:
        assert [" ".join(line.split()) for line in printed] == [" ".join(line.split()) for line in promised], command


def test_the_files_are_in_the_encodings_that_the_page_says(walk):
    folder = walk[0]
    assert "共5笔记录" in (folder / "wallet.csv").read_bytes().decode("gb18030")
    assert "–" in (folder / "bank.csv").read_bytes().decode("cp1252")


def test_only_the_installs_are_left_to_the_hand():
    assert [text.splitlines()[-1] for _, by_hand, text in STEPS if by_hand] == [
        "uv pip install hansa hansa-statements",
        "uv pip install -e .",
    ]
