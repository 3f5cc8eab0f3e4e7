"""Columns that a tag sends on from an input into a product: under its contract, and to its function."""

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.errors import PluginError
from hansa.products import Input, Product, carried_name
from hansa.store.door import Door
from machinery.small_house import errors

BOUND = "modules: {a.one: on, b.two: on}\nsources:\n  a.rows: {uri: rows.csv}\n  a.people: {uri: people.csv}\n"


def contract(id, *columns):
    clock = Column("known_at", "timestamp", 1)
    return Contract(id, "1.0.0", (Column("business_date", "date", 1, partitioned=True), clock, *columns), None, id)


@pytest.fixture
def carrying(mesh, make):
    """A mesh of b.sums, which carries features of a.rows and, where they have any, of a.people."""

    def load(rows=(), people=(), clock=True, text=BOUND):
        function = lambda rows, people=None: rows  # noqa: E731
        sums = Product("b.sums", (Input("a.rows@1"),), function, carries="feature", optional=(Input("a.people@1"),))
        from hansa.products import source_product

        modules = [
            make.module("a.one", source_product("a.rows"), source_product("a.people")),
            make.module("b.two", sums),
        ]
        known = contract("a.people", *people)
        bare = Contract("a.people", "1.0.0", tuple(c for c in known.columns if c.name != "known_at"), None, "p")
        contracts = [contract("a.rows", *rows), known if clock else bare, contract("b.sums")]
        return mesh(text, modules, contracts)

    return load


def tagged(name, kind="string", **more):
    return Column(name, kind, 9, tags=("feature", "own"), **more)


def test_without_a_tag_a_product_and_its_contract_are_as_they_were(carrying):
    kept = carrying(rows=[Column("note", "string", 1)]).products["b.sums"]
    assert kept.requires == {"a.rows", "a.people"}
    assert (list(kept.contract.by_name), kept.contract.digest) == (["business_date", "known_at"], "b.sums")


def test_a_tagged_column_goes_on_by_the_name_of_its_input_and_may_be_empty(carrying):
    note = tagged("note", required=True, unique=True, pattern="^x$", classification="C2", tokenise="identifier")
    kept = carrying(rows=[note]).products["b.sums"]
    assert carried_name("rows", "note") == "rows_note"
    made = kept.contract.by_name["rows_note"]
    assert (made.logical_type, made.classification, made.tags) == ("string", "C2", ("feature",))
    assert (made.required, made.unique, made.pattern, made.tokenise) == (False, False, None, None)
    assert kept.contract.digest != "b.sums"


def test_what_is_carried_decides_the_digest(carrying):
    digests = {
        carrying(rows=columns).products["b.sums"].contract.digest
        for columns in ([tagged("x")], [tagged("y")], [tagged("x", "integer")], [tagged("x"), tagged("y")])
    }
    assert len(digests) == 4


def test_an_optional_input_is_read_only_where_it_has_a_tagged_column(carrying):
    loaded = carrying(people=[tagged("segment")])
    assert errors(loaded) == []
    assert loaded.products["b.sums"].requires == {"a.rows", "a.people"}
    assert "people_segment" in loaded.products["b.sums"].contract.by_name


def test_an_optional_input_that_is_wanted_and_not_there_is_told(carrying):
    loaded = carrying(people=[tagged("segment")], text="modules: {b.two: on}\nsources:\n  a.rows: {uri: rows.csv}\n")
    assert errors(loaded) == [
        "b.sums: it needs a.people@1, which nothing here provides; enable a.one, or bind a source for a.people@1"
    ]


WRONG = {
    "no clock": (
        {"people": [tagged("segment")], "clock": False},
        "columns of a.people@1 are tagged 'feature', and it has no time known_at",
    ),
    "a date": (
        {"rows": [tagged("since", "date")]},
        "column 'since' of a.rows@1 is tagged 'feature' and is of type date",
    ),
    "an object": (
        {"rows": [tagged("parts", "object", fields=(Column("x", "string", 1),))]},
        "column 'parts' of a.rows@1 is tagged 'feature' and is of type object",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_a_feature_leaves_the_product_out_with_the_mend(carrying, name):
    given, what = WRONG[name]
    loaded = carrying(**given)
    assert "b.sums" in loaded.left_out
    assert any(told.startswith(f"b.sums: {what}; ") for told in errors(loaded)), errors(loaded)


def test_the_parameter_of_an_optional_input_must_be_there():
    with pytest.raises(PluginError, match="its function lacks"):
        Product("b.sums", (Input("a.rows@1"),), lambda rows: rows, optional=(Input("a.people@1"),))


def test_a_shadow_carries_what_its_product_carries(carrying):
    loaded = carrying(rows=[tagged("note")], text=BOUND.replace("b.two: on", "b.two: shadow"))
    assert "rows_note" in loaded.products["shadow_b.sums"].contract.by_name


def test_a_function_finds_the_tagged_columns_of_its_inputs(house, monkeypatch):
    from dataclasses import replace

    seen = []

    def made(rows, run):
        names = [column.name for column in run.tagged("rows", "feature")]
        seen.append((names, run.tagged("rows", "other"), run.tagged("nobody", "feature")))
        carried = {carried_name("rows", name): pl.col(name) for name in names}
        return rows.select("txn", "business_date", score="amount", **carried)

    made.__module__ = "hansa"
    modules = house.modules()
    scores = Product("b.scores", (Input("a.rows@1"),), made, carries="feature")
    modules["b.two"] = replace(modules["b.two"], products=(scores, modules["b.two"].products[1]))
    monkeypatch.setattr(house, "modules", lambda: modules)
    house.rows([(1, "t1", 1, "x"), (1, "t2", 2, "")], "business_date,txn,amount,note")
    house.overlay(
        "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
        "  - {name: note, logicalType: string, tags: [feature]}\n"
        "  - {name: known_at, logicalType: timestamp}\n"
    )
    mesh = house.mesh("modules: {a.one: on, b.two: on}\noverlays: [own.overlay.yaml]\n")
    house.run(mesh, "b.scores", last=1)
    rows = Door(mesh.warehouse).open("b.scores").frame.sort("txn").collect()
    assert rows["rows_note"].to_list() == ["x", None]
    assert seen == [(["note"], (), ())]
