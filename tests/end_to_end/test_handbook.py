"""Real card transactions through the real command, under the protocol of the data set's own book."""

import json
from pathlib import Path

import polars as pl
import pytest
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / ".." / "shared"


@pytest.fixture
def mesh(tmp_path):
    """The institution's own mesh file, with its sources where they lie and its warehouse in a folder of the test."""
    text = (ROOT / "infra" / "institutions" / "handbook.yaml").read_text()
    assert "../../../shared" in text
    path = tmp_path / "handbook.yaml"
    path.write_text(text.replace("../../../shared", str(SHARED.resolve())))
    return path


@pytest.mark.shared
def test_a_week_of_the_handbook_reaches_the_figures_of_its_protocol(mesh, hansa):
    done = hansa("run", "risk.fraud", "--mesh", mesh, "--from", "2018-08-08", "--to", "2018-08-14", "--bare")
    assert done.code == 0, done.err
    listed = json.loads(hansa("scorecard", "--json", "--mesh", mesh).out)["kpis"]
    values = {value["kpi"]: value["value"] for value in listed}
    assert values["risk.fraud.auc"] >= 0.865
    assert values["risk.fraud.average_precision"] >= 0.70
    assert values["risk.fraud.card_precision_at_100"] > 0.25
    warehouse = Warehouse(mesh.parent / "warehouse-handbook")
    rows = Door(warehouse).open("risk.fraud_kpis").frame.filter(pl.col("kpi") == "risk.fraud.auc").collect()
    assert rows.select("rows", "frauds").rows() == [(58_264, 385)]
