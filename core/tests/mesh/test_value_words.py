"""A mapping gives the contract's words: one that the contract does not allow is found before anything runs."""

import json

import pytest
import typer
from hansa import registry as registry_room
from hansa.cli import plugins as commands
from hansa.contract import read_contract
from hansa.products import source_product
from hansa.registry import Registry
from typer.testing import CliRunner

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: a.rows\nversion: 1.0.0\nstatus: active\nschema:\n- name: rows\n"
ENUM = "{name: side, logicalType: string, enum: [{value: debit}, {value: credit}]}"
LIST = "arguments: {validValues: [debit, credit]}"
RULE = (
    "{name: side, logicalType: string, quality: [{name: side.known, metric: invalidValues, " + LIST + ", mustBe: 0}]}"
)
MILD = RULE.replace("mustBe: 0", "mustBe: 0, severity: warning")
SHARE = RULE.replace("mustBe: 0", "mustBeLessThan: 5")
NUMBER = "{name: side, logicalType: integer, enum: [{value: 1}, {value: 20}]}"
DECIMAL = '{name: side, logicalType: number, physicalType: "DECIMAL(9,2)", enum: [{value: "1.50"}]}'
TRUTH = "{name: side, logicalType: boolean, enum: [{value: true}]}"


@pytest.fixture
def found(monkeypatch, write, tmp_path, make):
    """The findings of ``hansa check`` about words, of a source with this mapping under a contract of this column."""

    def check(column, mapping, more="", *words):
        path = tmp_path / "rows.odcs.yaml"
        path.write_text(f"{HEAD}  properties:\n  - {{name: id, logicalType: string, primaryKey: true}}\n  - {column}\n")
        contract = read_contract(path)
        (tmp_path / "rows.csv").write_text("id,side\n1,S\n")
        module = make.module("a.one", source_product("a.rows"))
        given = Registry(modules={"a.one": module}, contracts={("a.rows", 1): contract}, module_plugins={"a.one": "t"})
        monkeypatch.setattr(registry_room, "load", lambda *_, **__: given)
        app = typer.Typer()
        commands.register(app)
        mesh = write(f"modules: {{a.one: on}}\nsources:\n  a.rows: {{uri: rows.csv, mapping: {mapping}{more}}}\n")
        done = CliRunner().invoke(app, ["check", "--mesh", str(mesh), "--json", *words])
        return [one for one in json.loads(done.stdout)["findings"] if one["code"] == "source.word"]

    return check


@pytest.mark.parametrize("column", [ENUM, RULE])
def test_a_target_that_no_rule_allows_is_an_error_with_the_near_word(found, column):
    (one,) = found(column, "{value_map: {side: {S: debti, H: credit}}}")
    assert one["severity"] == "error"
    assert one["product"] == "a.rows"
    assert "sources.a.rows.mapping.value_map.side" in one["what"]
    assert "'debti'" in one["what"]
    assert one["next_step"] == "did you mean 'debit'? side allows debit, credit"


def test_a_target_that_is_like_none_has_the_allowed_words_as_its_mend(found):
    (one,) = found(ENUM, "{value_map: {side: {S: zzz}}}")
    assert one["next_step"] == "write one of debit, credit"


def test_each_wrong_target_is_one_finding_however_many_words_are_mapped_to_it(found):
    made = found(ENUM, "{value_map: {side: {S: x, T: x, U: y}}}")
    assert [one["what"].split("'")[1] for one in made] == ["x", "y"]


@pytest.mark.parametrize("mapping", ["{value_map: {side: {S: debit, H: credit}}}", "{}", "{constant: {side: debit}}"])
def test_words_that_are_allowed_are_no_finding(found, mapping):
    assert found(ENUM, mapping) == []


@pytest.mark.parametrize("column", [MILD, SHARE])
def test_a_rule_that_refuses_no_row_makes_a_warning(found, column):
    (one,) = found(column, "{value_map: {side: {S: debti}}}")
    assert one["severity"] == "warning"


def test_a_target_is_read_as_the_gate_reads_it(found):
    assert found(NUMBER, '{value_map: {side: {S: "01"}}}') == []
    assert len(found(NUMBER, '{value_map: {side: {S: "2"}}}')) == 1
    assert found(DECIMAL, '{value_map: {side: {S: "1,5"}}}', ', decimal: ","') == []
    assert len(found(DECIMAL, '{value_map: {side: {S: "1,5"}}}')) == 1
    assert found(TRUTH, '{value_map: {side: {S: "True"}}}') == []
    assert len(found(TRUTH, '{value_map: {side: {S: "no"}}}')) == 1


def test_a_constant_is_held_against_the_words_too(found):
    (one,) = found(ENUM, "{constant: {side: debti}}")
    assert "mapping.constant.side" in one["what"]


def test_upper_case_is_another_word(found):
    (one,) = found(ENUM, "{value_map: {side: {S: Debit}}}")
    assert one["next_step"].startswith("did you mean 'debit'?")


def test_a_mapping_for_a_column_that_is_none_is_told_by_the_source_alone(found):
    assert found(ENUM, "{value_map: {sidee: {S: debit}}}") == []
