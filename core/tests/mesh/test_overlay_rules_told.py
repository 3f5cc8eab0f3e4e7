"""A rule that an overlay added is told with its overlay: in a hold, and in what a run would do."""

import json
import sys

import pytest
from hansa.cli import main
from machinery.overlays import AMOUNT, OVERLAID

STRICT = (
    AMOUNT
    + "    logicalTypeOptions: {minimum: 15}\n"
    + "  quality: [{name: rows.many, metric: rowCount, mustBeGreaterThan: 100, severity: error}]\n"
)


@pytest.fixture
def hansa(monkeypatch, capfd, house):
    """The command on the mesh of ``house`` under its overlay: standard output and standard error."""

    def call(*words):
        registry = house.mesh(OVERLAID).registry
        monkeypatch.setattr("hansa.registry.load", lambda **_: registry_of(house, registry))
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(house.folder / "mesh.yaml")])
        capfd.readouterr()
        with pytest.raises(SystemExit):
            main()
        return capfd.readouterr()

    return call


def registry_of(house, registry):
    from dataclasses import replace

    return replace(registry, contracts=dict(house.contracts))


def test_a_hold_by_a_rule_of_an_overlay_names_its_file_line_and_mesh(hansa, house):
    house.overlay(STRICT)
    _, err = hansa("run", "a.rows", "--from", "2026-03-01", "--bare")
    (line,) = [line for line in err.splitlines() if line.startswith("contract ")]
    assert line.endswith(f"; rows.many is of overlay own.overlay.yaml:7 of {house.folder / 'mesh.yaml'}")


def test_a_hold_by_a_rule_of_the_contract_names_the_contract_alone(hansa, house):
    house.contract(
        "a.rows",
        "  - {name: txn, logicalType: string, required: true, primaryKey: true}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, required: true}\n"
        "  quality: [{name: rows.own, metric: rowCount, mustBeGreaterThan: 100, severity: error}]\n",
    )
    house.overlay(AMOUNT + "    logicalTypeOptions: {minimum: 15}\n")
    _, err = hansa("run", "a.rows", "--from", "2026-03-02", "--bare")
    (line,) = [line for line in err.splitlines() if line.startswith("contract ")]
    assert line.endswith(
        "a.rows.odcs.yaml); amount.minimum is of overlay own.overlay.yaml:6 of " + str(house.folder / "mesh.yaml")
    )


def test_explain_names_the_overlay_at_each_of_its_rules(hansa, house):
    house.overlay(STRICT)
    out, _ = hansa("explain", "a.rows")
    lines = [line.strip() for line in out.splitlines()]
    assert "rows.many (overlay own.overlay.yaml:7)" in lines
    assert "amount: minimum (overlay own.overlay.yaml:6), required, type" in lines
    assert f"and overlays of {house.folder / 'mesh.yaml'}" in lines


def test_the_json_of_explain_has_the_overlay_of_each_of_its_rules(hansa, house):
    house.overlay(STRICT)
    out, _ = hansa("explain", "a.rows", "--json")
    (matter,) = [one for one in json.loads(out)["products"] if one["product"] == "a.rows"]
    assert matter["overlaid"] == {"rows.many": "own.overlay.yaml:7", "amount.minimum": "own.overlay.yaml:6"}


def test_every_rule_of_a_column_that_only_the_overlay_has_is_the_overlays(hansa, house):
    house.overlay(
        "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
        "  - {name: note, logicalType: string, logicalTypeOptions: {maxLength: 3}}\n"
    )
    out, _ = hansa("explain", "a.rows", "--json")
    (matter,) = [one for one in json.loads(out)["products"] if one["product"] == "a.rows"]
    assert matter["overlaid"] == {"note.type": "own.overlay.yaml:5", "note.maxLength": "own.overlay.yaml:5"}
