"""``hansa source draft`` and ``hansa source try`` as they are typed."""

import json

import pytest
import yaml
from hansa.cli import app
from hansa.errors import HansaError
from hansa.sources import Binding
from typer.testing import CliRunner

TEXT = "Kontoauszug\n\nTag;IBAN;Betrag (€)\n" + "".join(
    f"0{day}.03.2026;DE0210050000002429066{day};-1.{day}00,50\n" for day in range(1, 8)
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(TEXT, encoding="cp1252")
    return tmp_path


def hansa(*words):
    return CliRunner().invoke(app, list(words))


def drafted(place, *options):
    made = hansa("source", "draft", "rows.csv", *options)
    assert made.exit_code == 0, made.output
    (place / "draft.yaml").write_text(made.output, encoding="utf-8")
    return made.output


def test_a_draft_is_a_layout_that_can_be_read_by(place):
    words = yaml.safe_load(drafted(place))
    assert Binding(uri="rows.csv", **words).encoding == "cp1252"
    assert hansa("source", "try", "draft.yaml", "rows.csv").exit_code == 0


def test_a_draft_is_an_entry_of_a_mesh_file_where_the_contract_is_named(place):
    sources = yaml.safe_load(drafted(place, "--id", "bank.rows"))["sources"]
    assert Binding(**sources["bank.rows"]).uri == "rows.csv"
    assert hansa("source", "try", "draft.yaml", "rows.csv").exit_code == 0


def test_every_word_of_a_draft_has_its_reason(place):
    lines = [line for line in drafted(place).splitlines() if line and not line.startswith("#")]
    parents = [line for line in lines if line.endswith(":")]
    reasons = ("# certain: ", "# likely: ", "# unsure: ")
    text = drafted(place)
    for line in set(lines) - set(parents):
        before = text.splitlines()[text.splitlines().index(line) - 1]
        assert any(reason in line or reason in before for reason in reasons)


def test_a_draft_as_a_document_has_the_same_words(place):
    found = json.loads(hansa("source", "draft", "rows.csv", "--json").output)
    assert found["words"] == yaml.safe_load(drafted(place))
    assert {one["sure"] for one in found["findings"]} <= {"certain", "likely", "unsure"}


def test_an_entry_is_drafted_for_an_id_that_a_product_can_have(place):
    with pytest.raises(HansaError) as caught:
        app(["source", "draft", "rows.csv", "--id", "Bad"], standalone_mode=False)
    assert caught.value.code == "draft.id"


def test_a_trial_is_one_document(place):
    drafted(place)
    found = json.loads(hansa("source", "try", "draft.yaml", "rows.csv", "--json").output)
    assert (found["verdict"], found["rows"], found["sums"]) == ("read", 7, {"betrag": "-9803.50"})
    assert found["first_row"]["IBAN"]["value"] == "DE***61"


def test_a_trial_that_is_refused_is_one_document_and_exit_code_1(place):
    drafted(place)
    (place / "rows.csv").write_text(TEXT + "08.03.2026;DE1;12.3.4\n", encoding="cp1252")
    made = hansa("source", "try", "draft.yaml", "rows.csv", "--json")
    found = json.loads(made.output)
    assert (made.exit_code, found["refusal"]["line"], found["refusal"]["column"]) == (1, 11, "Betrag (€)")


@pytest.mark.parametrize(
    ("binding", "code"),
    [
        ("encoding: klingon\n", "mesh.field"),
        ("encodin: utf-8\n", "mesh.field"),
        ("sources: {a.b: {uri: x}, a.c: {uri: y}}\n", "source.unknown"),
    ],
)
def test_a_binding_that_is_wrong_is_told_by_its_line(place, binding, code):
    (place / "words.yaml").write_text(binding)
    with pytest.raises(HansaError) as caught:
        app(["source", "try", "words.yaml", "rows.csv"], standalone_mode=False)
    assert caught.value.code == code
    assert "words.yaml" in caught.value.where


@pytest.mark.parametrize(
    ("name", "content", "code"), [("a.csv", b"", "source.empty"), ("a.pdf", b"%PDF-1.7", "source.kind")]
)
def test_what_is_no_table_has_no_draft(place, name, content, code):
    (place / name).write_bytes(content)
    with pytest.raises(HansaError) as caught:
        app(["source", "draft", name], standalone_mode=False)
    assert caught.value.code == code


CUSTOMERS = (
    "Nr;Name;Mobil;Geburtsjahr;Filiale\n4711;Marie Curie;13812345678;1967;Nord\n4712;Lise;13912345679;1978;Nord\n"
)
MESH = """name: House
time_zone: Europe/Berlin
start: 2026-01-01
sources:
  governance.customers:
    uri: customers.csv
    separator: ";"
    mapping:
      rename: {customer_token: Nr, name_token: Name, mobile_token: Mobil, birth_year: Geburtsjahr, branch: Filiale}
  governance.merchants: {uri: "merchants/*.csv"}
"""


@pytest.fixture
def house(place):
    (place / "customers.csv").write_text(CUSTOMERS)
    (place / "mesh.yaml").write_text(MESH)
    return place


def shown(*words):
    made = hansa("source", "try", *words, "--json")
    assert made.exit_code == 0, made.output
    return {name: (one["type"], one["value"]) for name, one in json.loads(made.output)["first_row"].items()}


WAYS = [
    ("governance.customers", "customers.csv"),
    ("governance.customers",),
    ("mesh.yaml", "customers.csv", "--source", "governance.customers"),
    ("governance.customers", "customers.csv", "--mesh", "mesh.yaml"),
]


@pytest.mark.parametrize("words", WAYS)
def test_an_entry_of_a_mesh_file_is_read_under_its_own_contract(house, words):
    found = shown(*words)
    assert found["birth_year"] == ("integer", "1967")
    assert found["branch"] == ("text", "Nord")


@pytest.mark.parametrize("words", WAYS)
def test_what_the_contract_of_an_entry_seals_is_masked(house, words):
    found = shown(*words)
    assert (found["name_token"], found["customer_token"]) == (("text", "Ma***ie"), ("text", "***"))
    assert found["mobile_token"] == ("text", "13***78")


def test_a_trial_of_an_entry_reads_under_the_overlays_of_its_mesh(house):
    (house / "own.overlay.yaml").write_text(
        "extends: governance.customers@1\nschema:\n- name: customers\n  properties:\n"
        "  - {name: branch, classification: C2}\n"
    )
    (house / "mesh.yaml").write_text(MESH + "overlays: [own.overlay.yaml]\n")
    assert shown("governance.customers")["branch"] == ("text", "***")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("governance.merchants",), "source.file"),
        (("layout.yaml",), "source.file"),
        (("governance.customer", "customers.csv"), "source.unknown"),
        (("governance.customers", "customers.csv", "--mesh", "other.yaml"), "mesh.missing"),
        (("layout.yml", "customers.csv"), "mesh.missing"),
    ],
)
def test_what_is_to_be_read_has_to_be_told(house, words, code):
    (house / "layout.yaml").write_text('separator: ";"\n')
    with pytest.raises(HansaError) as caught:
        app(["source", "try", *words], standalone_mode=False)
    assert caught.value.code == code
