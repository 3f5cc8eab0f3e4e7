"""Each code of a command, raised by words that cannot be meant or by what lies where the command looks."""

import socket
import subprocess
import sys

import polars as pl
import pytest
from hansa.cli import app

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: t.orders
version: 1.0.0
status: active
schema:
- name: orders
  properties:
  - {name: id, logicalType: string, required: true, primaryKey: true}
  - {name: amount, logicalType: integer}
"""
MESH = "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\nplugins: {allow: []}\nvault: none\n"

#: In a folder with a contract, a file under it, a mesh of nothing, and one published row and one refused one.
WORDS = {
    "contract.other": ("quarantine", "replay", "t.orders", "--contract", "other.odcs.yaml", "--warehouse", "wh"),
    "days.format": ("run", "--from", "yesterday"),
    "days.order": ("run", "--from", "2026-03-05", "--to", "2026-03-02", "--bare"),
    "days.start": ("run", "--from", "2020-01-01", "--bare"),
    "diff.against": ("contract", "diff", "orders.odcs.yaml", "--against", "main"),
    "diff.pair": ("contract", "diff", "orders.odcs.yaml"),
    "draft.id": ("contract", "draft", "orders.csv", "--id", "Orders!"),
    "draft.output": ("contract", "draft", "orders.csv", "--output", "nowhere/orders.odcs.yaml"),
    "draft.sheet": ("contract", "draft", "orders.csv", "--sheet", "January"),
    "draft.columns": ("contract", "draft", "binary.parquet"),
    "git.repository": ("contract", "diff", "orders.odcs.yaml", "--against", "git:main"),
    "init.exists": ("init", "--profile", "small"),
    "init.profile": ("init", "--profile", "nothing", "--into", "elsewhere"),
    "keys.purpose": ("keys", "rotate"),
    "product.name": ("read", "orders"),
    "publish.mode": ("publish", "orders.odcs.yaml", "orders.csv", "--merge", "--replace"),
    "quarantine.reason": ("quarantine", "reject", "t.orders", "--reason", " ", "--warehouse", "wh"),
    "quarantine.state": ("quarantine", "show", "t.orders", "--state", "asleep", "--warehouse", "wh"),
    "read.at": ("read", "t.orders", "--at", "lately", "--warehouse", "wh"),
    "read.format": ("read", "t.orders", "-o", "orders.doc", "--warehouse", "wh"),
    "read.output": ("read", "t.orders", "-o", "nowhere/orders.csv", "--warehouse", "wh"),
    "reveal.words": ("reveal", "--kind", "mobile"),
    "selection.unknown": ("run", "t.oders", "--bare"),
    "vault.none": ("reveal", "0" * 32, "--kind", "mobile", "--purpose", "complaint 4711"),
    "verify.what": ("verify",),
    "warehouse.empty": ("read", "t.orders", "--warehouse", ""),
    "warehouse.missing": ("verify", "--all", "--warehouse", "nowhere"),
    "warehouse.scheme": ("read", "t.orders", "--warehouse", "gs://lake/x"),
    "why.language": ("why", "source.missing", "--lang", "fr"),
    "why.unknown": ("why", "source.mising"),
    "workspace.domain": ("workspace", "--split", "--python", f"nothing={sys.executable}"),
    "workspace.python": ("workspace", "--split", "--python", "nothing"),
    "compare.shadow": ("compare", "t.orders"),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The folder, made once; commands that are refused leave it as it is."""
    folder = tmp_path_factory.mktemp("codes")
    (folder / "orders.odcs.yaml").write_text(CONTRACT)
    (folder / "other.odcs.yaml").write_text(CONTRACT.replace("t.orders", "t.other"))
    (folder / "orders.csv").write_text("id,amount\nA,1\nB,x\n")
    (folder / "mesh.yaml").write_text(MESH)
    pl.DataFrame({"b": [b"x"]}).write_parquet(folder / "binary.parquet")
    words = ["publish", folder / "orders.odcs.yaml", folder / "orders.csv", "--warehouse", folder / "wh"]
    app(list(map(str, words)), standalone_mode=False)
    return folder


@pytest.fixture
def inside(prepared, place, monkeypatch):
    monkeypatch.chdir(prepared)
    return prepared


@pytest.mark.parametrize("code", WORDS)
def test_words_that_cannot_be_meant_have_their_code(code, inside, refused):
    assert refused(*WORDS[code]) == code


def test_a_port_that_is_taken_has_its_code(inside, refused):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert refused("ui", "--port", taken.getsockname()[1]) == "ui.port"


def test_an_address_that_is_not_this_machines_has_its_code(inside, refused):
    assert refused("ui", "--host", "192.0.2.1", "--port", 39999) == "ui.address"


def test_a_machine_without_git_has_its_code(inside, refused, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert refused("contract", "diff", "orders.odcs.yaml", "--against", "git:main") == "git.missing"


def test_a_revision_that_is_not_there_has_its_code(place, refused):
    (place / "orders.odcs.yaml").write_text(CONTRACT)
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert refused("contract", "diff", "orders.odcs.yaml", "--against", "git:main") == "git.revision"


def test_an_address_of_a_vault_that_is_none_has_its_code(inside, refused, monkeypatch):
    monkeypatch.setenv("HANSA_VAULT", "mysql://user:geheim@host/db")
    words = ("reveal", "0" * 32, "--kind", "mobile", "--purpose", "complaint 4711")
    assert refused(*words) == "vault.address"


def test_excel_without_its_package_has_its_code(inside, refused, monkeypatch):
    (inside / "book.xlsx").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    assert refused("contract", "draft", "book.xlsx") == "draft.extra"


def test_a_demo_without_its_maker_has_its_code(place, refused, monkeypatch):
    import hansa.registry
    from hansa.registry import load

    monkeypatch.setattr(hansa.registry, "load", lambda: load([]))
    assert refused("demo", "--home", "here") == "demo.maker"


def test_a_folder_that_cannot_be_written_has_its_code(inside, refused):
    assert refused("init", "--profile", "small", "--into", "orders.csv/below") == "init.unwritable"
    assert refused("workspace", "--out", "nowhere/workspace.yaml") == "workspace.write"


def test_a_workspace_that_is_there_and_differs_has_its_code(inside, refused):
    (inside / "other.yaml").write_text("load_from: []\n")
    assert refused("workspace", "--out", "other.yaml") == "workspace.exists"


def test_a_repository_that_git_refuses_has_its_code(place, refused):
    (place / "orders.odcs.yaml").write_text(CONTRACT)
    subprocess.run(["git", "init", "-q", "."], check=True)
    (place / ".git" / "config").write_text("[core\n")
    assert refused("contract", "diff", "orders.odcs.yaml", "--against", "git:main") == "git.failed"


def test_a_new_plugin_where_something_is_has_its_code(inside, refused):
    assert refused("new", "plugin", "treasury", "--into", "nowhere") == "new.folder"


def test_an_update_of_what_was_not_made_here_has_its_code(inside, refused):
    assert refused("new", "update", ".") == "new.update"
