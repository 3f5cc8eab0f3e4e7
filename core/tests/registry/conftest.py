"""Plugins that are written for one test: a module on sys.path and the entry point that names it."""

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
        head = "from pathlib import Path\nfrom hansa import hookimpl, product, source_product, Module, Setting\n"
        (self.folder / f"{module}.py").write_text(head + textwrap.dedent(code))
        importlib.invalidate_caches()
        return self.point(name, module, distribution, version)

    def point(self, name, value, distribution=None, version="1.0.0"):
        # The distribution is what importlib.metadata itself attaches, by the method that it uses itself.
        return EntryPoint(name, value, "hansa")._for(Named(distribution or f"hansa-{name}", version))

    def contracts(self, name, *ids, version="1.0.0", note=""):
        folder = self.folder / name
        folder.mkdir()
        for product in ids:
            text = CONTRACT.format(id=product, version=version, table=product.split(".")[1])
            (folder / f"{product}.odcs.yaml").write_text(text + note)
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
