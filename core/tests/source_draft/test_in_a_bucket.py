"""Drafts and trials of objects: fetched to this machine, and told by the address at which they lie."""

import json

import pytest
import yaml
from hansa.cli import app
from machinery.buckets import give_credentials
from typer.testing import CliRunner

TEXT = "日期;金额\n2026-03-01;1.234,50\n2026-03-02;7,00\n2026-03-03;12,50\n"
CONTRACT = {
    "apiVersion": "v3.1.0", "kind": "DataContract", "id": "bank.rows", "name": "bank.rows", "version": "1.0.0",
    "status": "active", "domain": "bank",
    "schema": [{"name": "rows", "properties": [
        {"name": "day", "logicalType": "date"}, {"name": "amount", "logicalType": "number"},
    ]}],
}  # fmt: skip


@pytest.fixture
def uri(bucket, tmp_path, monkeypatch):
    give_credentials(bucket, monkeypatch)
    monkeypatch.chdir(tmp_path)
    for key, text in (("rows.csv", TEXT), ("broken.csv", "a;b\n1;2\n3\n")):
        bucket.client().put_object(Bucket=bucket.name, Key=f"in/{key}", Body=text.encode("gb18030"))
    mesh = {
        "name": "bank", "time_zone": "UTC", "warehouse": "warehouse", "store": {"endpoint": bucket.endpoint},
        "sources": {"bank.rows": {
            "uri": f"{bucket.uri}/in/rows.csv", "encoding": "gb18030", "separator": ";", "decimal": ",",
            "grouping": ".", "mapping": {"rename": {"day": "日期", "amount": "金额"}},
        }},
    }  # fmt: skip
    (tmp_path / "mesh.yaml").write_text(yaml.safe_dump(mesh), encoding="utf-8")
    (tmp_path / "rows.odcs.yaml").write_text(yaml.safe_dump(CONTRACT), encoding="utf-8")
    return f"{bucket.uri}/in"


def hansa(*words):
    return CliRunner().invoke(app, list(words))


def test_an_object_is_drafted_and_the_draft_names_its_address(uri):
    made = hansa("source", "draft", f"{uri}/rows.csv", "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.output)
    assert (found["file"], found["rows"], found["words"]["encoding"]) == (f"{uri}/rows.csv", 3, "gb18030")


def test_an_entry_whose_object_lies_in_a_bucket_is_tried_without_naming_a_file(uri):
    made = hansa("source", "try", "bank.rows", "--contract", "rows.odcs.yaml", "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.output)
    assert (found["file"], found["rows"]) == (f"{uri}/rows.csv", 3)


def test_a_refusal_names_the_address_and_never_the_copy(uri, tmp_path):
    mesh = yaml.safe_load((tmp_path / "mesh.yaml").read_text(encoding="utf-8"))
    entry = {"uri": f"{uri}/broken.csv", "separator": ";", "mapping": {"rename": {"day": "a", "amount": "b"}}}
    mesh["sources"]["bank.rows"] = entry
    (tmp_path / "mesh.yaml").write_text(yaml.safe_dump(mesh), encoding="utf-8")
    made = hansa("source", "try", "bank.rows", "--contract", "rows.odcs.yaml")
    assert made.exit_code == 1
    assert f"{uri}/broken.csv" in made.output
    assert "hansa-sources-" not in made.output


def test_an_object_that_is_not_there_is_one_sentence(uri):
    made = hansa("source", "draft", f"{uri}/none.csv")
    assert made.exit_code != 0
    assert "there is no such object" in str(made.exception)


def test_an_empty_object_is_told_by_its_address(uri, bucket):
    bucket.client().put_object(Bucket=bucket.name, Key="in/empty.csv", Body=b"")
    made = hansa("source", "draft", f"{uri}/empty.csv")
    assert str(made.exception).startswith(f"{uri}/empty.csv: ")
    assert "hansa-sources-" not in str(made.exception)


def test_an_object_is_tried_by_its_draft_which_names_no_store(uri, tmp_path):
    draft = hansa("source", "draft", f"{uri}/rows.csv", "--id", "bank.rows").output
    (tmp_path / "draft.yaml").write_text(draft, encoding="utf-8")
    made = hansa("source", "try", "draft.yaml", f"{uri}/rows.csv", "--json")
    assert (made.exit_code, json.loads(made.output)["file"]) == (0, f"{uri}/rows.csv")
    assert json.loads(hansa("source", "try", "draft.yaml", "--json").output)["rows"] == 3
