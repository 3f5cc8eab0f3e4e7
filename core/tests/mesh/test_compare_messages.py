"""What ``hansa compare`` says where there is nothing to compare, and where nothing flips: each with what to write."""

import json

import pytest
from hansa.cli import app
from hansa.comparison import compare, pairs
from hansa.errors import DataError, MeshError
from machinery.small_house import DAY, KEY, day
from typer.testing import CliRunner

BESIDE = "modules: {a.one: on, b.two: on}\nshadow: {b.two: {limit: 10}}\n"
HIDDEN = "modules: {a.one: on, b.two: shadow}\n"


@pytest.fixture
def refused(house):
    """What and mend with which a comparison of a name is refused in a mesh of this text."""

    def call(text, name):
        with pytest.raises(MeshError) as caught:
            pairs(house.mesh(text), name)
        assert caught.value.code == "compare.shadow"
        return caught.value.what, caught.value.next_step

    return call


@pytest.mark.parametrize("name", ["b.two", "b.alerts"])
def test_of_a_module_that_is_on_the_settings_to_try_are_shown(refused, name):
    what, mend = refused("modules: {a.one: on, b.two: on}\n", name)
    assert what == f"{name} is on, and nothing of it is in shadow"
    assert mend == (
        "write settings to try in the mesh file, such as shadow: {b.two: {limit: 20}} with another value, "
        "and run shadow_b.two"
    )


def test_of_a_module_without_settings_the_other_way_is_shown(refused):
    assert refused("modules: {a.one: on, b.two: on}\n", "a.one")[1] == (
        "a.one has no settings to try; while it is not trusted write modules: {a.one: shadow}"
    )


def test_of_a_module_that_is_off_the_line_to_write_is_shown(refused):
    for name in ("b.two", "b.alerts"):
        what, mend = refused("modules: {a.one: on}\n", name)
        assert (what, mend) == (
            f"{name} is not in shadow",
            "write modules: {b.two: shadow} in the mesh file, and run it",
        )


def test_of_an_unknown_name_the_names_are_listed_elsewhere(refused):
    assert refused(HIDDEN, "something.else") == (
        "nothing in shadow is called 'something.else'",
        "write modules: {NAME: shadow} in the mesh file; hansa modules lists the names",
    )


def test_a_module_in_shadow_whose_products_are_left_out_says_so(refused):
    what, mend = refused("modules: {b.two: shadow}\nsettings: {b.two: {limitt: 1}}\n", "b.two")
    assert (what, mend) == ("b.two runs in shadow, and none of its products can be made", "see: hansa check")


def no_day(mesh, *days):
    with pytest.raises(DataError) as caught:
        compare(mesh, "b.alerts", *days)
    assert caught.value.code == "compare.days"
    return caught.value.what, caught.value.next_step


def test_without_a_common_day_both_sides_are_told_and_the_run_that_is_lacking(house):
    mesh = house.mesh(BESIDE)
    assert no_day(mesh) == (
        "no day of it is published both live and in shadow",
        "hansa run shadow_b.alerts --from D --to D computes them",
    )
    house.run(mesh, "b.two")
    assert no_day(mesh) == (
        "no day of it is published both live and in shadow: live 2026-03-01..2026-03-02, in shadow none",
        "hansa run shadow_b.alerts --from 2026-03-01 --to 2026-03-02 computes them",
    )
    assert (
        no_day(mesh, day(5), day(6))[1] == "hansa run shadow_b.alerts --from 2026-03-05 --to 2026-03-06 computes them"
    )


def test_with_days_in_shadow_only_the_live_ones_are_to_be_run(house):
    mesh = house.mesh(BESIDE)
    house.run(mesh, "shadow_b.two", first=2, last=2)
    assert no_day(mesh) == (
        "no day of it is published both live and in shadow: live none, in shadow 2026-03-02",
        "hansa run b.alerts --from 2026-03-02 --to 2026-03-02 computes them",
    )


def test_of_what_is_in_shadow_alone_no_live_day_is_asked_for(house):
    assert no_day(house.mesh(HIDDEN)) == (
        "no day of it is published in shadow",
        "hansa run shadow_b.alerts --from D --to D computes them",
    )


@pytest.fixture
def last_line(monkeypatch, house):
    """The last line of hansa compare b.two, after both have run, and its JSON."""

    def call(text):
        mesh = house.mesh(text)
        house.run(mesh)
        monkeypatch.setattr("hansa.mesh.load_mesh", lambda path=None, registry=None: mesh)
        told = CliRunner().invoke(app, ["compare", "b.two"], catch_exceptions=False).output.splitlines()[-1]
        return told, json.loads(CliRunner().invoke(app, ["compare", "b.two", "--json"], catch_exceptions=False).output)

    return call


def test_where_nothing_flips_it_is_said(last_line):
    told, found = last_line(BESIDE.replace("10", "20"))
    assert (told, found["flipped"]) == ("decisions that would flip: none", 0)
    assert found["naming_decisions"] == ["b.alerts"]


def test_where_no_product_says_what_a_decision_is_that_is_said(last_line, house):
    house.contract("b.alerts", KEY + DAY + "  - {name: grade, logicalType: string}\n")
    told, found = last_line(BESIDE)
    assert told.startswith("no product here says what a decision is: tag its contract, or a column of it,")
    assert found["naming_decisions"] == []
