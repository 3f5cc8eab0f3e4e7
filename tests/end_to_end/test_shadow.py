"""Settings that are tried in shadow on the synthetic bank, from the command line, beside what is live."""

import datetime as dt
import json

import pytest
import yaml
from hansa.mesh import load_mesh
from hansa_sandbox import plugin

SMALL = {
    "trees": 20,
    "training_days": 45,
    "history_days": 33,
    "train_every": 30,
    "least_frauds": 3,
    "capacity": 5,
}
#: The day after the bank's first on which there are frauds enough to learn from.
AFTER = 75


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """The mesh file of a bank whose alerts are five a day, and eight in shadow; and a day of it."""
    path = plugin.hansa_demo(tmp_path_factory.mktemp("shadow"), 400, 3)
    said = yaml.safe_load(path.read_text())
    said["settings"] = {"risk.fraud": SMALL}
    said["shadow"] = {"risk.fraud": {"capacity": 8}}
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    return path, load_mesh(path).file.start + dt.timedelta(days=AFTER)


def test_a_wider_queue_is_tried_in_shadow_and_compared(bank, hansa):
    path, day = bank
    one = ["--from", str(day), "--to", str(day), "--bare", "--mesh", path]
    for name in ("risk.fraud_alerts", "shadow_risk.fraud_alerts"):
        done = hansa("run", name, *one)
        assert done.code == 0, done.err
    told = json.loads(hansa("compare", "risk.fraud", "--json", "--mesh", path).out)
    by_product = {product["product"]: product for product in told["products"]}
    queue = by_product["risk.fraud_alerts"]
    assert (queue["rows_live"], queue["rows_shadow"], queue["only_live"], queue["only_shadow"]) == (5, 8, 0, 3)
    assert (queue["changed"], told["flipped"], len(queue["examples"]["only_shadow"])) == (0, 3, 3)
    # The settings that were not tried make the very same features and scores; a model's report tells of the capacity.
    assert [by_product[f"risk.fraud_{part}"]["changed"] for part in ("features", "scores")] == [0, 0]
    assert [product["product"] for product in told["not_compared"]] == [
        "shadow_risk.fraud_desk",
        "shadow_risk.fraud_drift",
        "shadow_risk.fraud_kpis",
    ]
    assert "newly made" in hansa("compare", "risk.fraud_alerts", "--mesh", path).out
    for command in ("verify", "history"):
        done = hansa(command, "shadow_risk.fraud_alerts", "--mesh", path)
        assert done.code == 0, done.err
