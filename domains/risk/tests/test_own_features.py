"""Columns that an institution tags as features: they reach the models, and without them nothing is other."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.run import Run
from hansa_risk import fraud, model, reasons
from hansa_risk.features import COLUMNS, MODEL_FEATURES
from hansa_risk.plugin import SETTINGS
from hansa_risk.scoring import Version

DAY = dt.date(2026, 2, 25)
FIRST = DAY - dt.timedelta(days=30)
SMALL = {"trees": 25, "training_days": 30, "history_days": 40, "least_frauds": 10, "capacity": 5}
NAMES = (*MODEL_FEATURES, "transactions_risk", "transactions_remark")


def contract(id, **kinds):
    """A contract of columns that are tagged as features."""
    return Contract(id, "1.0.0", tuple(Column(n, kind, 1, tags=("feature",)) for n, kind in kinds.items()), None, "d")


OWN = {"transactions": contract("governance.transactions", remark="string", risk="number")}
CARRIED = contract("risk.fraud_features", transactions_remark="string", transactions_risk="number")


@pytest.fixture(scope="module")
def telling(bank):
    """The bank with a remark, mostly missing, that tells of fraud, and a number that is there for every second row."""
    suspects = bank.labels.filter("is_fraud")["txn_id"].to_list()
    chance = pl.Series(np.random.default_rng(3).random(len(bank.transactions)))
    suspect = pl.col("txn_id").is_in(suspects)
    remark = pl.when(suspect & (chance < 0.8)).then(pl.lit("urgent ☃")).when(chance < 0.3).then(pl.lit("rent"))
    frame = bank.transactions.with_columns(remark=remark, risk=pl.when(chance < 0.5).then(chance))
    return replace(bank, transactions=frame)


def run_of(first, last, store=None, **contracts):
    settings = {name: setting.default for name, setting in SETTINGS.items()} | SMALL
    return Run("r1", "Asia/Shanghai", first, last, settings=settings, artefacts=store, contracts=contracts)


def features_of(bank, contracts=OWN, **frames):
    run = run_of(FIRST, DAY, **contracts)
    return fraud.fraud_features(bank.transactions.lazy(), bank.labels.lazy(), run, **frames).collect()


def trained(features, bank, store, *contracts):
    run = run_of(DAY, DAY, store, **{one.product: one for one in contracts})
    return fraud.fraud_models(features.lazy(), bank.labels.lazy(), run).collect().row(0, named=True)


@pytest.fixture(scope="module")
def rows(telling):
    return features_of(telling)


@pytest.fixture
def learned(rows, telling, memory):
    """The row of a model that learned from the institution's own features, and its bytes."""
    row = trained(rows, telling, memory, CARRIED)
    return row, memory.get(row["artefact"])


def test_tagged_columns_stand_behind_the_features_under_the_name_of_their_input(rows, telling):
    assert rows.columns == [*COLUMNS, "transactions_remark", "transactions_risk"]
    known = telling.transactions.select("txn_id", "remark", "risk")
    joined = rows.join(known, on="txn_id")
    assert joined["transactions_remark"].equals(joined["remark"], null_equal=True)
    assert joined["transactions_risk"].equals(joined["risk"], null_equal=True)


def test_the_features_of_the_house_are_the_same_beside_them(rows, bank):
    assert rows.select(COLUMNS).equals(features_of(bank, {}), null_equal=True)


def test_a_text_with_gaps_reaches_the_model_and_matters(learned):
    row, artefact = learned
    assert tuple(row["features"].split(",")) == NAMES
    classifier = model.loaded(artefact)
    assert classifier.get_cat_feature_indices() == [len(NAMES) - 1]
    importance = dict(zip(NAMES, classifier.get_feature_importance(), strict=True))
    assert importance["transactions_remark"] == max(importance.values())


def test_it_ranks_better_for_it(learned, rows, telling, bank, memory):
    without = trained(rows.select(COLUMNS), bank, memory)
    assert learned[0]["holdout_average_precision"] > without["holdout_average_precision"]


def test_without_a_tag_the_model_is_the_same_to_the_byte(rows, bank, memory):
    bare = trained(features_of(bank, {}), bank, memory)
    beside = trained(rows, bank, memory, contract("risk.fraud_features"))
    assert (bare["artefact"], bare["features"]) == (beside["artefact"], ",".join(MODEL_FEATURES))


def test_the_order_of_rows_makes_no_other_model(learned, rows, telling, memory):
    shuffled = rows.sample(fraction=1, shuffle=True, seed=4)
    assert trained(shuffled, telling.shuffled(), memory, CARRIED)["artefact"] == learned[0]["artefact"]


def test_scores_and_reasons_know_the_institutions_features(learned, rows):
    row, artefact = learned
    some = rows.filter(pl.col("transactions_remark") == "urgent ☃").head(5)
    version = Version(row["model_version"], artefact, tuple(row["features"].split(",")))
    gaps = some.with_columns(transactions_remark=pl.lit(None, pl.String))
    high, low = (model.probabilities(artefact, frame, version.features, 1) for frame in (some, gaps))
    assert (high > low).all()
    values = model.contributions(artefact, some, version.features, 1)
    known = (*reasons.told().features, *reasons._own(version.features))
    weights = reasons.sum_by_reason(values, version.features, known)[0]
    first = known[weights.index(max(weights))]
    assert (first.code, first.features) == ("own.transactions_remark", ("transactions_remark",))


def test_a_word_that_no_model_has_seen_gives_a_score(learned, rows):
    strange = rows.head(3).with_columns(transactions_remark=pl.Series(["new", "", "␀"]))
    found = model.probabilities(learned[1], strange, NAMES, 1)
    assert ((found > 0) & (found < 1)).all()


@pytest.fixture
def holders(bank):
    """Accounts with their holders, and customers with a segment that became known at noon of a day."""
    accounts = bank.transactions.select("account_token").unique().with_columns(customer_token="account_token")
    noon = dt.datetime(2026, 2, 10, 4, tzinfo=dt.UTC)
    customers = accounts.select("customer_token", segment=pl.lit("rich"), known_at=pl.lit(noon))
    return {"accounts": accounts.lazy(), "customers": customers.cast({"known_at": pl.Datetime("us", "UTC")}).lazy()}


def test_what_is_known_of_a_customer_counts_from_when_it_was_known(bank, holders):
    own = {"customers": contract("governance.customers", segment="string")}
    found = features_of(bank, own, **holders)
    assert found.columns == [*COLUMNS, "customers_segment"]
    assert len(found) == len(features_of(bank, {}))
    noon = dt.datetime(2026, 2, 10, 4, tzinfo=dt.UTC)
    known = found["customers_segment"].is_not_null()
    assert known.equals(found["booked_at"] >= noon)
    assert 0 < known.sum() < len(found)


def test_a_holder_that_nobody_knows_is_a_gap(bank, holders):
    own = {"customers": contract("governance.customers", segment="string")}
    nobody = {"accounts": holders["accounts"].clear(), "customers": holders["customers"]}
    found = features_of(bank, own, **nobody)
    assert found["customers_segment"].null_count() == len(found)


TAGGED = {
    "accounts": contract("governance.accounts", grade="string"),
    "customers": contract("governance.customers", segment="string"),
}


def with_grades(holders):
    """Accounts with a grade that is known from the beginning."""
    known = pl.lit(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)).cast(pl.Datetime("us", "UTC"))
    return holders["accounts"].with_columns(grade=pl.lit("gold"), known_at=known)


def test_what_is_told_of_accounts_reaches_the_features_where_no_customers_are_bound(bank, holders):
    found = features_of(bank, {"accounts": TAGGED["accounts"]}, accounts=with_grades(holders))
    assert found["accounts_grade"].unique().to_list() == ["gold"]


def test_what_is_told_of_customers_is_a_gap_where_no_accounts_say_whose_payment_it_is(bank, holders):
    found = features_of(bank, {"customers": TAGGED["customers"]}, customers=holders["customers"])
    assert found["customers_segment"].dtype == pl.String
    assert found["customers_segment"].null_count() == len(found)


def test_what_is_told_of_accounts_and_of_customers_stands_side_by_side(bank, holders):
    found = features_of(bank, TAGGED, accounts=with_grades(holders), customers=holders["customers"])
    assert found.columns == [*COLUMNS, "accounts_grade", "customers_segment"]
    assert found["accounts_grade"].null_count() < found["customers_segment"].null_count() < len(found)
