"""A model's life on the synthetic bank: registered with its report, reproduced from its receipt, found again later."""

import dataclasses
import datetime as dt
import json

import polars as pl
import pytest
import yaml
from hansa.errors import DataError
from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.runner import Lost, Runner, execute
from hansa.store.door import Door
from hansa_risk import __main__ as command
from hansa_risk import lookup, model, registered
from hansa_risk.reproduce import reproduce
from hansa_sandbox import plugin

AFTER = 70
SMALL = {
    "trees": 40,
    "training_days": 45,
    "history_days": 33,
    "label_wait": 7,
    "least_frauds": 1,
    "capacity": 5,
    "negative_share": 0.2,
}


def publish(path, product, day):
    """Publish a product of one day with what is missing before it; the mesh."""
    mesh = load_mesh(path)
    assert not mesh.left_out, mesh.left_out
    runner, outcomes = Runner(mesh), []
    execute(
        runner, make_plan(mesh, runner.standing, selected(mesh, [product]), day, day).steps, Lost(mesh), outcomes.append
    )
    assert {outcome.state for outcome in outcomes} <= {"published", "unchanged"}, outcomes
    return mesh


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A small bank with one registered model; its mesh file, the model's day, and its row as it was registered."""
    path = plugin.hansa_demo(tmp_path_factory.mktemp("life"), 250, 3)
    said = yaml.safe_load(path.read_text())
    said["settings"] = {"risk.fraud": SMALL}
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    day = load_mesh(path).file.start + dt.timedelta(days=AFTER)
    publish(path, "risk.fraud_models", day)
    return path, day, row_of(path)


def row_of(path):
    return Door(load_mesh(path).warehouse).open("risk.fraud_models").frame.collect().row(0, named=True)


def test_a_version_is_reproduced_to_the_byte_from_its_receipt(bank):
    path, _, row = bank
    made = reproduce(load_mesh(path), row["model_version"])
    assert (made.same, made.differences) == (True, ())
    assert made.then == row["artefact"]


def test_the_row_says_by_which_recipe_libraries_and_rows_it_was_trained(bank):
    _, _, row = bank
    assert model.Recipe.read(row["recipe"]).trees == SMALL["trees"]
    assert json.loads(row["libraries"])["catboost"] == row["library"].split()[1]
    assert set(json.loads(row["evidence"])) == {"keys", "labels", "features"}


def test_another_library_and_other_threads_are_said(bank, monkeypatch):
    path, _, row = bank
    known = registered.libraries()
    monkeypatch.setattr(registered, "libraries", lambda: known | {"catboost": "9.9"})
    made = reproduce(load_mesh(path), row["model_version"])
    assert made.differences == (f"library catboost: {known['catboost']} then, 9.9 now",)


def test_other_rows_are_said_where_the_snapshot_has_expired(bank, monkeypatch):
    path, _, row = bank
    whole = lookup.read_again

    def expired(one, name):
        frame, _ = whole(one, name)
        if name != "governance.fraud_labels":
            return frame, False
        due = Door(load_mesh(path).warehouse).open("risk.fraud_features").frame
        due = due.filter(pl.col("business_date") < one.day - dt.timedelta(days=SMALL["label_wait"] + 1))
        lost = frame.filter("is_fraud").join(due, on="txn_id", how="semi").sort("txn_id").head(1)
        return frame.join(lost, on="txn_id", how="anti"), False

    monkeypatch.setattr("hansa_risk.reproduce.read_again", expired)
    made = reproduce(load_mesh(path), row["model_version"])
    assert not made.same
    told = "\n".join(made.lines())
    assert "governance.fraud_labels: the snapshot that was read has expired" in told
    assert "labels: " in told


def test_the_report_is_written_with_its_receipt(bank, tmp_path, capsys):
    path, _, row = bank
    place = tmp_path / "card.html"
    assert command.main(["report", row["model_version"], "--mesh", str(path), "-o", str(place)]) == 0
    page = place.read_text("utf-8")
    publication = lookup.found(load_mesh(path), row["model_version"]).publication
    owner = load_mesh(path).products["risk.fraud_models"].contract.owner
    wanted = (publication.run, publication.digest, owner, row["artefact"])
    assert [text for text in wanted if not text or text not in page] == []
    assert capsys.readouterr().out.strip() == str(place)


def test_a_version_that_nobody_knows_is_one_sentence(bank, capsys):
    assert command.main(["reproduce", "2026-01-01-nothing", "--mesh", str(bank[0])]) == 1
    assert "[model.unknown]" in capsys.readouterr().err


def test_a_version_from_before_recipes_and_reports_says_so(bank, monkeypatch, capsys):
    path, _, row = bank
    one = lookup.found(load_mesh(path), row["model_version"])
    old = dataclasses.replace(one, row=one.row | {"recipe": None, "report": None})
    monkeypatch.setattr("hansa_risk.reproduce.found", lambda mesh, version: old)
    monkeypatch.setattr(lookup, "found", lambda mesh, version: old)
    with pytest.raises(DataError) as refused:
        reproduce(load_mesh(path), "v")
    assert refused.value.code == "model.recipe"
    assert command.main(["report", "v", "--mesh", str(path)]) == 1
    assert "[model.report]" in capsys.readouterr().err


def test_a_recipe_with_words_of_a_newer_release_is_refused_and_not_guessed_at(bank, monkeypatch):
    path, _, row = bank
    one = lookup.found(load_mesh(path), row["model_version"])
    newer = json.dumps(json.loads(one.row["recipe"]) | {"boosting": "ordered"})
    monkeypatch.setattr(
        "hansa_risk.reproduce.found", lambda *_: dataclasses.replace(one, row=one.row | {"recipe": newer})
    )
    with pytest.raises(DataError, match="has a recipe of a newer release") as refused:
        reproduce(load_mesh(path), "v")
    assert refused.value.code == "model.recipe"


def test_a_version_whose_row_was_replaced_is_found_by_its_receipt(bank):
    path, day, row = bank
    before = row["model_version"]
    said = yaml.safe_load(path.read_text())
    said["settings"]["risk.fraud"] = SMALL | {"trees": 41}
    other = path.with_name("other.yaml")
    other.write_text(yaml.safe_dump(said, allow_unicode=True))
    publish(other, "risk.fraud_models", day)
    assert row_of(path)["model_version"] != before
    made = reproduce(load_mesh(path), before)
    assert made.same
