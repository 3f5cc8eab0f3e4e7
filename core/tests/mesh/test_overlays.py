"""What an institution adds to a contract: more columns, stricter rules; nothing that promises less."""

import pytest
from hansa.change import changes
from hansa.contract import read_contract
from hansa.errors import HansaError
from hansa.mesh.extended import under_overlays
from hansa.overlay import origins, read_overlay, resolve
from hansa.receipt import book_of
from hansa.store.door import Door
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.small_house import House

OWN = """extends: a.rows@1
schema:
- name: rows
  properties:
  - {name: note, logicalType: string, description: What the desk wrote}
"""
AMOUNT = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n  - name: amount\n"
OVERLAID = "modules: {a.one: on, b.two: on}\noverlays: [own.overlay.yaml]\n"


def errors(mesh):
    return [finding.sentence() for finding in mesh.findings if finding.severity == "error"]


@pytest.fixture
def resolved(house):
    """a.rows under overlays of these texts, in their order."""

    def make(*texts):
        files = [house.overlay(text, f"o{number}.overlay.yaml") for number, text in enumerate(texts)]
        return resolve(house.contracts["a.rows", 1], [read_overlay(file) for file in files])

    return make


@pytest.fixture
def refused(resolved, house):
    """Line, fact and mend of the refusal of an overlay."""

    def make(text):
        with pytest.raises(HansaError) as caught:
            resolved(text)
        where = caught.value.where
        assert where.startswith(f"{house.folder}/o0.overlay.yaml:"), where
        return int(where.rpartition(":")[2]), caught.value.what, caught.value.next_step

    return make


def test_a_new_column_may_be_empty_and_stands_behind_the_others(resolved, house):
    found = resolved(OWN)
    assert list(found.contract.by_name) == ["txn", "business_date", "amount", "state", "note"]
    assert found.added == {"note"}
    assert not found.contract.by_name["note"].required


def test_what_an_overlay_does_not_say_is_the_bases(resolved, house):
    base = house.contracts["a.rows", 1]
    assert changes(base, resolved("extends: a.rows@1\n").contract) == []


def test_the_digest_is_one_of_both_files_and_their_order(resolved, house):
    base = house.contracts["a.rows", 1].digest
    digests = [
        resolved(OWN).contract.digest,
        resolved(OWN + "# changed\n").contract.digest,
        resolved(OWN, AMOUNT + "    logicalTypeOptions: {minimum: 1}\n").contract.digest,
        resolved(AMOUNT + "    logicalTypeOptions: {minimum: 1}\n", OWN).contract.digest,
    ]
    assert len({base, *digests}) == 5
    assert resolved(OWN).contract.digest == digests[0]


TIGHTER = {
    "minimum": (AMOUNT + "    logicalTypeOptions: {minimum: 1}\n", lambda c: c.by_name["amount"].minimum == 1),
    "maximum": (AMOUNT + "    logicalTypeOptions: {maximum: 9}\n", lambda c: c.by_name["amount"].minimum == 0),
    "class": (AMOUNT + "    classification: C2\n", lambda c: c.by_name["amount"].classification == "C2"),
    "tag": (AMOUNT + "    tags: [feature]\n", lambda c: c.by_name["amount"].tags == ("feature",)),
    "required": (
        AMOUNT.replace("amount", "state") + "    required: true\n",
        lambda c: c.by_name["state"].required,
    ),
    "tokenise": (
        AMOUNT.replace("amount", "txn")
        + "    classification: C2\n    customProperties: [{property: tokenise, value: identifier}]\n",
        lambda c: c.by_name["txn"].tokenise == "identifier",
    ),
    "fewer values": (
        AMOUNT.replace("amount", "state")
        + "    quality: [{name: state.known, arguments: {validValues: [open, paid]}}]\n",
        lambda c: next(rule for rule in c.rules if rule.name == "state.known").valid_values == ("open", "paid"),
    ),
    "new rule": (
        "extends: a.rows@1\nschema:\n- name: rows\n  quality:\n"
        "  - {name: rows.arrived, metric: rowCount, mustBeGreaterThan: 0}\n",
        lambda c: [rule.name for rule in c.rules if rule.metric == "rowCount"] == ["rows.arrived"],
    ),
    "share": (
        "extends: a.rows@1\ncustomProperties: [{property: quarantineShare, value: 0.1}]\n",
        lambda c: c.quarantine_share == 0.1,
    ),
    "retention": (
        "extends: a.rows@1\nslaProperties: [{property: retention, value: 400, unit: d}]\n",
        lambda c: c.retention_days == 400,
    ),
}


@pytest.mark.parametrize("name", TIGHTER)
def test_what_is_stricter_holds(resolved, name):
    text, holds = TIGHTER[name]
    assert holds(resolved(text).contract)


LOOSER = {
    "minimum": (AMOUNT + "    logicalTypeOptions:\n      minimum: -5\n", 7, "amount.minimum goes from 0 to -5"),
    "not required": (AMOUNT + "    required: false\n", 6, "amount.required goes from yes to no"),
    "more values": (
        AMOUNT.replace("amount", "state")
        + "    quality:\n    - {name: state.known, arguments: {validValues: [open, paid, lost, gone]}}\n",
        7,
        "state.known",
    ),
    "only a warning": (
        AMOUNT.replace("amount", "state") + "    quality:\n    - {name: state.known, severity: warning}\n",
        7,
        "state.known goes from error to warning",
    ),
    "no partition": (
        AMOUNT.replace("amount", "business_date") + "    partitioned: false\n    partitionKeyPosition: -1\n",
        6,
        "partition goes from business_date to none",
    ),
}


@pytest.mark.parametrize("name", LOOSER)
def test_what_promises_less_is_refused_with_its_line(refused, name):
    text, line, what = LOOSER[name]
    found = refused(text)
    assert what in found[1], found
    assert found[0] == line, found
    assert found[2].startswith("an overlay may only tighten: take it out, or ask "), found


def test_what_makes_the_base_wrong_is_the_overlays_fault(refused, house):
    line, what, _ = refused(AMOUNT + "    logicalType: string\n")
    assert line == 1
    assert (
        what
        == f"with this overlay {house.folder}/a.rows.odcs.yaml:14 is wrong: 'minimum' is no word of logicalTypeOptions"
    )


def test_nobody_can_tell_of_two_patterns_which_is_stricter(refused, house):
    house.contract("a.rows", "  - {name: code, logicalType: string, logicalTypeOptions: {pattern: '^[A-Z]+$'}}\n")
    text = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
    line, what, mend = refused(text + "  - {name: code, logicalTypeOptions: {pattern: '^[A-Z]{3}$'}}\n")
    assert (line, mend) == (5, "leave it as it is, and add a rule of its own under quality")
    assert what.endswith("and nobody can tell whether that is stricter")


def test_a_new_column_that_must_be_there_is_refused(refused):
    assert refused(OWN.replace("description:", "required: true, description:")) == (
        5,
        "the new column 'note' may not be empty, and rows of before have none",
        "leave required, primaryKey and partitioned out",
    )


WRONG = {
    "word": ("extends: a.rows@1\nversion: 2.0.0\n", 2, "'version' is no word of an overlay"),
    "slip": ("extends: a.rows@1\nshema: []\n", 2, "'shema' is no word of an overlay"),
    "nothing": ("tags: [x]\n", 1, "extends is missing"),
    "no major": ("extends: a.rows\n", 1, "extends is 'a.rows'"),
    "object": ("extends: a.rows@1\nschema:\n- name: row\n", 3, "the schema object 'row' is none of a.rows"),
    "standard": (AMOUNT + "    logicalTypeOptions: {minimum: low}\n", 6, "minimum"),
    "column": (AMOUNT.replace("amount", "Café ☃") + "    logicalType: strin\n", 6, "strin"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_overlay_is_refused_with_its_line(refused, name):
    text, line, what = WRONG[name]
    found = refused(text)
    assert what in found[1], found
    assert found[0] == line, found


def test_a_later_overlay_may_only_tighten_what_an_earlier_one_has_made(resolved):
    low, high = (AMOUNT + f"    logicalTypeOptions: {{minimum: {least}}}\n" for least in (1, 5))
    assert resolved(low, high).contract.by_name["amount"].minimum == 5
    with pytest.raises(HansaError, match=r"amount\.minimum goes from 5 to 1"):
        resolved(high, low)


def test_an_entry_that_stands_twice_in_an_overlay_is_refused(refused):
    line, what, _ = refused(AMOUNT + "    classification: C2\n  - {name: amount, tags: [x]}\n")
    assert (line, what) == (7, "'amount' stands twice here, first in line 5")


@given(
    low=st.integers(-3, 3), high=st.one_of(st.none(), st.integers(-3, 3)), required=st.sampled_from(["true", "false"])
)
@settings(max_examples=40, deadline=None)
def test_whatever_an_overlay_says_every_row_that_keeps_it_keeps_the_base(tmp_path_factory, low, high, required):
    house = House(tmp_path_factory.mktemp("any"))
    base = house.contracts["a.rows", 1]
    options = f"minimum: {low}" + ("" if high is None else f", maximum: {high}")
    text = AMOUNT + f"    required: {required}\n    logicalTypeOptions: {{{options}}}\n"
    try:
        made = resolve(base, [read_overlay(house.overlay(text))]).contract.by_name["amount"]
    except HansaError:
        assert low < 0 or required == "false" or (high is not None and high < low)
    else:
        assert made.required
        assert made.minimum == low >= 0


def test_a_contract_from_a_file_is_put_under_the_overlays_of_a_mesh(house):
    house.overlay(OWN)
    mesh, base = house.mesh(OVERLAID), house.contracts["a.rows", 1]
    assert under_overlays(base, house.folder, mesh.file) == mesh.products["a.rows"].contract
    assert under_overlays(house.contracts["b.scores", 1], house.folder, mesh.file) is house.contracts["b.scores", 1]


def test_an_overlay_that_is_taken_away_again_is_told(house):
    house.overlay(OWN)
    house.run(house.mesh(OVERLAID), "a.rows")
    outcomes = house.tried(house.mesh(), "a.rows")
    assert "note" in outcomes[0].reason


def test_every_value_knows_the_file_and_line_that_it_came_from(resolved, house):
    found = resolved(AMOUNT + "    logicalTypeOptions: {minimum: 1}\n")
    told = {one.word: (one.value, one.where) for one in origins(found.contract, found.document)}
    base = house.contracts["a.rows", 1].path
    lines = base.read_text().splitlines()
    amount = next(number for number, line in enumerate(lines, 1) if "name: amount" in line)
    assert told["amount.logicalTypeOptions.minimum"] == ("1", f"{house.folder}/o0.overlay.yaml:6")
    assert told["amount.logicalType"] == ("integer", f"{base}:{amount}")
    assert told["version"] == ("1.0.0", f"{base}:5")
    assert told["state.required"] == ("no", "default")
    assert told["customProperties.quarantineShare.value"] == ("no limit", "default")


def test_a_contract_without_an_overlay_says_where_its_values_stand_too(house):
    contract = house.contracts["a.rows", 1]
    from hansa.contract.yaml_text import read_yaml

    told = origins(contract, read_yaml(contract.path))
    assert {one.where.rpartition(":")[0] for one in told if one.where != "default"} == {str(contract.path)}
    assert len([one for one in told if one.word == "amount.logicalTypeOptions.minimum"]) == 1


# --- in a mesh --------------------------------------------------------------------------------------------------------


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
