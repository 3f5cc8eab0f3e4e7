"""What products read in the kit: rows that keep what contracts say of whole days, and what only a product makes."""

import polars as pl
import pytest
from hansa.contract.reader import read_contract
from hansa.products import Module, product
from hansa.registry import PluginReport, Registry
from hansa.store.door import Door
from hansa.testing.inputs import Inputs
from hansa.testing.kit import Kit
from hansa.testing.subject import Subject

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: shop.{0}\nversion: 1.0.0\nstatus: active\nschema:\n- name: {0}\n"
ID = "  - {name: id, logicalType: string, required: true, primaryKey: true}\n"
DAY = "  - {name: day, logicalType: date, required: true, partitioned: true}\n"
MODEL = "  - {name: model, logicalType: string, required: true}\n"
ONE_A_DAY = (
    "  quality:\n  - {name: model.one, type: sql, mustBeLessThan: 2,"
    ' query: "SELECT COUNT(DISTINCT model) FROM ${table}"}\n'
)


@pytest.fixture
def contract(tmp_path):
    def made(name, properties):
        path = tmp_path / f"{name}.odcs.yaml"
        path.write_text(f"{HEAD.format(name)}  properties:\n{properties}")
        return read_contract(path)

    return made


@pytest.fixture
def made(tmp_path):
    """The rows that are made of a contract."""

    def rows(contract):
        inputs = Inputs(tmp_path / "inputs")
        inputs.need(contract)
        return Door(inputs.warehouse).open(contract.id).frame.collect()

    return rows


def test_a_column_of_which_a_query_allows_one_value_a_day_has_one(contract, made):
    found = made(contract("scores", ID + DAY + MODEL + ONE_A_DAY))
    assert found.group_by("day").agg(pl.col("model").n_unique())["model"].unique().to_list() == [1]
    # Not one for all days: what is counted by the column is to have something to count.
    assert found["model"].n_unique() > 1


@pytest.mark.parametrize(
    ("operator", "count"),
    [("mustBeLessThan: 2", 1), ("mustBe: 3", 3), ("mustBeGreaterThan: 40", 41), ("mustNotBeBetween: [5, 20]", 4)],
)
def test_days_have_as_many_rows_as_their_contract_says(contract, made, operator, count):
    rule = f"  quality:\n  - {{name: rows.counted, metric: rowCount, {operator}}}\n"
    found = made(contract("rows", ID + DAY + rule))
    assert found.group_by("day").len()["len"].unique().to_list() == [count]


def test_there_are_days_enough_for_a_truth_that_comes_a_week_later(contract, made, tmp_path):
    rows = contract("rows", ID + DAY)
    days = sorted(made(rows)["day"].unique())
    first, last = Inputs(tmp_path / "other").computed(rows)
    assert (first - days[0]).days > 14
    assert (days[-1] - last).days >= 7


def test_a_contract_with_few_days_is_read_over_those(contract, made):
    bounded = DAY.replace("}", ", logicalTypeOptions: {minimum: '2024-03-04', maximum: '2024-03-16'}}")
    assert made(contract("rows", ID + bounded))["day"].n_unique() == 13


def subject(contracts, *functions):
    """A plugin of these products."""
    registry = Registry(
        plugins=(PluginReport("shop", "hansa-shop", "1.0.0", "in"),),
        modules={"shop.core": Module("shop.core", products=functions)},
        contracts={(one.id, 1): one for one in contracts},
        module_plugins={"shop.core": "shop"},
    )
    return Subject("shop", registry, ())


@product("shop.models", requires=["shop.rows@1"])
def models(rows, run):
    digest = run.artefacts.put(str(rows.select(pl.len()).collect().item()).encode())
    return pl.LazyFrame({"day": list(run.days)}).with_columns(id=pl.col("day").dt.to_string(), model=pl.lit(digest))


@product("shop.scores", requires=["shop.rows@1", "shop.models@1"])
def scores(rows, models, run):
    for digest in models.collect()["model"].unique():
        assert run.artefacts.get(digest).isdigit()
    return rows.join(models.select("day", "model"), on="day")


@product("shop.refuses", requires=["shop.rows@1", "shop.scores@1"])
def refuses(rows, scores, run):
    run.artefacts.get("0" * 64)


@pytest.fixture
def shop(contract):
    hexes = MODEL.replace("}", ", logicalTypeOptions: {pattern: '^[0-9a-f]{64}$'}}")
    names = {"rows": ID + DAY, "models": ID + DAY + hexes, "scores": ID + DAY + hexes, "refuses": ID + DAY}
    contracts = [contract(name, properties) for name, properties in names.items()]
    return lambda *functions: subject(contracts, *functions)


def test_what_cannot_be_synthesised_is_taken_from_the_plugins_own_product(shop, tmp_path):
    trial = Kit(tmp_path / "kit").product(shop(scores, models), "shop.scores")
    assert {trial.deterministic.state, trial.idempotent.state, trial.contract.state} == {"green"}


def test_a_product_that_refuses_that_too_is_skipped_with_its_reason(shop, tmp_path):
    trial = Kit(tmp_path / "kit").product(shop(refuses, scores, models), "shop.refuses")
    assert trial.deterministic.state == "skipped"
    assert trial.deterministic.reason.startswith("its function takes no synthesised rows: ")


def test_two_products_that_read_each_other_are_both_told_and_end(shop, contract, tmp_path):
    one = product("shop.models", requires=["shop.scores@1"])(lambda scores, run: run.artefacts.get("0" * 64))
    other = product("shop.scores", requires=["shop.models@1"])(lambda models, run: run.artefacts.get("1" * 64))
    kit, both = Kit(tmp_path / "kit"), shop(one, other)
    assert [kit.product(both, id).contract.state for id in ("shop.models", "shop.scores")] == ["skipped", "skipped"]
