"""Plugins that are written for one test: as an entry point alone, or installed as a package is."""

import hashlib
import importlib
import sys
import textwrap
from importlib.metadata import Distribution, EntryPoint

import pytest

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {id}
name: {id}
version: {version}
status: active
schema:
- name: {table}
  properties:
  - {{name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}}
"""


HEAD = "from pathlib import Path\nfrom hansa import hookimpl, product, source_product, Module, Setting\n"


def contract_files(*ids, version="1.0.0", note=""):
    """The contracts of these products, ``{file name: text}``, each with ``note`` at its end."""
    return {f"{id}.odcs.yaml": CONTRACT.format(id=id, version=version, table=id.split(".")[1]) + note for id in ids}


class Named(Distribution):
    """An installed distribution that has nothing but a name and a version."""

    def __init__(self, name, version):
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename):
        return self._text if filename == "METADATA" else None

    def locate_file(self, path):
        raise NotImplementedError


class Workshop:
    def __init__(self, folder):
        self.folder = folder

    def plugin(self, name, code, distribution=None, version="1.0.0"):
        """Write a plugin and return its entry point."""
        module = f"plugin_{name}_{len(list(self.folder.iterdir()))}_{id(self)}"
        (self.folder / f"{module}.py").write_text(HEAD + textwrap.dedent(code))
        importlib.invalidate_caches()
        return self.point(name, module, distribution, version)

    def point(self, name, value, distribution=None, version="1.0.0"):
        # The distribution is what importlib.metadata itself attaches, by the method that it uses itself.
        return EntryPoint(name, value, "hansa")._for(Named(distribution or f"hansa-{name}", version))

    def contracts(self, name, *ids, version="1.0.0", note=""):
        folder = self.folder / name
        folder.mkdir()
        for file, text in contract_files(*ids, version=version, note=note).items():
            (folder / file).write_text(text)
        return folder


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield Workshop(folder)
    for name in set(sys.modules) - before:
        if name.startswith("plugin_"):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Verdicts are remembered in a folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "hansa" / "plugins"


class Site:
    """A folder of installed packages, with the metadata that an installer writes."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def install(self, name, code="", distribution=None, files=(), version="1.0.0"):
        """Install a plugin ``name`` of these lines and these files beside them; returns its package folder."""
        distribution = distribution or f"hansa-{name}"
        stem = distribution.replace("-", "_")
        package = self.folder / stem
        package.mkdir(exist_ok=True)
        written = {"__init__.py": "", "plugin.py": HEAD + textwrap.dedent(code), **dict(files)}
        for file, text in written.items():
            (package / file).write_text(text)
        info = self.folder / f"{stem}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[hansa]\n{name} = {stem}.plugin\n")
        lines = [f"{stem}/{file},sha256={_digest(text)},{len(text.encode())}" for file, text in written.items()]
        (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,"]) + "\n")
        return package


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages on the path of this process."""
    made = Site(tmp_path / "site-packages")
    monkeypatch.syspath_prepend(str(made.folder))
    before = set(sys.modules)
    yield made
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(made.folder)):
            del sys.modules[name]
