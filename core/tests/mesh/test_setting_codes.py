"""Findings that come from settings, carried columns, overlays, sources and places carry the code of their fault too."""

import json

import pytest
import typer
from hansa import registry as registry_room
from hansa.cli import plugins as commands
from hansa.contract import read_contract
from hansa.products import Input, Product, Setting, source_product
from hansa.registry import Registry
from hansa.sources import built_in_readers
from typer.testing import CliRunner

BOUND = "modules: {a.one: on}\nsources:\n  a.rows: {uri: rows.csv}\n"


@pytest.fixture
def codes(monkeypatch, write, make):
    """The codes that hansa check finds in a mesh file of this text, with a module of one source and a setting."""

    def call(text, *products, contracts=()):
        module = make.module("a.one", source_product("a.rows"), *products, settings={"limit": Setting(5, "n")})
        known = [make.contract("a.rows"), *contracts]
        registry = Registry(
            modules={"a.one": module},
            contracts={(one.id, one.major): one for one in known},
            module_plugins={"a.one": "test"},
            readers=built_in_readers(),
        )
        monkeypatch.setattr(registry_room, "load", lambda *_, **__: registry)
        app = typer.Typer()
        commands.register(app)
        done = CliRunner().invoke(app, ["check", "--json", "--mesh", str(write(text))], catch_exceptions=False)
        return [finding["code"] for finding in json.loads(done.stdout)["findings"]]

    return call


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOUND + "settings: {a.one: {limt: 5}}\n", "setting.unknown"),
        (BOUND + "settings: {a.one: {limit: many}}\n", "setting.type"),
        ("modules: {a.one: off}\nsettings: {a.one: {limit: 5}}\n", "setting.idle"),
        (BOUND + "settings: {a.onne: {limit: 5}}\n", "module.unknown"),
        (BOUND, "source.missing"),
        (BOUND + "overlays: [own]\n", "overlay.missing"),
        (BOUND + "vault: rows.csv/vault.db\n", "vault.unusable"),
    ],
)
def test_a_finding_has_the_code_of_its_fault(codes, text, code, tmp_path):
    if "rows.csv/" in text:
        (tmp_path / "rows.csv").write_text("business_date\n2026-03-01\n")
    assert code in codes(text)


def test_a_column_that_cannot_be_carried_has_its_code(codes, tmp_path):
    path = tmp_path / "b.rows.odcs.yaml"
    path.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: b.rows\nversion: 1.0.0\nstatus: active\nschema:\n- name: rows\n"
        "  properties:\n  - {name: note, logicalType: string, tags: [feature]}\n"
    )
    reader = Product("a.sums", (Input("b.rows@1"),), lambda rows: rows, carries="feature")
    assert "product.carried" in codes(BOUND, reader, contracts=[read_contract(path)])
