"""Each finding of the check of a mesh carries its code, prints it, and has a page that explains it."""

import json

import pytest
import typer
from hansa import registry as registry_room
from hansa.cli import plugins as commands
from hansa.codes import pages
from hansa.products import Input, days, source_product
from hansa.registry import LostProduct, Registry
from typer.testing import CliRunner

ON = "modules: {a.one: on}\n"
BOUND = ON + "sources:\n  a.rows: {uri: rows.csv}\n"


def registry(make, *products, contracts=(), plugins=(), **more):
    """One module ``a.one`` of these products, with the contracts of these ids."""
    module = make.module("a.one", *products, **more)
    return Registry(
        plugins=tuple(plugins),
        modules={module.name: module},
        contracts={(one.id, one.major): one for one in contracts},
        module_plugins={module.name: "test"},
    )


def rows_and(make, *products, daily=True, **more):
    """A source ``a.rows`` and these products, each with its contract."""
    ids = ["a.rows", *(product.id for product in products)]
    contracts = [make.contract(id, daily=daily or id == "a.rows") for id in ids]
    return registry(make, source_product("a.rows"), *products, contracts=contracts, **more)


def other_major(make):
    sums = make.computed("a.sums", "a.rows@1")
    contracts = [make.contract("a.rows", "2.0.0"), make.contract("a.sums")]
    return registry(make, source_product("a.rows"), sums, contracts=contracts)


def two_producers(make):
    made = registry(make, make.computed("a.sums"), contracts=[make.contract("a.sums")])
    made.modules["b.two"] = make.module("b.two", make.computed("a.sums"))
    return made


CASES = {
    "calendar.file": (BOUND + "calendar: {holidays: gone.csv}\n", rows_and),
    "mesh.idle": ("modules: {a.one: off}\n", rows_and),
    "module.unknown": ("modules: {a.onne: on}\n", rows_and),
    "module.reserved": (
        BOUND,
        lambda make: rows_and(make, make.computed("shadow_a.x")),
    ),
    "plugin.absent": (BOUND, lambda make: rows_and(make, plugins=[make.left_out("bad", "it raised")])),
    "product.cadence": (BOUND, lambda make: rows_and(make, make.computed("a.sums", every=days(7)), daily=False)),
    "product.circle": (BOUND, lambda make: rows_and(make, make.computed("a.x", "a.x@1"))),
    "product.contract": (BOUND, lambda make: registry(make, source_product("a.rows"))),
    "product.days": (
        BOUND,
        lambda make: rows_and(make, make.computed("a.sums", Input("a.rows@1", lookback=days("spam")))),
    ),
    "product.input": (BOUND, lambda make: rows_and(make, make.computed("a.sums", "b.gone@1"))),
    "product.lineage": (
        BOUND,
        lambda make: rows_and(make, make.computed("a.sums", "a.rows@1", lineage={"amount": ["a.rows.gone"]})),
    ),
    "product.producers": ("modules: {a.one: on, b.two: on}\n", two_producers),
    "product.shadow": (BOUND, lambda make: rows_and(make, make.computed("a.sums", "shadow_a.rows@1"))),
    "product.version": (BOUND, other_major),
    "source.computed": (
        BOUND,
        lambda make: registry(make, make.computed("a.rows"), contracts=[make.contract("a.rows")]),
    ),
    "source.unbound": (ON, rows_and),
    "source.unknown": (BOUND + "  a.rowz: {uri: x}\n", rows_and),
}


@pytest.fixture
def check(monkeypatch, write):
    """Run hansa check on a mesh file of this text over a registry."""

    def call(text, given, *words):
        monkeypatch.setattr(registry_room, "load", lambda *_, **__: given)
        app = typer.Typer()
        commands.register(app)
        return CliRunner().invoke(app, ["check", "--mesh", str(write(text)), *words])

    return call


@pytest.mark.parametrize("code", CASES)
def test_a_finding_carries_its_code_and_the_check_prints_it(check, make, code):
    text, given = CASES[code]
    done = check(text, given(make))
    told = [line for line in done.stdout.splitlines() if line.endswith(f"[{code}]")]
    assert told and told[0].split()[0] in ("error", "warning"), done.stdout
    found = json.loads(check(text, given(make), "--json").stdout)["findings"]
    assert code in [one["code"] for one in found]
    assert code in {page.code for page in pages("zh")}


def test_a_product_of_a_plugin_that_is_not_in_has_the_code_of_that(check, make):
    lost = LostProduct("b.rows", make.left_out("bad", "it raised"), "b.two", ())
    given = rows_and(make, make.computed("a.sums", "b.rows@1"))
    given = Registry(**{**vars(given), "lost": {"b.rows": lost}})
    found = json.loads(check(BOUND.replace("a.one: on", "a.one: on, b.two: on"), given, "--json").stdout)["findings"]
    assert {one["code"] for one in found if one["product"] == "b.rows"} == {"plugin.absent"}


def test_two_findings_of_one_fault_name_whom_each_concerns(check, make):
    text, given = CASES["product.producers"]
    found = json.loads(check(text, given(make), "--json").stdout)["findings"]
    assert [one["module"] for one in found if one["code"] == "product.producers"] == ["a.one", "b.two"]
