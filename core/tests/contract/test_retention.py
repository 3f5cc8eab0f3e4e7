"""How long replaced rows stay readable, as contracts say it."""

import pytest
from hansa.contract import read_contract
from hansa.contract.lint import lint

HEAD = """apiVersion: v3.1.0
kind: DataContract
id: t.a
version: 1.0.0
status: active
schema:
- name: a
  properties:
  - {name: id, logicalType: string}
"""


@pytest.mark.parametrize(
    ("level", "days"),
    [
        ("{property: retention, value: 90, unit: d}", 90),
        ("{property: retention, value: '3', unit: y}", 1095),
        ("{property: retention, value: 18, unit: months}", 540),
        ("{property: retention, value: P1Y6M}", 545),
        ("{property: retention, value: 40}", 40),
        ("{property: retention, value: for ever}", None),
        ("{property: retention, value: 3, unit: moons}", None),
        ("{property: frequency, value: 1, unit: d}", None),
    ],
)
def test_a_retention_is_days(tmp_path, level, days):
    path = tmp_path / "a.odcs.yaml"
    path.write_text(f"{HEAD}slaProperties:\n- {level}\n")
    assert read_contract(path).retention_days == days


@pytest.mark.parametrize(("value", "told"), [("90", False), ("P1Y", False), ("abc", True), ("-1", True), ("''", True)])
def test_a_retention_that_is_none_is_warned_of(tmp_path, value, told):
    path = tmp_path / "a.odcs.yaml"
    path.write_text(f"{HEAD}slaProperties:\n- {{property: retention, value: {value}}}\n")
    assert ("contract.retention" in {remark.code for remark in lint([path])}) == told


def test_the_longest_of_several_holds(tmp_path):
    path = tmp_path / "a.odcs.yaml"
    levels = "\n".join(f"- {{property: retention, value: {days}, unit: d, element: a.id}}" for days in (7, 70, 30))
    path.write_text(f"{HEAD}slaProperties:\n{levels}\n")
    assert read_contract(path).retention_days == 70
