from graphlib import TopologicalSorter

import pytest
from hansa.mesh import topological
from hansa.products import Input, Kpi, Setting, days, source_product
from hypothesis import given
from hypothesis import strategies as st
from machinery.small_house import errors

ON = "modules:\n  a.one: on\n"
BOUND = ON + "sources:\n  a.rows: {uri: rows.csv}\n"


@pytest.fixture
def chain(make):
    """a.rows (from a source) -> a.sums -> a.report, in one module, with their contracts."""
    products = (
        source_product("a.rows"),
        make.computed("a.sums", "a.rows@1"),
        make.computed("a.report", "a.sums@1"),
    )
    return {
        "modules": [make.module("a.one", *products)],
        "contracts": [make.contract("a.rows"), make.contract("a.sums"), make.contract("a.report", daily=False)],
    }


def test_a_whole_mesh_has_no_error(mesh, chain):
    loaded = mesh(BOUND, **chain)
    assert errors(loaded) == []
    assert loaded.order == ("a.rows", "a.sums", "a.report")
    assert loaded.products["a.rows"].binding.uri == "rows.csv"


def test_a_product_is_daily_if_its_contract_has_a_partition_column(mesh, chain):
    products = mesh(BOUND, **chain).products
    assert (products["a.sums"].daily, products["a.report"].daily) == (True, False)


def test_upstream_and_downstream_follow_the_whole_way(mesh, chain):
    loaded = mesh(BOUND, **chain)
    assert loaded.upstream("a.report") == ("a.rows", "a.sums")
    assert loaded.downstream("a.rows") == ("a.sums", "a.report")
    assert loaded.downstream("a.report") == ()


def test_places_are_relative_to_the_mesh_file(mesh, chain, tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    loaded = mesh(BOUND + "warehouse: ../lake\n", **chain)
    assert loaded.warehouse.root == tmp_path.parent / "lake"
    assert loaded.keys == tmp_path / ".hansa" / "keys"
    assert loaded.dagster_home == tmp_path / "dagster"


def test_a_module_that_is_off_or_not_named_brings_nothing(mesh, chain):
    loaded = mesh("modules: {a.one: off}\n", **chain)
    assert (loaded.modules, loaded.products, errors(loaded)) == ((), {}, [])


def test_the_targets_of_the_enabled_modules_are_the_meshs(mesh, make):
    target = Kpi("a.k", "t", "t", "f", "share", 0.5, "at least", "none", "measured", "a.rows")
    on, off = make.module("a.one", kpis=(target,)), make.module("a.two", kpis=(target,))
    assert mesh(ON, modules=[on, off]).kpis == (target,)


def test_settings_are_filled_with_the_defaults(mesh, make):
    settings = {"limit": Setting(5, "how many"), "share": Setting(0.5, "how much")}
    one = make.module("a.one", make.computed("a.sums"), settings=settings)
    loaded = mesh(ON + "settings:\n  a.one: {share: 1}\n", modules=[one], contracts=[make.contract("a.sums")])
    resolved = loaded.products["a.sums"].settings
    assert resolved == {"limit": 5, "share": 1.0}
    assert isinstance(resolved["share"], float)


def test_an_unknown_module_names_the_near_one_and_harms_no_other(mesh, chain):
    loaded = mesh("modules: {a.one: on, a.onne: on}\nsources:\n  a.rows: {uri: x}\n", **chain)
    assert errors(loaded) == ["a.onne: no installed plugin brings this module; did you mean 'a.one'?"]
    assert loaded.errors_for(["a.report"]) == ()
    assert len(loaded.errors_for(["a.onne"])) == 1


def test_an_unknown_module_of_a_plugin_that_is_left_out_tells_why(mesh, make):
    loaded = mesh("modules: {risk.fraud: on}\n", plugins=[make.left_out("risk", "it needs catboost")])
    assert errors(loaded) == [
        "risk.fraud: no installed plugin brings this module; plugin risk is left out: it needs catboost"
    ]


def test_a_missing_input_names_the_module_and_the_source_that_would_provide_it(mesh, chain, make):
    reader = make.module("b.two", make.computed("b.view", "a.rows@1"))
    modules, contracts = [*chain["modules"], reader], [*chain["contracts"], make.contract("b.view")]
    loaded = mesh("modules: {b.two: on}\n", modules, contracts)
    assert errors(loaded) == [
        "b.view: it needs a.rows@1, which nothing here provides; enable a.one, or bind a source for a.rows@1"
    ]


def test_a_bound_source_with_a_known_contract_is_a_product_by_itself(mesh, chain, make):
    reader = make.module("b.two", make.computed("b.view", "a.rows@1"))
    modules, contracts = [*chain["modules"], reader], [*chain["contracts"], make.contract("b.view")]
    loaded = mesh("modules: {b.two: on}\nsources:\n  a.rows: {uri: x}\n", modules, contracts)
    assert errors(loaded) == []
    assert loaded.products["a.rows"].module == "mesh.sources"
    assert loaded.order == ("a.rows", "b.view")


def test_what_depends_on_a_missing_source_is_left_out_and_the_rest_works(mesh, chain, make):
    chain["modules"].append(make.module("b.two", make.computed("b.view")))
    chain["contracts"].append(make.contract("b.view"))
    loaded = mesh("modules: {a.one: on, b.two: on}\n", **chain)
    assert list(loaded.products) == ["b.view"]
    assert loaded.left_out == {
        "a.report": "it needs a.sums, which is left out",
        "a.rows": "no source is bound to it",
        "a.sums": "it needs a.rows, which is left out",
    }
    assert [f.product for f in loaded.errors_for(["a.report"])] == ["a.rows"]
    assert loaded.errors_for(["b.two"]) == ()


def _other_major(make):
    return {
        "modules": [make.module("a.one", source_product("a.rows"), make.computed("a.sums", "a.rows@1"))],
        "contracts": [make.contract("a.rows", "2.1.0"), make.contract("a.sums")],
    }


def _no_contract(make):
    return {"modules": [make.module("a.one", source_product("a.rows"))]}


def _circle(make):
    products = [source_product("a.rows"), make.computed("a.x", "a.y@1"), make.computed("a.y", "a.x@1")]
    return {
        "modules": [make.module("a.one", *products)],
        "contracts": [make.contract(id) for id in ("a.rows", "a.x", "a.y")],
    }


def _computed_and_bound(make):
    return {"modules": [make.module("a.one", make.computed("a.rows"))], "contracts": [make.contract("a.rows")]}


def _unknown_days(make):
    product = make.computed("a.sums", Input("a.rows@1", lookback=days("spam")))
    module = make.module("a.one", source_product("a.rows"), product, settings={"span": Setting(3, "days")})
    return {"modules": [module], "contracts": [make.contract("a.rows"), make.contract("a.sums")]}


def _days_of_text(make):
    product = make.computed("a.sums", every=days("span"))
    module = make.module("a.one", source_product("a.rows"), product, settings={"span": Setting("x", "days")})
    return {"modules": [module], "contracts": [make.contract("a.rows"), make.contract("a.sums")]}


def _cadence_without_days(make):
    module = make.module("a.one", source_product("a.rows"), make.computed("a.sums", every=days(7)))
    return {"modules": [module], "contracts": [make.contract("a.rows"), make.contract("a.sums", daily=False)]}


WRONG = {
    "other major version": (_other_major, "a.sums: it needs a.rows@1, the mesh has version 2.1.0 (a.rows.odcs.yaml)"),
    "no contract": (_no_contract, "a.rows: it keeps no known contract"),
    "circle": (_circle, "a.x: it needs itself: "),
    "computed and bound": (_computed_and_bound, "a.rows: it is computed, but a source is bound to it as well"),
    "days of an unknown setting": (_unknown_days, "setting 'spam', which a.one does not have; did you mean 'span'?"),
    "days of a text": (_days_of_text, "a.sums: it takes days from setting 'span', which is no whole number"),
    "cadence without days": (_cadence_without_days, "a.sums: it has a cadence (every), but its contract has no"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_of_the_whole_is_found_before_anything_runs(mesh, make, fault):
    parts, told = WRONG[fault]
    found = errors(mesh(BOUND, **parts(make)))
    assert any(told in sentence for sentence in found), found


def test_two_producers_of_one_contract_are_both_out(mesh, make):
    modules = [make.module(name, make.computed("a.sums")) for name in ("a.one", "b.two")]
    loaded = mesh("modules: {a.one: on, b.two: on}\n", modules, [make.contract("a.sums")])
    assert {f.module for f in loaded.findings if "a.one and by b.two" in f.what} == {"a.one", "b.two"}
    assert not loaded.products
    assert loaded.errors_for(["b.two"])


def test_one_of_two_producers_may_be_chosen(mesh, make):
    modules = [make.module(name, make.computed("a.sums")) for name in ("a.one", "b.two")]
    loaded = mesh("modules: {b.two: on}\n", modules, [make.contract("a.sums")])
    assert errors(loaded) == []
    assert loaded.products["a.sums"].module == "b.two"


def test_a_source_bound_to_an_unknown_product_names_the_near_one(mesh, chain):
    loaded = mesh(BOUND + "  a.rowz: {uri: x}\n", **chain)
    assert errors(loaded) == ["a.rowz: a source is bound to it, but it is no known product; did you mean 'a.rows'?"]


SETTINGS = {
    "unknown": ("limt: 5", "it has no setting 'limt'; did you mean 'limit'?"),
    "text for a whole number": ("limit: '5'", "setting 'limit' is '5', not a whole number"),
    "truth for a whole number": ("limit: true", "setting 'limit' is True, not a whole number"),
    "broken number for a whole one": ("limit: 1.5", "setting 'limit' is 1.5, not a whole number"),
    "number for truth": ("strict: 1", "setting 'strict' is 1, not true or false"),
    "text for a number": ("share: half", "setting 'share' is 'half', not a number"),
}


@pytest.mark.parametrize("fault", SETTINGS)
def test_a_wrong_setting_leaves_its_module_out(mesh, make, fault):
    line, told = SETTINGS[fault]
    settings = {"limit": Setting(5, "n"), "share": Setting(0.5, "n"), "strict": Setting(True, "n")}
    one = make.module("a.one", make.computed("a.sums"), settings=settings)
    loaded = mesh(ON + f"settings:\n  a.one: {{{line}}}\n", [one], [make.contract("a.sums")])
    assert told in errors(loaded)[0]
    assert list(loaded.left_out) == ["a.sums"]
    assert loaded.errors_for(["a.sums"])


@pytest.mark.parametrize(
    "words", ["holidays: gone.csv", "workdays: gone.csv", "products: {a.rows: {workdays: gone.csv}}"]
)
def test_a_file_of_dates_that_is_not_there_is_an_error_whatever_day_the_mesh_starts_on(mesh, chain, words):
    loaded = mesh(BOUND + f"calendar: {{{words}}}\n", **chain)
    assert ["gone.csv: the file of dates cannot be read" in told for told in errors(loaded)] == [True]


def test_settings_of_an_unknown_module_are_an_error(mesh, chain):
    loaded = mesh(BOUND + "settings:\n  a.onne: {limit: 5}\n", **chain)
    assert "did you mean 'a.one'?" in errors(loaded)[0]


graphs = st.integers(2, 12).flatmap(
    lambda size: st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=30)
)


@given(graphs)
def test_the_order_has_each_after_its_needs_and_does_not_depend_on_the_order_of_input(edges):
    needs = {f"p.{n:02}": set() for n in range(12)}
    for a, b in edges:
        if a < b:
            needs[f"p.{b:02}"].add(f"p.{a:02}")
    order = list(topological(needs))
    assert order == list(topological(dict(reversed(needs.items()))))
    assert sorted(order) == sorted(TopologicalSorter(needs).static_order())
    assert all(order.index(a) < order.index(b) for b, asked in needs.items() for a in asked)
