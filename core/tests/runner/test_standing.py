"""Whether what is published still follows from its inputs: only then it is left alone."""

import shutil

import polars as pl
import pytest
from hansa.cast import Reading
from hansa.errors import WorldError
from hansa.gate import publish
from hansa.plan import make_plan
from hansa.products import Input, days
from hansa.quarantine.choice import Choice
from hansa.replay import replay
from hansa.run import Run
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing


@pytest.fixture
def carried_out(march):
    """Plan what is asked over days 10 to 11 and run it: the steps as titles, all of them published or unchanged."""

    def run(mesh, asked=("a.sums",)):
        runner, outcomes = Runner(mesh), []
        plan = make_plan(mesh, runner.standing, set(asked), march(10), march(11))
        execute(runner, plan.steps, Lost(mesh), outcomes.append)
        assert {outcome.state for outcome in outcomes} <= {"published", "unchanged"}, outcomes
        return [f"{step.product} {step.days[0].day if step.days else ''}".strip() for step in plan.steps]

    return run


@pytest.fixture
def lines(house, carried_out):
    house.settings = {}
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    house.computed("a.sums", Input("a.rows@1", lookback=days(1)))
    assert carried_out(house.mesh()) == ["a.rows 9", "a.sums 10", "a.sums 11"]
    return house


def test_a_second_run_has_nothing_to_do(lines, carried_out):
    assert carried_out(lines.mesh()) == []


def test_a_second_run_leaves_every_file_as_it_was(lines, carried_out, folder):
    def files():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (folder / "warehouse").rglob("*")}

    before = files()
    carried_out(lines.mesh())
    assert files() == before


def test_asked_days_of_a_source_that_was_written_again_are_run_again(lines, carried_out):
    lines.fill("a.rows", [(n, 2 * n) for n in range(1, 32)])
    assert carried_out(lines.mesh(), ["a.rows", "a.sums"]) == ["a.rows 10", "a.sums 10", "a.rows 11", "a.sums 11"]


def test_a_source_that_was_not_asked_for_is_not_restated(lines, carried_out):
    lines.fill("a.rows", [(n, 2 * n) for n in range(1, 32)])
    assert carried_out(lines.mesh()) == []


def test_what_was_made_of_a_restated_day_is_run_again(lines, carried_out, march):
    lines.fill("a.rows", [(n, 100 if n == 9 else n) for n in range(1, 32)])
    Runner(lines.mesh()).run("a.rows", march(9), march(9))
    assert carried_out(lines.mesh()) == ["a.sums 10"]


def test_a_changed_contract_runs_asked_days_again(lines, carried_out):
    lines.contract("a.sums", quality="{name: rows.few, metric: rowCount, mustBeLessThan: 9, severity: error}")
    assert carried_out(lines.mesh()) == ["a.sums 10", "a.sums 11"]


def test_a_changed_binding_runs_asked_days_again(lines, carried_out, folder):
    (folder / "other.csv").write_bytes((folder / "a.rows.csv").read_bytes())
    lines.sources["a.rows"] = "other.csv"
    assert carried_out(lines.mesh(), ["a.rows"]) == ["a.rows 10", "a.rows 11"]


def test_a_changed_setting_runs_asked_days_again(lines, carried_out, setting):
    lines.settings = {"level": setting(1, "what it means")}
    assert carried_out(lines.mesh()) == ["a.sums 10", "a.sums 11"]


@pytest.mark.parametrize(("text", "zone"), [("seed: 8", "UTC"), ("", "Asia/Shanghai")])
def test_another_seed_or_zone_runs_asked_days_again(lines, carried_out, text, zone):
    assert carried_out(lines.mesh(text, zone=zone)) == ["a.sums 10", "a.sums 11"]


def test_a_warehouse_whose_catalog_is_gone_is_refused_before_anything_is_run(lines, folder):
    shutil.rmtree(folder / "warehouse" / "a" / "rows" / "metadata")
    with pytest.raises(WorldError, match="the catalog that they speak of is gone"):
        Standing(lines.mesh()).current("a.rows")


def test_the_extent_of_a_source_is_its_first_and_last_day(lines, march):
    assert Standing(lines.mesh()).extent("a.rows") == (march(1), march(31))


def test_a_source_without_rows_has_no_extent(house):
    house.source("a.rows", [])
    assert Standing(house.mesh()).extent("a.rows") is None


def test_nothing_is_published_in_a_warehouse_that_is_not_there(house, folder):
    house.source("a.rows", [(1, 1)])
    standing = Standing(house.mesh())
    assert (standing.days("a.rows"), standing.right("a.rows", None)) == (set(), False)
    assert not (folder / "warehouse").exists()


@pytest.fixture
def refused(house, carried_out):
    """Days 9 to 11 are published, and a row of day 10 whose day could not be read waits in quarantine."""
    house.settings = {}
    house.source("a.rows", [(n, n) for n in range(1, 32)])
    path = house.folder / "a.rows.csv"
    path.write_text(path.read_text() + "10.03.2026,5\n")
    house.computed("a.sums", Input("a.rows@1", lookback=days(1)))
    carried_out(house.mesh(), ["a.rows", "a.sums"])
    return house


def replayed(house, contract=None):
    """The waiting row joins its day."""
    made = replay(
        house.mesh().warehouse,
        contract or house.contracts[("a.rows", 1)],
        Choice(),
        reading=Reading(formats={"business_date": ("%d.%m.%Y",)}),
    )
    assert made.replayed == 1
    return made


def test_a_day_that_a_replay_added_to_is_right_all_the_same(refused, carried_out, march):
    replayed(refused)
    assert Standing(refused.mesh()).right("a.rows", march(10))
    assert carried_out(refused.mesh(), ["a.rows"]) == []


def test_what_was_made_of_a_day_that_a_replay_added_to_is_run_again(refused, carried_out):
    replayed(refused)
    assert carried_out(refused.mesh()) == ["a.sums 10", "a.sums 11"]


def test_a_day_that_was_merged_into_is_right_all_the_same(lines, march):
    mesh = lines.mesh()
    rows = pl.LazyFrame({"business_date": ["2026-03-09"], "amount": ["5"]})
    publish(rows, lines.contracts[("a.rows", 1)], Run("r", "UTC"), mesh.warehouse, mode="add")
    assert Standing(mesh).right("a.rows", march(9))


def test_a_changed_contract_runs_a_day_again_that_a_replay_added_to(refused, carried_out):
    replayed(refused)
    refused.contract("a.rows", quality="{name: rows.few, metric: rowCount, mustBeLessThan: 9, severity: error}")
    assert carried_out(refused.mesh(), ["a.rows"]) == ["a.rows 10", "a.rows 11"]


def test_a_day_is_run_again_under_a_contract_under_which_it_was_only_added_to(refused, carried_out):
    changed = refused.contract("a.rows", quality="{name: rows.few, metric: rowCount, mustBeLessThan: 9}")
    replayed(refused, changed)
    assert carried_out(refused.mesh(), ["a.rows"]) == ["a.rows 10", "a.rows 11"]


def test_a_source_that_was_written_again_runs_a_day_again_that_a_replay_added_to(refused, carried_out):
    replayed(refused)
    refused.fill("a.rows", [(n, 2 * n) for n in range(1, 32)])
    assert carried_out(refused.mesh(), ["a.rows"]) == ["a.rows 10", "a.rows 11"]


def test_changed_code_runs_a_day_again_that_a_replay_added_to(refused, carried_out, setting):
    replayed(refused)
    refused.settings = {"level": setting(1, "what it means")}
    assert carried_out(refused.mesh(), ["a.rows"]) == ["a.rows 10", "a.rows 11"]


def test_a_replay_that_was_held_makes_no_day_wrong(refused, march):
    contract = refused.contract("a.rows")
    holding = refused.contract("a.rows", quality="{name: rows.many, metric: rowCount, mustBeGreaterThan: 99}")
    reading = Reading(formats={"business_date": ("%d.%m.%Y",)})
    made = replay(refused.mesh().warehouse, holding, Choice(), reading=reading)
    assert made.publications[0].held
    refused.contracts[("a.rows", 1)] = contract
    refused.contract("a.rows")
    assert Standing(refused.mesh()).right("a.rows", march(10))


def test_a_day_that_stands_by_what_was_added_alone_is_not_right(lines, march):
    mesh = lines.mesh()
    rows = pl.LazyFrame({"business_date": ["2026-03-20"], "amount": ["5"]})
    publish(rows, lines.contracts[("a.rows", 1)], Run("r", "UTC"), mesh.warehouse, mode="add")
    standing = Standing(mesh)
    assert (march(20) in standing.days("a.rows"), standing.right("a.rows", march(20))) == (True, False)


def test_a_day_whose_last_whole_attempt_was_held_is_not_right_whatever_was_added_since(refused, march):
    refused.contract("a.rows", quality="{name: rows.many, metric: rowCount, mustBeGreaterThan: 99}")
    assert Runner(refused.mesh()).run("a.rows", march(10), march(10)).held
    replayed(refused, refused.contract("a.rows"))
    assert not Standing(refused.mesh()).right("a.rows", march(10))
