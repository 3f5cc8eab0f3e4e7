"""Rules of every kind before the real gate, and a gate that has a hole: the kit finds it."""

import polars as pl
import pytest
from hansa.check import RowCheck
from hansa.contract.reader import read_contract
from hansa.testing.bench import Bench
from hansa.testing.impossible import impossible
from hansa.testing.row_trial import RowTrial
from hansa.testing.sheet import Sheet
from hansa.testing.table_trial import TableTrial

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
"""
RICH = """\
      - {name: id, logicalType: string, required: true, primaryKey: true, logicalTypeOptions: {pattern: "^O-[0-9]{6}$"}}
      - {name: line, logicalType: integer, primaryKey: true, primaryKeyPosition: 2, logicalTypeOptions: {minimum: 1}}
      - {name: day, logicalType: date, required: true, partitioned: true}
      - {name: serial, logicalType: string, unique: true, logicalTypeOptions: {minLength: 4, maxLength: 9}}
      - {name: mail, logicalType: string, logicalTypeOptions: {format: email, maxLength: 30}}
      - {name: cents, logicalType: integer, logicalTypeOptions: {minimum: -1000, maximum: 100000, multipleOf: 5}}
      - {name: price, logicalType: number, physicalType: "DECIMAL(9,2)", logicalTypeOptions: {exclusiveMinimum: 0}}
      - {name: rate, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}}
      - name: size
        logicalType: string
        quality:
          - {name: size.known, metric: invalidValues, arguments: {validValues: [S, M, L]}, mustBe: 0}
          - {name: size.told, metric: missingValues, mustBe: 0, severity: warning}
      - name: person
        logicalType: string
        classification: C3
        customProperties: [{property: tokenise, value: identity_number}]
      - name: note
        logicalType: string
        quality:
          - {name: note.filled, metric: nullValues, mustBeLessThan: 50, unit: percent}
          - {name: note.repeated, metric: duplicateValues, mustBeLessThan: 2}
      - {name: opened, logicalType: time, logicalTypeOptions: {minimum: "08:00:00"}}
      - {name: due, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy, minimum: "2020-01-01"}}
      - name: address
        logicalType: object
        properties:
          - {name: city, logicalType: string, required: true, logicalTypeOptions: {minLength: 2}}
          - {name: zip, logicalType: string, logicalTypeOptions: {pattern: "^[0-9]{5}$"}}
      - name: parts
        logicalType: array
        logicalTypeOptions: {minItems: 1, maxItems: 3, uniqueItems: true}
        items:
          logicalType: object
          properties:
            - {name: sku, logicalType: string, required: true}
            - {name: qty, logicalType: integer, logicalTypeOptions: {minimum: 1}}
    quality:
      - {name: orders.arrived, metric: rowCount, mustBeGreaterThan: 2}
      - {name: orders.rate, type: sql, query: "SELECT COUNT(*) FROM ${table} WHERE rate > 0.9", mustBeLessThan: 2}
      - name: orders.two
        type: custom
        engine: hansa
        implementation: {metric: groupRowCount, groupBy: [id], mustBe: 2}
      - name: orders.sum
        type: custom
        engine: hansa
        implementation: {metric: groupSum, groupBy: [id], column: cents, mustBeBetween: [0, 100]}
      - {name: orders.volume, type: custom, engine: hansa, implementation: {metric: volume, tolerance: 0.5}}
"""
KEYLESS = """\
      - {name: day, logicalType: date, required: true, partitioned: true}
      - {name: berth, logicalType: string, unique: true}
      - {name: tons, logicalType: integer, logicalTypeOptions: {minimum: 0}}
"""


@pytest.fixture
def contract(tmp_path):
    def made(properties):
        path = tmp_path / "orders.odcs.yaml"
        path.write_text(HEAD + properties)
        return read_contract(path)

    return made


@pytest.fixture
def bench(tmp_path):
    return lambda contract: Bench(tmp_path / "bench", contract)


def not_green(results):
    return {name: result.reason for name, result in results.items() if result.state != "green"}


def test_the_folder_above_the_warehouses_does_not_say_what_may_stand_in_clear(contract, tmp_path):
    bench = Bench(tmp_path / "data" / "bench", contract(KEYLESS))
    bench.secrets.plant("shop.orders.berth", "990001195002070018")
    for place in ("receipts", "data"):
        (bench.root / "warehouse0" / place).mkdir(parents=True)
        (bench.root / "warehouse0" / place / "x").write_text("990001195002070018")
    assert [leak.place for leak in bench.lying()] == ["warehouse0/receipts/x"]


def test_row_rules_of_every_kind_are_kept_and_broken_one_by_one(bench, contract):
    trial = RowTrial(bench(contract(RICH))).run()
    late = {"late": "the contract has a key, by which late rows are merged into their day"}
    assert (not_green(trial.kept), not_green(trial.broken)) == (late, late)
    assert {"parts[].qty.minimum", "address.city.required", "serial.unique", "orders.sum", "window"} <= set(
        trial.broken
    )


def test_table_rules_of_every_kind_are_kept_and_broken_one_by_one(bench, contract):
    trial = TableTrial(bench(contract(RICH))).run()
    assert trial.clean.state == "green"
    assert (not_green(trial.kept), not_green(trial.broken)) == ({}, {})
    assert set(trial.broken) == {"note.filled", "note.repeated", "orders.arrived", "orders.rate", "orders.volume"}


def test_late_rows_of_a_contract_without_a_key_are_tried(bench, contract):
    trial = RowTrial(bench(contract(KEYLESS))).run()
    assert (not_green(trial.kept), not_green(trial.broken)) == ({}, {})
    assert {"late", "day.future", "identical"} <= set(trial.broken)


def test_a_gate_that_lets_pass_what_breaks_a_rule_is_found(bench, contract, monkeypatch):
    whole = RowCheck.broken

    def with_a_hole(self, batch, unreadable):
        return {name: mask for name, mask in whole(self, batch, unreadable).items() if name != "tons.minimum"}

    monkeypatch.setattr(RowCheck, "broken", with_a_hole)
    trial = RowTrial(bench(contract(KEYLESS))).run()
    assert not_green(trial.broken) == {"tons.minimum": "tons.minimum: the gate let a row pass that breaks it"}


def test_a_gate_that_blames_a_second_rule_is_found(bench, contract, monkeypatch):
    whole = RowCheck.broken

    def too_much(self, batch, unreadable):
        found = whole(self, batch, unreadable)
        return found | {"berth.type": found["tons.minimum"]} if "tons.minimum" in found else found

    monkeypatch.setattr(RowCheck, "broken", too_much)
    trial = RowTrial(bench(contract(KEYLESS))).run()
    assert "refused under berth.type, tons.minimum" in trial.broken["tons.minimum"].reason


NEVER = {
    "minimum": ("integer, logicalTypeOptions: {minimum: -9223372036854775808}", "n.minimum"),
    "length": ("string, logicalTypeOptions: {minLength: 0}", "n.minLength"),
    "pattern": ('string, logicalTypeOptions: {pattern: "[a-z]*"}', "n.pattern"),
    "pattern and length": ('string, logicalTypeOptions: {pattern: "^[A-Z]{3}$", minLength: 4}', "n.minLength"),
    "list and length": ("string, enum: [{value: ab}], logicalTypeOptions: {minLength: 4}", "n.minLength"),
    "multiple": ('number, physicalType: "DECIMAL(9,2)", logicalTypeOptions: {multipleOf: 0.01}', "n.multipleOf"),
    "count": ("string, quality: [{name: few, metric: nullValues, mustBeGreaterOrEqualTo: 0}]", "few"),
    "percent": ("string, quality: [{name: few, metric: nullValues, mustBeLessThan: 101, unit: percent}]", "few"),
    "required": ("string, required: true, quality: [{name: few, metric: nullValues, mustBeLessThan: 3}]", "few"),
}


@pytest.mark.parametrize("kind", NEVER)
def test_a_rule_that_can_never_hold_anything_is_named(contract, kind):
    column, rule = NEVER[kind]
    assert list(impossible(contract(f"      - {{name: n, logicalType: {column}}}\n"))) == [rule]


def test_no_rule_of_a_sound_contract_is_called_impossible(contract):
    assert impossible(contract(RICH)) == {}


def test_rows_are_the_same_in_every_run(contract):
    first, second = (Sheet(contract(RICH)) for _ in range(2))
    rows = [sheet.frame(row for n in range(20) for row in sheet.unit(n, sheet.days[0])) for sheet in (first, second)]
    assert rows[0].equals(rows[1])
    assert rows[0].select(pl.struct("id", "line").is_unique().all()).item()
