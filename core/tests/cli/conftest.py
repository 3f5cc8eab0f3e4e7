"""The command line as a user meets it, in an empty folder, with nothing of the machine's environment."""

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main
from hansa.cli import main

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out, parse_constant=_not_strict)

    @property
    def sentence(self):
        """The one line on standard error of a command that was refused."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


def _not_strict(word):
    raise AssertionError(f"{word} is no JSON")


@pytest.fixture(autouse=True)
def empty_place(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("HANSA_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


#: The tree of commands holds nothing of a call, and a process that calls often need not build it each time.
_get_command = functools.cache(typer.main.get_command)


@pytest.fixture
def hansa(monkeypatch, capfd):
    """Call ``hansa`` in this process, through the same border as the installed command."""
    monkeypatch.setattr(typer.main, "get_command", _get_command)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["hansa", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Done(ended.value.code, out, err)

    return call


@pytest.fixture
def process():
    """Call ``hansa`` as a process of its own."""

    def call(*words, code="from hansa.cli import main; main()", **more):
        ended = subprocess.run(
            [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=120, **more
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    return call


@pytest.fixture
def contract():
    """Write a contract ``t.NAME`` of these properties; the path of its file."""

    def write(name, *properties, quality="", custom="", version="1.0.0"):
        lines = [
            "apiVersion: v3.1.0",
            "kind: DataContract",
            f"id: t.{name}",
            f"name: {name}",
            f"version: {version}",
            "status: active",
            "domain: t",
            f"customProperties: [{custom}]",
            "schema:",
            f"- name: {name}",
            "  properties:",
            *(f"  - {line}" for line in properties),
            f"  quality: [{quality}]",
        ]
        path = Path(f"{name}.odcs.yaml")
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture
def orders(contract):
    """A contract with a sealed column and two good rows under it: contract and file."""
    made = contract("orders", KEY, "{name: amount, logicalType: integer, classification: C2}")
    file = Path("orders.csv")
    file.write_text("id,amount\nA,1\nB,2\n")
    return made, file
