"""A mesh under overlays: what its gate, its runs and its checks make of them."""

import pytest
from hansa.contract import read_contract
from hansa.receipt import book_of
from hansa.store.door import Door
from machinery.overlays import AMOUNT, OVERLAID, OWN
from machinery.small_house import errors


def test_an_overlaid_contract_is_the_meshs_own(house):
    house.overlay(OWN)
    mesh = house.mesh(OVERLAID)
    assert errors(mesh) == []
    assert "note" in mesh.products["a.rows"].contract.by_name
    assert "note" in mesh.registry.contracts["a.rows", 1].by_name
    assert mesh.products["b.scores"].contract is house.contracts["b.scores", 1]


def test_the_source_and_the_gate_take_the_new_column_and_the_stricter_rule(house):
    house.overlay(OWN + "  - {name: amount, logicalTypeOptions: {minimum: 10}}\n")
    house.rows([(1, "t1", 10, "seen"), (1, "t2", 20, ""), (1, "t3", 9, "x")], "business_date,txn,amount,note")
    mesh = house.mesh(OVERLAID)
    house.run(mesh, "a.rows", last=1)
    rows = Door(mesh.warehouse).open("a.rows").frame.sort("txn").collect()
    assert rows.select("txn", "note").rows() == [("t1", "seen"), ("t2", None)]
    (publication,) = book_of(mesh.warehouse, "a.rows").all()
    assert publication.receipts[0].broken == {"amount.minimum": 1}
    assert publication.contract == mesh.products["a.rows"].contract.digest


def test_a_function_need_not_give_a_column_that_only_the_institution_knows(house):
    house.overlay("extends: b.scores@1\nschema:\n- name: scores\n  properties: [{name: note, logicalType: string}]\n")
    mesh = house.mesh(OVERLAID)
    house.run(mesh, "b.scores")
    assert Door(mesh.warehouse).open("b.scores").frame.collect()["note"].null_count() == 5


def test_an_overlay_that_is_new_makes_what_stands_stale(house):
    house.run(house.mesh())
    house.overlay(OWN)
    again = house.run(house.mesh(OVERLAID))
    assert [(o.step.product, o.state) for o in again if o.step.product == "a.rows"] == [("a.rows", "published")] * 2


def test_a_looser_overlay_leaves_its_product_out_and_the_rest_goes_on(house):
    house.overlay("extends: b.alerts@1\nschema:\n- name: alerts\n  properties: [{name: grade, logicalType: date}]\n")
    mesh = house.mesh(OVERLAID)
    assert sorted(mesh.products) == ["a.rows", "b.scores"]
    (told,) = errors(mesh)
    assert told.startswith(f"b.alerts: {house.folder}/own.overlay.yaml:4: grade")


def test_folders_of_overlays_are_read_in_their_order(house):
    house.overlay(OWN, "own/b.overlay.yaml")
    house.overlay(AMOUNT + "    logicalTypeOptions: {minimum: 1}\n", "own/a.overlay.yaml")
    house.overlay("nonsense", "own/.a.overlay.yaml")
    mesh = house.mesh(OVERLAID.replace("own.overlay.yaml", "own"))
    contract = mesh.products["a.rows"].contract
    assert (contract.by_name["amount"].minimum, "note" in contract.by_name) == (1, True)


PLACES = {
    "outside": ("../own.overlay.yaml", "overlays[1]: '../own.overlay.yaml' does not lie in the mesh file's folder"),
    "absolute": ("/etc", "overlays[1]: '/etc' does not lie in the mesh file's folder"),
    "missing": ("gone", "overlays[1]: 'gone' does not exist; check the path"),
    "control": ('"a\\0b"', "overlays[1]: 'a\\x00b' is no path of this system; write the path of the file"),
    "long": ("a" * 300, f"overlays[1]: '{'a' * 80}' is no path of this system"),
    "name": ("rows.csv", "overlays[1]: 'rows.csv' is not named *.overlay.yaml; call it rows.overlay.yaml"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_holds_no_overlay_stops_everything(house, place):
    named, told = PLACES[place]
    mesh = house.mesh(OVERLAID.replace("own.overlay.yaml", named))
    assert errors(mesh)[0].startswith(f"mesh: {told}")
    assert mesh.errors_for(["b.two"])


def test_a_link_that_leads_out_is_refused(house, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.overlay.yaml"
    outside.write_text(OWN)
    (house.folder / "own").mkdir()
    (house.folder / "own" / "x.overlay.yaml").symlink_to(outside)
    mesh = house.mesh(OVERLAID.replace("own.overlay.yaml", "own"))
    assert "leads out of the mesh file's folder; copy the file" in errors(mesh)[0]


def test_an_overlay_of_no_known_contract_names_the_near_one(house):
    house.overlay(OWN.replace("a.rows@1", "a.row@1"))
    (told,) = errors(house.mesh(OVERLAID))
    assert told.endswith("own.overlay.yaml:1: it extends a.row@1, which no plugin brings; did you mean 'a.rows@1'?")


def test_a_shadow_keeps_the_overlaid_contract(house):
    house.overlay("extends: b.alerts@1\nschema:\n- name: alerts\n  properties: [{name: note, logicalType: string}]\n")
    mesh = house.mesh(OVERLAID + "shadow: {b.two: {limit: 10}}\n")
    assert "note" in mesh.products["shadow_b.alerts"].contract.by_name
    house.run(mesh, "shadow_b.two")


def test_the_base_file_is_read_and_never_changed(house):
    before = house.contracts["a.rows", 1].path.read_bytes()
    house.overlay(OWN)
    house.mesh(OVERLAID)
    path = house.contracts["a.rows", 1].path
    assert path.read_bytes() == before
    assert read_contract(path).digest == house.contracts["a.rows", 1].digest
