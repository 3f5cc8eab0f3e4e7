"""What a run would do, told beforehand: the same steps in the same order, and nothing is read or written for it."""

import json
import sys

import pytest
from hansa.cli import main
from hansa.explanation import explain
from hansa.plan import make_plan
from hansa.products import Input, Kpi, Module, days
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing

ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterThan: 0, severity: error}"


@pytest.fixture
def house(house):
    """Rows of days 1 to 6, sums over two days, what is made of those, and a KPI that the last measures."""
    house.source("t.a", [(n, n) for n in range(1, 7)], quality=ENOUGH)
    house.computed("t.b", Input("t.a@1", lookback=days(2)))
    house.computed("t.c", "t.b@1")
    return house


@pytest.fixture
def told(house, march):
    """The explained steps of a plan over day numbers: title to Explained, beside the matters."""

    def call(asked, first, last, text=""):
        mesh = house.mesh(text)
        standing = Standing(mesh)
        matters = explain(mesh, standing, make_plan(mesh, standing, set(asked), march(first), march(last)))
        return matters, {one.step.title(): one for matter in matters for one in matter.steps}

    return call


@pytest.fixture
def ran(house, march):
    def call(asked, first, last):
        runner = Runner(house.mesh(), only_moved=True)
        plan = make_plan(runner.mesh, runner.standing, set(asked), march(first), march(last))
        execute(runner, plan.steps, Lost(runner.mesh), lambda outcome: None)
        return runner

    return call


def test_a_step_says_which_days_of_which_snapshot_it_reads(told, ran):
    snapshot = ran(["t.a"], 1, 4).standing.snapshot("t.a")
    _, steps = told(["t.b"], 5, 5)
    (read,) = steps["t.b 2026-03-05"].reads
    assert (read.days, read.snapshot, read.planned) == (("2026-03-03", "2026-03-05"), snapshot, ("2026-03-05",))


def test_a_source_is_named_with_its_file_and_its_print(told, house):
    _, steps = told(["t.a"], 1, 1)
    (read,) = steps["t.a 2026-03-01"].reads
    assert (read.source, read.fingerprint) == ("t.a.csv", Standing(house.mesh()).source("t.a").fingerprint)


def test_what_is_asked_for_and_not_there_is_told_apart_from_what_is_missing_upstream(told):
    _, steps = told(["t.b"], 3, 3)
    assert steps["t.a 2026-03-01..2026-03-03"].why == "missing upstream: t.b needs it"
    assert steps["t.b 2026-03-03"].why == "asked: it is not published"


def test_a_day_whose_input_moved_says_which(told, ran, house, march):
    ran(["t.a", "t.b"], 1, 4)
    house.fill("t.a", [(n, 9 if n == 2 else n) for n in range(1, 7)])
    Runner(house.mesh()).run("t.a", march(2), march(2))
    _, steps = told(["t.b"], 3, 3)
    assert steps["t.b 2026-03-03"].why == "asked: it read t.a of 2026-03-02, which changed since"


def test_a_day_of_what_this_plan_brings_says_so(told, ran, house):
    ran(["t.a", "t.b"], 1, 4)
    house.fill("t.a", [(n, 9 if n == 2 else n) for n in range(1, 7)])
    _, steps = told(["t.a", "t.b"], 2, 2)
    assert steps["t.a 2026-03-02"].why == "asked: its source was written again"
    assert steps["t.b 2026-03-02"].why == "asked: t.a is made first"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda house, setting: house.contract("t.b", quality=ENOUGH), "its contract changed"),
        (lambda house, setting: house.settings.update(level=setting(1, "x")), "its code or settings changed"),
    ],
)
def test_a_changed_contract_and_changed_settings_are_told_apart(told, ran, house, setting, change, why):
    ran(["t.b"], 3, 3)
    change(house, setting)
    assert told(["t.b"], 3, 3)[1]["t.b 2026-03-03"].why == f"asked: {why}"


def test_a_held_day_says_that_it_was_held(told, ran, house):
    house.fill("t.a", [(n, n) for n in (1, 2, 4)])
    ran(["t.a"], 3, 3)
    assert told(["t.a"], 3, 3)[1]["t.a 2026-03-03"].why == "asked: it was held last"


def test_rules_that_hold_a_day_and_the_table_are_named(told, house):
    (matter,), _ = told(["t.a"], 1, 1)
    assert ("rows.enough" in matter.held_by, "amount.required" in matter.rows) == (True, True)
    assert matter.table == f"file://{house.folder}/warehouse/t/a"


def test_to_whom_it_matters_is_said_with_owners_and_targets(house, march):
    kpi = Kpi("t.speed", "Speed", "", "a/b", "", None, "at least", "", "measured", "t.c")
    text = house.contracts[("t.c", 1)].path.read_text()
    house.contracts[("t.c", 1)].path.write_text(text.replace("schema:", "team: {name: desk, members: []}\nschema:"))
    registry = house.registry()
    module = registry.modules["a.all"]
    registry.modules["a.all"] = Module(module.name, module.products, kpis=(kpi,), settings=module.settings)
    house.registry = lambda: registry
    mesh = house.mesh()
    standing = Standing(mesh)
    (matter,) = explain(mesh, standing, make_plan(mesh, standing, {"t.a"}, march(1), march(1)))
    assert matter.consumers == {id: mesh.products[id].contract.owner for id in ("t.b", "t.c")}
    assert matter.kpis == ("t.speed",)


def test_declared_holidays_among_the_days_are_named(told):
    _, steps = told(["t.a"], 3, 3, "calendar: {holidays: [2026-03-03]}")
    assert steps["t.a 2026-03-03"].holidays == {"2026-03-03": "holiday"}


@pytest.fixture
def hansa(monkeypatch, capfd, house):
    """The command on the mesh of ``house``."""
    monkeypatch.setattr("hansa.registry.load", lambda **_: house.registry())

    def call(*words, text=""):
        house.mesh(text)
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(house.folder / "mesh.yaml")])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert ended.value.code == 0, (out, err)
        return out

    return call


RANGE = ("--from", "2026-03-03", "--to", "2026-03-05")


def test_explain_a_dry_run_and_the_run_itself_agree_step_by_step(hansa, house, march):
    explained = json.loads(hansa("explain", "t.c", *RANGE, "--json"))
    steps = sorted(
        (one["order"], matter["product"], one["days"], one["why"])
        for matter in explained["products"]
        for one in matter["steps"]
    )
    dry = [line.split(maxsplit=2) for line in hansa("run", "t.c", *RANGE, "--dry-run").splitlines()[1:]]
    told = [[id, days[0] if days[0] == days[1] else "..".join(days), why] for _, id, days, why in steps]
    assert [[cell.strip() for cell in line] for line in dry] == told
    ran = hansa("run", "t.c", *RANGE, "--bare")
    assert [line.split()[:3] for line in ran.splitlines()] == [
        [id, str(sum(_count(days) for _, one, days, _ in steps if one == id)), "published"]
        for id in ("t.a", "t.b", "t.c")
    ]
    assert "nothing to do" in hansa("explain", "t.c", *RANGE)


def _count(days):
    return int(days[1][-2:]) - int(days[0][-2:]) + 1


def test_to_explain_opens_no_data_file_and_writes_nothing(hansa, house, ran):
    ran(["t.a", "t.b"], 1, 5)
    warehouse = house.folder / "warehouse"
    for path in warehouse.rglob("*.parquet"):
        path.write_bytes(b"nothing that could be read")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in house.folder.rglob("*")}
    text = hansa("explain", "t.b", "t.c", *RANGE)
    house_file = house.folder / "mesh.yaml"
    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in house.folder.rglob("*")}
    assert "t.c\n" in text
    assert {p: s for p, s in after.items() if p != house_file} == {p: s for p, s in before.items() if p != house_file}


def test_a_holiday_is_told_alike_by_the_run_and_by_the_history(hansa, house):
    house.fill("t.a", [(n, n) for n in (1, 2, 4, 5)])
    (house.folder / "days.csv").write_text("2026-03-03,Qingming\n")
    text = "calendar: {holidays: days.csv}"
    ran = hansa("run", "t.a", *RANGE, text=text)
    assert "no rows, declared holiday Qingming: t.a 2026-03-03" in ran
    assert "calendar: holiday Qingming" in hansa("history", "t.a", text=text)


def test_days_that_are_alike_are_told_once(hansa):
    lines = [line.strip() for line in hansa("explain", "t.b", *RANGE).splitlines()]
    assert "2, 3, 4. 2026-03-03..2026-03-05, 3 days alike: asked: it is not published" in lines
    assert "reads t.a from 2 days before it to its day, not published yet; all of it made first" in lines
    assert sum(line.startswith("reads t.a ") for line in lines) == 1


def test_a_day_that_differs_is_told_by_itself_behind_those_that_are_alike(hansa, ran, house):
    ran(["t.a", "t.b"], 1, 5)
    house.fill("t.a", [(n, 9 if n == 1 else n) for n in range(1, 7)])
    ran(["t.a"], 1, 1)
    house.contract("t.b", quality=ENOUGH)
    steps = [line.strip() for line in hansa("explain", "t.b", *RANGE).splitlines() if "asked:" in line]
    assert steps == [
        "2, 3. 2026-03-04..2026-03-05, 2 days alike: asked: its contract changed",
        "1. 2026-03-03: asked: its contract changed; it read t.a of 2026-03-01, which changed since",
    ]


def test_a_holiday_differs_from_every_other_day(hansa):
    told = hansa("explain", "t.b", *RANGE, text="calendar: {holidays: [2026-03-04]}")
    lines = [line.strip() for line in told.splitlines()]
    assert "2, 4. 2026-03-03, 2026-03-05, 2 days alike: asked: it is not published" in lines
    assert "3. 2026-03-04: asked: it is not published" in lines


def test_each_day_is_told_by_itself_on_demand(hansa):
    lines = [line.strip() for line in hansa("explain", "t.b", *RANGE, "--full").splitlines()]
    assert [line for line in lines if line.endswith("asked: it is not published")] == [
        f"{number}. 2026-03-0{number + 1}: asked: it is not published" for number in (2, 3, 4)
    ]


def test_one_day_of_many_is_told_alone_on_demand(hansa):
    told = hansa("explain", "t.b", *RANGE, "--day", "2026-03-04")
    assert [line.strip() for line in told.splitlines() if "asked:" in line] == [
        "3. 2026-03-04: asked: it is not published"
    ]
    assert "reads t.a 2026-03-02..2026-03-04, not published yet; 2026-03-02..2026-03-04 of it made first" in told


def test_a_day_for_which_nothing_is_done_is_said_to_be_one(hansa):
    assert "nothing of this is done for 2026-03-31" in hansa("explain", "t.b", *RANGE, "--day", "2026-03-31")


def test_the_json_has_each_day_also_where_they_are_alike(hansa):
    told = json.loads(hansa("explain", "t.b", *RANGE, "--json"))
    (matter,) = [one for one in told["products"] if one["product"] == "t.b"]
    assert [one["days"][0] for one in matter["steps"]] == ["2026-03-03", "2026-03-04", "2026-03-05"]
