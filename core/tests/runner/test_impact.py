"""A restated day reaches exactly what was made of it: found from the receipts, made again in order, and no more."""

import json
import sys

import polars as pl
import pytest
from hansa.cli import main
from hansa.impact import impact, stale, stale_waves
from hansa.products import Input, days
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing
from machinery.small_house import outcomes_of


@pytest.fixture
def ran(march):
    """Run what is asked day by day over day numbers, and give the outcomes."""

    def run(mesh, asked, first, last):
        outcomes = outcomes_of(mesh, asked, march(first), march(last))
        assert {outcome.state for outcome in outcomes} <= {"published", "unchanged"}, outcomes
        return outcomes

    return run


def again(mesh, asked=None):
    """Make again what is stale, product by product: the titles of what was run."""
    runner, outcomes = Runner(mesh), []
    for wave in stale_waves(mesh, runner.standing, asked or set(mesh.products)):
        execute(runner, wave.steps, Lost(mesh), outcomes.append)
    return [outcome.step.title() for outcome in outcomes]


def amounts(mesh, id, march):
    frame = Runner(mesh)._door.open(id, 1).frame
    return [row for (row,) in frame.sort("business_date").select("amount").collect().iter_rows()]


def named(found):
    return [(one.product, one.day and one.day.day) for one in found]


@pytest.fixture
def sums(house, ran):
    """Cents of five days, and the sum of each three of them."""
    house.source("t.a", [(n, 100 * n) for n in range(1, 6)])
    house.computed("t.b", Input("t.a@1", lookback=days(2)))
    ran(house.mesh(), ["t.a", "t.b"], 1, 5)
    return house


def restated(house, march, rows, day=2):
    house.fill("t.a", rows)
    Runner(house.mesh()).run("t.a", march(day), march(day))
    return house.mesh()


CORRECTED = [(1, 100), (2, 250), (3, 300), (4, 400), (5, 500)]


def test_impact_names_the_days_that_read_a_restated_one_and_no_other(sums, march):
    mesh = restated(sums, march, CORRECTED)
    standing = Standing(mesh)
    found = impact(mesh, standing, "t.a")
    assert named(found) == [("t.b", 2), ("t.b", 3), ("t.b", 4)]
    assert [one.publication for one in found] == [standing.publication("t.b", one.day).digest for one in found]


def test_what_is_stale_is_not_right_until_it_is_made_again_and_then_is(sums, march):
    mesh = restated(sums, march, CORRECTED)
    assert [n for n in range(1, 6) if not Standing(mesh).right("t.b", march(n))] == [2, 3, 4]
    assert again(mesh) == ["t.b 2026-03-02", "t.b 2026-03-03", "t.b 2026-03-04"]
    assert amounts(mesh, "t.b", march) == [100, 350, 650, 950, 1200]
    assert [n for n in range(1, 6) if not Standing(mesh).right("t.b", march(n))] == []


def test_days_that_read_nothing_restated_keep_their_publication(sums, march):
    def of(n):
        return Standing(sums.mesh()).publication("t.b", march(n)).digest

    before = {n: of(n) for n in range(1, 6)}
    again(restated(sums, march, CORRECTED))
    assert [n for n in range(1, 6) if of(n) != before[n]] == [2, 3, 4]


def test_a_second_time_there_is_nothing_stale(sums, march):
    mesh = restated(sums, march, CORRECTED)
    again(mesh)
    assert (again(mesh), impact(mesh, Standing(mesh), "t.a")) == ([], [])


def test_an_unchanged_rerun_sets_nothing_off(sums, march):
    mesh = restated(sums, march, [(n, 100 * n) for n in range(1, 6)])
    assert (again(mesh), impact(mesh, Standing(mesh), "t.a")) == ([], [])


def test_a_day_restated_to_the_same_rows_by_other_code_sets_nothing_off(sums, march, setting):
    sums.settings = {"level": setting(1, "what it means")}
    mesh = sums.mesh()
    head = Standing(mesh).snapshot("t.a")
    Runner(mesh).run("t.a", march(2), march(2))
    assert Standing(mesh).snapshot("t.a") != head
    assert (again(mesh), impact(mesh, Standing(mesh), "t.a")) == ([], [])


def test_a_day_that_went_back_to_what_it_was_touches_nobody(sums, march):
    restated(sums, march, CORRECTED)
    mesh = restated(sums, march, [(n, 100 * n) for n in range(1, 6)])
    assert again(mesh) == []


def test_impact_can_be_asked_of_some_days_of_the_product(sums, march):
    restated(sums, march, CORRECTED)
    mesh = restated(sums, march, [*CORRECTED[:4], (5, 501)], day=5)
    assert named(impact(mesh, Standing(mesh), "t.a", march(3))) == [("t.b", 5)]
    assert named(impact(mesh, Standing(mesh), "t.a", None, march(2))) == [("t.b", 2), ("t.b", 3), ("t.b", 4)]


def test_days_that_were_computed_in_one_piece_are_told_apart(house, ran, march):
    house.source("t.a", [(n, 100 * n) for n in range(1, 6)])
    house.computed("t.b", Input("t.a@1", lookback=days(1)), function=_each_day)
    runner = Runner(house.mesh())
    runner.run("t.a", march(1), march(5))
    runner.run("t.b", march(1), march(5))
    mesh = restated(house, march, CORRECTED)
    assert named(impact(mesh, Standing(mesh), "t.a")) == [("t.b", 2), ("t.b", 3)]


def _each_day(frames, run):
    (frame,) = frames.values()
    rows = frame.collect()
    sums = [
        rows.filter((pl.lit(d) - pl.col("business_date")).dt.total_days().is_between(0, 1))["amount"].sum()
        for d in run.days
    ]
    return pl.LazyFrame({"business_date": run.days, "amount": sums})


@pytest.fixture
def chain(house, ran):
    """A source, its half, and what is made of the half: an odd cent is lost on the way."""
    house.source("t.a", [(n, 100 * n) for n in range(1, 6)])
    house.computed("t.b", "t.a@1", function=_half)
    house.computed("t.c", Input("t.b@1", lookback=days(1)))
    ran(house.mesh(), ["t.a", "t.b", "t.c"], 1, 5)
    return house


def _half(frames, run):
    return next(iter(frames.values())).with_columns(pl.col("amount") // 2)


def test_impact_goes_down_the_mesh_and_says_what_is_only_made_again_in_turn(chain, march):
    mesh = restated(chain, march, CORRECTED)
    found = impact(mesh, Standing(mesh), "t.a")
    assert [(*row, bool(one.replaced)) for row, one in zip(named(found), found, strict=True)] == [
        ("t.b", 2, True),
        ("t.c", 2, False),
        ("t.c", 3, False),
    ]
    assert "it read t.b of 2026-03-02, which is to be made again" in found[1].sentence()


def test_what_comes_out_the_same_stops_there(chain, march):
    mesh = restated(chain, march, [(1, 100), (2, 201), (3, 300), (4, 400), (5, 500)])
    assert again(mesh) == ["t.b 2026-03-02"]
    assert stale(mesh, Standing(mesh), set(mesh.products)) == []


def test_what_is_named_is_made_again_with_all_that_it_is_made_from(chain, march):
    mesh = restated(chain, march, CORRECTED)
    assert again(mesh, {"t.c"}) == ["t.b 2026-03-02", "t.c 2026-03-02", "t.c 2026-03-03"]
    restated(chain, march, [*CORRECTED[:4], (5, 700)], day=5)
    assert again(chain.mesh(), {"t.b"}) == ["t.b 2026-03-05"]


def test_a_day_that_was_missing_and_came_later_touches_who_looked_for_it(house, ran, march):
    house.source("t.a", [(n, 100 * n) for n in range(1, 6)])
    house.computed("t.b", Input("t.a@1", lookback=days(2)))
    runner = Runner(house.mesh())
    runner.run("t.a", march(3), march(3))
    runner.run("t.b", march(3), march(3))
    runner.run("t.a", march(2), march(2))
    assert named(impact(runner.mesh, Standing(runner.mesh), "t.a")) == [("t.b", 3)]


def test_an_empty_day_that_came_later_touches_nobody(house, march):
    house.source("t.a", [(3, 1)])
    house.computed("t.b", Input("t.a@1", lookback=days(2)))
    runner = Runner(house.mesh())
    runner.run("t.a", march(3), march(3))
    runner.run("t.b", march(3), march(3))
    runner.run("t.a", march(2), march(2))
    assert impact(runner.mesh, Standing(runner.mesh), "t.a") == []


def test_what_is_read_by_its_newest_day_alone_is_not_touched_by_an_older_one(house, march):
    house.source("t.a", [(n, n) for n in range(1, 6)])
    house.source("t.m", [(2, 20), (4, 40)])
    house.computed("t.b", "t.a@1", Input("t.m@1", lookback=days(4), newest=True))
    runner = Runner(house.mesh())
    for id, number in (("t.m", 2), ("t.m", 4), ("t.a", 5), ("t.b", 5)):
        runner.run(id, march(number), march(number))
    house.fill("t.m", [(2, 21), (4, 40)])
    Runner(house.mesh()).run("t.m", march(2), march(2))
    assert impact(house.mesh(), Standing(house.mesh()), "t.m") == []
    house.fill("t.m", [(2, 21), (4, 41)])
    Runner(house.mesh()).run("t.m", march(4), march(4))
    assert named(impact(house.mesh(), Standing(house.mesh()), "t.m")) == [("t.b", 5)]


def test_what_is_made_of_all_days_is_touched_by_any(house, ran, march, whole):
    house.source("t.a", [(n, 100 * n) for n in range(1, 6)])
    house.computed("t.k", "t.a@1", columns=whole)
    ran(house.mesh(), ["t.a", "t.k"], 1, 3)
    mesh = restated(house, march, CORRECTED)
    assert named(impact(mesh, Standing(mesh), "t.a")) == [("t.k", None)]
    assert again(mesh) == ["t.k"]


@pytest.fixture
def hansa(monkeypatch, capfd, sums):
    """The command on the mesh of ``sums``."""
    monkeypatch.setattr("hansa.registry.load", lambda **_: sums.registry())
    sums.mesh()

    def call(*words, code=0):
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(sums.folder / "mesh.yaml")])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert ended.value.code == code, (out, err)
        return out

    return call


def test_the_commands_name_what_is_stale_run_it_and_then_have_nothing_to_do(hansa, sums, march):
    restated(sums, march, CORRECTED)
    told = json.loads(hansa("impact", "t.a", "--json"))
    assert [(one["product"], one["day"], one["replaced"]) for one in told["affected"]] == [
        ("t.b", f"2026-03-0{n}", [{"product": "t.a", "days": ["2026-03-02"]}]) for n in (2, 3, 4)
    ]
    dry = hansa("run", "--stale", "--dry-run")
    assert [line.split()[:2] for line in dry.splitlines()] == [["t.b", f"2026-03-0{n}"] for n in (2, 3, 4)]
    ran = hansa("run", "--stale", "--bare")
    assert [line.split()[:3] for line in ran.splitlines()] == [["t.b", "3", "published"]]
    assert "nothing to do" in hansa("run", "--stale", "--bare")
    assert "nothing that is published read rows of t.a" in hansa("impact", "t.a")


def test_only_some_stale_days_can_be_made_again(hansa, sums, march):
    restated(sums, march, CORRECTED)
    hansa("run", "t.b", "--stale", "--bare", "--from", "2026-03-03", "--to", "2026-03-03")
    assert amounts(sums.mesh(), "t.b", march) == [100, 300, 650, 900, 1200]


def test_what_is_stale_runs_through_dagster_too(hansa, sums, march):
    restated(sums, march, CORRECTED)
    hansa("run", "--stale")
    assert amounts(sums.mesh(), "t.b", march) == [100, 350, 650, 950, 1200]


def test_a_product_of_no_mesh_has_no_impact(hansa):
    assert hansa("impact", "t.x", code=2) == ""
