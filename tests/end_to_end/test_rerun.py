"""A day that was scored is scored again by the version in its receipt, whatever was trained since."""

import datetime as dt
import shutil

import pytest
import yaml
from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.runner import Lost, Runner, execute
from hansa.store.door import Door
from hansa_sandbox import plugin

SMALL = {"trees": 20, "training_days": 45, "history_days": 33, "least_frauds": 3, "capacity": 5}


def publish(path, product, day):
    mesh = load_mesh(path)
    runner, outcomes = Runner(mesh), []
    plan = make_plan(mesh, runner.standing, selected(mesh, [product]), day, day)
    execute(runner, plan.steps, Lost(mesh), outcomes.append)
    assert {outcome.state for outcome in outcomes} <= {"published", "unchanged"}, outcomes


def again(path, product, day):
    """Compute a day anew, as a stale run does; the state of its publication."""
    publication = Runner(load_mesh(path)).run(product, day, day)
    return "unchanged" if publication.unchanged else "published"


def versions(path, product="risk.fraud_scores"):
    rows = Door(load_mesh(path).warehouse).open(product).frame.select("business_date", "model_version").unique()
    return dict(rows.collect().rows())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A bank, and a day scored by the model of the day before it; then a model of that day itself. And its backup."""
    path = plugin.hansa_demo(tmp_path_factory.mktemp("rerun"), 250, 3)
    said = yaml.safe_load(path.read_text())
    said["settings"] = {"risk.fraud": SMALL}
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    day = load_mesh(path).file.start + dt.timedelta(days=71)
    publish(path, "risk.fraud_models", day - dt.timedelta(days=1))
    publish(path, "risk.fraud_scores", day)
    before = versions(path)[day]
    Runner(load_mesh(path)).run("risk.fraud_models", day, day)
    backup = tmp_path_factory.mktemp("backup") / "bank"
    shutil.copytree(path.parent, backup)
    return path, day, before, backup


@pytest.fixture
def scored(made):
    """The bank as it was made, whatever a test before did to it; tables stay where they were made."""
    path, day, before, backup = made
    shutil.rmtree(path.parent)
    shutil.copytree(backup, path.parent)
    return path, day, before


def rescoring(path, name, **settings):
    said = yaml.safe_load(path.read_text())
    said["settings"] = {"risk.fraud": SMALL | settings}
    other = path.with_name(name)
    other.write_text(yaml.safe_dump(said, allow_unicode=True))
    return other


def test_a_newer_model_does_not_take_over_a_day_that_was_scored(scored):
    path, day, before = scored
    assert len(versions(path, "risk.fraud_models")) == 2
    again(path, "risk.fraud_scores", day)
    assert versions(path)[day] == before


def test_the_day_is_right_again_after_it(scored):
    path, day, _ = scored
    again(path, "risk.fraud_scores", day)
    assert Runner(load_mesh(path)).standing.why("risk.fraud_scores", day) == ()


def test_a_version_whose_row_was_replaced_still_speaks_for_its_day(scored):
    path, day, before = scored
    retrained = rescoring(path, "retrained.yaml", trees=21)
    Runner(load_mesh(retrained)).run("risk.fraud_models", day - dt.timedelta(days=1), day - dt.timedelta(days=1))
    assert before not in versions(path, "risk.fraud_models").values()
    again(path, "risk.fraud_scores", day)
    assert versions(path)[day] == before


def test_whoever_asks_for_it_has_the_newest_model(scored):
    path, day, before = scored
    again(rescoring(path, "rescore.yaml", rescore=True), "risk.fraud_scores", day)
    newest = versions(path, "risk.fraud_models")[day]
    assert versions(path)[day] == newest != before
