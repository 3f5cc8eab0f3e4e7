"""From which columns a column comes: declared with the product, judged by the contracts, shown by Dagster."""

import dataclasses

import pytest
from hansa.contract.model import Column
from hansa.definitions.assets import build
from hansa.mesh.shadow import contract_in_shadow
from hansa.products import Input, Product, lineage_faults, product

from .conftest import contract

INPUT = Input("desk.sums@1")


def declaring(lineage, requires=(INPUT,)):
    names = ", ".join(given.parameter for given in requires)
    return Product("desk.traced", requires, function=eval(f"lambda {names}: None"), lineage=lineage)


def faults(institution, traced):
    contracts = {id: kept.contract for id, kept in institution.mesh().products.items()}
    own = contract(
        "desk.traced", Column("a", "number", 1), Column("home", "object", 2, fields=(Column("b", "string", 3),))
    )
    return list(lineage_faults(traced, (contracts | {"desk.traced": own}).get))


def shown(institution, traced, *columns):
    """What the asset of the product shows: for each column the products and columns that it comes from."""
    institution.extra, institution.contracts = (traced,), (contract("desk.traced", *columns),)
    specs = {spec.key.path[-1]: spec for spec in build(institution.mesh()).resolve_all_asset_specs()}
    found = specs["traced"].metadata.get("dagster/column_lineage")
    sources = found.deps_by_column.items() if found else ()
    return {column: [(".".join(one.asset_key.path), one.column_name) for one in ones] for column, ones in sources}


def test_a_product_is_declared_with_the_columns_that_its_own_come_from():
    @product("desk.traced", requires=["desk.sums@1"], lineage={"a": "desk.sums.amount", "b": ["desk.sums.amount"]})
    def traced(sums):
        return sums

    assert traced.lineage == {"a": ("desk.sums.amount",), "b": ("desk.sums.amount",)}


def test_a_product_without_lineage_is_a_key_of_a_mapping_like_one_with_it():
    assert len({declaring({}), declaring({"a": ("desk.sums.amount",)})}) == 2


@pytest.mark.parametrize(
    "lineage",
    [{"a": ["desk.sums.amount"]}, {"home.b": ["desk.sums.amount"]}, {"a": "desk.sums.amount"}, {"a": []}],
    ids=["column", "path", "one name", "nothing"],
)
def test_what_the_contracts_know_is_right(institution, lineage):
    assert faults(institution, declaring(lineage)) == []


@pytest.mark.parametrize(
    ("lineage", "what", "mend"),
    [
        ({"aa": ["desk.sums.amount"]}, "where column 'aa' comes from, which its contract does not have", "'a'"),
        ({"a": ["desk.sums.amounts"]}, "desk.sums has no column 'amounts'", "'amount'"),
        ({"a": ["desk.trades.amount"]}, "it does not read desk.trades", "desk.sums"),
        ({"a": ["desk.sum.amount"]}, "it does not read desk.sum", "'desk.sums'"),
        ({"a": ["amount"]}, "'amount', which is no column of a product", "domain.product.column"),
        ({"a": [7]}, "'7', which is no column of a product", "domain.product.column"),
        ({"a": 7}, "'7', which is no column of a product", "domain.product.column"),
        ({7: ["desk.sums.amount"]}, "where column '7' comes from", "its columns are a, home"),
        (["a"], "its lineage is no mapping", "lineage="),
    ],
)
def test_what_no_contract_knows_is_one_sentence_with_the_mend(institution, lineage, what, mend):
    (found,) = faults(institution, declaring(lineage))
    assert what in found[0]
    assert mend in found[1]


def test_each_fault_is_told(institution):
    lineage = {"a": ["desk.sums.x", "desk.prices.amount"], "z": []}
    assert len(faults(institution, declaring(lineage))) == 3


def test_an_input_that_is_optional_may_be_named(institution):
    back = Product(
        "desk.traced",
        (INPUT,),
        function=lambda sums, prices=None: sums,
        optional=(Input("desk.prices@1"),),
        lineage={"a": ["desk.prices.amount"]},
    )
    assert faults(institution, back) == []
    assert shown(institution, back, Column("a", "number", 1)) == {"a": [("desk.prices", "amount")]}


def test_dagster_shows_where_a_column_comes_from(institution):
    traced = declaring({"a": ["desk.sums.amount", "desk.sums.business_date"]})
    assert shown(institution, traced, Column("a", "number", 1)) == {
        "a": [("desk.sums", "amount"), ("desk.sums", "business_date")]
    }


def test_a_path_into_a_column_is_kept_whole():
    assert list(declaring({"a": ["desk.sums.home.street"]}).origins) == [("a", "desk.sums", "home.street")]


def test_a_product_without_a_declaration_shows_none(institution):
    assert shown(institution, declaring({}), Column("a", "number", 1)) == {}


def test_a_column_that_a_tag_carries_on_comes_from_the_tagged_one(institution):
    tagged = contract("desk.tagged", Column("note", "string", 1, tags=("feature",)), Column("known_at", "timestamp", 2))
    traced = Product("desk.traced", (Input("desk.tagged@1"),), function=lambda tagged: tagged, carries="feature")
    institution.extra = (Product("desk.tagged", function=lambda: None), traced)
    institution.contracts = (tagged, contract("desk.traced", Column("a", "string", 1)))
    specs = {spec.key.path[-1]: spec for spec in build(institution.mesh()).resolve_all_asset_specs()}
    (source,) = specs["traced"].metadata["dagster/column_lineage"].deps_by_column["tagged_note"]
    assert (source.asset_key.path, source.column_name) == (["desk", "tagged"], "note")


def test_in_shadow_a_column_comes_from_what_the_shadow_reads(institution):
    traced = dataclasses.replace(
        declaring({"a": ["desk.sums.amount"]}),
        id="shadow_desk.traced",
        requires=(dataclasses.replace(INPUT, reference="shadow_desk.sums@1"),),
    )
    sums = institution.mesh().products["desk.sums"].contract
    own = contract("shadow_desk.traced", Column("a", "number", 1))
    known = {"shadow_desk.traced": own, "shadow_desk.sums": contract_in_shadow(sums)}
    assert list(lineage_faults(traced, known.get)) == []
    assert list(traced.origins) == [("a", "shadow_desk.sums", "amount")]


def test_a_product_whose_lineage_no_contract_knows_is_left_out_and_hansa_check_says_why(institution):
    institution.extra = (declaring({"a": ["desk.sums.amounts"]}),)
    institution.contracts = (contract("desk.traced", Column("a", "number", 1)),)
    mesh = institution.mesh()
    (told,) = [one.sentence() for one in mesh.findings if one.product == "desk.traced"]
    assert told.endswith("comes from desk.sums.amounts, and desk.sums has no column 'amounts'; did you mean 'amount'?")
    assert "desk.traced" in mesh.left_out
