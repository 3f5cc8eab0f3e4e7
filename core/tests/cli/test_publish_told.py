"""What ``hansa publish`` says of a merge, and of a hold by a rule that an overlay of the mesh added."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
AMOUNT = "{name: amount, logicalType: integer}"
MESH = (
    "name: Bank\ntime_zone: UTC\nstart: 2026-03-01\nplugins: {allow: []}\nvault: none\noverlays: [own.overlay.yaml]\n"
)


@pytest.fixture
def made(contract):
    return contract("orders", KEY, DAY, AMOUNT)


def publish(hansa, made, *rows, more=()):
    Path("rows.csv").write_text("\n".join(["id,day,amount", *rows]) + "\n")
    return hansa("publish", made, "rows.csv", *more)


def test_a_merge_is_told_by_what_came_what_was_merged_and_what_the_day_has(hansa, made):
    publish(hansa, made, "A,2026-03-01,1", "B,2026-03-01,2")
    done = publish(hansa, made, "B,2026-03-01,3", "C,2026-03-01,4", "D,2026-03-01,5", more=["--merge"])
    assert done.out.splitlines() == [
        "published  t.orders  3 rows, 0 quarantined",
        "  2026-03-01: 3 rows came, 3 merged (1 in the place of older ones); the day now has 4 rows",
    ]


def test_a_hold_by_a_rule_of_an_overlay_names_the_overlay(hansa, made):
    Path("mesh.yaml").write_text(MESH)
    Path("own.overlay.yaml").write_text(
        "extends: t.orders@1\nschema:\n- name: orders\n"
        "  quality: [{name: rows.many, metric: rowCount, mustBeGreaterThan: 9, severity: error}]\n"
    )
    done = publish(hansa, made, "A,2026-03-01,1")
    assert done.code == 1
    assert f"; rows.many is of overlay own.overlay.yaml:4 of {Path('mesh.yaml').resolve()}" in done.err
