"""A mesh whose sources lie in a bucket, the objects in it, and events that tell of them."""

import json
import os
from pathlib import Path
from urllib.parse import quote_plus

import hansa.mesh
import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.function import handler
from hansa.mesh import load_mesh
from hansa.products import Input, Module, Product, source_product
from hansa.store.door import Door
from machinery.small_house import day, registry_of

EVENTS = Path(__file__).parent / "events"
DAILY = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
  - {name: amount, logicalType: integer, required: true}"""


def document(name, bucket="lake", key="in/rows.csv", inner=None):
    """An event as its sender writes it; the key as S3's notifications write keys, except through EventBridge."""
    written = key if name == "eventbridge" else quote_plus(key, safe="/")
    text = (EVENTS / f"{name}.json").read_text().replace("BUCKET", bucket).replace('"KEY"', json.dumps(written))
    made = json.loads(text)
    if inner is not None:
        body = json.dumps(inner)
        if name == "sns_envelope":
            made["Message"] = body
        elif name == "sns":
            made["Records"][0]["Sns"]["Message"] = body
        else:
            made["Records"][0]["body"] = body
    return made


class Bank:
    """Sources ``a.rows`` and ``a.more`` in a bucket, and ``a.sums`` of the first, ``a.both`` of the two."""

    def __init__(self, folder, bucket):
        self.folder, self.bucket = folder, bucket
        self.key = "in/täglich rows+1.csv"
        self.contracts, self.products, self.quality = {}, [], ""

    def contract(self, id, quality=""):
        path = self.folder / f"{id}.odcs.yaml"
        path.write_text(
            f"apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nname: {id}\nversion: 1.0.0\nstatus: active\n"
            f"domain: a\nschema:\n- name: rows\n  quality: [{quality}]\n  properties:{DAILY}\n"
        )
        self.contracts[(id, 1)] = read_contract(path)

    def registry(self):
        self.products = [source_product("a.rows"), source_product("a.more")]
        for id in ("a.rows", "a.more", "a.sums", "a.both"):
            self.contract(id, self.quality if id == "a.rows" else "")
        self.products.append(Product("a.sums", (Input("a.rows@1"),), _sums))
        self.products.append(Product("a.both", (Input("a.rows@1"), Input("a.more@1")), _both))
        return registry_of(Module("a.all", tuple(self.products)), self.contracts)

    def mesh(self, path=None):
        text = (
            f"name: Bank\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{a.all: 'on'}}\n"
            f"store: {{endpoint: '{self.bucket.endpoint}', retries: 1, patience: 2}}\nsources:\n"
            f"  a.rows: {{uri: '{self.bucket.uri}/{self.key}'}}\n  a.more: {{uri: '{self.bucket.uri}/in/more.csv'}}\n"
        )
        place = self.folder / "mesh.yaml"
        place.write_text(text)
        return load_mesh(place, self.registry())

    def deliver(self, rows, key=None):
        """Put an object of pairs of day number and amount; the event that tells of it."""
        key = key or self.key
        lines = ["business_date,amount", *(f"{day(number)},{amount}" for number, amount in rows)]
        self.bucket.client().put_object(Bucket=self.bucket.name, Key=key, Body="\n".join([*lines, ""]).encode())
        return document("s3", self.bucket.name, key)

    def amounts(self, product):
        """What readers see: amounts by day number."""
        frame = Door(self.mesh().warehouse).open(product).frame.collect().sort("business_date", "amount")
        return [(row["business_date"].day, row["amount"]) for row in frame.to_dicts()]


def _sums(rows):
    return rows.group_by("business_date").agg(pl.col("amount").sum())


def _both(rows, more):
    return pl.concat([rows, more]).group_by("business_date").agg(pl.col("amount").sum())


_sums.__module__ = _both.__module__ = "hansa"


@pytest.fixture
def bank(tmp_path, bucket, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("HANSA_", "AWS_")) or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, bucket.environment[name])
    made = Bank(tmp_path, bucket)
    monkeypatch.setattr(hansa.mesh, "load_mesh", made.mesh)
    return made


@pytest.fixture
def answer(bank):
    """Hand an event to the handler; its answer, which must be JSON."""

    def ask(event):
        return json.loads(json.dumps(handler(event, None), allow_nan=False))

    return ask


def states(answer):
    """``{product: state}`` of an answer's last step of each product."""
    return {step["product"]: step["state"] for step in answer["steps"]}


@pytest.fixture
def told():
    return states


@pytest.fixture
def event():
    return document
