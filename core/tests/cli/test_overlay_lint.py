"""``hansa contract lint`` of overlays: each is held against the contract that it extends, with file and line."""

from pathlib import Path

import pytest

ID = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = "{name: amount, logicalType: integer, logicalTypeOptions: {minimum: 0}}"
MOBILE = "{name: mobile, logicalType: string}"
COUNT = AMOUNT.replace("amount", "pieces")
MESH = "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\nvault: none\n"
#: An overlay of t.orders; its columns begin in line 5.
HEAD = "extends: t.orders@1\nschema:\n- name: orders\n  properties:\n"


def overlay(text, name="own.overlay.yaml"):
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


@pytest.fixture
def said(hansa, contract):
    """What lint says of an overlay beside the contract of t.orders: severity, line, fact and mend."""
    base = contract("orders", ID, AMOUNT, MOBILE, COUNT)
    base.write_text(base.read_text() + "team: {name: shop}\n")

    def call(text, *more):
        done = hansa("contract", "lint", base, overlay(text), *more, "--json")
        assert done.code == (1 if done.json["errors"] else 0)
        return [(f["severity"], f["path"], f["line"], f["what"], f["next_step"]) for f in done.json["findings"]]

    return call


def test_an_overlay_in_order_is_passed_in_silence(hansa, said):
    assert said(HEAD + "  - {name: note, logicalType: string}\n  - {name: amount, tags: [feature]}\n") == []


#: Columns of an overlay, and what is said of the last of them.
WRONG = {
    "misspelt column": (
        "  - {name: amont, logicalTypeOptions: {minimum: 1}}\n",
        ("error", "column 'amont' is none of t.orders, and a new one needs its logicalType", "did you mean 'amount'?"),
    ),
    "strange column": (
        "  - {name: weight}\n",
        (
            "error",
            "column 'weight' is none of t.orders, and a new one needs its logicalType",
            "write logicalType: and its type",
        ),
    ),
    "new column that looks like one": (
        "  - {name: amountt, logicalType: integer}\n",
        ("note", "'amountt' is a new column beside 'amount' of t.orders", "write amount if that one is meant"),
    ),
    "looser": (
        "  - {name: amount, logicalTypeOptions: {minimum: -1}}\n",
        (
            "error",
            "amount.minimum goes from 0 to -1, which is less than t.orders promises",
            "an overlay may only tighten: take it out, or ask shop to change the contract",
        ),
    ),
    "misspelt word": (
        "  - {name: amount, requred: true}\n",
        ("error", "'requred' is no word of a property", "did you mean 'required'?"),
    ),
    "rule that is for people": (
        "  - {name: note, logicalType: string, quality: [{name: note.look, type: text, description: Look}]}\n",
        ("warning", "the rule 'note.look' is not enforced: a text is for people", ""),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_at_its_line(said, wrong):
    column, expected = WRONG[wrong]
    ((severity, path, line, what, mend),) = said(HEAD + "  - {name: fine, logicalType: string}\n" + column)
    assert (path, line) == ("own.overlay.yaml", 6)
    assert (severity, mend) == (expected[0], expected[2])
    assert what.startswith(expected[1].partition(": a text")[0])


def test_all_that_loosens_is_told_each_at_its_line(said):
    columns = "".join(f"  - {{name: {name}, logicalTypeOptions: {{minimum: -1}}}}\n" for name in ("amount", "pieces"))
    assert [line for _, _, line, _, _ in said(HEAD + columns)] == [5, 6]


def test_an_identifier_that_an_overlay_classifies_is_warned_of_there(said):
    ((severity, path, line, what, _),) = said(HEAD + "  - {name: mobile, classification: C3}\n")
    assert (severity, path, line) == ("warning", "own.overlay.yaml", 1)
    assert what.startswith("column 'mobile' of class C3 is an identifier")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("extends: [\n", 1, "this is no YAML"),
        ("schema: []\n", 1, "extends is missing"),
        ("extends: t.orders\n", 1, "extends is 't.orders'"),
        ("extends: t.orders@1\nversion: 2.0.0\n", 2, "'version' is no word of an overlay"),
        ("extends: t.orders@1\nschema:\n- name: order\n", 3, "the schema object 'order' is none of t.orders"),
        ("extends: t.order@1\n", 1, "it extends t.order@1, and no mesh is here that knows that contract"),
    ],
)
def test_an_overlay_that_extends_nothing_here_is_an_error(said, text, line, what):
    ((severity, path, at, told, _),) = said(text)
    assert (severity, path, at) == ("error", "own.overlay.yaml", line)
    assert told.startswith(what)


def test_without_a_mesh_the_next_step_is_named(hansa):
    done = hansa("contract", "lint", overlay("extends: t.orders@1\n"))
    assert (done.code, done.out.splitlines()) == (
        1,
        [
            "own.overlay.yaml:1: error: it extends t.orders@1, and no mesh is here that knows that contract: nothing "
            "in it is judged; name the mesh file by --mesh, or the contract's own file beside this one",
            "1 file: 1 error, 0 warnings, 0 notes",
        ],
    )


TRANSACTIONS = "extends: governance.transactions@1\nschema:\n- name: transactions\n  properties:\n"


@pytest.mark.parametrize(
    "words", [("own.overlay.yaml",), (".",), ("mesh.yaml",), ("far", "--mesh", "mesh.yaml"), ("far/own.overlay.yaml",)]
)
def test_the_mesh_knows_what_is_extended_however_the_overlay_is_found(hansa, words):
    Path("mesh.yaml").write_text(MESH + "overlays: [own.overlay.yaml]\n")
    text = TRANSACTIONS + "  - {name: amount, logicalTypeOptions: {minimum: -1}}\n"
    overlay(text)
    if words[0].startswith("far"):
        overlay(text, "far/own.overlay.yaml")
    done = hansa("contract", "lint", *words)
    assert done.code == 1
    assert "own.overlay.yaml:5: error: amount.minimum goes from 0 to -1" in done.out
    assert done.out.splitlines()[-1] == "1 file: 1 error, 0 warnings, 0 notes"


def test_an_overlay_far_from_here_is_held_against_the_mesh_of_its_own_folder(hansa):
    overlay(TRANSACTIONS + "  - {name: amount, logicalTypeOptions: {minimum: -1}}\n", "bank/more/own.overlay.yaml")
    Path("bank/mesh.yaml").write_text(MESH)
    assert "amount.minimum goes from 0 to -1" in hansa("contract", "lint", "bank/more/own.overlay.yaml").out


def test_a_contract_that_no_plugin_of_the_mesh_brings_is_told_with_the_near_one(hansa):
    Path("mesh.yaml").write_text(MESH)
    done = hansa("contract", "lint", overlay("extends: governance.transaction@1\n"))
    assert "which no plugin of " in done.out
    assert "did you mean 'governance.transactions@1'?" in done.out


def test_overlays_of_one_contract_hold_one_on_the_other(hansa):
    Path("mesh.yaml").write_text(MESH + "overlays: [a.overlay.yaml, b.overlay.yaml]\n")
    overlay(TRANSACTIONS + "  - {name: amount, logicalTypeOptions: {maximum: 10}}\n", "a.overlay.yaml")
    overlay(TRANSACTIONS + "  - {name: amount, logicalTypeOptions: {maximum: 20}}\n", "b.overlay.yaml")
    out = hansa("contract", "lint", "mesh.yaml").out
    assert "b.overlay.yaml:5: error: amount.maximum goes from 10 to 20" in out
    assert "a.overlay.yaml" not in out


def test_what_stands_on_a_wrong_overlay_is_not_judged_and_says_why(hansa):
    Path("mesh.yaml").write_text(MESH + "overlays: [a.overlay.yaml, b.overlay.yaml]\n")
    overlay(TRANSACTIONS + "  - {name: amount, logicalTypeOptions: {minimum: -9}}\n", "a.overlay.yaml")
    overlay(TRANSACTIONS + "  - {name: note, logicalType: string}\n", "b.overlay.yaml")
    done = hansa("contract", "lint", "b.overlay.yaml")
    assert done.code == 1
    assert "b.overlay.yaml:1: error: it is not judged, since what it holds on top of is wrong: " in done.out
    assert "a.overlay.yaml:5: amount.minimum goes from 0 to -9" in done.out


def test_a_mesh_without_overlays_has_nothing_to_judge(hansa):
    Path("mesh.yaml").write_text(MESH)
    done = hansa("contract", "lint", "mesh.yaml")
    assert (done.code, done.out) == (0, "no contract (*.odcs.yaml) and no overlay (*.overlay.yaml) in mesh.yaml\n")


def test_a_mesh_that_names_an_overlay_that_is_not_there_is_exit_code_2(hansa):
    Path("mesh.yaml").write_text(MESH + "overlays: [gone.overlay.yaml]\n")
    done = hansa("contract", "lint", "mesh.yaml")
    assert (done.code, "'gone.overlay.yaml' does not exist" in done.sentence) == (2, True)


def test_contracts_alone_are_linted_without_any_mesh_or_plugin(hansa, contract, monkeypatch):
    Path("mesh.yaml").write_text("this is no mesh\n")
    monkeypatch.setattr("hansa.registry.loading.load", None)
    assert hansa("contract", "lint", contract("orders", ID)).code == 0
