"""What an asset shows comes from the contract, and what Dagster keeps of a run comes from the receipt."""

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from hansa.contract.model import Column, Contract, Rule
from hansa.definitions.assets import build
from hansa.definitions.described import owner
from hansa.definitions.events import present_families
from hansa.products import Input, Product
from hansa.receipt import book_of
from hansa.runner import Runner
from hansa.schema import families

MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)


@pytest.fixture
def specs(institution):
    return {".".join(spec.key.path): spec for spec in build(institution.mesh()).resolve_all_asset_specs()}


# --- what an asset shows --------------------------------------------------------------------------------------------


def test_the_definitions_of_a_mesh_load(institution):
    mesh = institution.mesh()
    made = build(mesh)
    dg.Definitions.validate_loadable(made)
    assert {".".join(spec.key.path) for spec in made.resolve_all_asset_specs()} >= set(mesh.products)


def test_an_asset_has_the_place_the_module_and_the_kinds_of_its_product(specs):
    prices = specs["desk.prices"]
    assert (prices.key.path, prices.group_name) == (["desk", "prices"], "desk/core")
    assert prices.kinds == {"polars", "numpy"}


def test_an_asset_is_described_in_both_languages(specs):
    assert specs["desk.trades"].description == "Trades.\n\n交易。"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("risk@bank.example", "risk@bank.example"),
        ("team:risk", "team:risk"),
        ("Risk 风险部", "team:Risk 风险部"),
        ("risk@bank.technology", "team:risk@bank.technology"),
        ("a @ b", "team:a @ b"),
    ],
)
def test_any_owner_of_a_contract_is_an_owner_for_dagster(name, expected):
    assert dg.AssetSpec("a", owners=[owner(name)]).owners == [expected]


def test_the_column_schema_has_types_nulls_classes_and_tokens(specs):
    columns = {column.name: column for column in specs["desk.trades"].metadata["dagster/column_schema"].columns}
    person = specs["desk.people"].metadata["dagster/column_schema"].columns[0]
    assert columns["amount"].type == "decimal(18,2)"
    assert (columns["amount"].constraints.nullable, columns["business_date"].constraints.nullable) == (True, False)
    assert columns["amount"].description == "Amount. / 金额。"
    assert person.constraints.other == ["class C2", "token of mobile"]


def test_a_daily_asset_has_the_days_of_the_mesh_in_its_zone(specs):
    days = specs["desk.trades"].partitions_def
    assert days.timezone == "Asia/Shanghai"
    assert days.get_first_partition_key() == "2026-01-01"
    assert specs["desk.people"].partitions_def is None


def test_a_day_of_an_asset_reads_the_days_that_its_product_reads(specs, institution):
    graph = build(institution.mesh()).resolve_asset_graph()
    sums, trades = dg.AssetKey(["desk", "sums"]), dg.AssetKey(["desk", "trades"])
    mapping = graph.get_partition_mapping(sums, trades)
    assert (mapping.start_offset, mapping.end_offset) == (-2, 0)
    whole = graph.get_partition_mapping(dg.AssetKey(["desk", "report"]), sums)
    assert isinstance(whole, dg.AllPartitionMapping)


def test_every_family_of_rules_is_a_blocking_check_and_a_target_is_not(institution):
    checks = {key.name: spec for key, spec in _check_specs(institution).items()}
    trades = {key.name for key in _check_specs(institution) if key.asset_key.path[-1] == "trades"}
    assert trades == {"cast", "required", "values", "table", "quarantine"}
    assert checks["quarantine"].blocking
    assert not checks["desk.hit"].blocking


def _check_specs(institution):
    assets = build(institution.mesh()).assets
    return {spec.key: spec for asset in assets if isinstance(asset, dg.AssetsDefinition) for spec in asset.check_specs}


def test_a_machine_whose_clock_is_behind_the_data_knows_the_days_of_the_data(institution):
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=400)
    assert institution.run(("desk.prices", later))["desk.prices"].state == "published"
    days = {spec.key.path[-1]: spec.partitions_def for spec in build(institution.mesh()).resolve_all_asset_specs()}
    assert days["prices"].get_last_partition_key() == str(later)


# --- products that are left out -------------------------------------------------------------------------------------


def orphan(id, *requires):
    inputs = tuple(Input(f"{need}@1") for need in requires)
    return Product(id, inputs, function=eval(f"lambda {', '.join(i.parameter for i in inputs)}: None"))


def plain(id):
    return Contract(id, "1.0.0", (Column("a", "string", 1),), Path(f"{id}.odcs.yaml"), digest=id)


def test_a_product_that_is_left_out_is_shown_with_the_reason(institution):
    institution.extra = (orphan("desk.orphan", "away.things", "desk.sums"),)
    institution.contracts = (plain("desk.orphan"),)
    specs = {".".join(s.key.path): s for s in build(institution.mesh()).resolve_all_asset_specs()}
    assert specs["desk.orphan"].kinds == {"left out"}
    assert "away.things" in specs["desk.orphan"].description
    assert dg.AssetKey(["desk", "sums"]) in {dep.asset_key for dep in specs["desk.orphan"].deps}


def test_products_that_need_each_other_are_left_out_and_the_rest_loads(institution):
    circle = orphan("desk.chicken", "desk.egg"), orphan("desk.egg", "desk.chicken")
    institution.extra = (*circle, orphan("desk.soup", "desk.egg"))
    institution.contracts = tuple(plain(f"desk.{name}") for name in ("chicken", "egg", "soup"))
    made = build(institution.mesh())
    dg.Definitions.validate_loadable(made)
    kinds = {spec.key.path[-1]: spec.kinds for spec in made.resolve_all_asset_specs()}
    assert kinds["chicken"] == kinds["egg"] == kinds["soup"] == {"left out"}


# --- what Dagster keeps of a run -----------------------------------------------------------------------------------


def test_a_materialisation_shows_the_counts_of_the_receipt(institution):
    institution.amounts[MONDAY] = ["1.00", "2.00", "-3.00"]
    institution.run(("desk.trades", MONDAY))
    shown = institution.materialisations("desk.trades")[0]
    assert (shown.metadata["dagster/row_count"].value, shown.metadata["hansa/quarantined"].value) == (2, 1)
    assert institution.checks("desk.trades")["values"].severity == dg.AssetCheckSeverity.WARN


def test_a_run_that_changes_nothing_still_materialises_under_the_stored_receipt(institution):
    institution.run(("desk.prices", MONDAY), ("desk.prices", TUESDAY), bare=True)
    outcome = institution.run(("desk.prices", MONDAY))["desk.prices"]
    shown = institution.materialisations("desk.prices")[0]
    stored = book_of(institution.mesh().warehouse, "desk.prices").current()["2026-03-02"][1]
    assert outcome.state == "unchanged"
    assert (shown.partition, shown.metadata["hansa/receipt"].value) == ("2026-03-02", stored.digest)


def test_targets_are_checks_of_the_product_that_measures_them(institution):
    institution.kpis = [("desk.hit", 0.9), ("desk.untargeted", 0.1)]
    institution.run(("desk.trades", MONDAY), ("desk.sums", MONDAY), ("desk.people", None), ("desk.report", None))
    checks = institution.checks("desk.report")
    assert (checks["desk.hit"].passed, checks["desk.hit"].metadata["value"].value) == (True, 0.9)
    assert checks["desk.untargeted"].passed


def test_a_target_that_was_not_measured_is_not_reached(institution):
    institution.kpis = [("desk.hit", None)]
    institution.run(("desk.trades", MONDAY), ("desk.sums", MONDAY), ("desk.people", None), ("desk.report", None))
    hit = institution.checks("desk.report")["desk.hit"]
    assert (hit.passed, hit.metadata["value"].value) == (False, "not measured")


SECRET = "secret 19900000017"


def raising_in_a_frame():
    def fail(batch):
        raise ValueError(SECRET)

    return pl.LazyFrame({"a": ["x"]}).map_batches(fail)


@pytest.mark.parametrize("place", ["function", "frame", "gate"])
def test_the_text_of_a_foreign_error_does_not_reach_dagster(institution, monkeypatch, place, capfd):
    if place == "function":
        institution.faults["desk.prices"] = ValueError(SECRET)
        failing = "desk.prices"
    elif place == "frame":
        institution.extra = (Product("desk.loud", function=raising_in_a_frame),)
        institution.contracts = (plain("desk.loud"),)
        failing = "desk.loud"
    else:
        failing = "desk.prices"

        def fail(*arguments):
            raise RuntimeError(SECRET)

        monkeypatch.setattr(Runner, "run", fail)
    outcome = institution.run((failing, None if place == "frame" else MONDAY))[failing]
    assert outcome.state == "failed"
    assert "19900000017" not in outcome.reason + "".join(capfd.readouterr())
    assert "Error" in _everything(institution)
    assert "19900000017" not in _everything(institution)


def _everything(institution):
    """Each text in Dagster's home, rows of databases decoded."""
    texts = []
    for path in institution.mesh().dagster_home.rglob("*"):
        if path.suffix == ".db":
            with sqlite3.connect(path) as connection:
                tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
                texts += [str(row) for table in tables for row in connection.execute(f"select * from {table}")]
        elif path.is_file():
            texts.append(path.read_text(errors="replace"))
    return "\n".join(texts)


# --- the module that Dagster's own tools load -----------------------------------------------------------------------


def test_dagsters_own_tools_find_the_mesh_by_hansa_mesh(tmp_path):
    (tmp_path / "mesh.yaml").write_text("name: A\ntime_zone: UTC\nstart: 2026-01-01\n")
    code = "import hansa.definitions, json; print(json.dumps(type(hansa.definitions.mesh).__name__))"
    environment = os.environ | {"HANSA_MESH": str(tmp_path / "mesh.yaml")}
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert (json.loads(answer.stdout or "null"), answer.stderr) == ("Definitions", "")


def loading(folder, text, tail):
    """What a process that loads a mesh prints; the mesh file holds ``text``."""
    (folder / "mesh.yaml").write_text(text)
    code = f"import gc, sys, hansa.definitions\ntry: hansa.definitions.mesh\nexcept Exception: pass\n{tail}"
    environment = os.environ | {"HANSA_MESH": str(folder / "mesh.yaml")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or done.stderr


def test_who_only_looks_at_a_mesh_does_not_load_what_runs_it(tmp_path):
    heavy = {"hansa.runner", "hansa.gate", "hansa.scorecard", "pyiceberg", "sqlglot", "pandera"}
    text = "name: A\ntime_zone: UTC\nstart: 2026-01-01\nmodules: {risk.fraud: on, governance.core: on}\n"
    loading(tmp_path, text, "")
    assert loading(tmp_path, text, f"print({heavy!r} & set(sys.modules))") == "set()"


@pytest.mark.parametrize("text", ["name: A\ntime_zone: UTC\nstart: 2026-01-01\n", "nonsense"], ids=["good", "broken"])
def test_a_process_that_has_loaded_a_mesh_collects_garbage_as_before(tmp_path, text):
    assert loading(tmp_path, text, "print(gc.isenabled(), gc.get_freeze_count() > 0)") == "True True"


# --- which checks there are -----------------------------------------------------------------------------------------

NESTED = Column("b", "object", 2, fields=(Column("c", "string", 3, pattern="x", required=True),))


@pytest.mark.parametrize(
    "columns",
    [
        (Column("a", "string", 1),),
        (Column("a", "string", 1, required=True),),
        (Column("a", "string", 1, key_position=1),),
        (Column("a", "string", 1, unique=True),),
        (Column("a", "string", 1, tokenise="mobile"),),
        (Column("a", "string", 1, pattern="x"),),
        (Column("a", "string", 1, max_length=3),),
        (Column("a", "string", 1, text_format="uuid"),),
        (Column("a", "string", 1, enum=("x",)),),
        (Column("a", "integer", 1, minimum=0),),
        (Column("a", "integer", 1, exclusive_maximum=9),),
        (Column("a", "integer", 1, multiple_of=Decimal(5)),),
        (Column("a", "date", 1, partitioned=True),),
        (Column("a", "array", 1, items=Column("", "string", 1), max_items=3),),
        (Column("a", "array", 1, items=Column("", "string", 1), unique_items=True),),
        (Column("a", "string", 1), NESTED),
    ],
    ids=lambda columns: "-".join(f"{c.logical_type}{i}" for i, c in enumerate(columns)),
)
def test_the_checks_are_the_families_of_the_contracts_rules(columns):
    for rules in (
        (),
        (Rule("r", "rowCount", (), "mustBe", (1.0,), 1),),
        (Rule("n", "nullValues", ("a",), "mustBe", (0.0,), 1),),
    ):
        one = Contract("desk.a", "1.0.0", columns, Path("a.odcs.yaml"), digest="a", rules=rules)
        assert present_families(one) == set(families(one).values())
