from __future__ import annotations

import subprocess
import sys

from hansa.products import Days
from hansa_risk import plugin


def test_loading_the_plugin_loads_no_frames_and_no_learner():
    heavy = "{'polars', 'catboost', 'pandas', 'numpy', 'yaml', 'dagster', 'ray'}"
    script = f"import sys, hansa_risk.plugin; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_every_product_has_a_contract_among_the_installed_ones():
    (folder,) = plugin.hansa_contracts()
    found = {file.name.split(".")[0] for file in (folder / "risk").glob("*.odcs.yaml")}
    # Lists, snoozes and decisions are the institution's own: bound sources, no products of ours.
    own = {"watchlist", "fraud_snoozes", "fraud_decisions"}
    assert {product.id.split(".")[1] for product in plugin.FRAUD.products} == found - own


def test_lists_snoozes_and_decisions_are_read_where_the_institution_has_them_and_asked_of_nobody():
    optional = {product.id: {given.product for given in product.optional} for product in plugin.FRAUD.products}
    required = {given.product for product in plugin.FRAUD.products for given in product.requires}
    own = {"risk.watchlist", "risk.fraud_snoozes", "risk.fraud_decisions"}
    assert not own & required
    assert own & optional["risk.fraud_alerts"] == own & optional["risk.fraud_desk"] == own - {"risk.fraud_decisions"}
    assert {id for id, read in optional.items() if "risk.fraud_decisions" in read} >= {
        "risk.fraud_models",
        "risk.fraud_kpis",
    }


def test_every_named_number_of_days_is_a_setting():
    named = {
        days.amount
        for product in plugin.FRAUD.products
        for given in product.requires
        for days in (given.lookback, given.lookahead, product.every or Days())
        if isinstance(days.amount, str)
    }
    assert named == {"history_days", "training_days", "train_every", "label_wait", "compromised_days"}
    assert named <= set(plugin.SETTINGS)


def test_a_model_reads_nothing_of_its_own_day():
    assert not any(given.own_days for given in plugin.fraud_models.requires)


def test_every_kpi_is_measured_by_a_product_of_the_module():
    products = {product.id for product in plugin.FRAUD.products}
    assert {kpi.measured_by for kpi in plugin.FRAUD.kpis} <= products
