"""A small institution on disk: a source of movements, and a module that scores them and picks alerts."""

import datetime as dt

import polars as pl
from hansa.contract import read_contract
from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.products import Module, Product, Setting, product, source_product
from hansa.registry import PluginReport, Registry
from hansa.runner import Lost, Runner, execute
from hansa.sources import built_in_readers

HEAD = (
    "apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nname: {id}\nversion: 1.0.0\nstatus: active\ndomain: {domain}\n"
)
KEY = "  - {name: txn, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n"
DAY = "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
AMOUNT = "  - {name: amount, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}\n"
STATE = (
    "  - {name: state, logicalType: string, quality: [{name: state.known, metric: invalidValues,"
    " arguments: {validValues: [open, paid, lost]}, mustBe: 0}]}\n"
)


def day(number):
    """The day ``number`` of March 2026."""
    return dt.date(2026, 3, number)


def errors(mesh):
    """The sentences of a mesh's errors."""
    return [finding.sentence() for finding in mesh.findings if finding.severity == "error"]


def registry_of(module, contracts):
    """A registry of one module, which plugin `a` brings."""
    return Registry(
        plugins=(PluginReport("a", "a", "1.0.0", "in", modules=(module.name,)),),
        modules={module.name: module},
        contracts=contracts,
        module_plugins={module.name: "a"},
        readers=built_in_readers(),
    )


def outcomes_of(mesh, asked, first, last, **how):
    """Plan what is asked over days and run it by a runner that is told ``how``; the outcomes, whatever they are."""
    runner, outcomes = Runner(mesh, **how), []
    plan = make_plan(mesh, runner.standing, set(asked), first, last)
    execute(runner, plan.steps, Lost(mesh), outcomes.append)
    return outcomes


class House:
    """Contracts, overlays and sources in a folder, and a mesh of them."""

    def __init__(self, folder):
        self.folder = folder
        self.contracts = {}
        self.contract("a.rows", KEY + DAY + AMOUNT + STATE)
        self.contract("b.scores", KEY + DAY + "  - {name: score, logicalType: integer, required: true}\n")
        self.contract(
            "b.alerts", KEY + DAY + "  - {name: grade, logicalType: string, tags: [decision]}\n", "[decision]"
        )
        self.rows([(1, "t1", 10), (1, "t2", 20), (1, "t3", 30), (2, "t4", 40), (2, "t5", 5)])

    def contract(self, id, columns, tags="[]", more=""):
        path = self.folder / f"{id}.odcs.yaml"
        head = HEAD.format(id=id, domain=id.split(".")[0])
        path.write_text(f"{head}tags: {tags}\n{more}schema:\n- name: {id.split('.')[1]}\n  properties:\n{columns}")
        self.contracts[(id, 1)] = read_contract(path)
        return path

    def rows(self, rows, header="business_date,txn,amount", name="rows.csv"):
        lines = [",".join(str(one) for one in (day(row[0]), *row[1:])) for row in rows]
        (self.folder / name).write_text("\n".join([header, *lines]) + "\n")

    def overlay(self, text, name="own.overlay.yaml"):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def modules(self):
        settings = {"limit": Setting(20, "the least score of an alert")}
        own = Module("b.two", (scores(), alerts()), settings=settings)
        return {"a.one": Module("a.one", (source_product("a.rows"),)), "b.two": own}

    def mesh(self, text="modules: {a.one: on, b.two: on}\n"):
        registry = Registry(
            plugins=(PluginReport("a", "a", "1.0.0", "in"),),
            modules=self.modules(),
            contracts=dict(self.contracts),
            module_plugins={"a.one": "a", "b.two": "a"},
            readers=built_in_readers(),
        )
        head = "name: House\ntime_zone: UTC\nstart: 2026-03-01\nsources:\n  a.rows: {uri: rows.csv}\n"
        path = self.folder / "mesh.yaml"
        path.write_text(head + text)
        return load_mesh(path, registry)

    def run(self, mesh, *names, first=1, last=2):
        """Plan and run; the outcomes, each published."""
        outcomes = self.tried(mesh, *names, first=first, last=last)
        assert {outcome.state for outcome in outcomes} <= {"published", "unchanged"}, outcomes
        return outcomes

    def tried(self, mesh, *names, first=1, last=2):
        """Plan and run; the outcomes, whatever they are."""
        assert not errors(mesh)
        return outcomes_of(mesh, selected(mesh, names), day(first), day(last))


def scores():
    @product("b.scores", requires=["a.rows@1"])
    def made(rows):
        return rows.select("txn", "business_date", score="amount")

    return _of_package(made)


def alerts():
    @product("b.alerts", requires=["b.scores@1"])
    def made(scores, run):
        limit = run.settings["limit"]
        picked = scores.filter(pl.col("score") >= limit)
        grade = pl.when(pl.col("score") >= 2 * limit).then(pl.lit("high")).otherwise(pl.lit("low"))
        return picked.select("txn", "business_date", grade=grade)

    return _of_package(made)


def _of_package(made: Product) -> Product:
    # Any package serves: its files are digested as the product's code.
    made.function.__module__ = "hansa"
    return made
