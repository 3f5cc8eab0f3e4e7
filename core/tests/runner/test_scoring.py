"""Work that a product hands to the mesh's scorer: the same rows, errors with their codes, what ran in the receipt."""

import datetime as dt
import hashlib
from dataclasses import replace

import polars as pl
import pytest
from hansa.cli import app
from hansa.errors import DataError, MeshError, PluginError
from hansa.mesh import load_mesh
from hansa.run import Run
from hansa.runner import Runner
from hansa.scorer import BATCH, LocalScorer, Scored, Work, applied, made_with
from hansa.store.door import Door
from hansa.store.shares import pieces

DOUBLED = Work("machinery.worked:doubled", {"by": 2})
FRAME = pl.LazyFrame({"business_date": [dt.date(2026, 3, 1)] * 3, "amount": [1, 2, 3]})


def amounts(frame):
    return sorted(frame.collect()["amount"].to_list())


def on(frame, work, **more):
    return applied(frame, work, lambda digest: b"", 1, **more)


@pytest.fixture
def scored(house):
    """Publish what a product makes of its input by ``work``; the runner that did it."""

    def run(work, chosen=lambda frame: frame, scorer=None, first=1, last=2):
        if not house.products:
            house.source("a.rows", [(1, 1), (1, 2), (2, 3)])
        house.products = house.products[:1]
        house.computed("a.scores", "a.rows@1", function=lambda frames, run: run.score(chosen(frames["rows"]), work))
        mesh = house.mesh("" if scorer is None else f"scorer: {scorer.name}")
        if scorer is not None:
            mesh = replace(mesh, registry=replace(mesh.registry, scorers={scorer.name: scorer}))
        runner, days = Runner(mesh), [dt.date(2026, 3, n) for n in (first, last)]
        runner.run("a.rows", *days)
        return runner, runner.run("a.scores", *days)

    return run


class Elsewhere:
    """A scorer that tells what it was asked for."""

    name = "elsewhere"

    def __init__(self):
        self.jobs, self.closed = [], 0

    def score(self, job):
        self.jobs.append(job)
        return Scored(LocalScorer().score(job).frame, {"scorer": "elsewhere 9"}, self._close)

    def _close(self):
        self.closed += 1


def published(runner):
    return sorted(Door(runner.standing.warehouse).open("a.scores").frame.collect()["amount"].to_list())


def test_the_work_is_done_on_every_row_and_published(scored):
    runner, publication = scored(DOUBLED)
    assert published(runner) == [2, 4, 6]
    assert publication.libraries["scorer"] == "local"


def test_a_scorer_is_told_where_the_input_lies(scored):
    scorer = Elsewhere()
    runner, publication = scored(DOUBLED, scorer=scorer)
    (job,) = scorer.jobs
    given = job.given
    assert (given.product, given.major, given.partition) == ("a.rows", 1, "business_date")
    assert given.days == (dt.date(2026, 3, 1), dt.date(2026, 3, 2))
    assert given.snapshot == publication.inputs[0].snapshot
    assert (job.product, job.run, job.threads) == ("a.scores", publication.run, runner.mesh.file.threads)


def test_what_a_scorer_left_is_removed_when_the_rows_are_published(scored):
    scorer = Elsewhere()
    scored(DOUBLED, scorer=scorer)
    assert scorer.closed == 1


def test_what_a_scorer_left_is_removed_when_the_run_fails_too(scored):
    scorer = Elsewhere()
    with pytest.raises(DataError):
        scored(Work("machinery.worked:refusing"), scorer=scorer)
    assert scorer.closed == 1


def test_a_re_run_by_another_scorer_changes_nothing(scored):
    _, first = scored(DOUBLED)
    runner, second = scored(DOUBLED, scorer=Elsewhere())
    assert not first.unchanged
    assert second.unchanged
    assert published(runner) == [2, 4, 6]


def test_a_product_that_hands_out_no_work_names_no_scorer(house):
    house.source("a.rows", [(1, 1)])
    house.computed("a.sums", "a.rows@1")
    runner, day = Runner(house.mesh()), dt.date(2026, 3, 1)
    runner.run("a.rows", day, day)
    assert "scorer" not in runner.run("a.sums", day, day).libraries


def test_an_error_of_the_work_keeps_its_code(scored):
    with pytest.raises(DataError) as raised:
        scored(Work("machinery.worked:refusing"))
    assert (raised.value.code, raised.value.where) == ("source.missing", "the work")


def test_a_foreign_error_of_the_work_shows_its_type_and_no_value(scored):
    with pytest.raises(PluginError) as raised:
        scored(Work("machinery.worked:breaking"))
    assert raised.value.code == "product.failed"
    assert "ValueError" in raised.value.sentence()
    assert "bad row" not in raised.value.sentence()


def test_only_the_input_as_it_came_can_be_worked_on(scored):
    with pytest.raises(PluginError) as raised:
        scored(DOUBLED, chosen=lambda frame: frame.filter(pl.col("amount") > 1))
    assert raised.value.code == "scorer.input"


@pytest.mark.parametrize("function", ["machinery.worked", "machinery.absent:f", "machinery.worked:absent", ":f", ""])
def test_a_function_that_cannot_be_imported_is_said(function):
    with pytest.raises(PluginError) as raised:
        on(FRAME, Work(function))
    assert raised.value.code == "scorer.function"


@pytest.mark.parametrize("value", [dt.date(2026, 3, 1), float("nan"), b"bytes", {1, 2}, object()])
def test_arguments_that_json_does_not_have_are_said_without_them(value):
    with pytest.raises(PluginError) as raised:
        on(FRAME, Work("machinery.worked:doubled", {"by": value}))
    assert raised.value.code == "scorer.arguments"
    assert "2026" not in raised.value.sentence()


@pytest.mark.parametrize(
    ("function", "what"),
    [("short", "2 rows for 3"), ("unsteady", "columns"), ("listed", "list, not a Polars DataFrame")],
)
def test_an_answer_that_is_not_a_row_for_a_row_is_refused(function, what):
    raised = []
    with pytest.raises(Exception) as first:
        on(FRAME.with_columns(extra=0), Work(f"machinery.worked:{function}"), raised=raised.append).collect()
    found = raised[0] if raised else first.value
    assert (found.code, what in found.what) == ("scorer.answer", True)


def test_rows_of_many_batches_come_whole_and_in_order():
    many = pl.LazyFrame({"business_date": [dt.date(2026, 3, 1)] * (2 * BATCH + 7), "amount": range(2 * BATCH + 7)})
    assert on(many, DOUBLED).collect()["amount"].to_list() == list(range(0, 2 * (2 * BATCH + 7), 2))


def test_a_part_of_the_columns_a_filter_and_a_limit_are_honoured():
    frame = on(FRAME, DOUBLED)
    assert frame.select("amount").filter(pl.col("amount") > 2).head(1).collect()["amount"].to_list() == [4]
    assert frame.head(2).collect()["amount"].to_list() == [2, 4]


def test_no_rows_give_no_rows_with_the_columns():
    made = on(FRAME.filter(pl.lit(False)), DOUBLED).collect()
    assert (len(made), made.columns) == (0, ["business_date", "amount"])


def test_a_run_that_no_mesh_made_works_by_itself(tmp_path):
    class Memory:
        def get(self, digest):
            return {hashlib.sha256(b"7").hexdigest(): b"7"}[digest]

    work = Work("machinery.worked:read", {"artefact": hashlib.sha256(b"7").hexdigest()})
    assert amounts(Run("r", "UTC", artefacts=Memory()).score(FRAME, work)) == [7, 7, 7]


def test_a_run_without_a_store_says_so_when_the_work_asks_for_an_artefact():
    with pytest.raises(Exception, match="has no store"):
        Run("r", "UTC").score(FRAME, Work("machinery.worked:read", {"artefact": "d"}))


def test_what_decides_a_result_is_told_by_name():
    told = made_with(Work("hansa_risk.scoring:score"))
    assert {"python", "hansa", "polars", "catboost", "numpy", "hansa-risk", "files of hansa_risk"} <= set(told)


def test_a_scorer_that_nothing_offers_is_a_finding_with_its_mend(house):
    house.source("a.rows", [(1, 1)])
    (house.folder / "mesh.yaml").write_text("")
    mesh = house.mesh("scorer: ray")
    (found,) = [one for one in mesh.findings if one.code == "scorer.unknown"]
    assert "install hansa-ray" in found.next_step


def test_a_scorer_with_a_slip_of_the_pen_is_pointed_out(house):
    house.source("a.rows", [(1, 1)])
    mesh = house.mesh("scorer: locl")
    assert "local" in next(one for one in mesh.findings if one.code == "scorer.unknown").next_step


def test_an_unknown_scorer_is_refused_when_rows_are_to_be_scored(scored, house):
    scored(DOUBLED)
    mesh = load_mesh(house.mesh("scorer: absent").path, house.registry())
    with pytest.raises(MeshError) as raised:
        Runner(mesh).run("a.scores", dt.date(2026, 3, 1), dt.date(2026, 3, 1))
    assert raised.value.code == "scorer.unknown"


def test_the_check_of_a_mesh_says_who_scores(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mesh.yaml").write_text("name: House\ntime_zone: UTC\nstart: 2026-03-01\n")
    app(["check"], standalone_mode=False)
    assert "scorer    local, in the process of the run" in capsys.readouterr().out.splitlines()


def test_many_rows_are_opened_piece_by_piece_and_are_the_same(scored, monkeypatch):
    monkeypatch.setattr("hansa.scoring._MANY", 1)
    monkeypatch.setattr("hansa.store.shares._PIECE", 1)
    opened = []
    monkeypatch.setattr("hansa.scoring.pieces", lambda *given: (opened.append(one) or one for one in pieces(*given)))
    runner, _ = scored(DOUBLED)
    assert published(runner) == [2, 4, 6]
    assert len(opened) == 3
