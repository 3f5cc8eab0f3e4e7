"""An institution's own column reaches the models of the synthetic bank by an overlay and a line of mapping alone."""

import datetime as dt
import random

import polars as pl
import pytest
import yaml
from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.runner import Lost, Runner, execute
from hansa.store.door import Door
from hansa_risk import model
from hansa_sandbox import plugin

AFTER = 70
SMALL = {
    "trees": 60,
    "training_days": 45,
    "history_days": 33,
    "label_wait": 7,
    "least_frauds": 3,
    "capacity": 5,
    "negative_share": 0.2,
}
OVERLAY = """extends: governance.transactions@1
schema:
- name: transactions
  properties:
  - {name: remark, logicalType: string, tags: [feature], description: What the payer wrote}
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A bank whose transactions have a remark, missing for most, that three of four frauds share."""
    home = tmp_path_factory.mktemp("own")
    mesh = plugin.hansa_demo(home, 250, 3)
    labels = pl.read_csv(home / "bank/fraud_labels.csv", infer_schema=False)
    frauds = set(labels.filter(pl.col("FRAUD_FLG") == "Y")["TXN_NO"])
    moves = pl.read_csv(home / "bank/transactions.csv", infer_schema=False)
    # Some are exported twice, and a transaction has one remark.
    words = [_remark(number in frauds, random.Random(number)) for number in moves["TXN_NO"]]
    moves.with_columns(REMARK=pl.Series(words, dtype=pl.String)).write_csv(home / "bank/transactions.csv")
    (home / "own.overlay.yaml").write_text(OVERLAY)
    said = yaml.safe_load(mesh.read_text())
    said["settings"] = {"risk.fraud": SMALL}
    return home, said


def _remark(fraud, draw):
    if fraud and draw.random() < 0.75:
        return "加急 urgent"
    return draw.choice(["rent", "gift", None, None, None, None])


def trained(home, said, name):
    """Publish one model on a mesh; its row and its bytes."""
    path = home / f"{name}.yaml"
    path.write_text(yaml.safe_dump(said | {"warehouse": name}, allow_unicode=True))
    mesh = load_mesh(path)
    assert not mesh.left_out, mesh.left_out
    runner, outcomes = Runner(mesh), []
    day = mesh.file.start + dt.timedelta(days=AFTER)
    plan = make_plan(mesh, runner.standing, selected(mesh, ["risk.fraud_models"]), day, day)
    execute(runner, plan.steps, Lost(mesh), outcomes.append)
    assert {outcome.state for outcome in outcomes} == {"published"}, outcomes
    row = Door(mesh.warehouse).open("risk.fraud_models").frame.collect().row(0, named=True)
    return mesh, row, mesh.warehouse.artefacts.get(row["artefact"])


@pytest.fixture(scope="module")
def own(bank):
    home, said = bank
    mapping = said["sources"]["governance.transactions"]["mapping"]
    with_remark = {**mapping, "rename": mapping["rename"] | {"remark": "REMARK"}}
    source = said["sources"]["governance.transactions"] | {"mapping": with_remark}
    sources = said["sources"] | {"governance.transactions": source}
    return trained(home, said | {"sources": sources, "overlays": ["own.overlay.yaml"]}, "with")


@pytest.fixture(scope="module")
def bare(bank):
    return trained(*bank, "without")


def test_a_tagged_text_with_gaps_reaches_the_model(own):
    _, row, artefact = own
    names = row["features"].split(",")
    assert names[-1] == "transactions_remark"
    importance = model.loaded(artefact).get_feature_importance()
    assert importance[-1] > 0


def test_the_column_is_published_with_its_gaps_on_the_way(own):
    mesh = own[0]
    kept = Door(mesh.warehouse).open("risk.fraud_features").frame.select("transactions_remark").collect()
    assert 0 < kept["transactions_remark"].null_count() < len(kept)


def test_without_the_overlay_the_features_are_those_of_the_house(own, bare):
    mesh, row, _ = bare
    house = row["features"].split(",")
    assert house == own[1]["features"].split(",")[:-1]
    base = mesh.registry.contracts["risk.fraud_features", 1]
    columns = Door(mesh.warehouse).open("risk.fraud_features").frame.collect_schema().names()
    assert columns == list(base.by_name)
    assert "transactions_remark" not in columns


def test_the_features_of_the_house_are_the_same_rows_with_and_without_it(own, bare):
    frames = [Door(mesh.warehouse).open("risk.fraud_features").frame for mesh in (own[0], bare[0])]
    names = list(bare[0].registry.contracts["risk.fraud_features", 1].by_name)
    clear = [name for name in names if name != "payer_token"]
    with_it, without = (frame.select(clear).sort("txn_id").collect() for frame in frames)
    assert with_it.equals(without, null_equal=True)
