"""Modules in shadow: what a mesh makes of them before anything runs."""

import pytest
from hansa.plan import selected
from hansa.products import Kpi, Setting, source_product
from machinery.small_house import errors

BOUND = "sources:\n  a.rows: {uri: rows.csv}\n"


def requires(mesh):
    return {id: sorted(product.requires) for id, product in mesh.products.items()}


@pytest.fixture
def two(make):
    """a.rows (from a source), and b.sums -> b.report with a setting and a target."""
    target = Kpi("b.k", "t", "t", "f", "share", 0.5, "at least", "none", "measured", "b.report")
    computed = (make.computed("b.sums", "a.rows@1"), make.computed("b.report", "b.sums@1"))
    settings = {"limit": Setting(5, "how many")}
    return {
        "modules": [
            make.module("a.one", source_product("a.rows")),
            make.module("b.two", *computed, settings=settings, kpis=(target,)),
        ],
        "contracts": [make.contract("a.rows"), make.contract("b.sums"), make.contract("b.report", daily=False)],
    }


def test_a_module_in_shadow_reads_what_is_live_and_its_own_products_in_shadow(mesh, two):
    loaded = mesh("modules: {a.one: on, b.two: shadow}\n" + BOUND, **two)
    assert errors(loaded) == []
    assert requires(loaded) == {"a.rows": [], "shadow_b.sums": ["a.rows"], "shadow_b.report": ["shadow_b.sums"]}


def test_a_shadow_keeps_the_contract_of_its_product_under_its_own_name(mesh, two):
    kept = mesh("modules: {a.one: on, b.two: shadow}\n" + BOUND, **two).products["shadow_b.sums"]
    assert (kept.contract.id, kept.contract.digest, kept.module) == ("shadow_b.sums", "b.sums1.0.0", "shadow_b.two")


def test_a_module_that_is_on_never_reads_a_shadow(mesh, two, make):
    reader = make.module("c.three", make.computed("c.view", "b.report@1"))
    two = {"modules": [*two["modules"], reader], "contracts": [*two["contracts"], make.contract("c.view")]}
    loaded = mesh("modules: {a.one: on, b.two: shadow, c.three: on}\n" + BOUND, **two)
    assert errors(loaded) == [
        "c.view: it needs b.report@1, which nothing here provides; enable b.two, or bind a source for b.report@1"
    ]


def test_a_product_that_asks_for_a_shadow_by_name_is_left_out(mesh, two, make):
    reader = make.module("c.three", make.computed("c.view", "shadow_b.sums@1"))
    two = {"modules": [*two["modules"], reader], "contracts": [*two["contracts"], make.contract("c.view")]}
    loaded = mesh("modules: {a.one: on, b.two: shadow, c.three: on}\n" + BOUND, **two)
    assert errors(loaded) == ["c.view: it reads shadow_b.sums@1, which is in shadow; read what is live"]


def test_a_shadow_reads_another_shadow_only_where_nothing_is_live(mesh, two, make):
    reader = make.module("c.three", make.computed("c.view", "b.report@1"))
    two = {"modules": [*two["modules"], reader], "contracts": [*two["contracts"], make.contract("c.view")]}
    both = mesh("modules: {a.one: on, b.two: shadow, c.three: shadow}\n" + BOUND, **two)
    live = mesh("modules: {a.one: on, b.two: on, c.three: shadow}\n" + BOUND, **two)
    beside = mesh("modules: {a.one: on, b.two: on, c.three: shadow}\nshadow: {b.two: {limit: 9}}\n" + BOUND, **two)
    assert requires(both)["shadow_c.view"] == ["shadow_b.report"]
    assert requires(live)["shadow_c.view"] == ["b.report"]
    assert requires(beside)["shadow_c.view"] == ["b.report"]


def test_settings_to_try_run_a_module_beside_itself(mesh, two):
    loaded = mesh("modules: {a.one: on, b.two: on}\nshadow: {b.two: {limit: 9}}\n" + BOUND, **two)
    assert errors(loaded) == []
    assert {id: kept.settings for id, kept in loaded.products.items() if id.endswith("sums")} == {
        "b.sums": {"limit": 5},
        "shadow_b.sums": {"limit": 9},
    }
    assert (loaded.state_of("b.two"), loaded.state_of("a.one"), loaded.state_of("x.y")) == ("on, shadow", "on", "off")


def test_what_a_source_brings_is_not_brought_twice(mesh, two):
    loaded = mesh("modules: {a.one: on, b.two: on}\nshadow: {a.one: {}, b.two: {}}\n" + BOUND, **two)
    assert "shadow_a.rows" not in loaded.declared
    assert requires(loaded)["shadow_b.sums"] == ["a.rows"]


def test_a_source_of_a_module_in_shadow_makes_nothing_that_is_read(mesh, two):
    loaded = mesh("modules: {a.one: shadow, b.two: on}\n" + BOUND, **two)
    assert loaded.products["shadow_a.rows"].binding.uri == "rows.csv"
    assert "a.rows" not in loaded.declared
    assert errors(loaded) == [
        "b.sums: it needs a.rows@1, which nothing here provides; enable a.one, or bind a source for a.rows@1"
    ]


def test_the_settings_of_a_module_hold_in_its_shadow_too(mesh, two):
    text = "modules: {a.one: on, b.two: shadow}\nsettings: {b.two: {limit: 7}}\n" + BOUND
    assert mesh(text, **two).products["shadow_b.sums"].settings == {"limit": 7}
    assert mesh("shadow: {b.two: {limit: 8}}\n" + text, **two).products["shadow_b.sums"].settings == {"limit": 8}


def test_a_wrong_setting_of_a_shadow_harms_the_shadow_alone(mesh, two):
    loaded = mesh("modules: {a.one: on, b.two: on}\nshadow: {b.two: {limitt: 9}}\n" + BOUND, **two)
    assert errors(loaded) == ["shadow_b.two: it has no setting 'limitt'; did you mean 'limit'?"]
    assert sorted(loaded.products) == ["a.rows", "b.report", "b.sums"]


def test_settings_to_try_for_a_module_that_is_off_are_told(mesh, two):
    loaded = mesh("modules: {a.one: on}\nshadow: {b.two: {limit: 9}}\n" + BOUND, **two)
    assert [f.sentence() for f in loaded.findings] == [
        "b.two: it has settings for its shadow but is not on; turn it on, or to shadow, or remove them"
    ]


def test_an_unknown_module_in_shadow_is_an_error(mesh, two):
    loaded = mesh("modules: {a.one: on, b.too: shadow}\n" + BOUND, **two)
    assert errors(loaded) == ["b.too: no installed plugin brings this module; did you mean 'b.two'?"]


def test_the_targets_of_a_shadow_are_nobodys(mesh, two):
    assert mesh("modules: {a.one: on, b.two: shadow}\n" + BOUND, **two).kpis == ()


def test_a_module_in_shadow_is_selected_by_its_own_name_and_the_live_one_where_both_run(mesh, two):
    hidden = mesh("modules: {a.one: on, b.two: shadow}\n" + BOUND, **two)
    beside = mesh("modules: {a.one: on, b.two: on}\nshadow: {b.two: {limit: 9}}\n" + BOUND, **two)
    assert selected(hidden, ["b.two"]) == {"shadow_b.sums", "shadow_b.report"}
    assert selected(beside, ["b.two"]) == {"b.sums", "b.report"}
    assert selected(beside, ["shadow_b.two"]) == {"shadow_b.sums", "shadow_b.report"}


def test_no_module_and_no_contract_may_be_named_like_a_shadow(mesh, make):
    modules, contracts = [make.module("shadow_a.one")], [make.contract("shadow_a.rows")]
    loaded = mesh("modules: {shadow_a.one: on}\n", modules, contracts)
    assert errors(loaded) == [
        f"{name}: names that begin with shadow_ are for modules in shadow; its plugin's author gives it another domain"
        for name in ("shadow_a.one", "shadow_a.rows")
    ]
