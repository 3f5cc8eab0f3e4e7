"""Slips that have nothing to do with each other are told together, each with its line and none as an echo."""

import pytest
from hansa.contract.lint import lint
from hansa.errors import ContractError

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
TEAM = "team: {name: shop}"


@pytest.fixture
def found(contracts):
    """Lines and codes of what lint finds wrong, notes aside."""

    def over(*properties, **more):
        said = lint([contracts.path(*properties, **{"head": TEAM, **more})])
        return [(one.line, one.code.removeprefix("contract.")) for one in said if one.severity != "note"]

    return over


def of(name, *rules, kind="string"):
    return f"{{name: {name}, logicalType: {kind}, quality: [{', '.join('{' + one + '}' for one in rules)}]}}"


def test_four_slips_in_four_columns_are_four_errors(found):
    assert found(
        KEY,
        of("a", "metric: nullValues, mustBe: '0'"),
        "{name: b, logicalType: date, logicalTypeOptions: {minimum: 2026-02-30}}",
        "{name: c, logicalType: string, customProperties: [{property: tokenise, value: fone}]}",
        "{name: d, logicalType: date, unqiue: true}",
    ) == [(11, "operator"), (12, "value"), (13, "tokenise"), (14, "unknown")]


def test_slips_of_quality_rules_are_told_with_a_line_each(found):
    rules = """
    - {metric: rowCount, mustBe: x}
    - {metric: duplicateValues, arguments: {properties: [idd]}, mustBe: 0}
    - {type: sql, query: SELECT id FROM other, mustBe: 0}
    - {type: custom, engine: hansa, implementation: {metric: groupSum, groupBy: [id], column: id, mustBe: 0}}"""
    head = f"  quality:{rules}\n{TEAM}"
    assert found(KEY, head=head) == [(12, "operator"), (13, "arguments"), (14, "sql"), (15, "group")]


def test_reading_names_every_slip_with_its_line(contracts):
    told = contracts.refusal(
        KEY, of("a", "metric: nullValues, mustBe: '0'"), of("b", "metric: invalidValues, mustBe: 0")
    )
    assert told.startswith("orders.odcs.yaml:11: mustBe is '0'; write a number without quotes")
    assert "line 12: the metric invalidValues says neither validValues nor pattern" in told


def test_a_long_list_of_slips_is_cut_and_its_rest_counted(contracts):
    told = contracts.refusal(KEY, *(of(f"c{i}", "metric: nullValues, mustBe: x") for i in range(40)))
    assert len(told) < 1_000
    assert "more, which hansa contract lint names" in told


def test_several_slips_of_one_column_are_told(found):
    column = """{name: a, logicalType: date, enum: [{value: x}],
      customProperties: [{property: tokenise, value: mobile}],
      logicalTypeOptions: {minimum: y,
        maximum: z}}"""
    assert found(KEY, column, standard="v3.2.0") == [(11, "value"), (12, "tokenise"), (13, "value"), (14, "value")]


def test_every_wrong_entry_of_a_list_is_told(found):
    column = """{name: a, logicalType: integer, enum: [{value: 1},
      {value: x},
      {value: y}]}"""
    assert found(KEY, column, standard="v3.2.0") == [(12, "value"), (13, "value")]


@pytest.mark.parametrize(
    "rule",
    [
        "{type: sql, query: 'SELECT SUM(a) FROM ${table}', mustBe: 0}",
        "{type: custom, engine: hansa, implementation: {metric: groupSum, groupBy: [id], column: a, mustBe: 0}}",
        "{metric: duplicateValues, arguments: {properties: [a]}, mustBe: 0}",
    ],
)
@pytest.mark.parametrize("column", ["{name: a, physicalType: VARIANT}", "{name: a, logicalType: numbr}"])
def test_a_rule_about_a_column_of_unclear_type_is_no_slip_of_its_own(found, column, rule):
    assert [line for line, _ in found(KEY, column, quality=rule)] == [11]


def test_a_partition_of_unclear_type_is_still_one(found):
    day = "{name: day, logicalType: dat, required: true, partitioned: true}"
    scope = f"{TEAM}\ncustomProperties: [{{property: keyScope, value: partition}}]"
    volume = "{type: custom, engine: hansa, implementation: {metric: volume, tolerance: 0.3}}"
    assert [line for line, _ in found(KEY, day, quality=volume, head=scope)] == [11]


def test_what_is_wrong_by_the_standard_hides_no_other_slip(found):
    assert found(
        "{name: id, logicalType: strin}",
        of("b", "metric: nullValues, mustBe: x"),
        of("c", "metrc: nullValues, mustBe: 0", "metric: invalidValues, mustBe: 0"),
        version="3",
    ) == [(4, "type"), (10, "value"), (11, "operator"), (12, "unknown")]


def test_slips_of_several_objects_are_told_and_those_of_the_head_once(contracts):
    path = contracts.file(
        "apiVersion: v3.1.0\nkind: DataContract\nid: shop.sales\nversion: v1\nstatus: active\n"
        "team: {name: a}\nschema:\n"
        "- {name: one, properties: [{name: a-b, logicalType: string, primaryKey: true}]}\n"
        "- {name: two, properties: [{name: c, logicalType: string, logicalTypeOptions: {pattern: '('}}]}\n"
    )
    assert [one.line for one in lint([path])] == [4, 8, 9]


def test_all_unequal_references_are_told(contracts):
    references = """  relationships:
  - {from: [orders.id], to: [x.a, x.b]}
  - {from: [orders.id], to: [y.a, y.b]}"""
    assert [one.line for one in lint([contracts.path(KEY, head=f"{references}\n{TEAM}")])] == [12, 13]


def test_each_double_is_told(found):
    assert found(KEY, KEY, KEY) == [(11, "duplicate"), (12, "duplicate")]


def test_reading_tells_what_is_wrong_by_the_standard_with_every_line(contracts):
    with pytest.raises(ContractError) as caught:
        wrong_rule = of("c", "metric: nullValues, mustBe: '0'")
        contracts.read("{name: a, logicalType: strin}", "{name: b, requred: true}", wrong_rule)
    assert ":10: " in caught.value.sentence()
    assert "line 11: 'requred' is no word of a property; line 12: mustBe is '0'" in caught.value.sentence()
