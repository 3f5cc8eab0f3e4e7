import pytest
from hansa.contract.document import read_document
from hansa.contract.shown import shown

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\n"
COLUMN = "properties: [{name: a, logicalType: string}]"


def document(contracts, *objects, head="", id="shop.sales"):
    lines = ["schema:", *(f"- {{{one}}}" for one in objects)] if objects else []
    return read_document(contracts.file(HEAD.format(id=id) + head + "\n".join(lines) + "\n"))


def test_several_objects_are_products_of_the_domain(contracts):
    made = document(contracts, f"name: orders, {COLUMN}", f"name: lines, {COLUMN}", head="domain: trade\n")
    assert [one.id for one in made.contracts] == ["trade.orders", "trade.lines"]


def test_the_domain_of_the_files_id_is_that_of_its_objects(contracts):
    made = document(contracts, f"name: orders, {COLUMN}", f"name: lines, {COLUMN}")
    assert [one.id for one in made.contracts] == ["shop.orders", "shop.lines"]


def test_an_only_object_is_called_by_its_file_first(contracts):
    assert document(contracts, f"name: orders, {COLUMN}").contracts[0].id == "shop.sales"
    made = document(contracts, f"name: orders, {COLUMN}", head="domain: trade\nname: All Sales\n", id="5f3")
    assert made.contracts[0].id == "trade.orders"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("name: lines", "schema"),
        ("name: Order Lines, " + COLUMN, "id"),
        ("name: lines, properties: [{name: a-b, logicalType: string}]", "name"),
        ("name: lines, properties: [{name: a, physicalType: VARIANT}]", "type"),
        ("name: orders, " + COLUMN, "double"),
    ],
)
def test_one_object_that_cannot_be_published_takes_no_other_with_it(contracts, broken, code):
    made = document(contracts, f"name: orders, {COLUMN}", broken)
    assert [one.contract is not None for one in made.objects] == [True, False]
    assert made.objects[1].fault.code == f"contract.{code}"


def test_an_object_has_a_share_and_a_scope_of_its_own(contracts):
    share = "customProperties: [{property: quarantineShare, value: 0.5}]"
    made = document(
        contracts,
        f"name: orders, {COLUMN}, {share}",
        f"name: lines, {COLUMN}",
        head="customProperties: [{property: quarantineShare, value: 0.1}]\n",
    )
    assert [one.quarantine_share for one in made.contracts] == [0.5, 0.1]


def test_each_of_several_objects_is_described_by_its_own_words(contracts):
    made = document(
        contracts,
        f"name: orders, description: Orders, businessName: All orders, {COLUMN}",
        f"name: lines, {COLUMN}",
        head="description: {purpose: Sales}\nname: Sales\n",
    )
    assert [(one.title, one.description) for one in made.contracts] == [("All orders", "Orders"), ("lines", "Sales")]


def test_numbers_that_are_not_finite_are_shown_as_text(contracts):
    made = document(contracts, head="customProperties: [{property: p, value: .nan}, {property: q, value: -.inf}]\n")
    assert [one["value"] for one in shown(made)["rest"]["customProperties"]] == ["nan", "-inf"]
