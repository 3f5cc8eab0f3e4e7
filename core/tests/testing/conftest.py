"""Plugins that are installed for one run of pytest within the test: packages with metadata, found as all others are."""

import textwrap

import pytest

HEAD = """\
from pathlib import Path

import polars as pl
from hansa import Module, hookimpl, product, source_product

"""
HOOKS = """

@hookimpl
def hansa_contracts():
    return [Path(__file__).parent]


@hookimpl
def hansa_modules():
    return [Module("{name}.core", products=({products}))]
"""
CALLS = """\
apiVersion: v3.1.0
kind: DataContract
id: {name}.calls
version: 1.0.0
status: active
schema:
  - name: calls
    properties:
      - {{name: call, logicalType: string, required: true, primaryKey: true}}
      - {{name: day, logicalType: date, required: true, partitioned: true}}
      - name: master
        logicalType: string
        required: true
        classification: C2
        customProperties: [{{property: clearReason, value: the harbour calls him by name}}]
      - name: passport
        logicalType: string
        classification: C3
        customProperties: [{{property: tokenise, value: identity_number}}]
      - {{name: berth, logicalType: string, required: true, logicalTypeOptions: {{pattern: "^B[0-9]$"}}}}
      - {{name: tons, logicalType: integer, required: true, logicalTypeOptions: {{minimum: 0}}}}
{more}
"""
DUES = """\
apiVersion: v3.1.0
kind: DataContract
id: {name}.dues
version: 1.0.0
status: active
schema:
  - name: dues
    properties:
      - {{name: day, logicalType: date, required: true, primaryKey: true, partitioned: true}}
      - {{name: berth, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 2}}
      - {{name: tons, logicalType: integer, required: true}}
"""
SUMMED = 'calls.group_by("day", "berth").agg(pl.col("tons").sum())'


class Site:
    """A folder of installed packages."""

    def __init__(self, folder):
        self.folder = folder

    def install(self, name, files):
        """Install the package ``hansa_<name>`` with these files and the plugin ``name`` in it."""
        package = self.folder / f"hansa_{name}"
        package.mkdir(parents=True)
        for file, text in {"__init__.py": "", **files}.items():
            (package / file).write_text(text)
        metadata = self.folder / f"hansa_{name}-1.0.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hansa-{name}\nVersion: 1.0.0\n")
        (metadata / "entry_points.txt").write_text(f"[hansa]\n{name} = hansa_{name}.plugin\n")
        (metadata / "RECORD").write_text("")

    def harbour(self, name, body=f"return {SUMMED}", more="", head="", files=None):
        """A plugin with calls of ships and the dues made of them; ``body`` is that of the product's function."""
        function = f'@product("{name}.dues", requires=["{name}.calls@1"])\ndef dues(calls):\n'
        code = HEAD + head + function + textwrap.indent(body, "    ")
        code += HOOKS.format(name=name, products=f'source_product("{name}.calls"), dues')
        contracts = {"calls.odcs.yaml": CALLS.format(name=name, more=more), "dues.odcs.yaml": DUES.format(name=name)}
        self.install(name, {"plugin.py": code, **contracts, **(files or {})})


@pytest.fixture(scope="session")
def make_site():
    return Site
