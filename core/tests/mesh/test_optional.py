"""Optional inputs: read where the mesh has them, by a module of its plugins or by a source of the institution's own."""

import pytest
from hansa.contract.model import Column, Contract
from hansa.products import Input, Product, source_product

TEXT = """
modules: {a.one: on, b.two: on}
sources:
  a.rows: {uri: rows.csv}
  a.people: {uri: people.csv}
"""
OWN = TEXT + "  b.list: {uri: list.csv}\n"


def contract(id):
    return Contract(id, "1.0.0", (Column("key", "string", 1),), None, id)


@pytest.fixture
def choosing(mesh, make):
    """A mesh of b.sums, which can read a list of the institution's own, and the people whom it names."""

    def load(text, carries=""):
        sums = Product(
            "b.sums",
            (Input("a.rows@1"),),
            lambda rows, people=None, list=None: rows,
            carries=carries,
            optional=(Input("b.list@1"), Input("a.people@1")),
        )
        modules = [
            make.module("a.one", source_product("a.rows"), source_product("a.people")),
            make.module("b.two", sums),
        ]
        return mesh(text, modules, [contract(id) for id in ("a.rows", "a.people", "b.list", "b.sums")])

    return load


@pytest.mark.parametrize("carries", ["", "feature"])
def test_what_a_module_of_the_mesh_brings_is_read(choosing, carries):
    loaded = choosing(TEXT, carries)
    assert loaded.products["b.sums"].requires == {"a.rows", "a.people"}
    assert not loaded.findings


@pytest.mark.parametrize("carries", ["", "feature"])
def test_a_bound_source_of_the_institution_is_read_too(choosing, carries):
    assert choosing(OWN, carries).products["b.sums"].requires == {"a.rows", "b.list", "a.people"}


def test_what_is_not_there_is_left_out_and_left_out_alone(choosing):
    loaded = choosing(OWN.replace("a.one: on, ", "").replace("  a.people: {uri: people.csv}\n", ""))
    assert loaded.products["b.sums"].requires == {"a.rows", "b.list"}


def test_a_shadow_reads_it_too(choosing):
    loaded = choosing(OWN.replace("b.two: on", "b.two: shadow"))
    assert loaded.products["shadow_b.sums"].requires == {"a.rows", "b.list", "a.people"}
