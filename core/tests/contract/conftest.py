"""Contracts that are written for one test."""

import textwrap

import pytest
from hansa.contract import read_contract
from hansa.errors import ContractError

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


class Workshop:
    """Writes contracts into one folder. Line 10 is the first property, the quality of the table comes last."""

    def __init__(self, folder):
        self.folder = folder

    def file(self, text, name="orders.odcs.yaml"):
        path = self.folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def path(self, *properties, quality="", head="", version="1.0.0", standard="v3.1.0", id="shop.orders", name="x"):
        lines = [
            f"apiVersion: {standard}",
            "kind: DataContract",
            f"id: {id}",
            f"version: {version}",
            "status: active",
            f"name: {name}",
            "schema:",
            "- name: orders",
            "  properties:",
            *(f"  - {one}" for one in properties or (KEY,)),
            *([f"  quality: [{quality}]"] if quality else []),
            *([head] if head else []),
        ]
        return self.file("\n".join(lines) + "\n")

    def read(self, *properties, **more):
        return read_contract(self.path(*properties, **more))

    def column(self, text, **more):
        """The column of the one property ``text``, without its braces."""
        return self.read("{" + text + "}", **more).columns[0]

    def refusal(self, *properties, **more):
        """The sentence of the refusal, without the folder."""
        with pytest.raises(ContractError) as caught:
            self.read(*properties, **more)
        return self.told(caught.value)

    def told(self, error):
        assert error.code.startswith("contract.")
        sentence = error.sentence()
        assert "\n" not in sentence
        return sentence.replace(f"{self.folder}/", "")


@pytest.fixture
def contracts(tmp_path):
    return Workshop(tmp_path)
