"""Each code of a mesh file, a calendar and the environment, raised by what has this one thing wrong."""

import os
from pathlib import Path

import pytest
from hansa.mesh.place import find_mesh_file
from hansa.mesh.read import read_mesh_file, read_variables
from hansa.sources import known_zone

from .conftest import code_of

GOOD = "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\n"
CASES = {
    "mesh.alias": GOOD + "vault: *nothing\n",
    "mesh.aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"x{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)),
    "mesh.character": "name: a\x07b\n",
    "mesh.depth": "name: " + "[" * 200 + "]" * 200 + "\n",
    "mesh.documents": GOOD + "---\na: 1\n",
    "mesh.duplicate": GOOD + "name: Other\n",
    "mesh.empty": "",
    "mesh.encoding": b"name: \xff\n",
    "mesh.field": "name: Bank\ntime_zone: Europe/Berlinn\nstart: 2026-03-01\n",
    "mesh.key": "? [a]\n: 1\n",
    "mesh.mapping": "- a\n",
    "mesh.merge": GOOD + "<<: {a: 1}\n",
    "mesh.size": b"#" * (9 << 20),
    "mesh.syntax": "a: [1\n",
    "mesh.tab": "a:\n\tb: 1\n",
    "mesh.tag": "a: !!python/name:os.system x\n",
    "mesh.unknown": GOOD + "colour: blue\n",
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("HANSA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("code", CASES)
def test_a_mesh_file_with_one_thing_wrong_has_its_code(code):
    given = CASES[code]
    Path("mesh.yaml").write_bytes(given if isinstance(given, bytes) else given.encode())
    assert code_of(read_mesh_file, Path("mesh.yaml")) == code


def test_a_folder_is_no_mesh_file(tmp_path):
    assert code_of(find_mesh_file, tmp_path) == "mesh.folder"


def test_a_mesh_file_may_be_missing():
    assert code_of(find_mesh_file) == "mesh.missing"


def test_a_pipe_is_no_mesh_file():
    os.mkfifo("mesh.yaml")
    assert code_of(read_mesh_file, Path("mesh.yaml")) == "mesh.device"


def test_a_mesh_file_may_be_unreadable(monkeypatch):
    Path("mesh.yaml").write_text(GOOD)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert code_of(read_mesh_file, Path("mesh.yaml")) == "mesh.unreadable"


def test_a_variable_may_be_no_json(monkeypatch):
    monkeypatch.setenv("HANSA_STORE", "{")
    assert code_of(read_variables) == "mesh.environment"


def test_a_zone_may_be_unknown():
    assert code_of(known_zone, "Europe/Berlinn") == "zone.unknown"
